"""What a daily fit is given: counts with their gaps, and log-normal priors.

This file must never import a case or a page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spillover.inference.daily import BURST_HALF_LIFE, Links
from spillover.inference.sums import Blocks, fill

__all__ = ["USUAL", "DailyData", "DailyPrior", "add_bursts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

USUAL = 0.4
"""Prior median of the children that an event brings into one stream, links together."""

MOST_FREE = 0.6


@dataclass(frozen=True)
class DailyData:
    """What was counted.

    Attributes
    ----------
    counts : (D, K)
        Per day and stream.
    observed : (D, K) or None
        Which are known; None: all that are not in a block.
    factor : (D, K) or None
        What multiplies children born that day (restraints); None: 1.
    baseline_factor : (D, K) or None
        What multiplies the baseline that day; None: 1.
    weekday : (D,) or None
        0 to 6, when weekdays shall have factors.
    starts : (Q,)
        Days on which sequences begin.
    start_state : (L,) or (Q, L) or None
        States there; None: the mean of the first 30 days (`start_from_counts`).
    blocks : Blocks or None
        Sums over several days.
    held : (D, K) or None
        What stands for days of blocks (None: spread) and for cells not observed (NaN
        or None: their expected value) in the streams' past, blocks once they closed.
    """

    counts: Floats
    observed: NDArray[np.bool_] | None = None
    factor: Floats | None = None
    baseline_factor: Floats | None = None
    weekday: Ints | None = None
    starts: tuple[int, ...] = (0,)
    start_state: Floats | None = None
    blocks: Blocks | None = None
    held: Floats | None = None

    def seen(self) -> NDArray[np.bool_]:
        """Cells counted by the day, shape (D, K)."""
        shape = np.shape(self.counts)
        out = np.ones(shape, bool) if self.observed is None else self.observed
        if self.blocks is not None:
            out = out & ~self.blocks.cells(*shape)
        return out

    def filled(self) -> Floats:
        """Counts, with blocks spread over their days and NaN where nothing is known."""
        out = np.where(self.seen(), self.counts, np.nan)
        held = self.held
        if held is None and self.blocks is not None:
            held = fill(self.blocks, *out.shape)
        return out if held is None else np.where(np.isnan(out), held, out)

    def during(self) -> Floats:
        """What feeds the states on each day itself, (D, K): open blocks, their mean.

        A sum is not known before its block is over: spread over a week, what a stream
        answered late in it would seem to bring what it answered to (measured: a link of
        .10 came out as .35). Nor is its expected course used, which is made of the
        other streams' days and stands in for them (there: as .95).
        """
        out = self.filled()
        if self.blocks is None:
            return out
        cells = self.blocks.cells(*out.shape)
        mean = np.where(cells, out, 0.0).sum(axis=0) / np.maximum(cells.sum(axis=0), 1)
        return np.where(cells, mean, out)


@dataclass(frozen=True)
class DailyPrior:
    """Log-normal priors: median and standard deviation of the log.

    Attributes
    ----------
    level : (K,) or number or None
        Median baseline per day; None: half the mean count of the stream.
    children : (L,) or number or None
        Median children per event; None: `USUAL` over the number of links into the row.
    half_life : (L,) or number
        Days.
    level_sd, children_sd, half_life_sd
        Spread of the logs, one number or one per link or stream. Where the half-life's
        is 0 it is fixed.
    weekday_sd
        Of the log of a weekday's factor.
    role : (L,) or None
        Numbers of roles: the links of one role have a common median, which has the
        prior (``children`` of its first link, ``children_sd``).
    tau
        Spread of the logs within roles (`daily_fit.fit_daily` chooses it).
    """

    level: Floats | float | None = None
    children: Floats | float | None = None
    half_life: Floats | float = 3.0
    level_sd: Floats | float = 1.5
    children_sd: Floats | float = 1.0
    half_life_sd: Floats | float = 1.5
    weekday_sd: float = 0.3
    role: Ints | None = None
    tau: float = 0.8


def add_bursts(
    links: Links, K: int, prior: DailyPrior, *, children: float = 0.1
) -> tuple[Links, DailyPrior]:
    """Links with one more own link per stream, of hours: overdispersed days.

    The half-life of the added links is fixed at `daily.BURST_HALF_LIFE`. That of the
    others is held to days (sd of the log at most `MOST_FREE`): else an own link may
    take the bursts over, and its half-life is then of hours.
    """
    L = len(links)
    own = np.arange(K)

    def longer(value: Floats | float | None, extra: float, default: Floats) -> Floats:
        here = default if value is None else np.broadcast_to(value, (L,))
        return np.append(here, np.full(K, extra))

    usual = USUAL / np.bincount(links.target, minlength=K)[links.target]
    one = np.ones(L)
    role = prior.role
    if role is not None:
        role = np.append(role, np.full(K, role.max() + 1))
    return (
        Links(np.append(links.target, own), np.append(links.source, own)),
        replace(
            prior,
            children=longer(prior.children, children, usual),
            half_life=longer(prior.half_life, BURST_HALF_LIFE, one),
            children_sd=longer(prior.children_sd, 1.0, one),
            half_life_sd=np.minimum(longer(prior.half_life_sd, 0.0, one), MOST_FREE),
            role=role,
        ),
    )
