"""Oracles that several tests share: means of Hawkes processes under given factors, laws
of the times of an inhomogeneous Poisson process, Poisson mixtures.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad, solve_ivp
from scipy.stats import poisson

__all__ = ["LN2", "hawkes_mean", "integral", "poisson_mixture", "time_law"]

Floats = NDArray[np.float64]
Shape = Callable[[float], float]
LN2 = math.log(2.0)


def integral(f: Shape, low: float, high: float, at: Sequence[float] = ()) -> float:
    """Integral of ``f`` that bends or jumps at ``at``."""
    inside = sorted({low, high, *(x for x in at if low < x < high)})
    return sum(
        quad(f, a, b, epsabs=1e-10, epsrel=1e-10, limit=200)[0]
        for a, b in itertools.pairwise(inside)
    )


def hawkes_mean(
    mu: float,
    n: float,
    half_life: float,
    T: float,
    immigrants: Shape,
    offspring: Shape,
    at: Sequence[float] = (),
) -> float:
    """Mean count of one stream whose immigrants and offspring pass given factors.

    m = f mu + f' z, z' = -beta z + beta n m; ``at``: where the factors jump.
    """
    beta = LN2 / half_life

    def slope(t: float, y: Floats) -> list[float]:
        m = immigrants(t) * mu + offspring(t) * y[0]
        return [-beta * y[0] + beta * n * m, m]

    y = np.zeros(2)
    points = sorted({0.0, T, *(x for x in at if 0.0 < x < T)})
    for a, b in itertools.pairwise(points):
        inside = (a + 1e-12, b - 1e-12)
        y = solve_ivp(slope, inside, y, rtol=1e-9, atol=1e-11).y[:, -1]
    return float(y[1])


def time_law(
    rate: Shape, T: float, at: Sequence[float] = (), low: float = 0.0
) -> Callable[[ArrayLike], Floats]:
    """Distribution function of the times of a Poisson process with this rate."""
    grid = np.unique(np.concatenate([np.linspace(low, T, 2001), [*at]]))
    grid = grid[(grid >= low) & (grid <= T)]
    middle = (grid[1:] + grid[:-1]) / 2.0
    size = np.diff(grid) * np.array([rate(float(t)) for t in middle])
    sums = np.concatenate([[0.0], np.cumsum(size)])
    return lambda t: np.interp(t, grid, sums / sums[-1])


def poisson_mixture(means: Sequence[float], chances: Sequence[float]) -> list[float]:
    """Chances of 0, 1, 2, ... under a mixture of Poisson laws."""
    k = np.arange(int(max(means) + 10.0 * math.sqrt(max(means)) + 20.0))
    total = sum(p * poisson.pmf(k, m) for m, p in zip(means, chances, strict=True))
    return [float(x) for x in np.asarray(total)]
