"""The past of one draw, plainly: what it leaves in force, open and owing at 0.

Events before the origin have every effect, but they bring no children before it (the
records are what happened). A crossing or an ask that a record answers weighs the draw
by the density of that answer; one that stays silent weighs it by the chance of the
silence, and keeps its answer pending with the chance that is left:

    q S(d) / (1 - q + q S(d))

for chance q and survival S of the delay after d silent days (docs/model.md).

This file must never import a case or the compiled engine.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.engine.plain_law import (
    beyond,
    cdf,
    log_density,
    quantile,
    survival,
    whole,
)
from spillover.engine.thinning_state import (
    CANDIDATE,
    TRANSITION,
    Due,
    Event,
    LineNow,
    Numbers,
    Occurrence,
    OpenStream,
    StartFactor,
    TurnOn,
    Wake,
    World,
    answered,
    chance_of_line,
    gauge_level,
    happen,
    new_numbers,
    put,
    redraw_threshold,
    reply_chances,
    transition,
    turn_on,
)
from spillover.model.closed_forms import bases
from spillover.model.history import History
from spillover.model.structure import ABSENT, Act, Model
from spillover.model.via import LINE, REPLY, via

__all__ = ["Settled", "answer_time", "delay_beyond", "settle"]

NEVER = 1e-12
"""Chances below it count as this in log weights."""
LATEST_SHARE = 0.999
"""An answer counts as one up to this point of its delay."""


@dataclass(frozen=True)
class Settled:
    """A draw brought to the origin.

    Attributes
    ----------
    numbers, world
        The draw and its situation at 0.
    warned : (warnings, 2)
        Chance that the act, or the one after the deadline, still comes.
    log_weight
        Log weight of the draw given what the past answered and left silent.
    """

    numbers: Numbers
    world: World
    warned: list[tuple[float, float]]
    log_weight: float


def _log(p: float) -> float:
    return math.log(max(p, NEVER))


def delay_beyond(n: Numbers, x: int, silent: float, rng: np.random.Generator) -> float:
    """Delay of line ``x`` given that it is longer than ``silent`` days."""
    delay = n.model.red_lines[x].delay
    if delay is None:
        return silent
    return beyond(delay, n.theta, silent, 1.0 - rng.random())


def _cut(n: Numbers, a: int, d: float) -> float:
    """Distribution function of the time of an answer at ``d``, cut to ``within``."""
    reply = n.model.replies[a]
    within = n.theta[reply.within]
    if d >= within:
        return 1.0
    if reply.delay is None:
        return d / within
    most = cdf(reply.delay, n.theta, within)
    return cdf(reply.delay, n.theta, d) / most if most > 0.0 else 0.0


def answer_time(n: Numbers, a: int, silent: float, u: float) -> float:
    """Time of an answer in (silent, within], by inversion of ``u`` in (0, 1]."""
    reply = n.model.replies[a]
    within = n.theta[reply.within]
    if reply.delay is None:
        return silent + (within - silent) * u
    low = cdf(reply.delay, n.theta, silent) if silent > 0.0 else 0.0
    most = cdf(reply.delay, n.theta, within)
    if most <= low:
        return within
    time = quantile(reply.delay, n.theta, low + (most - low) * u)
    return min(max(time, silent), within)


def _log_cut_density(n: Numbers, a: int, d: float) -> float:
    reply = n.model.replies[a]
    within = n.theta[reply.within]
    if reply.delay is None:
        return -math.log(within)
    most = cdf(reply.delay, n.theta, within)
    return log_density(reply.delay, n.theta, d) - _log(most)


class _Pass:
    """One pass over the past: what is found, used, owed, and the weight so far."""

    def __init__(
        self, n: Numbers, w: World, past: History, rng: np.random.Generator
    ) -> None:
        self.n, self.w, self.past, self.rng = n, w, past, rng
        self.log_weight = 0.0
        self.used: dict[tuple[str, int], set[int]] = {}
        self.answers: dict[int, list[int]] = {}
        """Lines that the record answers."""

    def find(
        self, element: tuple[str, int], acts: Sequence[Act], low: float, high: float
    ) -> tuple[int, int] | None:
        """First unused record in (low, high], before 0, that matches one of the acts.

        Returns its index and which act it matches.
        """
        used, past = self.used.setdefault(element, set()), self.past
        first = int(np.searchsorted(past.time, low, side="right"))
        for i in range(first, len(past)):
            if past.time[i] > high or past.time[i] >= 0.0:
                return None
            if i in used:
                continue
            for k, act in enumerate(acts):
                same = past.stream[i] == act.stream
                if same and int(past.flags[i]) & act.flags == act.flags:
                    used.add(i)
                    return i, k
        return None

    def crossed(self, x: int, e: Event) -> None:
        """Line ``x`` was crossed at ``e.time`` before the origin."""
        n, w, rng = self.n, self.w, self.rng
        line, now, c = n.model.red_lines[x], w.lines[x], e.time
        q = chance_of_line(n, w, x)
        if line.act is None:
            if rng.random() >= q:
                now.unanswered += 1
                return
            wait = 0.0
            if line.delay is not None:
                wait = max(0.0, quantile(line.delay, n.theta, 1.0 - rng.random()))
            item: StartFactor | OpenStream = OpenStream(x)
            if line.factor is not None:
                item = StartFactor(line.factor, w.epochs[line.factor], x)
            put(w, c + wait, TRANSITION, item)
            return
        latest = 0.0
        if line.delay is not None:
            latest = quantile(line.delay, n.theta, LATEST_SHARE)
        found = self.find(("line", x), (line.act,), c, c + latest)
        if found is not None:
            i, _ = found
            self.answers.setdefault(i, []).append(x)
            if line.weigh_past:
                self.log_weight += _log(q)
                if line.delay is not None:
                    d = float(self.past.time[i]) - c
                    self.log_weight += log_density(line.delay, n.theta, d)
            if line.times is not None:
                for _ in range(whole(line.times, n.theta, rng) - 1):
                    self.find(("line", x), (line.act,), c, c + latest)
            return
        self.silent(x, c, q)

    def silent(self, x: int, c: float, q: float) -> None:
        """No record answers the crossing at ``c``: its act may still come."""
        n, w, rng = self.n, self.w, self.rng
        line = n.model.red_lines[x]
        assert line.act is not None
        left = 0.0
        if line.delay is not None:
            left = survival(line.delay, n.theta, -c)
        silence = 1.0 - q + q * left
        if line.weigh_past:
            self.log_weight += _log(silence)
        if silence <= 0.0 or rng.random() >= q * left / silence:
            w.lines[x].unanswered += 1
            return
        first = max(0.0, c + delay_beyond(n, x, -c, rng))
        acts = whole(line.times, n.theta, rng)
        occurrence = Occurrence(x, acts)
        for k in range(acts):
            due = first
            if k > 0 and line.delay is not None:
                due += max(0.0, quantile(line.delay, n.theta, 1.0 - rng.random()))
            act = Due(
                line.act.stream, line.act.flags, -1, via(LINE, x), True, occurrence
            )
            put(w, due, CANDIDATE, act)

    def asked(self, a: int, e: Event, chances: list[float]) -> None:
        """Reply ``a`` was asked at ``e.time`` before the origin."""
        n, w, rng = self.n, self.w, self.rng
        reply, t = n.model.replies[a], e.time
        within = n.theta[reply.within]
        acting = [k for k, x in enumerate(reply.answers) if x.act is not None]
        acts = [x.act for x in reply.answers if x.act is not None]
        found = self.find(("reply", a), acts, t, t + within)
        if found is not None:
            i, k = found
            w.asked_until[a] = float(self.past.time[i])
            if reply.weigh_past:
                d = float(self.past.time[i]) - t
                self.log_weight += _log(chances[acting[k]]) + _log_cut_density(n, a, d)
            return
        w.asked_until[a] = t + within
        total = sum(chances[k] for k in acting)
        left = 1.0 - _cut(n, a, -t)
        silence = 1.0 - total + total * left
        if reply.weigh_past:
            self.log_weight += _log(silence)
        if silence <= 0.0:
            return
        u = rng.random() * silence
        for k in acting:
            u -= chances[k] * left
            if u < 0.0:
                due = max(0.0, t + answer_time(n, a, -t, 1.0 - rng.random()))
                w.asked_until[a] = due
                act = reply.answers[k].act
                assert act is not None
                item = Due(act.stream, act.flags, -1, via(REPLY, a), False)
                put(w, due, CANDIDATE, item)
                return

    def warned(self) -> list[tuple[float, float]]:
        """Chances that the warnings' acts still come."""
        out = []
        for v, warn in enumerate(self.n.model.warnings):
            chances = [0.0, 0.0]
            parts = [(warn.chance, warn.issued, warn.by)]
            if warn.after != ABSENT and warn.by is not None:
                parts.append((warn.after, warn.by, None))
            for k, (slot, since, by) in enumerate(parts):
                p = self.n.theta[slot]
                rate = 0.0
                if by is None:
                    rate = math.log(2.0) / self.n.theta[warn.fades]
                until = 0.0 if by is None else by
                found = self.find((f"warning {k}", v), (warn.act,), since, until)
                if found is not None:
                    d = float(self.past.time[found[0]]) - since
                    density = (
                        rate * math.exp(-rate * d) if by is None else 1.0 / (by - since)
                    )
                    self.log_weight += _log(p * density)
                    continue
                if by is None:
                    left = math.exp(-rate * max(0.0, -since))
                else:
                    left = max(0.0, by - max(since, 0.0)) / (by - since)
                silence = 1.0 - p + p * left
                self.log_weight += _log(silence)
                chances[k] = p * left / silence if silence > 0.0 else 0.0
            out.append((chances[0], chances[1]))
        return out


def settle(
    model: Model,
    theta: Sequence[float] | NDArray[np.float64],
    past: History | None,
    rng: np.random.Generator,
) -> Settled:
    """Bring one draw to the origin.

    Parameters
    ----------
    model
        The structure.
    theta : (slots,)
        The numbers of the draw.
    past
        Events before 0, exact; None for none.
    rng
        Randomness of the draw.

    Returns
    -------
    Settled
        The situation at 0 and the log weight of the draw.
    """
    records = History.empty(len(model.reports)) if past is None else past
    n = new_numbers(model, theta, [float(m) for m in bases(model, np.asarray(theta))])
    begin = float(records.time[0]) if len(records) else 0.0
    w = World(
        gauges=[
            (0.0 if g.start == ABSENT else n.theta[g.start], begin)
            for g in model.gauges
        ],
        peaks=[0.0 if g.start == ABSENT else n.theta[g.start] for g in model.gauges],
        factors=[None] * len(model.factors),
        epochs=[0] * len(model.factors),
        on_until=[-math.inf] * len(model.states),
        open_until=[-math.inf] * len(model.streams),
        lines=[LineNow() for _ in model.red_lines],
        asked_until=[-math.inf] * len(model.replies),
        last={},
        strength=[[0.0] * len(parts) for parts in n.kernels],
        strength_at=begin,
        parents=[[] for _ in model.responses],
    )
    for s, state in enumerate(model.states):
        if state.initially and state.since is None:
            turn_on(n, w, s, begin, 0.0, rng)
        elif state.initially and state.since is not None:
            put(w, state.since, TRANSITION, TurnOn(s))
    for x, line in enumerate(model.red_lines):
        if line.times_past_peak == ABSENT:
            redraw_threshold(n, w, x, rng)
    for f, factor in enumerate(model.factors):
        if factor.until is not None:
            put(w, factor.until, TRANSITION, Wake())
        for low, high in factor.in_force:
            at = low + (high - low) * rng.random()
            put(w, at, TRANSITION, StartFactor(f, None))

    go = _Pass(n, w, records, rng)
    for t, _, do in _timeline(go):
        _reach(n, w, t, rng)
        do()
        for g in range(len(model.gauges)):
            w.peaks[g] = max(w.peaks[g], w.gauges[g][0])
    _reach(n, w, 0.0, rng)
    for g, gauge in enumerate(model.gauges):
        w.peaks[g] = max(w.peaks[g], 1e-9)
        if gauge.at_origin != ABSENT:
            w.gauges[g] = (n.theta[gauge.at_origin], 0.0)
        else:
            w.gauges[g] = (gauge_level(n, w, g, 0.0), 0.0)
    for x, line in enumerate(model.red_lines):
        if line.times_past_peak != ABSENT:
            redraw_threshold(n, w, x, rng)
    warned = go.warned()
    return Settled(n, w, warned, go.log_weight)


def _reach(n: Numbers, w: World, t: float, rng: np.random.Generator) -> None:
    """Carry out the transitions due up to ``t``; acts due wait for the future."""
    kept = []
    while w.agenda and w.agenda[0][0] <= t:
        entry = heapq.heappop(w.agenda)
        if isinstance(entry[3], Due):
            kept.append(entry)
        else:
            transition(n, w, entry[3], entry[0], rng)
    for entry in kept:
        put(w, entry[0], entry[1], entry[3])


def _timeline(go: _Pass) -> list[tuple[float, int, Callable[[], None]]]:
    """What happens before 0, in time order."""
    n, w, rng, past = go.n, go.w, go.rng, go.past
    items: list[tuple[float, int, Callable[[], None]]] = []

    def record(i: int) -> Callable[[], None]:
        def do() -> None:
            for x in go.answers.get(i, ()):
                answered(n, w, x, rng)
            event = Event(
                float(past.time[i]),
                int(past.stream[i]),
                int(past.flags[i]),
                int(past.deaths[i]),
                int(past.injured[i]),
                -1,
            )
            happen(n, w, event, rng, go.crossed, go.asked)

        return do

    def crossing(x: int, c: float) -> Callable[[], None]:
        def do() -> None:
            event = Event(c, -1, 0, 0, 0, -1)
            w.lines[x].resting = True
            if n.model.red_lines[x].act is None:
                go.crossed(x, event)
            else:
                go.silent(x, c, chance_of_line(n, w, x))

        return do

    def ask(a: int, t: float) -> Callable[[], None]:
        def do() -> None:
            if w.asked_until[a] <= t:
                event = Event(t, -1, 0, 0, 0, -1)
                go.asked(a, event, reply_chances(n, w, a, t))

        return do

    for x, line in enumerate(n.model.red_lines):
        items += [(c, 1, crossing(x, c)) for c in line.pending]
    for a, reply in enumerate(n.model.replies):
        items += [(t, 1, ask(a, t)) for t in reply.pending]
    items += [(float(past.time[i]), 2, record(i)) for i in range(len(past))]
    items.sort(key=lambda item: item[:2])
    return items
