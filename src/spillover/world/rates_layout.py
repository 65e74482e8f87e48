"""Where each pair and each kind of fact stands in the arrays, and their sums by day.

This file must never import a fit, a store or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.model.facts import Facts
from spillover.world.rates import Shape

__all__ = ["Layout", "State", "added", "layout_of", "start", "state_at"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def added(index: NDArray[np.int64], weight: Floats, length: int) -> Floats:
    """Sums of weights by index."""
    return np.bincount(index, weight, length).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Layout:
    """Pairs and cells (a pair and an action) that ever had a fact.

    Attributes
    ----------
    entities, actions
        How many.
    key, source, target : arrays, shape (P,)
        Pairs by rising ``source * entities + target``.
    reverse : array, shape (P,)
        The pair the other way; -1 where there is none.
    cell_ptr : array, shape (P + 1,)
        Cells of a pair, ``cell_ptr[p]`` to ``cell_ptr[p + 1]``.
    cell_action, cell_pair : arrays, shape (C,)
        Of each cell.
    out_ptr : array, shape (E + 1,)
        Pairs of a source.
    fact_cell : array, shape (n,)
        Cell of each fact.
    """

    entities: int
    actions: int
    key: Ints
    source: Ints
    target: Ints
    reverse: Ints
    cell_ptr: Ints
    cell_action: Ints
    cell_pair: Ints
    out_ptr: Ints
    fact_cell: Ints

    def find(self, source: NDArray[np.int64], target: NDArray[np.int64]) -> Ints:
        """Index of each pair; -1 for one never seen."""
        asked = np.asarray(source, np.int64) * self.entities + np.asarray(target)
        if not len(self.key):
            return np.full(asked.shape, -1, np.int64)
        at = np.searchsorted(self.key, asked)
        at = np.minimum(at, len(self.key) - 1)
        found = (self.key[at] == asked) & (np.asarray(source) >= 0)
        return np.asarray(np.where(found, at, -1), np.int64)


def layout_of(facts: Facts) -> Layout:
    """Lay out facts; none may have one actor at both ends."""
    E, R = len(facts.entities), len(facts.actions)
    s, r, o = (x.astype(np.int64) for x in (facts.source, facts.action, facts.target))
    assert not np.any(s == o)
    cell_key, fact_cell = np.unique((s * E + o) * R + r, return_inverse=True)
    key, cell_pair = np.unique(cell_key // R, return_inverse=True)
    source, target = key // E, key % E
    back = target * E + source
    at = np.minimum(np.searchsorted(key, back), max(len(key) - 1, 0))
    reverse = np.where(key[at] == back, at, -1) if len(key) else at
    return Layout(
        entities=E,
        actions=R,
        key=key,
        source=source,
        target=target,
        reverse=np.asarray(reverse, np.int64),
        cell_ptr=np.searchsorted(cell_pair, np.arange(len(key) + 1)).astype(np.int64),
        cell_action=cell_key % R,
        cell_pair=cell_pair.astype(np.int64),
        out_ptr=np.searchsorted(source, np.arange(E + 1)).astype(np.int64),
        fact_cell=fact_cell.astype(np.int64),
    )


@dataclass(frozen=True)
class State:
    """Decayed sums at the start of a day, over the facts of the days before.

    Attributes
    ----------
    day
        The day.
    decayed : array, shape (C, H)
        Sum over the facts of a cell of phi_h(day - their day).
    counted : array, shape (C,)
        Sum of share_rho^(day - 1 - their day).
    """

    day: int
    decayed: Floats
    counted: Floats

    def add(self, shape: Shape, cells: Ints) -> State:
        """The state a day later; ``cells`` had a fact on ``day``, each once."""
        rho = shape.rho
        decayed = self.decayed * rho
        counted = self.counted * shape.share_rho
        decayed[cells] += 1.0 - rho
        counted[cells] += 1.0
        return State(self.day + 1, decayed, counted)


def start(layout: Layout, shape: Shape, day: int) -> State:
    """The state before any fact."""
    C = len(layout.cell_action)
    return State(day, np.zeros((C, len(shape.half_lives))), np.zeros(C))


def state_at(facts: Facts, layout: Layout, shape: Shape, day: int) -> State:
    """The state at the start of a day, from all facts before it at once."""
    use = facts.day < day
    ago = (day - facts.day[use]).astype(float)
    cell = layout.fact_cell[use]
    C = len(layout.cell_action)
    decayed = np.column_stack(
        [added(cell, (1.0 - rho) * rho ** (ago - 1.0), C) for rho in shape.rho]
    )
    counted = added(cell, shape.share_rho ** (ago - 1.0), C)
    return State(day, decayed, counted)
