"""A background that moves: a log random walk in blocks of days.

Events of streams that all follow a hidden slow level look like contagion: with a
constant background a slow level of spread .7 in logs raises a spectral radius of .4 by
.43. So the log baseline of each stream may walk from block to block; how far it steps
is chosen by the evidence (Laplace) over `GRID`, from not at all to freely: a fixed
large step would eat the contagion instead.

This file must never import a case, a page or a likelihood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK_DAYS", "GRID", "Walk", "choose_step", "walk_blocks"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK_DAYS = 30
GRID = (0.0, 0.03, 0.06, 0.11, 0.19, 0.3, 0.45)
"""Standard deviations of a step of the log baseline, one block to the next."""


@dataclass(frozen=True)
class Walk:
    """Blocks of days, and what steps do to them.

    Attributes
    ----------
    block : (D,)
        Number of each day's block.
    effect : (B, B - 1)
        Log level of each block per step of unit size, its mean over days taken off,
        so that a stream's level stays its average level.
    step
        Standard deviation of a step; 0 with one block: a constant background.
    """

    block: Ints
    effect: Floats
    step: float

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return len(self.effect)


def walk_blocks(D: int, *, step: float, days: int = BLOCK_DAYS) -> Walk:
    """Blocks of ``days`` days; the last may be longer, up to half as much again.

    Parameters
    ----------
    D
        Number of days.
    step
        Standard deviation of a step; 0: one block.
    days
        Length of a block.
    """
    B = max(1, round(D / days)) if step > 0.0 else 1
    block = np.minimum(np.arange(D) // days, B - 1)
    effect = np.tril(np.ones((B, B)))[:, 1:]
    share = np.bincount(block, minlength=B) / D
    return Walk(block, effect - share @ effect, step)


Fit = TypeVar("Fit")


def choose_step(
    fit_at: Callable[[float, Fit | None], Fit],
    judge: Callable[[Fit], float],
    *,
    grid: tuple[float, ...] = GRID,
    begin: int = 1,
) -> tuple[float, Fit, dict[float, float]]:
    """Climb the grid to the step with the largest evidence.

    Parameters
    ----------
    fit_at
        Fit with a step; also given the nearest fit so far, to start from.
    judge
        Log evidence of a fit.
    grid
        Steps, ascending.
    begin
        Where in the grid to begin.

    Returns
    -------
    step, fit, evidence
        The best; evidence of every step looked at.
    """
    seen: dict[int, Fit] = {}
    at = min(begin, len(grid) - 1)

    def look(k: int, near: Fit | None) -> float:
        if k not in seen:
            seen[k] = fit_at(grid[k], near)
        return judge(seen[k])

    look(at, None)
    while True:
        ways = [k for k in (at - 1, at + 1) if 0 <= k < len(grid)]
        best = max(ways, key=lambda k: look(k, seen[at]))
        if judge(seen[best]) <= judge(seen[at]):
            break
        at = best
    evidence = {grid[k]: judge(seen[k]) for k in sorted(seen)}
    return grid[at], seen[at], evidence
