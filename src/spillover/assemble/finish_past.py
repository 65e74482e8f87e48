"""The last step of a past: order in time, marks, claims.

This file must never import a case.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.fill_marks import fill_claims, fill_marks, pick_marked
from spillover.assemble.imputed import ImputedPast
from spillover.assemble.kernel import Floats, Ints, Keys
from spillover.assemble.past_events import Events
from spillover.assemble.past_plan import Plan, active_rows
from spillover.model.marks import chance_of
from spillover.model.structure import DEADLY, INJURING, Clause, Pattern

__all__ = ["finish_past"]


def finish_past(
    plan: Plan, theta: Floats, keys: Keys, events: Events, chosen: Ints
) -> tuple[ImputedPast, NDArray[np.bool_]]:
    """Sort the events of every draw and complete their marks and claims.

    Parameters
    ----------
    plan
        The past.
    theta, keys : (D, ...)
        Numbers and key of each draw.
    events
        Everything imputed and recorded.
    chosen
        Rivals believed, (D, rivals).

    Returns
    -------
    past, wrong (D,)
        ``wrong`` where counts of marked events cannot be had.
    """
    model, past, D = plan.model, plan.past, len(theta)
    order = np.lexsort((events.key, events.time, events.draw))
    draw, time = events.draw[order], events.time[order]
    stream, record, key = events.stream[order], events.record[order], events.key[order]
    known, layer = events.claims[order], events.layer[order]
    offsets = np.searchsorted(draw, np.arange(D + 1)).astype(np.int64)
    n = len(time)
    at = np.where(record >= 0, record, len(past.records))
    flags = np.array([*(r.flags for r in past.records), 0], np.uint64)[at]
    absent = np.array([*(r.absent for r in past.records), 0], np.uint64)[at]
    deaths = np.array([*(r.deaths for r in past.records), -1], np.int64)[at]
    injured = np.array([*(r.injured for r in past.records), -1], np.int64)[at]
    for number, bit in ((deaths, DEADLY), (injured, INJURING)):
        flags[number > 0] |= np.uint64(bit)
        absent[number == 0] |= np.uint64(bit)
    forced, refuse = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    wrong = np.zeros(D, np.int64)
    for rows in plan.marked:
        pattern = Pattern((Clause(rows.stream, rows.require),))
        chance = np.asarray(chance_of(model, theta, pattern, rows.stream))
        pick_marked(
            wrong,
            offsets,
            time,
            stream,
            flags,
            absent,
            forced,
            refuse,
            keys,
            rows.stream,
            rows.bit,
            np.uint64(rows.require),
            np.uint64(rows.needs),
            np.uint64(rows.excludes),
            np.ascontiguousarray(np.broadcast_to(chance, (D,))),
            rows.edges,
            rows.first,
            rows.last,
            rows.low,
            rows.high,
            active_rows(past, rows.at, chosen),
        )
    fill_marks(
        plan.marks,
        theta,
        draw,
        stream,
        key,
        flags,
        absent,
        forced,
        refuse,
        plan.refused,
        deaths,
        injured,
    )
    claims = np.zeros((n, len(model.reports)), np.int64)
    if model.reports:
        for r in {-1, *layer.tolist()} if n else set():
            mine = np.flatnonzero(layer == r)
            part = np.ascontiguousarray(claims[mine])
            fill_claims(
                plan.marks,
                theta,
                draw[mine],
                stream[mine],
                key[mine],
                flags[mine],
                known[mine],
                int(r),
                part,
            )
            claims[mine] = part
    made = ImputedPast(
        offsets, time, stream, flags, deaths, injured, claims, key, record
    )
    return made, wrong == 1
