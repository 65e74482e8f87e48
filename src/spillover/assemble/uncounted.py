"""Sentences on what of the past is imputed from the model alone.

This file must never import a case.
"""

from __future__ import annotations

from spillover.assemble.past_blocks import blocks_of
from spillover.assemble.past_data import PastData
from spillover.model.structure import Model

__all__ = ["uncounted_days", "uncounted_notes"]


def uncounted_days(model: Model, past: PastData) -> dict[int, int]:
    """Days that no count covers, for each stream with counts elsewhere."""
    blocks, _ = blocks_of(model, past)
    found: dict[int, int] = {}
    for block in blocks:
        covered = set()
        for rows in (block.events, block.claims):
            for r in range(len(rows.first)):
                if rows.minimum[r] == 0:
                    covered |= set(range(int(rows.first[r]), int(rows.last[r])))
        edges = block.edges
        days = sum(
            int(edges[k + 1] - edges[k])
            for k in range(len(edges) - 1)
            if k not in covered
        )
        for s in block.streams:
            found[s] = days
    return found


def uncounted_notes(model: Model, past: PastData) -> tuple[str, ...]:
    """One sentence per stream with days that no count covers."""
    return tuple(
        f"{model.streams[s].name or model.streams[s].id}: {days} days of the past have "
        "no count; events there are imputed from the model's own rate"
        for s, days in uncounted_days(model, past).items()
        if days > 0
    )
