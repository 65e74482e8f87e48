"""What a counted mark needs, and what rules it out.

This file must never import a case.
"""

from __future__ import annotations

from spillover.model.structure import Model

__all__ = ["mark_needs"]


def mark_needs(model: Model, stream: int, require: int) -> tuple[int, int]:
    """Bits that a mark needs beyond the stream's own, and bits that rule it out.

    A deadly event needs the mark its deaths depend on; another option of the same
    choice rules a mark out.
    """
    item = model.streams[stream]
    needs = require & ~item.flags
    for amount in item.amounts:
        if amount.flag & needs:
            needs |= amount.given
    excludes = 0
    for choice in item.choices:
        mine = [o.flags for o in choice.options if o.flags and o.flags & ~needs == 0]
        if mine:
            for option in choice.options:
                excludes |= option.flags & ~mine[0]
    return needs, excludes
