"""Roles: how the cell that sends stands to the cell that receives.

Cells are named by keys. With `source` and `target` among them the roles are those of
directed pairs (own, same pair other act, returned in kind, returned otherwise, same
source, same target, rest); otherwise two cells are related by the keys they share.
Weights are pooled over all pairs of cells in one role.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Roles", "roles_of"]

Floats = NDArray[np.float64]
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Roles:
    """Which cell plays which role to which.

    Attributes
    ----------
    names
        ``own`` first.
    member : (R, K, K)
        One where cell j (last axis) plays role r to cell k.
    """

    names: tuple[str, ...]
    member: Floats

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether any cell plays role r to cell k, shape (R, K)."""
        return np.asarray(self.member.sum(2) > 0)


def roles_of(
    keys: Sequence[str], cells: Sequence[Cell], *, cross: bool = True
) -> Roles:
    """Roles from the names of the keys.

    Parameters
    ----------
    keys
        Names of the keys, such as ``("source", "target", "cls")``.
    cells
        Their values, one tuple a cell.
    cross
        False: a cell is told nothing but its own history.

    Examples
    --------
    >>> roles_of(("source", "target"), [("a", "b"), ("b", "a")]).names
    ('own', 'returned in kind')
    """
    K = len(cells)
    if not cross:
        return Roles(("own",), np.eye(K)[None])
    directed = "source" in keys and "target" in keys
    named: dict[str, Floats] = {"own": np.eye(K)}
    for k, receiver in enumerate(cells):
        for j, sender in enumerate(cells):
            if j == k:
                continue
            name = (
                _directed(keys, receiver, sender)
                if directed
                else _shared(keys, receiver, sender)
            )
            if name not in named:
                named[name] = np.zeros((K, K))
            named[name][k, j] = 1.0
    return Roles(tuple(named), np.stack(list(named.values())))


def _directed(keys: Sequence[str], receiver: Cell, sender: Cell) -> str:
    i, o = list(keys).index("source"), list(keys).index("target")
    act = [n for n in range(len(keys)) if n not in (i, o)]
    same = all(receiver[n] == sender[n] for n in act)
    s, d, a, b = receiver[i], receiver[o], sender[i], sender[o]
    if (a, b) == (s, d):
        return "pair other"
    if (a, b) == (d, s):
        return "returned in kind" if same else "returned otherwise"
    if a == s and same:
        return "same source"
    if b == d and same:
        return "same target"
    return "rest"


def _shared(keys: Sequence[str], receiver: Cell, sender: Cell) -> str:
    same = [k for k, a, b in zip(keys, receiver, sender, strict=True) if a == b]
    return f"same {', '.join(same)}" if same else "rest"
