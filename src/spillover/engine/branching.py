"""Python face of the compiled engine: single paths as `History`.

Ensembles use `engine.chunk`, which shares everything but the reducers.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spillover.engine.codes import ERROR, ERRORS
from spillover.engine.future import run_future
from spillover.engine.hashing import mix, sub
from spillover.engine.past import settle_past
from spillover.engine.prepare import prepare
from spillover.engine.program import compile_model
from spillover.engine.tables import ACT, Program, Table
from spillover.engine.world import World, new_world
from spillover.errors import RunError
from spillover.keys import id_key
from spillover.model.closed_forms import bases
from spillover.model.history import History
from spillover.model.structure import Model, ScheduledAct
from spillover.model.via import LEVER, REPLY, RESPONSE

__all__ = ["act_table", "buckets_per_day", "draw_key", "future_key", "simulate"]

K_FUTURE = np.uint64(0x2545F4914F6CDD1D)


def draw_key(seed: int, draw: int) -> np.uint64:
    """Key of a draw."""
    return np.uint64(sub(np.uint64(id_key("seed", seed)), np.uint64(draw)))


def future_key(kd: np.uint64, future: int) -> np.uint64:
    """Key of a future within its draw."""
    with np.errstate(over="ignore"):
        return np.uint64(sub(np.uint64(mix(kd + K_FUTURE)), np.uint64(future)))


def act_table(acts: Sequence[ScheduledAct]) -> Table:
    """Scheduled acts as the table `run_future` takes, in the order given."""
    table = np.zeros(len(acts), ACT)
    for row, a in zip(table, acts, strict=True):
        row["time"], row["key"] = a.time, a.key
        row["stream"], row["flags"] = a.act.stream, a.act.flags
        row["attempt"], row["lever"] = int(a.attempt), a.lever
        row["chance"], row["share"], row["depth"] = a.chance, a.share, a.depth
    return table


def buckets_per_day(mu: NDArray[np.float64]) -> int:
    """Width of the calendar queue for bases ``mu``: a handful of candidates each."""
    per_day = 3.0 * float(np.sum(mu))
    return int(2 ** np.clip(np.ceil(np.log2(max(per_day, 1.0) / 4.0)), 0, 7))


def _codes(
    p: Program, acts: Sequence[ScheduledAct], code: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Codes of `spillover.model.via` from those of the engine (rows, answers)."""
    kind, index = code & 15, code >> 4
    reply_of = np.repeat(np.arange(len(p.replies)), p.replies["a1"] - p.replies["a0"])
    levers = np.array([a.lever for a in acts], np.int64)
    for k, table in (
        (RESPONSE, p.rows["response"]),
        (REPLY, reply_of),
        (LEVER, levers),
    ):
        at = kind == k
        index[at] = table[index[at]]
    return kind | index << 4


def _history(p: Program, w: World, acts: Sequence[ScheduledAct], n: int) -> History:
    e = w.events[:n]
    return History(
        e["time"].copy(),
        e["stream"].copy(),
        e["flags"].copy(),
        e["deaths"].copy(),
        e["injured"].copy(),
        w.claims[:n].copy(),
        e["key"].copy(),
        e["parent"].copy(),
        _codes(p, acts, e["via"]),
    )


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
    slot: int | None = None,
    max_events: int = 100_000,
    program: Program | None = None,
) -> list[History]:
    """Simulate futures of one draw, keeping every event.

    Parameters
    ----------
    model, theta
        Structure and numbers, shape (slots,).
    past
        Events before the origin, exact.
    acts
        Acts scheduled by levers.
    seed, draw, first_future, futures
        Keys: future m of draw d is the same whatever else is asked for.
    slot
        Whose futures: those of draw ``slot`` of an ensemble that runs ``draw`` in it;
        ``draw`` itself when absent.
    max_events
        A path that reaches it raises.
    program
        ``compile_model(model)``, when the caller has it.

    Returns
    -------
    list of History
        One per future, times in (0, horizon].

    Raises
    ------
    RunError
        When a path reaches ``max_events``, a factor passes its cap, or a red line
        counts more than it can hold.
    """
    p = program or compile_model(model)
    before = past if past is not None else History.empty(p.n_reports)
    mu = bases(model, theta)
    per_day = buckets_per_day(mu)
    w = new_world(
        p,
        max_events=max_events,
        past_events=len(before),
        buckets_per_day=per_day,
    )
    queue = np.array([-1, 0, 0, -1, per_day], np.int64)
    prepare(p, w.numbers, theta, mu)
    kd = draw_key(seed, draw)
    ks = kd if slot is None else draw_key(seed, slot)
    settle_past(
        p,
        w,
        theta,
        kd,
        before.time,
        before.stream,
        before.flags,
        before.deaths,
        before.injured,
        before.key,
    )
    table = act_table(acts)
    paths = []
    for m in range(first_future, first_future + futures):
        n = run_future(p, w, queue, theta, future_key(ks, m), table, None, None)
        error = int(w.stats[ERROR])
        if error:
            msg = f"future {m} of draw {draw}: {ERRORS[error]}"
            raise RunError(msg)
        paths.append(_history(p, w, acts, n))
    return paths
