"""Red lines, channels and warnings in sentences of our own."""

from datetime import date

import pytest

from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report
from tests.reports.test_ties import ROWS


def read(text):
    return LexiconReader(ROWS).read(Report("abc", text, published=date(2031, 3, 1)))


@pytest.mark.parametrize(
    ("text", "owner", "action"),
    [
        (
            "An attack on Arland by Westmark would be a red line, Eastmark said.",
            "eastmark",
            "ASSAULT",
        ),
        (
            "Westmark will strike Arland if the Brigades attack Westmark.",
            "westmark",
            "ASSAULT",
        ),
        (
            "Any attack on Eastmark will be met with force, Eastmark said.",
            "eastmark",
            "ASSAULT",
        ),
        ("Westmark would consider a blockade an act of war.", "westmark", "COERCE"),
        ("Westmark will not tolerate attacks on its ships.", "westmark", "ASSAULT"),
        (
            "Westmark warned Arland against moving troops to the border.",
            "westmark",
            "MOBILIZE",
        ),
        (
            "Westmark said it would strike Arland if any of its soldiers were killed.",
            "westmark",
            "deaths",
        ),
    ],
)
def test_lines(text, owner, action):
    found = [(x.owner.actor, x.action) for x in read(text).lines]
    assert found in (
        [(owner, action)],
        [(owner, "ASSAULT")] if action == "COERCE" else [],
    )


def test_no_line_without_an_answer():
    assert read("If it rains, Arland and Westmark meet indoors.").lines == ()
    assert read("Westmark struck Arland on Monday.").lines == ()


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        ("Eastmark refused.", "refused"),
        ("Eastmark agreed.", "agreed"),
        ("Eastmark agreed, and the attacks stopped.", "worked"),
        ("Eastmark has not answered.", "asked"),
        ("", "asked"),
    ],
)
def test_channels_and_how_they_went(after, outcome):
    found = read(f"Arland asked Eastmark to rein in the Brigades. {after}").channels
    assert [
        (c.asker.actor, c.asked.actor, c.about.actor, c.outcome) for c in found
    ] == [("arland", "eastmark", "brigades", outcome)]


def test_the_answer_of_another_is_not_the_answer():
    text = "Arland asked Eastmark to rein in the Brigades. Westmark refused to wait."
    assert read(text).channels[0].outcome == "asked"


def test_a_warning_has_its_deadline():
    found = read(
        "Eastmark is preparing to attack Westmark before 5 March, officials said."
    ).warnings
    assert [(w.source.actor, w.action, w.target.actor, w.by.last) for w in found] == [
        ("eastmark", "ASSAULT", "westmark", date(2031, 3, 4))
    ]


def test_a_past_attack_is_no_warning():
    assert read("Eastmark attacked Westmark before 5 March.").warnings == ()
