"""Compiled sums over the law of a count: mixtures of negative binomials, recalibrated.

A law is ``sum_j w[j] NB(m[j], f[j])`` (mean m, variance m + m^2 / f), seen through a
piecewise linear map of its distribution function: the map has slope ``g[b]`` between
``edges[b]`` and ``edges[b + 1]``, so a probability becomes the integral of that slope.
Slopes of one leave the law as it is.

This file must never import a case or a page.
"""

from __future__ import annotations

from math import exp, lgamma, log

import numpy as np

from spillover.jit import allocating, njit

FLOOR = 1e-300

quick = njit(cache=True, nogil=True, error_model="numpy", fastmath=True)


@quick
def nb_logpmf(y, m, f):
    """Log probability of ``y`` under NB with mean ``m`` and size ``f``."""
    if y < 16.0:
        s = 0.0
        for i in range(int(y)):
            s += log((f + i) / (i + 1.0))
    else:
        s = lgamma(y + f) - lgamma(f) - lgamma(y + 1.0)
    return s - f * np.log1p(m / f) + y * log(m / (f + m))


@allocating
def nb_grid(Y, m, B, grid, use):
    """Log likelihood of each column of ``Y`` for log size ``grid[i] + B``."""
    T, K = Y.shape
    out = np.zeros((len(grid), K))
    for i in range(len(grid)):
        for t in range(T):
            for k in range(K):
                if use[t, k]:
                    x = min(max(grid[i] + B[t, k], -7.0), 11.0)
                    out[i, k] += nb_logpmf(Y[t, k], m[t, k], exp(x))
    return out


@allocating
def nb_total(y, m, logf):
    """Sum of log probabilities, sizes ``exp(logf)``; all of shape (n,)."""
    s = 0.0
    for i in range(len(y)):
        s += nb_logpmf(y[i], m[i], exp(min(max(logf[i], -7.0), 11.0)))
    return s


@allocating
def nb_logpmfs(y, m, f):
    """Log probabilities, shape of ``m`` (J, n), of ``y`` (n,)."""
    J, n = m.shape
    out = np.empty((J, n))
    for j in range(J):
        for i in range(n):
            out[j, i] = nb_logpmf(y[i], m[j, i], f[j, i])
    return out


@allocating
def below(y, w, m, f):
    """P(Y < y) and P(Y <= y) under mixtures; w, m, f of shape (J, n)."""
    J, n = m.shape
    out = np.zeros((n, 2))
    p = np.empty(J)
    r = np.empty(J)
    for i in range(n):
        for j in range(J):
            p[j] = exp(-f[j, i] * np.log1p(m[j, i] / f[j, i]))
            r[j] = m[j, i] / (m[j, i] + f[j, i])
        F = 0.0
        for k in range(int(y[i]) + 1):
            q = 0.0
            for j in range(J):
                if k > 0:
                    if p[j] < 1e-280:  # lost below the smallest number
                        p[j] = exp(nb_logpmf(float(k), m[j, i], f[j, i]))
                    else:
                        p[j] *= r[j] * (k - 1.0 + f[j, i]) / k
                q += w[j, i] * p[j]
            if k == int(y[i]):
                out[i, 0] = min(F, 1.0)
            F += q
        out[i, 1] = min(F, 1.0)
    return out


@quick
def mapped(u, g, edges):
    """The recalibrated value of a distribution function ``u``."""
    s = 0.0
    for b in range(len(g)):
        hi = min(u, edges[b + 1])
        if hi > edges[b]:
            s += g[b] * (hi - edges[b])
        else:
            break
    return min(s, 1.0)


@quick
def slope_between(a, b, g, edges):
    """Mean slope of the map over [a, b]."""
    if b - a < 1e-12:
        for i in range(len(g)):
            if a <= edges[i + 1]:
                return g[i]
        return g[-1]
    s = 0.0
    for i in range(len(g)):
        lo = max(a, edges[i])
        hi = min(b, edges[i + 1])
        if hi > lo:
            s += g[i] * (hi - lo)
    return s / (b - a)


@allocating
def score_mixtures(y, w, m, f, g, edges, level, above):
    """Scores of each forecast; see `spillover.scoring.laws.score`.

    ``w``, ``m``, ``f`` (J, n); ``g`` (n, B) slopes; ``edges`` (B + 1,). Columns of the
    result: log score, CRPS, P(Y < y), P(Y <= y), lower and upper end of the central
    ``level`` interval, what a perfect forecaster's plain interval covers, P(Y >= 1),
    P(Y > above), mean.
    """
    J, n = m.shape
    out = np.zeros((n, 10))
    p = np.empty(J)
    r = np.empty(J)
    low = 0.5 * (1.0 - level)
    high = 1.0 - low
    for i in range(n):
        mean = 0.0
        plain = True
        for b in range(g.shape[1]):
            if g[i, b] != 1.0:
                plain = False
        for j in range(J):
            p[j] = exp(-f[j, i] * np.log1p(m[j, i] / f[j, i]))
            r[j] = m[j, i] / (m[j, i] + f[j, i])
            mean += w[j, i] * m[j, i]
        yi = int(y[i])
        a = int(above[i])
        F = 0.0
        G = 0.0
        k = 0
        crps = 0.0
        lo = -1
        hi = -1
        most = 200.0 * mean + 50.0 * yi + 20000.0
        rest = 1e-7 if mean < 50.0 else 1e-5
        expected = 0.0
        while True:
            q = 0.0
            for j in range(J):
                if k > 0:
                    if p[j] < 1e-280:
                        p[j] = exp(nb_logpmf(float(k), m[j, i], f[j, i]))
                    else:
                        p[j] *= r[j] * (k - 1.0 + f[j, i]) / k
                q += w[j, i] * p[j]
            F0 = F
            G0 = G
            F = min(F + q, 1.0)
            if plain:
                G = F
                pk = q
            else:
                G = mapped(F, g[i], edges)
                pk = q * slope_between(F0, F, g[i], edges)
            expected += 1.0 - G
            if k == yi:
                out[i, 0] = log(max(pk, FLOOR))
                out[i, 2] = G0
                out[i, 3] = G
            if k == 0:
                out[i, 7] = 1.0 - G
            if k == a:
                out[i, 8] = 1.0 - G
            if lo < 0 and low <= G:
                lo = k
                out[i, 6] -= G0
            if hi < 0 and high <= G:
                hi = k
                out[i, 6] += G
            d = G - (1.0 if k >= yi else 0.0)
            crps += d * d
            k += 1
            if k > yi and k > a and (rest > 1.0 - G or k > most):
                break
        if hi < 0:
            hi = k
            out[i, 6] += 1.0
        out[i, 1] = crps
        out[i, 4] = lo
        out[i, 5] = hi
        out[i, 9] = expected
    return out
