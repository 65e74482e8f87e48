"""Links of a case's history as arrays: children and decays, and their slopes.

The likelihood of a case is asked for hundreds of times in a fit; with many links a loop
over them costs more than the likelihood. Sums into one number are made in the order of
the links, so that nothing changes by a bit.

This file must never import a case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.inference.history_data import Link
from spillover.model.structure import ABSENT

__all__ = ["LinkTable", "link_table"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
LN2 = math.log(2.0)


@dataclass(frozen=True)
class LinkTable:
    """Links by column.

    Attributes
    ----------
    target : (L,)
        Stream a link's children belong to.
    fixed, fixed_half_life : (L,)
        Of links without numbers of their own.
    free : (F,)
        Places of the links that have some.
    children, half_life, share, times : (F,)
        Their positions in theta; 0 where ``has_share``, ``has_times`` are false.
    """

    target: Ints
    fixed: Floats
    fixed_half_life: Floats
    free: Ints
    children: Ints
    half_life: Ints
    share: Ints
    times: Ints
    has_share: Bools
    has_times: Bools

    def values(self, theta: Floats) -> tuple[Floats, Floats]:
        """Children and decay per day of every link."""
        children, half = self.fixed.copy(), self.fixed_half_life.copy()
        share, times = self._shares(theta)
        children[self.free] = theta[self.children] * share * times
        half[self.free] = theta[self.half_life]
        return children, LN2 / half

    def add_slopes(
        self,
        d_theta: Floats,
        theta: Floats,
        d_children: Floats,
        d_decay: Floats,
        decay: Floats,
    ) -> None:
        """Add the slopes in the numbers to ``d_theta``, link by link."""
        share, times = self._shares(theta)
        own, d = theta[self.children], d_children[self.free]
        half = theta[self.half_life]
        every = np.stack(
            [
                d * share * times,
                d * own * times,
                d * own * share,
                -(d_decay[self.free] * decay[self.free] / half),
            ],
            axis=1,
        )
        places = np.stack([self.children, self.share, self.times, self.half_life], 1)
        there = np.ones(len(self.free), np.bool_)
        keep = np.stack([there, self.has_share, self.has_times, there], axis=1)
        np.add.at(d_theta, places[keep], every[keep])

    def _shares(self, theta: Floats) -> tuple[Floats, Floats]:
        return (
            np.where(self.has_share, theta[self.share], 1.0),
            np.where(self.has_times, theta[self.times], 1.0),
        )


def link_table(links: Sequence[Link]) -> LinkTable:
    """Links as columns."""
    free = [m for m, x in enumerate(links) if x.children != ABSENT]
    own = [links[m] for m in free]

    def ints(values: list[int]) -> Ints:
        return np.array(values, np.int64)

    return LinkTable(
        target=ints([x.target for x in links]),
        fixed=np.array([x.fixed for x in links], np.float64),
        fixed_half_life=np.array([x.fixed_half_life for x in links], np.float64),
        free=ints(free),
        children=ints([x.children for x in own]),
        half_life=ints([x.half_life for x in own]),
        share=ints([max(x.share, 0) for x in own]),
        times=ints([max(x.times, 0) for x in own]),
        has_share=np.array([x.share != ABSENT for x in own], np.bool_),
        has_times=np.array([x.times != ABSENT for x in own], np.bool_),
    )
