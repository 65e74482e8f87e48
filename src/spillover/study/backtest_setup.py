"""What every forecaster of a backtest is given: the series, the origins, the sums.

This file must never import a page or a command.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.inference.roles_states import States, states_of
from spillover.inference.stacking import AVERAGES
from spillover.study.backtest_table import DailyTable

__all__ = ["Setup", "Window", "setup_of", "window_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Setup:
    """A series with its rolling origins.

    Attributes
    ----------
    table
        The series.
    averages
        Moving averages before each day.
    first
        First origin with a forecast (those before the test teach).
    blocks
        Days on which models are refitted; the first test day is one.
    """

    table: DailyTable
    averages: States
    first: int
    blocks: tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """Sums over the next days from each origin.

    Attributes
    ----------
    lead
        Days.
    sums : (T, K)
        Zero where the window is not judged.
    judged : (T,)
        Whether every day of the window was observed.
    test : (n,)
        Origins that are scored.
    """

    lead: int
    sums: Floats
    judged: Bools
    test: NDArray[np.int64]


def setup_of(table: DailyTable) -> Setup:
    """Rolling origins: a third of the days before the test is for learning alone.

    Models are refitted every tenth of those days, at least weekly, at most monthly.
    """
    T = len(table.counts)
    seen = np.flatnonzero(table.observed[: table.first_test])
    earliest = int(seen[max(min(28, len(seen) // 2), len(seen) // 3)])
    every = int(np.clip(len(seen) // 10, 7, 30))
    s0 = table.first_test
    blocks = sorted({*range(s0, earliest, -every), *range(s0, T, every)})
    states = states_of(table.counts, table.observed, AVERAGES)
    return Setup(table, states.at(np.arange(T)), blocks[0], tuple(blocks))


def window_of(table: DailyTable, lead: int) -> Window:
    """Sums over ``lead`` days from each origin, where every day was observed."""
    T, K = table.counts.shape
    total = np.vstack([np.zeros(K), np.cumsum(table.counts, axis=0)])
    unseen = np.r_[0, np.cumsum(~table.observed)]
    sums, judged = np.zeros((T, K)), np.zeros(T, np.bool_)
    n = T - lead + 1
    if n > 0:
        judged[:n] = unseen[lead:] == unseen[:n]
        sums[:n] = np.where(judged[:n, None], total[lead:] - total[:n], 0.0)
    t = np.arange(table.first_test, T)
    return Window(lead, sums, judged, t[judged[t]])
