"""The daily law written plainly: the specification of the compiled one.

One loop over days, NumPy's determinant, no gradient; also the law of one day given the
past (mean, variance, chance of none) and its simulator. Slow and short.

This file must never import the compiled kernels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

__all__ = ["day_law", "plain_loglik", "simulate_days"]

Floats = NDArray[np.float64]


def _share(decay: Floats) -> Floats:
    return 1.0 - (1.0 - np.exp(-decay)) / decay


def plain_loglik(
    counts: Floats,
    observed: NDArray[np.bool_],
    mu: Floats,
    factor: Floats,
    target: NDArray[np.int64],
    source: NDArray[np.int64],
    children: Floats,
    decay: Floats,
    start_state: Floats,
    *,
    rowwise: bool = False,
) -> float:
    """Log likelihood of one sequence; arguments as in `daily.daily_loglik_grad`."""
    D, K = counts.shape
    k, S, total = _share(decay), np.array(start_state, np.float64), 0.0
    eta = np.zeros((K, K))
    np.add.at(eta, (target, source), k * children)
    for d in range(D):
        theta = mu[d].copy()
        np.add.at(theta, target, factor[d, target] * children * (1.0 - k) * S)
        near = factor[d][:, None] * eta
        seen = observed[d]
        value = np.where(seen, counts[d], 0.0)
        if not seen.all():
            c = ~seen
            value[c] = np.linalg.solve(
                np.eye(c.sum()) - near[np.ix_(c, c)],
                theta[c] + near[np.ix_(c, seen)] @ value[seen],
            )
        a = theta + near @ value
        n = value[seen]
        total += float(
            np.sum(np.where(n > 0, n * np.log(a[seen]), 0.0) - a[seen])
            - gammaln(n + 1.0).sum()
        )
        if rowwise:
            total += float(np.log(1.0 - np.diag(near)[seen] * n / a[seen]).sum())
        else:
            on = np.flatnonzero(seen & (value > 0))
            inside = np.eye(len(on)) - near[np.ix_(on, on)] * value[on] / a[on][:, None]
            sign, log = np.linalg.slogdet(inside)
            total += float(log) if sign > 0 else -math.inf
        S = np.exp(-decay) * S + (1.0 - np.exp(-decay)) * value[source]
    return total


def day_law(theta: ArrayLike, near: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and chance of no event of each stream on one day.

    With R = (I - eta)^-1 and m = R theta: mean m, covariance R diag(m) R'. The chance
    of no event of stream i is exp(-sum_j theta_j (1 - q_j)), q_j the chance that the
    cluster of an event of j holds none of i: q_i = 0 and
    q_j = exp(-sum_k eta_kj (1 - q_k)).

    Parameters
    ----------
    theta : (K,)
        Expected events of the day that no event of the same day begot.
    near : (K, K)
        Same-day children eta.
    """
    first, eta = np.asarray(theta, np.float64), np.asarray(near, np.float64)
    K = len(first)
    R = np.linalg.inv(np.eye(K) - eta)
    mean = R @ first
    variance = (R**2) @ mean
    q = 1.0 - np.eye(K)  # row i: chance of none of i from an event of j
    for _ in range(200):
        new = np.exp(-(1.0 - q) @ eta)
        np.fill_diagonal(new, 0.0)
        done = np.abs(new - q).max() < 1e-13
        q = new
        if done:
            break
    return mean, variance, np.exp(-(1.0 - q) @ first)


def simulate_days(
    rng: np.random.Generator,
    mu: Floats,
    factor: Floats,
    target: NDArray[np.int64],
    source: NDArray[np.int64],
    children: Floats,
    decay: Floats,
    start_state: Floats,
) -> Floats:
    """Counts (D, K) from the law itself: clusters grown day by day."""
    D, K = mu.shape
    k, S = _share(decay), np.array(start_state, np.float64)
    eta = np.zeros((K, K))
    np.add.at(eta, (target, source), k * children)
    out = np.zeros((D, K))
    for d in range(D):
        theta = mu[d].copy()
        np.add.at(theta, target, factor[d, target] * children * (1.0 - k) * S)
        new = rng.poisson(theta).astype(np.float64)
        while new.any():
            out[d] += new
            new = rng.poisson(factor[d] * (eta @ new)).astype(np.float64)
        S = np.exp(-decay) * S + (1.0 - np.exp(-decay)) * out[d][source]
    return out
