"""Compiled heart of the daily likelihood: one pass forward, one pass back.

Arguments are described in `spillover.inference.daily`; arrays are C-ordered float64,
`cell` holds 0 (counted: in the likelihood), 1 (held: its value is used, not judged) or
2 (open: replaced by its expectation). Sums run in one fixed order; no fast-math.

This file must never import anything but the decorators and NumPy.
"""

import math

import numpy as np

from spillover.jit import allocating

__all__ = ["backward", "forward", "invert"]


@allocating
def invert(A, n):
    """Invert A[:n, :n] in place without pivoting; returns log det, or -inf.

    Meant for matrices whose rows are dominated by the diagonal and whose other entries
    are at most zero, for which no pivoting is needed.
    """
    total = 0.0
    for p in range(n):
        pivot = A[p, p]
        if not pivot > 0.0:
            return -math.inf
        total += math.log(pivot)
        one = 1.0 / pivot
        A[p, p] = 1.0
        for j in range(n):
            A[p, j] *= one
        for i in range(n):
            if i != p:
                x = A[i, p]
                if x != 0.0:
                    A[i, p] = 0.0
                    for j in range(n):
                        A[i, j] -= x * A[p, j]
    return total


@allocating
def forward(
    counts, cell, mu, factor, target, source, far, fade, eta, first, begin, good,
    again, kept, S, H, v, theta, a, bar, eta_bar, factor_bar, left,
):  # fmt: skip
    """Log likelihood; what the way back needs is left in the last nine arrays.

    `far` (L,) = children x share born on later days, `fade` (L,) = exp(-decay), `eta`
    (K, K) = same-day children at factor 1, `first` (D,) = number of the sequence that
    begins on a day or -1, `begin` (Q, L) = states at the beginnings. A second track of
    states, `H`, is fed by `kept` (D, K) alone; where `again` (D, K) is set, the states
    of the links out of that stream are taken from it. With `again` of length 0 there
    is no second track.
    """
    double = len(again) > 0
    D, K = counts.shape
    L = len(target)
    total = 0.0
    here = np.empty(K, np.int64)
    A = np.empty((K, K))
    r = np.empty(K)
    for d in range(D):
        if first[d] >= 0:
            for k in range(L):
                S[d, k] = begin[first[d], k]
            if double:
                for k in range(L):
                    H[d, k] = S[d, k]
        if double:
            for k in range(L):
                if again[d, source[k]]:
                    S[d, k] = H[d, k]
                H[d + 1, k] = fade[k] * H[d, k] + (1.0 - fade[k]) * kept[d, source[k]]
        for i in range(K):
            theta[d, i] = 0.0
        for k in range(L):
            theta[d, target[k]] += far[k] * S[d, k]
        opened = 0
        for i in range(K):
            # what a factor multiplies is kept apart for its derivative
            left[d, i] = theta[d, i]
            theta[d, i] = mu[d, i] + factor[d, i] * theta[d, i]
            if cell[d, i] == 2:
                here[opened] = i
                opened += 1
                v[d, i] = 0.0
            else:
                v[d, i] = counts[d, i]
        for i in range(K):
            x = 0.0
            for j in range(K):
                x += eta[i, j] * v[d, j]
            r[i] = x
        if opened > 0:
            for p in range(opened):
                i = here[p]
                for q in range(opened):
                    A[p, q] = -factor[d, i] * eta[i, here[q]]
                A[p, p] += 1.0
            if invert(A, opened) == -math.inf:
                return -math.inf
            for p in range(opened):
                x = 0.0
                for q in range(opened):
                    j = here[q]
                    x += A[p, q] * (theta[d, j] + factor[d, j] * r[j])
                if not x >= 0.0:
                    return -math.inf
                v[d, here[p]] = x
            for i in range(K):
                x = r[i]
                for q in range(opened):
                    x += eta[i, here[q]] * v[d, here[q]]
                r[i] = x
        active = 0
        for i in range(K):
            left[d, i] += r[i]
            a[d, i] = theta[d, i] + factor[d, i] * r[i]
            bar[d, i] = 0.0
            factor_bar[d, i] = 0.0
            if cell[d, i] != 0:
                continue
            n = counts[d, i]
            total -= a[d, i]
            bar[d, i] = -1.0
            if n > 0.0:
                if not a[d, i] > 0.0:
                    return -math.inf
                total += n * math.log(a[d, i]) - math.lgamma(n + 1.0)
                if good:
                    here[active] = i
                    active += 1
                    bar[d, i] += (n - 1.0) / a[d, i]
                    total -= math.log(a[d, i])
                else:
                    rest = a[d, i] - factor[d, i] * eta[i, i] * n
                    if not rest > 0.0:
                        return -math.inf
                    total += math.log(rest / a[d, i])
                    bar[d, i] += (n - 1.0) / a[d, i] + 1.0 / rest
                    eta_bar[i, i] -= factor[d, i] * n / rest
                    factor_bar[d, i] -= eta[i, i] * n / rest
        if good and active > 0:
            for p in range(active):
                i = here[p]
                for q in range(active):
                    j = here[q]
                    A[p, q] = -factor[d, i] * eta[i, j] * counts[d, j]
                A[p, p] += a[d, i]
            logdet = invert(A, active)
            if logdet == -math.inf:
                return -math.inf
            total += logdet
            for p in range(active):
                i = here[p]
                bar[d, i] += A[p, p]
                for q in range(active):
                    j = here[q]
                    x = counts[d, j] * A[q, p]
                    eta_bar[i, j] -= factor[d, i] * x
                    factor_bar[d, i] -= eta[i, j] * x
        for k in range(L):
            S[d + 1, k] = fade[k] * S[d, k] + (1.0 - fade[k]) * v[d, source[k]]
    return total


@allocating
def backward(
    cell, factor, target, source, far, fade, eta, first, again, kept,
    S, H, v, bar, eta_bar, factor_bar, left, value_bar, far_bar, fade_bar,
):  # fmt: skip
    """Chain the derivatives back through the days.

    `value_bar` (D, K) is the derivative of anything else with respect to the open
    cells; `bar` ends as the derivative with respect to mu; `far_bar`, `fade_bar`,
    `eta_bar`, `factor_bar` are added to.
    """
    D, K = v.shape
    L = len(target)
    here = np.empty(K, np.int64)
    A = np.empty((K, K))
    out = np.zeros(K)
    back, back_kept = np.zeros(L), np.zeros(L)
    double = len(again) > 0
    for day in range(D):
        d = D - 1 - day
        opened = 0
        for i in range(K):
            if cell[d, i] == 2:
                here[opened] = i
                opened += 1
        for k in range(L):
            fade_bar[k] += back[k] * (S[d, k] - v[d, source[k]])
        if double:
            for k in range(L):
                fade_bar[k] += back_kept[k] * (H[d, k] - kept[d, source[k]])
        if opened > 0:
            for i in range(K):
                out[i] = value_bar[d, i]
            for k in range(L):
                out[source[k]] += (1.0 - fade[k]) * back[k]
            for i in range(K):
                if cell[d, i] == 0:
                    x = factor[d, i] * bar[d, i]
                    for q in range(opened):
                        out[here[q]] += eta[i, here[q]] * x
            for p in range(opened):
                i = here[p]
                for q in range(opened):
                    A[p, q] = -factor[d, i] * eta[i, here[q]]
                A[p, p] += 1.0
            invert(A, opened)
            for q in range(opened):
                x = 0.0
                for p in range(opened):
                    x += A[p, q] * out[here[p]]
                bar[d, here[q]] = x
        for i in range(K):
            x = bar[d, i]
            if x != 0.0:
                factor_bar[d, i] += x * left[d, i]
                x *= factor[d, i]
                for j in range(K):
                    eta_bar[i, j] += x * v[d, j]
        if first[d] >= 0:
            for k in range(L):
                far_bar[k] += bar[d, target[k]] * factor[d, target[k]] * S[d, k]
                back[k] = 0.0
                back_kept[k] = 0.0
        else:
            for k in range(L):
                x = bar[d, target[k]] * factor[d, target[k]]
                far_bar[k] += x * S[d, k]
                back[k] = fade[k] * back[k] + x * far[k]
                if double:
                    back_kept[k] *= fade[k]
                    if again[d, source[k]]:
                        back_kept[k] += back[k]
                        back[k] = 0.0
