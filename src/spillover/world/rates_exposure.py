"""Exposures in closed form: how much rate a unit of each kernel gives, over all pairs.

The rate of every pair of entities counts, also of the many millions that never had a
fact; the sum over them is known since shares sum to one. This file must never import a
fit, a store or a page.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spillover.world.rates import KERNELS, Shape
from spillover.world.rates_layout import Layout, State, added
from spillover.world.rates_shares import Shares

__all__ = ["exposure", "mass_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def mass_of(
    shape: Shape,
    state: State,
    factors: Floats,
    facts: list[Ints],
) -> Floats:
    """Sum of a block of days of factor x decayed sum, by cell and half-life.

    Parameters
    ----------
    shape, state
        What is fixed, and the sums at the start of the block.
    factors : array, shape (n,)
        Factor of each day of the block.
    facts
        Cells with a fact on each day of the block.

    Returns
    -------
    array, shape (C, H)
    """
    n, rho = len(factors), shape.rho
    ahead = (factors[:, None] * rho[None, :] ** np.arange(n)[:, None]).sum(0)
    mass = state.decayed * ahead
    for k, cells in enumerate(facts[: n - 1]):
        after = factors[k + 1 :, None] * rho[None, :] ** np.arange(n - k - 1)[:, None]
        mass[cells] += (1.0 - rho) * after.sum(0)
    return np.asarray(mass)


def exposure(
    layout: Layout, shares: Shares, mass: Floats, days: float
) -> tuple[Floats, Floats]:
    """Exposure of every number of the law over one block.

    Parameters
    ----------
    layout, shares
        Of the block.
    mass
        From `mass_of`.
    days
        Sum of the factors of its days.

    Returns
    -------
    children : array, shape (8, R, R, H)
    background : array, shape (R,)
    """
    R, H, E = layout.actions, mass.shape[1], layout.entities
    pair, act = layout.cell_pair, layout.cell_action
    s, o = layout.source[pair], layout.target[pair]

    def by_act(weight: Floats | float) -> Floats:
        w = np.broadcast_to(weight, pair.shape)
        return np.column_stack([added(act, w * mass[:, h], R) for h in range(H)])

    plain = by_act(1.0)
    found = dict.fromkeys(KERNELS, np.broadcast_to(plain, (R, R, H)))
    same = {
        "source_known": shares.source_sum[s] - shares.of_source[pair],
        "target_known": shares.target_sum[o] - shares.of_target[pair],
        "toward": shares.link_sum[s] - shares.link_back[pair],
        "from_target": shares.link_sum[o] - shares.link_forth[pair],
    }
    for name, weight in same.items():
        found[name] = np.broadcast_to(by_act(weight), (R, R, H))
    both = np.zeros((E, R, H))  # mass at either end
    for h in range(H):
        both[:, :, h] = (
            added(s * R + act, mass[:, h], E * R)
            + added(o * R + act, mass[:, h], E * R)
        ).reshape(E, R)
    flat = both.reshape(E, R * H)
    for name, popular in (("source_any", shares.meeting), ("target_any", shares.doing)):
        found[name] = plain - (popular[:, :E] @ flat).reshape(R, R, H)
    self_ = (shares.doing[:, :E] * shares.meeting[:, :E]).sum(1)
    return np.stack([found[k] for k in KERNELS]), days * (1.0 - self_)
