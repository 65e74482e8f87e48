"""What draws of a daily posterior say: radius, rates, the law of the next days.

This file must never import a case or a page.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.inference.daily import Links, same_day_share
from spillover.inference.daily_plain import day_law
from spillover.inference.daily_problem import DailyProblem

__all__ = [
    "daily_law",
    "daily_theta",
    "mean_rate",
    "next_days",
    "spectral_radius",
]

Floats = NDArray[np.float64]


def spectral_radius(links: Links, children: ArrayLike, K: int) -> float:
    """Largest eigenvalue modulus of the matrix of children."""
    return float(np.abs(np.linalg.eigvals(links.matrix(children, K))).max())


def mean_rate(links: Links, children: ArrayLike, mu: ArrayLike) -> Floats:
    """Events per day in the long run, (I - G)^-1 mu, shape (K,); inf from radius 1."""
    base = np.asarray(mu, np.float64)
    K = len(base)
    if spectral_radius(links, children, K) >= 1.0:
        return np.full(K, np.inf)
    rate = np.linalg.solve(np.eye(K) - links.matrix(children, K), base)
    return np.asarray(rate, np.float64)


def daily_theta(
    counts: Floats,
    mu: Floats,
    factor: Floats | None,
    links: Links,
    children: Floats,
    decay: Floats,
    start_state: Floats,
    *,
    sequence_starts: ArrayLike = (0,),
) -> Floats:
    """Expected events of a day that no event of that day begot, past the last day too.

    Parameters
    ----------
    counts : (..., D, K)
        Several courses at once.
    mu : (D, K) or (D + 1, K)
    factor : like mu, or None
    links, children, decay
        As in `daily`.
    start_state : (L,) or (Q, L)
        Of every sequence.

    Returns
    -------
    (..., D or D + 1, K)
        As many days as ``mu`` has.
    """
    n = np.asarray(counts, np.float64)
    D, K = n.shape[-2:]
    starts = np.asarray(sequence_starts, np.int64)
    begin = np.broadcast_to(start_state, (len(starts), len(links)))
    k, _ = same_day_share(decay)
    fade = np.exp(-decay)
    into = np.zeros((len(links), K))
    into[np.arange(len(links)), links.target] = children * (1.0 - k)
    out = np.empty((*n.shape[:-2], len(mu), K))
    S = np.zeros((*n.shape[:-2], len(links)))
    for d in range(len(mu)):
        for q in np.flatnonzero(starts == d):
            S = np.zeros_like(S) + begin[q]
        grown = S @ into
        out[..., d, :] = mu[d] + (grown if factor is None else factor[d] * grown)
        if d < D:
            S = fade * S + (1.0 - fade) * n[..., d, links.source]
    return out


def daily_law(theta: Floats, eta: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and chance of none for many days with one eta; theta (..., K)."""
    K = theta.shape[-1]
    R = np.linalg.inv(np.eye(K) - eta)
    mean = theta @ R.T
    # the chance of none is exp(-theta . gap), read off one immigrant of each stream
    gap = -np.log(np.stack([day_law(row, eta)[2] for row in np.eye(K)]))
    return mean, mean @ (R**2).T, np.exp(-theta @ gap)


def next_days(
    problem: DailyProblem,
    z: Floats,
    rng: np.random.Generator,
    *,
    per_draw: int = 1,
    days: int = 1,
) -> Floats:
    """Counts of the days after the last one, simulated from draws of the posterior.

    The baseline stays at its last block; factors are 1.

    Parameters
    ----------
    problem
        With counts known to the last day.
    z : (M, n)
        Draws.
    per_draw, days
        Courses of each draw; length of each.

    Returns
    -------
    (M * per_draw, days, K)
    """
    K = problem.filled.shape[1]
    links = problem.links
    counts = np.nan_to_num(problem.filled)
    out = np.empty((len(z), per_draw, days, K))
    for m, point in enumerate(z):
        x = problem.numbers(point)
        k, _ = same_day_share(x.decay)
        fade, eta = np.exp(-x.decay), links.matrix(x.children * k, K)
        S = _last_state(counts, problem, fade)[None] + np.zeros((per_draw, 1))
        into = np.zeros((len(links), K))
        into[np.arange(len(links)), links.target] = x.children * (1.0 - k)
        mu = x.block_mu[problem.walk.block[-1]]
        for h in range(days):
            level = mu
            if problem.data.weekday is not None:
                level = mu * x.weekday[(problem.data.weekday[-1] + 1 + h) % 7]
            new = rng.poisson(level + S @ into).astype(np.float64)
            total = new.copy()
            while new.any():
                new = rng.poisson(new @ eta.T).astype(np.float64)
                total += new
            out[m, :, h] = total
            S = fade * S + (1.0 - fade) * total[:, links.source]
    return out.reshape(-1, days, K)


def _last_state(counts: Floats, problem: DailyProblem, fade: Floats) -> Floats:
    """States after the last day, shape (L,)."""
    begin = problem.data.starts[-1]
    n = counts[begin:, problem.links.source]
    age = np.arange(len(n))[::-1, None]
    start = np.broadcast_to(problem.start, (len(problem.data.starts), len(fade)))[-1]
    return np.asarray(
        fade ** len(n) * start + ((1.0 - fade) * n * fade**age).sum(axis=0), np.float64
    )
