"""Reasons: which past facts make up a rate, and what made it rise since a day.

Facts of one role and one kind (source, act, target) are one reason. Reasons add up to
the rate, differences by role to the difference. This file must never import a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spillover.study.outlook import View
from spillover.world.rates import ROLES
from spillover.world.rates_plain import contributions

__all__ = ["Reason", "Reasons", "reasons_of", "risen_by_role"]

NAMES = tuple(ROLES)


@dataclass(frozen=True)
class Reason:
    """Past facts of one kind in one role.

    Attributes
    ----------
    role
        A name of `rates.ROLES`.
    source, action, target
        Indices; -1 all around for the less important facts of the role together.
    days
        Days of the facts, the last first.
    facts
        Their indices.
    rate
        What they give, facts a day.
    """

    role: str
    source: int
    action: int
    target: int
    days: tuple[int, ...]
    facts: tuple[int, ...]
    rate: float


@dataclass(frozen=True)
class Reasons:
    """Everything that makes up a rate.

    Attributes
    ----------
    rate
        Facts a day.
    named
        The strongest, the first first.
    others
        What is not named, one for each role that has some.
    background
        What no fact gives.
    by_role
        Sums by role, the background among them.
    """

    rate: float
    named: tuple[Reason, ...]
    others: tuple[Reason, ...]
    background: float
    by_role: dict[str, float]


def reasons_of(
    view: View, source: int, action: int, target: int, *, most: int = 6
) -> Reasons:
    """Reasons for one rate, the `most` strongest by name."""
    facts = view.facts
    c = contributions(
        view.learned.rates, view.layout, view.shares, facts, view.day,
        source, action, target,
    )  # fmt: skip
    E, R = view.layout.entities, view.layout.actions
    kind = (
        (c.role.astype(np.int64) * E + facts.source[c.fact]) * R + facts.action[c.fact]
    ) * E + facts.target[c.fact]
    kinds, at = np.unique(kind, return_inverse=True)
    sums = np.bincount(at, c.amount, len(kinds))
    order = np.argsort(-sums, kind="stable")[:most]
    named = []
    for k in order:
        mine = np.flatnonzero(at == k)
        one = c.fact[mine[0]]
        days = facts.day[c.fact[mine]]
        last = np.argsort(-days, kind="stable")
        named.append(
            Reason(
                NAMES[c.role[mine[0]]],
                int(facts.source[one]),
                int(facts.action[one]),
                int(facts.target[one]),
                tuple(days[last].tolist()),
                tuple(c.fact[mine[last]].tolist()),
                float(c.amount[mine].sum()),
            )
        )
    rest = ~np.isin(at, order)
    others = []
    for role in np.unique(c.role[rest]):
        mine = np.flatnonzero(rest & (c.role == role))
        days = np.unique(facts.day[c.fact[mine]])[::-1]
        others.append(
            Reason(
                NAMES[role],
                -1,
                -1,
                -1,
                tuple(days.tolist()),
                tuple(c.fact[mine].tolist()),
                float(c.amount[mine].sum()),
            )
        )
    others.sort(key=lambda x: -x.rate)
    return Reasons(c.rate, tuple(named), tuple(others), c.background, c.by_role())


def risen_by_role(
    now: View, then: View, source: int, action: int, target: int
) -> dict[str, float]:
    """Difference of the rate by role between two days; adds up to the whole."""
    parts = [
        contributions(
            v.learned.rates, v.layout, v.shares, v.facts, v.day, source, action, target
        ).by_role()
        for v in (now, then)
    ]
    return {k: parts[0][k] - parts[1][k] for k in NAMES}
