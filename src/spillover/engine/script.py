"""A history played again: what was seen as candidates with a parent and a level.

Three ways to play it (`Script.mode`):

``FACTUAL``
    What was seen happens. Fresh candidates at or below F would have been seen, so there
    were none; those above F are spare: they are kept with their keys, which fix their
    levels.
``OTHERWISE``
    One decision changed. What was seen happens if what brought it did and its level
    lies below F as it now is; so do the spares. Only what is new has fresh offspring,
    crossings and asks.
``REPLAY``
    What was seen up to ``cut`` happens; after it everything is fresh.

References
----------
Oberst & Sontag (2019), ICML (counterfactuals need a coupling, which data cannot show).
Noorbakhsh & Rodriguez (2022), NeurIPS, Counterfactual temporal point processes.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.codes import (
    N_SEEN,
    N_SPARE,
    ORDER_CANDIDATE,
    SHIFT2,
)
from spillover.engine.hashing import mix, sub
from spillover.engine.queue import BUCKET, FREE, HEAP, USED, push_node
from spillover.engine.rules import (
    draw_marks,
    factor_shape,
    gauge_level,
    state_is_on,
)
from spillover.engine.tables import Program, Table
from spillover.engine.world import NODE
from spillover.jit import compiled
from spillover.model.via import LINE, REPLY

__all__ = [
    "FACTUAL",
    "OTHERWISE",
    "REPLAY",
    "SEEN",
    "Script",
    "begin_script",
    "find_kinds",
    "has_act",
    "has_answer",
    "new_script",
    "note_factors",
    "still_brought",
]

FACTUAL, OTHERWISE, REPLAY = range(3)
MODE, SPARES = range(2)
LATEST = 1e300
KINDS, DRAWN = 16, 400

SEEN = np.dtype(
    [
        ("time", "f8"),
        ("key", "u8"),
        ("flags", "u8"),
        ("stream", "i8"),
        ("deaths", "i8"),
        ("injured", "i8"),
        ("parent", "i8"),
        ("via", "i8"),
        ("level", "f8"),
        ("gone", "i8"),
        ("decisive", "i8"),
    ],
    align=True,
)
"""What was seen: ``parent`` is a place in the table (-1: none), ``via`` a code of the
engine, ``gone`` one where the decision takes it away,
``decisive`` one where it belongs to the decision: a replay has it though it comes
after the cut."""


class Script(NamedTuple):
    """A history and what playing it notes; n events, L lines, A replies."""

    state: NDArray[np.int64]  # (2,) mode, number of spares
    cut: NDArray[np.float64]  # (1,) REPLAY: the decision
    size: NDArray[np.int64]  # (1,) events in use
    salt: NDArray[np.uint64]  # (1,) what is drawn at an event differs by it
    seen: Table  # (n,) SEEN, in time order
    event_of: NDArray[np.int64]  # (n,) event of this pass, -1: it did not happen
    script_of: NDArray[np.int64]  # (events,) place in the table, -1: new
    spare: Table  # NODE: candidates above F; ``parent`` a place in the table
    factor: NDArray[np.float64]  # (n, 3) F of immigrants, of offspring, of acts due
    held: NDArray[np.float64]  # (K, days + 1) F of immigrants at each midnight
    kept: NDArray[np.float64]  # (K, days + 1) F' of offspring
    kinds: NDArray[np.int64]  # (K,) kinds of events that factors tell apart
    kind_flags: NDArray[np.uint64]  # (K, KINDS) their marks
    kind_share: NDArray[np.float64]  # (K, KINDS) and shares
    was_crossed: NDArray[np.int64]  # (n, L) crossed by it when played as seen
    crossed: NDArray[np.int64]  # (n, L) in this pass
    was_asked: NDArray[np.int64]  # (n, A)
    asked: NDArray[np.int64]  # (n, A)
    made: NDArray[np.int64]  # (K, days) layers of immigrants in reach as seen
    until: NDArray[np.float64]  # (states,) a state turned on holds till then


def new_script(p: Program, n: int, *, max_events: int, spares: int) -> Script:
    """Room for ``n`` events and ``spares`` candidates above F."""
    L, A = len(p.lines), len(p.replies)
    return Script(
        np.zeros(2, np.int64),
        np.zeros(1),
        np.zeros(1, np.int64),
        np.zeros(1, np.uint64),
        np.zeros(n, SEEN),
        np.full(n, -1, np.int64),
        np.full(max_events, -1, np.int64),
        np.zeros(spares, NODE),
        np.ones((n, 3)),
        np.ones((len(p.streams), p.days + 1)),
        np.ones((len(p.streams), p.days + 1)),
        np.ones(len(p.streams), np.int64),
        np.zeros((len(p.streams), KINDS), np.uint64),
        np.ones((len(p.streams), KINDS)),
        np.zeros((n, L), np.int64),
        np.zeros((n, L), np.int64),
        np.zeros((n, A), np.int64),
        np.zeros((n, A), np.int64),
        np.ones((len(p.streams), p.days), np.int64),
        np.full(len(p.states), -LATEST),
    )


@compiled
def begin_script(p, w, queue, script, levels):
    """The situation at the beginning and the script's candidates in the queue.

    Parameters
    ----------
    levels : (K, days)
        Log of the background of each stream: driver i belongs to stream i.
    """
    queue[FREE] = -1
    queue[USED] = 0
    queue[HEAP] = 0
    queue[BUCKET] = -1
    w.by_stream[:] = 0
    w.means[:] = 0.0
    w.g_day[:] = 0.0
    for i in range(min(levels.shape[0], w.levels.shape[0])):
        for d in range(levels.shape[1]):
            w.levels[i, d] = levels[i, d]
    mode = script.state[MODE]
    if mode == FACTUAL:
        script.state[SPARES] = 0
        for k in range(script.size[0]):
            script.was_crossed[k, :] = 0
            script.was_asked[k, :] = 0
    for k in range(script.size[0]):
        script.crossed[k, :] = 0
        script.asked[k, :] = 0
        script.event_of[k] = -1
    for k in range(script.size[0]):
        if script.seen[k].gone == 1 and mode != FACTUAL:
            continue
        late = script.seen[k].time > script.cut[0]
        if mode == REPLAY and late and script.seen[k].decisive == 0:
            continue
        push_node(
            w.nodes,
            w.bucket,
            w.heap_time,
            w.heap_node,
            queue,
            script.seen[k].time,
            ORDER_CANDIDATE | (script.seen[k].key >> SHIFT2),
            mix(script.seen[k].key + script.salt[0]),
            N_SEEN | script.seen[k].stream << 12,
            k,
            script.seen[k].via,
        )
    if mode != OTHERWISE:
        return
    for k in range(script.state[SPARES]):
        aux = (script.spare[k].meta >> 4) & 255
        push_node(
            w.nodes,
            w.bucket,
            w.heap_time,
            w.heap_node,
            queue,
            script.spare[k].time,
            script.spare[k].order,
            script.spare[k].key,
            N_SPARE | aux << 4 | (script.spare[k].meta >> 12) << 12,
            script.spare[k].parent,
            script.spare[k].via,
        )


@compiled
def still_brought(script, k):
    """Whether what brought event ``k`` of the script happened in this pass."""
    up = script.seen[k].parent
    if up < 0:
        return True
    if script.event_of[up] < 0:
        return False
    kind, x = script.seen[k].via & 15, script.seen[k].via >> 4
    if kind == LINE:
        return script.crossed[up, x] == 1
    if kind == REPLY:
        return script.asked[up].sum() > 0
    return True


@compiled
def has_act(script, x, up):
    """Whether the script holds an act of line ``x`` for its crossing by ``up``."""
    code = LINE | x << 4
    for k in range(up + 1, script.size[0]):
        if script.seen[k].parent == up and script.seen[k].via == code:
            return True
    return False


@compiled
def has_answer(p, script, a, up):
    """Whether the script holds an answer of reply ``a`` to ``up``."""
    for k in range(up + 1, script.size[0]):
        if script.seen[k].parent == up and script.seen[k].via & 15 == REPLY:
            n = script.seen[k].via >> 4
            if p.replies[a].a0 <= n < p.replies[a].a1:
                return True
    return False


@compiled
def find_kinds(p, theta, script, key):
    """Kinds of events of each stream that factors tell apart, with their shares.

    By drawing marks `DRAWN` times: members of an umbrella, places, deadly ones.
    """
    for s in range(len(p.streams)):
        told = np.uint64(0)
        for at in range(p.streams[s].f0, p.streams[s].f1):
            told |= p.factor_rows[p.factor_at[at]].mask
        for at in range(p.streams[s].g0, p.streams[s].g1):
            told |= p.gauge_rows[at].mask
        script.kinds[s] = 1
        script.kind_flags[s, 0] = np.uint64(0)
        script.kind_share[s, 0] = 1.0
        if told == np.uint64(0):
            continue
        script.kinds[s] = 0
        ks = mix(key + p.streams[s].key)
        for i in range(DRAWN):
            flags, _, _ = draw_marks(
                p.streams, p.choices, p.options, p.amounts, theta, s, sub(ks, i),
                np.uint64(0),
            )  # fmt: skip
            flags &= told
            at = 0
            while at < script.kinds[s] and script.kind_flags[s, at] != flags:
                at += 1
            if at == script.kinds[s]:
                if at == KINDS:  # rarer ones go with the last
                    at -= 1
                else:
                    script.kinds[s] += 1
                    script.kind_flags[s, at] = flags
                    script.kind_share[s, at] = 0.0
            script.kind_share[s, at] += 1.0 / DRAWN


@compiled
def note_factors(p, w, theta, script, s, day):
    """F of immigrants and F' of offspring of a stream at a midnight, over its kinds."""
    now = w.now
    t = float(day)
    script.held[s, day] = 0.0
    script.kept[s, day] = 0.0
    if p.streams[s].dormant == 1 and not now.open_until[s] >= t:
        return
    for n in range(script.kinds[s]):
        flags = script.kind_flags[s, n]
        held, kept = 1.0, 1.0
        for at in range(p.streams[s].f0, p.streams[s].f1):
            r = p.factor_at[at]
            f = p.factor_rows[r].factor
            if now.factors[f].on == 0.0 or t >= p.factors[f].until or now.obeys[r] == 0:
                continue
            if p.factors[f].while_state >= 0 and not state_is_on(
                p.factors[f].while_state, now.states, t
            ):
                continue
            if flags & p.factor_rows[r].mask != p.factor_rows[r].mask:
                continue
            value = 1.0 + w.numbers.row_size[r] * factor_shape(
                f, now.factors, w.numbers.factor_rate[f], t
            )
            if p.factor_rows[r].power >= 0:
                held *= value ** theta[p.factor_rows[r].power]
            else:
                held *= value
                if value <= 1.0 or p.factors[f].offspring == 1:
                    kept *= value
        for at in range(p.streams[s].g0, p.streams[s].g1):
            if flags & p.gauge_rows[at].mask != p.gauge_rows[at].mask:
                continue
            g = p.gauge_rows[at].gauge
            level = gauge_level(g, now.gauges, w.numbers.gauge_rate[g], t)
            value = 1.0 + w.numbers.gauge_row_size[at] * level / (
                level + theta[p.gauge_rows[at].half_at]
            )
            if p.gauge_rows[at].power >= 0:
                held *= value ** theta[p.gauge_rows[at].power]
            else:
                held *= value
                if value <= 1.0 or p.gauge_rows[at].offspring == 1:
                    kept *= value
        script.held[s, day] += script.kind_share[s, n] * held
        script.kept[s, day] += script.kind_share[s, n] * kept
