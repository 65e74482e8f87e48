"""Block bootstrap over days: how far a mean over days could be off.

Forecasts made on neighboring days share most of their windows, and cells share days:
whole days are drawn, in blocks at least as long as the window.

References
----------
Politis and Romano (1992), A circular block-resampling procedure for stationary data.

This file must never import a case, a model or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interval", "block_draws", "block_length", "mean_interval"]

Floats = NDArray[np.float64]
SHORTEST = 7


@dataclass(frozen=True)
class Interval:
    """A mean with its bootstrap interval.

    Attributes
    ----------
    mean, low, high, se
        Mean over days, ends of the interval, bootstrap standard error; None where the
        days hold fewer than two blocks, so that nothing can be said.
    days, block
        How many days, and how many stand in a block.
    """

    mean: float
    low: float | None
    high: float | None
    se: float | None
    days: int
    block: int


def block_length(lead: int) -> int:
    """Days in a block for windows of ``lead`` days: at least a week."""
    return max(SHORTEST, lead)


def block_draws(
    rng: np.random.Generator, n: int, block: int, number: int
) -> NDArray[np.int64]:
    """Indices of resampled days, shape (number, n): circular blocks, cut to n."""
    block = min(block, n)
    blocks = -(-n // block)
    start = rng.integers(0, n, (number, blocks))
    index = (start[:, :, None] + np.arange(block)) % n
    return np.asarray(index.reshape(number, -1)[:, :n], np.int64)


def mean_interval(
    rng: np.random.Generator,
    by_day: Floats,
    *,
    lead: int,
    level: float = 0.9,
    number: int = 1000,
) -> Interval:
    """The mean of a value by day, with a percentile interval.

    Parameters
    ----------
    rng
        Of the resampling.
    by_day : (n,)
        Mean over cells of each day.
    lead
        Length of the forecast window.
    level
        Of the interval.
    number
        Of resamplings.
    """
    n, block = len(by_day), block_length(lead)
    if n < 2 * block:
        return Interval(float(by_day.mean()), None, None, None, n, block)
    means = by_day[block_draws(rng, n, block, number)].mean(1)
    low, high = np.quantile(means, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(
        float(by_day.mean()), float(low), float(high), float(means.std()), n, block
    )
