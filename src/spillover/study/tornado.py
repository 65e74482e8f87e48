"""The chance with each input low and high: means over the draws that have it so.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bar", "tornado_of"]

Floats = NDArray[np.float64]
TAIL = 0.1


@dataclass(frozen=True)
class Bar:
    """The answer in the tenth of draws with the input lowest, and highest.

    ``low_at`` and ``high_at`` are the middle values of the input there; the errors are
    standard errors.
    """

    name: str
    low: float
    low_se: float
    low_at: float
    high: float
    high_se: float
    high_at: float


def tornado_of(inputs: Mapping[str, Floats], y: Floats) -> tuple[Bar, ...]:
    """Bars of every input, the widest first.

    Parameters
    ----------
    inputs
        (D,) values by name; an input of few values takes its lowest and highest value.
    y : (D,)
        Answer in each draw.
    """
    bars = []
    for name, x in inputs.items():
        low, high = x <= np.quantile(x, TAIL), x >= np.quantile(x, 1.0 - TAIL)
        ends = []
        for rows in (low, high):
            n = int(rows.sum())
            se = float(y[rows].std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
            ends += [float(y[rows].mean()), se, float(np.median(x[rows]))]
        bars.append(Bar(name, *ends))
    return tuple(sorted(bars, key=lambda b: -abs(b.high - b.low)))
