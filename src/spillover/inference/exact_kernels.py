"""Compiled sums over events for the exact-time likelihood and its gradient.

Two ways through the same formula, for row i with links p = (i, source j, decay b):

    lambda_i(t) = base_i(t) + f_i(t) sum_p w_p b_p r_p(t),  r_p = sum exp(-b_p (t - t_e))

* ``shared_*``: few decays shared by all, any number of links. The states are kept
  multiplied by exp(b (t - t0)), so an event changes one of them only and what is left
  is three products of vectors an event; t0 moves on before anything can overflow.
  Tasks are stretches of time whose opening states are worked out beforehand.
* ``links_*``: every link its own decay. Rows are independent: each walks over its own
  events and, link by link, over those of its sources.

Tasks and rows add up on their own and are summed in a fixed order, so the result is the
same bits for any number of threads; each call does those from ``low`` to ``high``. Sums of products may be reordered by the compiler
and divisions become products with a reciprocal; not-a-number stays what it is. Events
of one instant do not see each other.

This file must never import anything of Spillover.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

__all__ = [
    "border_sums",
    "clock_pass",
    "links_pass",
    "row_states",
    "shared_open",
    "shared_pass",
    "spread_back",
]

njit: Any = numba.njit
FAST = {"reassoc", "contract", "nsz", "arcp"}
FAR = 60.0
"""Largest b (t - t0): exp(60) squared times a million events is far from overflow."""
GONE = 45.0
"""exp(-45) is nothing beside 1."""

inner: Any = njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
inlined: Any = njit(
    cache=True, nogil=True, error_model="numpy", fastmath=FAST, inline="always"
)


@inner
def _move(R, P, decays, gap):
    """Move the origin of scaled states on by ``gap`` days."""
    for q in range(len(decays)):
        shrink = math.exp(-decays[q] * gap)
        for j in range(R.shape[1]):
            P[q, j] = shrink * (P[q, j] - gap * R[q, j])
            R[q, j] = shrink * R[q, j]


@inner
def shared_open(low, high, time, stream, sequence, edges, decays, R, P, fresh):
    """States that events of each task alone leave at its last event.

    ``R[c, q, j]`` = sum of exp(-b (tau - t_e)), ``P`` the same times -(tau - t_e), for
    the last sequence of the task; ``fresh[c]`` whether that sequence began in it.
    """
    for c in range(low, high):
        first, last = edges[c], edges[c + 1] - 1
        R[c] = 0.0
        P[c] = 0.0
        fresh[c] = first == 0 or sequence[last] != sequence[first - 1]
        if last < first:
            continue
        tau = time[last]
        n = last
        slow = decays.min()
        while n >= first and sequence[n] == sequence[last]:
            age = tau - time[n]
            if slow * age > GONE:
                break
            for q in range(len(decays)):
                x = math.exp(-decays[q] * age)
                R[c, q, stream[n]] += x
                P[c, q, stream[n]] -= age * x
            n -= 1


@inlined
def _score(i, trel, down, base, factor, decays, W, R, P, gW, gb, slope):
    """1 / lambda of one event; adds its part of the gradient. ``down[q]`` = exp(-b t)."""
    lam = base
    K = R.shape[1]
    for q in range(len(decays)):
        row, state, moment = W[q, i], R[q], P[q]
        one = 0.0
        two = 0.0
        for j in range(K):
            one += row[j] * state[j]
            two += row[j] * moment[j]
        scale = factor * down[q]
        lam += decays[q] * scale * one
        slope[q] = scale * (one - decays[q] * (trel * one - two))
    inverse = 1.0 / lam
    for q in range(len(decays)):
        gb[q] += inverse * slope[q]
        size = inverse * factor * decays[q] * down[q]
        row, state = gW[q, i], R[q]
        for j in range(K):
            row[j] += size * state[j]
    return inverse


@inner
def shared_pass(
    low, high, time, stream, sequence, scored, cell, base, segment, factor, edges, decays, W,
    R, P, inverse, value, gW, gb,
):  # fmt: skip
    """Sum of log lambda over scored events, and its gradient, task by task.

    ``R``, ``P``: opening states at the last event before each task, used up.
    ``inverse[n]`` becomes 1 / lambda (0 for events not scored).
    """
    for c in range(low, high):
        first, last = edges[c], edges[c + 1]
        state, moment = R[c], P[c]
        grad, slope = gW[c], gb[c]
        grad[:] = 0.0
        slope[:] = 0.0
        x = np.empty(len(decays))
        down = np.empty(len(decays))
        scratch = np.empty(len(decays))
        fast = decays.max()
        total = 0.0
        product = 1.0
        now = sequence[first - 1] if first > 0 else -1
        t0 = time[first - 1] if first > 0 else 0.0
        n = first
        while n < last:
            if sequence[n] != now:
                now = sequence[n]
                state[:] = 0.0
                moment[:] = 0.0
                t0 = time[n]
            t = time[n]
            if fast * (t - t0) > FAR:
                _move(state, moment, decays, t - t0)
                t0 = t
            for q in range(len(decays)):
                x[q] = math.exp(decays[q] * (t - t0))
                down[q] = 1.0 / x[q]
            end = n
            while end < last and time[end] == t and sequence[end] == now:
                i = stream[end]
                inverse[end] = 0.0
                if scored[end]:
                    inverse[end] = _score(
                        i, t - t0, down, base[i, cell[end]], factor[i, segment[end]],
                        decays, W, state, moment, grad, slope, scratch,
                    )  # fmt: skip
                    product *= inverse[end]
                    # one logarithm for many events
                    if not 1e-200 < product < 1e200:
                        total -= math.log(product)
                        product = 1.0
                end += 1
            for m in range(n, end):
                for q in range(len(decays)):
                    state[q, stream[m]] += x[q]
                    moment[q, stream[m]] += x[q] * (t - t0)
            n = end
        value[c] = total - math.log(product)


@inner
def border_sums(
    first, last, time, offset, borders, segments, decays, decay, source, left, slope
):
    """Share of children that falls in each stretch of time, summed over events.

    For state s = (source, decay) and stretch m = [a, b) of sequence g, given by
    ``borders[m] = a, b`` and ``segments[m] = g, begins``: ``left[s, m]`` is the
    integral over the stretch of b exp(-b (t - t_e)) summed over events of the source
    in that sequence, ``slope`` its derivative by the decay. ``offset[j, g]`` tells
    where the events of stream j in sequence g begin among ``time``, which is sorted by
    stream, sequence, time.
    """
    for s in range(first, last):
        j, b = source[s], decays[decay[s]]
        r = 0.0
        d = 0.0
        for m in range(len(borders)):
            g = segments[m, 0]
            low, high = offset[j, g], offset[j, g + 1]
            a, z = borders[m, 0], borders[m, 1]
            begin = low + np.searchsorted(time[low:high], a)
            end = low + np.searchsorted(time[low:high], z)
            if segments[m, 1] == 1:
                # what came before the sequence is watched
                r = 0.0
                d = 0.0
                n = begin - 1
                while n >= low and b * (a - time[n]) < GONE:
                    age = a - time[n]
                    w = math.exp(-b * age)
                    r += w
                    d += age * w
                    n -= 1
            length = z - a
            w = math.exp(-b * length)
            rest, moment = r * w, (d + r * length) * w
            n = end - 1
            while n >= begin and b * (z - time[n]) < GONE:
                age = z - time[n]
                w = math.exp(-b * age)
                rest += w
                moment += age * w
                n -= 1
            left[s, m] = r + (end - begin) - rest
            slope[s, m] = moment - d
            r = rest
            d = moment


@inner
def links_pass(
    low_row, high_row, time, offset, place, scored, cell, base, segment, factor, first, source, decay,
    decays, weight, inverse, value, gw, gb,
):  # fmt: skip
    """Sum of log lambda and its gradient for links with decays of their own.

    Events sorted by stream, sequence, time; ``place`` leads back to the order by time.
    Links of row i are ``first[i]..first[i + 1]``. ``gb[p]`` is the derivative by the
    decay of link p.
    """
    for i in range(low_row, high_row):
        low, high = first[i], first[i + 1]
        links = high - low
        r = np.zeros(links)
        d = np.zeros(links)
        at = np.zeros(links, np.int64)
        total = 0.0
        product = 1.0
        for p in range(low, high):
            gw[p] = 0.0
            gb[p] = 0.0
        for g in range(offset.shape[1] - 1):
            begin, end = offset[i, g], offset[i, g + 1]
            if begin == end:
                continue
            for p in range(links):
                r[p] = 0.0
                d[p] = 0.0
                at[p] = offset[source[low + p], g]
            before = time[begin]
            for n in range(begin, end):
                t = time[n]
                gap = t - before
                before = t
                k = place[n]
                f = factor[i, segment[k]]
                lam = base[i, cell[k]]
                last = -1.0
                shrink = 1.0
                for p in range(links):
                    b = decays[decay[low + p]]
                    if b != last:
                        shrink = math.exp(-b * gap)
                        last = b
                    d[p] = shrink * (d[p] + gap * r[p])
                    r[p] = shrink * r[p]
                    m = at[p]
                    stop = offset[source[low + p], g + 1]
                    while m < stop and time[m] < t:
                        age = t - time[m]
                        if b * age < GONE:
                            w = math.exp(-b * age)
                            r[p] += w
                            d[p] += age * w
                        m += 1
                    at[p] = m
                    lam += f * weight[low + p] * b * r[p]
                inverse[k] = 0.0
                if scored[k]:
                    inv = 1.0 / lam
                    inverse[k] = inv
                    for p in range(links):
                        b = decays[decay[low + p]]
                        gw[low + p] += inv * f * b * r[p]
                        gb[low + p] += inv * f * weight[low + p] * (r[p] - b * d[p])
                    product *= inv
                    if not 1e-200 < product < 1e200:
                        total -= math.log(product)
                        product = 1.0
        value[i] = total - math.log(product)


@inner
def spread_back(stream, cell, inverse, out):
    """Derivative by the baseline of every stream and cell: sums of 1 / lambda."""
    out[:] = 0.0
    for n in range(len(stream)):
        out[stream[n], cell[n]] += inverse[n]


@inner
def row_states(time, stream, sequence, scored, size, decays, slot, out, which):
    """States b r(t), times ``size`` of the event, at the scored events of some rows.

    ``slot[i]`` is where the next event of row i goes, below 0 for rows not wanted;
    ``out[slot]`` gets (D, K), ``which[slot]`` the event.
    """
    D, K = len(decays), out.shape[2]
    state = np.zeros((D, K))
    moment = np.zeros((D, K))
    x = np.empty(D)
    fast = decays.max()
    now = -1
    t0 = 0.0
    n = 0
    while n < len(time):
        t = time[n]
        if sequence[n] != now:
            now = sequence[n]
            state[:] = 0.0
            t0 = t
        if fast * (t - t0) > FAR:
            _move(state, moment, decays, t - t0)
            t0 = t
        for q in range(D):
            x[q] = math.exp(decays[q] * (t - t0))
        end = n
        while end < len(time) and time[end] == t and sequence[end] == now:
            i = stream[end]
            if scored[end] and slot[i] >= 0:
                for q in range(D):
                    scale = size[end] * decays[q] / x[q]
                    for j in range(K):
                        out[slot[i], q, j] = scale * state[q, j]
                which[slot[i]] = end
                slot[i] += 1
            end += 1
        for m in range(n, end):
            for q in range(D):
                state[q, stream[m]] += x[q]
        n = end


@inner
def clock_pass(
    time, stream, sequence, windows, cell_first, cell_start, cell_length, cell_column,
    base, factor, decays, G, own, whole, expected,
):  # fmt: skip
    """Integrals of the intensity from the start of its sequence to every event.

    ``own[n]`` of the event's stream, ``whole[n]`` of all streams; ``expected[i, m]``
    over cell m. ``G[q, i, j]`` are children at decay q; cells of sequence g are
    ``cell_first[g]..cell_first[g + 1]``.
    """
    D, K = len(decays), base.shape[0]
    r = np.zeros((D, K))
    mass = np.zeros((D, K))
    column = np.zeros((D, K))
    grown = np.zeros(K)
    n = 0
    for g in range(len(windows)):
        start = windows[g, 0]
        r[:] = 0.0
        now = start
        grown[:] = 0.0
        while n < len(time) and sequence[n] == g and time[n] < start:
            for q in range(D):
                r[q, stream[n]] += math.exp(-decays[q] * (start - time[n]))
            own[n] = 0.0
            whole[n] = 0.0
            n += 1
        for m in range(cell_first[g], cell_first[g + 1]):
            f = factor[:, cell_column[m]]
            end = cell_start[m] + cell_length[m]
            last = m == cell_first[g + 1] - 1
            mass[:] = r
            column[:] = 0.0
            total = 0.0
            for i in range(K):
                total += base[i, m]
                for q in range(D):
                    for j in range(K):
                        column[q, j] += f[i] * G[q, i, j]
            before = grown.sum()
            while n < len(time) and sequence[n] == g and (time[n] < end or last):
                t = time[n]
                i = stream[n]
                one = base[i, m] * (t - cell_start[m])
                all_rows = total * (t - cell_start[m])
                for q in range(D):
                    shrink = math.exp(-decays[q] * (t - now))
                    for j in range(K):
                        r[q, j] *= shrink
                        gone = mass[q, j] - r[q, j]
                        one += f[i] * G[q, i, j] * gone
                        all_rows += column[q, j] * gone
                now = t
                own[n] = grown[i] + one
                whole[n] = before + all_rows
                for q in range(D):
                    r[q, i] += 1.0
                    mass[q, i] += 1.0
                n += 1
            for q in range(D):
                shrink = math.exp(-decays[q] * (end - now))
                for j in range(K):
                    r[q, j] *= shrink
            now = end
            for i in range(K):
                one = base[i, m] * cell_length[m]
                for q in range(D):
                    for j in range(K):
                        one += f[i] * G[q, i, j] * (mass[q, j] - r[q, j])
                expected[i, m] = one
                grown[i] += one
