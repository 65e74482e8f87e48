"""What a history can speak of: which numbers a fit may move, and why not the others.

Events counted by the month say how many there were, not what brought them within the
month. So links and short-lived factors learn only from events whose days are known:
free hidden times would otherwise become a free hidden driver (the cut).

References
----------
Plummer (2015), Cuts in Bayesian graphical models, Stat. Comput. 25,
doi:10.1007/s11222-014-9503-z.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled
from spillover.assemble.imputed import ImputedPast
from spillover.assemble.past_blocks import blocks_of
from spillover.assemble.past_plan import Plan
from spillover.assemble.uncounted import uncounted_cells
from spillover.inference.history_data import HistoryData
from spillover.model.marks import which_match
from spillover.model.structure import ABSENT, Clause, Pattern

__all__ = ["COARSE", "Evidence", "evidence_of"]

Floats = NDArray[np.float64]
LEAST_DATED = 0.5
"""Share of events whose day must be known for a link to be learned from them."""
COARSE = "events are counted over longer times than it lasts"
"""Why a link or factor is left as written."""


@dataclass(frozen=True)
class Evidence:
    """Columns that a fit may move, and reasons for those it must not.

    Attributes
    ----------
    columns
        In order, with the numbers they are `alike` to.
    left
        Column to the reason it is left as written.
    """

    columns: tuple[int, ...]
    left: dict[int, str]


def _lengths(plan: Plan) -> Floats:
    """Days of the count that covers each cell, (K, D); 1 where records stand alone."""
    model, begins = plan.model, plan.past.begins
    blocks, _ = blocks_of(model, plan.past)
    found = np.ones((len(model.streams), -begins))
    for block in blocks:
        for low, high in zip(block.edges[:-1], block.edges[1:], strict=True):
            for s in block.streams:
                found[s, int(low) - begins : int(high) - begins] = float(high - low)
    found[uncounted_cells(model, plan.past)] = np.inf
    return found


def _dated(plan: Plan, past: ImputedPast, pattern: Pattern, longest: float) -> float:
    """Share of matching events whose time is known to within ``longest`` days."""
    hit = which_match(pattern, past.stream, past.flags)
    wide = np.array([r.high - r.low for r in plan.past.records] + [np.inf])
    return float(np.mean(wide[past.record[hit]] <= longest)) if hit.any() else 1.0


def _root(assembled: Assembled, column: int) -> int:
    """The drawn column a column copies, or itself."""
    c = assembled.slots.columns[column]
    return c.source if c.law == "copy" else column


def evidence_of(
    assembled: Assembled,
    plan: Plan,
    past: ImputedPast,
    theta: Floats,
    data: Sequence[HistoryData],
) -> Evidence:
    """Decide which numbers a few imputed histories can speak of.

    Parameters
    ----------
    assembled, plan
        The case and its past, compiled.
    past
        Some imputed histories.
    theta : (D, S)
        Numbers they were imputed for.
    data
        Arrays of the same histories.
    """
    model, table = assembled.model, assembled.slots
    speaks: set[int] = set()
    left: dict[int, str] = {}

    def put(columns: Sequence[int], *, known: bool) -> None:
        for c in columns:
            if c == ABSENT or not table.columns[_root(assembled, c)].drawn:
                continue
            root = _root(assembled, c)
            if known:
                speaks.add(root)
            else:
                left[root] = COARSE

    for s in model.streams:
        put((s.base, s.level), known=True)
    middle = np.median(theta, axis=0)
    for r in model.responses:
        longest = 2.0 * max(float(middle[p.half_life]) for p in r.kernel)
        child = Pattern((Clause(r.then.stream),))
        known = min(
            _dated(plan, past, r.when, longest), _dated(plan, past, child, longest)
        )
        numbers = [r.children, *(p.half_life for p in r.kernel)]
        numbers += [w.times for w in r.weights]
        put(numbers, known=known >= LEAST_DATED)
    lengths = _lengths(plan)
    for f, factor in enumerate(model.factors):
        for row in factor.rows:
            numbers = [row.factor, row.compliance, row.obeys]
            shapes = [
                x.g
                for d in data
                for x in d.shapes
                if (x.factor, x.stream) == (f, row.stream)
            ]
            if not shapes:
                continue
            g = np.mean(shapes, axis=0)
            seen = np.isfinite(lengths[row.stream])
            weight = g * seen
            if weight.sum() <= 0.0:
                continue
            span = float(weight @ np.where(seen, lengths[row.stream], 0.0))
            put(numbers, known=span / weight.sum() <= _lasting(g))
    for c in left:
        speaks.discard(c)
    groups = {table.columns[c].group for c in speaks} - {""}
    alike = {
        i
        for i, c in enumerate(table.columns)
        if c.drawn and c.group in groups and i not in left
    }
    return Evidence(tuple(sorted(speaks | alike)), left)


def _lasting(g: Floats) -> float:
    """Mean length of the times a factor is in force, weighed by its strength."""
    on = np.concatenate([[0.0], (g > 0.01).astype(float), [0.0]])
    starts = int(np.sum(np.diff(on) > 0.0))
    return float(g.sum()) / max(1, starts)
