"""Forecasts of the role-pooled model from rolling origins.

At the start of each block the model is refitted on the days before it; origins in the
block use that fit and everything seen up to themselves.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.inference.roles import Roles
from spillover.inference.roles_fit import (
    HALF_LIVES,
    RolesFit,
    expected_sums,
    fit_roles,
)
from spillover.inference.roles_states import states_of

__all__ = ["RoleForecasts", "role_forecasts"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class RoleForecasts:
    """Expected sums by horizon, each (T, K); not a number before the first fit.

    Attributes
    ----------
    cells
        With the cells' own weights.
    pool
        With the pool's weights.
    weekday
        Sums of weekday factors over the window.
    last
        The last fit.
    """

    cells: dict[int, Floats]
    pool: dict[int, Floats]
    weekday: dict[int, Floats]
    last: RolesFit


def role_forecasts(
    counts: Floats,
    observed: Bools,
    weekday: NDArray[np.int64],
    roles: Roles,
    blocks: Sequence[int],
    horizons: tuple[int, ...],
    *,
    pooled: bool = True,
    progress: Progress | None = None,
    what: str = "fitting",
) -> RoleForecasts:
    """Forecast from every origin at or after the first block.

    Parameters
    ----------
    counts : (T, K), observed : (T,), weekday : (T,)
        The whole series.
    roles
        Who plays which role.
    blocks
        Days on which the model is refitted.
    horizons
        Days ahead.
    pooled
        See `fit_roles`.
    progress
        Called with (done, total, what).
    """
    T, K = counts.shape
    states = states_of(counts, observed, HALF_LIVES)
    tables: list[dict[int, Floats]] = [
        {h: np.full((T, K), np.nan) for h in horizons} for _ in range(3)
    ]
    cells, pool, factors = tables
    fit: RolesFit | None = None
    fitted_on = 0
    for i, (s, e) in enumerate(zip(blocks, [*blocks[1:], T], strict=True)):
        if progress:
            progress(i, len(blocks), what)
        if fit is None or observed[fitted_on:s].any():
            past = np.arange(s)
            fit = fit_roles(
                counts[:s],
                observed[:s],
                weekday[:s],
                states.at(past),
                roles,
                start=fit,
                pooled=pooled,
            )
            fitted_on = s
        o = np.arange(s, e)
        at = states.at(o)
        own = expected_sums(fit, at, weekday[o], horizons)
        common = expected_sums(fit, at, weekday[o], horizons, pool=True)
        for h in horizons:
            cells[h][s:e], pool[h][s:e] = own[h], common[h]
            days = (weekday[o][:, None] + np.arange(h)) % 7
            factors[h][s:e] = fit.weekday[days].sum(1)
    assert fit is not None
    return RoleForecasts(cells, pool, factors, fit)
