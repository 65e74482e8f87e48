"""An arm beside the base arm, future by future: what the coupling is for.

Every sum is an integer, so results do not depend on order, chunks or threads.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pairs", "new_pairs"]


class Pairs(NamedTuple):
    """Sums over pairs of futures: the base arm's and this arm's, of one world."""

    lost: NDArray[np.int32]  # (D, Q) base yes, arm no
    gained: NDArray[np.int32]  # (D, Q) base no, arm yes
    touched: NDArray[np.int32]  # (D,) futures whose courses differ at all
    squares: NDArray[np.int64]  # (C, 3) of (x1 - x0)^2, x0^2, x1^2
    apart: NDArray[np.int64]  # (2,) events only of the base, only of the arm


def new_pairs(draws: int, questions: int, counted: int) -> Pairs:
    """Zeros for ``draws`` draws."""
    return Pairs(
        lost=np.zeros((draws, questions), np.int32),
        gained=np.zeros((draws, questions), np.int32),
        touched=np.zeros(draws, np.int32),
        squares=np.zeros((counted, 3), np.int64),
        apart=np.zeros(2, np.int64),
    )
