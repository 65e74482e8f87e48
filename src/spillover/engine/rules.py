"""Small rules of the compiled engine: matching, shapes, levels, marks, windows.

Each is a few lines, inlined or called from one place of `past` and `future`.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.engine.hashing import mix, unit, varying
from spillover.engine.world import RING
from spillover.jit import compiled, inlined

__all__ = [
    "LATEST",
    "condition_holds",
    "draw_marks",
    "factor_shape",
    "gauge_level",
    "line_add",
    "line_quantity",
    "matches",
    "start_factor",
    "state_is_on",
]

U = np.uint64
ZERO = U(0)
LN2 = 0.6931471805599453
LATEST = 1e300
"""A time that never comes."""
KEY_HOLDS = U(0x5851F42D4C957F2D)
KEY_NUMBER = U(0x14057B7EF767814F)


@inlined
def matches(flags, low, high, masks):
    """Whether the flags hold one of the masks of a pattern."""
    found = False
    for m in range(low, high):
        if flags & masks[m] == masks[m]:
            found = True
            break
    return found


@inlined
def factor_shape(f, factors, rate, t):
    """g(t) of the running instance of factor ``f``: 1 on the plateau, then fading."""
    g = factors[f].on
    if g != 0.0 and t >= factors[f].flat:
        if rate > 0.0:
            g *= math.exp(-rate * (t - factors[f].flat))
        else:
            g = 0.0
            factors[f].on = 0.0
    return g


@inlined
def state_is_on(s, states, t):
    """Whether state ``s`` is on just before ``t``."""
    return states[s].on != 0.0 and t <= states[s].until


@inlined
def gauge_level(g, gauges, rate, t):
    """Level of gauge ``g`` at ``t``, before any step at ``t``."""
    return gauges[g].level * math.exp(-rate * (t - gauges[g].time))


@compiled
def start_factor(p_factors, p_rows, factors, obeys, theta, f, t, key, depth):
    """Renew factor ``f`` at ``t``; plateau and obedience belong to ``key``.

    With ``depth`` below one it goes that share of the way from where it stands.
    """
    if depth < 1.0:
        rate = 0.0
        if p_factors[f].half >= 0:
            rate = LN2 / theta[p_factors[f].half]
        left = factor_shape(f, factors, rate, t)
        depth = left + depth * (1.0 - left)
    factors[f].start = t
    factors[f].on = depth
    fam = p_factors[f].holds
    if fam >= 0:
        a = theta[p_factors[f].holds_a]
        b = theta[p_factors[f].holds_b] if fam > 0 else 0.0
        factors[f].flat = t + varying(fam, a, b, unit(mix(key + KEY_HOLDS)))
    elif p_factors[f].half >= 0:
        factors[f].flat = t
    else:
        factors[f].flat = LATEST
    for r in range(p_factors[f].r0, p_factors[f].r1):
        if p_rows[r].o >= 0:
            u = unit(mix(key + p_rows[r].okey))
            obeys[r] = 1 if u <= theta[p_rows[r].o] else 0


@compiled
def draw_marks(streams, choices, options, amounts, theta, s, key, flags):
    """Marks of an event of stream ``s``.

    Returns (flags, deaths, injured); ``flags`` on entry holds the forced ones.
    """
    flags |= streams[s].flags
    for c in range(streams[s].c0, streams[s].c1):
        low, high = choices[c].o0, choices[c].o1
        forced = False
        for o in range(low, high):
            if (
                options[o].flags != ZERO
                and flags & options[o].flags == options[o].flags
            ):
                forced = True
        if forced:
            continue
        u = unit(mix(key + choices[c].key))
        total = 1.0
        if choices[c].normalise == 1:
            total = 0.0
            for o in range(low, high):
                total += theta[options[o].share]
        at = 0.0
        for o in range(low, high):
            if options[o].share >= 0 and o < high - 1:
                at += theta[options[o].share] / total
            elif options[o].share >= 0:
                at = 1.0 if choices[c].normalise == 1 else at + theta[options[o].share]
            else:
                at = 1.0
            if u <= at:
                flags |= options[o].flags
                break
    deaths = 0
    injured = 0
    for a in range(streams[s].a0, streams[s].a1):
        if flags & amounts[a].given != amounts[a].given:
            continue
        forced = amounts[a].flag != ZERO and flags & amounts[a].flag != ZERO
        k = mix(key + amounts[a].key)
        if not forced and unit(k) > theta[amounts[a].chance]:
            continue
        n = 1
        fam = amounts[a].number
        if fam >= 0:
            va = theta[amounts[a].number_a]
            vb = theta[amounts[a].number_b] if fam > 0 else 0.0
            n = max(
                1,
                int(math.floor(varying(fam, va, vb, unit(mix(k + KEY_NUMBER))) + 0.5)),
            )
        flags |= amounts[a].flag
        if amounts[a].kind == 0:
            deaths += n
        elif amounts[a].kind == 1:
            injured += n
    return flags, deaths, injured


@compiled
def line_quantity(lines, times, amounts, line, window, t):
    """Sum of the contributions of ``line`` in (t - window, t]; drops older ones."""
    size = lines[line].size
    head = lines[line].head
    while size > 0 and times[line, head] <= t - window:
        lines[line].sum -= amounts[line, head]
        head = (head + 1) % RING
        size -= 1
    lines[line].size = size
    lines[line].head = head
    if size == 0 and window < 1e299:
        lines[line].sum = 0.0
    return lines[line].sum


@compiled
def line_add(lines, times, amounts, line, window, t, amount):
    """Add a contribution; returns False when the ring is full."""
    lines[line].sum += amount
    if window >= 1e299:
        return True
    size = lines[line].size
    if size >= RING:
        return False
    at = (lines[line].head + size) % RING
    times[line, at] = t
    amounts[line, at] = amount
    lines[line].size = size + 1
    return True


@compiled
def condition_holds(p, numbers, now, theta, c, t):
    """Whether condition ``c`` of an odds rule holds just before ``t``."""
    kind, index = p.conditions[c].kind, p.conditions[c].index
    if kind == 0:
        holds = state_is_on(index, now.states, t)
    elif kind == 1:
        masked = t >= p.factors[index].until
        if p.factors[index].while_state >= 0 and not state_is_on(
            p.factors[index].while_state, now.states, t
        ):
            masked = True
        holds = (
            not masked
            and factor_shape(index, now.factors, numbers.factor_rate[index], t) > 0.0
        )
    elif kind == 2:
        holds = now.seen[c] >= t - theta[p.conditions[c].within]
    else:
        level = gauge_level(index, now.gauges, numbers.gauge_rate[index], t)
        holds = level > theta[p.conditions[c].above]
    return holds != (p.conditions[c].negate == 1)
