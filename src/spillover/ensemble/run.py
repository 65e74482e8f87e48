"""Ensembles: draws x futures through the compiled engine, in pieces, streamed.

Memory does not depend on the number of futures. Results are the same bits for any
number of threads or workers, any chunk size and any order: each draw has its own rows
and all other sums are integers.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.imputed import ImputedPast
from spillover.cluster.backend import Backend, open_backend
from spillover.engine.pairs import Pairs
from spillover.engine.reduce import Sums
from spillover.ensemble.drawn import STEPS, Drawn, Progress, draw, thread_count
from spillover.ensemble.in_parts import (
    Told,
    draw_in_parts,
    planned,
    simulate_in_parts,
)
from spillover.ensemble.job import Job, Slots, simulate
from spillover.ensemble.origin import LookBack, look_back
from spillover.ensemble.totals import Totals
from spillover.ensemble.warm import compile_ahead, engine_is_compiled
from spillover.store.memory import give_back
from spillover.store.parts import Arrays, Parts

__all__ = ["ArmResult", "Ensemble", "run_ensemble"]

Floats = NDArray[np.float64]

AT_ONCE = 4000
"""Draws whose pasts are held together (100 to 400 MB); more are done in parts."""
CHUNK = 25
"""Draws in a piece, then."""


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
    notes
        What a person should know of how it was computed.
    computed
        Where, when not in this process alone.
    parts
        Finished pieces kept on disk: `Parts.clear` them once the result is safe.
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
    notes: tuple[str, ...] = ()
    computed: dict[str, Any] = field(default_factory=dict)
    parts: Parts | None = None

    def arm(self, name: str = "") -> ArmResult:
        """Result of an arm by id; the first without one."""
        return next(a for a in self.arms if not name or a.id == name)


def run_ensemble(
    assembled: Assembled,
    *,
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    arms: Sequence[str | Arm] = ("nothing",),
    threads: int | None = None,
    chunk: int | None = None,
    max_events: int = 20_000,
    cluster: str | Backend | None = None,
    resume: Path | None = None,
    keep_in: Path | None = None,
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
    cluster
        ``local:4`` or the address of a Dask scheduler: work in other processes.
    resume
        Folder of finished pieces: made, or gone on from.
    keep_in
        Instead: where such a folder is made under a name of its own, when the run is
        large or on a cluster.
    progress
        Called with (done, total, what) now and then.

    Raises
    ------
    InputError
        When the cluster cannot be used, or the folder is of another run.
    UnstableError
        When the median draw is unstable, or too many are.
    RunError
        When a factor passes its cap, a red line counts more than it can hold, the
        cluster is gone, or the disk is full.
    """
    known = {a.id: a for a in assembled.arms}
    wanted = tuple(known[a] if isinstance(a, str) else a for a in arms)
    say = progress or (lambda _done, _total, _what: None)
    job = Job(assembled, wanted, draws, futures, seed, max_events)
    if not engine_is_compiled():
        say(0, 1, "compiling the engine")
        compile_ahead()
    many = thread_count(threads)
    with open_backend(cluster, threads=many) as backend:
        if draws <= AT_ONCE and resume is None and not backend.remote:
            run = _at_once(job, backend, many, chunk or CHUNK, say)
        else:
            run = _in_parts(job, backend, chunk, resume, keep_in, say)
    give_back()  # the pasts are gone now
    return run


def _at_once(
    job: Job, backend: Backend, threads: int, chunk: int, say: Progress
) -> Ensemble:
    """All pasts in memory: no work is done twice."""
    draws = job.draws
    total = STEPS + -(-draws // chunk)
    drawn = draw(job.assembled, draws, job.seed, threads, total, say)
    say(STEPS, total, "simulating")
    totals = _simulated(job, backend, drawn, chunk, total, say)
    index, table = drawn.index, drawn.table
    theta = table.theta[index]
    return _ensemble(
        job, totals, theta, table.choice[index], index, drawn.effective,
        float(table.redrawn), table.radius[index], drawn.past.take,
    )  # fmt: skip


def _simulated(
    job: Job, backend: Backend, drawn: Drawn, chunk: int, total: int, say: Progress
) -> Totals:
    draws = job.draws
    totals = Totals(
        len(job.arms), draws, job.asked, len(job.assembled.model.streams),
        job.program.days,
    )  # fmt: skip
    tables, largest = drawn.tables, drawn.past.largest
    what = "simulating" if len(job.arms) == 1 else f"simulating {len(job.arms)} arms"
    ended = 0

    def piece(n: int) -> Slots:
        low = n * chunk
        high = min(low + chunk, draws)
        rows = drawn.index[low:high]
        return Slots(
            low, high, rows, drawn.table.theta[rows], drawn.mu[rows], drawn.per_day,
            tables, largest,
        )  # fmt: skip

    def done(n: int, found: Arrays) -> None:
        nonlocal ended
        totals.add(n * chunk, min(n * chunk + chunk, draws), found)
        ended += 1
        say(STEPS + ended, total, what)

    backend.run(simulate, job, range(-(-draws // chunk)), piece, done)
    return totals


def _in_parts(
    job: Job,
    backend: Backend,
    chunk: int | None,
    resume: Path | None,
    keep_in: Path | None,
    say: Progress,
) -> Ensemble:
    """Few pasts at a time, finished pieces kept where there is a folder for them."""
    say(0, 1, "looking what a piece costs")
    parts = _parts(job, resume, keep_in)
    plan = planned(job, backend, chunk, parts)
    told = Told(job, plan, parts, say)
    numbers = draw_in_parts(job, backend, plan, parts, told)
    totals = simulate_in_parts(job, backend, plan, parts, told, numbers)
    theta, first = numbers.theta, numbers.proposed

    def pasts(draws: NDArray[np.int64]) -> ImputedPast:
        rows = first[draws] if draws[-1] < len(first) else theta[draws]
        return job.pasts(rows, draws)

    notes = list(backend.notes)
    if parts is not None and parts.reused:
        pieces = "piece" if parts.reused == 1 else "pieces"
        notes.append(
            f"The run went on from {parts.reused:,} finished {pieces} in {parts.folder}"
        )
    if parts is not None and parts.damaged:
        notes.append(
            f"{parts.damaged} of the finished pieces in {parts.folder} were damaged; "
            "they were computed again"
        )
    return _ensemble(
        job, totals, theta, numbers.choice, numbers.index, numbers.effective,
        numbers.redrawn, numbers.radius, pasts, tuple(notes), backend.facts(), parts,
    )  # fmt: skip


def _parts(job: Job, resume: Path | None, keep_in: Path | None) -> Parts | None:
    if resume is not None:
        return Parts(resume, job.digest)
    if keep_in is None:
        return None
    digest = job.digest
    return Parts(keep_in / f"{job.assembled.case_id}-{digest[:16]}", digest)


def _ensemble(
    job: Job,
    totals: Totals,
    theta: Floats,
    choice: NDArray[np.int64],
    index: NDArray[np.int64],
    effective: float,
    redrawn: float,
    radius: Floats,
    pasts: Callable[[NDArray[np.int64]], ImputedPast],
    notes: tuple[str, ...] = (),
    computed: dict[str, Any] | None = None,
    parts: Parts | None = None,
) -> Ensemble:
    return Ensemble(
        job.draws,
        job.futures,
        job.seed,
        theta,
        choice,
        index,
        effective,
        redrawn,
        radius,
        look_back(job.assembled, pasts, theta, index, job.seed),
        tuple(
            ArmResult(arm.id, arm.name, totals.sums(a), totals.pairs(a) if a else None)
            for a, arm in enumerate(job.arms)
        ),
        notes,
        computed or {},
        parts,
    )
