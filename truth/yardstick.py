"""A fixed piece of work, timed beside every check: seconds become a ratio.

It mixes what the checks mix: interpreted loops, sorting and linear algebra of arrays.
The work never changes; a check that took 40 yardsticks here takes about 40 elsewhere.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

__all__ = ["yardstick"]


def _work() -> float:
    total = 0
    for n in range(1_500_000):
        total += n * n % 7
    rng = np.random.default_rng(1)
    x = np.sort(rng.random(1_500_000))
    square = rng.random((250, 250))
    for _ in range(20):
        square = square @ square
        square /= np.abs(square).max()
    return float(total) + float(x[7]) + float(square[0, 0])


def yardstick(times: int = 3) -> float:
    """Processor seconds of the work, median of a few."""
    took = []
    for _ in range(times):
        began = time.process_time()
        _work()
        took.append(time.process_time() - began)
    return statistics.median(took)
