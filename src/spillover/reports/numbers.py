"""Numbers written as digits or words, and counts of dead and injured.

This file must never import a lexicon of acts.
"""

from __future__ import annotations

from dataclasses import dataclass

from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["Counted", "Toll", "find_tolls", "number_at"]

_ONES = {
    word: k
    for k, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * k
    for k, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        start=2,
    )
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_VAGUE = {"couple": (2, 2), "several": (3, 9), "dozen": (12, 12), "dozens": (24, 99),
          "scores": (40, 199), "hundreds": (200, 999), "thousands": (2000, 9999)}  # fmt: skip
"""What words stand for that give no number: a window."""


_DEAD = words("killed dead died killing kills deaths fatalities slain death")
_HURT = words("wounded injured hurt wounding injuring injuries wounds casualties")
_PEOPLE_GAP = 6
"""Words between a number and "killed": "three of its border guards were killed"."""
_BREAKS = frozenset('.;:!?"“”') | words("but after who which while")


@dataclass(frozen=True, slots=True)
class Counted:
    """A number in the text: lowest and highest, and the token after it."""

    low: int
    high: int
    stop: int


@dataclass(frozen=True, slots=True)
class Toll:
    """A count of dead or injured, its tokens, and which it is."""

    low: int
    high: int
    first: int
    stop: int
    deaths: bool


def _plain(word: str) -> int | None:
    """A number in one word: digits with commas, or a word, or two joined by a dash."""
    digits = word.replace(",", "")
    if digits.isdecimal() and len(digits) <= 9:
        return int(digits)
    if word in _ONES:
        return _ONES[word]
    if word in _TENS:
        return _TENS[word]
    ten, _, one = word.partition("-")
    if ten in _TENS and one in _ONES:
        return _TENS[ten] + _ONES[one]
    return None


def number_at(doc: Document, i: int, count: int) -> Counted | None:
    """The number that begins at token ``i``; "two dozen", "three hundred", "several"."""
    if i >= count:
        return None
    word = doc.lower[i]
    if word == "a" and i + 1 < count and doc.lower[i + 1] in ("dozen", "couple"):
        low, high = _VAGUE[doc.lower[i + 1]]
        stop = i + 3 if i + 2 < count and doc.lower[i + 2] == "of" else i + 2
        return Counted(low, high, stop)
    if word in _VAGUE:
        low, high = _VAGUE[word]
        stop = i + 2 if i + 1 < count and doc.lower[i + 1] == "of" else i + 1
        return Counted(low, high, stop)
    value = _plain(word)
    if value is None:
        return None
    k = i + 1
    while k < count and doc.lower[k] in _SCALES:
        value *= _SCALES[doc.lower[k]]
        k += 1
    if k < count and doc.lower[k] == "dozen":
        value, k = value * 12, k + 1
    return Counted(value, value, k)


def find_tolls(doc: Document, first: int, stop: int) -> list[Toll]:
    """Counts of dead and injured in some tokens, in order."""
    found = []
    i = first
    while i < stop:
        number = number_at(doc, i, stop)
        if number is None:
            i += 1
            continue
        toll = _toll(doc, i, number, first, stop)
        if toll:
            found.append(toll)
        i = max(number.stop, toll.stop if toll else 0)
    return found


def _toll(doc: Document, i: int, number: Counted, first: int, stop: int) -> Toll | None:
    lower = doc.lower
    low, high, after = number.low, number.high, number.stop
    if (
        after + 1 < stop
        and lower[after] in ("to", "or", "and")
        and i > first
        and lower[i - 1] in ("between", "from")
    ):
        other = number_at(doc, after + 1, stop)
        if other:
            high, after = max(high, other.high), other.stop
    # "killed at least three", "killing three"
    k = i - 1
    while k >= first and i - k <= 4 and lower[k] in _HEDGES:
        k -= 1
    if k >= first and lower[k] in _DEAD | _HURT and lower[k] not in _AFTER_ONLY:
        return Toll(low, high, k, after, lower[k] in _DEAD)
    # "three soldiers were killed", "three dead"; a year or a date is no toll
    if after < stop and doc.words[after][:1].isupper() and lower[after] in _MONTHS:
        return None
    for k in range(after, min(stop, after + _PEOPLE_GAP + 1)):
        if lower[k] in _BREAKS or (k > after and number_at(doc, k, stop)):
            break
        if lower[k] in _DEAD | _HURT and lower[k] not in _BEFORE_ONLY:
            named = number_at(doc, k + 1, stop) or lower[k + 1 : k + 2] in _NOBODY
            if named and lower[k] not in _AFTER_ONLY:
                break  # "and wounded 24": the word belongs to the next number
            return Toll(low, high, i, k + 1, lower[k] in _DEAD)
    return None


_MONTHS = words(
    """
    january february march april may june july august september october november
    december
    """
)
_NOBODY = (["nobody"], ["none"], ["no"])
_HEDGES = words("at least more than about around some nearly almost up to over as many")
_AFTER_ONLY = words("dead deaths fatalities injuries casualties wounds death died hurt")
_BEFORE_ONLY = words("killing wounding injuring kills death")
