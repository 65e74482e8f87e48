"""Rates of any pairs, on a day or summed over the days ahead, with what comes between.

The days ahead: sums decay, and each day's expected facts are put into them as if they
had happened, so that what the next days bring in their turn is counted. For the chance
of at least one fact, what the fact itself would bring again is left out.

This file must never import a fit, a store or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spillover.world.rates import Rates
from spillover.world.rates_layout import Layout, State
from spillover.world.rates_shares import Shares

__all__ = ["Ahead", "Asked", "Sums", "ahead", "rates_of", "sums_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 400_000
"""Pairs at once: bounds the memory."""


@dataclass(frozen=True)
class Sums:
    """Sums by pair, source and target: on a day, or weighted over several.

    Attributes
    ----------
    pair : array, shape (P, R * H)
    source, target : arrays, shape (E, R * H)
    days
        Sum of the weights; 1 for one average day.
    """

    pair: Floats
    source: Floats
    target: Floats
    days: float


def _ends(layout: Layout, pair: Floats) -> tuple[Floats, Floats]:
    P, E = len(layout.key), layout.entities
    one, all_ = np.ones(P), np.arange(P)
    source = csr_matrix((one, (layout.source, all_)), shape=(E, P)) @ pair
    target = csr_matrix((one, (layout.target, all_)), shape=(E, P)) @ pair
    return np.asarray(source), np.asarray(target)


def sums_of(layout: Layout, state: State) -> Sums:
    """The sums of one day."""
    P, R, H = len(layout.key), layout.actions, state.decayed.shape[1]
    pair = np.zeros((P, R, H))
    pair[layout.cell_pair, layout.cell_action] = state.decayed
    flat = pair.reshape(P, R * H)
    return Sums(flat, *_ends(layout, flat), 1.0)


def _third(
    layout: Layout, shares: Shares, source: Ints, target: Ints, forth: bool
) -> csr_matrix:
    """Weights of pairs (z, target), or (target, z), for third parties z of the source."""
    known = source >= 0
    z = np.where(known[:, None], shares.link_to[source], -1)
    w = shares.link[source]
    o = np.broadcast_to(target[:, None], z.shape)
    use = (z >= 0) & (z != o) & (o >= 0)
    rows = np.broadcast_to(np.arange(len(source))[:, None], z.shape)[use]
    a, b = (z[use], o[use]) if forth else (o[use], z[use])
    p = layout.find(a, b)
    there = p >= 0
    return csr_matrix(
        (w[use][there], (rows[there], p[there])),
        shape=(len(source), len(layout.key)),
    )


class Asked:
    """Pairs whose rates are asked for, with what does not change from day to day."""

    def __init__(
        self, layout: Layout, shares: Shares, source: Ints, target: Ints
    ) -> None:
        """Look up pairs; -1 stands for an actor never seen."""
        self.source, self.target = source, target
        self.pair = layout.find(source, target)
        self.reverse = layout.find(target, source)
        here = self.pair >= 0
        # of one never seen the last column of the popularities is its own
        self.doing, self.meeting = (
            shares.doing[:, source].T,
            shares.meeting[:, target].T,
        )
        self.of_source = np.where(here, shares.of_source[self.pair], 0.0)[:, None]
        self.of_target = np.where(here, shares.of_target[self.pair], 0.0)[:, None]
        self.toward = _third(layout, shares, source, target, True)
        self.away = _third(layout, shares, source, target, False)

    def rates(self, rates: Rates, sums: Sums) -> Floats:
        """As `rates_of`."""
        R = len(rates.actions)
        theta = rates.children.transpose(0, 2, 3, 1).reshape(len(rates.children), -1, R)
        # kernels as in `rates.KERNELS`; of a pair's own facts all but none are needed
        own, back, s_known, s_any, t_known, t_any, toward, away = (
            sums.pair @ part for part in theta
        )

        def of(values: Floats, at: Ints) -> Floats:
            return np.where((at >= 0)[:, None], values[at], 0.0)

        p, s, o = self.pair, self.source, self.target
        rate = rates.background * sums.days * self.doing * self.meeting
        rate = rate + of(own, p) + of(back, self.reverse)
        for whole, at, mine, weight in (
            (sums.source @ theta[2], s, s_known, self.of_source),
            (sums.source @ theta[3], s, s_any, self.meeting),
            (sums.target @ theta[4], o, t_known, self.of_target),
            (sums.target @ theta[5], o, t_any, self.doing),
        ):
            rate += weight * np.maximum(of(whole, at) - of(mine, p), 0.0)
        rate += self.toward @ toward
        rate += self.away @ away
        return np.asarray(rate)


def rates_of(
    rates: Rates,
    layout: Layout,
    shares: Shares,
    sums: Sums,
    source: Ints,
    target: Ints,
) -> Floats:
    """Rates of pairs, shape (n, R); -1 stands for an actor never seen.

    Facts a day for the sums of one day; expected facts for weighted sums.
    """
    return np.concatenate(
        [
            Asked(layout, shares, source[a : a + CHUNK], target[a : a + CHUNK]).rates(
                rates, sums
            )
            for a in range(0, len(source), CHUNK)
        ]
        or [np.zeros((0, layout.actions))]
    )


@dataclass(frozen=True)
class Ahead:
    """The days ahead of a day.

    Attributes
    ----------
    day, horizon
        First day, and how many.
    sums
        Sums weighted by the factors of the days.
    again : array, shape (P, R)
        What each cell's own facts within these days would bring it, in `sums`.
    """

    day: int
    horizon: int
    sums: Sums
    again: Floats

    def expected(
        self, rates: Rates, layout: Layout, shares: Shares, source: Ints, target: Ints
    ) -> Floats:
        """Expected facts before the first of each kind, shape (n, R)."""
        n = rates_of(rates, layout, shares, self.sums, source, target)
        p = layout.find(source, target)
        n -= np.where((p >= 0)[:, None], self.again[p], 0.0) if len(self.again) else 0.0
        return np.asarray(np.maximum(n, 1e-300))


def ahead(
    rates: Rates, layout: Layout, shares: Shares, state: State, horizon: int
) -> Ahead:
    """Look `horizon` days ahead from the start of a day.

    Expected facts of pairs never seen are counted for themselves; what they would bring
    in their turn is not.
    """
    P, R = len(layout.key), layout.actions
    H = state.decayed.shape[1]
    rho = np.tile(rates.shape.rho, R)
    now = sums_of(layout, state)
    pair, source, target = now.pair, now.source, now.target
    extra = np.zeros_like(pair)  # what is put in, by the cell it came from
    total = [np.zeros_like(x) for x in (pair, source, target)]
    again = np.zeros((P, R))
    itself = rates.children[0][np.arange(R), np.arange(R)]
    factors = [rates.factor(state.day + k) for k in range(horizon)]
    asked = Asked(layout, shares, layout.source, layout.target)
    for k, f in enumerate(factors):
        for whole, part in zip(total, (pair, source, target), strict=True):
            whole += f * part
        if k:
            again += f * np.einsum("prh,rh->pr", extra.reshape(P, R, H), itself)
        if k + 1 == horizon:
            break
        rate = asked.rates(rates, Sums(pair, source, target, 1.0))
        facts = np.repeat(-np.expm1(-f * rate), H, axis=1)
        facts *= 1.0 - rho
        for part in (pair, extra):
            part *= rho
            part += facts
        source, target = _ends(layout, pair)
    return Ahead(
        state.day, horizon, Sums(total[0], total[1], total[2], sum(factors)), again
    )
