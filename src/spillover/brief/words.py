"""Words for people: likelihood by ICD 203, percentages never 0 or 100, intervals.

The seven steps and their words: ICD 203 (2015), table of expressions of likelihood.
Likelihood and confidence never share a sentence (`mixed_sentences` finds offences).

This file imports nothing of Spillover.
"""

from __future__ import annotations

import datetime as dt
import re

__all__ = [
    "STEPS",
    "interval",
    "likelihood_word",
    "mixed_sentences",
    "percent",
    "plain",
    "short_date",
]

STEPS = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (1.00, "almost certain"),
)
LEAST = "less than 1 in 100: the model cannot say less"
MOST = "more than 99 in 100: the model cannot say more"


def likelihood_word(p: float) -> str:
    """Expression of likelihood for a probability."""
    if p < 0.01:
        return LEAST
    if p > 0.99:
        return MOST
    return next(word for top, word in STEPS if p < top or top == 1.0)


def percent(p: float) -> str:
    """A probability in percent; never 0 or 100."""
    if p < 0.01:
        return "under 1 %"
    if p > 0.99:
        return "over 99 %"
    return f"{p * 100:.0f} %"


def interval(low: float | None, high: float | None) -> str:
    """Central 90 % of a probability over draws."""
    if low is None or high is None:
        return "no spread beyond chance"
    if percent(low) == percent(high):
        return percent(low) if low < 0.01 or low > 0.99 else f"about {percent(low)}"
    return f"{percent(low)} to {percent(high)}"


def plain(value: float, digits: int = 2) -> str:
    """A number for people: few figures, thousands with a comma."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    return f"{float(text):g}"


def short_date(date: dt.date) -> str:
    """5 Nov 2024."""
    return f"{date.day} {date:%b %Y}"


_LIKELY = re.compile(
    r"\b(almost no chance|very unlikely|unlikely|roughly even|likely|almost certain|probab\w+)\b|\d\s?%",
    re.IGNORECASE,
)


def mixed_sentences(text: str) -> list[str]:
    """Sentences that speak of likelihood and of confidence at once."""
    return [
        s.strip()
        for s in re.split(r"(?<=[.!?])\s+|\n", text)
        if re.search(r"\bconfidence\b", s, re.IGNORECASE) and _LIKELY.search(s)
    ]
