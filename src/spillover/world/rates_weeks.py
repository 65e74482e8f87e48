"""Stated and seen over a stretch of days: what a map of chances is learned from.

All pairs seen before the stretch, with every act; of the pairs never seen, those that
had a fact in it and a weighted sample of the others. This file must never import a
store or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.model.facts import Facts
from spillover.world.rates import Rates
from spillover.world.rates_ahead import ahead
from spillover.world.rates_layout import Layout, State, state_at
from spillover.world.rates_shares import Shares, shares_of

__all__ = ["Stretch", "stretch_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stretch:
    """Pairs by act over days [first, first + horizon), told at the start of the first.

    Attributes
    ----------
    first, horizon
        The days.
    source, target : arrays, shape (n,)
        Pairs; the first `seen` had a fact before.
    seen
        How many.
    expected : array, shape (n, R)
        Expected facts before the first of each kind (`rates_ahead`).
    happened : array, shape (n, R), bool
    weight : array, shape (n,)
        1, or the number of pairs a sampled one stands for.
    """

    first: int
    horizon: int
    source: Ints
    target: Ints
    seen: int
    expected: Floats
    happened: NDArray[np.bool_]
    weight: Floats


def _sample(
    layout: Layout, shares: Shares, known: NDArray[np.bool_], n: int, seed: int
) -> tuple[Ints, Ints, Floats]:
    """Pairs not known, drawn half by who is active and half evenly; their weights."""
    E = layout.entities
    rng = np.random.default_rng(seed)
    odds = []
    for popular in (shares.doing, shares.meeting):
        mean = popular[:, :E].mean(0)
        odds.append(0.5 * mean / mean.sum() + 0.5 / E)
    s, o = (rng.choice(E, n, p=w).astype(np.int64) for w in odds)
    weight = 1.0 / (n * odds[0][s] * odds[1][o])
    p = layout.find(s, o)
    new = (s != o) & ((p < 0) | ~known[p])
    return s[new], o[new], weight[new]


def stretch_of(
    rates: Rates,
    facts: Facts,
    layout: Layout,
    first: int,
    *,
    horizon: int = 7,
    sample: int = 100_000,
) -> Stretch:
    """State every pair's expected facts, and see what happened.

    `layout` may hold later facts; nothing of them enters what is stated.
    """
    R = layout.actions
    state: State = state_at(facts, layout, rates.shape, first)
    shares = shares_of(layout, rates.shape, state)
    look = ahead(rates, layout, shares, state, horizon)
    P = len(layout.key)
    known = np.zeros(P, bool)
    known[layout.cell_pair[layout.fact_cell[facts.day < first]]] = True
    during = (facts.day >= first) & (facts.day < first + horizon)
    happened = np.zeros((P, R), bool)
    happened[layout.cell_pair[layout.fact_cell[during]], facts.action[during]] = True
    fresh = happened.any(1) & ~known
    s, o, w = _sample(layout, shares, known | fresh, sample, first)
    order = np.concatenate([np.flatnonzero(known), np.flatnonzero(fresh)])
    source = np.concatenate([layout.source[order], s])
    target = np.concatenate([layout.target[order], o])
    return Stretch(
        first,
        horizon,
        source,
        target,
        int(known.sum()),
        look.expected(rates, layout, shares, source, target),
        np.vstack([happened[order], np.zeros((len(s), R), bool)]),
        np.concatenate([np.ones(len(order)), w]),
    )
