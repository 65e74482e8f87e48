"""Acts: roots, sides, voice; what is announced is a promise or a threat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.reports.pairs import action_between
from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report
from spillover.reports.tokens import tokenise
from tests.reports.test_ties import ROWS


def root(text):
    found = action_between(tokenise(text), (), ())
    return found[0] if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Arland agreed to withdraw from the delta.", "AGREE"),
        ("Arland withdrew its troops from the delta.", "RETREAT"),
        ("Arland will withdraw from the delta.", "AGREE"),
        ("Arland refused to withdraw.", "REJECT"),
        ("Arland will not withdraw.", "REJECT"),
        ("Arland will bomb the port.", "THREATEN"),
        ("Arland bombed the port.", "ASSAULT"),
        ("Arland urged Westmark to withdraw.", "REQUEST"),
        ("Arland held talks with Westmark.", "CONSULT"),
        ("Arland denied the request.", "REJECT"),
        ("Arland imposed sanctions on Westmark.", "COERCE"),
        ("Arland recalled its ambassador.", "SANCTION"),
        ("Arland has massed 5,000 troops.", "MOBILIZE"),
        ("Thousands took to the streets.", "PROTEST"),
        ("Arland condemned the raid.", "ACCUSE"),
        ("Arland sent food to Westmark.", "AID"),
        ("Arland released three prisoners.", "RETREAT"),
        ("Arland signed a treaty with Westmark.", "SUPPORT"),
        ("The ousted president spoke.", None),
    ],
)
def test_roots(text, expected):
    assert root(text) == expected


def claims(text):
    reading = LexiconReader(ROWS).read(Report("abc", text))
    return [
        (c.source.actor, c.action, c.target.actor if c.target else None, c.status.value)
        for c in reading.claims
    ]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Westmark struck Arland.", ("westmark", "ASSAULT", "arland", "happened")),
        (
            "Arland was struck by Westmark.",
            ("westmark", "ASSAULT", "arland", "happened"),
        ),
        (
            "Westmark's attack on Arland failed.",
            ("westmark", "ASSAULT", "arland", "happened"),
        ),
        (
            "The attack on Arland by Westmark failed.",
            ("westmark", "ASSAULT", "arland", "happened"),
        ),
        (
            "Westmark warned Eastmark and shelled Arland.",
            ("westmark", "ASSAULT", "arland", "happened"),
        ),
        (
            "Westmark, which has a base there, struck Arland.",
            ("westmark", "ASSAULT", "arland", "happened"),
        ),
        (
            "Westmark threatened to attack Arland.",
            ("westmark", "THREATEN", "arland", "happened"),
        ),
        (
            "Arland asked Eastmark for help, but Eastmark refused.",
            ("eastmark", "REJECT", "arland", "happened"),
        ),
    ],
)
def test_sides(text, claim):
    assert claim in claims(text)


def test_two_subjects_are_two_claims():
    found = claims("Eastmark and Westmark bombed Arland.")
    assert ("eastmark", "ASSAULT", "arland", "happened") in found
    assert ("westmark", "ASSAULT", "arland", "happened") in found


def test_a_mention_that_opens_the_next_clause_is_no_target():
    found = claims("Westmark struck Arland and Eastmark fired a missile at Westmark.")
    assert ("westmark", "ASSAULT", "eastmark", "happened") not in found
    assert ("eastmark", "ASSAULT", "westmark", "happened") in found


def test_denials_and_requests():
    assert (
        claims(
            "Arland declined to comment. Westmark did not respond to a request for comment."
        )
        == []
    )
    found = claims("Arland denied that it had attacked Westmark.")
    assert found == [("arland", "ASSAULT", "westmark", "denied")]
    found = claims("Westmark requested a delay. Arland denied the request.")
    assert ("arland", "REJECT", "westmark", "happened") in found or (
        ("arland", "REJECT", None, "happened") in found
    )


@given(st.text(max_size=300))
def test_any_text_is_read_with_spans_inside_it(text):
    reading = LexiconReader(ROWS).read(Report("abc", text))
    for c in reading.claims:
        assert 0 <= c.span.start <= c.cue.start < c.cue.end <= c.span.end <= len(text)
