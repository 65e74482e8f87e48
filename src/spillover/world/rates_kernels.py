"""Compiled heart of the fit: expected facts by kernel, over the facts of a block of days.

Sums are kept lazily: each cell, source and target with the day it was last brought up
to. Arguments are described in `rates`, `rates_layout` and `rates_shares`.

This file must never import anything but the decorators and NumPy.
"""

import math

from spillover.jit import compiled, inlined

__all__ = ["expect", "push"]


@inlined
def find(key, low, high, asked):
    """Index of a key in ``key[low:high]``; -1 where it is not."""
    end = high
    while low < high:
        middle = (low + high) // 2
        if key[middle] < asked:
            low = middle + 1
        else:
            high = middle
    if low < end and key[low] == asked:
        return low
    return -1


@inlined
def gather(feature, p, weight, day, cell_ptr, cell_action, D, at, power):
    """Add the sums of a pair, weighted, to a table by action and half-life."""
    for c in range(cell_ptr[p], cell_ptr[p + 1]):
        if at[c] < day or D[c, 0] > 0.0:
            for h in range(power.shape[0]):
                feature[cell_action[c], h] += weight * D[c, h] * power[h, day - at[c]]


@compiled
def push(cells, day, cell_pair, cell_action, source, target, power, rho, D, D_at, S, S_at, T, T_at):  # fmt: skip
    """Put the facts of a day, by cell, into the sums; they count from the day after."""
    H = power.shape[0]
    for k in range(len(cells)):
        c = cells[k]
        p = cell_pair[c]
        r = cell_action[c]
        s = source[p]
        o = target[p]
        gap = day + 1 - D_at[c]
        for h in range(H):
            D[c, h] = D[c, h] * power[h, gap] + (1.0 - rho[h])
        D_at[c] = day + 1
        gap = day + 1 - S_at[s]
        if gap:
            for q in range(S.shape[1]):
                for h in range(H):
                    S[s, q, h] *= power[h, gap]
            S_at[s] = day + 1
        gap = day + 1 - T_at[o]
        if gap:
            for q in range(S.shape[1]):
                for h in range(H):
                    T[o, q, h] *= power[h, gap]
            T_at[o] = day + 1
        for h in range(H):
            S[s, r, h] += 1.0 - rho[h]
            T[o, r, h] += 1.0 - rho[h]


@compiled
def expect(
    cells, day, factor, entities,
    cell_ptr, cell_pair, cell_action, key, source, target, reverse, out_ptr,
    power, D, D_at, S, S_at, T, T_at,
    of_source, of_target, doing, meeting, link_to, link,
    children, background, feature, N, NB,
):  # fmt: skip
    """Log-likelihood and expected facts of one day's facts, cells in rising order.

    ``feature`` is scratch of shape (8, R, H); ``N``, ``NB`` are added to. A fact on a
    day is "at least one": its expected number is lambda / (1 - exp(-lambda)). The part
    of the log-likelihood that facts have: log(1 - exp(-lambda)) + lambda; the exposure
    of all cells is subtracted by the caller.
    """
    K, R, H = feature.shape
    total = 0.0
    last = -1
    for k in range(len(cells)):
        c = cells[k]
        p = cell_pair[c]
        r = cell_action[c]
        s = source[p]
        o = target[p]
        if p != last:
            last = p
            feature[:] = 0.0
            gather(feature[0], p, 1.0, day, cell_ptr, cell_action, D, D_at, power)
            if reverse[p] >= 0:
                gather(feature[1], reverse[p], 1.0, day, cell_ptr, cell_action, D, D_at, power)  # fmt: skip
            for q in range(R):
                for h in range(H):
                    x = S[s, q, h] * power[h, day - S_at[s]] - feature[0, q, h]
                    y = T[o, q, h] * power[h, day - T_at[o]] - feature[0, q, h]
                    feature[3, q, h] = max(x, 0.0)
                    feature[5, q, h] = max(y, 0.0)
                    feature[2, q, h] = feature[3, q, h] * of_source[p]
                    feature[4, q, h] = feature[5, q, h] * of_target[p]
            for m in range(link_to.shape[1]):
                z = link_to[s, m]
                if z < 0:
                    break
                if z == o:
                    continue
                j = find(key, out_ptr[z], out_ptr[z + 1], z * entities + o)
                if j >= 0:
                    gather(feature[6], j, link[s, m], day, cell_ptr, cell_action, D, D_at, power)  # fmt: skip
                j = find(key, out_ptr[o], out_ptr[o + 1], o * entities + z)
                if j >= 0:
                    gather(feature[7], j, link[s, m], day, cell_ptr, cell_action, D, D_at, power)  # fmt: skip
        base = background[r] * doing[r, s] * meeting[r, o]
        rate = base
        for n in range(K):
            w = 1.0
            if n == 3:
                w = meeting[r, o]
            elif n == 5:
                w = doing[r, s]
            part = 0.0
            for q in range(R):
                for h in range(H):
                    part += children[n, r, q, h] * feature[n, q, h]
            rate += w * part
        rate *= factor
        total += math.log(-math.expm1(-rate)) + rate
        scale = factor / -math.expm1(-rate)
        for n in range(K):
            w = scale
            if n == 3:
                w = scale * meeting[r, o]
            elif n == 5:
                w = scale * doing[r, s]
            for q in range(R):
                for h in range(H):
                    N[n, r, q, h] += w * children[n, r, q, h] * feature[n, q, h]
        NB[r] += scale * base
    return total
