"""Stacking: a log-linear regression of what came on what was known, pooled over cells.

The forecast of a window starts from the cell's moving average and is corrected by the
role-pooled forecasts, by the cell's own faster and slower averages, and, with
cross-links, by how busy the cells in each role are against their usual. Corrections are
ratios, so a front that falls to a quarter is followed without relearning. Coefficients
are learned from windows that had closed, and drawn to stated values.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.inference.dispersion import FEWEST, rolling, rolling_sizes
from spillover.inference.roles import Roles
from spillover.inference.roles_kernels import log_link_terms
from spillover.inference.roles_states import States, levels

__all__ = ["AVERAGES", "Regressors", "add_cross", "regressors", "stacked_means"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
AVERAGES = np.array([1.0, 2.0, 5.0, 13.5, 40.0, 120.0])
"""Half-lives in days of the averages."""
USUAL, FAST, MIDDLE, SLOW = 1, 2, 3, 4
FLOOR = 0.005
"""Events a day added to an average."""
OWN_WORTH, ROLE_WORTH = 1.0, 2.0
"""Events' worth of the usual level in a ratio."""
BUSTLE = 10.0
"""How much more strongly the bustle of roles is drawn to none than the rest."""
MEMORY = 365.0
"""Half-life in days of a closed window's weight."""


@dataclass(frozen=True)
class Regressors:
    """What a forecast starts from and what corrects it.

    Attributes
    ----------
    start : (T, K)
        Log of moving average x weekday factors.
    terms : (T, K, P)
        Corrections.
    names
        Of the terms.
    centre, stiff : (P,)
        What coefficients are drawn to, and how strongly.
    """

    start: Floats
    terms: Floats
    names: tuple[str, ...]
    centre: Floats
    stiff: Floats

    def plus(self, name: str, term: Floats, centre: float, stiff: float) -> Regressors:
        """With one more term."""
        term = np.clip(np.nan_to_num(term), -6.0, 6.0)
        return Regressors(
            self.start,
            np.concatenate([self.terms, term[:, :, None]], axis=2),
            (*self.names, name),
            np.r_[self.centre, centre],
            np.r_[self.stiff, stiff],
        )


def regressors(
    averages: States,
    weekday: Floats,
    cells: Floats,
    pool: Floats,
    *,
    centre: float,
    stiff: float,
) -> Regressors:
    """Start, role-pooled forecasts, and the cell's own faster and slower averages.

    Parameters
    ----------
    averages
        States at `AVERAGES` before each origin.
    weekday : (T, K)
        Sums of weekday factors over the window.
    cells, pool : (T, K)
        Forecasts of the role-pooled model.
    centre
        Share that each of the two is given beforehand.
    stiff
        How strongly coefficients are drawn to their centre.
    """
    level = levels(averages)
    base = level[:, MIDDLE] + FLOOR
    start = np.log(base) + np.log(np.nan_to_num(weekday, nan=1.0))
    r = Regressors(
        start, np.ones((*base.shape, 1)), ("level",), np.zeros(1), np.array([stiff])
    )
    r = r.plus("cells", np.log(cells) - start, centre, stiff)
    r = r.plus("pool", np.log(pool) - start, centre, stiff)
    for i, h in enumerate(AVERAGES):
        if i != MIDDLE:
            days = averages.days[:, i, None]
            ratio = (averages.sums[:, i] + OWN_WORTH) / (base * days + OWN_WORTH)
            r = r.plus(f"own {h:g} d", np.log(ratio), 0.0, stiff)
    return r


def add_cross(
    r: Regressors,
    averages: States,
    roles: Roles,
    cells: Floats,
    pool: Floats,
    *,
    centre: float,
    stiff: float,
) -> Regressors:
    """With what other cells say: role-pooled forecasts and the bustle of each role."""
    r = r.plus("cells, roles", np.log(cells) - r.start, centre, stiff)
    r = r.plus("pool, roles", np.log(pool) - r.start, centre, stiff)
    usual = levels(averages)[:, SLOW]
    for name, member in zip(roles.names, roles.member, strict=True):
        if name == "own":
            continue
        slow = usual @ member.T
        for i in (USUAL, FAST):
            busy = averages.sums[:, i] @ member.T
            days = averages.days[:, i, None]
            ratio = (busy + ROLE_WORTH) / (slow * days + ROLE_WORTH)
            r = r.plus(f"{name} {AVERAGES[i]:g} d", np.log(ratio), 0.0, BUSTLE * stiff)
    return r


def stacked_means(
    y: Floats,
    r: Regressors,
    judged: Bools,
    blocks: Sequence[int],
    first: int,
    lead: int,
) -> tuple[Floats, Floats]:
    """Forecast means (T, K), and the coefficients of the last block (P,).

    Coefficients are refitted for each block on the windows closed before it.
    """
    T, K = y.shape
    P = len(r.names)
    mean = np.exp(np.clip(r.start + r.terms @ r.centre, -12.0, 12.0))
    b = r.centre.copy()
    near = np.exp(np.clip(r.start, -12.0, 12.0))
    sizes = rolling_sizes(y, near, judged, blocks, first, lead, worth=lead**-0.5)
    for s, e, c in rolling(blocks, T, first, lead, judged):
        if len(c) >= FEWEST:
            X, start, yc = r.terms[c].reshape(-1, P), r.start[c], y[c]
            u = np.repeat(0.5 ** ((s - c) / MEMORY) / lead, K)
            f = np.broadcast_to(sizes[s], yc.shape).ravel()
            b = _mode(X, start.ravel(), yc.ravel(), f, u, r.centre, r.stiff, b)
        mean[s:e] = np.exp(np.clip(r.start[s:e] + r.terms[s:e] @ b, -12.0, 12.0))
    return mean, b


def _mode(
    X: Floats,
    start: Floats,
    y: Floats,
    f: Floats,
    u: Floats,
    centre: Floats,
    stiff: Floats,
    b: Floats,
) -> Floats:
    """Coefficients at the mode: Fisher scoring with halved steps."""

    def at(b: Floats) -> tuple[float, Floats, Floats]:
        s, g, H = log_link_terms(X, start, y, f, u, b)
        off = b - centre
        return (
            float(s - 0.5 * (stiff * off**2).sum()),
            g - stiff * off,
            H + np.diag(stiff),
        )

    X, f = np.ascontiguousarray(X), np.ascontiguousarray(f)
    value, g, H = at(b)
    for _ in range(25):
        step = np.linalg.solve(H, g)
        for _ in range(8):
            new = at(b + step)
            if new[0] >= value:
                break
            step = 0.5 * step
        if new[0] < value:
            break
        gain = new[0] - value
        b, (value, g, H) = b + step, new
        if gain < 1e-3:
            break
    return b
