"""What each past fact gives to the rate of a pair: the law fact by fact, in NumPy.

This is the specification of `rates_ahead.rates_of`, and what a reason is: the sum over
the facts, and the background, is the rate. This file must never import a fit, a store
or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.model.facts import Facts
from spillover.world.rates import ROLES, Rates, role_of
from spillover.world.rates_layout import Layout, added
from spillover.world.rates_shares import Shares

__all__ = ["Contributions", "contributions"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_NAMES = tuple(ROLES)


@dataclass(frozen=True)
class Contributions:
    """What makes up a rate.

    Attributes
    ----------
    fact : array, shape (n,)
        Index of a fact; one that stands in two roles is there twice.
    role : array, shape (n,)
        Index into the names of `rates.ROLES`.
    amount : array, shape (n,)
        Facts a day, positive.
    background
        What no fact gives, facts a day.
    """

    fact: Ints
    role: NDArray[np.int8]
    amount: Floats
    background: float

    @property
    def rate(self) -> float:
        """Their sum."""
        return float(self.amount.sum()) + self.background

    def by_role(self) -> dict[str, float]:
        """Sums by role; they add up to the rate."""
        sums = added(self.role.astype(np.int64), self.amount, len(_NAMES))
        found = dict(zip(_NAMES, sums.tolist(), strict=True))
        found["background"] = self.background
        return found


def contributions(
    rates: Rates,
    layout: Layout,
    shares: Shares,
    facts: Facts,
    day: int,
    source: int,
    action: int,
    target: int,
) -> Contributions:
    """Every past fact's part in the rate of ``source`` doing ``action`` to ``target``.

    Facts a day on an average weekday, at the start of ``day``; -1 stands for an actor
    never seen.
    """
    s, r, o = source, action, target
    before = int(np.searchsorted(facts.day, day))
    sources, targets = facts.source[:before], facts.target[:before]
    acts = facts.action[:before].astype(np.int64)
    p = int(layout.find(np.array([s]), np.array([o]))[0])
    u, v = (shares.of_source[p], shares.of_target[p]) if p >= 0 else (0.0, 0.0)
    away = (sources == s) & (targets != o) & (s >= 0)
    home = (targets == o) & (sources != s) & (o >= 0)
    stands: list[tuple[int, NDArray[np.bool_], float | Floats]] = [
        (0, (sources == s) & (targets == o), 1.0),
        (1, (sources == o) & (targets == s), 1.0),
        (2, away, float(u)),
        (3, away, float(shares.meeting[r, o])),
        (4, home, float(v)),
        (5, home, float(shares.doing[r, s])),
    ]
    if s >= 0 and o >= 0:
        tie = np.zeros(layout.entities)
        use = shares.link_to[s] >= 0
        tie[shares.link_to[s][use]] = shares.link[s][use]
        tie[o] = 0.0
        stands += [(6, home & (tie[sources] > 0), tie[sources]), (7, (sources == o) & (targets != s), tie[targets])]  # fmt: skip
    rho = rates.shape.rho
    found: list[tuple[Ints, NDArray[np.int8], Floats]] = []
    for k, mask, weight in stands:
        at = np.flatnonzero(mask)
        ago = (day - 1 - facts.day[at]).astype(float)
        phi = (1.0 - rho) * rho ** ago[:, None]
        w = weight if isinstance(weight, float) else weight[at]
        amount = w * (rates.children[k, r, acts[at]] * phi).sum(1)
        pair = [_NAMES.index(role_of(k, same=same)) for same in (False, True)]
        role = np.where(acts[at] == r, pair[1], pair[0]).astype(np.int8)
        found.append((at, role, amount))
    fact, role, amount = (np.concatenate(x) for x in zip(*found, strict=True))
    merged, where = np.unique(fact * len(_NAMES) + role, return_inverse=True)
    total = added(where, amount, len(merged))
    keep = total > 0
    base = rates.background[r] * shares.doing[r, s] * shares.meeting[r, o]
    return Contributions(
        np.asarray(merged // len(_NAMES), np.int64)[keep],
        (merged % len(_NAMES))[keep].astype(np.int8),
        total[keep],
        float(base),
    )
