"""A chunk of an ensemble: some draws, all their futures and arms, in one compiled call.

Arms share the world of the base. One that only acts on dates, or arms a red line of its
own, departs from a copy of the base's course where it can first differ; one that
changes numbers runs whole. Both are what they would be alone, byte for byte.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.asked import Asked
from spillover.engine.codes import (
    ACCEPTED,
    CANDIDATES,
    E_CAPPED,
    E_NODES,
    ERROR,
)
from spillover.engine.fork import copy_course, first_bucket
from spillover.engine.future import advance, begin_future
from spillover.engine.hashing import mix, sub
from spillover.engine.opening import open_levers
from spillover.engine.pairs import Seen, add_events, add_pair, keep_seen, new_seen
from spillover.engine.past import settle_past
from spillover.engine.prepare import prepare
from spillover.engine.queue import PER_DAY
from spillover.engine.reduce import Sums, last_before, reduce_future
from spillover.engine.tables import Program, Table
from spillover.engine.world import World, new_world
from spillover.jit import compiled

__all__ = ["Arms", "Courses", "Past", "new_courses", "run_chunk", "weigh_chunk"]

U = np.uint64
K_FUTURE = U(0x2545F4914F6CDD1D)


class Past(NamedTuple):
    """Imputed pasts of all draws, one after the other."""

    offsets: NDArray[np.int64]  # (D + 1,)
    time: NDArray[np.float64]
    stream: NDArray[np.int64]
    flags: NDArray[np.uint64]
    deaths: NDArray[np.int64]
    injured: NDArray[np.int64]
    key: NDArray[np.uint64]


class Arms(NamedTuple):
    """What each arm does; the first is the base."""

    acts: Table  # ACT, of all arms
    act_at: NDArray[np.int64]  # (A + 1,)
    lines: NDArray[np.int64]  # red lines that only the arm arms
    line_at: NDArray[np.int64]  # (A + 1,)
    theta: NDArray[np.int64]  # (A,) which numbers it runs with
    whole: NDArray[np.int64]  # (A,) one: it may differ from the base from the start


class Scratch(NamedTuple):
    """What reading the answers of one course needs."""

    cum: NDArray[np.float64]  # (tallies, days + 1)
    last: NDArray[np.float64]  # (2, tallies)
    answer: NDArray[np.float64]  # (Q,)


class Courses(NamedTuple):
    """A thread's memory: the base's course, one that follows it, an arm's.

    It is large: functions take the parts they need, which halves the time to compile.
    """

    base: World
    walker: World
    other: World
    queue: NDArray[np.int64]  # (3, 5)
    seen: Seen
    scratch: Scratch
    order: NDArray[np.int64]  # (2, A) arms by where they depart, and where


def new_courses(
    p: Program,
    asked: Asked,
    *,
    arms: int,
    futures: int,
    max_events: int,
    past_events: int,
    buckets_per_day: int,
) -> Courses:
    """Allocate the memory of one thread; the courses share what belongs to the draw."""
    base = new_world(
        p,
        max_events=max_events,
        past_events=past_events,
        buckets_per_day=buckets_per_day,
    )
    walker, other = base, base
    if arms > 1:
        walker, other = (
            new_world(
                p, max_events=max_events, past_events=1, buckets_per_day=buckets_per_day
            )._replace(
                numbers=base.numbers,
                start=base.start,
                pending=base.pending,
                levels=base.levels,
            )
            for _ in range(2)
        )
    queue = np.zeros((3, 5), np.int64)
    queue[:, PER_DAY] = buckets_per_day
    tallies, questions = len(asked.tallies), len(asked.questions)
    return Courses(
        base,
        walker,
        other,
        queue,
        new_seen(futures if arms > 1 else 0, questions, max_events),
        Scratch(
            np.zeros((tallies, p.days + 1)),
            np.zeros((2, tallies)),
            np.zeros(questions),
        ),
        np.zeros((2, arms), np.int64),
    )


@compiled
def weigh_chunk(p, w, theta, mu, seed_key, first, low, high, past, out):
    """Log weights of draws ``low`` to ``high`` given their pasts, into ``out``."""
    for d in range(low, high):
        prepare(p, w.numbers, theta[d], mu[d])
        out[d] = _settle(p, w, theta[d], sub(seed_key, first + d), past, d)


@compiled
def _settle(p, w, theta, kd, past, d):
    a, b = past.offsets[d], past.offsets[d + 1]
    return settle_past(
        p,
        w,
        theta,
        kd,
        past.time[a:b],
        past.stream[a:b],
        past.flags[a:b],
        past.deaths[a:b],
        past.injured[a:b],
        past.key[a:b],
    )


@compiled
def _reduce(days, asked, sums, a, slot, theta, kf, w, n, scratch):
    """Add a finished course to arm ``a``; True when it could be finished."""
    sums.work[a, 0] += w.stats[CANDIDATES]
    sums.work[a, 1] += w.stats[ACCEPTED]
    error = w.stats[ERROR]
    if error == E_CAPPED or error == E_NODES:
        sums.capped[a, slot] += 1
        return False
    one = Sums(
        sums.hits[a],
        sums.own[a],
        sums.total[a],
        sums.capped[a],
        sums.histogram[a],
        sums.passage[a],
        sums.fan[a],
        sums.events[a],
        sums.work[a],
    )
    reduce_future(
        asked,
        one,
        slot,
        theta,
        kf,
        w.events,
        w.claims,
        n,
        w.by_stream,
        w.g_day,
        days,
        scratch.cum,
        scratch.last[0],
        scratch.last[1],
        scratch.answer,
    )
    return True


@compiled
def _pair(asked, pairs, a, slot, seen, answer, m, events, n, start):
    """Add the pair of future ``m``: the base's as seen, this arm's answer and events."""
    add_pair(
        asked,
        pairs.lost[a, slot],
        pairs.gained[a, slot],
        pairs.squares[a],
        seen.answer[m],
        answer,
    )
    low, high = seen.at[m], seen.at[m + 1]
    if add_events(
        seen.time[low:high], seen.key[low:high], events, n, start, pairs.apart[a]
    ):
        pairs.touched[a, slot] += 1


@compiled
def _by_departure(p, arms, events, n, per_day, last, order):
    """Sort the arms that depart from the base's course by where; returns how many."""
    many = 0
    for a in range(1, len(arms.theta)):
        if arms.whole[a] == 1:
            continue
        at = first_bucket(
            p,
            events,
            n,
            arms.acts[arms.act_at[a] : arms.act_at[a + 1]],
            arms.lines[arms.line_at[a] : arms.line_at[a + 1]],
            per_day,
            last,
        )
        k = many
        while k > 0 and order[1, k - 1] > at:
            order[0, k] = order[0, k - 1]
            order[1, k] = order[1, k - 1]
            k -= 1
        order[0, k] = a
        order[1, k] = at
        many += 1
    return many


@compiled
def _depart(p, c, asked, sums, pairs, arms, thetas, slot, at, kf, m, n0, last):
    """Every arm that departs from the base's course of future ``m``; an error or 0.

    A course that follows the base stops where each arm can first differ and is copied;
    an arm that cannot differ is the base.
    """
    base, walker, other = c.base, c.walker, c.other
    seen, scratch = c.seen, c.scratch
    per_day = c.queue[0, PER_DAY]
    many = _by_departure(p, arms, base.events, n0, per_day, last, c.order)
    paired = seen.done[m] == 1
    none = arms.acts[:0]
    reached = n = 0 * last  # no plain 0: see `run_chunk`
    walker.stats[:] = 0
    for k in range(many):
        a, stop = c.order[0, k], c.order[1, k]
        own = thetas[arms.theta[a], at]
        if stop >= last:
            if _reduce(p.days, asked, sums, a, slot, own, kf, base, n0, scratch):
                _pair(
                    asked, pairs, a, slot, seen, scratch.answer, m, base.events, n0, n0
                )
            continue
        if stop > reached and walker.stats[ERROR] == 0:
            n = advance(
                p, walker, c.queue[1], thetas[0, at], kf, none, None, None, n, reached,
                stop,
            )  # fmt: skip
            reached = stop
        if walker.stats[ERROR] != 0:  # stopped before it could differ, as the base was
            _reduce(p.days, asked, sums, a, slot, own, kf, walker, n, scratch)
            continue
        mine = arms.acts[arms.act_at[a] : arms.act_at[a + 1]]
        copy_course(p, walker, other, c.queue[1], c.queue[2], n)
        open_levers(p, other, c.queue[2], own, kf, mine, p.horizon)
        other.stats[CANDIDATES] = walker.stats[CANDIDATES]
        n1 = advance(
            p, other, c.queue[2], own, kf, mine, None, None, n, reached, last
        )  # fmt: skip
        error = other.stats[ERROR]
        if error != 0 and error != E_CAPPED and error != E_NODES:
            return error
        done = _reduce(p.days, asked, sums, a, slot, own, kf, other, n1, scratch)
        if done and paired:
            _pair(asked, pairs, a, slot, seen, scratch.answer, m, other.events, n1, n)
    return 0


@compiled
def run_chunk(
    p,
    c,
    asked,
    sums,
    pairs,
    arms,
    thetas,
    mus,
    seed_key,
    first,
    index,
    low,
    high,
    futures,
    past,
):
    """Simulate slots ``low`` to ``high`` of every arm, adding to ``sums`` and ``pairs``.

    Slot d runs draw ``index[d]`` (numbers and past) with the futures of slot d.

    Parameters
    ----------
    p : Program
    c : Courses
    asked : Asked
    sums : Sums
        Each array with the arms as its first axis.
    pairs : Pairs
        The same; the base's stay zero.
    arms : Arms
    thetas : (V, high - low, slots)
        Numbers the arms run with, the base's first.
    mus : (V, high - low, K)
        Their bases.

    Returns
    -------
    int
        0, or the code of an error that is not a cap.
    """
    base, seen, scratch = c.base, c.seen, c.scratch
    # A plain 0 has a type of its own: what it is passed to would be compiled twice.
    begin = 0 * low
    last = p.days * c.queue[0, PER_DAY] + 1
    many = len(arms.theta)
    departing = 0
    for a in range(1, many):
        departing += 1 - arms.whole[a]
    for slot in range(low, high):
        d, at = index[slot], slot - low
        kd = sub(seed_key, first + d)
        a, b = past.offsets[d], past.offsets[d + 1]
        last_before(
            asked, past.time[a:b], past.stream[a:b], past.flags[a:b], scratch.last[0]
        )  # fmt: skip
        k_slot = mix(sub(seed_key, first + slot) + K_FUTURE)
        for a in range(many):
            if a > 0 and arms.whole[a] == 0:
                continue  # it departs from the base, below
            theta = thetas[arms.theta[a], at]
            acts = arms.acts[arms.act_at[a] : arms.act_at[a + 1]]
            prepare(p, base.numbers, theta, mus[arms.theta[a], at])
            _settle(p, base, theta, kd, past, d)
            for m in range(futures):
                kf = sub(k_slot, m)
                base.stats[:] = 0
                begin_future(p, base, c.queue[0], theta, kf)
                if a == 0 and departing > 0:
                    copy_course(p, base, c.walker, c.queue[0], c.queue[1], begin)
                open_levers(p, base, c.queue[0], theta, kf, acts, p.horizon)
                n = advance(
                    p, base, c.queue[0], theta, kf, acts, None, None, begin,
                    begin, last,
                )  # fmt: skip
                error = base.stats[ERROR]
                if error != 0 and error != E_CAPPED and error != E_NODES:
                    return error
                done = _reduce(
                    p.days, asked, sums, a, slot, theta, kf, base, n, scratch
                )
                if a > 0:
                    if done and seen.done[m] == 1:
                        _pair(
                            asked, pairs, a, slot, seen, scratch.answer, m, base.events,
                            n, begin,
                        )  # fmt: skip
                elif many > 1:
                    seen.done[m] = 1 if done else 0
                    for q in range(len(scratch.answer)):
                        seen.answer[m, q] = scratch.answer[q]
                    keep_seen(seen, m, base.events, n)
                    if departing > 0:
                        error = _depart(
                            p, c, asked, sums, pairs, arms, thetas, slot, at, kf, m, n,
                            last,
                        )  # fmt: skip
                        if error != 0:
                            return error
    return 0
