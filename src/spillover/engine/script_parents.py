"""Who brought what in a history: parents, levels and backgrounds from their posterior.

One sweep of a Gibbs sampler: given the background, every event's parent is drawn with
its share of the intensity (baseline, each earlier event through each response, the acts
owed by crossed lines, the answers to asks); given the parents, the background of each
block is gamma. A level is uniform below the factor that let the event through.

References
----------
Rasmussen (2013), Bayesian inference for Hawkes processes, Methodol. Comput. Appl.
Probab. 15, doi:10.1007/s11009-011-9272-5.
Wilson & Hilferty (1931), PNAS 17: the cube root of a gamma variable is nearly normal.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.engine.hashing import (
    inverse_normal,
    mix,
    sub,
    unit,
    varying_log_density,
)
from spillover.engine.rules import matches
from spillover.jit import compiled
from spillover.model.via import IMMIGRANT, LINE, RECORD, REPLY, RESPONSE

__all__ = ["draw_background", "draw_parents"]

K_LEVEL = np.uint64(0x94D049BB133111EB)
LONGEST = 24.0
"""Half-lives after which a response is over."""


@compiled
def _density(p, numbers, theta, row, age):
    """Memory of a response at ``age`` days."""
    if p.rows[row].lag >= 0:
        age -= theta[p.rows[row].lag]
    if age <= 0.0:
        return 0.0
    total = 0.0
    for k in range(p.rows[row].k0, p.rows[row].k1):
        share = theta[p.kernels[k].share] if p.kernels[k].share >= 0 else 1.0
        rate = numbers.kernel_rate[k]
        total += share * rate * math.exp(-rate * age)
    return total


@compiled
def _mean(p, theta, flags, row):
    """Mean children through ``row`` of an event with these marks."""
    mean = theta[p.rows[row].children]
    for rule in range(p.rows[row].w0, p.rows[row].w1):
        if flags & p.weights[rule].mask == p.weights[rule].mask:
            return mean * theta[p.weights[rule].times]
    return mean


@compiled
def _by_response(p, numbers, theta, script, k, j, row):
    """Share of the rate of event ``k`` that event ``j`` brings through ``row``."""
    seen = script.seen
    if p.rows[row].target != seen[k].stream:
        return 0.0
    if seen[k].flags & p.rows[row].flags != p.rows[row].flags:
        return 0.0
    if not matches(seen[j].flags, p.rows[row].m0, p.rows[row].m1, p.masks):
        return 0.0
    mean = _mean(p, theta, seen[j].flags, row)
    return mean * _density(p, numbers, theta, row, seen[k].time - seen[j].time)


@compiled
def _by_line(p, theta, script, k, j, x):
    """The same for the act that line ``x`` owes since ``j`` crossed it."""
    seen = script.seen
    if script.was_crossed[j, x] == 0 or p.lines[x].act != seen[k].stream:
        return 0.0
    if seen[k].flags & p.lines[x].act_flags != p.lines[x].act_flags:
        return 0.0
    fam = p.lines[x].delay
    age = seen[k].time - seen[j].time
    if fam < 0:
        return theta[p.lines[x].chance] if age <= 1.0 else 0.0
    b = theta[p.lines[x].delay_b] if fam > 0 else 0.0
    a = theta[p.lines[x].delay_a]
    if fam == 0 and abs(age - a) > 1.0:
        return 0.0
    return theta[p.lines[x].chance] * math.exp(varying_log_density(fam, a, b, age))


@compiled
def _by_reply(p, theta, script, k, j, a, n):
    """The same for answer ``n`` of reply ``a`` to the ask ``j``."""
    seen = script.seen
    if script.was_asked[j, a] == 0 or p.answers[n].act != seen[k].stream:
        return 0.0
    if seen[k].flags & p.answers[n].flags != p.answers[n].flags:
        return 0.0
    within = theta[p.replies[a].within]
    age = seen[k].time - seen[j].time
    if age > within or p.answers[n].chance < 0:
        return 0.0
    fam = p.replies[a].delay
    if fam < 0:
        return theta[p.answers[n].chance] / within
    b = theta[p.replies[a].delay_b] if fam > 0 else 0.0
    return theta[p.answers[n].chance] * math.exp(
        varying_log_density(fam, theta[p.replies[a].delay_a], b, age)
    )


@compiled
def _decay(p, numbers, running, days):
    """Let what earlier events still bring fade for ``days``."""
    for k in range(len(p.kernels)):
        if running[k] > 0.0:
            running[k] *= math.exp(-numbers.kernel_rate[k] * days)


@compiled
def _excite(p, numbers, theta, seen, j, running):
    """Add what event ``j`` brings from now on, by part of each response."""
    source = seen[j].stream
    for q in range(p.streams[source].q0, p.streams[source].q1):
        row = p.draws[q].row
        if p.draws[q].layer != 0 or p.rows[row].lag >= 0:
            continue
        if not matches(seen[j].flags, p.rows[row].m0, p.rows[row].m1, p.masks):
            continue
        mean = _mean(p, theta, seen[j].flags, row)
        for k in range(p.rows[row].k0, p.rows[row].k1):
            share = theta[p.kernels[k].share] if p.kernels[k].share >= 0 else 1.0
            running[k] += mean * share * numbers.kernel_rate[k]


@compiled
def _excited(p, numbers, theta, script, k, first, running):
    """Rate that earlier events bring to event ``k`` at F' = 1."""
    seen = script.seen
    s, total = seen[k].stream, 0.0
    for row in range(len(p.rows)):
        if p.rows[row].target != s:
            continue
        if seen[k].flags & p.rows[row].flags != p.rows[row].flags:
            continue
        if p.rows[row].lag >= 0:  # no running sum: the memory begins later
            for j in range(first, k):
                if _has_row(p, seen[j].stream, row):
                    total += _by_response(p, numbers, theta, script, k, j, row)
            continue
        for part in range(p.rows[row].k0, p.rows[row].k1):
            total += running[part]
    return total


@compiled
def _has_row(p, stream, row):
    """Whether ``row`` belongs to events of ``stream``."""
    for q in range(p.streams[stream].q0, p.streams[stream].q1):
        if p.draws[q].row == row:
            return True
    return False


@compiled
def _owed(p, theta, script, k, first, due, at, goal):
    """Acts and answers owed at event ``k``: adds to ``at``, stops at ``goal``.

    Returns the running sum, the event that owes it (-1: not reached) and the code.
    """
    seen = script.seen
    s = seen[k].stream
    for x in range(len(p.lines)):
        if p.lines[x].act != s:
            continue
        for j in range(first, k):
            at += due * _by_line(p, theta, script, k, j, x)
            if at >= goal:
                return at, j, LINE | x << 4
    for a in range(len(p.replies)):
        for m in range(p.replies[a].a0, p.replies[a].a1):
            if p.answers[m].act != s:
                continue
            for j in range(first, k):
                at += _by_reply(p, theta, script, k, j, a, m)
                if at >= goal:
                    return at, j, REPLY | m << 4
    return at, -1, 0


@compiled
def draw_parents(p, w, theta, script, levels, slowest, key, running):
    """Draw a parent and a level for every event of the script.

    What earlier events bring is a running sum for each part of a memory; the parent is
    then looked for from the latest event back, which seldom takes many steps.

    Parameters
    ----------
    levels : (K, days)
        Log of the background of each stream.
    slowest : float
        Longest half-life of any response, delay or wait, in days.
    key : uint64
    running : (kernels,)
        Scratch.
    """
    numbers, seen = w.numbers, script.seen
    n = script.size[0]
    reach = LONGEST * slowest
    first = 0
    running[:] = 0.0
    for k in range(n):
        s, t = seen[k].stream, seen[k].time
        if k > 0:
            _decay(p, numbers, running, t - seen[k - 1].time)
        while seen[first].time < t - reach:
            first += 1
        day = min(int(t), p.days - 1)
        weekday = (p.weekday0 + day) % 7
        own = numbers.mu[s] * numbers.week[s, weekday] * math.exp(levels[s, day])
        own *= script.factor[k, 0]
        kept, due = script.factor[k, 1], script.factor[k, 2]
        owed, _, _ = _owed(p, theta, script, k, first, due, 0.0, 1e300)
        excited = kept * _excited(p, numbers, theta, script, k, first, running)
        _excite(p, numbers, theta, seen, k, running)
        seen[k].parent = -1
        seen[k].via = IMMIGRANT | s << 4
        seen[k].level = 0.0
        total = own + owed + excited
        if total <= 0.0:  # the case does not say how it came: it stays
            seen[k].via = RECORD
            continue
        goal = total * unit(sub(key, k))
        u = unit(mix(sub(key, k) + K_LEVEL))
        if goal <= own:
            seen[k].level = u * script.factor[k, 0]
            continue
        if goal <= own + owed:
            _, up, code = _owed(p, theta, script, k, first, due, own, goal)
            if up >= 0:
                seen[k].parent, seen[k].via = up, code
                if code & 15 == LINE:
                    seen[k].level = u * due
            continue
        at = own + owed
        for j in range(k - 1, first - 1, -1):
            source = seen[j].stream
            for q in range(p.streams[source].q0, p.streams[source].q1):
                row = p.draws[q].row
                if p.draws[q].layer != 0 or p.rows[row].target != s:
                    continue
                at += kept * _by_response(p, numbers, theta, script, k, j, row)
                if at >= goal:
                    seen[k].parent, seen[k].via = j, RESPONSE | row << 4
                    seen[k].level = u * kept
                    break
            if at >= goal:
                break
        if seen[k].parent < 0:  # it fell between rounding errors
            seen[k].level = u * script.factor[k, 0]


@compiled
def draw_background(p, w, script, levels, spread, block, key):
    """Draw the background of every block from its gamma posterior, into ``levels``.

    Parameters
    ----------
    levels : (K, days)
        Overwritten where the stream's background may move.
    spread : (K,)
        Variance of the log background before the history is looked at; 0: it is one.
    block : int
        Days of a block, counted back from the end.
    key : uint64
    """
    blocks = (p.days + block - 1) // block
    for s in range(len(p.streams)):
        if spread[s] <= 0.0 or w.numbers.mu[s] <= 0.0:
            continue
        shape = 1.0 / math.expm1(spread[s])
        for b in range(blocks):
            high = p.days - b * block
            low = max(0, high - block)
            exposure = 0.0
            for d in range(low, high):
                f = 0.5 * (script.held[s, d] + script.held[s, min(d + 1, p.days - 1)])
                weekday = (p.weekday0 + d) % 7
                exposure += w.numbers.mu[s] * w.numbers.week[s, weekday] * f
            count = 0.0
            for k in range(script.size[0]):
                if (
                    script.seen[k].stream == s
                    and script.seen[k].via == IMMIGRANT | s << 4
                    and low <= script.seen[k].time < high
                ):
                    count += 1.0
            a = shape + count
            z = inverse_normal(unit(sub(sub(key, s), b)))
            cube = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * math.sqrt(a))
            value = a * max(cube, 1e-3) ** 3 / (shape + exposure)
            for d in range(low, high):
                levels[s, d] = math.log(max(value, 1e-9))
