"""What a fit learned, as a page of the brief: as written, the records alone, as used.

Must never import `cli` or the web.
"""

from __future__ import annotations

import math
import re

from spillover.api.brief_numbers import number_words
from spillover.api.brief_words import stream_label
from spillover.api.fit_file import FitTable
from spillover.brief.page import CheckRow, FitPage, FitRow
from spillover.brief.words import plain
from spillover.case.number_text import Number
from spillover.case.read import numbers_by_path
from spillover.case.schema import Case

__all__ = ["fit_page", "range_text"]

FIRST = re.compile(
    r"\s*(-?[\d.]+(?:e-?\d+)?)\s*(?:%\s*)?\.\.\s*-?[\d.]+(?:e-?\d+)?\s*(.*)"
)


def range_text(
    number: Number | None, written: float, low: float, middle: float, high: float
) -> str:
    """A range in the unit its number is written in: ``0.2 to 0.5 per day, middle 0.3``.

    ``written`` is the 5 % point as written, in units of the model.
    """
    scale, unit = 1.0, ""
    found = FIRST.match(number.text) if number is not None else None
    if found and written > 0.0:
        scale, unit = float(found[1]) / written, found[2].strip()
    ends = " to ".join(plain(scale * x) for x in (low, high))
    return f"{ends}{' ' if unit else ''}{unit}, middle {plain(scale * middle)}"


def fit_page(case: Case, table: FitTable) -> FitPage:
    """The page; learned numbers first."""
    numbers = numbers_by_path(case)
    rows = []
    for r in table.rows:
        number, low = numbers.get(r.path), r.written[0]
        alone = range_text(number, low, *r.alone) if r.alone else ""
        rows.append(
            FitRow(
                number_words(r.path),
                range_text(number, low, *r.written),
                alone,
                range_text(number, low, *r.used),
                r.verdict,
                r.learned,
            )
        )
    learned = sum(r.learned for r in table.rows)
    how = table.how
    summary = (
        f"{learned} of {len(rows)} uncertain numbers that the records touch were moved "
        f"by them, over {how['histories']} filled-in histories of about "
        f"{float(how['events_in_a_history']):.0f} events each. A range that was itself "
        "judged from these records is left as written unless the records alone are "
        "clearly narrower, so that nothing is counted twice. Links and short-lived "
        "restraints learn only from events whose days are known."
    )
    return FitPage(summary, tuple(rows), _checks(case, table))


def _checks(case: Case, table: FitTable) -> tuple[CheckRow, ...]:
    label = {s.id: stream_label(case, s) for s in case.streams}

    def p(value: float) -> str:
        if math.isnan(value):
            return "too few"
        fits = (
            "fits"
            if value >= 0.05
            else "fits badly"
            if value >= 0.01
            else "does not fit"
        )
        return f"{fits} (p {plain(value) if value >= 0.001 else 'below 0.001'})"

    return tuple(
        CheckRow(
            label.get(c.stream, c.stream),
            f"{c.seen:.1f}",
            f"{c.expected:.1f}",
            p(c.weekday),
            p(c.gaps),
        )
        for c in table.checks
    )
