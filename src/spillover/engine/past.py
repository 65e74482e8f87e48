"""The past of one draw: what it leaves in force, open and owing at the origin.

Runs once per draw over the imputed events before 0. They set every restraint, line,
gauge and state; what they leave unanswered stays open with its chance given the
silence so far (q S / (1 - q + q S)), and silences and answers weigh the draw
(docs/model.md).

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.engine.codes import K_CHANCE, K_COUNTS, K_DELAY, K_TIME, K_TIMES
from spillover.engine.delays import delay_of
from spillover.engine.following import answered, redraw_reach
from spillover.engine.hashing import (
    mix,
    none_below,
    sub,
    unit,
    varying,
    varying_log_density,
)
from spillover.engine.rules import (
    LATEST,
    gauge_level,
    line_add,
    line_quantity,
    matches,
    start_factor,
)
from spillover.engine.silence import first_act, past_ask, past_warnings, silent_line
from spillover.engine.tables import (
    CONDITION,
    FACTOR_END,
    FACTOR_START,
    GAUGE_STEP,
    LINE_ADD,
    LINE_GAUGE,
    REPLY_ASK,
    STATE_OFF,
    STATE_ON,
)
from spillover.jit import compiled

__all__ = ["settle_past"]

U = np.uint64
Z_999 = 3.090232306167813


@compiled
def _tail_mass(p, theta, numbers, row, age):
    """Share of the children of an event ``age`` days old that is still to come."""
    lag = theta[p.rows[row].lag] if p.rows[row].lag >= 0 else 0.0
    past = max(0.0, age - lag)
    mass = 0.0
    for k in range(p.rows[row].k0, p.rows[row].k1):
        share = theta[p.kernels[k].share] if p.kernels[k].share >= 0 else 1.0
        mass += share * math.exp(-numbers.kernel_rate[k] * past)
    return mass


@compiled
def _wait(q, kind, index, t, key, epoch, line):
    """A start waiting for its time; the epoch stands in ``chance``."""
    e = q.n[0]
    q.entries[e].kind = kind
    q.entries[e].index = index
    q.entries[e].time = t
    q.entries[e].key = key
    q.entries[e].chance = epoch
    q.entries[e].line = line
    q.n[0] = e + 1


@compiled
def _wake(p, q, theta, now, t):
    """Start, in time order, what waits for a time up to ``t``."""
    while True:
        first = -1
        for e in range(q.n[0]):
            if (q.entries[e].kind == 0 or q.entries[e].kind == 3) and q.entries[
                e
            ].time <= t:
                if first < 0 or q.entries[e].time < q.entries[first].time:
                    first = e
        if first < 0:
            return
        kind, x = q.entries[first].kind, q.entries[first].index
        at, key = q.entries[first].time, q.entries[first].key
        line = q.entries[first].line
        epoch = q.entries[first].chance
        fits = kind != 0 or epoch < 0.0 or epoch == now.factors[x].epoch
        last = q.n[0] - 1
        q.entries[first] = q.entries[last]
        for k in range(q.answers.shape[1]):
            q.answers[first, k] = q.answers[last, k]
        q.n[0] = last
        if kind == 0 and fits:
            start_factor(
                p.factors,
                p.factor_rows,
                now.factors,
                now.obeys,
                theta,
                x,
                at,
                key,
                1.0,
            )
            if line >= 0:
                answered(p.lines, now.lines, q.peak, theta, line, key)
        elif kind == 3:
            fam = p.lines[x].open
            until = LATEST
            if fam >= 0:
                b = theta[p.lines[x].open_b] if fam > 0 else 0.0
                until = at + varying(
                    fam, theta[p.lines[x].open_a], b, unit(mix(key + K_TIMES))
                )
            s = p.lines[x].opens
            now.open_until[s] = max(now.open_until[s], until)
            answered(p.lines, now.lines, q.peak, theta, x, key)


@compiled
def _begin_line(p, q, theta, now, x, c, key):
    """A crossing at ``c`` whose factor, or open stream, begins after its delay."""
    first = c + delay_of(
        p.lines[x].delay, p.lines[x].delay_a, p.lines[x].delay_b, theta, sub(key, 0)
    )
    f = p.lines[x].factor
    if f >= 0:
        _wait(q, 0, f, first, key, float(now.factors[f].epoch), x)
    else:
        _wait(q, 3, x, first, key, 0.0, x)


@compiled
def _begin_states(p, now, theta, kd, t):
    """Turn on the states that are on since a time up to ``t`` and not yet begun.

    Without such a time a state is on from the start of the records, and what it lasts
    is counted from 0.
    """
    for s in range(len(p.states)):
        since = p.states[s].since
        if p.states[s].init != 1 or now.states[s].until != -LATEST or since > t:
            continue
        now.states[s].on = 1.0
        now.states[s].until = LATEST
        fam = p.states[s].lasts
        if fam >= 0:
            b = theta[p.states[s].lasts_b] if fam > 0 else 0.0
            u = unit(mix(mix(kd + p.states[s].key) + K_DELAY))
            lasts = varying(fam, theta[p.states[s].lasts_a], b, u)
            now.states[s].until = lasts + (since if since > -math.inf else 0.0)


@compiled
def settle_past(p, w, theta, kd, e_time, e_stream, e_flags, e_deaths, e_injured, e_key):
    """Bring ``w.start`` and ``w.pending`` to the origin; returns the log weight.

    Parameters
    ----------
    p : Program
    w : World
        ``w.numbers`` belongs to the draw.
    theta : (slots,) float64
    kd : uint64
        Key of the draw.
    e_* : (n,)
        Imputed events before the origin in time order.
    """
    now, q, numbers = w.start, w.pending, w.numbers
    F, L, A = len(p.factors), len(p.lines), len(p.replies)
    n = len(e_time)
    begin = e_time[0] if n > 0 else 0.0
    logw = 0.0
    q.n[0] = 0
    q.n[1] = 0
    used, asks_used, answered_at = q.used, q.asks_used, q.answered_at
    used[:] = -1
    asks_used[:] = -1
    answered_at[:] = LATEST
    for f in range(F):
        now.factors[f].on = 0.0
        now.factors[f].start = -LATEST
        now.factors[f].epoch = 0
    for x in range(L):
        now.lines[x].sum = 0.0
        now.lines[x].unanswered = 0.0
        now.lines[x].resting = 0
        now.lines[x].size = 0
        now.lines[x].head = 0
        now.lines[x].serial = 0
    now.obeys[:] = 1
    now.open_until[:] = 0.0
    now.asked[:] = -LATEST
    now.seen[:] = -LATEST
    for g in range(len(p.gauges)):
        now.gauges[g].level = (
            theta[p.gauges[g].start] if p.gauges[g].start >= 0 else 0.0
        )
        now.gauges[g].time = begin
        now.gauges[g].before = now.gauges[g].level
        q.peak[g] = now.gauges[g].level
    for s in range(len(p.states)):
        now.states[s].on = 0.0
        now.states[s].until = -LATEST
    _begin_states(p, now, theta, kd, -math.inf)
    for x in range(L):
        if p.lines[x].peak >= 0:
            now.lines[x].reach = LATEST
        else:
            redraw_reach(p.lines, now.lines, q.peak, theta, x, mix(kd + p.lines[x].key))
    for f in range(F):
        for k in range(p.factors[f].in0, p.factors[f].in1):
            key = sub(mix(kd + p.factors[f].key), k - p.factors[f].in0)
            t = p.factor_in[k, 0] + (p.factor_in[k, 1] - p.factor_in[k, 0]) * unit(
                mix(key + K_TIME)
            )
            _wait(q, 0, f, t, key, -1.0, -1)

    for i in range(n):
        t, s, flags, key = e_time[i], e_stream[i], e_flags[i], e_key[i]
        _begin_states(p, now, theta, kd, t)
        _wake(p, q, theta, now, t)
        for x in range(L):
            if answered_at[x] <= t:
                answered(
                    p.lines,
                    now.lines,
                    q.peak,
                    theta,
                    x,
                    mix(kd + p.lines[x].key + U(i)),
                )
                answered_at[x] = LATEST
        for at in range(p.streams[s].x0, p.streams[s].x1):
            if not matches(flags, p.reactions[at].m0, p.reactions[at].m1, p.masks):
                continue
            what, x = p.reactions[at].kind, p.reactions[at].index
            if what == STATE_OFF:
                now.states[x].on = 0.0
            elif what == STATE_ON:
                now.states[x].on = 1.0
                now.states[x].until = LATEST
                fam = p.states[x].lasts
                if fam >= 0:
                    b = theta[p.states[x].lasts_b] if fam > 0 else 0.0
                    u = unit(mix(mix(key + p.states[x].key) + K_DELAY))
                    now.states[x].until = t + varying(
                        fam, theta[p.states[x].lasts_a], b, u
                    )
            elif what == FACTOR_END:
                now.factors[x].on = 0.0
                now.factors[x].epoch += 1
            elif what == FACTOR_START:
                kx = mix(key + p.factors[x].key)
                first = t + (
                    delay_of(
                        p.factors[x].delay,
                        p.factors[x].delay_a,
                        p.factors[x].delay_b,
                        theta,
                        kx,
                    )
                    if p.factors[x].delay >= 0
                    else 0.0
                )
                if first <= t:
                    start_factor(
                        p.factors,
                        p.factor_rows,
                        now.factors,
                        now.obeys,
                        theta,
                        x,
                        t,
                        kx,
                        1.0,
                    )
                else:
                    _wait(q, 0, x, first, kx, float(now.factors[x].epoch), -1)
            elif what == GAUGE_STEP:
                level = gauge_level(x, now.gauges, numbers.gauge_rate[x], t)
                if now.gauges[x].time < t:
                    now.gauges[x].before = level
                now.gauges[x].level = level + theta[p.reactions[at].slot]
                now.gauges[x].time = t
                q.peak[x] = max(q.peak[x], now.gauges[x].level)
            elif (what == LINE_ADD or what == LINE_GAUGE) and p.lines[x].past == 1:
                kx = mix(key + p.lines[x].key)
                if what == LINE_GAUGE:
                    before, after = (
                        now.gauges[p.lines[x].gauge].before,
                        now.gauges[p.lines[x].gauge].level,
                    )
                else:
                    amount = 1.0
                    if p.lines[x].kind == 1:
                        amount = float(e_deaths[i])
                    elif p.lines[x].kind == 2:
                        amount = float(e_injured[i])
                    if amount <= 0.0:
                        continue
                    if (
                        p.lines[x].counts >= 0
                        and unit(mix(kx + K_COUNTS)) > theta[p.lines[x].counts]
                    ):
                        continue
                    window = (
                        theta[p.lines[x].window] if p.lines[x].window >= 0 else LATEST
                    )
                    before = line_quantity(
                        now.lines, now.ring_time, now.ring_amount, x, window, t
                    )
                    line_add(
                        now.lines, now.ring_time, now.ring_amount, x, window, t, amount
                    )
                    after = before + amount
                if now.lines[x].resting != 0 and before < now.lines[x].reach:
                    now.lines[x].resting = 0
                    answered_at[x] = LATEST
                    redraw_reach(p.lines, now.lines, q.peak, theta, x, kx)
                if (
                    now.lines[x].resting == 0
                    and before < now.lines[x].reach
                    and after >= now.lines[x].reach
                ):
                    now.lines[x].resting = 1
                    now.lines[x].serial += 1
                    chance = theta[p.lines[x].chance]
                    if p.lines[x].wear_chance >= 0:
                        chance = min(
                            1.0,
                            chance
                            * theta[p.lines[x].wear_chance] ** now.lines[x].unanswered,
                        )
                    if p.lines[x].act >= 0:
                        fam = p.lines[x].delay
                        a = theta[p.lines[x].delay_a] if fam >= 0 else 0.0
                        b = theta[p.lines[x].delay_b] if fam > 0 else 0.0
                        latest = 1e-6
                        if fam >= 0:
                            latest = varying(fam, a, b, 0.999)
                        first_i = max(i + 1, used[x] + 1)
                        found = first_act(
                            e_time,
                            e_stream,
                            e_flags,
                            p.lines[x].act,
                            p.lines[x].act_flags,
                            first_i,
                            t,
                            min(t + latest, -1e-12),
                        )
                        if found >= 0:
                            used[x] = found
                            answered_at[x] = e_time[found]
                            if p.lines[x].weigh == 1:
                                logw += math.log(
                                    max(chance, 1e-12)
                                ) + varying_log_density(fam, a, b, e_time[found] - t)
                            more = 1
                            fam = p.lines[x].times
                            if fam >= 0:
                                b = theta[p.lines[x].times_b] if fam > 0 else 0.0
                                more = int(
                                    math.floor(
                                        varying(
                                            fam,
                                            theta[p.lines[x].times_a],
                                            b,
                                            unit(mix(kx + K_TIMES)),
                                        )
                                        + 0.5
                                    )
                                )
                            for _ in range(more - 1):
                                found = first_act(
                                    e_time,
                                    e_stream,
                                    e_flags,
                                    p.lines[x].act,
                                    p.lines[x].act_flags,
                                    used[x] + 1,
                                    t,
                                    min(t + latest, -1e-12),
                                )
                                if found >= 0:
                                    used[x] = found
                        else:
                            logw += silent_line(p, q, theta, x, t, kx, chance)
                    elif unit(mix(kx + K_CHANCE)) <= chance:
                        _begin_line(p, q, theta, now, x, t, kx)
                    else:
                        now.lines[x].unanswered += 1.0
            elif what == REPLY_ASK:
                kx = mix(key + p.replies[x].key)
                logw += past_ask(
                    p,
                    q,
                    numbers,
                    theta,
                    now,
                    x,
                    t,
                    kx,
                    i,
                    asks_used,
                    e_time,
                    e_stream,
                    e_flags,
                )
            elif what == CONDITION:
                now.seen[x] = t
        for d in range(p.streams[s].q0, p.streams[s].q1):
            row = p.draws[d].row
            if not matches(flags, p.rows[row].m0, p.rows[row].m1, p.masks):
                continue
            mean = numbers.means[d] * _tail_mass(p, theta, numbers, row, -t)
            for rule in range(p.rows[row].w0, p.rows[row].w1):
                if flags & p.weights[rule].mask == p.weights[rule].mask:
                    mean *= theta[p.weights[rule].times]
                    break
            if mean > 1e-12:
                e = q.n[1]
                q.tails[e].draw = d
                q.tails[e].mean = mean
                q.tails[e].none = none_below(mean)
                q.tails[e].time = t
                q.tails[e].key = key
                q.n[1] = e + 1

    for x in range(L):
        for k in range(p.lines[x].p0, p.lines[x].p1):
            now.lines[x].resting = 1
            now.lines[x].serial += 1
            c = p.line_pending[k]
            key = sub(mix(kd + p.lines[x].key), k - p.lines[x].p0)
            chance = theta[p.lines[x].chance]
            if p.lines[x].act >= 0:
                logw += silent_line(p, q, theta, x, c, key, chance)
            elif unit(mix(key + K_CHANCE)) <= chance:
                _begin_line(p, q, theta, now, x, c, key)
            else:
                now.lines[x].unanswered += 1.0
    _begin_states(p, now, theta, kd, 0.0)
    _wake(p, q, theta, now, 0.0)
    for x in range(L):
        if answered_at[x] < 0.0:
            answered(
                p.lines, now.lines, q.peak, theta, x, mix(kd + p.lines[x].key + U(n))
            )
        if p.lines[x].peak >= 0:
            redraw_reach(p.lines, now.lines, q.peak, theta, x, mix(kd + p.lines[x].key))
    for a in range(A):
        for k in range(p.replies[a].p0, p.replies[a].p1):
            key = sub(mix(kd + p.replies[a].key), k - p.replies[a].p0)
            logw += past_ask(
                p,
                q,
                numbers,
                theta,
                now,
                a,
                p.reply_pending[k],
                key,
                n,
                asks_used,
                e_time,
                e_stream,
                e_flags,
            )
    for g in range(len(p.gauges)):
        if p.gauges[g].at_origin >= 0:
            now.gauges[g].level = theta[p.gauges[g].at_origin]
            now.gauges[g].time = 0.0
    logw += past_warnings(p, q, theta, e_time, e_stream, e_flags)
    return logw
