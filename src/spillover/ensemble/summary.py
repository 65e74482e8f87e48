"""From counts to answers: Monte Carlo error by draw, parameter interval without noise.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["Chance", "chance_of", "quantiles_of"]


@dataclass(frozen=True)
class Chance:
    """A probability with its two uncertainties, kept apart.

    Attributes
    ----------
    p
        Mean over draws.
    mc_se
        Monte Carlo standard error, clustered by draw.
    low, high
        Central 90 % of the probability over draws, the noise of finite futures within
        each draw removed; None when there is no spread beyond chance.
    spread
        Standard deviation over draws with that noise removed (0: none seen).
    draws, futures
        What it rests on.
    """

    p: float
    mc_se: float
    low: float | None
    high: float | None
    spread: float
    draws: int
    futures: int


def chance_of(hits: NDArray[np.integer], futures: int) -> Chance:
    """Probability from the number of futures with a yes in each draw.

    The variance over draws of hits / futures is the variance of the probability plus
    E[p (1 - p)] / futures; the second part is estimated without bias by
    mean(k (m - k)) / (m^2 (m - 1)) and taken away. Whether anything is left is tested
    (dispersion, 1 % one-sided). The interval is that of a beta law with the mean and
    the variance that are left (method of moments; Skellam 1948 for the beta-binomial).

    Parameters
    ----------
    hits : (D,)
        Futures with a yes, of ``futures`` each.
    futures
        At least 2 for an interval.
    """
    k = np.asarray(hits, np.float64)
    D, m = len(k), futures
    p = float(k.mean()) / m
    se = float(k.std(ddof=1)) / m / math.sqrt(D) if D > 1 else math.nan
    low = high = None
    spread = 0.0
    if D > 1 and m > 1 and 0.0 < p < 1.0:
        within = float((k * (m - k)).mean()) / (m * m * (m - 1))
        between = float((k / m).var(ddof=1)) - within
        dispersion = float(((k - m * p) ** 2).sum()) / (m * p * (1 - p))
        if between > 0.0 and dispersion > 2.0 * special.gammaincinv((D - 1) / 2, 0.99):
            spread = math.sqrt(between)
            size = max(p * (1 - p) / between - 1.0, 1e-3)
            low, high = (
                float(special.betaincinv(p * size, (1 - p) * size, q))
                for q in (0.05, 0.95)
            )
    return Chance(p, se, low, high, spread, D, m)


def quantiles_of(
    histogram: NDArray[np.integer], points: tuple[float, ...]
) -> tuple[float, ...]:
    """Quantiles of whole numbers from a histogram with one bin per number."""
    at = np.cumsum(histogram)
    if at[-1] == 0:
        return tuple(math.nan for _ in points)
    return tuple(float(np.searchsorted(at, p * at[-1])) for p in points)
