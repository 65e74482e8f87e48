"""Streaming reducers: one future's events become integer counts, then are forgotten.

Every sum is an integer, so results do not depend on order, chunks or threads.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.asked import FAN_DAYS, Asked
from spillover.engine.hashing import mix, unit
from spillover.engine.rules import matches
from spillover.jit import compiled, inlined

__all__ = [
    "COUNT_BINS",
    "FAN_BINS",
    "Sums",
    "added",
    "day_of",
    "last_before",
    "new_sums",
    "reduce_future",
]

COUNT_BINS = 4096
FAN_BINS = 512
U = np.uint64
WEEK = FAN_DAYS


class Sums(NamedTuple):
    """What an ensemble keeps. Rows of the first arrays belong to draws."""

    hits: NDArray[np.int32]  # (D, Q) futures in which the answer is yes
    own: NDArray[np.int32]  # (D, Q) of them without the unmodelled way
    total: NDArray[np.int64]  # (D, C) sum of counts
    capped: NDArray[np.int32]  # (D,) futures stopped by the event cap
    histogram: NDArray[np.int64]  # (C, COUNT_BINS) counts, the last bin and above
    passage: NDArray[np.int64]  # (Q, days + 1) first passages by day, last: never
    fan: NDArray[np.int32]  # (fans, days, FAN_BINS) sums over seven days
    events: NDArray[np.int64]  # (K,) events by stream
    work: NDArray[np.int64]  # candidates, accepted


def new_sums(
    draws: int, asked: Asked, streams: int, days: int, arms: int | None = None
) -> Sums:
    """Zeros for ``draws`` draws; with ``arms``, each array has them as its first axis."""
    q = len(asked.questions)
    counted = int((asked.questions["count"] >= 0).sum()) if q else 0
    first = () if arms is None else (arms,)
    return Sums(
        hits=np.zeros((*first, draws, q), np.int32),
        own=np.zeros((*first, draws, q), np.int32),
        total=np.zeros((*first, draws, counted), np.int64),
        capped=np.zeros((*first, draws), np.int32),
        histogram=np.zeros((*first, counted, COUNT_BINS), np.int64),
        passage=np.zeros((*first, q, days + 1), np.int64),
        fan=np.zeros((*first, len(asked.fans), days, FAN_BINS), np.int32),
        events=np.zeros((*first, streams), np.int64),
        work=np.zeros((*first, 2), np.int64),
    )


@inlined
def added(tallies, x, events, claims, e, last):
    """What event ``e`` adds to tally ``x``; ``last`` began its sequence."""
    kind = tallies[x].kind
    value = 1.0
    if kind == 1:
        value = float(events[e].deaths)
    elif kind == 2:
        value = float(events[e].injured)
    elif kind == 3:
        value = float(claims[e, tallies[x].index])
    elif kind == 5 and last < events[e].time - tallies[x].within:
        value = 0.0
    return value


@inlined
def day_of(tallies, x, t):
    """Day of tally ``x`` that an event at ``t`` falls on."""
    day = int(math.floor(t))
    if tallies[x].closed == 1:
        day = int(math.ceil(t)) - 1
    return day


@compiled
def last_before(asked, times, streams, flags, before):
    """Last event before the origin that begins each tally's sequence, into ``before``."""
    before[:] = -1e300
    for e in range(len(times)):
        s = streams[e]
        for r in range(asked.row_at[s], asked.row_at[s + 1]):
            if asked.rows[r].first == 1 and matches(
                flags[e], asked.rows[r].m0, asked.rows[r].m1, asked.masks
            ):
                before[asked.rows[r].tally] = times[e]


@compiled
def reduce_future(
    asked,
    sums,
    draw,
    theta,
    kf,
    events,
    claims,
    n,
    by_stream,
    g_day,
    days,
    cum,
    before,
    last,
    answer,
):
    """Add one future to the sums.

    Parameters
    ----------
    asked : Asked
    sums : Sums
    draw : int
        Row of the draw.
    events, claims, n, by_stream
        Events of the future, and how many of each stream.
    g_day : (G, days + 1)
        Highest level of each gauge by day.
    cum : (tallies, days + 1)
        Scratch: cumulative sums, or levels of gauges.
    before : (tallies,)
        Last event before the origin that may begin a sequence (`last_before`).
    last : (tallies,)
        Scratch of sequences.
    answer : (Q,)
        Scratch: 0 or 1, and counts.
    """
    tallies, rows, row_at, masks = asked.tallies, asked.rows, asked.row_at, asked.masks
    questions, spans, parts = asked.questions, asked.spans, asked.parts
    hits, own, total, histogram = sums.hits, sums.own, sums.total, sums.histogram
    passage, fan = sums.passage, sums.fan
    for s in range(len(by_stream)):
        sums.events[s] += by_stream[s]
    cum[:] = 0.0
    for x in range(len(tallies)):
        last[x] = before[x]
    for e in range(n if len(rows) > 0 else 0):
        s = events[e].stream
        t = events[e].time
        flags = events[e].flags
        for r in range(row_at[s], row_at[s + 1]):
            if not matches(flags, rows[r].m0, rows[r].m1, masks):
                continue
            x = rows[r].tally
            if rows[r].first == 1:
                last[x] = t
                continue
            value = added(tallies, x, events, claims, e, last[x])
            day = day_of(tallies, x, t)
            if 0 <= day < days:
                cum[x, day + 1] += value
    for x in range(len(tallies)):
        if tallies[x].kind == 4:
            for d in range(days):
                cum[x, d + 1] = g_day[tallies[x].index, d]
        else:
            for d in range(days):
                cum[x, d + 1] += cum[x, d]
    for q in range(len(questions)):
        x = questions[q].tally
        mode = questions[q].mode
        end = 0
        met = False
        value = 0.0
        if mode <= 2:
            met = mode == 1
            for k in range(questions[q].s0, questions[q].s1):
                a, b = spans[k, 0], spans[k, 1]
                end = max(end, b)
                if tallies[x].kind == 4:
                    value = 0.0
                    for d in range(a, b):
                        value = max(value, cum[x, d + 1])
                else:
                    value = cum[x, b] - cum[x, a]
                good = questions[q].low <= value <= questions[q].high
                if mode == 0:
                    met = met or good
                elif mode == 1:
                    met = met and good
        else:
            met = mode == 3
            for k in range(questions[q].p0, questions[q].p1):
                yes = answer[parts[k]] > 0.5
                met = met and yes if mode == 3 else met or yes
        if mode == 2:
            c = questions[q].count
            whole = int(value + 0.5)
            total[draw, c] += whole
            histogram[c, min(whole, len(histogram[c]) - 1)] += 1
            answer[q] = value
            continue
        if met:
            own[draw, q] += 1
        other = 1e300
        slot = questions[q].unmodelled
        if slot >= 0 and theta[slot] > 0.0:
            other = -math.log(unit(mix(kf + questions[q].key))) / theta[slot]
            if other <= float(end):
                met = True
        if met:
            hits[draw, q] += 1
        answer[q] = 1.0 if met else 0.0
        if questions[q].first == 1:
            first = days
            for d in range(end):
                if tallies[x].kind == 4:
                    reached = cum[x, d + 1] >= questions[q].low
                else:
                    reached = cum[x, d + 1] >= questions[q].low
                if reached or other <= d + 1.0:
                    first = d
                    break
            passage[q, first] += 1
    for f in range(len(asked.fans)):
        x = asked.fans[f]
        for d in range(days):
            start = max(0, d + 1 - WEEK)
            value = int(cum[x, d + 1] - cum[x, start] + 0.5)
            fan[f, d, min(value, fan.shape[2] - 1)] += 1
