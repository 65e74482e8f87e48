"""States: what a cell's past looks like at several half-lives, through gaps.

A state is a decayed mean over observed days. A gap only makes it forget, so after five
silent months a fast state leans on the slower one and moves with the first new days.

This file must never import a case or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.inference.roles_kernels import decayed_sums

__all__ = ["States", "advance", "levels", "states_of"]

Floats = NDArray[np.float64]
LEAN = 0.3
"""Days' worth of the slower state in a faster one."""
START = 5.0
"""Days' worth of the first month in the long-run mean."""


@dataclass(frozen=True)
class States:
    """Decayed sums before each day.

    Attributes
    ----------
    half_lives : (H,)
        In days, ascending.
    sums : (T + 1, H, K)
        Of counts.
    days : (T + 1, H)
        Of observed days.
    long_run : (T + 1, K)
        Mean of all observed days so far.
    """

    half_lives: Floats
    sums: Floats
    days: Floats
    long_run: Floats

    def at(self, t: NDArray[np.int64]) -> States:
        """The states before days ``t``."""
        return States(self.half_lives, self.sums[t], self.days[t], self.long_run[t])


def states_of(
    counts: Floats, observed: NDArray[np.bool_], half_lives: Floats
) -> States:
    """States before each day, from counts (T, K) and which days were observed (T,)."""
    keep = 0.5 ** (1.0 / half_lives)
    sums, days = decayed_sums(counts, observed, keep)
    seen = np.cumsum(observed)
    total = np.cumsum(np.where(observed[:, None], counts, 0.0), axis=0)
    start = counts[observed][:30].mean(0)
    long_run = np.vstack([start, (total + START * start) / (seen + START)[:, None]])
    return States(half_lives, sums, days, long_run)


def levels(states: States) -> Floats:
    """Decayed means, shape (T, H, K); each leans on the next slower one."""
    out = np.empty_like(states.sums)
    slower = states.long_run
    for h in reversed(range(len(states.half_lives))):
        slower = (states.sums[:, h] + LEAN * slower) / (states.days[:, h, None] + LEAN)
        out[:, h] = slower
    return out


def advance(states: States, mean: Floats) -> States:
    """A day later, had the day brought ``mean`` (T, K)."""
    keep = 0.5 ** (1.0 / states.half_lives)
    return States(
        states.half_lives,
        keep[:, None] * states.sums + mean[:, None],
        keep * states.days + 1.0,
        states.long_run,
    )
