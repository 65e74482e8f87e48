"""One future: the branching heap, exact, keyed and coupled (docs/model.md).

Immigrants and offspring are candidates with an absolute level V on a layer (0, 1],
(1, 2], (2, 4] ...; in time order each is accepted iff V <= F just before it, and only
accepted ones have offspring and effects. Every count, delay, mark and level belongs to
a key of ids and ancestry, so two versions of a case share the world event by event.

References: Hawkes & Oakes (1974), J. Appl. Prob. 11; Lewis & Shedler (1979), thinning.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.codes import (
    ACCEPTED,
    CANDIDATES,
    E_CAP,
    E_CAPPED,
    E_NODES,
    E_RING,
    ERROR,
    K_CLAIMED,
    K_COUNTS,
    K_DELAY,
    K_LEVEL,
    K_TIME,
    K_TIMES,
    N_DUE,
    N_IMMIGRANT,
    N_LEVER,
    N_OFFSPRING,
    N_OPEN,
    N_REPLY,
    N_SEEN,
    N_SPARE,
    N_START,
    N_TRY,
    ORDER_CANDIDATE,
    ORDER_START,
    SHIFT2,
    ZERO,
)
from spillover.engine.delays import delay_of, kernel_delay
from spillover.engine.following import answered, ask, cross, redraw_reach
from spillover.engine.hashing import (
    cell_count,
    cell_key,
    cells,
    invert,
    mix,
    sub,
    threshold,
    unit,
    varying,
)
from spillover.engine.layers import raise_by_factor, raise_by_gauge, raise_layers
from spillover.engine.levels import driver_levels
from spillover.engine.opening import (
    open_levers,
    open_pending,
    open_tails,
    open_warnings,
    reset,
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
    draw_marks,
    factor_shape,
    gauge_level,
    line_add,
    line_quantity,
    matches,
    start_factor,
    state_is_on,
)
from spillover.engine.script import (
    FACTUAL,
    OTHERWISE,
    REPLAY,
    has_act,
    has_answer,
    note_factors,
    still_brought,
)
from spillover.engine.tables import (
    FACTOR_END,
    FACTOR_START,
    GAUGE_STEP,
    LINE_ADD,
    LINE_GAUGE,
    REPLY_ASK,
    STATE_OFF,
    STATE_ON,
)
from spillover.engine.trace import mark_restraints
from spillover.jit import compiled
from spillover.model.via import IMMIGRANT, LINE, RESPONSE

__all__ = ["advance", "begin_future", "run_future"]


@compiled
def run_future(p, w, queue, theta, kf, acts, trace, script):
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
    acts : ACT table
        Scheduled acts in order.
    trace, script
        As in `advance`.

    Returns
    -------
    int
        Number of events, in ``w.events``. ``w.stats[ERROR]`` is 0 or an error code.
    """
    begin_future(p, w, queue, theta, kf)
    open_levers(p, w, queue, theta, kf, acts, p.horizon)
    last = p.days * queue[PER_DAY] + 1
    begin = 0 * last  # as in `engine.chunk`: a plain 0 would compile it once more
    return advance(p, w, queue, theta, kf, acts, trace, script, begin, begin, last)


@compiled
def begin_future(p, w, queue, theta, kf):
    """The situation at the origin, the drivers' paths and what the past left open."""
    queue[FREE] = -1
    queue[USED] = 0
    queue[HEAP] = 0
    queue[BUCKET] = -1
    w.by_stream[:] = 0
    w.means[:] = 0.0
    w.g_day[:] = 0.0
    reset(w.start, w.now)
    driver_levels(p, theta, kf, w.levels)
    open_pending(p, w, queue, theta, w.now, kf, p.horizon)
    open_warnings(p, w, queue, theta, kf, p.horizon)
    open_tails(p, w, queue, theta, kf, p.horizon)


@compiled
def advance(p, w, queue, theta, kf, acts, trace, script, n, first, last):
    """Go on from the beginning of bucket ``first`` to that of bucket ``last``.

    Parameters
    ----------
    p, w, queue, theta, kf, acts
        As in `run_future`.
    trace : None or (max_events, 3) uint64
        For each event the restraints of its stream that were in force and passed,
        defied, over: bit masks by number of the factor (`mark_restraints`).
    script : None or Script
        A history played again (`engine.script`).
    n : int
        Events so far.
    first, last : int
        Buckets, ``queue[PER_DAY]`` to a day; the final one holds the horizon itself.

    Returns
    -------
    int
        Number of events.
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
    heap_node = w.heap_node
    heap_time = w.heap_time
    levels = w.levels
    nodes = w.nodes
    stats = w.stats
    kernels = p.kernels
    horizon = p.horizon
    K = len(streams)
    per_day = queue[PER_DAY]
    candidates = 0
    error = 0
    most = len(events)
    gauges = len(p.gauges)
    for bucket in range(first, last):
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
                if script is not None:
                    if script.state[0] == FACTUAL and day > 0:
                        script.made[s, day - 1] = made[s]
                means[s] = mu
                made[s] = 1
                raised = False
                fresh = True
                if script is not None:
                    if script.state[0] == FACTUAL:
                        note_factors(p, w, theta, script, s, day)
                    if script.state[0] == OTHERWISE:
                        # Immigrants of layers that were in reach stand in the script.
                        made[s] = script.made[s, day]
                        fresh = False
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
                    raise_layers(p, w, queue, theta, kf, s, float(day), horizon)
                if not fresh:
                    continue
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
                        factors,
                        factor_rows,
                        now_factors,
                        now_obeys,
                        theta,
                        s,
                        t,
                        key,
                        0.01 * (100 - aux),
                    )
                    if code >= 0:
                        answered(lines, now_lines, peak, theta, code >> 4, key)
                    raise_by_factor(p, w, queue, theta, kf, s, t, horizon)
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
            place = -1  # in the script
            if script is not None:
                if kind == N_SEEN:
                    place = parent
                    up = script.seen[place].parent
                    parent = script.event_of[up] if up >= 0 else -1
                    if script.state[0] == OTHERWISE and not still_brought(
                        script, place
                    ):
                        continue
                elif kind == N_SPARE:
                    up = parent
                    parent = script.event_of[up] if up >= 0 else -1
                    if up >= 0 and parent < 0:
                        continue
                    kind = N_OFFSPRING if code & 15 == RESPONSE else N_IMMIGRANT
                elif script.state[0] == REPLAY and t <= script.cut[0]:
                    if kind == N_IMMIGRANT or kind == N_OFFSPRING or kind == N_DUE:
                        continue
                    if kind == N_REPLY:
                        continue
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
                flags = acts[code >> 4].flags
            deaths = 0
            injured = 0
            marked = streams[s].marked == 1
            if script is not None and place >= 0:
                flags = script.seen[place].flags
                deaths = script.seen[place].deaths
                injured = script.seen[place].injured
                marked = False
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
                if script is not None and place >= 0:
                    how = code & 15
                    if script.state[0] == FACTUAL:
                        script.factor[place, 0] = held * power
                        script.factor[place, 1] = kept
                        script.factor[place, 2] = min(held, 1.0)
                        factor = LATEST
                    elif script.state[0] == REPLAY:
                        factor = LATEST
                    elif how == RESPONSE:
                        factor = kept
                    elif how == IMMIGRANT:
                        factor = held * power
                    elif how == LINE:
                        factor = min(held, 1.0)
                    else:
                        factor = LATEST
                    if script.seen[place].level > factor:
                        continue
                    factor = LATEST  # it has no other level
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
                    if script is not None and script.state[0] == FACTUAL:
                        spare = script.state[1]
                        if spare >= len(script.spare):
                            error = E_NODES
                            break
                        script.spare[spare].time = t
                        script.spare[spare].order = ORDER_CANDIDATE | (key >> SHIFT2)
                        script.spare[spare].key = key
                        script.spare[spare].meta = aux << 4 | s << 12
                        script.spare[spare].parent = (
                            script.script_of[parent] if parent >= 0 else -1
                        )
                        script.spare[spare].via = code
                        script.state[1] = spare + 1
                    continue
                if script is not None and place < 0 and script.state[0] == FACTUAL:
                    continue  # it would have been seen
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
            if trace is not None:
                mark_restraints(
                    p, now_factors, now_states, now_obeys, n_factor_rate, n_row_size,
                    s, flags, t, trace[n],
                )  # fmt: skip
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
            if script is not None:
                script.script_of[event] = place
                if place >= 0:
                    script.event_of[place] = event
                    if code & 15 == LINE:
                        answered(lines, now_lines, peak, theta, code >> 4, key)
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
                    depth = 100
                    if kind == N_LEVER or kind == N_TRY:
                        depth = acts[code >> 4].depth
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
                            0.01 * depth,
                        )
                        raise_by_factor(p, w, queue, theta, kf, x, t, horizon)
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
                            N_START | (100 - depth) << 4 | x << 12,
                            now_factors[x].epoch,
                            -1,
                        )
                elif what == FACTOR_END:
                    now_factors[x].on = 0.0
                    now_factors[x].epoch += 1
                elif what == GAUGE_STEP:
                    level = gauge_level(x, now_gauges, n_gauge_rate[x], t)
                    if now_gauges[x].time < t:
                        now_gauges[x].before = level
                    now_gauges[x].level = level + theta[reactions[at].slot]
                    now_gauges[x].time = t
                    d = min(int(t), p.days)
                    g_day[x, d] = max(g_day[x, d], now_gauges[x].level)
                    if len(gauge_rows) > 0:
                        raise_by_gauge(p, w, queue, theta, kf, x, t, horizon)
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
                        scripted = False
                        if script is not None and place >= 0:
                            script.crossed[place, x] = 1
                            mode = script.state[0]
                            if mode == FACTUAL:
                                script.was_crossed[place, x] = 1
                            scripted = lines[x].act >= 0 and (
                                mode == FACTUAL
                                or (
                                    mode == OTHERWISE
                                    and script.was_crossed[place, x] == 1
                                )
                                or (mode == REPLAY and has_act(script, x, place))
                            )
                            if scripted:
                                now_lines[x].resting = 1
                                if not has_act(script, x, place):
                                    now_lines[x].unanswered += 1.0
                        if not scripted:
                            cross(p, w, queue, theta, now, x, t, kx, event, horizon)
                elif what == REPLY_ASK:
                    if script is not None and place >= 0:
                        mode = script.state[0]
                        if now.asked[x] <= t:
                            script.asked[place, x] = 1
                            if mode == FACTUAL:
                                script.was_asked[place, x] = 1
                        if (
                            mode == FACTUAL
                            or (mode == OTHERWISE and script.was_asked[place, x] == 1)
                            or (mode == REPLAY and has_answer(p, script, x, place))
                        ):
                            if now.asked[x] <= t:
                                now.asked[x] = t + theta[replies[x].within]
                            continue
                    ask(
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
                    if script is not None and script.until[x] > t:
                        now_states[x].until = script.until[x]
                elif what == STATE_OFF:
                    if script is not None and script.until[x] > t:
                        continue  # it is held on
                    now_states[x].on = 0.0
                else:
                    now_seen[x] = t

            if script is not None and place >= 0 and script.state[0] == OTHERWISE:
                continue  # its offspring stand in the script
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
                        tc = t + kernel_delay(
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
    if script is not None and script.state[0] == FACTUAL:
        for s in range(K):
            script.made[s, p.days - 1] = made[s]
    stats[CANDIDATES] += candidates
    stats[ACCEPTED] = n
    stats[ERROR] = error
    return n
