"""Outcomes as questions: windows in words and in days."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from spillover.assemble.build import assemble_source
from spillover.assemble.sources import OutcomeSource, ReportSource
from spillover.case.pattern_text import QuantityText
from spillover.errors import ModelError
from spillover.outcomes.question import Span
from tests.assemble.words import c, case, count, ps, v

D = dt.date


def ask(*outcomes, **more):
    return assemble_source(case(outcomes=tuple(outcomes), **more))


def one(**more):
    return OutcomeSource("o", "Does it?", count("strikes"), **more)


def test_days_and_dates():
    a = ask(
        one(
            within=(30, 1),
            before=D(2024, 11, 5),
            by=D(2024, 11, 5),
            unmodelled=v("0.0001..0.001"),
            first_time=True,
        )
    )
    got = [(q.id, q.window, q.spans) for q in a.questions]
    assert got == [
        ("o@30 days", "within 30 days", (Span(0, 30),)),
        ("o@1 day", "within 1 day", (Span(0, 1),)),
        ("o@before 2024-11-05", "before 5 November 2024", (Span(0, 4, False),)),
        ("o@by 2024-11-05", "by 5 November 2024", (Span(0, 5, False),)),
    ]
    assert len({q.key for q in a.questions}) == 1
    assert len(a.tallies) == 1
    assert {q.tally for q in a.questions} == {0}
    assert a.questions[0].unmodelled == a.slots.column("outcomes.o.unmodelled")
    assert (a.questions[0].low, a.questions[0].high) == (1.0, math.inf)


def test_calendar_months():
    a = ask(one(months="any", until=D(2025, 1, 31), low=0.0, high=0.0))
    assert [q.window for q in a.questions] == [
        "in a calendar month up to 30 November 2024",
        "in a calendar month up to 31 December 2024",
        "in a calendar month up to 31 January 2025",
    ]
    assert a.questions[-1].spans == (
        Span(0, 30, False),
        Span(30, 61, False),
        Span(61, 92, False),
    )
    every = ask(one(months="every", until=D(2024, 12, 31)))
    assert {q.mode for q in every.questions} == {"every"}
    middle = ask(one(months="any", until=D(2025, 1, 30)), origin=D(2024, 11, 15))
    (q,) = middle.questions
    assert q.spans == (Span(16, 47, False),)


def test_any_days_slide():
    a = ask(one(any_days=30, until=D(2024, 12, 5)))
    (q,) = a.questions
    assert q.window == "in any 30 days up to 5 December 2024"
    assert q.spans == tuple(Span(k, k + 30) for k in range(6))


def test_quantities_share_tallies():
    report = ReportSource("claims", ps("launches"), c("0.5..0.9"))
    a = ask(
        OutcomeSource(
            "n",
            "How many?",
            QuantityText("report", name="claims"),
            count=True,
            within=(30, 90),
        ),
        OutcomeSource(
            "d",
            "Deaths?",
            QuantityText("deaths", ps("launches")),
            low=5.0,
            within=(30,),
        ),
        OutcomeSource(
            "s",
            "Then?",
            count("word"),
            first=ps("strikes"),
            first_within=7.0,
            within=(30,),
        ),
        reports=(report,),
    )
    assert [t.kind for t in a.tallies] == ["report", "deaths", "sequence"]
    assert [q.mode for q in a.questions] == ["count", "count", "any", "any"]
    assert a.tallies[2].within == 7.0


def test_combinations_go_window_by_window():
    a = ask(
        OutcomeSource("x", "X?", count("strikes"), within=(30, 60)),
        OutcomeSource("y", "Y?", count("word"), within=(60, 30, 90)),
        OutcomeSource("both", "Both?", all_of=("x", "y")),
        OutcomeSource("either", "Either?", any_of=("x", "y"), within=(60,)),
    )
    both = [q for q in a.questions if q.outcome == "both"]
    assert [(q.window, q.parts) for q in both] == [
        ("within 30 days", (0, 3)),
        ("within 60 days", (1, 2)),
    ]
    (either,) = [q for q in a.questions if q.outcome == "either"]
    assert (either.mode, either.parts) == ("any_of", (1, 2))


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (one(within=(200,)), "after the horizon of 181 days"),
        (one(), "has no window"),
        (
            OutcomeSource("o", "?", count("* THREATEN *"), within=(9,)),
            "no stream can bring",
        ),
        (
            one(within=(9,), low=0.0, high=0.0, unmodelled=v("0.1..0.2")),
            "only for an outcome",
        ),
        (one(months="any", until=D(2024, 11, 20)), "no whole calendar month"),
        (OutcomeSource("o", "?", all_of=("nope",)), "must stand before"),
    ],
)
def test_outcomes_that_cannot_be(outcome, says):
    with pytest.raises(ModelError, match=says):
        ask(outcome)
