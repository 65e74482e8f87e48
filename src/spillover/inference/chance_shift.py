"""Chances of yes and no moved by how past questions of the same kind came out.

A law of counts that is right on average may still say "none" too often: spread and the
chance of zero are not the same thing. So the log-odds of all cells are moved by one
number, followed with forgetting:

    logit p' = logit p + a,
    a at the mode of  sum u (y log p' + (1 - y) log(1 - p')) - S a^2 / 2

over questions whose windows had closed. A day's cells count together as sqrt(K), and
windows that overlap as 1 / sqrt(h). One number: slopes, a second shape (beta), the pool
with own history, the last window and the length of a silence gained nothing beside it
on the days before any test (docs/backtests.md).

References
----------
Platt (1999), Probabilistic outputs for support vector machines (here with slope one).

This file must never import a case or a page.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MEMORY", "REACH", "shifted"]

Floats = NDArray[np.float64]
STIFF = 5.0
"""How strongly the shift is drawn to none."""
MEMORY = 30.0
"""Half-life in days of a closed question's weight."""
REACH = 150
"""Days back that count: five half-lives."""
STEPS = 12


def shifted(
    chance: Floats, came: Floats, origins: NDArray[np.int64], lead: int
) -> Floats:
    """Chances moved by what closed questions ask for.

    Parameters
    ----------
    chance, came : (n, K)
        Chances strictly between 0 and 1, and 1 for a yes.
    origins : (n,)
        Days, rising.
    lead
        Days in a window: a question of day t is closed on day t + lead.

    Returns
    -------
    (n, K)
        The moved chances; of the first days, which know nothing closed, as they were.
    """
    K = chance.shape[1]
    odds = np.log(chance) - np.log1p(-chance)
    out = np.empty_like(chance)
    a = 0.0
    for i, t in enumerate(origins):
        first = int(np.searchsorted(origins, t - REACH - lead))
        end = int(np.searchsorted(origins, t - lead, side="right"))
        if end > first:
            age = t - lead - origins[first:end]
            u = 0.5 ** (age / MEMORY) * float(np.sqrt(K / lead)) / K
            a = _mode(odds[first:end], came[first:end], u, a)
        out[i] = 1.0 / (1.0 + np.exp(-(odds[i] + a)))
    return out


def _mode(odds: Floats, came: Floats, u: Floats, a: float) -> float:
    """The shift at the mode by Newton; the sum is concave in it."""
    yes = float(u @ came.sum(axis=1))
    for _ in range(STEPS):
        p = 1.0 / (1.0 + np.exp(-(odds + a)))
        slope = yes - float(u @ p.sum(axis=1)) - STIFF * a
        bend = float(u @ (p * (1.0 - p)).sum(axis=1)) + STIFF
        step = slope / bend
        a += step
        if abs(step) < 1e-9:
            break
    return a
