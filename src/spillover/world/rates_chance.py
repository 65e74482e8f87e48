"""From expected facts to a chance and its interval, by a map learned on earlier weeks.

    logit(p) = a + a_r + (b1 + b_r) log(q) - b2 log(1 - q) + bends of log q
               + new (c + d log q + bends of log q),
    q = 1 - exp(-expected facts), r the act, new: the two never met before

(beta calibration with an offset and a slope for each act and a few bends, all shrunk).
The interval is that of the map: weeks and sources are drawn anew, both with
replacement, and the map fitted to each draw (two-way bootstrap, Owen 2007,
doi:10.1214/07-AOAS122), so that pairs of one week and pairs of one source may depend
on each other; each draw has a level of its own.

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
GAIN = 0.4
"""Weight of the last stretch when the level of the next is guessed. Chosen on the weekly
numbers of acts of ICEWS 2018 and 2014 without their last month (docs/outlook.md)."""
MET_BENDS = (-6.5, -5.0, -3.5, -2.0, -1.0)
NEW_BENDS = (-14.0, -11.0, -8.0, -6.0)
"""Where the map may bend, in log q, for pairs that met before and that did not."""
MORE = 5 + len(MET_BENDS) + len(NEW_BENDS)
"""Weights that are not of one act."""


@dataclass(frozen=True)
class ChanceMap:
    """A fitted map.

    Attributes
    ----------
    weights : array, shape (2 R + 14,)
        a_r, b_r, then a, b1, b2, c, d, bends.
    drawn : array, shape (draws, 2 R + 14)
        The same, fitted to each draw of stretches and sources.
    weeks, facts
        Stretches it was learned on, and kinds of facts that happened in them.
    """

    weights: Floats
    drawn: Floats
    weeks: int
    facts: int

    def chance(self, expected: Floats, new: NDArray[np.bool_]) -> Floats:
        """Chance of at least one fact, by pair and act.

        Parameters
        ----------
        expected : array, shape (n, R)
            Expected facts before the first of each kind.
        new : array, shape (n,)
            The pair never had a fact.
        """
        R = expected.shape[1]
        w = self.weights
        log_q = np.log(-np.expm1(-np.maximum(expected, 1e-12)))
        met = w[:R] + w[2 * R] + w[R : 2 * R] * (log_q + 5.0)
        met += w[2 * R + 1] * log_q + w[2 * R + 2] * np.minimum(expected, 30.0)
        fresh = new[:, None]
        met += np.where(fresh, w[2 * R + 3] + w[2 * R + 4] * log_q, 0.0)
        for k, (bend, side) in enumerate(
            [(b, ~fresh) for b in MET_BENDS] + [(b, fresh) for b in NEW_BENDS]
        ):
            met += w[2 * R + 5 + k] * np.maximum(log_q - bend, 0.0) * side
        return np.asarray(np.clip(1.0 / (1.0 + np.exp(-met)), LOWEST, HIGHEST))

    def interval(self, expected: float, action: int, new: bool) -> tuple[float, float]:
        """Central 90 % of one chance over the draws, the chance itself within it."""
        R = (len(self.weights) - MORE) // 2
        x = _features(np.array([expected]), np.array([action]), np.array([new]), R)[0]
        mid = float(x @ self.weights)
        low, high = np.quantile(self.drawn @ x, [0.05, 0.95])
        ends = np.array([min(low, mid), max(high, mid)])
        ends = np.clip(1.0 / (1.0 + np.exp(-ends)), LOWEST, HIGHEST)
        return float(ends[0]), float(ends[1])


def _features(
    expected: Floats, action: NDArray[np.int64], new: NDArray[np.bool_], R: int
) -> Floats:
    log_q = np.log(-np.expm1(-np.maximum(expected, 1e-12)))
    acts = np.zeros((len(expected), 2 * R))
    every = np.arange(len(acts))
    acts[every, action] = 1.0
    acts[every, R + action] = log_q + 5.0  # 5: so that offset and slope part
    bends = [np.maximum(log_q - b, 0.0) * ~new for b in MET_BENDS]
    bends += [np.maximum(log_q - b, 0.0) * new for b in NEW_BENDS]
    rest = (np.ones(len(acts)), log_q, np.minimum(expected, 30.0), new, new * log_q)
    return np.column_stack([acts, *rest, *bends])


def _solve(x: Floats, n: Floats, y: Floats, w: Floats) -> Floats:
    """Penalized logistic regression of y of n, by Newton steps that never get worse."""
    a = len(w) - MORE
    away = np.zeros(len(w))
    away[a + 1 : a + 3] = 1.0
    ridge = np.full(len(w), RIDGE)
    ridge[a : a + 5] = 1e-2
    ridge[a + 1 : a + 3] = 1.0

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
    """Learn the map from stretches before the day it is used on, the oldest first.

    The level of a stretch is common to all its pairs: what it will be next is guessed
    from the stretches, the last ones most. The longer the record, the fewer pairs meet
    for the first time: their level is carried on along its line besides.
    """
    R = actions
    size = (GROUPS, R, 2, BINS)
    cells = int(np.prod(size))
    n, y = [], []
    mean = np.zeros(R * 2 * BINS)  # of log expected facts
    whole = np.zeros(R * 2 * BINS)
    happened = 0
    for part in stretches:
        group = part.source * 2_654_435_761 % 2**32 % GROUPS
        new = np.arange(len(part.source)) >= part.seen
        expected = np.maximum(part.expected, 1e-12)
        logit = np.log(np.expm1(np.minimum(expected, 30.0)))
        step = np.clip(np.round(logit / STEP).astype(np.int64) + 112, 0, BINS - 1)
        inner = (np.arange(R)[None, :] * 2 + new[:, None]) * BINS + step
        key = (group[:, None] * (R * 2 * BINS) + inner).ravel()
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
    first = np.zeros(2 * R + MORE)
    first[2 * R + 1 : 2 * R + 3] = 1.0
    best = _solve(x, N.sum((0, 1)), Y.sum((0, 1)), first)
    levels = [
        _level(N[:, :, m].sum(1), Y[:, :, m].sum(1), x[m] @ best, line=line)
        for m, line in ((~new, False), (new, True))
    ]
    # the shift of all, and what those that never met are shifted beyond it
    at = np.array([2 * R, 2 * R + 3])
    shift = np.array([levels[0][0], levels[1][0] - levels[0][0]])
    doubt = np.sqrt([levels[0][1], max(levels[1][1] - levels[0][1], 0.0)])
    rng = np.random.default_rng(seed)
    found = np.empty((draws, 2 * R + MORE))
    there = np.flatnonzero(N.sum((0, 2)) > 0)  # groups that hold a source
    N, Y = N[:, there], Y[:, there]
    for k in range(draws):
        weeks = rng.multinomial(len(n), np.full(len(n), 1 / len(n))).astype(float)
        groups = rng.multinomial(len(there), np.full(len(there), 1 / len(there)))
        both = [
            np.einsum("w,g,wgc->c", weeks, groups, c, optimize=True) for c in (N, Y)
        ]
        found[k] = _solve(x, both[0], both[1], best)
        found[k, at] += shift + rng.standard_normal(2) * doubt
    best[at] += shift
    return ChanceMap(best, found, len(n), happened)


def _level(
    n: Floats, y: Floats, logit: Floats, *, line: bool = False
) -> tuple[float, float]:
    """Shift of the logit by which the next stretch is likely to differ; its variance.

    The log of came / stated by stretch, smoothed with `GAIN`; with `line` around its
    line over the stretches, which is carried on. The variance is that of the errors
    such a guess made, one stretch ahead each.
    """
    p = 1.0 / (1.0 + np.exp(-logit))
    came, stated = y.sum(1), n @ p
    weeks = len(came)
    if weeks < 4 or came.min() < 10:
        return 0.0, 0.0
    moved = float((n @ (p * (1.0 - p))).sum() / stated.sum())  # by a shift of one
    at = np.arange(weeks) - (weeks - 1) / 2.0
    log = np.log(came / stated)
    slope = float(at @ log / (at @ at)) if line else 0.0
    level, errors = 0.0, []
    for left in log - slope * at:
        errors.append(left - level)
        level += GAIN * (left - level)
    ahead = slope * (at[-1] + 1.0) + level
    return ahead / moved, float(np.mean(np.square(errors))) / moved**2
