"""What changed a chance since the last look: time passing, new data, the model.

The order is fixed. Each step is a rerun with the same seed and size that changes one
thing:

    before --(the origin moves, nothing new is known)--> time
           --(what became known)--> data
           --(the edited or refitted case)--> now

A chance is a number of futures of one and the same total, so the three parts are
whole numbers of futures and their sum is the whole change, exactly.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spillover.study.effects import Z90, change_of

__all__ = ["STEPS", "Part", "Split", "split_change", "tenths"]

Ints = NDArray[np.integer]
STEPS = ("time", "data", "model")


@dataclass(frozen=True)
class Part:
    """One part of a change.

    Attributes
    ----------
    step
        time, data or model.
    futures
        By how many futures it raised (or lowered) the number with a yes.
    change
        The same as a difference of chances.
    low, high
        90 % interval of that difference for the futures being finitely many, clustered
        by draw; both equal to ``change`` when nothing was rerun.
    """

    step: str
    futures: int
    change: float
    low: float
    high: float


@dataclass(frozen=True)
class Split:
    """A whole change and its parts in their order.

    Attributes
    ----------
    futures, change
        Of the whole.
    total
        Futures in all.
    parts
        Three; their ``futures`` add up to the whole's.
    """

    futures: int
    change: float
    total: int
    parts: tuple[Part, ...]


def split_change(stages: Sequence[Ints], futures: int) -> Split:
    """Split the change of a chance.

    Parameters
    ----------
    stages : four arrays (D,)
        Futures with a yes in each draw: before, after time, after data, now. A step at
        which nothing changed repeats the array before it.
    futures
        In each draw.

    Raises
    ------
    ValueError
        When there are not four stages of one shape.
    """
    if len(stages) != 1 + len(STEPS) or len({s.shape for s in stages}) != 1:
        msg = "a change is split between four stages of one number of draws"
        raise ValueError(msg)
    total = len(stages[0]) * futures
    parts = []
    for step, before, after in zip(STEPS, stages, stages[1:], strict=False):
        difference = after.astype(np.int64) - before.astype(np.int64)
        n = int(difference.sum())
        se = change_of(difference / futures, 0.0).mc_se if n or difference.any() else 0
        reach = 0.0 if math.isnan(se) else Z90 * se
        mean = n / total
        parts.append(Part(step, n, mean, mean - reach, mean + reach))
    whole = int(stages[-1].sum(dtype=np.int64)) - int(stages[0].sum(dtype=np.int64))
    return Split(whole, whole / total, total, tuple(parts))


def tenths(split: Split) -> tuple[int, ...]:
    """The parts in tenths of a point, rounded so that they add up to the whole's."""
    sums = np.cumsum([0, *(p.futures for p in split.parts)])
    shown = [round(1000 * int(s) / split.total) for s in sums]
    return tuple(b - a for a, b in pairwise(shown))
