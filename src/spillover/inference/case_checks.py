"""Does a fitted case describe the history it was fitted to? By stream and weekday.

Per imputed history: events seen beside those expected given what came before; the same
by weekday; and the times between events after time rescaling, laid end to end, which
are exponential when the model is right.

References
----------
Brown, Barbieri, Ventura, Kass & Frank (2002), The time-rescaling theorem and its
application to neural spike train data analysis, Neural Computation 14,
doi:10.1162/08997660252741149.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from spillover.inference.case_problem import CaseProblem
from spillover.model.structure import Model

__all__ = ["Check", "Look", "checks_of", "look_at"]

Floats = NDArray[np.float64]
FEWEST = 8
"""Events below which gaps and weekdays are not judged."""


@dataclass(frozen=True)
class Look:
    """One history.

    Attributes
    ----------
    seen, expected : (K, 7)
        Events by stream and weekday, Monday first.
    gaps : (K,)
        K-S p-value of each stream's rescaled gaps; NaN: too few events.
    """

    seen: Floats
    expected: Floats
    gaps: Floats


@dataclass(frozen=True)
class Check:
    """One stream, averaged over histories.

    Attributes
    ----------
    stream
        Its id.
    seen, expected
        Events in observed time, and what the fitted model expects there.
    weekday
        p-value of the residuals by weekday; NaN: too few events.
    gaps
        Median p-value of the rescaled gaps; NaN: too few events.
    """

    stream: str
    seen: float
    expected: float
    weekday: float
    gaps: float


def look_at(problem: CaseProblem, z: Floats, weekday: int) -> Look:
    """Compare one history with what is expected at ``z``.

    Parameters
    ----------
    problem, z
        The posterior and a point of it.
    weekday
        Of the first day, 0 = Monday.
    """
    data = problem.data
    K, D = data.observed.shape
    cells = np.where(data.observed, problem.expected(z), 0.0)
    day = (weekday + np.arange(D)) % 7
    seen, expected, gaps = np.zeros((K, 7)), np.zeros((K, 7)), np.full(K, np.nan)
    for i in range(K):
        expected[i] = np.bincount(day, cells[i], minlength=7)
        time = data.time[data.pointer[i] : data.pointer[i + 1]]
        at = np.minimum(time.astype(np.int64), D - 1)
        inside = data.observed[i, at]
        seen[i] = np.bincount(day[at[inside]], minlength=7)
        total = np.concatenate([[0.0], np.cumsum(cells[i])])
        if inside.sum() >= FEWEST:
            rescaled = np.interp(time[inside], np.arange(D + 1.0), total)
            gap = np.diff(np.concatenate([[0.0], rescaled]))
            gaps[i] = stats.kstest(gap, "expon").pvalue
    return Look(seen, expected, gaps)


def checks_of(model: Model, looks: Sequence[Look]) -> tuple[Check, ...]:
    """Average several histories; streams of which nothing was expected are left out."""
    if not looks:
        return ()
    seen = np.mean([x.seen for x in looks], axis=0)
    expected = np.mean([x.expected for x in looks], axis=0)
    found = []
    for i, s in enumerate(model.streams):
        n, e = float(seen[i].sum()), float(expected[i].sum())
        if e <= 0.0:
            continue
        weekday = gaps = float("nan")
        if n >= FEWEST:
            share = np.maximum(expected[i] / e * n, 1e-9)
            chi = float(((seen[i] - share) ** 2 / share).sum())
            weekday = float(stats.chi2.sf(chi, 6))
            p = [x.gaps[i] for x in looks if np.isfinite(x.gaps[i])]
            gaps = float(np.median(p)) if p else float("nan")
        found.append(Check(s.id, n, e, weekday, gaps))
    return tuple(found)
