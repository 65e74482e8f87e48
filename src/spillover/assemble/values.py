"""`Value`: a number of a case in the units of the model, as the builders take it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from spillover.assemble.slots import Z90

__all__ = ["Value", "certain"]


@dataclass(frozen=True)
class Value:
    """One number.

    Attributes
    ----------
    kind
        ``certain``; ``unknown`` (one value per draw); ``varying`` (one per occurrence);
        ``median`` (varying with an unknown median); ``shared`` (names another);
        ``rest`` (what is left to one).
    low, high
        5 % and 95 % points in days, per day or shares of one.
    family
        Law of a range.
    name
        Of the shared number.
    alike
        Group of correlated numbers.
    unit
        Unit kind.
    median, spread
        Of kind ``median``.
    """

    kind: Literal["certain", "unknown", "varying", "median", "shared", "rest"]
    low: float = math.nan
    high: float = math.nan
    family: Literal["lognormal", "logitnormal"] = "lognormal"
    name: str = ""
    alike: str = ""
    unit: str = "plain"
    median: Value | None = None
    spread: Value | None = None

    def middle_and_spread(self) -> tuple[float, float]:
        """Median, and standard deviation of the log (or logit)."""
        if self.kind == "certain":
            return self.low, 0.0
        if self.family == "lognormal":
            middle = math.sqrt(self.low * self.high)
            return middle, math.log(self.high / self.low) / (2.0 * Z90)
        low, high = (math.log(p / (1.0 - p)) for p in (self.low, self.high))
        return 1.0 / (1.0 + math.exp(-0.5 * (low + high))), (high - low) / (2.0 * Z90)


def certain(value: float, unit: str = "plain") -> Value:
    """A value that is the same in every draw."""
    return Value("certain", value, value, unit=unit)
