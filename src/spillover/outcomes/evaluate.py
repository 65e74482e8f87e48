"""Questions answered on one `History`, plainly: the specification of the reducers.

Everything is counted from the events themselves, one question at a time; the compiled
reducers of `engine` must give the same values. What a question's `unmodelled` rate adds
is not an event: see `unmodelled_chance`.

This file must never import a case or an engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.model.history import History
from spillover.model.marks import matches
from spillover.model.structure import ABSENT, Model, Pattern
from spillover.outcomes.question import Question, Span, Tally

__all__ = ["Value", "evaluate", "gauge_steps", "unmodelled_chance"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Value:
    """The answer to one question on one history.

    Attributes
    ----------
    holds
        Whether it came about (mode ``count``: whether the sum is in [low, high]).
    amount
        The sum over the only span (mode ``count``); else the number of spans (or of
        parts) that hold.
    first
        When the running sum from the origin first reached ``low``; inf if never.
    """

    holds: bool
    amount: float
    first: float = math.inf


def _of(pattern: Pattern, history: History) -> NDArray[np.bool_]:
    return np.array(
        [
            matches(pattern, int(s), int(f))
            for s, f in zip(history.stream, history.flags, strict=True)
        ],
        bool,
    ).reshape(len(history))


def _inside(times: Floats, span: Span) -> NDArray[np.bool_]:
    if span.closed:
        return np.asarray((times > span.start) & (times <= span.end))
    return np.asarray((times >= span.start) & (times < span.end))


def gauge_steps(
    model: Model,
    theta: ArrayLike,
    gauge: int,
    history: History,
    past: History | None = None,
) -> tuple[Floats, Floats]:
    """Times at which a gauge is known and its level there, after any step.

    The first is the beginning of the records (or the origin, with its level there);
    between two of them the level decays by its half-life.
    """
    theta = np.asarray(theta, np.float64)
    item = model.gauges[gauge]
    half = theta[item.half_life]
    time, level = 0.0, 0.0 if item.start == ABSENT else float(theta[item.start])
    if past is not None and len(past):
        time = float(past.time[0])
    times, levels = [time], [level]

    def go(events: History) -> None:
        nonlocal time, level
        size = np.zeros(len(events))
        for pattern, slot in item.steps:
            size += theta[slot] * _of(pattern, events)
        for k in np.flatnonzero(size):
            level = level * 2.0 ** (-(events.time[k] - time) / half) + size[k]
            time = float(events.time[k])
            times.append(time)
            levels.append(level)

    if past is not None:
        go(past)
    if item.at_origin != ABSENT:
        time, level = 0.0, float(theta[item.at_origin])
        times.append(time)
        levels.append(level)
    go(history)
    return np.array(times), np.array(levels)


def _highest(times: Floats, levels: Floats, half: float, span: Span) -> float:
    """Highest level in the span: at its start, or at a step inside."""
    before = int(np.searchsorted(times, span.start, side="right")) - 1
    best = 0.0
    if before >= 0:
        best = float(levels[before] * 2.0 ** (-(span.start - times[before]) / half))
    inside = _inside(times, span)
    return max(best, float(np.max(levels[inside], initial=0.0)))


def _sizes(tally: Tally, events: History) -> Floats:
    """What every event adds to the tally."""
    if tally.kind == "report":
        return np.asarray(events.claims[:, tally.index], np.float64)
    hit = _of(tally.pattern, events)
    if tally.kind == "deaths":
        return np.asarray(hit * events.deaths, np.float64)
    if tally.kind == "injured":
        return np.asarray(hit * events.injured, np.float64)
    if tally.kind == "sequence":
        first = _of(tally.first, events)
        last = -math.inf
        for k in range(len(events)):
            hit[k] &= events.time[k] - last <= tally.within
            if first[k]:
                last = float(events.time[k])
    return np.asarray(hit, np.float64)


def _join(past: History | None, history: History) -> History:
    if past is None or not len(past):
        return history
    names = ("time", "stream", "flags", "deaths", "injured", "claims", "key")
    both = {n: np.concatenate([getattr(past, n), getattr(history, n)]) for n in names}
    none = np.full(len(past), -1, np.int64)
    parent = np.where(history.parent >= 0, history.parent + len(past), -1)
    both["parent"] = np.concatenate([none, parent])
    both["via"] = np.concatenate([past.via, history.via])
    return History(**both)


def _first(tally_first: tuple[Floats, Floats], low: float) -> float:
    times, sums = tally_first
    there = np.flatnonzero(sums >= low)
    return float(times[there[0]]) if len(there) else math.inf


def evaluate(
    model: Model,
    theta: ArrayLike,
    tallies: Sequence[Tally],
    questions: Sequence[Question],
    history: History,
    *,
    past: History | None = None,
    gauges: Sequence[tuple[Floats, Floats]] | None = None,
) -> list[Value]:
    """Answer every question on one history.

    Parameters
    ----------
    model, theta
        Structure and numbers (slots,) that gauges need.
    tallies, questions
        What is added up, and what is asked of it.
    history
        Events after the origin.
    past
        Events before it: they count in spans that begin before 0 and as the first of
        a sequence.
    gauges
        (times, levels) of every gauge, if known; else worked out (`gauge_steps`).

    Returns
    -------
    list of Value
        One per question.
    """
    theta = np.asarray(theta, np.float64)
    events = _join(past, history)
    sizes: list[Floats] = []
    running: list[tuple[Floats, Floats]] = []
    levels: dict[int, tuple[Floats, Floats, float]] = {}
    for n, tally in enumerate(tallies):
        if tally.kind == "gauge":
            known = gauges[tally.index] if gauges is not None else None
            if known is None:
                known = gauge_steps(model, theta, tally.index, history, past)
            half = float(theta[model.gauges[tally.index].half_life])
            levels[n] = (*known, half)
            sizes.append(np.zeros(len(events)))
            at = int(np.searchsorted(known[0], 0.0, side="right")) - 1
            origin = known[1][at] * 2.0 ** (known[0][at] / half)
            later = known[0] > 0.0
            times = np.concatenate([[0.0], known[0][later]])
            running.append((times, np.concatenate([[origin], known[1][later]])))
        else:
            sizes.append(_sizes(tally, events))
            after = events.time >= 0.0
            running.append((events.time[after], np.cumsum(sizes[n][after])))

    def total(n: int, span: Span) -> float:
        if n in levels:
            return _highest(*levels[n], span)
        return float(np.sum(sizes[n][_inside(events.time, span)]))

    values: list[Value] = []
    for q in questions:
        if q.mode in ("all_of", "any_of"):
            parts = [values[k] for k in q.parts]
            held = sum(p.holds for p in parts)
            holds = held == len(parts) if q.mode == "all_of" else held > 0
            firsts = [p.first for p in parts]
            first = max(firsts) if q.mode == "all_of" else min(firsts)
            values.append(Value(holds, float(held), first))
            continue
        sums = [total(q.tally, span) for span in q.spans]
        good = [q.low <= s <= q.high for s in sums]
        first = _first(running[q.tally], q.low)
        if q.mode == "count":
            values.append(Value(good[0], sums[0], first))
        else:
            holds = all(good) if q.mode == "every" else any(good)
            values.append(Value(holds, float(sum(good)), first))
    return values


def unmodelled_chance(question: Question, theta: ArrayLike) -> float:
    """Chance that it comes about some other way: 1 - exp(-rate x days asked about).

    Days that several spans share count once, days before the origin not at all.
    """
    if question.unmodelled == ABSENT:
        return 0.0
    days: set[int] = set()
    for span in question.spans:
        days.update(range(max(span.start, 0), span.end))
    rate = float(np.asarray(theta, np.float64)[question.unmodelled])
    return -math.expm1(-rate * len(days))
