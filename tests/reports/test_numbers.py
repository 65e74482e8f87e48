"""Tolls: which number belongs to the dead, which to the injured, which to neither."""

import pytest

from spillover.reports.numbers import find_tolls
from spillover.reports.tokens import tokenise


def tolls(text):
    doc = tokenise(text)
    return [(t.low, t.high, t.deaths) for t in find_tolls(doc, 0, len(doc.words))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "A strike killed at least three people and wounded a dozen.",
            [(3, 3, True), (12, 12, False)],
        ),
        (
            "Two soldiers were killed and twenty-four others injured.",
            [(2, 2, True), (24, 24, False)],
        ),
        ("Between 3 and 5 of its guards died.", [(3, 5, True)]),
        (
            "The shelling left 41 dead and dozens hurt.",
            [(41, 41, True), (24, 99, False)],
        ),
        ("It fired 180 missiles and killed nobody.", []),
        (
            "A drone killed two soldiers on 2 October and wounded 24.",
            [(2, 2, True), (24, 24, False)],
        ),
        ("In 2023 it struck 85 targets.", []),
    ],
)
def test_tolls(text, expected):
    assert tolls(text) == expected
