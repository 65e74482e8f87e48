"""Codes of actions: every root, every exception, and PLOVER's own table."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from spillover.model.actions import ACTIONS
from spillover.readers.ontology import action_of
from spillover.readers.ontology.tables import table


@pytest.mark.parametrize(
    ("code", "action", "sure"),
    [
        ("01", "CONSULT", False),
        ("010", "CONSULT", False),
        ("012", "ACCUSE", False),
        ("016", "REJECT", False),
        ("018", "SUPPORT", False),
        ("019", "SUPPORT", False),
        ("0251", "REQUEST", False),
        ("036", "AGREE", True),
        ("043", "CONSULT", True),
        ("057", "SUPPORT", True),
        ("0831", "CONCEDE", True),
        ("0811", "CONCEDE", True),
        ("0813", "RETREAT", True),
        ("0871", "RETREAT", True),
        ("0841", "RETREAT", True),
        ("090", "ACCUSE", True),
        ("1056", "REQUEST", True),
        ("112", "ACCUSE", True),
        ("1246", "REJECT", True),
        ("139", "THREATEN", True),
        ("145", "PROTEST", True),
        ("154", "MOBILIZE", True),
        ("155", "MOBILIZE", False),
        ("163", "COERCE", True),
        ("1621", "SANCTION", True),
        ("1711", "COERCE", True),
        ("1712", "ASSAULT", True),
        ("175", "ASSAULT", True),
        ("176", "COERCE", False),
        ("181", "ASSAULT", True),
        ("190", "ASSAULT", True),
        ("191", "COERCE", True),
        ("192", "COERCE", True),
        ("195", "ASSAULT", True),
        ("2042", "ASSAULT", True),
    ],
)
def test_cameo(code, action, sure):
    found = action_of(code, "cameo")
    assert found is not None
    assert (found.action, found.sure) == (action, sure)


@pytest.mark.parametrize("code", ["", "1", "43", "99", "00", "21", "04300", "4.3", "X"])
def test_what_is_no_code_is_not_mapped(code):
    """ "43" has lost its zero, and only the reader can know: it must not pass as one."""
    found = action_of(code, "cameo")
    assert found is None


def test_every_root_is_mapped_and_every_entry_decides_something():
    rows = table("cameo")
    prefixes = [r["prefix"] for r in rows]
    assert len(set(prefixes)) == len(prefixes)
    assert {p for p in prefixes if len(p) == 2} == {f"{k:02d}" for k in range(1, 21)}
    assert {r["action"] for r in rows} == set(ACTIONS)
    assert all(r["note"] for r in rows if r["sure"] == "no")


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("Battles", "ASSAULT"),
        ("Battles/Armed clash", "ASSAULT"),
        ("armed clash", "ASSAULT"),
        ("Explosions/Remote violence", "ASSAULT"),
        ("Explosions/Remote violence/Shelling/artillery/missile attack", "ASSAULT"),
        ("Explosions/Remote violence: Air/drone strike", "ASSAULT"),
        ("Explosions/Remote violence|a type of next year", "ASSAULT"),
        ("Peaceful protest", "PROTEST"),
        ("Riots/Mob violence", "ASSAULT"),
        ("Riots/Violent demonstration", "PROTEST"),
        ("Strategic developments/Agreement", "AGREE"),
        ("Strategic developments;Arrests", "COERCE"),
        ("Non-violent transfer of territory", "RETREAT"),
    ],
)
def test_acled(code, action):
    found = action_of(code, "acled")
    assert found is not None
    assert found.action == action


def test_a_strategic_development_alone_could_be_anything():
    assert action_of("Strategic developments", "acled") is None
    assert action_of("Strategic developments/Other", "acled") is None


def test_the_others():
    assert [action_of(c, "ucdp").action for c in "123"] == ["ASSAULT"] * 3
    assert action_of("4", "ucdp") is None
    assert action_of("Assault", "plover").action == "ASSAULT"
    assert action_of("COERCE", "plain").action == "COERCE"
    assert action_of("FIGHT", "plover") is None
    with pytest.raises(KeyError):
        action_of("043", "phoenix")


def test_agreement_with_plovers_own_table(shared_ontology):
    """Every code that PLOVER's table has an entry for is mapped as it says."""
    total, agree = Counter(), Counter()
    differs = []
    with (shared_ontology / "cameo_codes_plover.csv").open(encoding="utf-8") as file:
        for r in csv.DictReader(file):
            mine = action_of(r["code"], "cameo")
            assert mine is not None, r["code"]
            if r["plover_event"]:
                total[r["root"]] += 1
                agree[r["root"]] += mine.action == r["plover_event"]
                if mine.action != r["plover_event"]:
                    differs.append((r["code"], r["plover_event"], mine.action))
    assert sum(total.values()) == 273
    assert agree == total, differs
    assert not differs
