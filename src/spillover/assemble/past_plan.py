"""What imputing a past needs that does not depend on the draw, and rivals by draw.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.assemble.assembled import Assembled
from spillover.assemble.fill_marks import (
    MarkedRows,
    MarkTable,
    mark_table,
    marked_rows,
)
from spillover.assemble.kernel import Ints, Keys
from spillover.assemble.keyed import draw_keys, uniforms
from spillover.assemble.past_blocks import Block, blocks_of, check_counts
from spillover.assemble.past_data import PastData
from spillover.assemble.shape import Reactions, reactions_of
from spillover.model.structure import Model

__all__ = ["Plan", "active_rows", "choose_rivals", "make_plan"]


@dataclass(frozen=True)
class Plan:
    """A past, compiled.

    Attributes
    ----------
    model, past
        Structure, records and counts.
    blocks, marked
        Streams imputed together; counts of marked events.
    marks, reactions
        Laws of marks; what dated records start and end.
    refused
        Masks of counts of several marks, (streams, 16).
    weekday
        Of the first day of the past, 0 = Monday.
    """

    model: Model
    past: PastData
    blocks: tuple[Block, ...]
    marked: tuple[MarkedRows, ...]
    marks: MarkTable
    reactions: Reactions
    refused: Keys
    weekday: int


def make_plan(assembled: Assembled) -> Plan:
    """Compile the past of a case; raises ModelError when its counts contradict."""
    model, past = assembled.model, assembled.past
    check_counts(past)
    blocks, _ = blocks_of(model, past)
    marked = marked_rows(past, model)
    refused = np.zeros((max(1, len(model.streams)), 16), np.uint64)
    for rows in marked:
        refused[rows.stream, rows.bit] = rows.require
    return Plan(
        model,
        past,
        blocks,
        marked,
        mark_table(model),
        reactions_of(model, past.records),
        refused,
        (model.weekday_of_origin + past.begins) % 7,
    )


def choose_rivals(past: PastData, seed: int, draws: Keys) -> Ints:
    """Index of the row believed of each group of rivals, (D, rivals)."""
    chosen = np.zeros((len(draws), len(past.rivals)), np.int64)
    for r, rival in enumerate(past.rivals):
        weights = np.array([past.series[n].rows[k].weight for n, k in rival.rows])
        edges = np.cumsum(weights) / np.sum(weights)
        u = uniforms(draw_keys(seed, draws, "rival", rival.id))
        chosen[:, r] = np.minimum(np.searchsorted(edges, u), len(weights) - 1)
    return chosen


def active_rows(past: PastData, at: Sequence[tuple[int, int]], chosen: Ints) -> Ints:
    """Which rows each draw believes, (D, rows)."""
    active = np.ones((len(chosen), len(at)), np.int64)
    for k, (n, row) in enumerate(at):
        rival = past.series[n].rows[row].rival
        if rival >= 0:
            mine = past.rivals[rival].rows.index((n, row))
            active[:, k] = chosen[:, rival] == mine
    return active
