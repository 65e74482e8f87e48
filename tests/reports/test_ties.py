"""Ties: kinds, directions, and what is over or belongs to others."""

import pytest

from spillover.reports.actor_table import ActorRow
from spillover.reports.actors import find_actors
from spillover.reports.claim import TieKind
from spillover.reports.ties import find_ties
from spillover.reports.tokens import tokenise

ROWS = (
    ActorRow("arland", ("Arland", "Arlandic"), "ARL", "GOV"),
    ActorRow("westmark", ("Westmark",), "WES", "GOV"),
    ActorRow("eastmark", ("Eastmark",), "EAS", "GOV"),
    ActorRow("brigades", ("Brigades",), "ARL", "UAF"),
    ActorRow("river", ("River Brigade",), "ARL", "UAF"),
)


def ties(text):
    doc = tokenise(text)
    mentions = [
        (m.first, m.stop, m.party)
        for m in find_actors(doc, extra=ROWS)
        if m.kind == "actor"
    ]
    return {
        (t.kind, t.source.actor, t.target.actor)
        for t in find_ties(doc, mentions, extra=ROWS)
    }


@pytest.mark.parametrize(
    ("text", "tie"),
    [
        ("Arland is an ally of Eastmark.", (TieKind.ALLY, "arland", "eastmark")),
        ("Eastmark is Arland's main ally.", (TieKind.ALLY, "eastmark", "arland")),
        (
            "The Eastmark-backed Brigades fired.",
            (TieKind.SPONSOR, "eastmark", "brigades"),
        ),
        (
            "The Brigades, who are backed by Eastmark, fired.",
            (TieKind.SPONSOR, "eastmark", "brigades"),
        ),
        (
            "The Brigades are funded by Eastmark.",
            (TieKind.SPONSOR, "eastmark", "brigades"),
        ),
        (
            "The River Brigade is part of the Brigades.",
            (TieKind.MEMBER, "river", "brigades"),
        ),
        ("Arland and Westmark are enemies.", (TieKind.ENEMY, "arland", "westmark")),
        (
            "Arland has been at war with Westmark.",
            (TieKind.AT_WAR, "arland", "westmark"),
        ),
        (
            "Arland has no diplomatic relations with Westmark.",
            (TieKind.NO_RELATIONS, "arland", "westmark"),
        ),
        (
            "The Brigades are loyal to Eastmark.",
            (TieKind.INFLUENCE, "eastmark", "brigades"),
        ),
    ],
)
def test_kinds(text, tie):
    assert tie in ties(text)


@pytest.mark.parametrize(
    "text",
    [
        "Arland is no longer an ally of Eastmark.",
        "Arland, a former ally of Eastmark, left.",
        "Arland was once allied with Eastmark.",
        "Arland denied being an ally of Eastmark.",
        "Arland could become an ally of Eastmark.",
    ],
)
def test_what_is_over_or_supposed_is_no_tie(text):
    assert ties(text) == set()


def test_a_tie_belongs_to_the_nearest_two():
    found = ties(
        "Eastmark, an ally of Arland, warned that the River Brigade had mines."
    )
    assert found == {(TieKind.ALLY, "eastmark", "arland")}
    found = ties("Arland and Westmark are enemies, and Eastmark stands aside.")
    assert found == {(TieKind.ENEMY, "arland", "westmark")}
    found = ties("The Brigades, a group armed by Eastmark, fired at Westmark.")
    assert (TieKind.SPONSOR, "eastmark", "westmark") not in found


def test_one_attack_is_no_tie():
    assert ties("Westmark attacked Arland on Monday.") == set()
