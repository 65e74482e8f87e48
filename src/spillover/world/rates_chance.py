"""From expected facts to a chance and its interval, by a map learned on earlier weeks.

    logit(p) = a + a_r + b1 log(q) - b2 log(1 - q) + new (c + d log(q) + e log(q)^2 / 10),
    q = 1 - exp(-expected facts), r the act, new: the two never met before

(beta calibration with an offset for each act, shrunk). The interval is that of the map:
weeks and sources are drawn anew, both with replacement, and the map fitted to each draw
(two-way bootstrap, Owen 2007, doi:10.1214/07-AOAS122), so that pairs of one week and
pairs of one source may depend on each other.

References: Kull, Silva Filho & Flach (2017), doi:10.1214/17-EJS1338SI.

This file must never import a store or a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.world.rates_weeks import Stretch

__all__ = ["HIGHEST", "LOWEST", "ChanceMap", "fit_map"]

Floats = NDArray[np.float64]
LOWEST, HIGHEST = 1e-9, 1.0 - 1e-4
"""Bounds of any stated chance: never none, never certain."""
GROUPS, BINS, STEP = 100, 128, 0.25
"""Sources are put in so many groups, chances in so many steps of the logit."""
RIDGE = 20.0
MORE = 6
"""Weights that are not of one act."""
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class ChanceMap:
    """A fitted map.

    Attributes
    ----------
    weights : array, shape (R + 6,)
        a, a_r, b1, b2, c, d, e.
    covariance : array, shape (R + 6, R + 6)
    weeks, facts
        Stretches it was learned on, and kinds of facts that happened in them.
    """

    weights: Floats
    covariance: Floats
    weeks: int
    facts: int

    def chance(self, expected: Floats, action: NDArray[np.int64], new: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:  # fmt: skip
        """Chance of at least one fact, and the central 90 % interval.

        All arrays of one shape; `new`: the pair never had a fact.
        """
        shape = np.shape(expected)
        x = _features(
            np.ravel(expected),
            np.ravel(action),
            np.ravel(new),
            len(self.weights) - MORE,
        )
        z = x @ self.weights
        spread = Z90 * np.sqrt(np.einsum("ij,jk,ik->i", x, self.covariance, x))
        low, mid, high = (
            np.clip(1.0 / (1.0 + np.exp(-v)), LOWEST, HIGHEST).reshape(shape)
            for v in (z - spread, z, z + spread)
        )
        return mid, low, high


def _features(expected: Floats, action: NDArray[np.int64], new: NDArray[np.bool_], R: int) -> Floats:  # fmt: skip
    x = np.zeros((len(expected), R + MORE))
    log_q = np.log(-np.expm1(-np.maximum(expected, 1e-12)))
    x[:, 0] = 1.0
    x[np.arange(len(x)), 1 + action] = 1.0
    x[:, R + 1] = log_q
    x[:, R + 2] = np.minimum(expected, 30.0)  # - log(1 - q)
    x[:, R + 3] = new
    x[:, R + 4] = new * log_q
    x[:, R + 5] = new * log_q**2 / 10.0
    return x


def _solve(x: Floats, n: Floats, y: Floats, w: Floats) -> Floats:
    """Penalized logistic regression of y of n, by Newton steps that never get worse."""
    R = len(w) - MORE
    away = np.zeros(len(w))
    away[R + 1] = away[R + 2] = 1.0
    ridge = np.full(len(w), 1e-3)
    ridge[1 : R + 1] = RIDGE
    ridge[R + 1 :] = 1.0

    def loss(v: Floats) -> float:
        z = x @ v
        return float(
            (n * np.logaddexp(0.0, z) - y * z).sum()
            + 0.5 * (ridge * (v - away) ** 2).sum()
        )

    now = loss(w)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-(x @ w)))
        slope = x.T @ (n * p - y) + ridge * (w - away)
        curve = (x * (n * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        size = 1.0
        while (then := loss(w - size * step)) > now and size > 1e-6:
            size *= 0.5
        if then > now or now - then < 1e-7 * (1 + abs(now)):
            return w
        w, now = w - size * step, then
    return w


def fit_map(
    stretches: Iterable[Stretch], *, actions: int, draws: int = 200, seed: int = 0
) -> ChanceMap:
    """Learn the map from stretches that lie before the day it is used on."""
    R = actions
    size = (GROUPS, R, 2, BINS)
    cells = int(np.prod(size))
    n, y = [], []
    mean = np.zeros(R * 2 * BINS)  # of log expected facts
    whole = np.zeros(R * 2 * BINS)
    happened = 0
    for part in stretches:
        group = (
            np.random.default_rng(1).permutation(int(part.source.max()) + 1) % GROUPS
        )
        new = np.arange(len(part.source)) >= part.seen
        expected = np.maximum(part.expected, 1e-12)
        logit = np.log(np.expm1(np.minimum(expected, 30.0)))
        step = np.clip(np.round(logit / STEP).astype(np.int64) + 112, 0, BINS - 1)
        inner = (np.arange(R)[None, :] * 2 + new[:, None]) * BINS + step
        key = (group[part.source][:, None] * (R * 2 * BINS) + inner).ravel()
        w = np.repeat(part.weight, R)
        n.append(np.bincount(key, w, cells))
        y.append(np.bincount(key, w * part.happened.ravel(), cells))
        whole += np.bincount(inner.ravel(), w, R * 2 * BINS)
        mean += np.bincount(inner.ravel(), w * np.log(expected).ravel(), R * 2 * BINS)
        happened += int(part.happened.sum())
    used = whole > 0
    at = np.flatnonzero(used)
    expected = np.exp(mean[used] / whole[used])
    new = (at // BINS % 2).astype(bool)
    x = _features(expected, at // (2 * BINS), new, R)
    N = np.stack(n).reshape(len(n), GROUPS, -1)[:, :, used]
    Y = np.stack(y).reshape(len(y), GROUPS, -1)[:, :, used]
    first = np.zeros(R + MORE)
    first[R + 1] = first[R + 2] = 1.0
    best = _solve(x, N.sum((0, 1)), Y.sum((0, 1)), first)
    rng = np.random.default_rng(seed)
    found = np.empty((draws, R + MORE))
    for k in range(draws):
        weeks = rng.multinomial(len(n), np.full(len(n), 1 / len(n))).astype(float)
        groups = rng.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS)).astype(float)
        both = [
            np.einsum("w,g,wgc->c", weeks, groups, c, optimize=True) for c in (N, Y)
        ]
        found[k] = _solve(x, both[0], both[1], best)
    return ChanceMap(best, np.cov(found.T), len(n), happened)
