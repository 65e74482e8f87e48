"""Sentences on what of the past is imputed from the model alone.

This file must never import a case.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.past_blocks import blocks_of
from spillover.assemble.past_data import PastData
from spillover.model.structure import ABSENT, DEADLY, Model

__all__ = [
    "streams_without_rate",
    "uncounted_cells",
    "uncounted_days",
    "uncounted_notes",
]


def uncounted_cells(model: Model, past: PastData) -> NDArray[np.bool_]:
    """Days that no count covers, of streams with counts elsewhere, (K, days).

    Other streams' records are all there is: none of their days is uncounted.
    """
    cells = np.zeros((len(model.streams), -past.begins), bool)
    blocks, _ = blocks_of(model, past)
    for block in blocks:
        open_days = np.zeros(-past.begins, bool)
        edges = block.edges
        covered = set()
        for rows in (block.events, block.claims):
            for r in range(len(rows.first)):
                if rows.minimum[r] == 0:
                    covered |= set(range(int(rows.first[r]), int(rows.last[r])))
        for k in range(len(edges) - 1):
            if k not in covered:
                low, high = int(edges[k]), int(edges[k + 1])
                open_days[low - past.begins : high - past.begins] = True
        for s in block.streams:
            cells[s] = open_days
    return cells


def uncounted_days(model: Model, past: PastData) -> dict[int, int]:
    """Days that no count covers, for each stream with counts elsewhere."""
    cells = uncounted_cells(model, past)
    blocks, _ = blocks_of(model, past)
    return {s: int(cells[s].sum()) for block in blocks for s in block.streams}


def streams_without_rate(model: Model, past: PastData) -> tuple[int, ...]:
    """Streams that counts speak of but that nothing in the model can bring."""
    brought = {r.then.stream for r in model.responses}
    brought |= {a.act.stream for r in model.replies for a in r.answers if a.act}
    brought |= {line.act.stream for line in model.red_lines if line.act}
    brought |= {w.act.stream for w in model.warnings}
    counted = {s for x in past.series for s in x.streams}
    return tuple(
        s
        for s in sorted(counted)
        if s not in brought
        and model.streams[s].base == ABSENT
        and model.streams[s].level == ABSENT
    )


def _fatal_streams(model: Model) -> set[int]:
    """Streams whose deadly events set something off."""
    patterns = [line.quantity.pattern for line in model.red_lines]
    patterns += [r.when for r in model.responses] + [r.ask for r in model.replies]
    patterns += [p for f in model.factors for p in (f.starts, f.ends)]
    patterns += [p for g in model.gauges for p, _ in g.steps]
    found = {c.stream for p in patterns for c in p.clauses if c.require & DEADLY}
    for line in model.red_lines:
        if line.quantity.kind == "deaths":
            found |= {c.stream for c in line.quantity.pattern.clauses}
    return found


def uncounted_notes(model: Model, past: PastData) -> tuple[str, ...]:
    """Say what a person should know of events that no record names."""
    days_of = uncounted_days(model, past)
    notes = [
        f"{model.streams[s].name or model.streams[s].id}: {days} days of the past have "
        "no count; events there are imputed from the model's own rate"
        for s, days in days_of.items()
        if days > 0
    ]
    told = {
        (s, x.require) for x in past.series if x.kind == "marked" for s in x.streams
    }
    for s in days_of:
        item = model.streams[s]
        fatal = [a for a in item.amounts if a.id == "deaths"]
        if fatal and s in _fatal_streams(model) and (s, DEADLY) not in told:
            notes.append(
                f"{item.name or item.id}: events that no record names may be deadly in "
                f"the imputed past; a count of `{item.id} (deadly)` would say how many "
                "were"
            )
    return tuple(notes)
