"""Ensembles: draws x futures through the compiled engine, in threads, streamed.

Memory does not depend on the number of futures. Results are the same bits for any
number of threads, any chunk size and any order: each draw writes its own rows and all
other sums are integers.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.draws import draw_table
from spillover.assemble.impute import impute
from spillover.assemble.imputed import ImputedPast
from spillover.assemble.resample import resample
from spillover.assemble.stability import bases_matrix
from spillover.engine.asked import compile_questions
from spillover.engine.branching import act_arrays, buckets_per_day
from spillover.engine.chunk import run_chunk, weigh_chunk
from spillover.engine.codes import ERRORS
from spillover.engine.program import compile_model
from spillover.engine.reduce import Sums, add_sums, new_sums
from spillover.engine.tables import Program
from spillover.engine.world import World, new_world
from spillover.ensemble.origin import LookBack, look_back
from spillover.ensemble.warm import compile_ahead, engine_is_compiled
from spillover.errors import RunError
from spillover.keys import id_key
from spillover.store.memory import give_back

__all__ = ["ArmResult", "Ensemble", "run_ensemble"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ArmResult:
    """What one arm's ensemble came to; arrays of `Sums`, draws in slots."""

    id: str
    name: str
    sums: Sums


@dataclass(frozen=True)
class Ensemble:
    """An ensemble: one result per arm, the draws they share, and how it went.

    Attributes
    ----------
    draws, futures, seed
        Size and seed.
    theta : (draws, slots)
        Numbers of the draw in each slot (after resampling), without levers.
    index : (draws,)
        Which proposal runs in each slot.
    effective
        Effective number of draws given what the past left unanswered.
    redrawn
        Share of draws redrawn because they were unstable.
    radius : (draws,)
        Spectral radius of each draw.
    back
        What was seen before the origin and what is owing there.
    """

    draws: int
    futures: int
    seed: int
    theta: NDArray[np.float64]
    index: NDArray[np.int64]
    effective: float
    redrawn: float
    radius: NDArray[np.float64]
    back: LookBack
    arms: tuple[ArmResult, ...]

    def arm(self, name: str = "") -> ArmResult:
        """Result of an arm by id; the first without one."""
        return next(a for a in self.arms if not name or a.id == name)


def _threads(wanted: int | None) -> int:
    return max(1, wanted if wanted is not None else (os.cpu_count() or 1))


class _Pool:
    """Worlds that threads borrow: one per thread, made when first needed."""

    def __init__(self, make: Callable[[], World]) -> None:
        self.make = make
        self.free: SimpleQueue[World] = SimpleQueue()

    def take(self) -> World:
        return self.make() if self.free.empty() else self.free.get()


def _weights(
    program: Program,
    pool: _Pool,
    theta: NDArray[np.float64],
    mu: NDArray[np.float64],
    past: ImputedPast,
    seed: int,
) -> NDArray[np.float64]:
    out = np.zeros(len(theta))
    world = pool.take()
    weigh_chunk(
        program,
        world,
        theta,
        mu,
        np.uint64(id_key("seed", seed)),
        0,
        0,
        len(theta),
        past.offsets,
        past.time,
        past.stream,
        past.flags,
        past.deaths,
        past.injured,
        past.key,
        out,
    )
    pool.free.put(world)
    return out


def run_ensemble(
    assembled: Assembled,
    *,
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    arms: Sequence[str] = ("nothing",),
    threads: int | None = None,
    chunk: int = 25,
    max_events: int = 20_000,
    progress: Progress | None = None,
) -> Ensemble:
    """Run an ensemble of every arm asked for, coupled.

    Parameters
    ----------
    assembled
        The case.
    draws, futures, seed
        Samples of the uncertain numbers, simulated courses in each, seed.
    arms
        Ids of levers; ``nothing`` is the case as it is.
    threads, chunk
        Threads (all cores) and draws per piece of work; change nothing but speed.
    max_events
        Events a future may have before it is stopped and counted as capped.
    progress
        Called with (done, total, what) now and then.

    Raises
    ------
    UnstableError
        When the median draw is unstable, or too many are.
    RunError
        When a factor passes its cap or a red line counts more than it can hold.
    """
    known = {a.id: a for a in assembled.arms}
    say = progress or (lambda _done, _total, _what: None)
    run = _run(
        assembled, [known[a] for a in arms], draws, futures, seed, threads, chunk,
        max_events, say,
    )  # fmt: skip
    give_back()  # the pasts are gone now
    return run


def _run(
    assembled: Assembled,
    wanted: Sequence[Arm],
    draws: int,
    futures: int,
    seed: int,
    threads: int | None,
    chunk: int,
    max_events: int,
    say: Progress,
) -> Ensemble:
    """The work of `run_ensemble`; what it needs on the way goes when it returns."""
    total = 3 + len(wanted) * -(-draws // chunk)
    say(0, total, "drawing the uncertain numbers")
    program = compile_model(assembled.model, lever_lines=assembled.lever_lines)
    asked = compile_questions(assembled.model, assembled.tallies, assembled.questions)
    if not engine_is_compiled():
        compile_ahead()
    table = draw_table(assembled, seed, draws)
    theta = table.theta
    mu = bases_matrix(assembled.model, theta)
    say(1, total, "filling in the past")
    past = impute(assembled, theta, seed, threads=_threads(threads))
    say(2, total, "weighing the draws by what the past left unanswered")
    per_day = buckets_per_day(np.median(mu, axis=0))

    def make() -> World:
        return new_world(
            program,
            max_events=max_events,
            past_events=past.largest,
            buckets_per_day=per_day,
        )

    pool = _Pool(make)
    drawn = resample(_weights(program, pool, theta, mu, past, seed))
    index = np.asarray(drawn.index, np.int64)
    say(3, total, "simulating")

    tallies, questions = len(asked.tallies), len(asked.questions)
    done = 3
    results = []
    seed_key = np.uint64(id_key("seed", seed))
    for arm in wanted:
        arm_theta = np.ascontiguousarray(arm.apply(theta))
        arm_mu = mu if arm_theta is theta else bases_matrix(assembled.model, arm_theta)
        acts = act_arrays(arm.acts)
        rows = new_sums(draws, asked, len(assembled.model.streams), program.days)
        partial: SimpleQueue[Sums] = SimpleQueue()
        made: list[Sums] = []

        def piece(
            low: int,
            arm_theta: NDArray[np.float64] = arm_theta,
            arm_mu: NDArray[np.float64] = arm_mu,
            acts: tuple[NDArray[np.generic], ...] = acts,
            rows: Sums = rows,
            partial: SimpleQueue[Sums] = partial,
            made: list[Sums] = made,
        ) -> int:
            world = pool.take()
            if partial.empty():
                own = new_sums(1, asked, len(assembled.model.streams), program.days)
                sums = own._replace(
                    hits=rows.hits, own=rows.own, total=rows.total, capped=rows.capped
                )
                made.append(sums)
            else:
                sums = partial.get()
            queue = np.array([-1, 0, 0, -1, per_day], np.int64)
            error = run_chunk(
                program,
                world,
                queue,
                asked,
                sums,
                arm_theta,
                arm_mu,
                seed_key,
                0,
                index,
                low,
                min(low + chunk, draws),
                futures,
                past.offsets,
                past.time,
                past.stream,
                past.flags,
                past.deaths,
                past.injured,
                past.key,
                *acts,
                np.zeros((tallies, program.days + 1)),
                np.zeros((2, tallies)),
                np.zeros(questions),
            )
            partial.put(sums)
            pool.free.put(world)
            return int(error)

        with ThreadPoolExecutor(_threads(threads)) as workers:
            jobs = [workers.submit(piece, low) for low in range(0, draws, chunk)]
            for job in as_completed(jobs):
                error = job.result()
                if error:
                    for other in jobs:
                        other.cancel()
                    msg = f"a future could not be finished: {ERRORS[error]}"
                    raise RunError(msg)
                done += 1
                say(done, total, f"simulating: {arm.name or arm.id}")
        summed = add_sums(
            [
                m._replace(
                    hits=rows.hits[:0],
                    own=rows.own[:0],
                    total=rows.total[:0],
                    capped=rows.capped[:0],
                )
                for m in made
            ]
        )
        results.append(
            ArmResult(
                arm.id,
                arm.name,
                summed._replace(
                    hits=rows.hits, own=rows.own, total=rows.total, capped=rows.capped
                ),
            )
        )
    back = look_back(assembled, past, theta[index], index, seed)
    return Ensemble(
        draws,
        futures,
        seed,
        theta[index],
        index,
        float(drawn.effective),
        float(table.redrawn),
        table.radius[index],
        back,
        tuple(results),
    )
