"""Switching an element off: setting its numbers to their natural zero.

This file must never import a case.
"""

from __future__ import annotations

import math

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.changes import Change
from spillover.assemble.slots import SlotTable
from spillover.errors import ModelError

__all__ = ["off_arm", "off_changes"]


def off_changes(table: SlotTable, element: str, where: str) -> list[Change]:
    """Changes that switch an element (``responses.x``) off.

    Raises
    ------
    ModelError
        When the element has no natural zero, or is a stream given by its level.
    """
    made = [
        Change(slot, "set", value=table.columns[slot].zero)
        for slot in table.under(element)
        if not math.isnan(table.columns[slot].zero)
    ]
    section, _, name = element.partition(".")
    if section == "streams" and f"{element}.level" in table.index:
        msg = (
            f"{where}: {name} has a level, the rate of all its events, which cannot be "
            "switched off; scale it or what raises it"
        )
        raise ModelError(msg)
    if not made:
        msg = f"{where}: {element} cannot be switched off"
        raise ModelError(msg)
    return made


def off_arm(assembled: Assembled, element: str) -> Arm:
    """The case with one element switched off: a knock-out.

    Raises
    ------
    ModelError
        As `off_changes`.
    """
    changes = off_changes(assembled.slots, element, f"without {element}")
    return Arm(
        f"without {element}",
        f"Without {element}",
        "none",
        assembled.slots,
        changes=tuple(changes),
    )
