"""Dates: windows where the text gives no day, nothing that it does not print."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.reports.dates import find_dates
from spillover.reports.tokens import tokenise

DAY = date(2024, 11, 1)  # a Friday


def one(text, day=DAY):
    found = find_dates(tokenise(text), day)
    assert len(found) == 1, [f.past.expression for f in found]
    return found[0]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("It fired on Tuesday.", "2024-10-29", "2024-10-29"),
        ("It fired yesterday.", "2024-10-31", "2024-10-31"),
        ("It fired last week.", "2024-10-21", "2024-10-27"),
        ("It fired on 26 October.", "2024-10-26", "2024-10-26"),
        ("It fired on October 26, 2023.", "2023-10-26", "2023-10-26"),
        ("It fired from 3 to 7 October.", "2024-10-03", "2024-10-07"),
        ("It fired in early October 2023.", "2023-10-01", "2023-10-11"),
        ("It fired three days ago.", "2024-10-29", "2024-10-29"),
        ("It fired in the past two weeks.", "2024-10-18", "2024-11-01"),
        ("It fired over the weekend.", "2024-10-26", "2024-10-27"),
        ("It fired in December.", "2023-12-01", "2023-12-31"),
        ("It fired in 2023.", "2023-01-01", "2023-12-31"),
        ("It fired on 2024-10-05.", "2024-10-05", "2024-10-05"),
    ],
)
def test_what_has_been(text, first, last):
    when = one(text).past
    assert (when.first.isoformat(), when.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("It may fire before 5 November.", "2024-11-04"),
        ("It must leave by 5 November.", "2024-11-05"),
        ("It must leave within 48 hours.", "2024-11-03"),
        ("It may fire in the coming days.", "2024-11-05"),
        ("It may fire in the next 10 days.", "2024-11-11"),
        ("It may fire before the end of the month.", "2024-11-30"),
        ("It will meet on Tuesday.", "2024-11-05"),
    ],
)
def test_what_is_to_come(text, last):
    assert one(text).ahead.last.isoformat() == last


def test_only_a_full_date_is_printed():
    assert not one("It fired on 26 October 2023.").past.inferred
    for text in (
        "It fired on 26 October.",
        "It fired on Tuesday.",
        "In October 2023 it fired.",
    ):
        assert one(text).past.inferred


def test_without_a_day_of_publication_nothing_relative_is_resolved():
    found = one("It fired on Tuesday.", None)
    assert found.past.first is None
    assert found.past.expression == "on Tuesday"
    assert one("It fired on 5 May 2023.", None).past.first == date(2023, 5, 5)


@pytest.mark.parametrize(
    "text", ["It may fire.", "They march on.", "Two may leave.", "An end of sorts."]
)
def test_words_that_are_no_dates(text):
    assert find_dates(tokenise(text), DAY) == []


@given(st.text(alphabet="0123456789 -/,.ofthdsnrMayJuneOctMondaylstwek", max_size=80))
def test_any_text_gives_ordered_windows(text):
    for found in find_dates(tokenise(text), DAY):
        for when in (found.past, found.ahead):
            if when.first and when.last:
                assert when.first <= when.last
            assert text[when.span.start : when.span.end] == when.expression
