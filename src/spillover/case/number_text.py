"""The grammar of numbers: ``0.2..0.6 per day``, ``1~5``, ``15 %``, a name, ``rest``.

A parsed `Number` is in model units: days, per day, shares of one. ``low..high`` is the
central 90 % of what we do not know, ``low~high`` of what varies.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

__all__ = ["KINDS", "Number", "NumberError", "parse_number"]

DAYS = {
    "hour": 1 / 24,
    "hours": 1 / 24,
    "day": 1.0,
    "days": 1.0,
    "week": 7.0,
    "weeks": 7.0,
    "month": 30.4375,
    "months": 30.4375,
    "year": 365.25,
    "years": 365.25,
}

KINDS: dict[str, str] = {
    "rate": 'a rate such as "0.3 per day"',
    "duration": 'a time such as "7 days"',
    "chance": 'a chance between 0 and 1, or in percent such as "15 %"',
    "chance-rate": 'a chance per time such as "0.01 per 90 days"',
    "factor": "a factor, 0 or more, without a unit",
    "positive": "a positive number without a unit",
    "count": "a positive number without a unit",
    "spread": 'a spread such as "0.3 per sqrt month"',
    "plain": "a number without a unit",
}

_FIGURE = r"[-+]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_TEXT = re.compile(
    rf"^\s*(?P<low>{_FIGURE})\s*%?\s*(?:(?P<how>\.\.|~)\s*(?P<high>{_FIGURE}))?\s*(?P<unit>.*?)\s*$"
)
MOST_TEXT = 300
MOST, LEAST = 1e100, 1e-100
"""Beyond these a product or a ratio of two numbers may not be a number any more."""
_NAME = re.compile(r"^[a-z][a-z0-9-]*$")
_PER = re.compile(r"^per\s+(?:(?P<n>\d+(?:\.\d+)?)\s+)?(?P<unit>[a-z]+)$")


class NumberError(ValueError):
    """A number that cannot be read: what was found, what was expected, how to mend."""

    def __init__(self, found: str, expected: str = "", mend: str = "") -> None:
        super().__init__(found)
        self.found, self.expected, self.mend = found, expected, mend


Family = Literal["lognormal", "logitnormal"]
Kind = Literal["certain", "unknown", "varying", "median", "shared", "rest"]


@dataclass(frozen=True)
class Number:
    """One number of a case, in model units.

    Attributes
    ----------
    kind
        ``certain``, ``unknown`` (one value per draw), ``varying`` (one per
        occurrence), ``median`` (varying, its median unknown), ``shared`` (names
        another), ``rest``.
    low, high
        5 % and 95 % points (equal when certain).
    family
        Law of a range: log-normal, or logit-normal inside (0, 1).
    unit
        Unit kind of the field it stands in.
    text
        As written, for pages.
    name, median, spread
        Of a shared number; of kind ``median``.
    basis, why, sources, alike
        What it rests on.
    """

    kind: Kind
    unit: str
    text: str
    low: float = math.nan
    high: float = math.nan
    family: Family = "lognormal"
    name: str = ""
    median: Number | None = None
    spread: Number | None = None
    basis: str = ""
    why: str = ""
    sources: tuple[str, ...] = ()
    alike: str = ""

    def __eq__(self, other: object) -> bool:
        """Field by field; bounds that are both absent are the same."""
        return isinstance(other, Number) and self._compared() == other._compared()

    def __hash__(self) -> int:
        """Of what is compared."""
        return hash(self._compared())

    def _compared(self) -> tuple[object, ...]:
        """All fields. NaN, which equals nothing, not even itself, as nothing at all."""
        held = (getattr(self, f.name) for f in fields(self))
        return tuple(None if v != v else v for v in held)

    @property
    def middle(self) -> float:
        """Median in model units; nan for a shared number or a rest."""
        if self.kind == "median" and self.median is not None:
            return self.median.middle
        if self.kind in ("shared", "rest"):
            return math.nan
        if self.low == self.high:
            return self.low
        if self.family == "lognormal":
            return math.sqrt(self.low * self.high)
        logits = [math.log(p / (1 - p)) for p in (self.low, self.high)]
        return 1 / (1 + math.exp(-sum(logits) / 2))


def _scale(unit: str, kind: str, text: str) -> float:
    """What one written unit is in model units."""
    wrong = NumberError(
        f'"{text}" has the unit "{unit}"' if unit else f'"{text}" has no unit',
        KINDS[kind],
        "Write the unit after the number" if not unit else "",
    )
    if kind == "duration":
        if unit not in DAYS:
            raise wrong
        return DAYS[unit]
    if kind in ("rate", "chance-rate"):
        rate_of = re.sub(r"^[a-z ]*?(?=per )", "", unit)
        found = _PER.match(rate_of)
        if not found or found["unit"] not in DAYS or float(found["n"] or 1) == 0:
            raise wrong
        return 1 / (float(found["n"] or 1) * DAYS[found["unit"]])
    if kind == "spread":
        found = re.match(r"^per sqrt ([a-z]+)$", unit)
        if not found or found[1] not in DAYS:
            raise wrong
        return 1 / math.sqrt(DAYS[found[1]])
    if kind == "chance":
        if unit not in ("", "%"):
            raise wrong
        return 0.01 if unit == "%" else 1.0
    if unit not in ("", "times"):
        raise wrong
    return 1.0


def _check(low: float, high: float, kind: str, text: str, *, ranged: bool) -> Family:
    """Family of a range; raises when it lies outside its family."""
    if not (math.isfinite(low) and math.isfinite(high)):
        msg = f'"{text}" is not a finite number'
        raise NumberError(msg, KINDS[kind])
    for x in (abs(low), abs(high)):
        if x > MOST or 0.0 < x < LEAST:
            msg = f'"{text}" is too {"large" if x > MOST else "small"} to reckon with'
            raise NumberError(msg, KINDS[kind])
    if ranged and not low < high:
        msg = f'"{text}" has its low end at or above its high end'
        raise NumberError(
            msg,
            "low..high with low below high",
        )
    if kind == "chance":
        if low < 0 or high > 1:
            msg = f'"{text}" is not between 0 and 1'
            raise NumberError(msg, KINDS[kind])
        if ranged and (low <= 0 or high >= 1):
            msg = f'the range "{text}" reaches 0 or 1'
            raise NumberError(
                msg,
                "a range inside 0 and 1; 0 and 1 only as certain values",
            )
        return "logitnormal"
    if kind == "plain":
        if ranged and low <= 0:
            msg = f'the range "{text}" reaches 0'
            raise NumberError(msg, "positive ends")
        return "lognormal"
    if low < 0:
        msg = f'"{text}" is negative'
        raise NumberError(msg, KINDS[kind])
    if ranged and low <= 0:
        msg = f'the range "{text}" reaches 0'
        raise NumberError(
            msg,
            "a range above 0; 0 only as a certain value",
        )
    if kind == "factor" and high < 1:
        return "logitnormal"
    return "lognormal"


def _shown(raw: object) -> str:
    """What was written, for a message."""
    if raw is None:
        return "an empty value"
    if isinstance(raw, bool):
        return f'"{"yes" if raw else "no"}"'
    if isinstance(raw, Mapping):
        return "a group of keys"
    if isinstance(raw, (list, tuple)):
        return "a list"
    text = str(raw)
    return f'"{text if len(text) <= 60 else text[:60] + " ..."}"'


def _parse_text(raw: str | float, kind: str, *, varies: bool) -> Number:
    text = str(raw).strip()
    if isinstance(raw, bool):
        msg = f"{_shown(raw)} is not a number"
        raise NumberError(msg, KINDS[kind])
    if text == "rest":
        return Number("rest", kind, text)
    if _NAME.match(text) and text not in ("nan", "inf", "infinity"):
        return Number("shared", kind, text, name=text)
    # Runs of blanks become one: several of them could be parted in ever so many ways.
    found = _TEXT.match(" ".join(text.split())) if len(text) <= MOST_TEXT else None
    if not found:
        msg = f"{_shown(raw)} is not a number"
        raise NumberError(msg, KINDS[kind])
    unit = found["unit"]
    if not unit and not found["how"] and float(found["low"]) == 0:
        scale = 1.0  # nothing is nothing in any unit
    elif not unit and "%" in text and kind == "chance":
        scale = 0.01
    else:
        scale = _scale(unit, kind, text)
    low = float(found["low"])
    high = float(found["high"]) if found["how"] else low
    if kind == "chance-rate":
        low, high = (-math.log1p(-min(x, 1 - 1e-12)) * scale for x in (low, high))
    else:
        low, high = low * scale, high * scale
    family = _check(low, high, kind, text, ranged=bool(found["how"]))
    how: Kind = "certain"
    if found["how"] == "~" or (found["how"] and varies):
        how = "varying"
    elif found["how"]:
        how = "unknown"
    return Number(how, kind, text, low, high, family)


def parse_number(raw: object, kind: str, *, varies: bool = False) -> Number:
    """Read a number as written in a case.

    Parameters
    ----------
    raw
        A number, a text, or a mapping with ``is`` or ``median`` and its reason.
    kind
        Unit kind, a key of `KINDS`.
    varies
        Whether a plain range is a thing that varies (delays, durations, thresholds).

    Raises
    ------
    NumberError
        When it cannot be read or lies outside its family.
    """
    if isinstance(raw, Number):
        return raw
    if isinstance(raw, (int, float, str)):
        if (
            isinstance(raw, (int, float))
            and kind in ("duration", "rate", "chance-rate", "spread")
            and raw == 0
            and not isinstance(raw, bool)
        ):
            return Number("certain", kind, str(raw), 0.0, 0.0)
        return _parse_text(raw, kind, varies=varies)
    if not isinstance(raw, Mapping):
        msg = f"{_shown(raw)} is not a number"
        raise NumberError(msg, KINDS[kind])
    known = {"is", "median", "spread", "basis", "why", "sources", "alike", "note"}
    extra = [str(k) for k in raw if k not in known]
    if extra:
        msg = f'unknown key "{extra[0]}" in a number'
        raise NumberError(
            msg,
            "is (or median and spread), basis, why, sources, alike",
        )
    sources = raw.get("sources") or ()
    if not isinstance(sources, (str, list, tuple)) or not all(
        isinstance(s, (str, int)) for s in sources
    ):
        msg = "its sources are not ids"
        raise NumberError(msg, "a source id, or a list of them")
    why: dict[str, Any] = {
        "basis": str(raw.get("basis") or ""),
        "why": str(raw.get("why") or raw.get("note") or ""),
        "sources": (sources,)
        if isinstance(sources, str)
        else tuple(str(s) for s in sources),
        "alike": str(raw.get("alike") or ""),
    }
    if why["basis"] not in ("", "data", "literature", "judgement"):
        msg = f'basis "{why["basis"]}" is not known'
        raise NumberError(msg, "data, literature or judgement")
    if "median" in raw:
        if "spread" not in raw:
            msg = "a median without a spread"
            raise NumberError(msg, "spread: the standard deviation of the log")
        middle = parse_number(raw["median"], kind)
        spread = parse_number(raw.get("spread", 0), "positive")
        return Number(
            "median",
            kind,
            f"median {middle.text}, spread {spread.text}",
            median=middle,
            spread=spread,
            **why,
        )
    if "is" not in raw:
        msg = 'a number without "is"'
        raise NumberError(msg, "is: the number, or median: and spread:")
    plain = (
        _parse_text(raw["is"], kind, varies=varies)
        if isinstance(raw["is"], (int, float, str))
        else None
    )
    if plain is None:
        msg = f"{_shown(raw['is'])} is not a number"
        raise NumberError(msg, KINDS[kind])
    if isinstance(raw["is"], (int, float)) and not isinstance(raw["is"], bool):
        plain = parse_number(raw["is"], kind, varies=varies)
    return Number(
        plain.kind,
        kind,
        plain.text,
        plain.low,
        plain.high,
        plain.family,
        plain.name,
        **why,
    )
