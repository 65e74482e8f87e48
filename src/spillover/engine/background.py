"""The pace of each stream's background in a history, drawn from its posterior.

The log of a background is a walk, constant within blocks of days and zero at the
origin, where the case's levels stand; back in time it may return to a mean. Given which
events nobody brought, their counts in the blocks are Poisson. A Gaussian at the mode of
the posterior is the proposal of an independence sampler, which makes the draws exact.

References
----------
Rue & Held (2005), Gaussian Markov random fields, ch. 4.4 (approximation at the mode).
Tierney (1994), Ann. Stat. 22, doi:10.1214/aos/1176325750 (independence sampler).

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.hashing import inverse_normal, mix, sub, unit
from spillover.jit import compiled
from spillover.model.via import IMMIGRANT

__all__ = ["PULL", "TO", "VARIANCE", "draw_background"]

VARIANCE, PULL, TO = range(3)
"""Columns of a walk: variance of a day's step, return a day, mean it returns to."""
COUNT, EXPOSURE, MEAN, MODE, DIAGONAL, LOWER, NEW, OLD = range(8)
"""Rows of the scratch."""
STEPS = 40
LONGEST = 2.0
"""Longest step towards the mode."""
CLOSE = 1e-6
BOUND = 12.0


@compiled
def _grown(variance, pull, days):
    """Variance of a walk after some days."""
    if pull <= 0.0:
        return variance * days
    return variance * -math.expm1(-2.0 * pull * days) / (2.0 * pull)


@compiled
def _gather(p, w, script, s, block, until, blocks, x):
    """Counts and exposure of each block, the latest first, up to ``until``."""
    for b in range(blocks):
        high = p.days - b * block
        low = max(0, high - block)
        x[COUNT, b] = 0.0
        x[EXPOSURE, b] = 0.0
        for d in range(low, high):
            part = min(1.0, max(0.0, until - d))
            if part <= 0.0:
                break
            f = 0.5 * (script.held[s, d] + script.held[s, min(d + 1, p.days - 1)])
            weekday = (p.weekday0 + d) % 7
            x[EXPOSURE, b] += part * w.numbers.mu[s] * w.numbers.week[s, weekday] * f
    for k in range(script.size[0]):
        seen = script.seen[k]
        if seen.stream != s or seen.via != IMMIGRANT | s << 4 or seen.time >= until:
            continue
        x[COUNT, min(blocks - 1, int((p.days - seen.time) / block))] += 1.0


@compiled
def _pulled(first, step, ratio, blocks, b):
    """Diagonal of the prior's precision; off it stands -ratio / step."""
    own = 1.0 / first if b == 0 else 1.0 / step
    return own + (ratio * ratio / step if b < blocks - 1 else 0.0)


@compiled
def _prior_times(first, step, ratio, blocks, row, x, b):
    """Row ``b`` of the prior's precision times a vector."""
    total = _pulled(first, step, ratio, blocks, b) * x[row, b]
    if b > 0:
        total -= ratio / step * x[row, b - 1]
    if b < blocks - 1:
        total -= ratio / step * x[row, b + 1]
    return total


@compiled
def _factor(first, step, ratio, blocks, x):
    """Cholesky factor of the posterior's precision at the mode, by two bands."""
    for b in range(blocks):
        whole = _pulled(first, step, ratio, blocks, b)
        whole += x[EXPOSURE, b] * math.exp(min(BOUND, x[MEAN, b] + x[MODE, b]))
        if b > 0:
            x[LOWER, b] = -ratio / step / x[DIAGONAL, b - 1]
            whole -= x[LOWER, b] * x[LOWER, b]
        x[DIAGONAL, b] = math.sqrt(whole)


@compiled
def _to_mode(first, step, ratio, blocks, x):
    """Newton's steps to the mode, and the factor there."""
    x[MODE, :blocks] = 0.0
    for _ in range(STEPS):
        _factor(first, step, ratio, blocks, x)
        for b in range(blocks):  # L v = gradient
            rate = x[EXPOSURE, b] * math.exp(min(BOUND, x[MEAN, b] + x[MODE, b]))
            v = (
                x[COUNT, b]
                - rate
                - _prior_times(first, step, ratio, blocks, MODE, x, b)
            )
            if b > 0:
                v -= x[LOWER, b] * x[NEW, b - 1]
            x[NEW, b] = v / x[DIAGONAL, b]
        longest = 0.0
        for i in range(blocks):  # L' step = v
            b = blocks - 1 - i
            v = x[NEW, b]
            if b < blocks - 1:
                v -= x[LOWER, b + 1] * x[NEW, b + 1]
            x[NEW, b] = v / x[DIAGONAL, b]
            longest = max(longest, abs(x[NEW, b]))
        part = min(1.0, LONGEST / max(longest, LONGEST))
        for b in range(blocks):
            x[MODE, b] += part * x[NEW, b]
        if longest < CLOSE:
            break
    _factor(first, step, ratio, blocks, x)


@compiled
def _weight(first, step, ratio, blocks, row, x):
    """Log density of the posterior less that of the proposal, up to a constant."""
    total = 0.0
    for b in range(blocks):
        y = min(BOUND, x[MEAN, b] + x[row, b])
        total += x[COUNT, b] * y - x[EXPOSURE, b] * math.exp(y)
        total -= 0.5 * x[row, b] * _prior_times(first, step, ratio, blocks, row, x, b)
        # |L'(z - mode)|^2 / 2: what the proposal takes off
        far = x[DIAGONAL, b] * (x[row, b] - x[MODE, b])
        if b < blocks - 1:
            far += x[LOWER, b + 1] * (x[row, b + 1] - x[MODE, b + 1])
        total += 0.5 * far * far
    return total


@compiled
def draw_background(p, w, script, levels, walks, ahead, block, until, key, sure, x):
    """One step of the sampler for the background of every stream, into ``levels``.

    Parameters
    ----------
    levels : (K, days)
        Log of the background; where the walk of a stream has no variance it stays.
    walks : (K, 3)
        Columns `VARIANCE`, `PULL`, `TO`.
    ahead : float
        Days from the end of the history to the origin.
    block : int
        Days of a block, counted back from the end.
    until : float
        What was seen from here on is not looked at.
    key : uint64
    sure : bool
        Take the proposal whatever it is: to come near the posterior at first, from where
        the sampler would seldom leave (its proposal has lighter tails).
    x : (8, blocks)
        Scratch.
    """
    blocks = (p.days + block - 1) // block
    for s in range(len(p.streams)):
        variance, pull, to = walks[s, VARIANCE], walks[s, PULL], walks[s, TO]
        if variance <= 0.0 or w.numbers.mu[s] <= 0.0:
            continue
        _gather(p, w, script, s, block, until, blocks, x)
        gap = ahead + 0.5 * block
        first = _grown(variance, pull, gap)
        step = _grown(variance, pull, float(block))
        ratio = math.exp(-pull * block)
        for b in range(blocks):
            x[MEAN, b] = to * -math.expm1(-pull * (gap + b * block))
            x[OLD, b] = levels[s, max(0, p.days - (b + 1) * block)] - x[MEAN, b]
        _to_mode(first, step, ratio, blocks, x)
        ks = sub(key, s)
        for i in range(blocks):  # L' (new - mode) = normals
            b = blocks - 1 - i
            z = inverse_normal(unit(sub(ks, b)))
            if b < blocks - 1:
                z -= x[LOWER, b + 1] * (x[NEW, b + 1] - x[MODE, b + 1])
            x[NEW, b] = x[MODE, b] + z / x[DIAGONAL, b]
        gain = 0.0 if sure else _weight(first, step, ratio, blocks, NEW, x)
        if not sure:
            gain -= _weight(first, step, ratio, blocks, OLD, x)
        if gain < 0.0 and unit(mix(sub(ks, blocks))) >= math.exp(gain):
            continue
        for b in range(blocks):
            high = p.days - b * block
            for d in range(max(0, high - block), high):
                levels[s, d] = min(BOUND, x[MEAN, b] + x[NEW, b])
