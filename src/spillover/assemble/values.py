"""Small helpers on the numbers of a case."""

from __future__ import annotations

import math

from spillover.assemble.slots import Z90
from spillover.case.number_text import Number

__all__ = ["certain", "middle_and_spread"]


def certain(value: float, unit: str = "plain") -> Number:
    """Make a number that is the same in every draw."""
    return Number("certain", unit, f"{value:g}", value, value)


def middle_and_spread(number: Number) -> tuple[float, float]:
    """Median, and standard deviation of the log (or logit), of what varies."""
    low, high = number.low, number.high
    if number.kind == "certain":
        return low, 0.0
    if number.family == "lognormal":
        return math.sqrt(low * high), math.log(high / low) / (2.0 * Z90)
    first, last = (math.log(p / (1.0 - p)) for p in (low, high))
    middle = 1.0 / (1.0 + math.exp(-0.5 * (first + last)))
    return middle, (last - first) / (2.0 * Z90)
