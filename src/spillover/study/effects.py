"""What one lever does to one question: paired differences with two uncertainties.

Monte Carlo error says how far more futures would move the number; the interval over
draws says how far the uncertain numbers of the case move it. They are never mixed.

References
----------
Owen (2013), Monte Carlo theory, methods and examples, ch. 8 (common random numbers).
Louis (1984), JASA 79, doi:10.1080/01621459.1984.10478062: estimates shrunk so that
their spread is that of what they estimate.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = [
    "LEAST_POINTS",
    "Change",
    "Coupling",
    "Effect",
    "change_of",
    "coupling_of",
    "effect_of",
    "gap_of",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
LEAST_POINTS = 0.01
"""A difference of chances below it counts as none."""
POINTS = (0.05, 0.95)
Z90 = 1.6448536269514722
SURE = 0.99


@dataclass(frozen=True)
class Change:
    """A mean paired difference.

    Attributes
    ----------
    mean
        Arm less base, over all futures.
    mc_se
        Monte Carlo standard error, clustered by draw.
    low, high
        Central 90 % over draws, the noise of finite futures removed; None when the
        draws differ no more than chance.
    means : (D,)
        The difference in each draw, as counted.
    by_draw : (D,)
        The same, shrunk so that its spread is the spread over draws.
    """

    mean: float
    mc_se: float
    low: float | None
    high: float | None
    means: Floats
    by_draw: Floats

    @property
    def interval(self) -> tuple[float, float]:
        """90 % over draws; where they do not differ, of the Monte Carlo error."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        reach = Z90 * self.mc_se
        return self.mean - reach, self.mean + reach

    @property
    def holds_zero(self) -> bool:
        """Whether the interval holds no change."""
        low, high = self.interval
        return low <= 0.0 <= high


@dataclass(frozen=True)
class Coupling:
    """How much less two coupled arms need than two independent ones.

    Attributes
    ----------
    achieved
        [p0 (1 - p0) + p1 (1 - p1)] / Var(y1 - y0): how many times as many independent
        futures would say as much. Infinite where no future differs.
    ceiling
        The most any coupling could reach, [..] / [|d| (1 - |d|)], where every change
        goes one way.
    """

    achieved: float
    ceiling: float


@dataclass(frozen=True)
class Effect:
    """One lever on one yes-or-no question.

    Attributes
    ----------
    p0, p1
        Chance without and with the lever.
    change
        p1 - p0.
    ratio, ratio_low, ratio_high
        p1 / p0 and its 90 % over draws; NaN when p0 is zero, None when the draws do not
        differ.
    ratio_se
        Monte Carlo standard error of the ratio.
    lost, gained
        Share of futures that the lever turns from yes to no, and from no to yes.
    coupling
        Variance reduction.
    """

    p0: float
    p1: float
    change: Change
    ratio: float
    ratio_se: float
    ratio_low: float | None
    ratio_high: float | None
    lost: float
    gained: float
    coupling: Coupling

    @property
    def tied(self) -> bool:
        """Whether it cannot be told from doing nothing."""
        return self.change.holds_zero or abs(self.change.mean) < LEAST_POINTS


def change_of(means: Floats, within: float) -> Change:
    """A mean over draws with its two uncertainties.

    Parameters
    ----------
    means : (D,)
        Mean paired difference in each draw.
    within
        Mean variance of ``means`` given the draw: what finite futures add.
    """
    d = np.asarray(means, np.float64)
    D, mean = len(d), float(np.mean(means))
    if D < 2:
        return Change(mean, math.nan, None, None, d, d)
    total = float(d.var(ddof=1))
    between = max(0.0, total - within)
    # Below what chance alone would give in 99 of 100 cases the draws are held equal.
    if within > 0.0:
        chi2 = 2.0 * float(special.gammaincinv((D - 1) / 2, SURE))  # its quantile
        most = within * chi2 / (D - 1)
    else:
        most = 0.0
    if total <= most or between == 0.0:
        return Change(mean, math.sqrt(total / D), None, None, d, np.full(D, mean))
    by_draw = mean + math.sqrt(between / total) * (d - mean)
    low, high = (float(x) for x in np.quantile(by_draw, POINTS))
    return Change(mean, math.sqrt(total / D), low, high, d, by_draw)


def coupling_of(p0: float, p1: float, lost: float, gained: float) -> Coupling:
    """Variance reduction of a yes-or-no question from shares of futures."""
    apart = p0 * (1.0 - p0) + p1 * (1.0 - p1)
    d = p1 - p0
    own = lost + gained - d * d
    least = abs(d) * (1.0 - abs(d))
    return Coupling(
        apart / own if own > 0.0 else math.inf,
        apart / least if least > 0.0 else math.inf,
    )


def effect_of(hits: Ints, lost: Ints, gained: Ints, futures: int) -> Effect:
    """What a lever does to one question.

    Parameters
    ----------
    hits : (D,)
        Futures of the base with a yes.
    lost, gained : (D,)
        Pairs of futures in which the lever turns yes to no, no to yes.
    futures
        Futures in each draw.

    Notes
    -----
    Within a draw the difference of one pair is 1, 0 or -1; its variance is estimated
    without bias by (lost + gained - (gained - lost)^2 / M) / (M - 1).
    """
    M = futures
    h, n10, n01 = (np.asarray(x, np.float64) for x in (hits, lost, gained))
    d = (n01 - n10) / M
    within = math.inf
    if M > 1:
        one = (n10 + n01 - (n01 - n10) ** 2 / M) / (M - 1)
        within = float(one.mean()) / M
    change = change_of(d, within)
    D = len(h)
    p0 = float(h.mean()) / M
    p1 = float((h - n10 + n01).mean()) / M
    ratio, ratio_se, low, high = _ratio(h / M, d, change, p0, p1)
    down, up = float(n10.sum()) / (D * M), float(n01.sum()) / (D * M)
    return Effect(
        p0, p1, change, ratio, ratio_se, low, high, down, up,
        coupling_of(p0, p1, down, up),
    )  # fmt: skip


def _ratio(
    p: Floats, d: Floats, change: Change, p0: float, p1: float
) -> tuple[float, float, float | None, float | None]:
    """p1 / p0, its Monte Carlo error by the delta method, and 90 % over draws."""
    if p0 <= 0.0:
        return math.nan, math.nan, None, None
    ratio = p1 / p0
    parts = ((p + d) - ratio * p) / p0
    se = float(parts.std(ddof=1)) / math.sqrt(len(p)) if len(p) > 1 else math.nan
    if change.low is None or change.high is None:
        return ratio, se, None, None
    return ratio, se, max(0.0, 1.0 + change.low / p0), max(0.0, 1.0 + change.high / p0)


def gap_of(one: Change, other: Change) -> Change:
    """Difference of two levers, draw by draw: the first less the second.

    Their by-draw values carry the spread over draws, so no noise is left to remove.
    """
    gap, means = one.by_draw - other.by_draw, one.means - other.means
    mean = one.mean - other.mean
    low, high = (float(x) for x in np.quantile(gap, POINTS))
    D = len(means)
    se = float(means.std(ddof=1)) / math.sqrt(D) if D > 1 else math.nan
    if low == high:
        return Change(mean, se, None, None, means, gap)
    return Change(mean, se, low, high, means, gap)
