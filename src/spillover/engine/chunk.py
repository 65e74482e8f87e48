"""A chunk of an ensemble: some draws, all their futures, in one compiled call.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import numpy as np

from spillover.engine.codes import ACCEPTED, CANDIDATES, E_CAPPED, E_NODES, ERROR
from spillover.engine.future import run_future
from spillover.engine.hashing import mix, sub
from spillover.engine.past import settle_past
from spillover.engine.prepare import prepare
from spillover.engine.reduce import last_before, reduce_future
from spillover.jit import compiled

__all__ = ["run_chunk", "weigh_chunk"]

U = np.uint64
K_FUTURE = U(0x2545F4914F6CDD1D)


@compiled
def weigh_chunk(
    p,
    w,
    theta,
    mu,
    seed_key,
    first,
    low,
    high,
    offsets,
    times,
    streams,
    flags,
    deaths,
    injured,
    keys,
    out,
):
    """Log weights of draws ``low`` to ``high`` given their pasts, into ``out``."""
    for d in range(low, high):
        prepare(p, w.numbers, theta[d], mu[d])
        kd = sub(seed_key, first + d)
        a, b = offsets[d], offsets[d + 1]
        out[d] = settle_past(
            p,
            w,
            theta[d],
            kd,
            times[a:b],
            streams[a:b],
            flags[a:b],
            deaths[a:b],
            injured[a:b],
            keys[a:b],
        )


@compiled
def run_chunk(
    p,
    w,
    queue,
    asked,
    sums,
    theta,
    mu,
    seed_key,
    first,
    index,
    low,
    high,
    futures,
    offsets,
    times,
    streams,
    flags,
    deaths,
    injured,
    keys,
    act_time,
    act_stream,
    act_flags,
    act_key,
    act_try,
    act_lever,
    cum,
    last,
    answer,
):
    """Simulate draws in slots ``low`` to ``high``, adding to ``sums``.

    Slot d runs draw ``index[d]`` (numbers and past) with the futures of slot d.

    Returns
    -------
    int
        0, or the code of an error that is not a cap.
    """
    for slot in range(low, high):
        d = index[slot]
        prepare(p, w.numbers, theta[d], mu[d])
        a, b = offsets[d], offsets[d + 1]
        settle_past(
            p,
            w,
            theta[d],
            sub(seed_key, first + d),
            times[a:b],
            streams[a:b],
            flags[a:b],
            deaths[a:b],
            injured[a:b],
            keys[a:b],
        )
        last_before(asked, times[a:b], streams[a:b], flags[a:b], last[0])
        base = mix(sub(seed_key, first + slot) + K_FUTURE)
        for m in range(futures):
            kf = sub(base, m)
            w.stats[CANDIDATES] = 0
            w.stats[ACCEPTED] = 0
            n = run_future(
                p,
                w,
                queue,
                theta[d],
                kf,
                act_time,
                act_stream,
                act_flags,
                act_key,
                act_try,
                act_lever,
            )
            sums.work[0] += w.stats[CANDIDATES]
            sums.work[1] += w.stats[ACCEPTED]
            error = w.stats[ERROR]
            if error == E_CAPPED or error == E_NODES:
                sums.capped[slot] += 1
                continue
            if error != 0:
                return error
            reduce_future(
                asked,
                sums,
                slot,
                theta[d],
                kf,
                w.events,
                w.claims,
                n,
                w.by_stream,
                w.g_day,
                p.days,
                cum,
                last[0],
                last[1],
                answer,
            )
    return 0
