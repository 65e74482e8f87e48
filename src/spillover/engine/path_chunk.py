"""Chains of some draws in one compiled call: futures traced, walked and rerun.

A future that answers yes is run again with each raising factor held; where it then
answers no, the factor is part of the way.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.asked import Asked
from spillover.engine.chunk import K_FUTURE
from spillover.engine.codes import E_CAPPED, E_NODES, ERROR
from spillover.engine.future import run_future
from spillover.engine.hashing import mix, sub
from spillover.engine.past import settle_past
from spillover.engine.paths import (
    NEVER,
    SOME_OTHER_WAY,
    STEPS,
    add_chain,
    add_markers,
    completing_events,
    first_times,
    other_time,
    walk,
    window_end,
)
from spillover.engine.prepare import prepare
from spillover.engine.queue import PER_DAY
from spillover.engine.reduce import last_before
from spillover.engine.tables import Program
from spillover.engine.world import World, new_world
from spillover.jit import compiled

__all__ = ["Found", "Tracer", "new_tracer", "path_chunk"]

ZERO = np.uint64(0)
ONE = np.uint64(1)


class Found(NamedTuple):
    """What the futures of one draw came to, question by question."""

    steps: NDArray[np.int64]  # (M, W) 0: no
    code: NDArray[np.int64]  # (M, W, STEPS)
    stream: NDArray[np.int64]  # (M, W, STEPS)
    lead: NDArray[np.float64]  # (M, W)
    trace: NDArray[np.uint64]  # (M, W, 3)
    held: NDArray[np.uint64]  # (M, W)


class Tracer(NamedTuple):
    """Memory of one thread."""

    world: World
    queue: NDArray[np.int64]  # (5,)
    trace: NDArray[np.uint64]  # (events, 3)
    found: Found
    before: NDArray[np.float64]  # (2, tallies)
    at: NDArray[np.int64]  # (Q,)
    first: NDArray[np.float64]  # (K,)


def new_tracer(
    p: Program,
    asked: Asked,
    *,
    questions: int,
    futures: int,
    max_events: int,
    past_events: int,
    buckets_per_day: int,
) -> Tracer:
    """Allocate the memory of one thread."""
    shape = (futures, questions)
    queue = np.zeros(5, np.int64)
    queue[PER_DAY] = buckets_per_day
    return Tracer(
        new_world(
            p,
            max_events=max_events,
            past_events=past_events,
            buckets_per_day=buckets_per_day,
        ),
        queue,
        np.zeros((max_events, 3), np.uint64),
        Found(
            np.zeros(shape, np.int64),
            np.zeros((*shape, STEPS), np.int64),
            np.zeros((*shape, STEPS), np.int64),
            np.zeros(shape),
            np.zeros((*shape, 3), np.uint64),
            np.zeros(shape, np.uint64),
        ),
        np.zeros((2, len(asked.tallies))),
        np.zeros(len(asked.questions), np.int64),
        np.zeros(len(p.streams)),
    )


@compiled
def _note_future(p, c, asked, chains, which, theta, kf, m, n):
    """Walk the chains of a future into ``c.found`` and count its markers."""
    events, found = c.world.events, c.found
    completing_events(
        asked, events, c.world.claims, n, c.before[0], c.before[1], c.at
    )  # fmt: skip
    first_times(events, n, c.first)
    chains.futures[0] += 1
    for w in range(len(which)):
        q = which[w]
        end = float(window_end(asked, q))
        other = other_time(asked, theta, kf, q)
        e = c.at[q]
        done = events[e].time if e >= 0 else NEVER
        found.held[m, w] = ZERO
        if other <= end and other < done:
            found.steps[m, w] = 1
            found.code[m, w, 0] = SOME_OTHER_WAY
            found.stream[m, w, 0] = 0
            found.lead[m, w] = 0.0
            found.trace[m, w, :] = ZERO
            done = other
        elif e >= 0:
            steps, root = walk(p, events, e, found.code[m, w], found.stream[m, w])
            found.steps[m, w] = steps
            found.lead[m, w] = events[e].time - events[root].time
            for k in range(3):
                found.trace[m, w, k] = c.trace[e, k]
        else:
            found.steps[m, w] = 0
        if found.steps[m, w] > 0:
            chains.yes[w] += 1
        add_markers(chains, w, c.first, min(done, end), end, found.steps[m, w] > 0)


@compiled
def _still_yes(asked, c, q, theta, kf, n):
    """Whether a rerun still answers yes."""
    if c.at[q] >= 0:
        return True
    return other_time(asked, theta, kf, q) <= float(window_end(asked, q))


@compiled
def path_chunk(
    p,
    c,
    asked,
    chains,
    which,
    acts,
    thetas,
    mus,
    seed_key,
    index,
    low,
    high,
    futures,
    past,
):
    """Chains of slots ``low`` to ``high``, added to ``chains``.

    Parameters
    ----------
    p : Program
    c : Tracer
    which : (W,) int64
        Questions to look at.
    acts : ACT table
        Of the lever that is pulled, if any.
    thetas : (1 + H, high - low, slots)
        Numbers as they are, then with each raising factor held.
    mus : (1 + H, high - low, K)
    past : engine.chunk.Past

    Returns
    -------
    int
        0, or the code of an error that is not a cap.
    """
    found = c.found
    for slot in range(low, high):
        d, at = index[slot], slot - low
        kd = sub(seed_key, d)
        a, b = past.offsets[d], past.offsets[d + 1]
        last_before(
            asked, past.time[a:b], past.stream[a:b], past.flags[a:b], c.before[0]
        )  # fmt: skip
        k_slot = mix(sub(seed_key, slot) + K_FUTURE)
        for v in range(len(thetas)):
            theta = thetas[v, at]
            prepared = False
            for m in range(futures):
                wanted = v == 0
                if v > 0:
                    for w in range(len(which)):
                        wanted = wanted or found.steps[m, w] > 0
                if not wanted:
                    continue
                if not prepared:
                    prepared = True
                    prepare(p, c.world.numbers, theta, mus[v, at])
                    settle_past(
                        p,
                        c.world,
                        theta,
                        kd,
                        past.time[a:b],
                        past.stream[a:b],
                        past.flags[a:b],
                        past.deaths[a:b],
                        past.injured[a:b],
                        past.key[a:b],
                    )
                kf = sub(k_slot, m)
                c.world.stats[:] = 0
                n = run_future(
                    p, c.world, c.queue, theta, kf, acts, c.trace, None
                )  # fmt: skip
                error = c.world.stats[ERROR]
                if error == E_CAPPED or error == E_NODES:
                    if v == 0:
                        found.steps[m, :] = 0
                    continue
                if error != 0:
                    return error
                if v == 0:
                    _note_future(p, c, asked, chains, which, theta, kf, m, n)
                    continue
                completing_events(
                    asked, c.world.events, c.world.claims, n, c.before[0], c.before[1],
                    c.at,
                )  # fmt: skip
                for w in range(len(which)):
                    if found.steps[m, w] > 0 and not _still_yes(
                        asked, c, which[w], theta, kf, n
                    ):
                        found.held[m, w] |= ONE << np.uint64(v - 1)
        for m in range(futures):
            for w in range(len(which)):
                if found.steps[m, w] > 0:
                    add_chain(
                        chains,
                        w,
                        found.code[m, w],
                        found.stream[m, w],
                        found.steps[m, w],
                        found.held[m, w],
                        slot * futures + m,
                        found.lead[m, w],
                        found.trace[m, w],
                    )
    return 0
