"""What follows a crossing or an ask: acts, factors, open streams, answers.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.codes import (
    K_CHANCE,
    K_DELAY,
    K_REACH,
    K_TIMES,
    N_DUE,
    N_OPEN,
    N_REPLY,
    N_START,
    ORDER_CANDIDATE,
    ORDER_START,
    SHIFT2,
)
from spillover.engine.delays import delay_of
from spillover.engine.hashing import mix, sub, unit, varying, varying_after
from spillover.engine.queue import push_node
from spillover.engine.rules import condition_holds
from spillover.jit import compiled
from spillover.model.via import LINE, REPLY

__all__ = [
    "answered",
    "ask",
    "cross",
    "follow",
    "give_answer",
    "odds_of",
    "redraw_reach",
]


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
def cross(p, w, queue, theta, now, x, t, key, parent, horizon):
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
    follow(p, w, queue, theta, now, x, t, key, parent, horizon, -1.0)


@compiled
def follow(p, w, queue, theta, now, x, t, key, parent, horizon, silent):
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
    f = p.lines[x].factor
    base = t
    for o in range(n):
        ko = sub(key, o)
        fam, a, b = p.lines[x].delay, p.lines[x].delay_a, p.lines[x].delay_b
        if o == 0 and silent >= 0.0:
            second = theta[b] if fam > 0 else 0.0
            u = unit(mix(ko + K_DELAY))
            due = t + varying_after(fam, theta[a], second, silent, math.inf, u)
            due = max(due, 1e-9)
            base = due  # acts beyond the first wait from it
        else:
            due = base + delay_of(fam, a, b, theta, ko)
        if due > horizon:
            continue
        order = ORDER_START
        origin = parent
        if p.lines[x].act >= 0:
            order = ORDER_CANDIDATE
            meta = N_DUE | serial << 4 | p.lines[x].act << 12
        elif f >= 0:
            meta = N_START | f << 12
            origin = now.factors[f].epoch
        else:
            meta = N_OPEN | p.lines[x].opens << 12
        push_node(
            w.nodes,
            w.bucket,
            w.heap_time,
            w.heap_node,
            queue,
            due,
            order | (ko >> SHIFT2),
            ko,
            meta,
            origin,
            LINE | x << 4,
        )


@compiled
def odds_of(p, numbers, theta, now, a, n, t):
    """Product of the odds rules of answer ``n`` that hold just before ``t``."""
    odds = 1.0
    for o in range(p.replies[a].o0, p.replies[a].o1):
        if p.odds[o].answer == n - p.replies[a].a0 and condition_holds(
            p, numbers, now, theta, p.odds[o].condition, t
        ):
            odds *= theta[p.odds[o].times]
    return odds


@compiled
def give_answer(p, w, queue, theta, now, a, n, t, silent, key, parent, horizon):
    """Schedule answer ``n`` of reply ``a`` to an ask at ``t``, silent so far."""
    within = theta[p.replies[a].within]
    fam = p.replies[a].delay
    u = unit(mix(key + K_DELAY))
    if fam < 0:
        due = t + silent + (within - silent) * u
    else:
        b = theta[p.replies[a].delay_b] if fam > 0 else 0.0
        first = theta[p.replies[a].delay_a]
        due = t + varying_after(fam, first, b, silent, within, u)
    due = max(due, 1e-9)
    now.asked[a] = due
    if due <= horizon:
        push_node(
            w.nodes,
            w.bucket,
            w.heap_time,
            w.heap_node,
            queue,
            due,
            ORDER_CANDIDATE | (key >> SHIFT2),
            key,
            N_REPLY | p.answers[n].act << 12,
            parent,
            REPLY | n << 4,
        )


@compiled
def ask(p, w, queue, numbers, theta, now, a, t, key, parent, horizon):
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
                give_answer(p, w, queue, theta, now, a, n, t, 0.0, k, parent, horizon)
            return
