"""Compiled parts of the role-pooled model: states through gaps, and its regressions.

This file must never import a case or a page.
"""

from __future__ import annotations

from math import log

import numpy as np

from spillover.jit import allocating, njit

quick = njit(cache=True, nogil=True, error_model="numpy", fastmath=True)


@allocating
def decayed_sums(Y, observed, keep):
    """Sums of the past decayed by ``keep`` a day, and of the observed days.

    S (T + 1, H, K) and W (T + 1, H) before each day; a day not observed only decays.
    """
    T, K = Y.shape
    H = len(keep)
    S = np.zeros((T + 1, H, K))
    W = np.zeros((T + 1, H))
    for t in range(T):
        for h in range(H):
            W[t + 1, h] = keep[h] * W[t, h]
            for k in range(K):
                S[t + 1, h, k] = keep[h] * S[t, h, k]
            if observed[t]:
                W[t + 1, h] += 1.0
                for k in range(K):
                    S[t + 1, h, k] += Y[t, k]
    return S, W


@quick
def _value(F, y, f, u, w, p, prec):
    m = F @ w
    s = 0.0
    for t in range(len(y)):
        s += u[t] * (y[t] * log(m[t] + 1e-6) - (y[t] + f[t]) * log(f[t] + m[t] + 1e-6))
    for i in range(len(w)):
        s -= 0.5 * prec[i] * (w[i] - p[i]) ** 2
    return s


@allocating
def fit_weights(F, y, f, u, p, prec, w):
    """Mode of NB regression weights w >= 0 under N(p, 1 / prec), identity link.

    Projected Fisher scoring. ``F`` (T, P), sizes ``f`` (T,), day weights ``u`` (T,).
    Returns the mode and its Laplace variances.
    """
    T, P = F.shape
    v = _value(F, y, f, u, w, p, prec)
    H = np.eye(P)
    for _ in range(30):
        m = F @ w + 1e-6
        J = np.empty((T, P))
        e = np.empty(T)
        for t in range(T):
            e[t] = u[t] * (y[t] / m[t] - (y[t] + f[t]) / (f[t] + m[t]))
            a = u[t] * f[t] / (m[t] * (f[t] + m[t]))
            for i in range(P):
                J[t, i] = a * F[t, i]
        g = F.T @ e - prec * (w - p)
        H = F.T @ J
        for i in range(P):
            H[i, i] += prec[i]
        A = H.copy()
        for i in range(P):
            if w[i] <= 1e-9 and g[i] <= 0.0:
                A[i, :] = 0.0
                A[:, i] = 0.0
                A[i, i] = 1.0
                g[i] = 0.0
        d = np.linalg.solve(A, g)
        step = 1.0
        vn = v
        wn = w
        for _ in range(12):
            wn = np.maximum(w + step * d, 0.0)
            vn = _value(F, y, f, u, wn, p, prec)
            if vn >= v:
                break
            step *= 0.5
        if vn < v:
            break
        gain = vn - v
        w = wn
        v = vn
        if gain < 1e-3:
            break
    return w, np.diag(np.linalg.inv(H))


@allocating
def log_link_terms(X, off, y, f, u, b):
    """Gradient, Fisher information and value of a log-link NB regression.

    ``X`` (n, P), offset, counts, sizes and weights (n,), coefficients ``b``.
    """
    n, P = X.shape
    g = np.zeros(P)
    H = np.zeros((P, P))
    s = 0.0
    for i in range(n):
        if u[i] == 0.0:
            continue
        eta = off[i]
        for p in range(P):
            eta += X[i, p] * b[p]
        eta = min(max(eta, -14.0), 14.0)
        m = np.exp(eta)
        r = u[i] * f[i] / (f[i] + m)
        s += u[i] * (y[i] * eta - (y[i] + f[i]) * log(f[i] + m))
        e = r * (y[i] - m)
        a = r * m
        for p in range(P):
            g[p] += X[i, p] * e
            ax = a * X[i, p]
            for q in range(p + 1):
                H[p, q] += ax * X[i, q]
    for p in range(P):
        for q in range(p):
            H[q, p] = H[p, q]
    return s, g, H


@allocating
def closed_scatter(y, m, f, ok, lead, keep):
    """Decayed mean of squared Pearson residuals of the forecasts closed by each day.

    All (T, K); ``lead`` is the window's length: a forecast made on day t is judged on
    day t + lead. Starts at one, worth the memory's length.
    """
    T, K = m.shape
    out = np.ones((T, K))
    x = np.ones(K)
    for t in range(T):
        if t >= lead:
            for k in range(K):
                j = t - lead
                if ok[j, k]:
                    v = m[j, k] + m[j, k] ** 2 / f[j, k]
                    r = (y[j, k] - m[j, k]) ** 2 / v
                    x[k] = keep * x[k] + (1.0 - keep) * min(r, 50.0)
        for k in range(K):
            out[t, k] = min(max(x[k], 0.2), 8.0)
    return out


@allocating
def adaptive_slopes(ends, known, lead, first, edges, basis, stiff, keep, weight):
    """Slopes of the recalibration map before each day, (T, B).

    ``ends`` (T, K, 2) are P(Y < y) and P(Y <= y). A closed window adds its share of
    every bin, as the present map sees it; the map is the exponential family on
    ``basis`` (B, Q) with precisions ``stiff`` that fits the decayed shares.
    """
    T, K, _ = ends.shape
    B, Q = basis.shape
    out = np.ones((T, B))
    share = np.zeros(B)
    g = np.ones(B)
    r = np.zeros(B)
    theta = np.zeros(Q)
    wide = edges[1:] - edges[:-1]
    for t in range(T):
        j = t - lead
        if j >= first and known[j]:
            share *= keep
            for k in range(K):
                a = ends[j, k, 0]
                b = ends[j, k, 1]
                total = 0.0
                for i in range(B):
                    r[i] = g[i] * max(min(b, edges[i + 1]) - max(a, edges[i]), 0.0)
                    total += r[i]
                if total > 0.0:
                    share += r * (weight / (K * total))
            n = share.sum()
            for _ in range(2):
                p = wide * np.exp(basis @ theta)
                p /= p.sum()
                mean = basis.T @ p
                grad = basis.T @ share - n * mean - stiff * theta
                info = np.diag(stiff)
                for q in range(Q):
                    for s in range(Q):
                        v = 0.0
                        for i in range(B):
                            v += (
                                p[i] * (basis[i, q] - mean[q]) * (basis[i, s] - mean[s])
                            )
                        info[q, s] += n * v
                theta = theta + np.linalg.solve(info, grad)
                theta = np.minimum(np.maximum(theta, -3.0), 3.0)
            p = wide * np.exp(basis @ theta)
            g = p / p.sum() / wide
        out[t] = g
    return out
