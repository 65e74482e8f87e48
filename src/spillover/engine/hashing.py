"""Compiled keyed randomness: the mixing function, uniforms, counts and varying values.

Everything here is a function of its key. The mixing function is the one of
`spillover.keys` (a test holds them equal). Counts come from one uniform by inversion,
so a larger mean only appends; means above 32 are cut into cells of 32 with a key each,
which keeps that true.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.jit import compiled, inlined

__all__ = [
    "cell_count",
    "cell_key",
    "cells",
    "inverse_normal",
    "invert",
    "mix",
    "normal_cdf",
    "sub",
    "threshold",
    "unit",
    "varying",
    "varying_after",
    "varying_cdf",
    "varying_log_density",
]

U = np.uint64
GOLDEN = U(0x9E3779B97F4A7C15)
_M1, _M2 = U(0xBF58476D1CE4E5B9), U(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = U(30), U(27), U(31), U(11)
_CELL = U(0xD6E8FEB86659FD93)
CELL = 32.0
TWO64 = 18446744073709551616.0


@inlined
def mix(z):
    """Finalizer of splitmix64, a bijection on 64 bits (Steele, Lea & Flood 2014)."""
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@inlined
def sub(key, number):
    """Key of part ``number`` (0, 1, ...) of what the (well mixed) key stands for."""
    return mix(key + (U(number) + U(1)) * GOLDEN)


@inlined
def unit(key):
    """Uniform in (0, 1] that *is* the key (53 bits); mix it first."""
    return ((key >> _S11) + U(1)) * 1.1102230246251565e-16


@compiled
def threshold(mean):
    """Keys below it have no child: floor(exp(-mean) * 2^64) of the first cell."""
    if mean <= 0.0:
        return U(0xFFFFFFFFFFFFFFFF)
    p = math.exp(-min(mean, CELL)) * TWO64
    if p >= 18446744073709549568.0:
        return U(0xFFFFFFFFFFFFF800)
    return U(p)


@compiled
def none_below(mean):
    """`threshold`, or 0 when the mean has several cells: then each must be looked at."""
    return threshold(mean) if mean <= CELL else U(0)


@inlined
def cells(mean):
    """Number of cells of at most 32 that hold ``mean``."""
    return int(math.ceil(mean / CELL)) if mean > CELL else 1


@inlined
def cell_key(key, cell):
    """Key of a cell; the first is the key itself."""
    return key if cell == 0 else mix(key + U(cell) * _CELL)


@compiled
def invert(key, lam, p):
    """Poisson count with mean ``lam`` by inversion; ``p`` is exp(-lam)."""
    u = unit(key)
    total = p
    n = 0
    while u > total and n < 400:
        n += 1
        p *= lam / n
        total += p
        if p < 1e-18 * total and n > lam:
            break
    return n


@compiled
def cell_count(key, mean, cell):
    """Poisson count of one cell by inversion of the uniform of its key."""
    lam = min(CELL, mean - CELL * cell)
    if lam <= 0.0:
        return 0
    return invert(key, lam, math.exp(-lam))


@compiled
def inverse_normal(p):
    """Quantile of the standard normal (Wichura 1988, AS 241, PPND16)."""
    if p < 1e-300:
        p = 1e-300
    if p > 1.0 - 1.1102230246251565e-16:
        p = 1.0 - 1.1102230246251565e-16
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        a = (
            (
                (
                    (
                        (
                            (2509.0809287301226727 * r + 33430.575583588128105) * r
                            + 67265.770927008700853
                        )
                        * r
                        + 45921.953931549871457
                    )
                    * r
                    + 13731.693765509461125
                )
                * r
                + 1971.5909503065514427
            )
            * r
            + 133.14166789178437745
        ) * r + 3.387132872796366608
        b = (
            (
                (
                    (
                        (
                            (5226.495278852545925 * r + 28729.085735721942674) * r
                            + 39307.89580009271061
                        )
                        * r
                        + 21213.794301586595867
                    )
                    * r
                    + 5394.1960214247511077
                )
                * r
                + 687.1870074920579083
            )
            * r
            + 42.313330701600911252
        ) * r + 1.0
        return q * a / b
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        a = (
            (
                (
                    (
                        (
                            (7.7454501427834140764e-4 * r + 0.0227238449892691845833)
                            * r
                            + 0.24178072517745061177
                        )
                        * r
                        + 1.27045825245236838258
                    )
                    * r
                    + 3.64784832476320460504
                )
                * r
                + 5.7694972214606914055
            )
            * r
            + 4.6303378461565452959
        ) * r + 1.42343711074968357734
        b = (
            (
                (
                    (
                        (
                            (1.05075007164441684324e-9 * r + 5.475938084995344946e-4)
                            * r
                            + 0.0151986665636164571966
                        )
                        * r
                        + 0.14810397642748007459
                    )
                    * r
                    + 0.68976733498510000455
                )
                * r
                + 1.6763848301838038494
            )
            * r
            + 2.05319162663775882187
        ) * r + 1.0
    else:
        r -= 5.0
        a = (
            (
                (
                    (
                        (
                            (2.01033439929228813265e-7 * r + 2.71155556874348757815e-5)
                            * r
                            + 0.0012426609473880784386
                        )
                        * r
                        + 0.026532189526576123093
                    )
                    * r
                    + 0.29656057182850489123
                )
                * r
                + 1.7848265399172913358
            )
            * r
            + 5.4637849111641143699
        ) * r + 6.6579046435011037772
        b = (
            (
                (
                    (
                        (
                            (2.04426310338993978564e-15 * r + 1.4215117583164458887e-7)
                            * r
                            + 1.8463183175100546818e-5
                        )
                        * r
                        + 7.868691311456132591e-4
                    )
                    * r
                    + 0.0148753612908506148525
                )
                * r
                + 0.13692988092273580531
            )
            * r
            + 0.59983220655588793769
        ) * r + 1.0
    return -a / b if q < 0.0 else a / b


@inlined
def normal_cdf(z):
    """Distribution function of the standard normal."""
    return 0.5 * math.erfc(-z * 0.7071067811865476)


@compiled
def varying(family, a, b, u):
    """Value of a varying number at the point ``u`` of its distribution.

    Families: 0 fixed a; 1 log-normal median a, sd of log b; 2 logit-normal median a,
    sd of logit b; 3 uniform a to b.
    """
    if family == 0:
        return a
    if family == 1:
        return a * math.exp(b * inverse_normal(u))
    if family == 2:
        x = math.log(a / (1.0 - a)) + b * inverse_normal(u)
        return 1.0 / (1.0 + math.exp(-x))
    return a + (b - a) * u


@compiled
def varying_cdf(family, a, b, x):
    """Probability that a varying number is at most ``x``."""
    if family == 0 or (family < 3 and b <= 0.0):
        return 1.0 if x >= a else 0.0
    if family == 1:
        return normal_cdf(math.log(x / a) / b) if x > 0.0 else 0.0
    if family == 2:
        if x <= 0.0:
            return 0.0
        if x >= 1.0:
            return 1.0
        return normal_cdf((math.log(x / (1.0 - x)) - math.log(a / (1.0 - a))) / b)
    if x <= a:
        return 0.0
    return 1.0 if x >= b else (x - a) / (b - a)


@compiled
def varying_after(family, a, b, low, high, u):
    """Value of a varying number given that it lies in (low, high]."""
    c0 = varying_cdf(family, a, b, low)
    c1 = 1.0 if high == math.inf else varying_cdf(family, a, b, high)
    if c1 - c0 < 1e-13:
        if family == 0:
            return a
        return high if high < math.inf else low + 1e-9
    x = varying(family, a, b, c0 + (c1 - c0) * u)
    return min(max(x, low), high)


@compiled
def varying_log_density(family, a, b, x):
    """Log density (per unit) of a varying number; a fixed one counts as a narrow one."""
    if family == 0 or (family < 3 and b <= 0.0):
        return 0.0
    if family == 1:
        z = math.log(max(x, 1e-9) / a) / b
        return -0.5 * z * z - math.log(max(x, 1e-9) * b * 2.5066282746310002)
    if family == 2:
        y = min(max(x, 1e-9), 1.0 - 1e-9)
        z = (math.log(y / (1.0 - y)) - math.log(a / (1.0 - a))) / b
        return -0.5 * z * z - math.log(y * (1.0 - y) * b * 2.5066282746310002)
    return -math.log(b - a) if a <= x <= b else -50.0
