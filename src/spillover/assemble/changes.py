"""Changes to numbers: what a variant or a lever does to theta.

A change sets or scales one column. Columns that copy a shared number follow it unless
they were changed themselves; columns that are the rest of others are worked out last.
A change that changes nothing gives the same bytes.

This file must never import a case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.slots import SlotTable
from spillover.model.structure import ABSENT, Slot

__all__ = ["Change", "apply_changes", "fill_copies", "fill_rests"]

Floats = NDArray[np.float64]
Stage = Literal["own", "copy", "rest"]


@dataclass(frozen=True)
class Change:
    """One column set to another, or multiplied by it.

    Attributes
    ----------
    target
        The column that changes.
    kind
        ``set`` to the value of ``by``, or ``scale`` by it. Chances are cut to one and
        factors to their cap.
    by
        Column that holds the value or the factor.
    value
        The value or factor itself, where no column holds it.
    share
        How far the number goes from where it was to where this would bring it.
    """

    target: Slot
    kind: Literal["set", "scale"]
    by: Slot = ABSENT
    value: float = math.nan
    share: float = 1.0


def fill_copies(table: SlotTable, theta: Floats) -> None:
    """Give every copy the value of its source, in place."""
    at = [i for i, c in enumerate(table.columns) if c.law == "copy"]
    if at:
        theta[..., at] = theta[..., [table.columns[i].source for i in at]]
    for i in at:
        if table.columns[i].cap < np.inf:
            theta[..., i] = np.minimum(theta[..., i], table.columns[i].cap)


def fill_rests(table: SlotTable, theta: Floats) -> None:
    """Give every rest what its parts leave to one (never below zero), in place."""
    for i, column in enumerate(table.columns):
        if column.law == "rest":
            theta[..., i] = _rest(theta, column.parts)


def _rest(theta: Floats, parts: Sequence[Slot]) -> Floats:
    total = np.zeros(theta.shape[:-1])
    for part in parts:
        total = total + theta[..., part]
    return np.asarray(np.maximum(1.0 - total, 0.0))


def _apply_one(table: SlotTable, theta: Floats, change: Change) -> None:
    column = table.columns[change.target]
    old = theta[..., change.target]
    by = change.value if change.by == ABSENT else theta[..., change.by]
    value = np.asarray(by if change.kind == "set" else old * by, np.float64)
    if change.share < 1.0:
        value = old + change.share * (value - old)
    if column.kind == "chance":
        value = np.minimum(value, 1.0)
    if column.cap < np.inf:
        value = np.minimum(value, column.cap)
    theta[..., change.target] = value


def apply_changes(table: SlotTable, theta: Floats, changes: Sequence[Change]) -> Floats:
    """Theta with the changes made, in order; the argument is left as it is.

    Parameters
    ----------
    table
        The columns.
    theta : (..., S)
        Finished numbers (copies and rests filled).
    changes
        What changes; a later change of a column sees the earlier one.

    Returns
    -------
    (..., S)
        A new array.
    """
    before, theta = theta, theta.copy()
    stage: dict[Stage, list[Change]] = {"own": [], "copy": [], "rest": []}
    for change in changes:
        law = table.columns[change.target].law
        stage[law if law in ("copy", "rest") else "own"].append(change)
    for change in stage["own"]:
        _apply_one(table, theta, change)
    for source in {c.target for c in stage["own"]}:
        for copy in table.copies(source):
            cap = table.columns[copy].cap
            follows = before[..., copy] == np.minimum(before[..., source], cap)
            new = np.minimum(theta[..., source], cap)
            theta[..., copy] = np.where(follows, new, theta[..., copy])
    for change in stage["copy"]:
        _apply_one(table, theta, change)
    touched = {c.target for c in changes}
    touched |= {k for t in touched for k in table.copies(t)}
    for i, column in enumerate(table.columns):
        if column.law == "rest" and touched.intersection(column.parts):
            follows = before[..., i] == _rest(before, column.parts)
            theta[..., i] = np.where(follows, _rest(theta, column.parts), theta[..., i])
    for change in stage["rest"]:
        _apply_one(table, theta, change)
    return theta
