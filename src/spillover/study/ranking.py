"""Levers in order: which are tied, how often each is best, which are worth their cost.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.study.effects import LEAST_POINTS, Change, gap_of

__all__ = ["Ranked", "best_shares", "frontier", "ranked", "tied"]


@dataclass(frozen=True)
class Ranked:
    """A lever's place.

    Attributes
    ----------
    id
        The lever.
    place
        1 for the one that lowers the chance most.
    group
        Levers with the same number cannot be told from the first of the group.
    """

    id: str
    place: int
    group: int


def tied(one: Change, other: Change) -> bool:
    """Whether two levers cannot be told apart."""
    gap = gap_of(one, other)
    return gap.holds_zero or abs(gap.mean) < LEAST_POINTS


def ranked(changes: Mapping[str, Change]) -> tuple[Ranked, ...]:
    """Levers from the largest fall to the largest rise; ties keep the given order.

    A group begins with a lever and takes every next one that is tied with it.
    """
    order = sorted(changes, key=lambda k: changes[k].mean)
    found: list[Ranked] = []
    first, group = "", 0
    for place, name in enumerate(order, start=1):
        if not first or not tied(changes[first], changes[name]):
            first, group = name, group + 1
        found.append(Ranked(name, place, group))
    return tuple(found)


def best_shares(
    changes: Mapping[str, Change], rows: NDArray[np.bool_] | None = None
) -> dict[str, float]:
    """Share of draws in which each lever lowers the chance most.

    Doing nothing (no change) competes; draws in which several are equal are shared
    between them. Values by draw are those with the noise of finite futures taken out,
    so the shares speak of the uncertain numbers and not of luck.

    Parameters
    ----------
    changes
        By lever.
    rows : (D,)
        Draws to look at; all when absent.

    Returns
    -------
    dict
        By lever, and ``""`` for doing nothing; sums to one.
    """
    if not changes:
        return {"": 1.0}
    table = np.stack([c.by_draw for c in changes.values()])
    table = np.vstack([table, np.zeros(table.shape[1])])
    if rows is not None:
        table = table[:, rows]
    if table.shape[1] == 0:
        return dict.fromkeys((*changes, ""), float("nan"))
    least = table.min(axis=0)
    win = np.isclose(table, least, rtol=0.0, atol=1e-12)
    share = (win / win.sum(axis=0)).mean(axis=1)
    return dict(zip((*changes, ""), map(float, share), strict=True))


def frontier(cost: Sequence[float], risk: Sequence[float]) -> tuple[int, ...]:
    """Places of the levers that no other beats on cost and risk both, by cost.

    Of several with equal cost and risk all stay.
    """
    kept = [
        i
        for i, (c, r) in enumerate(zip(cost, risk, strict=True))
        if not any(
            (a <= c and b < r) or (a < c and b <= r)
            for a, b in zip(cost, risk, strict=True)
        )
    ]
    return tuple(sorted(kept, key=lambda i: (cost[i], risk[i])))
