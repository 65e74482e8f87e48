"""Calendar queue of the compiled engine: buckets of nodes, a heap for the current one.

Nodes wait in a linked list per bucket (a fraction of a day). When a bucket's turn
comes its nodes enter a binary heap ordered by time, then by order number; a node made
for the current bucket enters the heap at once. So the heap stays a handful deep
however long the path.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import numpy as np

from spillover.jit import compiled, inlined

__all__ = [
    "FREE",
    "USED",
    "heap_pop",
    "heap_push",
    "load_bucket",
    "push_at_once",
    "push_node",
]

U = np.uint64
FREE, USED, HEAP, BUCKET, PER_DAY = range(5)
"""Places in the small state array of the queue."""


@inlined
def heap_push(nodes, heap_time, heap_node, size, t, node):
    """Put ``node`` into the heap of ``size`` entries; the caller adds one."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        tu = heap_time[up]
        if tu < t or (tu == t and nodes[heap_node[up]].order <= nodes[node].order):
            break
        heap_time[at] = tu
        heap_node[at] = heap_node[up]
        at = up
    heap_time[at] = t
    heap_node[at] = node


@inlined
def heap_pop(nodes, heap_time, heap_node, size):
    """Remove the first of ``size`` entries (the caller has read it)."""
    last = size - 1
    t = heap_time[last]
    node = heap_node[last]
    at = 0
    while True:
        c = 2 * at + 1
        if c >= last:
            break
        r = c + 1
        if r < last:
            tc, tr = heap_time[c], heap_time[r]
            if tr < tc or (
                tr == tc and nodes[heap_node[r]].order < nodes[heap_node[c]].order
            ):
                c = r
        tc = heap_time[c]
        if tc > t or (tc == t and nodes[heap_node[c]].order >= nodes[node].order):
            break
        heap_time[at] = tc
        heap_node[at] = heap_node[c]
        at = c
    heap_time[at] = t
    heap_node[at] = node


def _push_node(
    nodes, bucket, heap_time, heap_node, queue, t, order, key, meta, parent, via
):
    """Make a node and let it wait; silently dropped when all nodes are in use.

    ``queue[USED]`` then passes the number of nodes, which the caller reports.
    """
    node = queue[FREE]
    if node >= 0:
        queue[FREE] = nodes[node].next
    else:
        node = queue[USED]
        queue[USED] += 1
    if node < len(nodes):
        nodes[node].time = t
        nodes[node].order = order
        nodes[node].key = key
        nodes[node].meta = meta
        nodes[node].parent = parent
        nodes[node].via = via
        b = int(t * queue[PER_DAY])
        if b <= queue[BUCKET]:
            heap_push(nodes, heap_time, heap_node, queue[HEAP], t, node)
            queue[HEAP] += 1
        else:
            nodes[node].next = bucket[b]
            bucket[b] = node


push_node = compiled(_push_node)
push_at_once = inlined(_push_node)
"""The same, for the one place where a call would cost as much as the push."""


@inlined
def load_bucket(nodes, bucket, heap_time, heap_node, queue, b):
    """Move the nodes of bucket ``b`` into the heap."""
    queue[BUCKET] = b
    node = bucket[b]
    bucket[b] = -1
    while node >= 0:
        follows = nodes[node].next
        heap_push(nodes, heap_time, heap_node, queue[HEAP], nodes[node].time, node)
        queue[HEAP] += 1
        node = follows
