"""The forecasters of a backtest: the default model, the same with parts taken away.

All share one machinery: means, moving sizes, a pool with guards, recalibration from
windows that had closed. They differ in what the means are told.

This file must never import a page or a command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from spillover.cluster.backend import Backend
from spillover.inference.dispersion import moving_sizes
from spillover.inference.roles import roles_of
from spillover.inference.roles_forecast import RoleForecasts, role_forecasts
from spillover.inference.roles_states import levels
from spillover.inference.stack_pool import pool_laws
from spillover.inference.stack_recalibrate import recalibrated
from spillover.inference.stacking import (
    AVERAGES,
    FAST,
    FLOOR,
    MIDDLE,
    OWN_WORTH,
    SLOW,
    add_cross,
    regressors,
    stacked_means,
)
from spillover.scoring.laws import Laws
from spillover.study.backtest_setup import Setup, Window

__all__ = ["DEFAULT", "MODELS", "Learned", "learn", "model_laws"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int, str], None]
DEFAULT = "roles, stacked (default)"
NO_CROSS = "cross-links off"
OWN = "own-history-only"
EWMA_PLUS = "EWMA, same machinery"
MODELS = (DEFAULT, NO_CROSS, OWN, EWMA_PLUS)


@dataclass(frozen=True)
class Learned:
    """Role-pooled forecasts, by what they were told.

    Attributes
    ----------
    cross
        Everything.
    own
        Own history; how it works is pooled over cells.
    alone
        Own history; nothing is pooled.
    """

    cross: RoleForecasts
    own: RoleForecasts
    alone: RoleForecasts


FITS = (
    ("fitting, cross-links on", True, True),
    ("fitting, cross-links off", False, True),
    ("fitting, each cell alone", False, False),
)
"""What is said of each fit; whether it sees cross-links; whether it is pooled."""


def fit_one(
    given: tuple[Setup, tuple[int, ...]], which: int, progress: Progress | None = None
) -> RoleForecasts:
    """One of `FITS`, at every block; the same bytes wherever it runs."""
    setup, horizons = given
    what, crossed, pooled = FITS[which]
    t = setup.table
    with threadpool_limits(1):
        return role_forecasts(
            t.counts,
            t.observed,
            t.weekday,
            roles_of(t.keys, t.cells, cross=crossed),
            setup.blocks,
            horizons,
            pooled=pooled,
            progress=progress,
            what=what,
        )


def learn(
    setup: Setup,
    horizons: tuple[int, ...],
    progress: Progress | None = None,
    backend: Backend | None = None,
) -> Learned:
    """Fit the role-pooled model, in its three versions, at every block."""
    made: dict[int, RoleForecasts] = {}
    given = (setup, horizons)
    if backend is None or not backend.remote:
        made |= {k: fit_one(given, k, progress) for k in range(len(FITS))}
        return Learned(made[0], made[1], made[2])

    def done(k: int, fit: RoleForecasts) -> None:
        made[k] = fit
        if progress:
            progress(len(made), len(FITS), "fitting on the cluster")

    if progress:
        progress(0, len(FITS), "fitting on the cluster")
    backend.run(fit_one, given, range(len(FITS)), int, done)
    return Learned(made[0], made[1], made[2])


def _prior(lead: int) -> tuple[float, float, dict[str, float]]:
    """Share of a role-pooled forecast, stiffness, and shares of the pool's members.

    A day ahead the regression leads; a month ahead, where a short past holds two or
    three windows, it is one voice among equals. A fifth goes to each cell on its own,
    which is safest while there is little to pool.
    """
    if lead <= 3:
        rest, stiff = {"ewma": 5, "own": 30, "cross": 55, "fast": 5, "slow": 5}, 28.0
    elif lead <= 14:
        rest, stiff = {"ewma": 10, "own": 30, "cross": 40, "fast": 10, "slow": 10}, 28.0
    else:
        rest, stiff = dict.fromkeys(("ewma", "own", "cross", "fast", "slow"), 20), 100.0
    return 0.2, stiff, {k: 0.008 * v for k, v in rest.items()} | {"alone": 0.2}


def model_laws(setup: Setup, window: Window, learned: Learned) -> dict[str, Laws]:
    """The laws of every model for every origin."""
    h = window.lead
    weekday = np.nan_to_num(learned.cross.weekday[h], nan=float(h))
    centre, stiff, shares = _prior(h)
    own, cross = learned.own, learned.cross
    args = (window.judged, setup.blocks, setup.first, h)
    avg = setup.averages
    alone = regressors(
        avg, weekday, own.cells[h], own.pool[h], centre=centre, stiff=stiff
    )
    base = regressors(
        avg, weekday, own.cells[h], own.pool[h], centre=0.5 * centre, stiff=stiff
    )
    with_roles = add_cross(
        base,
        avg,
        cross.last.roles,
        cross.cells[h],
        cross.pool[h],
        centre=0.5 * centre,
        stiff=stiff,
    )
    level = levels(avg)
    near = (level[:, MIDDLE] + FLOOR) * weekday
    days = avg.days[:, FAST, None]
    usual = level[:, MIDDLE] + FLOOR
    ratio = (avg.sums[:, FAST] + OWN_WORTH) / (usual * days + OWN_WORTH)
    assert AVERAGES[SLOW] > AVERAGES[MIDDLE]
    means = {
        "ewma": near,
        "own": stacked_means(window.sums, alone, *args)[0],
        "cross": stacked_means(window.sums, with_roles, *args)[0],
        "fast": near * ratio,
        "slow": (level[:, SLOW] + FLOOR) * weekday,
        "alone": learned.alone.cells[h],
    }
    means = {k: np.maximum(np.nan_to_num(m, nan=1.0), 1e-5) for k, m in means.items()}

    def pool(given: dict[str, float], leads: str, *, common: bool = False) -> Laws:
        names = list(given)
        laws = pool_laws(
            window.sums,
            [means[n] for n in names],
            [moving_sizes(window.sums, means[n], *args, common=common) for n in names],
            [given[n] for n in names],
            names.index(leads),
            *args,
            common=common,
        )
        return recalibrated(laws, window.sums, window.judged, setup.first, h)

    off = {k: v for k, v in shares.items() if k != "cross"}
    off["own"] += shares["cross"]
    return {
        DEFAULT: pool(shares, "own", common=True),
        NO_CROSS: pool(off, "own"),
        OWN: pool({"alone": 1.0}, "alone"),
        EWMA_PLUS: pool({"ewma": 1.0}, "ewma"),
    }
