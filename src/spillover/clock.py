"""Days and dates: day k after the origin is [k, k + 1), the known lies before 0.

One calendar zone per case. This file imports nothing of Spillover.
"""

from __future__ import annotations

import datetime as dt

__all__ = ["day_of", "in_words", "month_ends", "months_within"]


def day_of(date: dt.date, origin: dt.date) -> int:
    """Whole days from the origin to the beginning of ``date``."""
    return (date - origin).days


def in_words(date: dt.date) -> str:
    """A date as people write it: 5 November 2024."""
    return f"{date.day} {date:%B %Y}"


def _next_month(date: dt.date) -> dt.date:
    return dt.date(date.year + date.month // 12, date.month % 12 + 1, 1)


def months_within(origin: dt.date, until: dt.date) -> tuple[tuple[int, int], ...]:
    """Whole months from the origin to the end of ``until``, as [start, end) days."""
    month = origin if origin.day == 1 else _next_month(origin)
    found = []
    while _next_month(month) <= until + dt.timedelta(days=1):
        found.append((day_of(month, origin), day_of(_next_month(month), origin)))
        month = _next_month(month)
    return tuple(found)


def month_ends(origin: dt.date, until: dt.date) -> tuple[dt.date, ...]:
    """Last days of the months of `months_within`."""
    return tuple(
        origin + dt.timedelta(days=end - 1) for _, end in months_within(origin, until)
    )
