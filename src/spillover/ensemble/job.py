"""An ensemble as work that can be cut up: what every piece shares, and two functions.

`propose` draws numbers, fills in pasts and weighs them; `simulate` runs slots of the
ensemble. Both depend on nothing but what they are given, so a piece may be done
anywhere, twice, and in any order.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cached_property
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.draws import draw_table
from spillover.assemble.impute import impute
from spillover.assemble.imputed import ImputedPast
from spillover.assemble.stability import bases_matrix
from spillover.cluster.machine import machine_facts
from spillover.engine.asked import Asked, compile_questions
from spillover.engine.branching import buckets_per_day
from spillover.engine.chunk import Courses, Past, new_courses, run_chunk, weigh_chunk
from spillover.engine.codes import ERRORS
from spillover.engine.program import compile_model
from spillover.engine.tables import Program
from spillover.engine.world import new_world
from spillover.ensemble.arm_tables import ArmTables, arm_tables
from spillover.ensemble.totals import new_totals, taken
from spillover.errors import RunError
from spillover.keys import id_key
from spillover.store.fingerprint import code_digest, fingerprint
from spillover.store.parts import Arrays

__all__ = ["Job", "Slots", "costs", "past_tables", "propose", "simulate"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROOM = 1.25
"""Room for pasts, so that the next piece fits too."""
TRIAL = 0.4
"""Seconds that a trial of the costs takes."""


class Slots(NamedTuple):
    """Slots of an ensemble to be simulated.

    ``past`` holds the pasts of all draws; without it they are filled in again.
    """

    low: int
    high: int
    proposal: Ints  # (n,) that runs in each
    theta: Floats  # (n, S) its numbers
    mu: Floats  # (n, K) its bases
    per_day: int
    past: Past | None = None
    past_events: int = 0


@dataclass(frozen=True)
class Job:
    """What all pieces of an ensemble share.

    Attributes
    ----------
    assembled
        The case.
    arms
        The first is the one the others are paired with.
    draws, futures, seed
        Size and seed.
    max_events
        Events a future may have.
    """

    assembled: Assembled
    arms: tuple[Arm, ...]
    draws: int
    futures: int
    seed: int
    max_events: int

    def __getstate__(self) -> dict[str, Any]:
        """What was compiled stays behind when this is sent elsewhere."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def digest(self) -> str:
        """Of everything that the pieces depend on, the code and the processor too."""
        return fingerprint(
            self.assembled,
            self.arms,
            (self.draws, self.futures, self.seed, self.max_events),
            code_digest("engine", "model", "assemble", "ensemble", "outcomes"),
            machine_facts(),
        )

    @property
    def seed_key(self) -> np.uint64:
        """Key of the seed."""
        return np.uint64(id_key("seed", self.seed))

    @cached_property
    def program(self) -> Program:
        """The case compiled."""
        a = self.assembled
        return compile_model(a.model, lever_lines=a.lever_lines)

    @cached_property
    def asked(self) -> Asked:
        """Its questions compiled."""
        a = self.assembled
        return compile_questions(a.model, a.tallies, a.questions)

    @cached_property
    def arm_tables(self) -> ArmTables:
        """Its arms compiled."""
        return arm_tables(self.assembled, self.arms)

    def pasts(self, theta: Floats, draws: Ints, threads: int = 1) -> ImputedPast:
        """Pasts of some draws."""
        return impute(self.assembled, theta, self.seed, draws=draws, threads=threads)

    @cached_property
    def _free(self) -> defaultdict[int, SimpleQueue[tuple[int, Courses]]]:
        """Memory that threads borrow, by width of the calendar queue."""
        return defaultdict(SimpleQueue)

    def borrow(self, past_events: int, per_day: int) -> tuple[int, Courses]:
        """A thread's memory, with room for pasts of so many events."""
        free = self._free[per_day]
        while not free.empty():
            room, courses = free.get()
            if room >= past_events:
                return room, courses
        room = int(ROOM * past_events)
        return room, new_courses(
            self.program,
            self.asked,
            arms=len(self.arms),
            futures=self.futures,
            max_events=self.max_events,
            past_events=room,
            buckets_per_day=per_day,
        )

    def give(self, lent: tuple[int, Courses], per_day: int) -> None:
        """Take it back."""
        self._free[per_day].put(lent)


def past_tables(past: ImputedPast) -> Past:
    """Pasts as the engine takes them."""
    p = past
    return Past(p.offsets, p.time, p.stream, p.flags, p.deaths, p.injured, p.key)


def propose(job: Job, span: tuple[int, int]) -> Arrays:
    """Numbers of draws ``low`` to ``high``, and log weights given their pasts."""
    low, high = span
    table = draw_table(job.assembled, job.seed, high - low, low, judge=False)
    mu = bases_matrix(job.assembled.model, table.theta)
    past = job.pasts(table.theta, np.arange(low, high))
    world = new_world(
        job.program, max_events=1, past_events=past.largest, buckets_per_day=1, nodes=1
    )
    weights = np.zeros(high - low)
    weigh_chunk(
        job.program, world, table.theta, mu, job.seed_key, low, 0, high - low,
        past_tables(past), weights,
    )  # fmt: skip
    return {
        "theta": table.theta,
        "choice": table.choice,
        "radius": table.radius,
        "again": table.attempts,
        "mu": mu,
        "weights": weights,
    }


def simulate(job: Job, slots: Slots) -> Arrays:
    """All arms of some slots; sums by name, see `totals.taken`.

    Raises
    ------
    RunError
        When a factor passes its cap or a red line counts more than it can hold.
    """
    low, high = slots.low, slots.high
    past, largest = slots.past, slots.past_events
    if past is None:
        draws, first = np.unique(slots.proposal, return_index=True)
        made = job.pasts(slots.theta[first], draws)
        past, largest = _placed(made, draws, job.draws), made.largest
    index = np.zeros(high, np.int64)
    index[low:high] = slots.proposal
    arms = job.arm_tables
    thetas, mus = arms.numbers(job.assembled.model, slots.theta, slots.mu)
    streams = len(job.assembled.model.streams)
    # Rows of slots before these stay untouched: they take no memory.
    sums, pairs = new_totals(len(job.arms), high, job.asked, streams, job.program.days)
    lent = job.borrow(largest, slots.per_day)
    error = run_chunk(
        job.program, lent[1], job.asked, sums, pairs, arms.tables, thetas, mus,
        job.seed_key, 0, index, low, high, job.futures, past,
    )  # fmt: skip
    job.give(lent, slots.per_day)
    if error:
        msg = f"a future could not be finished: {ERRORS[int(error)]}"
        raise RunError(msg)
    return taken(sums, pairs, low, high)


def _placed(past: ImputedPast, draws: Ints, total: int) -> Past:
    """Pasts of some draws, found under their numbers; the others are empty."""
    sizes = np.zeros(total + 1, np.int64)
    sizes[draws + 1] = np.diff(past.offsets)
    return past_tables(past)._replace(offsets=np.cumsum(sizes))


def costs(job: Job) -> tuple[float, float]:
    """Seconds of processor that `propose` and `simulate` take a draw, by trying."""
    few = min(2, job.draws)
    simulate(job, _tried(job, propose(job, (0, few)), few))  # loads what is compiled
    n, spent = few, 0.0
    first = second = 0.0
    while spent < TRIAL and n < job.draws:
        n = min(4 * n, job.draws)
        begun = time.thread_time()
        found = propose(job, (0, n))
        middle = time.thread_time()
        simulate(job, _tried(job, found, n))
        end = time.thread_time()
        first, second = (middle - begun) / n, (end - middle) / n
        spent = end - begun
    return max(first, 1e-6), max(second, 1e-6)


def _tried(job: Job, found: Arrays, n: int) -> Slots:
    """Proposals as if each ran in its own slot."""
    per_day = buckets_per_day(np.median(found["mu"], axis=0))
    return Slots(0, n, np.arange(n), found["theta"], found["mu"], per_day)
