"""Who is named: countries, groups, people, roles; places apart; names that are alike."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import InputError
from spillover.reports.actor_table import ActorRow, read_actors
from spillover.reports.actors import find_actors, resolve_mention
from spillover.reports.memory import Memory
from spillover.reports.tokens import tokenise


def named(text, **more):
    doc = tokenise(text)
    return [
        (doc.quote(m.first, m.stop), m.party.actor, m.kind)
        for m in find_actors(doc, **more)
    ]


def test_two_hezbollahs_are_not_one():
    found = named(
        "Kataib Hezbollah and Hezbollah fired. Lebanon's Hezbollah denied it."
    )
    assert [actor for _, actor, _ in found] == [
        "kataib-hezbollah",
        "hezbollah",
        "hezbollah",
    ]
    assert resolve_mention("Kataib Hezbollah").country == "IRQ"
    assert resolve_mention("Hezbollah").country == "LBN"


@pytest.mark.parametrize(
    ("name", "actor"),
    [
        ("Kata'ib Hizballah", "kataib-hezbollah"),
        ("Kata’ib Hezbollah", "kataib-hezbollah"),
        ("Kataib Hizbullah", "kataib-hezbollah"),
        ("Hizbullah", "hezbollah"),
        ("Lebanese Hizbullah", "hezbollah"),
        ("Turkish Hezbollah", "turkish-hezbollah"),
        ("Kata'ib Sayyid al-Shuhada", "kataib-sayyid-al-shuhada"),
        ("the Norwegian Refugee Council", "norwegian-refugee-council"),
        ("the Danish Refugee Council", "danish-refugee-council"),
    ],
)
def test_spellings_and_names_within_names(name, actor):
    assert [a for _, a, _ in named(f"{name} left.")] == [actor]


def test_a_brand_is_not_its_member():
    found = [
        actor
        for _, actor, _ in named(
            "The Islamic Resistance in Iraq and Harakat al-Nujaba fired."
        )
    ]
    assert found == ["islamic-resistance-in-iraq", "harakat-al-nujaba"]


def test_capital_as_place_and_as_government():
    found = named("Baghdad protested after a strike in Baghdad.")
    assert [(actor, kind) for _, actor, kind in found] == [
        ("iraq", "actor"),
        ("iraq", "place"),
    ]


def test_roles_of_a_state_are_the_state_and_others_are_not():
    assert resolve_mention("the Iraqi army").actor == "iraq"
    assert resolve_mention("the Iraqi army").sector == "MIL"
    assert resolve_mention("Iraqi protesters").actor != "iraq"
    assert resolve_mention("Iraqi protesters").country == "IRQ"


def test_a_ruler_out_of_office_is_no_government():
    assert resolve_mention("Ronald Reagan", on=date(1985, 1, 1)).sector == "GOV"
    assert resolve_mention("Ronald Reagan", on=date(1995, 1, 1)).sector == "ELI"


def test_a_group_name_holds_in_its_years():
    assert resolve_mention("M23", on=date(2024, 1, 1)).actor == "m23"
    assert resolve_mention("M23", on=date(1999, 1, 1)).actor != "m23" or (
        resolve_mention("M23", on=date(1999, 1, 1)).country == ""
    )


def test_a_name_said_twice_keeps_both():
    assert [a for _, a, _ in named("Iran warned Iran's neighbours.")] == [
        "iran",
        "iran",
    ]


def test_own_actors_come_first():
    rows = (ActorRow("arland", ("Arland", "Arlandic"), "ARL", "GOV"),)
    assert named("Arlandic troops left Arland.", extra=rows)[0][1] == "arland"
    assert named("Arlandic troops left Arland.") == []


def test_memory_of_groups_and_pronouns():
    text = (
        "Kataib Hezbollah fired at a base. The group denied it. "
        "Iran met Iraq. It promised calm. The two factions, Hamas and Hezbollah, left."
    )
    doc = tokenise(text)
    mentions = find_actors(doc)
    carried = {doc.quote(a, b): p.actor for a, b, p in Memory(mentions, doc).carried()}
    assert carried["The group"] == "kataib-hezbollah"
    assert carried["It"] == "iran"


def test_list_of_actors_that_cannot_be_used(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name\nArland\n", encoding="utf-8")
    with pytest.raises(InputError) as e:
        read_actors(path)
    assert str(e.value) == (
        f"{path}: the column id is missing. Expected id, name, aliases, kind, country, "
        "sector, part_of, facade; id and name are needed"
    )
    path.write_text("id,name\n,Arland\n", encoding="utf-8")
    with pytest.raises(InputError, match="a row without id or name"):
        read_actors(path)


@given(st.text(max_size=200))
def test_mentions_stand_apart_in_any_text(text):
    doc = tokenise(text)
    found = find_actors(doc)
    assert all(a.stop <= b.first for a, b in itertools.pairwise(found))
    Memory(found, doc)
