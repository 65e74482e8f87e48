"""One block of streams in a chunk of draws: numbers to arrays, arrays to events.

This file must never import a case.
"""

from __future__ import annotations

import numpy as np

from spillover.assemble.block_arrays import (
    CLAIMED,
    RATIO,
    REAL,
    BlockArrays,
    DrawArrays,
    EventArrays,
    RowArrays,
)
from spillover.assemble.day_shapes import DayShapes
from spillover.assemble.fill_block import FULL, IMPOSSIBLE, fill_block
from spillover.assemble.kernel import Floats, Ints, Keys
from spillover.assemble.past_blocks import Block, Rows
from spillover.assemble.past_data import PastData
from spillover.assemble.past_events import Events
from spillover.assemble.past_plan import Plan, active_rows
from spillover.keys import id_key
from spillover.model.closed_forms import mean_weight
from spillover.model.structure import ABSENT, Model

__all__ = ["run_block"]

MOST_RATIO = 0.98
LN2 = float(np.log(2.0))


def _kernel_of(
    model: Model, theta: Floats, block: Block, rates: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Branching ratio within the block, and lag, rate and share of its kernel parts."""
    D = len(theta)
    own = list(block.streams)
    total = np.maximum(np.sum(rates[:, own], axis=1), 1e-300)
    ratio = np.zeros(D)
    lags, speeds, shares = [], [], []
    for response in model.responses:
        if response.then.stream not in own:
            continue
        gain = np.zeros(D)
        for j in own:
            if any(c.stream == j for c in response.when.clauses):
                part = rates[:, j] / total if len(own) > 1 else np.ones(D)
                gain += part * mean_weight(model, theta, response, j)
        gain = gain * theta[:, response.children]
        if not np.any(gain > 0.0):
            continue
        ratio += gain
        lag = np.zeros(D) if response.lag == ABSENT else theta[:, response.lag]
        for k in response.kernel:
            share = np.ones(D) if k.share == ABSENT else theta[:, k.share]
            lags.append(lag)
            speeds.append(LN2 / np.maximum(theta[:, k.half_life], 1e-9))
            shares.append(gain * share)
    if not lags:
        none = np.zeros((D, 0))
        return ratio, none, none, none
    share = np.stack(shares, axis=1)
    share = share / np.maximum(np.sum(share, axis=1, keepdims=True), 1e-300)
    return (
        np.minimum(ratio, MOST_RATIO),
        np.stack(lags, axis=1),
        np.stack(speeds, axis=1),
        share,
    )


def _row_arrays(past: PastData, rows: Rows, chosen: Ints) -> RowArrays:
    table = [
        rows.first,
        rows.last,
        rows.low,
        rows.high,
        rows.days,
        rows.at_least,
        rows.minimum,
    ]
    return RowArrays(
        np.stack(table).astype(np.int64),
        rows.centre,
        active_rows(past, rows.at, chosen),
    )


def _expected(block: Block, past: PastData, rates: Floats) -> int:
    """Guess a generous number of events a draw of the block may have."""
    top = max([*block.events.centre, *block.claims.centre, 0.0])
    span = -past.begins * float(np.max(np.sum(rates, axis=1), initial=0.0))
    return int(2 * top + min(span, 4096))


def _edge_counts(before: Events, block: Block, D: int) -> Ints:
    """Events of the fixed streams before each edge of the block, (D, edges)."""
    fixed = np.zeros((D, len(block.edges)), np.int64)
    if block.fixed:
        mine = np.isin(before.stream, block.fixed)
        for k, edge in enumerate(block.edges):
            early = mine & (before.time < edge)
            fixed[:, k] = np.bincount(before.draw[early], minlength=D)
    return fixed


def _weights(shapes: DayShapes, own: list[int], rates: Floats) -> tuple[Floats, Floats]:
    """Day weights of the block: those of its streams, averaged by their rates."""
    if len(own) == 1:
        return shapes.of(own[0])
    total = np.maximum(np.sum(rates[:, own], axis=1, keepdims=True), 1e-300)
    root = np.zeros_like(shapes.of(own[0])[0])
    child = np.zeros_like(root)
    for s in own:
        part = rates[:, s : s + 1] / total
        root += part * shapes.of(s)[0]
        child += part * shapes.of(s)[1]
    return root, child


def _draw_arrays(
    plan: Plan,
    block: Block,
    theta: Floats,
    keys: Keys,
    times: Floats,
    rates: Floats,
    before: Ints,
    shapes: DayShapes,
) -> DrawArrays:
    model, D = plan.model, len(theta)
    own = list(block.streams)
    numbers = np.zeros((D, 3))
    numbers[:, REAL], numbers[:, CLAIMED] = 1.0, -1.0
    if block.report >= 0:
        report = model.reports[block.report]
        numbers[:, REAL] = theta[:, report.real]
        if report.claimed != ABSENT:
            numbers[:, CLAIMED] = theta[:, report.claimed]
    ratio, lag, speed, share = _kernel_of(model, theta, block, rates)
    numbers[:, RATIO] = ratio
    return DrawArrays(
        key=keys,
        times=times,
        before=before,
        numbers=numbers,
        rates=np.ascontiguousarray(rates[:, own]),
        kernel=np.ascontiguousarray(np.stack([lag, speed, share], axis=1)),
        weights=np.stack(_weights(shapes, own, rates)),
    )


def run_block(
    plan: Plan,
    block: Block,
    theta: Floats,
    keys: Keys,
    times: Floats,
    rates: Floats,
    chosen: Ints,
    before: Events,
    shapes: DayShapes,
) -> tuple[Events, Ints]:
    """Impute one block.

    Parameters
    ----------
    plan, block
        The past and the block.
    theta, keys, times, rates : (D, ...)
        Numbers, key, record times and mean rates of the draws.
    chosen
        Rivals believed, (D, rivals).
    before
        Events of the blocks before it.
    shapes
        Day weights.

    Returns
    -------
    events, status (D,)
    """
    model, past, D = plan.model, plan.past, len(theta)
    own = list(block.streams)
    at = [r for r, x in enumerate(past.records) if x.stream in own]
    arrays = BlockArrays(
        begins=past.begins,
        key=np.uint64(id_key("block", *(model.streams[s].id for s in own))),
        has_claims=block.report >= 0,
        edges=block.edges,
        streams=np.array(own, np.int64),
        record=np.array(at, np.int64),
        record_stream=np.array([past.records[r].stream for r in at], np.int64),
        record_key=np.array([past.records[r].key for r in at], np.uint64),
    )
    mine = np.ascontiguousarray(times[:, at])
    fixed = _edge_counts(before, block, D)
    by_draw = _draw_arrays(plan, block, theta, keys, mine, rates, fixed, shapes)
    claim_rows = _row_arrays(past, block.claims, chosen)
    event_rows = _row_arrays(past, block.events, chosen)
    capacity = 1024 + D * (64 + _expected(block, past, rates[:, own]))
    while True:
        status, size = np.full(D, IMPOSSIBLE), np.zeros(1, np.int64)
        i = np.zeros((3, capacity), np.int64)
        none = np.full((2, capacity), -1)
        out = EventArrays(
            i[0],
            np.zeros(capacity),
            i[1],
            none[0],
            np.zeros(capacity, np.uint64),
            none[1],
        )
        fill_block(status, size, out, arrays, claim_rows, event_rows, by_draw)
        if not np.any(status == FULL):
            break
        capacity *= 2
    n = int(size[0])
    layer = np.full(n, block.report, np.int64)
    made = Events(
        out.draw[:n],
        out.time[:n],
        out.stream[:n],
        out.record[:n],
        out.key[:n],
        out.claims[:n],
        layer,
    )
    return made, status
