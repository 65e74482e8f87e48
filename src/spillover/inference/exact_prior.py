"""What an exact-time posterior is made of: links that may be there, priors, numbers.

This file must never import a case or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.inference.exact import Links

__all__ = ["Decoded", "ExactPrior", "Support"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class Support:
    """Links that may be there, and what they share.

    Attributes
    ----------
    target, source : (links,)
        Receiving and sending stream.
    role : (links,)
        Pool of the link, -1 for a prior of its own.
    median, sd : (links,)
        Log-normal prior of the expected children of links without a pool.
    decay : (links,) or None
        Which half-life a link has; None: all links spread over all half-lives with
        common shares.
    """

    target: Ints
    source: Ints
    role: Ints
    median: Floats
    sd: Floats
    decay: Ints | None = None

    @classmethod
    def full(
        cls,
        streams: int,
        *,
        median: float = 0.05,
        sd: float = 1.5,
        pooled: bool = False,
        decay: Ints | None = None,
    ) -> Support:
        """All links; pooled, own links are one role and the others another."""
        target, source = np.divmod(np.arange(streams * streams), streams)
        role = np.where(target == source, 0, 1) if pooled else np.full(len(target), -1)
        one = np.ones(len(target))
        return cls(target, source, role, median * one, sd * one, decay)

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class ExactPrior:
    """Priors; medians per day or days, sd of logs.

    Attributes
    ----------
    rate : (K,) or None
        Median immigrants per day in the first block; None: half the mean rate seen.
    rate_sd, walk_sd
        Of the first block; of a step to the next.
    weekday_sd
        Of a log weekday factor.
    half_life : (D,)
        Medians, days.
    half_life_sd
        Of their logs.
    pool, pool_sd
        Median and sd of the expected children at the middle of a role.
    spread, spread_sd
        Median and sd of the log of the spread of links around their pool.
    share_sd
        Of the logits of the shares.
    """

    half_life: tuple[float, ...] = (3.0,)
    half_life_sd: float = 1.5
    rate: Floats | None = None
    rate_sd: float = 1.5
    walk_sd: float = 0.1
    weekday_sd: float = 0.2
    pool: float = 0.05
    pool_sd: float = 1.5
    spread: float = 0.5
    spread_sd: float = 0.5
    share_sd: float = 1.0


@dataclass(frozen=True)
class Decoded:
    """Numbers of one point or of many draws (leading axes ...).

    Attributes
    ----------
    rate : (..., K, blocks)
        Immigrants per day.
    branching : (..., K, K)
        Expected children, half-lives together.
    weight : (..., terms)
        Expected children by link and half-life, in the order of ``links``.
    decay : (..., D)
        Per day.
    weekday : (..., 7)
        Factors with mean 1.
    links
        Target, source and decay of every term.
    """

    rate: Floats
    branching: Floats
    weight: Floats
    decay: Floats
    weekday: Floats
    links: Links

    @property
    def half_life(self) -> Floats:
        """Days, shape (..., D)."""
        return np.asarray(LN2 / self.decay)
