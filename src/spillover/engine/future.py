"""One future: the branching heap, exact, keyed and coupled (SYSTEM.md 4).

Immigrants and offspring are candidates with an absolute level V on a layer (0, 1],
(1, 2], (2, 4] ...; in time order each is accepted iff V <= F just before it, and only
accepted ones have offspring and effects. Every count, delay, mark and level belongs to
a key of ids and ancestry, so two versions of a case share the world event by event.

References: Hawkes & Oakes (1974), J. Appl. Prob. 11; Lewis & Shedler (1979), thinning.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.engine.hashing import (
    cell_count,
    cell_key,
    cells,
    inverse_normal,
    invert,
    mix,
    sub,
    threshold,
    unit,
    varying,
    varying_after,
)
from spillover.engine.jit import compiled, inlined
from spillover.engine.program import (
    FACTOR_END,
    FACTOR_START,
    GAUGE_STEP,
    LINE_ADD,
    LINE_GAUGE,
    REPLY_ASK,
    STATE_OFF,
    STATE_ON,
)
from spillover.engine.queue import (
    BUCKET,
    FREE,
    HEAP,
    PER_DAY,
    USED,
    heap_pop,
    load_bucket,
    push_at_once,
    push_node,
)
from spillover.engine.rules import (
    LATEST,
    condition_holds,
    draw_marks,
    factor_shape,
    gauge_level,
    line_add,
    line_quantity,
    matches,
    start_factor,
    state_is_on,
)
from spillover.model.via import IMMIGRANT, LEVER, LINE, REPLY, RESPONSE, WARNING

__all__ = ["ACCEPTED", "CANDIDATES", "ERROR", "ERRORS", "run_future"]

U = np.uint64
ZERO = U(0)
K_TIME = U(0x9FB21C651E98DF25)
K_PART = U(0xC6BC279692B5C323)
K_LEVEL = U(0xD1B54A32D192ED03)
K_DELAY = U(0x8CB92BA72F3D8DD7)
K_CHANCE = U(0xAEF17502108EF2D9)
K_TIMES = U(0xE7037ED1A0B428DB)
K_REACH = U(0x589965CC75374CC3)
K_COUNTS = U(0x1D8E4E27C47D124F)
K_CLAIMED = U(0xEB44ACCAB455D165)

# kinds of nodes (low four bits of n_meta)
N_OFFSPRING, N_IMMIGRANT, N_DUE, N_REPLY, N_LEVER, N_TRY, N_START, N_OPEN = range(8)
ORDER_START, ORDER_ACT, ORDER_CANDIDATE = U(0), U(1) << U(62), U(2) << U(62)
SHIFT2 = U(2)

CANDIDATES, ACCEPTED, ERROR = range(3)
ERRORS = (
    "",
    "too many events",
    "a red line counts more than the engine can hold",
    "a factor is above its cap",
    "too many candidates wait at one time",
)
E_CAPPED, E_RING, E_CAP, E_NODES = 1, 2, 3, 4


@compiled
def _copy(start, now):
    for i in range(len(start.factors)):
        now.factors[i] = start.factors[i]
    for i in range(len(start.gauges)):
        now.gauges[i] = start.gauges[i]
    for i in range(len(start.states)):
        now.states[i] = start.states[i]
    for i in range(len(start.obeys)):
        now.obeys[i] = start.obeys[i]
    for i in range(len(start.open_until)):
        now.open_until[i] = start.open_until[i]
    for i in range(len(start.asked)):
        now.asked[i] = start.asked[i]
    for i in range(len(start.seen)):
        now.seen[i] = start.seen[i]
    for x in range(len(start.lines)):
        now.lines[x] = start.lines[x]
        now.lines[x].head = 0
        for k in range(start.lines[x].size):
            at = (start.lines[x].head + k) % start.ring_time.shape[1]
            now.ring_time[x, k] = start.ring_time[x, at]
            now.ring_amount[x, k] = start.ring_amount[x, at]


@compiled
def _driver_levels(p, theta, kf, levels):
    """Log levels of every driver for every day of one future."""
    for d in range(len(p.drivers)):
        kind = p.drivers[d].kind
        floor = (
            math.log(theta[p.drivers[d].floor])
            if p.drivers[d].floor >= 0 and theta[p.drivers[d].floor] > 0
            else -700.0
        )
        ceiling = (
            math.log(theta[p.drivers[d].ceiling])
            if p.drivers[d].ceiling >= 0
            else 700.0
        )
        if kind == 0:
            levels[d, :] = 0.0
        elif kind == 1:
            rate = 0.6931471805599453 / theta[p.drivers[d].half]
            for day in range(p.days):
                levels[d, day] = min(max(-rate * day, floor), ceiling)
        elif kind == 2:
            key = mix(kf + p.drivers[d].key)
            spread = theta[p.drivers[d].spread] if p.drivers[d].spread >= 0 else 0.0
            to = math.log(theta[p.drivers[d].to]) if p.drivers[d].to >= 0 else 0.0
            back = (
                1.0 - 2.0 ** (-1.0 / theta[p.drivers[d].to_half])
                if p.drivers[d].to_half >= 0
                else 0.0
            )
            jump = (
                1.0 - math.exp(-theta[p.drivers[d].jump])
                if p.drivers[d].jump >= 0
                else 0.0
            )
            x = min(max(0.0, floor), ceiling)
            levels[d, 0] = x
            for day in range(1, p.days):
                k = sub(key, day)
                x += back * (to - x)
                if spread > 0.0:
                    x += spread * inverse_normal(unit(k))
                if jump > 0.0 and unit(mix(k + K_CHANCE)) <= jump:
                    fam = p.drivers[d].times
                    b = theta[p.drivers[d].times_b] if fam > 0 else 0.0
                    x += math.log(
                        varying(
                            fam, theta[p.drivers[d].times_a], b, unit(mix(k + K_TIMES))
                        )
                    )
                x = min(max(x, floor), ceiling)
                levels[d, day] = x
        elif kind == 3:
            for day in range(p.days):
                levels[d, day] = min(
                    max(math.log(max(p.driver_path[d, day], 1e-300)), floor), ceiling
                )
        else:
            first = 0.0
            for k in range(p.drivers[d].p0, p.drivers[d].p1):
                first += theta[p.driver_parts[k].slot] * math.exp(
                    levels[p.driver_parts[k].driver, 0]
                )
            for day in range(p.days):
                total = 0.0
                for k in range(p.drivers[d].p0, p.drivers[d].p1):
                    total += theta[p.driver_parts[k].slot] * math.exp(
                        levels[p.driver_parts[k].driver, day]
                    )
                levels[d, day] = min(
                    max(math.log(max(total / first, 1e-300)), floor), ceiling
                )


@inlined
def _kernel_delay(rows, kernels, kernel_rate, theta, row, key):
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
def _tail_delay(p, theta, numbers, row, key, age):
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


@compiled
def redraw_reach(p_lines, lines, peak, theta, x, key):
    """New threshold of line ``x``, worn by what went unanswered."""
    if p_lines[x].peak >= 0:
        reach = theta[p_lines[x].peak] * max(peak[p_lines[x].gauge], 1e-9)
    else:
        fam = p_lines[x].reach
        b = theta[p_lines[x].reach_b] if fam > 0 else 0.0
        reach = varying(fam, theta[p_lines[x].reach_a], b, unit(mix(key + K_REACH)))
    if p_lines[x].wear_reach >= 0:
        reach *= theta[p_lines[x].wear_reach] ** lines[x].unanswered
    lines[x].reach = reach


@compiled
def answered(p_lines, lines, peak, theta, x, key):
    """The line was answered: the count starts anew and the line is armed."""
    lines[x].sum = 0.0
    lines[x].resting = 0
    lines[x].size = 0
    lines[x].head = 0
    redraw_reach(p_lines, lines, peak, theta, x, mix(key + K_REACH))


@compiled
def _cross(p, w, queue, theta, now, x, t, key, parent, horizon):
    """Line ``x`` is crossed at ``t``: what follows, with its chance and delay."""
    now.lines[x].resting = 1
    now.lines[x].serial += 1
    serial = now.lines[x].serial & 7
    now.left[x, serial] = 0
    now.done[x, serial] = 0
    chance = theta[p.lines[x].chance]
    if p.lines[x].wear_chance >= 0:
        chance = min(
            1.0, chance * theta[p.lines[x].wear_chance] ** now.lines[x].unanswered
        )
    if unit(mix(key + K_CHANCE)) > chance:
        now.lines[x].unanswered += 1.0
        return
    _follow(p, w, queue, theta, now, x, t, key, parent, horizon, -1.0)


@compiled
def _follow(p, w, queue, theta, now, x, t, key, parent, horizon, silent):
    """Schedule what follows a crossing at ``t``; delay beyond ``silent`` days if >= 0."""
    serial = now.lines[x].serial & 7
    n = 1
    fam = p.lines[x].times
    if fam >= 0:
        b = theta[p.lines[x].times_b] if fam > 0 else 0.0
        n = max(
            1,
            int(
                math.floor(
                    varying(fam, theta[p.lines[x].times_a], b, unit(mix(key + K_TIMES)))
                    + 0.5
                )
            ),
        )
    if p.lines[x].act < 0:
        n = 1
    now.left[x, serial] = n
    base = t
    for o in range(n):
        ko = sub(key, o)
        if o == 0 and silent >= 0.0:
            fam = p.lines[x].delay
            a = theta[p.lines[x].delay_a]
            b = theta[p.lines[x].delay_b] if fam > 0 else 0.0
            due = t + varying_after(
                fam, a, b, silent, math.inf, unit(mix(ko + K_DELAY))
            )
            due = max(due, 1e-9)
            base = due
        elif silent >= 0.0:
            due = base + delay_of(
                p.lines[x].delay, p.lines[x].delay_a, p.lines[x].delay_b, theta, ko
            )
        else:
            due = t + delay_of(
                p.lines[x].delay, p.lines[x].delay_a, p.lines[x].delay_b, theta, ko
            )
        if due > horizon:
            continue
        code = LINE | x << 4
        if p.lines[x].act >= 0:
            meta = N_DUE | serial << 4 | p.lines[x].act << 12
            push_node(
                w.nodes,
                w.bucket,
                w.heap_time,
                w.heap_node,
                queue,
                due,
                ORDER_CANDIDATE | (ko >> SHIFT2),
                ko,
                meta,
                parent,
                code,
            )
        elif p.lines[x].factor >= 0:
            f = p.lines[x].factor
            meta = N_START | f << 12
            push_node(
                w.nodes,
                w.bucket,
                w.heap_time,
                w.heap_node,
                queue,
                due,
                ORDER_START | (ko >> SHIFT2),
                ko,
                meta,
                now.factors[f].epoch,
                code,
            )
        else:
            meta = N_OPEN | p.lines[x].opens << 12
            push_node(
                w.nodes,
                w.bucket,
                w.heap_time,
                w.heap_node,
                queue,
                due,
                ORDER_START | (ko >> SHIFT2),
                ko,
                meta,
                parent,
                code,
            )


@compiled
def _ask(p, w, queue, numbers, theta, now, a, t, key, parent, horizon):
    """An ask of reply ``a`` at ``t``: at most one answer, in time."""
    if now.asked[a] > t:
        return
    within = theta[p.replies[a].within]
    now.asked[a] = t + within
    low, high = p.replies[a].a0, p.replies[a].a1
    given = 0.0
    for n in range(low, high):
        if p.answers[n].chance >= 0:
            given += theta[p.answers[n].chance]
    rest = max(0.0, 1.0 - given)
    total = rest
    for n in range(low, high):
        if p.answers[n].chance >= 0:
            total += theta[p.answers[n].chance] * odds_of(
                p, numbers, theta, now, a, n, t
            )
        else:
            total += rest * (odds_of(p, numbers, theta, now, a, n, t) - 1.0)
    u = unit(mix(key + K_CHANCE)) * total
    at = 0.0
    for n in range(low, high):
        chance = theta[p.answers[n].chance] if p.answers[n].chance >= 0 else rest
        at += chance * odds_of(p, numbers, theta, now, a, n, t)
        if u <= at:
            if p.answers[n].act >= 0:
                k = sub(key, n - low)
                fam = p.replies[a].delay
                u = unit(mix(k + K_DELAY))
                if fam < 0:
                    due = t + within * u
                else:
                    b = theta[p.replies[a].delay_b] if fam > 0 else 0.0
                    due = t + varying_after(
                        fam, theta[p.replies[a].delay_a], b, 0.0, within, u
                    )
                now.asked[a] = due
                if due <= horizon:
                    meta = N_REPLY | p.answers[n].act << 12
                    push_node(
                        w.nodes,
                        w.bucket,
                        w.heap_time,
                        w.heap_node,
                        queue,
                        due,
                        ORDER_CANDIDATE | (k >> SHIFT2),
                        k,
                        meta,
                        parent,
                        REPLY | n << 4,
                    )
            return


@compiled
def odds_of(p, numbers, theta, now, a, n, t):
    odds = 1.0
    for o in range(p.replies[a].o0, p.replies[a].o1):
        if p.odds[o].answer == n - p.replies[a].a0 and condition_holds(
            p, numbers, now, theta, p.odds[o].condition, t
        ):
            odds *= theta[p.odds[o].times]
    return odds


@compiled
def _open_pending(p, w, queue, theta, now, kf, horizon):
    """What the past leaves open: waiting starts, unanswered lines and asks."""
    q = w.pending
    for e in range(q.n[0]):
        kind, index, t = q.entries[e].kind, q.entries[e].index, q.entries[e].time
        key = mix(kf + q.entries[e].key)
        if kind == 0:  # a start waiting for its delay, unless it was voided
            epoch = q.entries[e].chance
            fits = epoch < 0.0 or epoch == now.factors[index].epoch
            if t <= horizon and fits:
                line = q.entries[e].line
                push_node(
                    w.nodes,
                    w.bucket,
                    w.heap_time,
                    w.heap_node,
                    queue,
                    t,
                    ORDER_START,
                    q.entries[e].key,
                    N_START | index << 12,
                    now.factors[index].epoch,
                    LINE | line << 4 if line >= 0 else -1,
                )
        elif kind == 1:  # an unanswered line with an act
            if unit(mix(key + K_CHANCE)) <= q.entries[e].chance:
                _follow(p, w, queue, theta, now, index, t, key, -1, horizon, -t)
            else:
                now.lines[index].unanswered += 1.0
        elif kind == 2:  # an unanswered ask
            u = unit(mix(key + K_CHANCE))
            at = 0.0
            low = p.replies[index].a0
            within = theta[p.replies[index].within]
            now.asked[index] = t + within
            for n in range(low, p.replies[index].a1):
                if p.answers[n].act < 0:
                    continue
                at += q.answers[e, n - low]
                if u <= at:
                    k = sub(key, n - low)
                    u = unit(mix(k + K_DELAY))
                    fam = p.replies[index].delay
                    if fam < 0:
                        due = (t + within) * u
                    else:
                        b = theta[p.replies[index].delay_b] if fam > 0 else 0.0
                        due = t + varying_after(
                            fam, theta[p.replies[index].delay_a], b, -t, within, u
                        )
                    due = max(due, 1e-9)
                    now.asked[index] = due
                    if due <= horizon:
                        meta = N_REPLY | p.answers[n].act << 12
                        push_node(
                            w.nodes,
                            w.bucket,
                            w.heap_time,
                            w.heap_node,
                            queue,
                            due,
                            ORDER_CANDIDATE | (k >> SHIFT2),
                            k,
                            meta,
                            -1,
                            REPLY | n << 4,
                        )
                    break
        else:  # a stream that will open
            if t <= horizon:
                meta = N_OPEN | p.lines[index].opens << 12
                push_node(
                    w.nodes,
                    w.bucket,
                    w.heap_time,
                    w.heap_node,
                    queue,
                    t,
                    ORDER_START,
                    q.entries[e].key,
                    meta,
                    -1,
                    LINE | index << 4,
                )


@compiled
def _open_warnings(p, w, queue, theta, kf, horizon):
    """Candidates of the warnings; `past` has set their chances."""
    for v in range(len(p.warnings)):
        key = mix(kf + p.warnings[v].key)
        fades = (
            theta[p.warnings[v].fades] / 0.6931471805599453
            if p.warnings[v].fades >= 0
            else 0.0
        )
        for part in range(2):
            chance = w.pending.warn[v, part]
            k = sub(key, part)
            if chance <= 0.0 or unit(mix(k + K_CHANCE)) > chance:
                continue
            u = unit(mix(k + K_TIME))
            if part == 0 and p.warnings[v].by < 1e299:
                first = max(p.warnings[v].issued, 0.0)
                due = first + (p.warnings[v].by - first) * u
            elif part == 0:
                due = max(p.warnings[v].issued, 0.0) - math.log(u) * fades
            else:
                due = max(p.warnings[v].by, 0.0) - math.log(u) * fades
            due = max(due, 1e-9)
            if due <= horizon:
                meta = N_DUE | 9 << 4 | p.warnings[v].act << 12
                push_node(
                    w.nodes,
                    w.bucket,
                    w.heap_time,
                    w.heap_node,
                    queue,
                    due,
                    ORDER_CANDIDATE | (k >> SHIFT2),
                    k,
                    meta,
                    -1,
                    WARNING | v << 4,
                )


@compiled
def _open_tails(p, w, queue, theta, kf, horizon):
    """Offspring after the origin of the events before it."""
    q = w.pending
    for e in range(q.n[1]):
        draw = q.tails[e].draw
        h = mix(mix(kf + q.tails[e].key) + p.draw_keys[draw])
        mean = q.tails[e].mean
        if h < q.tails[e].none:
            continue
        row = p.draws[draw].row
        target = p.rows[row].target
        meta = N_OFFSPRING | p.draws[draw].layer << 4 | target << 12
        code = RESPONSE | row << 4
        for c in range(cells(mean)):
            hc = cell_key(h, c)
            for o in range(cell_count(hc, mean, c)):
                k = sub(hc, o)
                t = q.tails[e].time + _tail_delay(
                    p, theta, w.numbers, row, k, -q.tails[e].time
                )
                t = max(t, 1e-12)
                if t <= horizon:
                    push_node(
                        w.nodes,
                        w.bucket,
                        w.heap_time,
                        w.heap_node,
                        queue,
                        t,
                        ORDER_CANDIDATE | (k >> SHIFT2),
                        k,
                        meta,
                        -1,
                        code,
                    )


@compiled
def _open_levers(
    p, w, queue, kf, act_time, act_stream, act_key, act_try, act_lever, horizon
):
    for n in range(len(act_time)):
        if act_time[n] > horizon:
            continue
        kind = N_TRY if act_try[n] == 1 else N_LEVER
        k = mix(kf + act_key[n])
        push_node(
            w.nodes,
            w.bucket,
            w.heap_time,
            w.heap_node,
            queue,
            act_time[n],
            ORDER_ACT | U(n),
            k,
            kind | act_stream[n] << 12,
            -1,
            LEVER | n << 4,
        )


@compiled
def _raise_layers(p, w, queue, factors, obeys, gauges, theta, kf, s, t, horizon):
    """Make the layers of immigrants that stream ``s`` may need for the rest of the day.

    A layer is made when F can first reach it: at the start of a day, or when something
    above one begins. Its candidates belong to their keys, so those before ``t`` (whose
    levels F could not reach) are left out and the rest are what they always were.
    """
    most = 1.0
    for at in range(p.streams[s].f0, p.streams[s].f1):
        r = p.factor_at[at]
        size = w.numbers.row_size[r]
        if size > 0.0 and factors[p.factor_rows[r].factor].on != 0 and obeys[r] != 0:
            power = (
                theta[p.factor_rows[r].power] if p.factor_rows[r].power >= 0 else 1.0
            )
            most *= (1.0 + size) ** power
    for r in range(p.streams[s].g0, p.streams[s].g1):
        size = w.numbers.gauge_row_size[r]
        if size > 0.0:
            g = p.gauge_rows[r].gauge
            level = gauge_level(g, gauges, w.numbers.gauge_rate[g], t)
            power = theta[p.gauge_rows[r].power] if p.gauge_rows[r].power >= 0 else 1.0
            most *= (
                1.0 + size * level / (level + theta[p.gauge_rows[r].half_at])
            ) ** power
    day = int(t)
    ks = mix(kf + p.streams[s].key)
    layer = w.made[s]
    while layer < p.streams[s].imm_layers and 2.0 ** (layer - 1) < most:
        mean = w.means[s] * 2.0 ** (layer - 1)
        h = sub(ks, day * 32 + layer)
        meta = N_IMMIGRANT | layer << 4 | s << 12
        for c in range(cells(mean)):
            hc = cell_key(h, c)
            for o in range(cell_count(hc, mean, c)):
                k = sub(hc, o)
                tc = day + unit(mix(k + K_TIME))
                if t < tc <= horizon:
                    push_node(
                        w.nodes,
                        w.bucket,
                        w.heap_time,
                        w.heap_node,
                        queue,
                        tc,
                        ORDER_CANDIDATE | (k >> SHIFT2),
                        k,
                        meta,
                        -1,
                        IMMIGRANT | s << 4,
                    )
        layer += 1
    w.made[s] = layer


@compiled
def run_future(
    p, w, queue, theta, kf, act_time, act_stream, act_flags, act_key, act_try, act_lever
):
    """Simulate one future from the situation at the origin.

    Parameters
    ----------
    p : Program
    w : World
        ``w.numbers``, ``w.start`` and ``w.pending`` belong to the draw.
    queue : (5,) int64
        Small state of the queue; ``queue[PER_DAY]`` is set by the caller.
    theta : (slots,) float64
    kf : uint64
        Key of the future.
    act_*
        Scheduled acts in order: time, stream, flags, key, 1 if attempted, lever.

    Returns
    -------
    int
        Number of events, in ``w.e_*``. ``w.stats[ERROR]`` is 0 or an error code.
    """
    # Tables as locals: passing or reading tuples in the loop costs reference counts.
    numbers, now, pending = w.numbers, w.now, w.pending
    peak = pending.peak
    amounts = p.amounts
    answers = p.answers
    choices = p.choices
    draws = p.draws
    draw_keys = p.draw_keys
    fires = w.fires
    driven = p.driven
    factor_at = p.factor_at
    factor_rows = p.factor_rows
    factors = p.factors
    gauge_rows = p.gauge_rows
    lines = p.lines
    options = p.options
    reactions = p.reactions
    replies = p.replies
    reports = p.reports
    rows = p.rows
    states = p.states
    streams = p.streams
    warnings = p.warnings
    weights = p.weights
    now_done = now.done
    now_factors = now.factors
    now_gauges = now.gauges
    now_left = now.left
    now_lines = now.lines
    now_obeys = now.obeys
    now_open_until = now.open_until
    now_ring_amount = now.ring_amount
    now_ring_time = now.ring_time
    now_seen = now.seen
    now_states = now.states
    n_means = numbers.means
    n_few = numbers.few
    n_empty = numbers.empty
    n_factor_rate = numbers.factor_rate
    n_gauge_rate = numbers.gauge_rate
    n_gauge_row_size = numbers.gauge_row_size
    n_mu = numbers.mu
    n_none = numbers.none
    n_row_size = numbers.row_size
    n_week = numbers.week
    n_kernel_rate = numbers.kernel_rate
    buckets = w.bucket
    claims = w.claims
    events = w.events
    g_day = w.g_day
    made = w.made
    means = w.means
    by_stream = w.by_stream
    by_stream[:] = 0
    means[:] = 0.0
    heap_node = w.heap_node
    heap_time = w.heap_time
    levels = w.levels
    nodes = w.nodes
    stats = w.stats
    kernels = p.kernels
    horizon = p.horizon
    K = len(streams)
    per_day = queue[PER_DAY]
    queue[FREE] = -1
    queue[USED] = 0
    queue[HEAP] = 0
    queue[BUCKET] = -1
    _copy(w.start, now)
    _driver_levels(p, theta, kf, levels)
    g_day[:] = 0.0
    _open_pending(p, w, queue, theta, now, kf, horizon)
    _open_warnings(p, w, queue, theta, kf, horizon)
    _open_tails(p, w, queue, theta, kf, horizon)
    _open_levers(
        p, w, queue, kf, act_time, act_stream, act_key, act_try, act_lever, horizon
    )

    n = 0
    candidates = 0
    error = 0
    most = len(events)
    gauges = len(p.gauges)
    for bucket in range(p.days * per_day + 1):
        if bucket % per_day == 0 and bucket < p.days * per_day:
            day = bucket // per_day
            for g in range(gauges):
                g_day[g, day] = max(
                    g_day[g, day],
                    gauge_level(g, now_gauges, n_gauge_rate[g], float(day)),
                )
            weekday = (p.weekday0 + day) % 7
            for s in range(K):
                mu = n_mu[s]
                if mu <= 0.0:
                    continue
                ks = mix(kf + streams[s].key)
                moved = streams[s].d1 > streams[s].d0
                if moved:
                    x = 0.0
                    for d in range(streams[s].d0, streams[s].d1):
                        x += theta[driven[d].slot] * levels[driven[d].driver, day]
                    mu *= math.exp(min(x, 300.0))
                mu *= n_week[s, weekday]
                means[s] = mu
                made[s] = 1
                raised = False
                if streams[s].imm_layers > 1:
                    for at in range(streams[s].f0, streams[s].f1):
                        r = factor_at[at]
                        if (
                            n_row_size[r] > 0.0
                            and now_factors[factor_rows[r].factor].on != 0
                        ):
                            raised = True
                    for at in range(streams[s].g0, streams[s].g1):
                        if (
                            n_gauge_row_size[at] > 0.0
                            and now_gauges[gauge_rows[at].gauge].level > 0.0
                        ):
                            raised = True
                if raised:
                    _raise_layers(
                        p,
                        w,
                        queue,
                        now_factors,
                        now_obeys,
                        now_gauges,
                        theta,
                        kf,
                        s,
                        float(day),
                        horizon,
                    )
                h = sub(ks, day * 32)
                if mu <= 32.0:
                    thr = threshold(mu) if moved else n_none[s, weekday]
                    if h < thr:
                        continue
                for c in range(cells(mu)):
                    hc = cell_key(h, c)
                    for o in range(cell_count(hc, mu, c)):
                        k = sub(hc, o)
                        t = day + unit(mix(k + K_TIME))
                        if t <= horizon:
                            push_node(
                                nodes,
                                buckets,
                                heap_time,
                                heap_node,
                                queue,
                                t,
                                ORDER_CANDIDATE | (k >> SHIFT2),
                                k,
                                N_IMMIGRANT | s << 12,
                                -1,
                                IMMIGRANT | s << 4,
                            )
        load_bucket(nodes, buckets, heap_time, heap_node, queue, bucket)
        while queue[HEAP] > 0:
            if queue[USED] > len(nodes):
                error = E_NODES
                break
            t = heap_time[0]
            node = heap_node[0]
            heap_pop(nodes, heap_time, heap_node, queue[HEAP])
            queue[HEAP] -= 1
            key = nodes[node].key
            meta = nodes[node].meta
            parent = nodes[node].parent
            code = nodes[node].via
            nodes[node].next = queue[FREE]
            queue[FREE] = node
            kind = meta & 15
            aux = (meta >> 4) & 255
            s = meta >> 12

            # -- starts, not events ----------------------------------------------
            if kind == N_START:
                if parent == now_factors[s].epoch:
                    start_factor(
                        factors, factor_rows, now_factors, now_obeys, theta, s, t, key
                    )
                    if code >= 0:
                        answered(lines, now_lines, peak, theta, code >> 4, key)
                    for r in range(factors[s].r0, factors[s].r1):
                        other = factor_rows[r].stream
                        if n_row_size[r] > 0.0 and means[other] > 0.0:
                            _raise_layers(
                                p,
                                w,
                                queue,
                                now_factors,
                                now_obeys,
                                now_gauges,
                                theta,
                                kf,
                                other,
                                t,
                                horizon,
                            )
                continue
            if kind == N_OPEN:
                x = code >> 4
                fam = lines[x].open
                until = LATEST
                if fam >= 0:
                    b = theta[lines[x].open_b] if fam > 0 else 0.0
                    until = t + varying(
                        fam, theta[lines[x].open_a], b, unit(mix(key + K_TIMES))
                    )
                now_open_until[s] = max(now_open_until[s], until)
                answered(lines, now_lines, peak, theta, x, key)
                continue

            # -- marks ---------------------------------------------------------------
            candidates += 1
            flags = ZERO
            if kind == N_OFFSPRING:
                flags = rows[code >> 4].flags
            elif kind == N_DUE:
                if code & 15 == LINE:
                    flags = lines[code >> 4].act_flags
                else:
                    flags = warnings[code >> 4].flags
            elif kind == N_REPLY:
                flags = answers[code >> 4].flags
            elif kind == N_LEVER or kind == N_TRY:
                flags = act_flags[code >> 4]
            deaths = 0
            injured = 0
            marked = streams[s].marked == 1
            early = marked and streams[s].marks_first == 1
            if early:
                flags, deaths, injured = draw_marks(
                    streams, choices, options, amounts, theta, s, key, flags
                )

            # -- factors and the level -------------------------------------------------
            if kind != N_REPLY and kind != N_LEVER:
                held = 1.0  # F without the rows of held drivers
                power = 1.0
                kept = 1.0  # F' of offspring
                for at in range(streams[s].f0, streams[s].f1):
                    r = factor_at[at]
                    f = factor_rows[r].factor
                    if now_factors[f].on == 0 or t >= factors[f].until:
                        continue
                    if (
                        factor_rows[r].mask != ZERO
                        and flags & factor_rows[r].mask != factor_rows[r].mask
                    ):
                        continue
                    if now_obeys[r] == 0:
                        continue
                    if factors[f].while_state >= 0 and not state_is_on(
                        factors[f].while_state, now_states, t
                    ):
                        continue
                    value = 1.0 + n_row_size[r] * factor_shape(
                        f, now_factors, n_factor_rate[f], t
                    )
                    if factor_rows[r].power >= 0:
                        power *= value ** theta[factor_rows[r].power]
                    else:
                        held *= value
                        if value <= 1.0 or factors[f].offspring == 1:
                            kept *= value
                for at in range(streams[s].g0, streams[s].g1):
                    if (
                        gauge_rows[at].mask != ZERO
                        and flags & gauge_rows[at].mask != gauge_rows[at].mask
                    ):
                        continue
                    g = gauge_rows[at].gauge
                    level = gauge_level(g, now_gauges, n_gauge_rate[g], t)
                    value = 1.0 + n_gauge_row_size[at] * level / (
                        level + theta[gauge_rows[at].half_at]
                    )
                    if gauge_rows[at].power >= 0:
                        power *= value ** theta[gauge_rows[at].power]
                    else:
                        held *= value
                        if value <= 1.0 or gauge_rows[at].offspring == 1:
                            kept *= value
                if streams[s].dormant == 1 and not now_open_until[s] >= t:
                    held = 0.0
                    kept = 0.0
                if kind == N_IMMIGRANT:
                    factor = held * power
                    if factor > streams[s].imm_cap * (1.0 + 1e-9):
                        error = E_CAP
                elif kind == N_OFFSPRING:
                    factor = kept
                else:
                    factor = min(held, 1.0)
                low = 0.0
                width = 1.0
                if (kind == N_IMMIGRANT or kind == N_OFFSPRING) and aux > 0:
                    width = 2.0 ** (aux - 1)
                    low = width
                if (
                    factor < low + width
                    and low + width * unit(mix(key + K_LEVEL)) > factor
                ):
                    if kind == N_DUE and code & 15 == LINE:
                        x = code >> 4
                        now_left[x, aux] -= 1
                        if now_left[x, aux] == 0 and now_done[x, aux] == 0:
                            now_lines[x].unanswered += 1.0
                    continue
            if marked and not early:
                flags, deaths, injured = draw_marks(
                    streams, choices, options, amounts, theta, s, key, flags
                )

            # -- the event -------------------------------------------------------------
            if n >= most:
                error = E_CAPPED
                break
            events[n].time = t
            events[n].stream = s
            events[n].flags = flags
            events[n].deaths = deaths
            events[n].injured = injured
            events[n].key = key
            events[n].parent = parent
            events[n].via = code
            for c in range(p.n_reports):
                claims[n, c] = 0
            for at in range(streams[s].p0, streams[s].p1):
                if (
                    flags & reports[at].mask == reports[at].mask
                    and claims[n, reports[at].report] == 0
                ):
                    kr = mix(key + reports[at].key)
                    claimed = (
                        theta[reports[at].claimed] if reports[at].claimed >= 0 else 1.0
                    )
                    empty = claimed * (1.0 / theta[reports[at].real] - 1.0)
                    count = 1 if unit(mix(kr + K_CLAIMED)) <= claimed else 0
                    claims[n, reports[at].report] = count + cell_count(kr, empty, 0)
            by_stream[s] += 1
            event = n
            n += 1
            if kind == N_DUE and code & 15 == LINE:
                x = code >> 4
                now_left[x, aux] -= 1
                now_done[x, aux] += 1
                if now_done[x, aux] == 1:
                    answered(lines, now_lines, peak, theta, x, key)

            # -- what it sets off ------------------------------------------------------
            for at in range(streams[s].x0, streams[s].x1):
                if not matches(flags, reactions[at].m0, reactions[at].m1, p.masks):
                    continue
                what = reactions[at].kind
                x = reactions[at].index
                if what == FACTOR_START:
                    kx = mix(key + factors[x].key)
                    begin = t
                    if factors[x].delay >= 0:
                        begin = t + delay_of(
                            factors[x].delay,
                            factors[x].delay_a,
                            factors[x].delay_b,
                            theta,
                            kx,
                        )
                    if begin <= t:
                        start_factor(
                            factors,
                            factor_rows,
                            now_factors,
                            now_obeys,
                            theta,
                            x,
                            t,
                            kx,
                        )
                        for r in range(factors[x].r0, factors[x].r1):
                            other = factor_rows[r].stream
                            if n_row_size[r] > 0.0 and means[other] > 0.0:
                                _raise_layers(
                                    p,
                                    w,
                                    queue,
                                    now_factors,
                                    now_obeys,
                                    now_gauges,
                                    theta,
                                    kf,
                                    other,
                                    t,
                                    horizon,
                                )
                    elif begin <= horizon:
                        push_node(
                            nodes,
                            buckets,
                            heap_time,
                            heap_node,
                            queue,
                            begin,
                            ORDER_START | (kx >> SHIFT2),
                            kx,
                            N_START | x << 12,
                            now_factors[x].epoch,
                            -1,
                        )
                elif what == FACTOR_END:
                    now_factors[x].on = 0
                    now_factors[x].epoch += 1
                elif what == GAUGE_STEP:
                    level = gauge_level(x, now_gauges, n_gauge_rate[x], t)
                    if now_gauges[x].time < t:
                        now_gauges[x].before = level
                    now_gauges[x].level = level + theta[reactions[at].slot]
                    now_gauges[x].time = t
                    d = min(int(t), p.days)
                    g_day[x, d] = max(g_day[x, d], now_gauges[x].level)
                    for r in range(len(gauge_rows)):
                        other = gauge_rows[r].stream
                        if (
                            gauge_rows[r].gauge == x
                            and n_gauge_row_size[r] > 0.0
                            and means[other] > 0.0
                        ):
                            _raise_layers(
                                p,
                                w,
                                queue,
                                now_factors,
                                now_obeys,
                                now_gauges,
                                theta,
                                kf,
                                other,
                                t,
                                horizon,
                            )
                elif what == LINE_ADD or what == LINE_GAUGE:
                    kx = mix(key + lines[x].key)
                    if what == LINE_GAUGE:
                        g = lines[x].gauge
                        before = now_gauges[g].before
                        after = now_gauges[g].level
                    else:
                        amount = 1.0
                        if lines[x].kind == 1:
                            amount = float(deaths)
                        elif lines[x].kind == 2:
                            amount = float(injured)
                        if amount <= 0.0:
                            continue
                        if (
                            lines[x].counts >= 0
                            and unit(mix(kx + K_COUNTS)) > theta[lines[x].counts]
                        ):
                            continue
                        window = (
                            theta[lines[x].window] if lines[x].window >= 0 else LATEST
                        )
                        before = line_quantity(
                            now_lines, now_ring_time, now_ring_amount, x, window, t
                        )
                        if not line_add(
                            now_lines,
                            now_ring_time,
                            now_ring_amount,
                            x,
                            window,
                            t,
                            amount,
                        ):
                            error = E_RING
                        after = before + amount
                    if now_lines[x].resting != 0 and before < now_lines[x].reach:
                        now_lines[x].resting = 0
                        redraw_reach(lines, now_lines, peak, theta, x, kx)
                    if (
                        now_lines[x].resting == 0
                        and before < now_lines[x].reach
                        and after >= now_lines[x].reach
                    ):
                        _cross(p, w, queue, theta, now, x, t, kx, event, horizon)
                elif what == REPLY_ASK:
                    _ask(
                        p,
                        w,
                        queue,
                        numbers,
                        theta,
                        now,
                        x,
                        t,
                        mix(key + replies[x].key),
                        event,
                        horizon,
                    )
                elif what == STATE_ON:
                    now_states[x].on = 1.0
                    now_states[x].until = LATEST
                    fam = states[x].lasts
                    if fam >= 0:
                        b = theta[states[x].lasts_b] if fam > 0 else 0.0
                        now_states[x].until = t + varying(
                            fam,
                            theta[states[x].lasts_a],
                            b,
                            unit(mix(mix(key + states[x].key) + K_DELAY)),
                        )
                elif what == STATE_OFF:
                    now_states[x].on = 0.0
                else:
                    now_seen[x] = t

            # -- its offspring: one keyed uniform for each (response, layer) -------------
            q0, q1 = streams[s].q0, streams[s].q1
            own_keys = draw_keys[q0:q1]
            own_few = n_few[q0:q1]
            some = 0
            for o in range(len(own_keys)):  # no branch: several at once
                fires[o] = 1 if mix(key + own_keys[o]) >= own_few[o] else 0
                some += fires[o]
            if some == 0:
                continue
            for q in range(q0, q1):
                if fires[q - q0] == 0:
                    continue
                h = mix(key + draw_keys[q])
                mean = n_means[q]
                empty = n_empty[q]
                if draws[q].plain == 0:
                    row = draws[q].row
                    if not matches(flags, rows[row].m0, rows[row].m1, p.masks):
                        continue
                    for rule in range(rows[row].w0, rows[row].w1):
                        if flags & weights[rule].mask == weights[rule].mask:
                            mean *= theta[weights[rule].times]
                            empty = math.exp(-min(mean, 32.0))
                            break
                    if mean <= 32.0 and h < threshold(mean):
                        continue
                row = draws[q].row
                child_meta = N_OFFSPRING | draws[q].layer << 4 | rows[row].target << 12
                for c in range(cells(mean)):
                    hc = cell_key(h, c)
                    count = (
                        invert(hc, min(mean, 32.0), empty)
                        if c == 0
                        else cell_count(hc, mean, c)
                    )
                    for o in range(count):
                        k = sub(hc, o)
                        tc = t + _kernel_delay(
                            rows, kernels, n_kernel_rate, theta, row, k
                        )
                        if tc <= horizon:
                            push_at_once(
                                nodes,
                                buckets,
                                heap_time,
                                heap_node,
                                queue,
                                tc,
                                ORDER_CANDIDATE | (k >> SHIFT2),
                                k,
                                child_meta,
                                event,
                                RESPONSE | row << 4,
                            )
        if error == E_CAPPED or error == E_NODES:
            break
    if error == E_CAPPED or error == E_NODES:
        buckets[:] = -1
    stats[CANDIDATES] += candidates
    stats[ACCEPTED] += n
    stats[ERROR] = error
    return n
