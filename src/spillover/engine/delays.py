"""Delays of children: lag, then a mixture of exponentials; whole or beyond an age.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.codes import K_DELAY, K_PART, K_TIME
from spillover.engine.hashing import mix, unit, varying
from spillover.jit import compiled, inlined

__all__ = ["delay_of", "kernel_delay", "tail_delay"]


@inlined
def kernel_delay(rows, kernels, kernel_rate, theta, row, key):
    """Delay of a child: lag, then one exponential part of the mixture."""
    low, high = rows[row].k0, rows[row].k1
    part = low
    if high - low > 1:
        u = unit(mix(key + K_PART))
        at = 0.0
        for k in range(low, high - 1):
            at += theta[kernels[k].share]
            if u <= at:
                break
            part = k + 1
    delay = -math.log(unit(mix(key + K_TIME))) / kernel_rate[part]
    if rows[row].lag >= 0:
        delay += theta[rows[row].lag]
    return delay


@compiled
def tail_delay(p, theta, numbers, row, key, age):
    """Delay of a child given that it is longer than ``age`` (parent before 0)."""
    lag = theta[p.rows[row].lag] if p.rows[row].lag >= 0 else 0.0
    past = max(0.0, age - lag)
    low, high = p.rows[row].k0, p.rows[row].k1
    total = 0.0
    for k in range(low, high):
        share = theta[p.kernels[k].share] if p.kernels[k].share >= 0 else 1.0
        total += share * math.exp(-numbers.kernel_rate[k] * past)
    u = unit(mix(key + K_PART)) * total
    part = high - 1
    at = 0.0
    for k in range(low, high):
        share = theta[p.kernels[k].share] if p.kernels[k].share >= 0 else 1.0
        at += share * math.exp(-numbers.kernel_rate[k] * past)
        if u <= at:
            part = k
            break
    return lag + past - math.log(unit(mix(key + K_TIME))) / numbers.kernel_rate[part]


@compiled
def delay_of(family, a, b, theta, key):
    """Delay of something, 0 when none is given; ``a``, ``b`` are slots."""
    if family < 0:
        return 0.0
    second = theta[b] if family > 0 else 0.0
    return max(0.0, varying(family, theta[a], second, unit(mix(key + K_DELAY))))
