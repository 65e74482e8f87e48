"""One exact history of a case as arrays for its likelihood.

What answers an ask or a red line, and what a warning foretold, is not brought by
baselines or responses: such answers stand as links of known size, so that they are not
taken for baseline. Shapes of factors in time come from the numbers of the draw.

This file must never import a case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.day_shapes import DayShapes
from spillover.assemble.past_plan import Plan
from spillover.assemble.shape import START, day_weights
from spillover.assemble.uncounted import uncounted_cells
from spillover.model.history import History
from spillover.model.marks import chance_of, which_match
from spillover.model.structure import (
    ABSENT,
    DEADLY,
    INJURING,
    Clause,
    Model,
    Pattern,
    Varying,
)

__all__ = ["FactorShape", "HistoryData", "Link", "history_data"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LN2 = math.log(2.0)


@dataclass(frozen=True)
class Link:
    """Where a link's numbers come from: columns of theta, or fixed values.

    Attributes
    ----------
    target
        Stream of the children.
    children, half_life, share, times
        Columns; G is children x share x times (ABSENT: one), and ``fixed`` where
        children is ABSENT.
    fixed, fixed_half_life
        Values where no column is given.
    """

    target: int
    children: int
    half_life: int
    share: int = ABSENT
    times: int = ABSENT
    fixed: float = 1.0
    fixed_half_life: float = 1.0


@dataclass(frozen=True)
class FactorShape:
    """Factor number ``factor`` on one stream: F is multiplied by 1 + A g(d).

    A is the sum over ``rows`` of chance x compliance x obeys x (factor - 1), with the
    columns of each row (ABSENT: one).
    """

    factor: int
    stream: int
    g: Floats
    rows: tuple[tuple[float, int, int, int], ...]
    offspring: bool


@dataclass(frozen=True)
class HistoryData:
    """Arrays of one history; days count from its first day.

    Attributes
    ----------
    days
        D.
    time, pointer
        Events by stream, as `history_loglik` takes them.
    observed : (K, D)
        Cells that records or counts speak of.
    links
        One per response, part of its kernel and weight, then answers of fixed size.
    source_pointer, source
        Times at which each link's parents begin to excite.
    week : (K, D)
        Weekday factor.
    shapes
        Factors that something in the history may have started.
    """

    days: int
    time: Floats
    pointer: Ints
    observed: NDArray[np.bool_]
    links: tuple[Link, ...]
    source_pointer: Ints
    source: Floats
    week: Floats
    shapes: tuple[FactorShape, ...]


def _middle(v: Varying | None, theta: Floats, otherwise: float) -> float:
    """Median of something that varies."""
    if v is None:
        return otherwise
    if v.family == "uniform":
        return 0.5 * float(theta[v.a] + theta[v.b])
    return float(theta[v.a])


def _number(theta: Floats, slot: int, otherwise: float) -> float:
    return otherwise if slot == ABSENT else float(theta[slot])


def _answers(model: Model, theta: Floats) -> list[tuple[Pattern, int, float, float]]:
    """(parents, target, children, half-life) of replies and red lines."""
    found = []
    for reply in model.replies:
        half = _middle(reply.delay, theta, 0.5 * float(theta[reply.within]))
        for answer in reply.answers:
            if answer.act is not None and answer.chance != ABSENT:
                chance = float(theta[answer.chance])
                found.append((reply.ask, answer.act.stream, chance, half))
    for line in model.red_lines:
        if line.act is None or line.quantity.kind == "gauge":
            continue
        bit = {"deaths": DEADLY, "injured": INJURING}.get(line.quantity.kind, 0)
        parents = Pattern(
            tuple(
                Clause(c.stream, c.require | bit) for c in line.quantity.pattern.clauses
            )
        )
        children = float(theta[line.chance]) * _middle(line.times, theta, 1.0)
        children *= _number(theta, line.counts, 1.0)
        half = max(_middle(line.delay, theta, 1.0), 0.1)
        found.append((parents, line.act.stream, children, half))
    return found


def _links(
    model: Model, theta: Floats, history: History, begins: int
) -> tuple[list[Link], list[Floats]]:
    links: list[Link] = []
    sources: list[Floats] = []
    time = history.time - begins

    def parents(pattern: Pattern) -> Ints:
        return np.flatnonzero(which_match(pattern, history.stream, history.flags))

    for response in model.responses:
        at = parents(response.when)
        rules = np.full(len(at), ABSENT, np.int64)
        for rule in reversed(response.weights):  # the first that holds applies
            hold = history.flags[at] & np.uint64(rule.require) == rule.require
            rules[hold] = rule.times
        lag = _number(theta, response.lag, 0.0)
        for part in response.kernel:
            for times in (ABSENT, *(rule.times for rule in response.weights)):
                mine = rules == times
                if not mine.any():
                    continue
                links.append(
                    Link(
                        response.then.stream,
                        response.children,
                        part.half_life,
                        part.share,
                        times,
                    )
                )
                sources.append(time[at[mine]] + lag)
    for pattern, target, children, half in _answers(model, theta):
        at = parents(pattern)
        links.append(Link(target, ABSENT, ABSENT, fixed=children, fixed_half_life=half))
        sources.append(time[at])
    return links, sources


def _shapes(plan: Plan, theta: Floats, times: Floats) -> tuple[FactorShape, ...]:
    """Factors in force at some time of the past, by stream."""
    model, days = plan.model, -plan.past.begins
    made = DayShapes(plan, theta[None, :], times[None, :])
    delay, holds, rate = (x[0] for x in made.factors)
    started = {int(f) for _, kind, f in plan.reactions.table if kind == START}
    one, none = np.ones(1), np.zeros(1, np.int64)
    found = []
    for f, factor in enumerate(model.factors):
        if f not in started and not factor.in_force:
            continue
        root = np.ones(days)
        day_weights(
            root, np.ones(days), plan.past.begins, np.ones(7), times,
            plan.reactions.table, np.array([f], np.int64), -0.5 * one, one, -one, none,
            delay, holds, rate, made.until, made.whiles, made.dated_ptr, made.dated,
            made.initially, made.since, made.lasts[0],
        )  # fmt: skip
        g = 2.0 * (1.0 - root)
        if not g.any():
            continue
        for stream in sorted({r.stream for r in factor.rows}):
            rows = []
            for r in factor.rows:
                if r.stream != stream or r.power != ABSENT:
                    continue
                share = 1.0
                if r.require:
                    mine = Pattern((Clause(stream, r.require),))
                    share = float(chance_of(model, theta, mine, stream))
                rows.append((share, r.factor, r.compliance, r.obeys))
            if rows:
                found.append(FactorShape(f, stream, g, tuple(rows), factor.offspring))
    return tuple(found)


def history_data(
    plan: Plan, theta: Floats, history: History, times: Floats
) -> HistoryData:
    """Arrays of one history.

    Parameters
    ----------
    plan
        The case's past, compiled.
    theta : (S,)
        Numbers of the draw the history was imputed for.
    history
        Events before the origin.
    times : (records,)
        Times of the dated records in it.
    """
    model, begins = plan.model, plan.past.begins
    days, K = -begins, len(model.streams)
    order = np.lexsort((history.time, history.stream))
    stream = history.stream[order]
    pointer = np.searchsorted(stream, np.arange(K + 1)).astype(np.int64)
    links, sources = _links(model, theta, history, begins)
    sizes = [len(s) for s in sources]
    week = np.ones((K, days))
    for i, s in enumerate(model.streams):
        if s.weekday:
            by_day = theta[list(s.weekday)] / np.mean(theta[list(s.weekday)])
            week[i] = by_day[(plan.weekday + np.arange(days)) % 7]
    return HistoryData(
        days=days,
        time=np.ascontiguousarray(history.time[order] - begins),
        pointer=pointer,
        observed=_observed(plan, links, theta),
        links=tuple(links),
        source_pointer=np.cumsum([0, *sizes]).astype(np.int64),
        source=np.concatenate([*sources, np.zeros(0)]),
        week=week,
        shapes=_shapes(plan, theta, times),
    )


def _observed(plan: Plan, links: Sequence[Link], theta: Floats) -> NDArray[np.bool_]:
    """Cells that count: streams with a rate of their own, days that records cover."""
    model, days = plan.model, -plan.past.begins
    observed = ~uncounted_cells(model, plan.past)
    for i, s in enumerate(model.streams):
        slot = s.level if s.level != ABSENT else s.base
        moves = slot != ABSENT and float(theta[slot]) > 0.0
        moves |= any(link.target == i and link.children != ABSENT for link in links)
        if s.dormant or not moves:
            observed[i] = False
    return np.asarray(observed[:, :days])
