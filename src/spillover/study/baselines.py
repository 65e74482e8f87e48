"""Forecasts to beat, by name. Each knows the days before its origin and nothing else.

This file must never import a page or a command.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spillover.inference.dispersion import rolling_sizes
from spillover.inference.roles_states import levels
from spillover.inference.stacking import MIDDLE
from spillover.scoring.laws import Laws
from spillover.study.backtest_setup import Setup, Window

__all__ = ["BASELINES", "baseline_laws"]

Floats = NDArray[np.float64]
FLOOR = 0.02
"""Events a day added to a mean, so that a first event is possible."""
QUANTILES = 20


def baseline_laws(name: str, setup: Setup, window: Window, weekday: Floats) -> Laws:
    """The laws of a baseline for every origin.

    Parameters
    ----------
    name
        One of `BASELINES`.
    setup, window
        The series and the sums asked about.
    weekday : (T, K)
        Sums of weekday factors over the window, learned before each block.
    """
    if name == "climatology":
        return _climatology(setup, window)
    factors = np.nan_to_num(weekday, nan=float(window.lead))
    means = _MEANS[name](setup, window, factors)
    return Laws.single(means, _sizes(setup, window, means))


def _sizes(setup: Setup, window: Window, means: Floats) -> Floats:
    """A size for each cell, drawn to the common one, from windows closed before."""
    w = window
    return rolling_sizes(w.sums, means, w.judged, setup.blocks, setup.first, w.lead)


def _train_mean(setup: Setup, window: Window, factors: Floats) -> Floats:
    table = setup.table
    s0 = table.first_test
    mean = table.counts[:s0][table.observed[:s0]].mean(0)
    return np.tile((mean + FLOOR) * window.lead, (len(factors), 1))


def _past_mean(setup: Setup, days: int) -> Floats:
    """Mean of the last observed days among ``days`` before each origin."""
    table = setup.table
    T, K = table.counts.shape
    total = np.vstack([np.zeros(K), np.cumsum(table.counts, axis=0)])
    seen = np.r_[0, np.cumsum(table.observed)]
    t = np.arange(T)
    a = np.maximum(t - days, 0)
    n = (seen[t] - seen[a])[:, None]
    long_run = setup.averages.long_run
    few = n < max(1, min(7, days // 4))
    return np.where(few, long_run, (total[t] - total[a]) / np.maximum(n, 1))


def _trailing(setup: Setup, window: Window, factors: Floats) -> Floats:
    return (_past_mean(setup, 28) + FLOOR) * factors


def _ewma(setup: Setup, window: Window, factors: Floats) -> Floats:
    return (levels(setup.averages)[:, MIDDLE] + FLOOR) * factors


def _last(setup: Setup, window: Window, factors: Floats) -> Floats:
    return (_past_mean(setup, window.lead) + FLOOR) * window.lead


def _climatology(setup: Setup, window: Window) -> Laws:
    """A past window of the cell taken at random: its quantiles, each blurred."""
    table = setup.table
    T, K = table.counts.shape
    points = (np.arange(QUANTILES) + 0.5) / QUANTILES
    means = np.ones((QUANTILES, T, K))
    every = np.arange(T)[window.judged]
    for s, e in zip(setup.blocks, [*setup.blocks[1:], T], strict=True):
        c = every[every <= s - window.lead]
        if len(c):
            past = np.quantile(window.sums[c], points, axis=0)
            means[:, s:e] = past[:, None] + FLOOR * window.lead
    sizes = np.full_like(means, 50.0)
    return Laws(means, sizes, np.full_like(means, 1.0 / QUANTILES))


_MEANS: dict[str, Callable[[Setup, Window, Floats], Floats]] = {
    "train-mean NB": _train_mean,
    "trailing-28-day NB": _trailing,
    "EWMA x weekday NB": _ewma,
    "last value": _last,
}
BASELINES = (*_MEANS, "climatology")
