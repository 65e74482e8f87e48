"""Memory of the compiled engine: one `World` per thread, reused for every future.

`Numbers` holds what one draw makes of the structure, `Start` the state at the origin
after the past of that draw, `World` the running state of one future and its events.
All are NamedTuples of arrays, allocated once.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.tables import Program, Table

__all__ = ["Numbers", "Pending", "Situation", "World", "new_world"]

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]

RING = 2048
"""Contributions a red line can hold inside its window."""


LEVEL = np.dtype([("level", "f8"), ("time", "f8"), ("before", "f8")], align=True)
SWITCH = np.dtype([("on", "f8"), ("until", "f8")], align=True)
INSTANCE = np.dtype(
    [("start", "f8"), ("flat", "f8"), ("on", "f8"), ("epoch", "i8")], align=True
)
"""``on`` is the depth of the running instance, one unless a lever held back; 0: off."""
LINE_STATE = np.dtype(
    [
        ("reach", "f8"),
        ("sum", "f8"),
        ("unanswered", "f8"),
        ("resting", "i8"),
        ("size", "i8"),
        ("head", "i8"),
        ("serial", "i8"),
    ],
    align=True,
)
ENTRY = np.dtype(
    [
        ("kind", "i8"),
        ("index", "i8"),
        ("line", "i8"),
        ("time", "f8"),
        ("chance", "f8"),
        ("key", "u8"),
    ],
    align=True,
)
TAIL = np.dtype(
    [("draw", "i8"), ("mean", "f8"), ("time", "f8"), ("key", "u8"), ("none", "u8")],
    align=True,
)
NODE = np.dtype(
    [
        ("time", "f8"),
        ("order", "u8"),
        ("key", "u8"),
        ("meta", "i8"),
        ("parent", "i8"),
        ("via", "i8"),
        ("next", "i8"),
    ],
    align=True,
)
EVENT = np.dtype(
    [
        ("time", "f8"),
        ("key", "u8"),
        ("flags", "u8"),
        ("stream", "i8"),
        ("parent", "i8"),
        ("via", "i8"),
        ("deaths", "i8"),
        ("injured", "i8"),
    ],
    align=True,
)


class Numbers(NamedTuple):
    """What one draw makes of the structure."""

    mu: Floats  # (K,) immigrants per day at F = 1, drivers 1, mean weekday
    week: Floats  # (K, 7) weekday factors, mean 1
    none: Keys  # (K, 7) keys below it: no immigrant on the first layer; undriven
    means: Floats  # children of each draw for weight one
    empty: Floats  # exp(-mean) of it, its first cell
    few: Keys  # keys below it: no child; 0 where marks must be looked at
    kernel_rate: Floats  # 1 / mean of a kernel part
    row_size: Floats  # compliance * (factor - 1) of each factor row
    factor_rate: Floats  # ln 2 / half-life, 0: none
    gauge_row_size: Floats
    gauge_rate: Floats


class Situation(NamedTuple):
    """Everything that can change: at the origin (kept) or running (reset)."""

    factors: Table  # INSTANCE
    obeys: Ints  # factor rows
    gauges: Table  # LEVEL
    states: Table  # SWITCH
    open_until: Floats  # (K,)
    lines: Table  # LINE_STATE
    ring_time: Floats  # (L, RING)
    ring_amount: Floats
    left: Ints  # (L, 8) acts of a crossing still to come, by serial
    done: Ints  # (L, 8) acts of it that happened
    asked: Floats  # (A,) an ask is open until
    seen: Floats  # (C,) last event of a condition


class Pending(NamedTuple):
    """What the past of a draw leaves open at the origin."""

    n: Ints  # (2,) entries, tails
    entries: Table  # ENTRY
    answers: Floats  # (n, 8) chances of an open ask's answers
    tails: Table  # TAIL
    peak: Floats  # (G,) highest level before the origin
    warn: Floats  # (V, 2) chance that the act, or one after the deadline, still comes
    used: Ints  # (L,) last past event taken as an answer of a line
    asks_used: Ints  # (A,) the same for asks
    answered_at: Floats  # (L,) when the last crossing is answered
    chances: Floats  # (8,) scratch of an ask


class World(NamedTuple):
    """Memory of one thread."""

    numbers: Numbers
    start: Situation
    now: Situation
    pending: Pending
    levels: Floats  # (drivers, days) log levels of this future
    made: Ints  # (K,) layers of immigrants made for the current day
    by_stream: Ints  # (K,) events of this future
    fires: Ints  # scratch: draws of one event that may have a child
    means: Floats  # (K,) immigrants of the current day at F = 1
    nodes: Table  # NODE: candidates, acts due, starts
    bucket: Ints
    heap_time: Floats
    heap_node: Ints
    events: Table  # EVENT
    claims: Ints  # (n, reports)
    g_day: Floats  # (G, days + 1) highest level within the day
    stats: Ints  # candidates, accepted, error code


def _situation(p: Program) -> Situation:
    K, L = len(p.streams), len(p.lines)
    return Situation(
        factors=np.zeros(len(p.factors), INSTANCE),
        obeys=np.ones(len(p.factor_rows), np.int64),
        gauges=np.zeros(len(p.gauges), LEVEL),
        states=np.zeros(len(p.states), SWITCH),
        open_until=np.zeros(K),
        lines=np.zeros(L, LINE_STATE),
        ring_time=np.zeros((L, RING)),
        ring_amount=np.zeros((L, RING)),
        left=np.zeros((L, 8), np.int64),
        done=np.zeros((L, 8), np.int64),
        asked=np.zeros(len(p.replies)),
        seen=np.zeros(len(p.conditions)),
    )


def new_world(
    p: Program,
    *,
    max_events: int,
    past_events: int,
    buckets_per_day: int,
    nodes: int = 1 << 16,
) -> World:
    """Allocate the memory of one thread.

    Parameters
    ----------
    p
        The program it will run.
    max_events
        Events one future may have before it is counted as capped.
    past_events
        Most events of the past of any draw.
    buckets_per_day
        Width of the calendar queue; affects speed only.
    nodes
        Candidates that may wait at one time.
    """
    K, G, L = len(p.streams), len(p.gauges), len(p.lines)
    entries = (
        4 * past_events + 8 * (len(p.factors) + len(p.lines) + len(p.replies)) + 64
    )
    most = int((p.streams["q1"] - p.streams["q0"]).max()) if K else 0
    return World(
        numbers=Numbers(
            mu=np.zeros(K),
            week=np.ones((K, 7)),
            none=np.zeros((K, 7), np.uint64),
            means=np.zeros(len(p.draws)),
            empty=np.zeros(len(p.draws)),
            few=np.zeros(len(p.draws), np.uint64),
            kernel_rate=np.zeros(len(p.kernels)),
            row_size=np.zeros(len(p.factor_rows)),
            factor_rate=np.zeros(len(p.factors)),
            gauge_row_size=np.zeros(len(p.gauge_rows)),
            gauge_rate=np.zeros(G),
        ),
        start=_situation(p),
        now=_situation(p),
        pending=Pending(
            n=np.zeros(2, np.int64),
            entries=np.zeros(entries, ENTRY),
            answers=np.zeros((entries, 8)),
            tails=np.zeros(max(1, past_events * most), TAIL),
            peak=np.zeros(G),
            warn=np.zeros((len(p.warnings), 2)),
            used=np.zeros(L, np.int64),
            asks_used=np.zeros(len(p.replies), np.int64),
            answered_at=np.zeros(L),
            chances=np.zeros(8),
        ),
        levels=np.zeros((len(p.drivers), p.days)),
        made=np.zeros(K, np.int64),
        by_stream=np.zeros(K, np.int64),
        fires=np.zeros(max(1, most), np.int64),
        means=np.zeros(K),
        nodes=np.zeros(nodes, NODE),
        bucket=np.full(p.days * buckets_per_day + 1, -1, np.int64),
        heap_time=np.zeros(nodes),
        heap_node=np.zeros(nodes, np.int64),
        events=np.zeros(max_events, EVENT),
        claims=np.zeros((max_events, p.n_reports), np.int64),
        g_day=np.zeros((G, p.days + 1)),
        stats=np.zeros(4, np.int64),
    )
