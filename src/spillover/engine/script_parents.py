"""Who brought what in a history: parents and levels from their posterior.

Half of a sweep of a Gibbs sampler (`engine.background` is the other): given the
background, every event's parent is drawn with its share of the intensity (baseline, each
earlier event through each response, the acts owed by crossed lines, the answers to asks).
A level is uniform below the factor that let the event through.

References
----------
Rasmussen (2013), Bayesian inference for Hawkes processes, Methodol. Comput. Appl.
Probab. 15, doi:10.1007/s11009-011-9272-5.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.hashing import (
    mix,
    sub,
    unit,
    varying_log_density,
)
from spillover.engine.rules import matches
from spillover.engine.tables import Program
from spillover.jit import compiled
from spillover.model.via import IMMIGRANT, LINE, RECORD, REPLY, RESPONSE

__all__ = [
    "LONGEST",
    "Memory",
    "begin_memory",
    "draw_parents",
    "mean_children",
    "new_memory",
    "rates_of",
    "take_in",
]


K_LEVEL = np.uint64(0x94D049BB133111EB)
LONGEST = 24.0
"""Half-lives after which a response is over."""


class Memory(NamedTuple):
    """Scratch of `draw_parents`, and which rows bring which streams."""

    running: NDArray[np.float64]  # (parts,) rate each part of a row brings
    since: NDArray[np.float64]  # (rows,) day at which the running rates stand
    brought: NDArray[np.float64]  # (rows,)
    part_at: NDArray[np.int64]  # (rows,) first part of each row
    source: NDArray[np.int64]  # (rows,) stream whose events bring the row
    into_at: NDArray[np.int64]  # (K + 1,)
    into: NDArray[np.int64]  # rows by the stream they bring
    before: NDArray[np.int64]  # (n,) event of the same stream before; -1: none
    latest: NDArray[np.int64]  # (K,)


def new_memory(p: Program, n: int) -> Memory:
    """Scratch for histories of up to ``n`` events.

    Two streams that bring a third through one response are two rows that share their
    parts of the memory; here each row has running rates of its own.
    """
    rows, K = p.rows, len(p.streams)
    part_at = np.cumsum([0, *(rows["k1"] - rows["k0"])])
    source = np.zeros(len(rows), np.int64)
    for s in range(K):
        for q in range(int(p.streams["q0"][s]), int(p.streams["q1"][s])):
            source[p.draws["row"][q]] = s
    return Memory(
        np.zeros(int(part_at[-1])),
        np.zeros(len(rows)),
        np.zeros(len(rows)),
        part_at[:-1].astype(np.int64),
        source,
        np.searchsorted(np.sort(rows["target"]), np.arange(K + 1)).astype(np.int64),
        np.argsort(rows["target"], kind="stable").astype(np.int64),
        np.zeros(max(1, n), np.int64),
        np.zeros(K, np.int64),
    )


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
def mean_children(p, theta, flags, row):
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
    mean = mean_children(p, theta, seen[j].flags, row)
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
def _carry(p, numbers, memory, row, t):
    """Rate at F' = 1 that earlier events bring through a row at ``t``, carried there."""
    total = 0.0
    at = memory.part_at[row]
    aged = t - memory.since[row]
    for n in range(p.rows[row].k1 - p.rows[row].k0):
        held = memory.running[at + n]
        if held > 0.0:
            held *= math.exp(-numbers.kernel_rate[p.rows[row].k0 + n] * aged)
            memory.running[at + n] = held
            total += held
    memory.since[row] = t
    return total


@compiled
def _excite(p, numbers, theta, seen, j, memory):
    """Add what event ``j`` brings from now on to the rows of its stream."""
    source = seen[j].stream
    for q in range(p.streams[source].q0, p.streams[source].q1):
        row = p.draws[q].row
        if p.draws[q].layer != 0 or p.rows[row].lag >= 0:
            continue
        if not matches(seen[j].flags, p.rows[row].m0, p.rows[row].m1, p.masks):
            continue
        _carry(p, numbers, memory, row, seen[j].time)
        mean = mean_children(p, theta, seen[j].flags, row)
        at = memory.part_at[row]
        for n in range(p.rows[row].k1 - p.rows[row].k0):
            k = p.rows[row].k0 + n
            share = theta[p.kernels[k].share] if p.kernels[k].share >= 0 else 1.0
            memory.running[at + n] += mean * share * numbers.kernel_rate[k]


@compiled
def _excited(p, numbers, theta, script, k, row, memory):
    """Rate that earlier events bring to event ``k`` through one row, at F' = 1."""
    seen = script.seen
    if seen[k].flags & p.rows[row].flags != p.rows[row].flags:
        return 0.0
    if p.rows[row].lag < 0:
        return _carry(p, numbers, memory, row, seen[k].time)
    total = 0.0  # no running sum: the memory begins later
    j = memory.latest[memory.source[row]]
    while j >= 0:
        total += _by_response(p, numbers, theta, script, k, j, row)
        j = memory.before[j]
    return total


@compiled
def _parent(p, numbers, theta, script, k, row, goal, memory):
    """Event that brought ``k`` through a row: where their sum, latest first, meets ``goal``.

    The last that brings anything where rounding leaves the sum below it.
    """
    found, at = -1, 0.0
    j = memory.latest[memory.source[row]]
    while j >= 0:
        part = _by_response(p, numbers, theta, script, k, j, row)
        if part > 0.0:
            found = j
            at += part
            if at >= goal:
                break
        j = memory.before[j]
    return found


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
def begin_memory(memory):
    """Before the first event."""
    memory.running[:] = 0.0
    memory.since[:] = 0.0
    memory.latest[:] = -1


@compiled
def rates_of(p, w, theta, script, levels, first, k, memory):
    """Rates that bring event ``k``: baseline, acts owed, what earlier events bring.

    ``memory`` stands after all earlier events (`take_in`); ``first`` is the earliest
    event that may still owe anything.
    """
    numbers, seen = w.numbers, script.seen
    s = seen[k].stream
    day = min(int(seen[k].time), p.days - 1)
    weekday = (p.weekday0 + day) % 7
    own = numbers.mu[s] * numbers.week[s, weekday] * math.exp(levels[s, day])
    own *= script.factor[k, 0]
    due = script.factor[k, 2]
    owed, _, _ = _owed(p, theta, script, k, first, due, 0.0, 1e300)
    excited = 0.0
    for at in range(memory.into_at[s], memory.into_at[s + 1]):
        row = memory.into[at]
        memory.brought[row] = script.factor[k, 1] * _excited(
            p, numbers, theta, script, k, row, memory
        )
        excited += memory.brought[row]
    return own, owed, excited


@compiled
def take_in(p, w, theta, script, k, memory):
    """Event ``k`` happened: what it brings from now on."""
    s = script.seen[k].stream
    memory.before[k] = memory.latest[s]
    memory.latest[s] = k
    _excite(p, w.numbers, theta, script.seen, k, memory)


@compiled
def draw_parents(p, w, theta, script, levels, slowest, key, memory):
    """Draw a parent and a level for every event of the script.

    What earlier events bring is a running sum for each row; the row is drawn first,
    then the event among those of its stream, from the latest back: seldom many steps.

    Parameters
    ----------
    levels : (K, days)
        Log of the background of each stream.
    slowest : float
        Longest half-life of any response, delay or wait, in days.
    key : uint64
    memory : Memory
        Scratch.
    """
    seen = script.seen
    first = 0
    begin_memory(memory)
    for k in range(script.size[0]):
        s = seen[k].stream
        while seen[first].time < seen[k].time - LONGEST * slowest:
            first += 1
        own, owed, excited = rates_of(p, w, theta, script, levels, first, k, memory)
        kept, due = script.factor[k, 1], script.factor[k, 2]
        seen[k].parent = -1
        seen[k].via = IMMIGRANT | s << 4
        seen[k].level = 0.0
        total = own + owed + excited
        goal = total * unit(sub(key, k))
        u = unit(mix(sub(key, k) + K_LEVEL))
        if total <= 0.0:  # the case does not say how it came: it stays
            seen[k].via = RECORD
        elif goal <= own:
            seen[k].level = u * script.factor[k, 0]
        elif goal <= own + owed:
            _, up, code = _owed(p, theta, script, k, first, due, own, goal)
            if up >= 0:
                seen[k].parent, seen[k].via = up, code
                if code & 15 == LINE:
                    seen[k].level = u * due
        else:
            goal -= own + owed
            for at in range(memory.into_at[s], memory.into_at[s + 1]):
                row = memory.into[at]
                if goal > memory.brought[row] and at + 1 < memory.into_at[s + 1]:
                    goal -= memory.brought[row]
                    continue
                up = _parent(p, w.numbers, theta, script, k, row, goal / kept, memory)
                if up >= 0:
                    seen[k].parent, seen[k].via = up, RESPONSE | row << 4
                    seen[k].level = u * kept
                else:  # it fell between rounding errors
                    seen[k].level = u * script.factor[k, 0]
                break
        take_in(p, w, theta, script, k, memory)
