"""Ensembles: draws x futures through the compiled engine, in threads, streamed.

Memory does not depend on the number of futures. Results are the same bits for any
number of threads, any chunk size and any order: each draw writes its own rows and all
other sums are integers.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.engine.asked import Asked, compile_questions
from spillover.engine.chunk import Courses, new_courses, run_chunk
from spillover.engine.codes import ERRORS
from spillover.engine.pairs import Pairs
from spillover.engine.reduce import Sums
from spillover.ensemble.arm_tables import arm_tables
from spillover.ensemble.drawn import STEPS, Drawn, Progress, draw, thread_count
from spillover.ensemble.origin import LookBack, look_back
from spillover.ensemble.pieces import in_pieces
from spillover.ensemble.totals import Totals
from spillover.errors import RunError
from spillover.keys import id_key
from spillover.store.memory import give_back

__all__ = ["ArmResult", "Ensemble", "run_ensemble"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ArmResult:
    """What one arm's ensemble came to; arrays of `Sums`, draws in slots.

    ``pairs`` sets it beside the first arm of the run, future by future.
    """

    id: str
    name: str
    sums: Sums
    pairs: Pairs | None = None


@dataclass(frozen=True)
class Ensemble:
    """An ensemble: one result per arm, the draws they share, and how it went.

    Attributes
    ----------
    draws, futures, seed
        Size and seed.
    theta : (draws, slots)
        Numbers of the draw in each slot (after resampling), without levers.
    choice : (draws, variants)
        Index of the choice of each variant.
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
    arms
        The first is the one the others are paired with.
    """

    draws: int
    futures: int
    seed: int
    theta: Floats
    choice: NDArray[np.int64]
    index: NDArray[np.int64]
    effective: float
    redrawn: float
    radius: Floats
    back: LookBack
    arms: tuple[ArmResult, ...]

    def arm(self, name: str = "") -> ArmResult:
        """Result of an arm by id; the first without one."""
        return next(a for a in self.arms if not name or a.id == name)


class _Pool:
    """Memory that threads borrow: one each, made when first needed."""

    def __init__(self, make: Callable[[], Courses]) -> None:
        self.make = make
        self.free: SimpleQueue[Courses] = SimpleQueue()

    def take(self) -> Courses:
        return self.make() if self.free.empty() else self.free.get()


def run_ensemble(
    assembled: Assembled,
    *,
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    arms: Sequence[str | Arm] = ("nothing",),
    threads: int | None = None,
    chunk: int = 25,
    max_events: int = 20_000,
    progress: Progress | None = None,
) -> Ensemble:
    """Run an ensemble of every arm asked for, coupled, in one pass.

    Parameters
    ----------
    assembled
        The case.
    draws, futures, seed
        Samples of the uncertain numbers, simulated courses in each, seed.
    arms
        Ids of levers, or arms made for the occasion; ``nothing`` is the case as it is.
        The others are paired with the first.
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
    wanted = [known[a] if isinstance(a, str) else a for a in arms]
    say = progress or (lambda _done, _total, _what: None)
    run = _run(
        assembled, wanted, draws, futures, seed, thread_count(threads), chunk,
        max_events,
        say,
    )  # fmt: skip
    give_back()  # the pasts are gone now
    return run


def _run(
    assembled: Assembled,
    wanted: Sequence[Arm],
    draws: int,
    futures: int,
    seed: int,
    threads: int,
    chunk: int,
    max_events: int,
    say: Progress,
) -> Ensemble:
    """The work of `run_ensemble`; what it needs on the way goes when it returns."""
    total = STEPS + -(-draws // chunk)
    asked = compile_questions(assembled.model, assembled.tallies, assembled.questions)
    drawn = draw(assembled, draws, seed, threads, total, say)
    say(STEPS, total, "simulating")

    def make() -> Courses:
        return new_courses(
            drawn.program,
            asked,
            arms=len(wanted),
            futures=futures,
            max_events=max_events,
            past_events=drawn.past.largest,
            buckets_per_day=drawn.per_day,
        )

    totals = _simulate(
        assembled, asked, _Pool(make), drawn, wanted, futures, seed, threads, chunk,
        total, say,
    )  # fmt: skip
    index, table = drawn.index, drawn.table
    theta = table.theta[index]
    back = look_back(assembled, drawn.past, theta, index, seed)
    return Ensemble(
        draws,
        futures,
        seed,
        theta,
        table.choice[index],
        index,
        drawn.effective,
        float(table.redrawn),
        table.radius[index],
        back,
        tuple(
            ArmResult(arm.id, arm.name, totals.sums(a), totals.pairs(a) if a else None)
            for a, arm in enumerate(wanted)
        ),
    )


def _simulate(
    assembled: Assembled,
    asked: Asked,
    pool: _Pool,
    drawn: Drawn,
    wanted: Sequence[Arm],
    futures: int,
    seed: int,
    threads: int,
    chunk: int,
    total: int,
    say: Progress,
) -> Totals:
    """All arms of all draws, piece by piece in threads."""
    draws = len(drawn.index)
    arms = arm_tables(assembled, wanted)
    program, table = drawn.program, drawn.table
    totals = Totals(len(wanted), draws, asked, len(assembled.model.streams), program)
    seed_key = np.uint64(id_key("seed", seed))
    tables = drawn.tables

    def piece(low: int) -> int:
        high = min(low + chunk, draws)
        rows = drawn.index[low:high]
        thetas, mus = arms.numbers(assembled.model, table.theta[rows], drawn.mu[rows])
        courses, (sums, pairs) = pool.take(), totals.take()
        error = run_chunk(
            program, courses, asked, sums, pairs, arms.tables, thetas, mus, seed_key,
            0, drawn.index, low, high, futures, tables,
        )  # fmt: skip
        totals.put(sums, pairs)
        pool.free.put(courses)
        return int(error)

    what = "simulating" if len(wanted) == 1 else f"simulating {len(wanted)} arms"

    def ended(done: int, error: int) -> None:
        if error:
            msg = f"a future could not be finished: {ERRORS[error]}"
            raise RunError(msg)
        say(STEPS + 1 + done, total, what)

    in_pieces(piece, range(0, draws, chunk), threads, ended)
    return totals
