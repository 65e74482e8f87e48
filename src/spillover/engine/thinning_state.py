"""State of the plain engine: what is in force, and what an event does to it.

:class:`Numbers` is one draw (never changes), :class:`World` one course (changes with
every event). `happen` is the list of effects of an event, in order; `past_plain` and
`thinning` differ only in what they do at a crossing and at an ask, which they pass in.

This file must never import a case or the compiled engine.
"""

from __future__ import annotations

import copy
import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spillover.engine.plain_law import matches, quantile
from spillover.model.structure import ABSENT, Condition, FactorRow, Model, Pattern

__all__ = [
    "CANDIDATE",
    "SCHEDULED",
    "TRANSITION",
    "Due",
    "Event",
    "Excite",
    "LineNow",
    "Numbers",
    "Occurrence",
    "OpenStream",
    "Running",
    "StartFactor",
    "TurnOn",
    "Wake",
    "World",
    "answered",
    "chance_of_line",
    "condition_holds",
    "fading",
    "gauge_level",
    "happen",
    "in_force",
    "new_numbers",
    "put",
    "redraw_threshold",
    "reply_chances",
    "shape",
    "strength_of",
    "transition",
    "turn_on",
]

LN2 = math.log(2.0)


@dataclass(frozen=True)
class Numbers:
    """One draw of the model: plain numbers and who reacts to which stream."""

    model: Model
    theta: tuple[float, ...]
    mu: tuple[float, ...]
    week: tuple[tuple[float, ...], ...]
    """Weekday factors of each stream, mean one."""
    kernels: tuple[tuple[tuple[float, float], ...], ...]
    """(rate per day, share) of the parts of each response."""
    when: tuple[dict[int, list[int]], ...]
    """Masks of each response by stream."""
    held: tuple[tuple[tuple[int, FactorRow, int], ...], ...]
    """Per stream: (factor, row, row number) of every factor row."""
    gauged: tuple[tuple[tuple[int, FactorRow], ...], ...]
    """Per stream: (gauge factor, row)."""


@dataclass
class Event:
    """One event that happens."""

    time: float
    stream: int
    flags: int
    deaths: int
    injured: int
    index: int
    """Place in the simulated history; -1 before the origin."""
    depth: float = 1.0
    """Share of their depth to which factors it starts go."""


@dataclass
class Running:
    """The running instance of a factor."""

    start: float
    plateau_end: float
    obeys: tuple[bool, ...]
    depth: float = 1.0
    """Share of its depth, below one when a lever held back."""


@dataclass
class LineNow:
    """Where a red line stands."""

    threshold: float = math.inf
    resting: bool = False
    unanswered: int = 0
    counted: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Occurrence:
    """One crossing that brings acts: how many may still come, whether one did."""

    line: int
    left: int
    happened: bool = False


# ---- what waits for its time -------------------------------------------------------


@dataclass
class StartFactor:
    """A factor starts unless its epoch has passed (an end voids waiting starts)."""

    factor: int
    epoch: int | None
    """None: dated, not waiting, so no end voids it."""
    line: int | None = None
    depth: float = 1.0


@dataclass
class OpenStream:
    """A red line opens its stream."""

    line: int


@dataclass
class TurnOn:
    """A state is on from a given time."""

    state: int


@dataclass
class Wake:
    """Something changes by itself (a state lapses): only the bound is redone."""


@dataclass
class Excite:
    """A lag is over: a parent begins to bring children."""

    response: int
    size: float
    parent: int


@dataclass
class Due:
    """An act that is due."""

    stream: int
    flags: int
    parent: int
    via: int
    passes: bool
    """Passes the factors (a line, a warning, an attempt) or happens anyway."""
    occurrence: Occurrence | None = None
    depth: float = 1.0
    """Share of their depth to which factors it starts go."""


Item = StartFactor | OpenStream | TurnOn | Wake | Excite | Due
TRANSITION, SCHEDULED, CANDIDATE = range(3)
"""Order at one instant."""


@dataclass
class World:
    """Everything that changes in one course."""

    gauges: list[tuple[float, float]]
    """(level, time of that level)."""
    peaks: list[float]
    """Highest level of each gauge before the origin."""
    factors: list[Running | None]
    epochs: list[int]
    on_until: list[float]
    """States: on until then; -inf when off."""
    open_until: list[float]
    lines: list[LineNow]
    asked_until: list[float]
    last: dict[tuple[int, int], float]
    """Last event of each `event` condition, by (reply, odds rule)."""
    agenda: list[tuple[float, int, int, Item]] = field(default_factory=list)
    strength: list[list[float]] = field(default_factory=list)
    """Expected children per day of each response and kernel part at `strength_at`."""
    strength_at: float = 0.0
    parents: list[list[tuple[float, float, int]]] = field(default_factory=list)
    """Per response: (time, size, event) of every parent."""
    tickets: int = 0

    def copy(self) -> World:
        """A course of its own from here."""
        return copy.deepcopy(self)


def put(w: World, time: float, rank: int, item: Item) -> None:
    """Put something on the agenda; equal times go by rank, then first come."""
    w.tickets += 1
    heapq.heappush(w.agenda, (time, rank, w.tickets, item))


def masks_by_stream(pattern: Pattern) -> dict[int, list[int]]:
    """Masks of a pattern, by stream."""
    found: dict[int, list[int]] = {}
    for clause in pattern.clauses:
        found.setdefault(clause.stream, []).append(clause.require)
    return found


def _fits(pattern: Pattern, e: Event) -> bool:
    for c in pattern.clauses:
        if c.stream == e.stream and e.flags & c.require == c.require:
            return True
    return False


# ---- levels ------------------------------------------------------------------------


def gauge_level(n: Numbers, w: World, g: int, t: float) -> float:
    """Level of gauge ``g`` at ``t``."""
    level, since = w.gauges[g]
    age = (t - since) / n.theta[n.model.gauges[g].half_life]
    return float(level * 2.0**-age)


def shape(n: Numbers, w: World, f: int, t: float) -> float:
    """g(t) of factor ``f``: 0 when it is not in force or its mask is off."""
    running = w.factors[f]
    if running is None or not in_force(n, w, f, t):
        return 0.0
    return fading(n, running, f, t)


def in_force(n: Numbers, w: World, f: int, t: float) -> bool:
    """Whether factor ``f`` runs at ``t`` and neither `until` nor `while` masks it."""
    factor = n.model.factors[f]
    if w.factors[f] is None or (factor.until is not None and t >= factor.until):
        return False
    return factor.while_state is None or t < w.on_until[factor.while_state]


def fading(n: Numbers, running: Running, f: int, t: float) -> float:
    """Plateau, then fading: g without the masks (right-continuous)."""
    if t < running.plateau_end:
        return running.depth
    half = n.model.factors[f].half_life
    if half == ABSENT:
        return 0.0
    faded = 2.0 ** (-(t - running.plateau_end) / n.theta[half])
    return float(running.depth * faded)


def condition_holds(n: Numbers, w: World, at: tuple[int, int], t: float) -> bool:
    """Whether the condition of an odds rule holds just before ``t``."""
    c: Condition = n.model.replies[at[0]].odds[at[1]].when
    if c.kind == "state":
        holds = t <= w.on_until[c.index]
    elif c.kind == "factor":
        holds = shape(n, w, c.index, t) > 0.0
    elif c.kind == "event":
        within = math.inf if c.within == ABSENT else n.theta[c.within]
        last = w.last.get(at, -math.inf)
        holds = last > -math.inf and last >= t - within
    else:
        holds = gauge_level(n, w, c.index, t) > n.theta[c.above]
    return holds != c.negate


# ---- starts, ends, thresholds --------------------------------------------------------


def start_factor(
    n: Numbers,
    w: World,
    f: int,
    t: float,
    rng: np.random.Generator,
    depth: float = 1.0,
) -> None:
    """Renew factor ``f`` at ``t``: age zero, new plateau, new obedience.

    With ``depth`` below one it goes that share of the way from where it stands.
    """
    factor, theta = n.model.factors[f], n.theta
    running = w.factors[f]
    if depth < 1.0 and running is not None:
        left = fading(n, running, f, t)
        depth = left + depth * (1.0 - left)
    if factor.holds_for is not None:
        end = t + quantile(factor.holds_for, theta, 1.0 - rng.random())
    else:
        end = math.inf if factor.half_life == ABSENT else t
    obeys = tuple(
        row.obeys == ABSENT or rng.random() < theta[row.obeys] for row in factor.rows
    )
    w.factors[f] = Running(t, end, obeys, depth)


def turn_on(
    n: Numbers, w: World, s: int, t: float, since: float, rng: np.random.Generator
) -> None:
    """State ``s`` is on from ``t``; what it lasts counts from ``since``."""
    lasts = n.model.states[s].lasts
    w.on_until[s] = math.inf
    if lasts is not None:
        w.on_until[s] = since + quantile(lasts, n.theta, 1.0 - rng.random())
        put(w, w.on_until[s], TRANSITION, Wake())


def redraw_threshold(n: Numbers, w: World, x: int, rng: np.random.Generator) -> None:
    """New threshold of line ``x``, worn by what went unanswered."""
    line, now = n.model.red_lines[x], w.lines[x]
    if line.times_past_peak != ABSENT:
        now.threshold = n.theta[line.times_past_peak] * w.peaks[line.quantity.gauge]
    elif line.reach is not None:
        now.threshold = quantile(line.reach, n.theta, 1.0 - rng.random())
    if line.wear_reach != ABSENT:
        now.threshold *= n.theta[line.wear_reach] ** now.unanswered


def answered(n: Numbers, w: World, x: int, rng: np.random.Generator) -> None:
    """Line ``x`` was answered: its count starts anew and it is armed again."""
    w.lines[x].counted.clear()
    w.lines[x].resting = False
    redraw_threshold(n, w, x, rng)


def transition(
    n: Numbers,
    w: World,
    item: Item,
    t: float,
    rng: np.random.Generator,
) -> None:
    """Carry out what was waiting for ``t``."""
    if isinstance(item, StartFactor):
        if item.epoch is None or item.epoch == w.epochs[item.factor]:
            start_factor(n, w, item.factor, t, rng, item.depth)
            if item.line is not None:
                answered(n, w, item.line, rng)
    elif isinstance(item, OpenStream):
        line = n.model.red_lines[item.line]
        until = math.inf
        if line.open_for is not None:
            until = t + quantile(line.open_for, n.theta, 1.0 - rng.random())
            put(w, until, TRANSITION, Wake())
        assert line.opens is not None
        w.open_until[line.opens] = max(w.open_until[line.opens], until)
        answered(n, w, item.line, rng)
    elif isinstance(item, TurnOn):
        turn_on(n, w, item.state, t, t, rng)
    elif isinstance(item, Excite):
        _begin(n, w, item.response, item.size, t, item.parent)


# ---- responses -----------------------------------------------------------------------


def _decay(n: Numbers, w: World, t: float) -> None:
    """Bring the strengths to ``t``."""
    dt = t - w.strength_at
    for r, parts in enumerate(n.kernels):
        for k, (rate, _) in enumerate(parts):
            w.strength[r][k] *= math.exp(-rate * dt)
    w.strength_at = t


def _begin(n: Numbers, w: World, r: int, size: float, t: float, parent: int) -> None:
    _decay(n, w, t)
    for k, (rate, share) in enumerate(n.kernels[r]):
        w.strength[r][k] += size * share * rate
    w.parents[r].append((t, size, parent))


def excite(n: Numbers, w: World, e: Event) -> None:
    """Every response that the event matches gains strength, after its lag."""
    for r, response in enumerate(n.model.responses):
        if not matches(n.when[r].get(e.stream, ()), e.flags):
            continue
        size = n.theta[response.children]
        for rule in response.weights:
            if e.flags & rule.require == rule.require:
                size *= n.theta[rule.times]
                break
        begins = e.time
        if response.lag != ABSENT:
            begins += n.theta[response.lag]
        if begins > e.time:
            put(w, begins, TRANSITION, Excite(r, size, e.index))
        else:
            _begin(n, w, r, size, e.time, e.index)


def strength_of(n: Numbers, w: World, t: float, r: int) -> float:
    """Expected children per day of response ``r`` at ``t`` (no event since)."""
    dt = t - w.strength_at
    return sum(
        s * math.exp(-rate * dt)
        for s, (rate, _) in zip(w.strength[r], n.kernels[r], strict=True)
    )


# ---- replies ---------------------------------------------------------------------------


def reply_chances(n: Numbers, w: World, a: int, t: float) -> list[float]:
    """Chance of each answer of an ask at ``t``, after the odds rules."""
    reply, theta = n.model.replies[a], n.theta
    chances = [0.0 if x.chance == ABSENT else theta[x.chance] for x in reply.answers]
    none = max(0.0, 1.0 - sum(chances))
    for k, answer in enumerate(reply.answers):
        if answer.chance == ABSENT:
            chances[k], none = none, 0.0
    for o, rule in enumerate(reply.odds):
        if condition_holds(n, w, (a, o), t):
            chances[rule.answer] *= theta[rule.times]
    total = none + sum(chances)
    return [c / total for c in chances] if total > 0.0 else chances


# ---- the effects of an event -------------------------------------------------------------


Crossed = Callable[[int, Event], None]
Asked = Callable[[int, Event, list[float]], None]


def happen(
    n: Numbers,
    w: World,
    e: Event,
    rng: np.random.Generator,
    crossed: Crossed,
    asked: Asked,
) -> None:
    """Effects of an event, in order, all seen only by later events.

    States off, then on; factors end; factors start; gauges; red lines in file order;
    replies asked (with the odds as they stood just before the event); responses.
    """
    model, theta, t = n.model, n.theta, e.time
    asks = [a for a, reply in enumerate(model.replies) if _fits(reply.ask, e)]
    odds = [reply_chances(n, w, a, t) for a in asks]
    for x, state in enumerate(model.states):
        if _fits(state.off, e):
            w.on_until[x] = -math.inf
        if _fits(state.on, e):
            turn_on(n, w, x, t, t, rng)
    for f, factor in enumerate(model.factors):
        if _fits(factor.ends, e):
            w.factors[f] = None
            w.epochs[f] += 1
    for f, factor in enumerate(model.factors):
        if _fits(factor.starts, e):
            delay = 0.0
            if factor.delay is not None:
                delay = max(0.0, quantile(factor.delay, theta, 1.0 - rng.random()))
            if delay <= 0.0:
                start_factor(n, w, f, t, rng, e.depth)
            else:
                start = StartFactor(f, w.epochs[f], depth=e.depth)
                put(w, t + delay, TRANSITION, start)
    before: dict[int, float] = {}
    for g, gauge in enumerate(model.gauges):
        for pattern, step in gauge.steps:
            if _fits(pattern, e):
                level = gauge_level(n, w, g, t)
                before.setdefault(g, level)
                w.gauges[g] = (level + theta[step], t)
    for x in range(len(model.red_lines)):
        if _counts(n, w, x, e, before, rng):
            crossed(x, e)
    for a, chances in zip(asks, odds, strict=True):
        if w.asked_until[a] <= t:
            asked(a, e, chances)
    excite(n, w, e)
    for a, reply in enumerate(model.replies):
        for o, rule in enumerate(reply.odds):
            if rule.when.kind == "event" and _fits(rule.when.pattern, e):
                w.last[a, o] = t


def _counts(
    n: Numbers,
    w: World,
    x: int,
    e: Event,
    before_step: dict[int, float],
    rng: np.random.Generator,
) -> bool:
    """Whether the event takes red line ``x`` across its threshold."""
    line, now, t = n.model.red_lines[x], w.lines[x], e.time
    quantity = line.quantity
    if quantity.kind == "gauge":
        if quantity.gauge not in before_step:
            return False
        before, after = before_step[quantity.gauge], w.gauges[quantity.gauge][0]
    else:
        if not _fits(quantity.pattern, e):
            return False
        amount = {"count": 1, "deaths": e.deaths, "injured": e.injured}[quantity.kind]
        if amount == 0:
            return False
        if line.counts != ABSENT and rng.random() >= n.theta[line.counts]:
            return False
        if line.window != ABSENT:
            oldest = t - n.theta[line.window]
            now.counted[:] = [(s, c) for s, c in now.counted if s > oldest]
        before = sum(c for _, c in now.counted)
        after = before + amount
        now.counted.append((t, amount))
    if now.resting and before < now.threshold:
        now.resting = False
        redraw_threshold(n, w, x, rng)
    if now.resting or not before < now.threshold <= after:
        return False
    now.resting = True
    return True


def chance_of_line(n: Numbers, w: World, x: int) -> float:
    """Chance that a crossing of line ``x`` is followed by what it opens."""
    line = n.model.red_lines[x]
    chance = n.theta[line.chance]
    if line.wear_chance != ABSENT:
        chance *= n.theta[line.wear_chance] ** w.lines[x].unanswered
    return min(chance, 1.0)


def new_numbers(
    model: Model, theta: Sequence[float] | NDArray[np.float64], mu: Sequence[float]
) -> Numbers:
    """Numbers of one draw from ``theta`` (slots,) and the bases (K,)."""
    theta = tuple(float(x) for x in theta)
    week = []
    for stream in model.streams:
        raw = [theta[slot] for slot in stream.weekday] or [1.0] * 7
        week.append(tuple(7.0 * x / sum(raw) for x in raw))
    kernels = tuple(
        tuple(
            (LN2 / theta[k.half_life], 1.0 if k.share == ABSENT else theta[k.share])
            for k in response.kernel
        )
        for response in model.responses
    )
    K = len(model.streams)
    held: list[list[tuple[int, FactorRow, int]]] = [[] for _ in range(K)]
    for f, factor in enumerate(model.factors):
        for r, row in enumerate(factor.rows):
            held[row.stream].append((f, row, r))
    gauged: list[list[tuple[int, FactorRow]]] = [[] for _ in range(K)]
    for g, item in enumerate(model.gauge_factors):
        for row in item.rows:
            gauged[row.stream].append((g, row))
    return Numbers(
        model,
        theta,
        tuple(float(m) for m in mu),
        tuple(week),
        kernels,
        tuple(masks_by_stream(r.when) for r in model.responses),
        tuple(tuple(rows) for rows in held),
        tuple(tuple(rows) for rows in gauged),
    )
