"""Compile ahead on a first run, in processes of their own.

What they compile ends up in numba's cache, so this run and later ones only load it.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from spillover.jit import NOT_KEPT

__all__ = ["compile_ahead", "engine_is_compiled"]


def engine_is_compiled() -> bool:
    """Whether numba's cache holds the engine."""
    from spillover.engine.chunk import run_chunk

    folder = Path(run_chunk.stats.cache_path or ".")
    return folder.is_dir() and any(folder.glob("chunk.run_chunk*.nbi"))


def compile_ahead() -> None:
    """Compile imputation and engine in other processes; a failure costs only time.

    Compiling takes far more memory than running: the processes give it back. The engine
    takes two, one after the other, so that none of them grows large. Where compiled
    code cannot be kept it would help nobody.
    """
    if NOT_KEPT:
        return
    here = "spillover.ensemble.warm"
    _wait_for(["spillover.assemble.warm"], [here, "past"])
    _wait_for([here, "future"])


def _wait_for(*modules: list[str]) -> None:
    """Run modules as processes beside each other and wait for all."""
    started = []
    for module in modules:
        try:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", *module],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        except OSError:  # no second process here: it compiles when first needed
            continue
    try:
        for process in started:
            process.wait()
    except BaseException:
        for process in started:
            process.kill()
        raise


def _compile_engine(*, future: bool) -> None:
    """Compile the engine by running no draw at all of a model of one stream."""
    from spillover.engine.asked import compile_questions
    from spillover.engine.branching import act_table
    from spillover.engine.chunk import Arms, Past, new_courses, run_chunk, weigh_chunk
    from spillover.engine.program import compile_model
    from spillover.ensemble.totals import new_totals
    from spillover.model.structure import Model, Stream

    model = Model(streams=(Stream("a", 1, "a"),), horizon=1.0)
    program, asked = compile_model(model), compile_questions(model, (), ())
    courses = new_courses(
        program,
        asked,
        arms=1,
        futures=0,
        max_events=1,
        past_events=1,
        buckets_per_day=1,
    )
    none, ints, keys = np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.uint64)
    slots = np.zeros((1, 1))
    past = Past(np.zeros(2, np.int64), none, ints, keys, ints, ints, keys)
    seed = np.uint64(0)
    weigh_chunk(program, courses.base, slots, slots, seed, 0, 0, 0, past, none)
    if not future:
        return
    sums, pairs = new_totals(1, 1, asked, 1, program.days)
    zero = np.zeros(2, np.int64)
    arms = Arms(act_table(()), zero, ints, zero, zero[:1], zero[:1])
    run_chunk(
        program,
        courses,
        asked,
        sums,
        pairs,
        arms,
        slots[None],
        slots[None],
        seed,
        0,
        ints,
        0,
        0,
        0,
        past,
    )


if __name__ == "__main__":
    _compile_engine(future=sys.argv[1:] != ["past"])
