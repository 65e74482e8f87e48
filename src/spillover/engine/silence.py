"""What a question without an answer still is at the origin, and what it weighs.

Asks, crossed lines and warnings of the past: answered by a record, or silent so far;
then the answer still comes with chance q S / (1 - q + q S), and the silence itself
weighs the draw by 1 - q + q S (docs/model.md).

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

from spillover.engine.following import odds_of
from spillover.engine.hashing import varying_cdf, varying_log_density
from spillover.jit import compiled

__all__ = ["first_act", "past_ask", "past_warnings", "silent_line"]


@compiled
def first_act(e_time, e_stream, e_flags, stream, flags, first, low, high):
    """First event from index ``first`` on matching an act with time in (low, high]."""
    for i in range(first, len(e_time)):
        if e_time[i] > high:
            return -1
        if e_time[i] > low and e_stream[i] == stream and e_flags[i] & flags == flags:
            return i
    return -1


@compiled
def silent_line(p, q, theta, x, c, key, chance):
    """A crossing at ``c`` whose act has not come: returns its log weight."""
    fam = p.lines[x].delay
    alive = 0.0
    if fam >= 0:
        b = theta[p.lines[x].delay_b] if fam > 0 else 0.0
        alive = 1.0 - varying_cdf(fam, theta[p.lines[x].delay_a], b, -c)
    silence = 1.0 - chance + chance * alive
    e = q.n[0]
    q.entries[e].kind = 1
    q.entries[e].index = x
    q.entries[e].time = c
    q.entries[e].key = key
    q.entries[e].chance = chance * alive / silence if silence > 0.0 else 0.0
    q.n[0] = e + 1
    return math.log(max(silence, 1e-12)) if p.lines[x].weigh == 1 else 0.0


@compiled
def cut_cdf(p, theta, a, d):
    """Distribution function of the time of an answer, cut to ``within``."""
    within = theta[p.replies[a].within]
    if d >= within:
        return 1.0
    fam = p.replies[a].delay
    if fam < 0:
        return d / within
    b = theta[p.replies[a].delay_b] if fam > 0 else 0.0
    whole = varying_cdf(fam, theta[p.replies[a].delay_a], b, within)
    return varying_cdf(fam, theta[p.replies[a].delay_a], b, d) / max(whole, 1e-12)


@compiled
def cut_log_density(p, theta, a, d):
    within = theta[p.replies[a].within]
    fam = p.replies[a].delay
    if fam < 0:
        return -math.log(within)
    b = theta[p.replies[a].delay_b] if fam > 0 else 0.0
    whole = varying_cdf(fam, theta[p.replies[a].delay_a], b, within)
    return varying_log_density(fam, theta[p.replies[a].delay_a], b, d) - math.log(
        max(whole, 1e-12)
    )


@compiled
def past_ask(p, q, numbers, theta, now, a, t, key, i, used, e_time, e_stream, e_flags):
    """An ask before the origin: answered by a record, silent, or still open."""
    if now.asked[a] > t:
        return 0.0
    within = theta[p.replies[a].within]
    low, high = p.replies[a].a0, p.replies[a].a1
    chances = q.chances
    given = 0.0
    for n in range(low, high):
        if p.answers[n].chance >= 0:
            given += theta[p.answers[n].chance]
    rest = max(0.0, 1.0 - given)
    total = rest
    for n in range(low, high):
        chance = theta[p.answers[n].chance] if p.answers[n].chance >= 0 else rest
        odds = odds_of(p, numbers, theta, now, a, n, t)
        chances[n - low] = chance * odds
        total += chance * odds if p.answers[n].chance >= 0 else chance * (odds - 1.0)
    acts = 0.0
    best = -1
    for n in range(low, high):
        chances[n - low] /= max(total, 1e-12)
        if p.answers[n].act < 0:
            continue
        acts += chances[n - low]
        first = max(i + 1, used[a] + 1)
        found = first_act(
            e_time,
            e_stream,
            e_flags,
            p.answers[n].act,
            p.answers[n].flags,
            first,
            t,
            min(t + within, -1e-12),
        )
        if found >= 0 and (best < 0 or found < best):
            best = found
            answer = n
    weigh = p.replies[a].weigh == 1
    if best >= 0:
        used[a] = best
        now.asked[a] = e_time[best]
        if not weigh:
            return 0.0
        return math.log(max(chances[answer - low], 1e-12)) + cut_log_density(
            p, theta, a, e_time[best] - t
        )
    now.asked[a] = t + within
    d = -t
    alive = 1.0 - cut_cdf(p, theta, a, d)
    silence = 1.0 - acts + acts * alive
    if d < within:
        e = q.n[0]
        q.entries[e].kind = 2
        q.entries[e].index = a
        q.entries[e].time = t
        q.entries[e].key = key
        for n in range(low, high):
            q.answers[e, n - low] = chances[n - low] * alive / max(silence, 1e-12)
        q.n[0] = e + 1
    return math.log(max(silence, 1e-12)) if weigh else 0.0


@compiled
def past_warnings(p, q, theta, e_time, e_stream, e_flags):
    """Chances that the warnings' acts still come; returns the log weight."""
    logw = 0.0
    for v in range(len(p.warnings)):
        rate = (
            0.6931471805599453 / theta[p.warnings[v].fades]
            if p.warnings[v].fades >= 0
            else 0.0
        )
        issued, by = p.warnings[v].issued, p.warnings[v].by
        for part in range(2):
            q.warn[v, part] = 0.0
            if part == 1 and p.warnings[v].after < 0:
                continue
            chance = (
                theta[p.warnings[v].chance] if part == 0 else theta[p.warnings[v].after]
            )
            since = issued if part == 0 else by
            until = by if part == 0 else math.inf
            found = -1
            if since < 0.0:
                found = first_act(
                    e_time,
                    e_stream,
                    e_flags,
                    p.warnings[v].act,
                    p.warnings[v].flags,
                    0,
                    since,
                    min(until, -1e-12),
                )
            if found >= 0:
                if part == 0 and by < 1e299:
                    logw += math.log(max(chance / (by - issued), 1e-12))
                else:
                    logw += math.log(max(chance * rate, 1e-12)) - rate * (
                        e_time[found] - since
                    )
                continue
            if part == 0 and by < 1e299:
                left = (
                    (by - max(issued, 0.0)) / (by - issued)
                    if by > max(issued, 0.0)
                    else 0.0
                )
            else:
                left = math.exp(-rate * max(0.0, -since))
            silence = 1.0 - chance + chance * left
            q.warn[v, part] = chance * left / max(silence, 1e-12)
            logw += math.log(max(silence, 1e-12))
    return logw
