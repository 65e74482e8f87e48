"""A large ensemble in pieces of a second or two: few pasts at a time, kept as they end.

First all numbers are drawn and weighed by what their pasts left unanswered, then the
slots run, each filling in its draw's past again: memory holds numbers and sums, never
pasts. With a folder of parts, a run that was stopped goes on where it was.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.draws import MOST_REDRAWN, draw_table
from spillover.assemble.resample import resample
from spillover.cluster.backend import Backend
from spillover.engine.branching import buckets_per_day
from spillover.ensemble.drawn import Progress
from spillover.ensemble.job import Job, Slots, costs, propose, simulate
from spillover.ensemble.totals import Totals
from spillover.errors import UnstableError
from spillover.store.parts import Arrays, Parts

__all__ = ["Numbers", "draw_in_parts", "planned", "simulate_in_parts"]

Floats = NDArray[np.float64]

PIECE = 2.0
"""Seconds of processor that a piece should take."""
LEAST = 1.2
"""Seconds it takes at least, unless the whole run is shorter."""
MOST = 2000
"""Draws in a piece at most: their pasts take 30 to 100 kB each."""
JUDGED = 2000
"""Draws on which a model that runs away is refused at once."""


@dataclass(frozen=True)
class Numbers:
    """Numbers of all draws, in slots.

    Attributes
    ----------
    theta, mu, choice, radius
        By slot.
    proposed
        Numbers of the first proposals, before resampling: `look_back` sums up their
        pasts.
    index, effective, redrawn
        As in `Ensemble`.
    per_day
        Width of the calendar queue.
    """

    theta: Floats
    mu: Floats
    choice: NDArray[np.int64]
    radius: Floats
    proposed: Floats
    index: NDArray[np.int64]
    effective: float
    redrawn: float
    per_day: int


def planned(
    job: Job, backend: Backend, chunk: int | None, parts: Parts | None
) -> dict[str, Any]:
    """How a run is cut up, and what its two kinds of pieces cost a draw (seconds).

    A run that was begun keeps the plan it was begun with.
    """
    if parts is not None and (parts.folder / "about.json").is_file():
        return parts.plan({})
    draw_table(
        job.assembled, job.seed, min(job.draws, JUDGED)
    )  # refuses what runs away
    first, second = costs(job) if chunk is None else (1.0, 1.0)

    def size(cost: float) -> int:
        if chunk is not None:
            return chunk
        least = math.ceil(LEAST / cost)
        even = job.draws // (4 * backend.at_once)
        return max(1, min(math.ceil(PIECE / cost), max(least, even), MOST))

    plan = {"propose": size(first), "simulate": size(second), "costs": [first, second]}
    return parts.plan(plan) if parts is not None else plan


class Told:
    """Progress in thousandths of a second of work, so that time left can be told.

    What is kept already counts as no work.
    """

    def __init__(
        self, job: Job, plan: dict[str, Any], parts: Parts | None, say: Progress
    ) -> None:
        self.costs = plan["costs"]
        self.say = say
        self.spent = 0.0
        left = 0.0
        for kind, name in enumerate(("propose", "simulate")):
            for n, (low, high) in enumerate(_spans(job.draws, int(plan[name]))):
                if parts is None or not parts.has(f"{name}-{n:06d}"):
                    left += (high - low) * self.costs[kind]
        self.total = max(1, int(1000 * left))

    def __call__(self, draws: int, kind: int, what: str) -> None:
        """So many draws more."""
        self.spent += 1000 * draws * self.costs[kind]
        self.say(min(int(self.spent), self.total), self.total, what)


def _work(
    backend: Backend,
    parts: Parts | None,
    name: str,
    function: Callable[[Job, Any], Arrays],
    job: Job,
    spans: list[tuple[int, int]],
    piece: Callable[[int], Any],
    done: Callable[[int, Arrays], None],
    told: Callable[[int], None],
) -> None:
    """Do pieces; those that are kept already come from their files."""
    left = []
    for n, _ in enumerate(spans):
        kept = parts.get(f"{name}-{n:06d}") if parts is not None else None
        if kept is None:
            left.append(n)
        else:
            done(n, kept)

    def ended(n: int, found: Arrays) -> None:
        if parts is not None:
            parts.put(f"{name}-{n:06d}", found)
        done(n, found)
        told(spans[n][1] - spans[n][0])

    backend.run(function, job, left, piece, ended)


def _spans(draws: int, size: int) -> list[tuple[int, int]]:
    return [(low, min(low + size, draws)) for low in range(0, draws, size)]


def draw_in_parts(
    job: Job, backend: Backend, plan: dict[str, Any], parts: Parts | None, told: Told
) -> Numbers:
    """Draw all numbers and resample them by what their pasts left unanswered.

    Raises
    ------
    UnstableError
        When too many had to be drawn again.
    """
    D, K = job.draws, len(job.assembled.model.streams)
    theta = np.zeros((D, len(job.assembled.slots)))
    mu = np.zeros((D, K))
    choice = np.zeros((D, len(job.assembled.variants)), np.int64)
    radius, weights = np.zeros(D), np.zeros(D)
    again = np.zeros(D, np.int64)
    into = {
        "theta": theta, "mu": mu, "choice": choice, "radius": radius,
        "weights": weights, "again": again,
    }  # fmt: skip
    spans = _spans(D, int(plan["propose"]))

    def done(n: int, found: Arrays) -> None:
        low, high = spans[n]
        for name, array in into.items():
            array[low:high] = found[name]

    what = "drawing numbers and filling in the past"
    _work(
        backend, parts, "propose", propose, job, spans, spans.__getitem__, done,
        lambda draws: told(draws, 0, what),
    )  # fmt: skip
    redrawn = float(np.mean(again > 0))
    if redrawn > MOST_REDRAWN:
        msg = (
            f"{redrawn:.1%} of draws are unstable and were drawn again; at most "
            f"{MOST_REDRAWN:.0%} may be"
        )
        raise UnstableError(msg)
    per_day = buckets_per_day(np.median(mu, axis=0))
    found = resample(weights)
    index = np.asarray(found.index, np.int64)
    proposed = theta[: min(D, JUDGED)].copy()
    # A proposal that runs at all runs in its own slot: only copies have to move.
    moved = np.flatnonzero(index != np.arange(D))
    for array in (theta, mu, choice, radius):
        array[moved] = array[index[moved]]
    return Numbers(
        theta, mu, choice, radius, proposed, index, float(found.effective), redrawn,
        per_day,
    )  # fmt: skip


def simulate_in_parts(
    job: Job,
    backend: Backend,
    plan: dict[str, Any],
    parts: Parts | None,
    told: Told,
    numbers: Numbers,
) -> Totals:
    """Run all slots."""
    totals = Totals(
        len(job.arms), job.draws, job.asked, len(job.assembled.model.streams),
        job.program.days,
    )  # fmt: skip
    spans = _spans(job.draws, int(plan["simulate"]))
    what = "simulating" if len(job.arms) == 1 else f"simulating {len(job.arms)} arms"

    def piece(n: int) -> Slots:
        low, high = spans[n]
        at = slice(low, high)
        return Slots(
            low, high, numbers.index[at], numbers.theta[at], numbers.mu[at],
            numbers.per_day,
        )  # fmt: skip

    def done(n: int, found: Arrays) -> None:
        low, high = spans[n]
        totals.add(low, high, found)

    _work(
        backend, parts, "simulate", simulate, job, spans, piece, done,
        lambda draws: told(draws, 1, what),
    )  # fmt: skip
    return totals
