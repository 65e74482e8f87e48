"""Reliability: chances against what came, with the band that right chances would give.

Chances are put in bins of equal numbers. The band of a bin says where the share of yes
lies in nine of ten cases *if the chances are right*, and it must know that questions
are not independent: those of one day share what happened that day, and windows that
overlap share days. Neither a band for independent questions nor a resampling of the few
days there are holds what it promises (tests/scoring/test_reliability.py).

The law, for chances p of windows of h days and cells k:

    yes of (t, k)  iff  min over the days s of the window of Z[s, k] < q[t, k],
    Z[s, k] = sqrt(r) A[s] + sqrt(1 - r) E[s, k],   A, E standard normal,
    q[t, k] = Phi^-1(1 - (1 - p[t, k])^(1/h))

so each question holds with exactly its chance, a question about h days is a yes when
any of its days is (the law of a Poisson process), windows that do not overlap are
independent, as the errors of right forecasts are uncorrelated, and the cells of a day
are linked by r. The link r is the one at which the daily sums of errors y - p vary as
much as they did, about their mean: a shift of all chances, which is the thing to be
found, does not widen the band, and what came against all odds hardly does. Bands hold
for each bin; the level says how often the bin farthest off would be farther off still.

References
----------
Broecker and Smith (2007), Weather and Forecasting 22, 651-661, doi:10.1175/WAF993.1
(consistency bars; here for dependent questions). Emrich and Piedmonte (1991), The
American Statistician 45, 302-304 (binary variables from a latent normal law).

This file must never import a case, a model or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

__all__ = ["Bin", "Reliability", "reliability"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
LEAST = 1e-4
LINKS = np.array(
    [0, 0.005, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.7, 0.85]
)
FITTED_ON = 60
"""Simulations at each link when the link is sought."""


@dataclass(frozen=True)
class Bin:
    """Forecasts of about one chance, and how often it came true.

    Attributes
    ----------
    forecast, came
        Mean chance and share of yes.
    low, high
        Where that share lies in nine of ten cases if the chances are right.
    n
        How many.
    """

    forecast: float
    came: float
    low: float
    high: float
    n: int

    @property
    def within(self) -> bool:
        """Whether what came lies in the band."""
        return self.low <= self.came <= self.high


@dataclass(frozen=True)
class Reliability:
    """Bins, and what holds for all of them.

    Attributes
    ----------
    bins
        From the lowest chances up.
    link
        Correlation behind the cells of a day, 0 to 0.85.
    level
        If the chances are right, how often the bin farthest off (in its spread) would
        be at least as far off as here.
    """

    bins: tuple[Bin, ...]
    link: float
    level: float

    @property
    def within(self) -> int:
        """Bins in their bands."""
        return sum(b.within for b in self.bins)


def reliability(
    rng: np.random.Generator,
    chance: Floats,
    came: Floats,
    *,
    lead: int,
    bins: int = 10,
    number: int = 499,
) -> Reliability:
    """Chances against what came.

    Parameters
    ----------
    rng
        Of the simulations.
    chance, came : (days, cells)
        Chances, and 1 for a yes; origins on days that follow each other.
    lead
        Days in a window.
    bins
        Wanted; fewer where chances repeat.
    number
        Simulations of right chances.
    """
    p = np.clip(chance, LEAST, 1.0 - LEAST)
    edges = np.unique(np.quantile(chance, np.linspace(0.0, 1.0, bins + 1)[1:-1]))
    where = np.unique(
        np.searchsorted(edges, chance, side="right"), return_inverse=True
    )[1].ravel()
    n = np.bincount(where).astype(np.float64)
    law = _Law(p, lead)
    link = _link(rng, law, came)
    drawn = np.stack(
        [
            np.bincount(where, weights=law.draw(rng, link).ravel()) / n
            for _ in range(number)
        ]
    )
    said = np.bincount(where, weights=chance.ravel()) / n
    share = np.bincount(where, weights=came.ravel()) / n
    ordered = np.sort(drawn, axis=0)
    k = max(1, round(0.05 * (number + 1)))
    low, high = ordered[k - 1], ordered[number - k]
    every = np.vstack([drawn, share])
    spread = np.maximum(every.std(axis=0), 1e-9)
    far = (np.abs(every - np.bincount(where, weights=p.ravel()) / n) / spread).max(1)
    level = float((far >= far[-1]).mean())
    return Reliability(
        tuple(
            Bin(float(a), float(c), float(x), float(y), int(m))
            for a, c, x, y, m in zip(said, share, low, high, n, strict=True)
        ),
        link,
        level,
    )


class _Law:
    """Draws of yes and no with given chances, overlap and link."""

    def __init__(self, p: Floats, lead: int) -> None:
        self.p, self.lead = p, lead
        self.edge = ndtri(-np.expm1(np.log1p(-p) / lead)).astype(np.float32)

    def noise(self, rng: np.random.Generator) -> tuple[Singles, Singles]:
        days = len(self.p) + self.lead - 1
        return (
            rng.standard_normal((days, 1), dtype=np.float32),
            rng.standard_normal((days, self.p.shape[1]), dtype=np.float32),
        )

    def yes(self, common: Singles, own: Singles, link: float) -> NDArray[np.bool_]:
        z = np.float32(link**0.5) * common + np.float32((1.0 - link) ** 0.5) * own
        days = len(self.p)
        lowest = z[:days]
        for j in range(1, self.lead):
            lowest = np.minimum(lowest, z[j : j + days])
        return np.asarray(lowest < self.edge)

    def draw(self, rng: np.random.Generator, link: float) -> NDArray[np.bool_]:
        return self.yes(*self.noise(rng), link)

    def spread(self, came: Floats | NDArray[np.bool_]) -> float:
        """How much daily sums of errors vary."""
        return float((came - self.p).sum(axis=1).var())


def _link(rng: np.random.Generator, law: _Law, came: Floats) -> float:
    """The link at which daily sums vary as they did; the same noise at each."""
    if law.p.shape[1] == 1:
        return 0.0
    mean = np.zeros(len(LINKS))
    for _ in range(FITTED_ON):
        noise = law.noise(rng)
        mean += [law.spread(law.yes(*noise, float(r))) for r in LINKS]
    rising = np.maximum.accumulate(mean / FITTED_ON) + 1e-12 * np.arange(len(LINKS))
    return float(np.interp(law.spread(came), rising, LINKS))
