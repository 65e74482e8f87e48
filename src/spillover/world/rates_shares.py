"""Shares: who deals with whom, read off the past at a day and held until the next reading.

Given shares the rate is linear in the past facts (`rates`). Every share of an actor
never seen is positive where the law needs one: the back-off.

This file must never import a fit, a store or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.world.rates import Shape
from spillover.world.rates_layout import Layout, State, added

__all__ = ["Shares", "shares_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Shares:
    """Shares at a day.

    Attributes
    ----------
    of_source : array, shape (P,)
        Share of the pair's target among all acts of its source.
    of_target : array, shape (P,)
        Share of the pair's source among all acts toward its target.
    source_sum, target_sum : arrays, shape (E,)
        Their sums over the pairs of a source, of a target: 1, or 0 without any.
    doing, meeting : arrays, shape (R, E + 1)
        a_r(s), b_r(o): share of an entity among those who do r, whom r is done to;
        each row of the first E sums to 1. The last column is an actor not among them.
    link_to : array, shape (E, M)
        The third parties of each actor; -1 where there are fewer.
    link : array, shape (E, M)
        Their shares in all it gives and takes.
    link_sum : array, shape (E,)
        Sum over actors s of link(s, z), by z.
    link_forth, link_back : arrays, shape (P,)
        link(source, target) and link(target, source) of each pair.
    """

    of_source: Floats
    of_target: Floats
    source_sum: Floats
    target_sum: Floats
    doing: Floats
    meeting: Floats
    link_to: Ints
    link: Floats
    link_sum: Floats
    link_forth: Floats
    link_back: Floats


def _popularity(counts: Floats, shape: Shape) -> Floats:
    """Shares of entities for each act, from decayed counts of shape (E, R)."""
    E = counts.shape[0]
    every = counts.sum(1)
    base = (every + shape.any_prior) / (every.sum() + shape.any_prior * E)
    unknown = shape.any_prior / (every.sum() + shape.any_prior * E)
    whole = counts.sum(0)[:, None] + shape.own_prior
    known = (counts.T + shape.own_prior * base) / whole
    return np.hstack([known, shape.own_prior * unknown / whole])


def _links(layout: Layout, pair: Floats, most: int) -> tuple[Ints, Floats]:
    """The `most` partners of each entity and their shares in its dealings."""
    E = layout.entities
    used = pair > 0
    one = np.concatenate([layout.source[used], layout.target[used]])
    other = np.concatenate([layout.target[used], layout.source[used]])
    keys, at = np.unique(one * E + other, return_inverse=True)
    weight = added(at, np.concatenate([pair[used], pair[used]]), len(keys))
    a, b = keys // E, keys % E
    whole = added(a, weight, E)
    order = np.lexsort((b, -weight, a))
    a, b, weight = a[order], b[order], weight[order]
    rank = np.arange(len(a)) - np.searchsorted(a, a)
    keep = rank < most
    link_to = np.full((E, most), -1, np.int64)
    link = np.zeros((E, most))
    link_to[a[keep], rank[keep]] = b[keep]
    link[a[keep], rank[keep]] = weight[keep] / whole[a[keep]]
    return link_to, link


def shares_of(layout: Layout, shape: Shape, state: State) -> Shares:
    """Read the shares off a state."""
    E, R = layout.entities, layout.actions
    s, o = layout.source, layout.target
    pair = added(layout.cell_pair, state.counted, len(s))
    by_source, by_target = added(s, pair, E), added(o, pair, E)
    link_to, link = _links(layout, pair, shape.links)
    linked = link_to >= 0
    done = added(
        s[layout.cell_pair] * R + layout.cell_action, state.counted, E * R
    ).reshape(E, R)
    met = added(
        o[layout.cell_pair] * R + layout.cell_action, state.counted, E * R
    ).reshape(E, R)
    return Shares(
        of_source=pair / np.where(by_source > 0, by_source, 1.0)[s],
        of_target=pair / np.where(by_target > 0, by_target, 1.0)[o],
        source_sum=(by_source > 0).astype(float),
        target_sum=(by_target > 0).astype(float),
        doing=_popularity(done, shape),
        meeting=_popularity(met, shape),
        link_to=link_to,
        link=link,
        link_sum=added(link_to[linked], link[linked], E),
        link_forth=np.where(link_to[s] == o[:, None], link[s], 0.0).sum(1),
        link_back=np.where(link_to[o] == s[:, None], link[o], 0.0).sum(1),
    )
