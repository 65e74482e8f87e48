"""Calibration: randomized PIT with simultaneous bands, coverage.

For counts the probability integral transform is drawn uniformly between P(Y < y) and
P(Y <= y); it is uniform when the forecasts are right. Bands come from a block bootstrap
over days, so they are as wide as dependent days demand.

This file must never import a case, a model or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.scoring.blocks import block_draws, block_length

__all__ = ["PitCheck", "covered", "pit", "pit_check", "spans"]

Floats = NDArray[np.float64]
POINTS = np.arange(0.05, 0.96, 0.05)


@dataclass(frozen=True)
class PitCheck:
    """The distribution function of the PIT against the diagonal.

    Attributes
    ----------
    points, ecdf, low, high
        Where, the share at or below, and a simultaneous 95 % band around it.
    uniform
        Whether the diagonal lies inside the band everywhere.
    worst
        Largest distance from the diagonal.
    histogram
        Shares of ten bins.
    blocks
        Independent blocks of days the band rests on; below eight it says little.
    """

    points: tuple[float, ...]
    ecdf: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    uniform: bool
    worst: float
    histogram: tuple[float, ...]
    blocks: int


def pit(rng: np.random.Generator, below: Floats, upto: Floats) -> Floats:
    """Randomized PIT, shape of ``below`` = P(Y < y) and ``upto`` = P(Y <= y)."""
    return below + rng.uniform(size=below.shape) * (upto - below)


def covered(below: Floats, upto: Floats, level: float = 0.9) -> Floats:
    """Chance that the randomized PIT falls in the central interval.

    The expectation over the randomization: no noise of its own.
    """
    low, high = 0.5 * (1.0 - level), 0.5 * (1.0 + level)
    inside = np.minimum(upto, high) - np.maximum(below, low)
    width = np.maximum(upto - below, 1e-12)
    return np.clip(inside / width, 0.0, 1.0)


def pit_check(
    rng: np.random.Generator,
    below: Floats,
    upto: Floats,
    *,
    lead: int,
    number: int = 1000,
) -> PitCheck:
    """Check uniformity; ``below`` and ``upto`` of shape (days, cells)."""
    z = pit(rng, below, upto)
    share = (z[:, :, None] <= POINTS).mean(1)
    ecdf = share.mean(0)
    n, block = len(below), block_length(lead)
    draws = block_draws(rng, n, block, number)
    means = np.stack([share[i].mean(0) for i in draws])
    spread = np.maximum(means.std(0), 1e-9)
    # Simultaneous: the largest studentized distance over all points.
    sup = float(np.quantile((np.abs(means - ecdf) / spread).max(1), 0.95))
    band = sup * spread
    return PitCheck(
        points=tuple(POINTS.round(2).tolist()),
        ecdf=tuple(ecdf.tolist()),
        low=tuple((ecdf - band).tolist()),
        high=tuple((ecdf + band).tolist()),
        uniform=bool((np.abs(ecdf - POINTS) <= band).all()),
        worst=float(np.abs(ecdf - POINTS).max()),
        histogram=tuple((np.histogram(z, 10, (0.0, 1.0))[0] / z.size).tolist()),
        blocks=n // block,
    )


def spans(
    by_day: Floats, *, window: int, low: float, high: float
) -> list[tuple[int, int, float]]:
    """Runs of days on which the rolling mean leaves [low, high].

    Returns
    -------
    list of (first, last, extreme)
        Days counted from zero, and the rolling mean farthest off in the run.
    """
    n = len(by_day)
    if n < window:
        return []
    total = np.r_[0.0, np.cumsum(by_day)]
    mean = (total[window:] - total[:-window]) / window
    off = np.where(mean < low, low - mean, np.where(mean > high, mean - high, 0.0))
    out: list[tuple[int, int, float]] = []
    i = 0
    while i < len(off):
        j = i
        while j < len(off) and off[j] > 0.0:
            j += 1
        if j > i:
            worst = i + int(np.argmax(off[i:j]))
            out.append((i + window - 1, j + window - 2, float(mean[worst])))
        i = max(j, i + 1)
    return out
