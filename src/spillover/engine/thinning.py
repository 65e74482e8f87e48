"""The plain simulator: Ogata's thinning, event by event. The specification.

Between two *moments* (an event, a midnight, a transition) every rate stays under a
bound worked out at the first; candidates come as a Poisson process at the bound and
one is kept with chance rate / bound. It is slow and meant to be read; the compiled
branching engine must have the same law (docs/validation.md).

References
----------
Ogata (1981), On Lewis' simulation method for point processes, IEEE Trans. Inf. Theory
27, doi:10.1109/TIT.1981.1056305.
Lewis & Shedler (1979), Simulation of nonhomogeneous Poisson processes by thinning,
Naval Res. Logist. 26, doi:10.1002/nav.3800260304.

This file must never import a case or the compiled engine.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spillover.engine.past_plain import Settled, answer_time, settle
from spillover.engine.plain_law import (
    claims_of,
    driver_levels,
    marks_of,
    quantile,
    whole,
)
from spillover.engine.thinning_state import (
    CANDIDATE,
    SCHEDULED,
    TRANSITION,
    Due,
    Event,
    Numbers,
    Occurrence,
    OpenStream,
    StartFactor,
    World,
    answered,
    chance_of_line,
    fading,
    gauge_level,
    happen,
    in_force,
    put,
    shape,
    strength_of,
    transition,
)
from spillover.errors import RunError
from spillover.model.closed_forms import caps
from spillover.model.history import History
from spillover.model.structure import ABSENT, FactorRow, Model, ScheduledAct
from spillover.model.via import IMMIGRANT, LEVER, LINE, REPLY, RESPONSE, WARNING, via

__all__ = ["log_weight", "simulate"]

SLACK = 1.0 + 1e-9


def _draw_rng(seed: int, draw: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(draw,)))


def _future_rng(seed: int, draw: int, future: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(draw, future)))


def simulate(
    model: Model,
    theta: NDArray[np.float64],
    *,
    past: History | None = None,
    acts: Sequence[ScheduledAct] = (),
    seed: int = 0,
    draw: int = 0,
    futures: int = 1,
    first_future: int = 0,
    max_events: int = 100_000,
) -> list[History]:
    """Simulate futures of one draw, keeping every event.

    Parameters
    ----------
    model
        The structure.
    theta : (slots,)
        The numbers of the draw.
    past
        Events before the origin, exact; None for none.
    acts
        Acts that levers schedule.
    seed, draw, first_future, futures
        Future m of draw d is the same whatever else is asked for.
    max_events
        Most events of one future.

    Returns
    -------
    list of History
        One per future, times in (0, horizon].

    Raises
    ------
    RunError
        When a future has more than ``max_events`` events or a factor passes its cap.
    """
    settled = settle(model, theta, past, _draw_rng(seed, draw))
    out = []
    for m in range(first_future, first_future + futures):
        rng = _future_rng(seed, draw, m)
        out.append(
            _Course(settled, acts, rng, f"future {m} of draw {draw}", max_events).run()
        )
    return out


def log_weight(
    model: Model,
    theta: NDArray[np.float64],
    past: History | None,
    *,
    seed: int = 0,
    draw: int = 0,
) -> float:
    """Log weight of a draw given what the past answered and left silent."""
    return settle(model, theta, past, _draw_rng(seed, draw)).log_weight


# ---- the product of factors ----------------------------------------------------------


def _row_size(n: Numbers, row: FactorRow) -> float:
    """C (x - 1) of a row."""
    c = 1.0 if row.compliance == ABSENT else n.theta[row.compliance]
    return c * (n.theta[row.factor] - 1.0)


def _saturation(n: Numbers, w: World, item: int, t: float) -> float:
    """Level / (level + half_at) of a gauge factor."""
    g = n.model.gauge_factors[item]
    level = gauge_level(n, w, g.gauge, t)
    return level / (level + n.theta[g.half_at])


def _is_open(n: Numbers, w: World, i: int, t: float) -> bool:
    return not n.model.streams[i].dormant or t < w.open_until[i]


def product(n: Numbers, w: World, i: int, flags: int, t: float, kind: int) -> float:
    """F of a candidate of stream ``i`` with ``flags`` just before ``t``.

    ``kind`` IMMIGRANT takes every row; RESPONSE (offspring) leaves out the values
    above one, unless the factor says `offspring`, and the rows that hold a driver;
    any other kind (acts due) leaves out the rows that hold a driver.
    """
    if not _is_open(n, w, i, t):
        return 0.0
    total = 1.0
    values = []
    for f, row, k in n.held[i]:
        running = w.factors[f]
        if running is None or flags & row.require != row.require:
            continue
        if running.obeys[k]:
            value = 1.0 + _row_size(n, row) * shape(n, w, f, t)
            values.append((value, row, n.model.factors[f].offspring))
    for g, row in n.gauged[i]:
        if flags & row.require == row.require:
            value = 1.0 + _row_size(n, row) * _saturation(n, w, g, t)
            values.append((value, row, n.model.gauge_factors[g].offspring))
    for value, row, offspring in values:
        if row.power != ABSENT:
            if kind == IMMIGRANT:
                total *= value ** n.theta[row.power]
        elif kind != RESPONSE or value <= 1.0 or offspring:
            total *= value
    return total


def bounds(n: Numbers, w: World, i: int, t: float, end: float) -> tuple[float, float]:
    """Upper bounds over [t, end) of F for immigrants and for offspring of ``i``.

    Nothing starts, ends or is masked inside, so every value moves one way (restraints
    fade up to 1, raises down to 1, gauges decay) and its maximum is at one end. Rows
    of one factor exclude each other; a row that asks for flags may not apply at all.
    """
    if not _is_open(n, w, i, t):
        return 0.0, 0.0
    immigrants, offspring = 1.0, 1.0
    highest: dict[tuple[bool, int], tuple[float, float]] = {}

    def take(
        at: tuple[bool, int], row: FactorRow, values: list[float], raises: bool
    ) -> None:
        power = 1.0 if row.power == ABSENT else n.theta[row.power]
        f = max(v**power for v in values)
        kept = max(values) if row.power == ABSENT else 1.0
        if not raises:
            kept = min(kept, 1.0)
        if row.require:
            f, kept = max(f, 1.0), max(kept, 1.0)
        old = highest.get(at)
        highest[at] = (f, kept) if old is None else (max(f, old[0]), max(kept, old[1]))

    for f, row, k in n.held[i]:
        running = w.factors[f]
        if running is None or not running.obeys[k] or not in_force(n, w, f, t):
            if running is not None:
                take((True, f), row, [1.0], False)
            continue
        size = _row_size(n, row)
        values = [1.0 + size * fading(n, running, f, s) for s in (t, end)]
        take((True, f), row, values, n.model.factors[f].offspring)
    for g, row in n.gauged[i]:
        size = _row_size(n, row)
        values = [1.0 + size * _saturation(n, w, g, s) for s in (t, end)]
        take((False, g), row, values, n.model.gauge_factors[g].offspring)
    for f_most, kept_most in highest.values():
        immigrants *= f_most
        offspring *= kept_most
    return immigrants, offspring


# ---- one course ------------------------------------------------------------------------


@dataclass
class _Rows:
    """Events so far, column by column."""

    time: list[float] = field(default_factory=list)
    stream: list[int] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    deaths: list[int] = field(default_factory=list)
    injured: list[int] = field(default_factory=list)
    claims: list[list[int]] = field(default_factory=list)
    key: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    via: list[int] = field(default_factory=list)

    def history(self, reports: int) -> History:
        n = len(self.time)
        return History(
            np.array(self.time, np.float64),
            np.array(self.stream, np.int64),
            np.array(self.flags, np.uint64),
            np.array(self.deaths, np.int64),
            np.array(self.injured, np.int64),
            np.array(self.claims, np.int64).reshape(n, reports),
            np.array(self.key, np.uint64),
            np.array(self.parent, np.int64),
            np.array(self.via, np.int64),
        )


class _Course:
    """One future being simulated."""

    def __init__(
        self,
        settled: Settled,
        acts: Sequence[ScheduledAct],
        rng: np.random.Generator,
        name: str,
        max_events: int,
    ) -> None:
        self.n, self.w = settled.numbers, settled.world.copy()
        self.rng, self.name, self.max_events = rng, name, max_events
        self.rows = _Rows()
        model = self.n.model
        self.caps = [float(c) for c in caps(model)[0]]
        days = math.ceil(model.horizon)
        levels = driver_levels(model.drivers, self.n.theta, days, rng)
        self.mu = [self._rates(day, levels) for day in range(days)]
        for act in acts:
            chance = act.share
            if act.chance != ABSENT:
                chance *= float(self.n.theta[act.chance])
            if chance < 1.0 and rng.random() >= chance:
                continue
            code = via(LEVER, act.lever)
            item = Due(
                act.act.stream,
                act.act.flags,
                -1,
                code,
                act.attempt,
                depth=0.01 * act.depth,
            )
            put(self.w, act.time, SCHEDULED, item)
        self._warnings(settled.warned)

    def _rates(self, day: int, levels: list[list[float]]) -> list[float]:
        """Mu of every stream on one day, at F = 1."""
        n = self.n
        weekday = (n.model.weekday_of_origin + day) % 7
        out = []
        for i, stream in enumerate(n.model.streams):
            rate = n.mu[i] * n.week[i][weekday]
            for d, elasticity in stream.drivers:
                rate *= levels[d][day] ** n.theta[elasticity]
            out.append(rate)
        return out

    def _warnings(self, warned: list[tuple[float, float]]) -> None:
        n, rng = self.n, self.rng
        for v, warn in enumerate(n.model.warnings):
            item = Due(warn.act.stream, warn.act.flags, -1, via(WARNING, v), True)
            start = max(warn.issued, 0.0)
            if rng.random() < warned[v][0]:
                if warn.by is not None:
                    time = start + (warn.by - start) * (1.0 - rng.random())
                else:
                    time = start + rng.exponential(n.theta[warn.fades] / math.log(2.0))
                put(self.w, time, CANDIDATE, item)
            if rng.random() < warned[v][1] and warn.by is not None:
                time = max(warn.by, 0.0)
                time += rng.exponential(n.theta[warn.fades] / math.log(2.0))
                put(self.w, time, CANDIDATE, item)

    def run(self) -> History:
        """Simulate from 0 to the horizon."""
        n, w, rng = self.n, self.w, self.rng
        horizon = n.model.horizon
        K = len(n.model.streams)
        targets = [r.then.stream for r in n.model.responses]
        t = 0.0
        while True:
            while w.agenda and w.agenda[0][0] <= t:
                self._due(t)
            if t >= horizon:
                return self.rows.history(len(n.model.reports))
            end = min(math.floor(t) + 1.0, horizon)
            if w.agenda:
                end = min(end, w.agenda[0][0])
            mu = self.mu[int(t)]
            limits = [bounds(n, w, i, t, end) for i in range(K)]
            most = [mu[i] * limits[i][0] for i in range(K)]
            most += [
                strength_of(n, w, t, r) * limits[i][1] for r, i in enumerate(targets)
            ]
            total = sum(most)
            wait = rng.standard_exponential() / total if total > 0.0 else math.inf
            if t + wait >= end:
                t = end
                continue
            t += wait
            self._candidate(t, mu, most, limits)

    def _candidate(
        self,
        t: float,
        mu: list[float],
        most: list[float],
        limits: list[tuple[float, float]],
    ) -> None:
        """One candidate at ``t``: kept with chance rate / bound."""
        n, w, rng = self.n, self.w, self.rng
        level = rng.random() * sum(most)
        which = 0
        while level >= most[which] and which < len(most) - 1:
            level -= most[which]
            which += 1
        K = len(n.model.streams)
        if which < K:
            flags, *people = marks_of(n.model.streams[which], n.theta, 0, rng)
            F = product(n, w, which, flags, t, IMMIGRANT)
            if max(self.caps[which], 1.0) * SLACK < F:
                msg = f"{self.name}: a factor is above its cap on stream " + (
                    n.model.streams[which].id
                )
                raise RunError(msg)
            rate, limit, bound = mu[which] * F, F, limits[which][0]
            stream, code, response = which, via(IMMIGRANT, which), None
        else:
            response = which - K
            act = n.model.responses[response].then
            stream = act.stream
            flags, *people = marks_of(n.model.streams[stream], n.theta, act.flags, rng)
            F = product(n, w, stream, flags, t, RESPONSE)
            rate, limit = strength_of(n, w, t, response) * F, F
            bound, code = limits[stream][1], via(RESPONSE, response)
        assert limit <= bound * SLACK, "the bound of the thinning engine does not hold"
        if level < rate:
            parent = -1 if response is None else self._parent(response, t)
            self._event(t, stream, flags, people, parent, code)

    def _parent(self, r: int, t: float) -> int:
        """Which event brought a child of response ``r`` at ``t``."""
        sizes = [
            size * sum(s * k * math.exp(-k * (t - since)) for k, s in self.n.kernels[r])
            for since, size, _ in self.w.parents[r]
        ]
        u = self.rng.random() * sum(sizes)
        for size, (_, _, event) in zip(sizes, self.w.parents[r], strict=True):
            u -= size
            if u < 0.0:
                return event
        return self.w.parents[r][-1][2]

    def _due(self, t: float) -> None:
        """Carry out the first item of the agenda."""
        n, w, rng = self.n, self.w, self.rng
        item = heapq.heappop(w.agenda)[3]
        if not isinstance(item, Due):
            transition(n, w, item, t, rng)
            return
        stream = n.model.streams[item.stream]
        flags, *people = marks_of(stream, n.theta, item.flags, rng)
        kept = True
        if item.passes:
            kept = 1.0 - rng.random() <= product(n, w, item.stream, flags, t, LINE)
        o = item.occurrence
        if o is not None:
            o.left -= 1
            if kept and not o.happened:
                o.happened = True
                answered(n, w, o.line, rng)
            elif o.left == 0 and not o.happened:
                w.lines[o.line].unanswered += 1
        if kept:
            self._event(
                t, item.stream, flags, people, item.parent, item.via, item.depth
            )

    def _event(
        self,
        t: float,
        stream: int,
        flags: int,
        people: list[int],
        parent: int,
        code: int,
        depth: float = 1.0,
    ) -> None:
        """An event happens: it is recorded and has its effects."""
        rows, index = self.rows, len(self.rows.time)
        if index >= self.max_events:
            msg = f"{self.name}: more than {self.max_events} events"
            raise RunError(msg)
        rows.time.append(t)
        rows.stream.append(stream)
        rows.flags.append(flags)
        rows.deaths.append(people[0])
        rows.injured.append(people[1])
        rows.claims.append(
            claims_of(self.n.model, self.n.theta, stream, flags, self.rng)
        )
        rows.key.append(int(self.rng.integers(0, 1 << 63)))
        rows.parent.append(parent)
        rows.via.append(code)
        event = Event(t, stream, flags, people[0], people[1], index, depth)
        happen(self.n, self.w, event, self.rng, self._crossed, self._asked)

    def _crossed(self, x: int, e: Event) -> None:
        """Red line ``x`` is crossed: what follows, with its chance and delay."""
        n, w, rng = self.n, self.w, self.rng
        line = n.model.red_lines[x]
        if rng.random() >= chance_of_line(n, w, x):
            w.lines[x].unanswered += 1
            return

        def delay() -> float:
            if line.delay is None:
                return 0.0
            return max(0.0, quantile(line.delay, n.theta, 1.0 - rng.random()))

        if line.act is not None:
            acts = whole(line.times, n.theta, rng)
            occurrence = Occurrence(x, acts)
            code = via(LINE, x)
            for _ in range(acts):
                act = Due(
                    line.act.stream, line.act.flags, e.index, code, True, occurrence
                )
                put(w, e.time + delay(), CANDIDATE, act)
        elif line.factor is not None:
            start = StartFactor(line.factor, w.epochs[line.factor], x)
            put(w, e.time + delay(), TRANSITION, start)
        else:
            put(w, e.time + delay(), TRANSITION, OpenStream(x))

    def _asked(self, a: int, e: Event, chances: list[float]) -> None:
        """Reply ``a`` is asked: at most one answer, in time."""
        n, w, rng = self.n, self.w, self.rng
        reply = n.model.replies[a]
        w.asked_until[a] = e.time + n.theta[reply.within]
        u = rng.random()
        for answer, chance in zip(reply.answers, chances, strict=True):
            u -= chance
            if u >= 0.0:
                continue
            if answer.act is not None:
                due = e.time + answer_time(n, a, 0.0, 1.0 - rng.random())
                w.asked_until[a] = due
                act = answer.act
                item = Due(act.stream, act.flags, e.index, via(REPLY, a), False)
                put(w, due, CANDIDATE, item)
            return
