"""Compiled chances of the generalised Poisson law, of a number or of a set of numbers.

This file must never import anything but the decorators.
"""

import math

from spillover.jit import allocating

__all__ = ["log_chances"]


@allocating
def _log_one(n, theta, g):
    """Log P(n), the law with expectation theta / (1 - g)."""
    x = theta + g * n
    return math.log(theta) + (n - 1.0) * math.log(x) - x - math.lgamma(n + 1.0)


@allocating
def _slope_theta(n, theta, g):
    return 1.0 / theta + (n - 1.0) / (theta + g * n) - 1.0


@allocating
def _slope_g(n, theta, g):
    return n * ((n - 1.0) / (theta + g * n) - 1.0)


@allocating
def _between(low, high, theta, g):
    """Log P(low <= n <= high) and slopes, from the largest term, upward and down."""
    top = theta / (1.0 - g)
    n = min(max(low, math.floor(top)), high)
    peak = _log_one(n, theta, g)
    total, by_theta, by_g = 0.0, 0.0, 0.0
    for way in (1.0, -1.0):
        at = n if way > 0 else n - 1.0
        while low <= at <= high:
            p = math.exp(_log_one(at, theta, g) - peak)
            total += p
            by_theta += p * _slope_theta(at, theta, g)
            by_g += p * _slope_g(at, theta, g)
            # beyond the top the terms fall; stop where the rest cannot be seen
            if p < 1e-18 * total and (at - top) * way > 0:
                break
            at += way
    return peak + math.log(total), by_theta / total, by_g / total


@allocating
def log_chances(low, high, theta, g, out):
    """Fill `out` (B, 3): log P(low <= n <= high), its slopes in theta and g.

    `high` may be infinite ("at least").
    """
    for b in range(len(low)):
        if not (theta[b] > 0.0 and g[b] < 1.0 and g[b] >= 0.0):
            # nothing expected gives nothing, and only nothing
            sure = theta[b] == 0.0 and low[b] == 0.0
            out[b, 0] = 0.0 if sure else -math.inf
            out[b, 1] = -1.0 if sure and high[b] == 0.0 else 0.0
            out[b, 2] = 0.0
        elif low[b] == high[b]:
            out[b, 0] = _log_one(low[b], theta[b], g[b])
            out[b, 1] = _slope_theta(low[b], theta[b], g[b])
            out[b, 2] = _slope_g(low[b], theta[b], g[b])
        elif high[b] == math.inf and low[b] <= 0.0:
            out[b, :] = 0.0
        elif high[b] == math.inf and low[b] < theta[b] / (1.0 - g[b]):
            # what is below is the smaller part
            p, t, s = _between(0.0, low[b] - 1.0, theta[b], g[b])
            rest = -math.expm1(p)
            out[b, 0] = math.log(rest)
            out[b, 1] = -math.exp(p) * t / rest
            out[b, 2] = -math.exp(p) * s / rest
        else:
            out[b, 0], out[b, 1], out[b, 2] = _between(low[b], high[b], theta[b], g[b])
