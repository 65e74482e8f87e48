"""Recalibration: a law is widened, narrowed or shifted by where outcomes fell in it.

The PIT of forecasts whose windows had closed is followed with forgetting, over all
cells together. A smooth map of the distribution function (four Legendre terms, drawn to
none) makes it even; it is kept up to date every day. A day's cells count together as
sqrt(K), and windows that overlap as 1 / sqrt(h): for a month ahead it moves slowly.

References
----------
Ranjan and Gneiting (2010), J. R. Stat. Soc. B 72, 71-91,
doi:10.1111/j.1467-9868.2009.00726.x (transforming pooled forecasts).

This file must never import a case or a page.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spillover.inference.roles_kernels import adaptive_slopes
from spillover.scoring.laws import Laws, cdf_ends

__all__ = ["EDGES", "recalibrated"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
EDGES = np.r_[0.0, 0.01, 0.025, 0.05, np.arange(1, 10) / 10, 0.95, 0.975, 0.99, 1.0]
STIFF = np.array([25.0, 25.0, 50.0, 50.0])
MEMORY = 90.0
"""Half-life in days, to which the horizon is added."""


def _basis() -> Floats:
    x = EDGES[:-1] + EDGES[1:] - 1.0
    terms = np.polynomial.legendre.legvander(x, len(STIFF))
    return np.ascontiguousarray(terms[:, 1:])


def recalibrated(laws: Laws, y: Floats, judged: Bools, first: int, lead: int) -> Laws:
    """The laws seen through the map that past windows ask for.

    Parameters
    ----------
    laws
        Forecasts for every origin.
    y : (T, K)
        What came in the window from each origin.
    judged : (T,)
        Whether the window was observed whole.
    first, lead
        First origin with a forecast; days in the window.
    """
    T, K = y.shape
    known = np.zeros(T, np.bool_)
    known[first:] = judged[first:]
    at = np.flatnonzero(known)
    ends = np.zeros((T, K, 2))
    ends[at] = cdf_ends(y, laws, at)
    slopes = adaptive_slopes(
        ends,
        known,
        lead,
        first,
        EDGES,
        _basis(),
        STIFF,
        0.5 ** (1.0 / (MEMORY + lead)),
        float(np.sqrt(K / lead)),
    )
    return laws.recalibrated(slopes, EDGES)
