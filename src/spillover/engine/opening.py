"""The beginning of a future: the situation at the origin and what is still to come.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.codes import (
    K_CHANCE,
    K_TIME,
    N_DUE,
    N_LEVER,
    N_OFFSPRING,
    N_OPEN,
    N_START,
    N_TRY,
    ORDER_ACT,
    ORDER_CANDIDATE,
    ORDER_START,
    SHIFT2,
    U,
)
from spillover.engine.delays import tail_delay
from spillover.engine.following import follow, give_answer
from spillover.engine.hashing import (
    cell_count,
    cell_key,
    cells,
    mix,
    sub,
    unit,
)
from spillover.engine.queue import push_node
from spillover.jit import compiled
from spillover.model.via import LEVER, LINE, RESPONSE, WARNING

__all__ = ["open_levers", "open_pending", "open_tails", "open_warnings", "reset"]


@compiled
def reset(start, now):
    """Copy the situation at the origin into the running one."""
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
        # A line left open by the past goes on under its old number: no crossing
        # of this future has cleared what the course before counted there.
        for k in range(now.left.shape[1]):
            now.left[x, k] = 0
            now.done[x, k] = 0


@compiled
def open_pending(p, w, queue, theta, now, kf, horizon):
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
                follow(p, w, queue, theta, now, index, t, key, -1, horizon, -t)
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
                    give_answer(
                        p, w, queue, theta, now, index, n, t, -t, k, -1, horizon
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
def open_warnings(p, w, queue, theta, kf, horizon):
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
def open_tails(p, w, queue, theta, kf, horizon):
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
                t = q.tails[e].time + tail_delay(
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
def open_levers(p, w, queue, theta, kf, acts, horizon):
    """Schedule the acts of levers, in their order, each with its chance."""
    for n in range(len(acts)):
        if acts[n].time > horizon:
            continue
        kind = N_TRY if acts[n].attempt == 1 else N_LEVER
        k = mix(kf + acts[n].key)
        chance = acts[n].share
        if acts[n].chance >= 0:
            chance *= theta[acts[n].chance]
        if chance < 1.0 and unit(mix(k + K_CHANCE)) > chance:
            continue
        push_node(
            w.nodes,
            w.bucket,
            w.heap_time,
            w.heap_node,
            queue,
            acts[n].time,
            ORDER_ACT | U(n),
            k,
            kind | acts[n].stream << 12,
            -1,
            LEVER | n << 4,
        )
