"""Compile ahead on a first run, in processes of their own.

What they compile ends up in numba's cache, so this run and later ones only load it.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

__all__ = ["compile_ahead", "engine_is_compiled"]


def engine_is_compiled() -> bool:
    """Whether numba's cache holds the engine."""
    from spillover.engine.chunk import run_chunk

    folder = Path(run_chunk.stats.cache_path or ".")
    return folder.is_dir() and any(folder.glob("chunk.run_chunk*.nbi"))


def compile_ahead() -> None:
    """Compile imputation and engine in other processes; a failure costs only time.

    Compiling takes far more memory than running: the processes give it back. The engine
    takes two, one after the other, so that none of them grows large.
    """
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
    from spillover.engine.branching import act_arrays
    from spillover.engine.chunk import run_chunk, weigh_chunk
    from spillover.engine.program import compile_model
    from spillover.engine.reduce import new_sums
    from spillover.engine.world import new_world
    from spillover.model.structure import Model, Stream

    model = Model(streams=(Stream("a", 1, "a"),), horizon=1.0)
    program, asked = compile_model(model), compile_questions(model, (), ())
    world = new_world(program, max_events=1, past_events=1, buckets_per_day=1)
    sums = new_sums(1, asked, 1, program.days)
    none, ints, keys = np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.uint64)
    slots = np.zeros((1, 1))
    past = (np.zeros(2, np.int64), none, ints, keys, ints, ints, keys)
    seed = np.uint64(0)
    weigh_chunk(program, world, slots, slots, seed, 0, 0, 0, *past, none)
    if not future:
        return
    run_chunk(
        program,
        world,
        np.zeros(5, np.int64),
        asked,
        sums,
        slots,
        slots,
        seed,
        0,
        ints,
        0,
        0,
        0,
        *past,
        *act_arrays(()),
        slots,
        slots,
        none,
    )


if __name__ == "__main__":
    _compile_engine(future=sys.argv[1:] != ["past"])
