"""A second copy of a running course: an arm goes on from where it can first differ.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from spillover.engine.queue import BUCKET, FREE, HEAP, PER_DAY, USED
from spillover.engine.rules import matches
from spillover.engine.tables import LINE_ADD
from spillover.jit import compiled

__all__ = ["copy_course", "first_bucket"]


@compiled
def copy_course(p, a, b, qa, qb, n):
    """Make ``b`` what ``a`` is at the beginning of a bucket, with its ``n`` events.

    Both share the numbers, the situation at the origin and the drivers' paths of the
    draw and future. The heap is empty between buckets.
    """
    qb[FREE], qb[USED], qb[HEAP] = qa[FREE], qa[USED], qa[HEAP]
    qb[BUCKET], qb[PER_DAY] = qa[BUCKET], qa[PER_DAY]
    for i in range(min(qa[USED], len(a.nodes))):
        b.nodes[i] = a.nodes[i]
    for i in range(len(a.bucket)):
        b.bucket[i] = a.bucket[i]
    for i in range(n):
        b.events[i] = a.events[i]
    for c in range(p.n_reports):
        for i in range(n):
            b.claims[i, c] = a.claims[i, c]
    for s in range(len(a.made)):
        b.made[s] = a.made[s]
        b.by_stream[s] = a.by_stream[s]
        b.means[s] = a.means[s]
    for g in range(len(p.gauges)):
        for d in range(p.days + 1):
            b.g_day[g, d] = a.g_day[g, d]
        b.now.gauges[g] = a.now.gauges[g]
    for f in range(len(p.factors)):
        b.now.factors[f] = a.now.factors[f]
    for r in range(len(p.factor_rows)):
        b.now.obeys[r] = a.now.obeys[r]
    for s in range(len(p.states)):
        b.now.states[s] = a.now.states[s]
    for s in range(len(a.now.open_until)):
        b.now.open_until[s] = a.now.open_until[s]
    for x in range(len(p.replies)):
        b.now.asked[x] = a.now.asked[x]
    for c in range(len(a.now.seen)):
        b.now.seen[c] = a.now.seen[c]
    for x in range(len(p.lines)):
        b.now.lines[x] = a.now.lines[x]
        b.now.lines[x].head = 0
        for k in range(a.now.lines[x].size):
            at = (a.now.lines[x].head + k) % a.now.ring_time.shape[1]
            b.now.ring_time[x, k] = a.now.ring_time[x, at]
            b.now.ring_amount[x, k] = a.now.ring_amount[x, at]
        for k in range(a.now.left.shape[1]):
            b.now.left[x, k] = a.now.left[x, k]
            b.now.done[x, k] = a.now.done[x, k]


@compiled
def first_bucket(p, events, n, acts, lines, per_day, last):
    """First bucket in which an arm can differ from the course it departs from.

    That is where its first act stands, or the first of ``events`` that one of the red
    lines it arms counts; ``last`` when there is neither.

    Parameters
    ----------
    events, n
        The course it departs from.
    acts : ACT table
    lines : (m,) int64
        Red lines that only this arm arms.
    """
    found = last
    for a in range(len(acts)):
        if acts[a].time <= p.horizon:
            found = min(found, int(acts[a].time * per_day))
    if len(lines) == 0:
        return found
    for e in range(n):
        bucket = int(events[e].time * per_day)
        if bucket >= found:
            break
        s = events[e].stream
        for at in range(p.streams[s].x0, p.streams[s].x1):
            if p.reactions[at].kind != LINE_ADD:
                continue
            for k in range(len(lines)):
                if lines[k] == p.reactions[at].index and matches(
                    events[e].flags, p.reactions[at].m0, p.reactions[at].m1, p.masks
                ):
                    found = bucket
    return found
