"""How well a simulated situation fits a history: its log likelihood, parents summed out.

The same history is played in many worlds: who obeys, how long a word holds, after how
long it begins, where a line lies are drawn anew in each. The rates of its events and
what was to be expected in all then tell which worlds it came from.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.hashing import varying_cdf
from spillover.engine.rules import matches
from spillover.engine.script_parents import (
    LONGEST,
    begin_memory,
    mean_children,
    rates_of,
    take_in,
)
from spillover.jit import compiled

__all__ = ["log_likelihood"]

LEAST = 1e-5
"""Rate a day of what the case does not explain."""


@compiled
def _expected_immigrants(p, w, script, levels):
    """Expected number of events nobody brings, by midnights."""
    total = 0.0
    for s in range(len(p.streams)):
        if w.numbers.mu[s] <= 0.0:
            continue
        for d in range(p.days):
            f = 0.5 * (script.held[s, d] + script.held[s, min(d + 1, p.days - 1)])
            weekday = (p.weekday0 + d) % 7
            mu = w.numbers.mu[s] * w.numbers.week[s, weekday]
            total += mu * math.exp(levels[s, d]) * f
    return total


@compiled
def _expected_offspring(p, w, theta, script, memory):
    """Expected number of events that those seen bring, each day at its F'."""
    total = 0.0
    seen, n = script.seen, script.size[0]
    memory.running[:] = 0.0
    k = 0
    for d in range(p.days):
        memory.brought[:] = 0.0  # that the day brings
        for row in range(len(p.rows)):
            at = memory.part_at[row]
            for i in range(p.rows[row].k1 - p.rows[row].k0):
                held = memory.running[at + i]
                if held > 0.0:
                    left = held * math.exp(-w.numbers.kernel_rate[p.rows[row].k0 + i])
                    memory.brought[row] += held - left
                    memory.running[at + i] = left
        while k < n and seen[k].time < d + 1.0:
            source = seen[k].stream
            for q in range(p.streams[source].q0, p.streams[source].q1):
                row = p.draws[q].row
                if p.draws[q].layer != 0:
                    continue
                if not matches(seen[k].flags, p.rows[row].m0, p.rows[row].m1, p.masks):
                    continue
                mean = mean_children(p, theta, seen[k].flags, row)
                at = memory.part_at[row]
                for i in range(p.rows[row].k1 - p.rows[row].k0):
                    part = p.rows[row].k0 + i
                    own = (
                        theta[p.kernels[part].share]
                        if p.kernels[part].share >= 0
                        else 1.0
                    )
                    rate = w.numbers.kernel_rate[part]
                    left = mean * own * math.exp(-rate * (d + 1.0 - seen[k].time))
                    memory.brought[row] += mean * own - left
                    memory.running[at + i] += left
            k += 1
        for row in range(len(p.rows)):
            s = p.rows[row].target
            f = 0.5 * (script.kept[s, d] + script.kept[s, min(d + 1, p.days - 1)])
            total += memory.brought[row] * f
    return total


@compiled
def _expected_owed(p, theta, script):
    """Expected number of acts that crossed lines owe, and of answers to asks."""
    total = 0.0
    for k in range(script.size[0]):
        left = p.days - script.seen[k].time
        for x in range(len(p.lines)):
            if script.was_crossed[k, x] == 0 or p.lines[x].act < 0:
                continue
            told = 1.0
            if p.lines[x].delay >= 0:
                b = theta[p.lines[x].delay_b] if p.lines[x].delay > 0 else 0.0
                told = varying_cdf(p.lines[x].delay, theta[p.lines[x].delay_a], b, left)
            total += theta[p.lines[x].chance] * told
        for a in range(len(p.replies)):
            if script.was_asked[k, a] == 0:
                continue
            told = min(1.0, left / theta[p.replies[a].within])
            for n in range(p.replies[a].a0, p.replies[a].a1):
                if p.answers[n].act >= 0 and p.answers[n].chance >= 0:
                    total += theta[p.answers[n].chance] * told
    return total


@compiled
def log_likelihood(p, w, theta, script, levels, slowest, memory):
    """Log likelihood of the script after a pass as seen, in the world of that pass.

    What a day brings is weighed with the mean of F at its two midnights; what lines and
    asks owe counts as Poisson.

    Parameters
    ----------
    levels, slowest, memory
        As in `engine.script_parents.draw_parents`.
    """
    total = -_expected_immigrants(p, w, script, levels)
    total -= _expected_offspring(p, w, theta, script, memory)
    total -= _expected_owed(p, theta, script)
    first = 0
    begin_memory(memory)
    for k in range(script.size[0]):
        while script.seen[first].time < script.seen[k].time - LONGEST * slowest:
            first += 1
        own, owed, excited = rates_of(p, w, theta, script, levels, first, k, memory)
        total += math.log(max(LEAST, own + owed + excited))
        take_in(p, w, theta, script, k, memory)
    return total
