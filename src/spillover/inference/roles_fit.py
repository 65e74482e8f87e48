"""The role-pooled regression of daily counts.

Mean of cell k on a day = weekday x [const + sum over roles r and half-lives h of
w[k, r, h] x decayed past of the cells in role r], w >= 0. Each cell's weights are drawn
to the pool by precisions that the data choose (empirical Bayes); see LEARNING notes in
the docs. Refit at each origin of a backtest; never sees a day at or after it.

This file must never import a case or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import gammaln

from spillover.inference.dispersion import mean_power, shrunk_sizes
from spillover.inference.roles import Roles
from spillover.inference.roles_kernels import fit_weights
from spillover.inference.roles_states import States, advance, levels

__all__ = ["HALF_LIVES", "RolesFit", "expected_sums", "fit_roles", "weekday_factors"]

Floats = NDArray[np.float64]
HALF_LIVES = np.array([1.0, 3.0, 10.0, 40.0])
TINY = 1e-6


@dataclass(frozen=True)
class RolesFit:
    """A fit on the days before an origin.

    Attributes
    ----------
    base : (K,)
        Mean of each cell, which scales its constant.
    norm : (R, K, H)
        Scales of the roles' states.
    weekday : (7, K)
        Factors, Monday first.
    pool : (P,), weights : (K, P)
        Of the constant, then roles x half-lives.
    precision : (1 + R,)
        How strongly the weights of each group are drawn to the pool.
    sizes : (K,), power
        NB size of a cell = sizes x mean ** power.
    """

    roles: Roles
    base: Floats
    norm: Floats
    weekday: Floats
    pool: Floats
    weights: Floats
    precision: Floats
    sizes: Floats
    power: float


def weekday_factors(counts: Floats, weekday: NDArray[np.int64], base: Floats) -> Floats:
    """Factors (7, K): a cell's own, drawn to the common pattern, and that to one.

    The common pattern counts as ``c`` events of a cell and evenness as ``c0`` events in
    all, both by marginal likelihood. Counts are deflated by their overdispersion, so a
    few violent days do not make a weekday.
    """
    N = np.stack([counts[weekday == d].sum(0) for d in range(7)])
    n_days = np.array([(weekday == d).sum() for d in range(7)])[:, None]
    E = n_days * base
    over = np.maximum(1.0, counts.var(0) / base)
    n, e = N / over, E / over
    c0 = _strength(n.sum(1), e.sum(1))
    common = (n.sum(1, keepdims=True) + c0) / (e.sum(1, keepdims=True) + c0)
    e = e * common
    c = _strength(n, e)
    return np.asarray(common * (n + c) / (e + c))


def _strength(n: Floats, e: Floats) -> float:
    """Events that an expectation counts as, by the marginal likelihood of counts."""

    def loss(x: float) -> float:
        c = np.exp(x)
        fit = gammaln(n + c) - gammaln(c) + c * np.log(c / (c + e))
        return -float((fit + n * np.log(np.maximum(e, 1e-12) / (c + e))).sum())

    found = optimize.minimize_scalar(loss, bounds=(0.0, 12.0), method="bounded")
    return float(np.exp(found.x))


def _raw(roles: Roles, X: Floats) -> Floats:
    """Sums of states over the members of each role, shape (R, T, H, K)."""
    T, H, K = X.shape
    flat = X.reshape(T * H, K)
    return np.stack([(flat @ m.T).reshape(T, H, K) for m in roles.member])


def _features(fit_base: Floats, norm: Floats, roles: Roles, X: Floats) -> Floats:
    """Regressors (K, T, P) from states (T, H, K)."""
    T, H, K = X.shape
    A = _raw(roles, X) * norm.transpose(0, 2, 1)[:, None]
    R = len(roles.names)
    out = np.empty((K, T, 1 + R * H))
    out[:, :, 0] = fit_base[:, None]
    out[:, :, 1:] = A.transpose(3, 1, 0, 2).reshape(K, T, R * H)
    return out


def fit_roles(
    counts: Floats,
    observed: NDArray[np.bool_],
    weekday: NDArray[np.int64],
    states: States,
    roles: Roles,
    *,
    start: RolesFit | None = None,
    memory: float = 730.0,
    pooled: bool = True,
) -> RolesFit:
    """Fit on all days given.

    Parameters
    ----------
    counts : (T, K), observed : (T,), weekday : (T,)
        The days before the origin.
    states
        Before each of them.
    roles
        Who plays which role.
    start
        An earlier fit to start from.
    memory
        Half-life in days of a day's weight in the fit.
    pooled
        False: no cell learns from another, each is drawn to fixed weights.
    """
    T, K = counts.shape
    seen = np.flatnonzero(observed)
    first = seen[min(30, len(seen) // 5)]
    use = seen[seen >= first]
    base = counts[observed].mean(0) + 1e-3
    X = levels(states.at(use))
    raw = _raw(roles, X)
    norm = base[:, None] / np.maximum(raw.mean(1).transpose(0, 2, 1), TINY)
    norm *= roles.present[:, :, None]
    D = weekday_factors(counts[observed], weekday[observed], base)
    F = _features(base, norm, roles, X) * D[weekday[use]].T[:, :, None]
    y = counts[use]
    u = 0.5 ** ((T - use) / memory)
    P = F.shape[2]
    H = len(states.half_lives)
    group = np.r_[0, np.repeat(1 + np.arange(len(roles.names)), H)]
    has = np.c_[np.ones((K, 1), bool), np.repeat(roles.present.T, H, axis=1)]
    flat_F, flat_y = F.reshape(K * len(use), P), y.T.ravel().copy()
    if start is None or len(start.pool) != P:
        pool = np.r_[0.2, np.full(P - 1, 0.8 / (P - 1))]
        lam, W = np.full(group.max() + 1, 10.0), np.tile(pool, (K, 1))
        f, rounds = np.full((len(use), K), 2.0), 8
    else:
        pool, lam, W = start.pool, start.precision, start.weights
        m = np.einsum("ktp,kp->tk", F, W) + TINY
        f, rounds = np.clip(start.sizes * m**start.power, 1e-3, 1e5), 2 if pooled else 1
    sizes, power = np.full(K, 2.0), 0.0 if start is None else start.power
    for i in range(rounds):
        if pooled and i < 3:
            pool = fit_weights(
                flat_F,
                flat_y,
                f.T.ravel(),
                np.tile(u, K),
                pool,
                np.full(P, 1e-3),
                pool + 1e-4,
            )[0]
            if i == 0 and start is None:
                W = np.tile(pool, (K, 1))
        prec = 2.0 * lam[group] / (pool + 0.01)
        V = np.zeros((K, P))
        W = W.copy()
        for k in range(K):
            W[k], V[k] = fit_weights(
                F[k], y[:, k].copy(), f[:, k].copy(), u, pool, prec, W[k] + TINY
            )
        if pooled:
            for j in range(len(lam)):
                c = group == j
                s = (((W - pool) ** 2 + V) / (pool + 0.01))[:, c][has[:, c]].mean()
                lam[j] = np.clip(0.5 / s, 1.0, 1000.0)
        m = np.einsum("ktp,kp->tk", F, W) + TINY
        ok = np.ones_like(y, np.bool_)
        if i % 2 == 0 or i == rounds - 1:
            if start is None:
                power = mean_power(y, m, ok)
            sizes = shrunk_sizes(y, m, ok, offset=power * np.log(m))
        f = np.clip(sizes * m**power, 1e-3, 1e5)
    return RolesFit(roles, base, norm, D, pool, W, lam.copy(), sizes, power)


def expected_sums(
    fit: RolesFit,
    states: States,
    weekday: NDArray[np.int64],
    horizons: tuple[int, ...],
    *,
    pool: bool = False,
) -> dict[int, Floats]:
    """Expected sums over the next h days for each state given.

    The expected count of a day is put back into the states, day by day.

    Parameters
    ----------
    fit
        A fit.
    states
        Before each origin, T of them.
    weekday : (T,)
        Of the origins.
    horizons
        Days ahead.
    pool
        With the pool's weights instead of the cells' own.

    Returns
    -------
    dict of (T, K)
        By horizon.
    """
    K = len(fit.base)
    W = np.tile(fit.pool, (K, 1)) if pool else fit.weights
    total = np.zeros((len(weekday), K))
    out: dict[int, Floats] = {}
    for i in range(max(horizons)):
        F = _features(fit.base, fit.norm, fit.roles, levels(states))
        m = np.einsum("ktp,kp->tk", F, W) * fit.weekday[(weekday + i) % 7]
        total = total + m
        states = advance(states, m)
        if i + 1 in horizons:
            out[i + 1] = total + TINY
    return out
