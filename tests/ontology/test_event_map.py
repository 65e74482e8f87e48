"""Events met with a case: who is who, which stream, which day; and every row counted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.assemble.event_actors import (
    CaseActor,
    Printed,
    compile_book,
    country_and_role,
)
from spillover.assemble.event_map import map_events
from spillover.assemble.mapped_events import mapping_text
from spillover.assemble.patterns import StreamWords
from spillover.assemble.relations import Relations
from tests.ontology.tables import events

ACTORS = (
    CaseActor("iraq", ("Iraq",)),
    CaseActor("israel", ("Israel",)),
    CaseActor("groups", ("Islamic Resistance in Iraq", "IRI")),
    CaseActor("hezbollah", ("Hezbollah",)),
    CaseActor("isis", ("Islamic State",)),
)
STREAMS = (
    StreamWords("fire", "groups", "ASSAULT", "israel"),
    StreamWords("strikes", "israel", "ASSAULT", "groups"),
    StreamWords("strikes-in-iraq", "israel", "ASSAULT", "groups", place_in="iraq"),
    StreamWords("words", "iraq", "ACCUSE", "israel"),
)
RELATIONS = Relations(parents={"isis": ("groups",)}, inside={"anbar": "iraq"})
PLACES = {"iraq": "Iraq", "anbar": "Anbar"}


def book_of(codebook):
    return compile_book(codebook, ACTORS)[0]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Printed("gdelt", code="IRQ"), ("IRQ", "state")),
        (Printed("gdelt", code="IRQREB"), ("IRQ", "armed")),
        (Printed("gdelt", code="IRQGOVMIL"), ("IRQ", "state")),
        (Printed("gdelt", code="IRQKUR"), ("IRQ", "society")),
        (Printed("gdelt", code="IRQMOSREB"), ("IRQ", "armed")),
        (Printed("gdelt", code="REB", sector="REB"), ("", "armed")),
        (Printed("icews", name="Iraq", country="IRQ"), ("IRQ", "state")),
        (Printed("icews", name="Armed Rebel (Iraq)", sector="Rebel,Dissident", country="IRQ"), ("IRQ", "armed")),
        (Printed("icews", name="Foreign Affairs (Iraq)", sector="Executive,Foreign Ministry,Government", country="IRQ"), ("IRQ", "state")),
        (Printed("icews", name="Citizen (Iraq)", sector="General Population / Civilian / Social,Social", country="IRQ"), ("IRQ", "society")),
        (Printed("ucdp", name="Government of Iraq", code="116", country="IRQ"), ("IRQ", "state")),
        (Printed("ucdp", name="IS", code="234"), ("", "armed")),
        (Printed("ucdp", name="Civilians", code="9999"), ("", "society")),
        (Printed("acled", name="Military Forces of Iraq (2014-) Counter-Terrorism Service", sector="State Forces"), ("IRQ", "state")),
        (Printed("acled", name="Police Forces of Israel (1948-)", sector="1"), ("ISR", "state")),
        (Printed("acled", name="Protesters (Iraq)", sector="6"), ("IRQ", "society")),
        (Printed("acled", name="Kataib Hezbollah", sector="Political militia"), ("", "armed")),
        (Printed("polecat", name="Iran", sector="GOV", country="IRN"), ("IRN", "state")),
        (Printed("plain", name="Iran"), ("IRN", "state")),
        (Printed("plain", name="ISR"), ("", "")),
        (Printed("plain", name="x", code="ISR"), ("ISR", "state")),
    ],
)  # fmt: skip
def test_country_and_role(who, expected):
    assert country_and_role(who) == expected


@pytest.mark.parametrize(
    ("printed", "who"),
    [
        ("cameo:IRQREB", Printed("gdelt", "MILITIA", "IRQREB")),
        ("IRQREB", Printed("gdelt", "MILITIA", "IRQREB")),
        ("cameo:IRQREB*", Printed("gdelt", "MILITIA", "IRQREBMOS")),
        ("role:IRQ/armed", Printed("gdelt", "MILITIA", "IRQREB")),
        ("iso3:LBN", Printed("gdelt", "", "LBNMIL")),
        ("LBN", Printed("ucdp", "Government of Lebanon", "1")),
        ("Lebanon", Printed("acled", "Military Forces of Lebanon (2024-)")),
        ("gw:660", Printed("ucdp", "Government of Lebanon", "1")),
        ("cow:660", Printed("icews", "Lebanon", "", "", "LBN")),
        ("fips:LE", Printed("icews", "Lebanon", "", "", "LBN")),
        ("ucdp:IS", Printed("ucdp", "IS", "234")),
        ("ucdp:234", Printed("ucdp", "IS", "234")),
        ("acled:Military Forces of Lebanon*", Printed("acled", "Military Forces of Lebanon (2024-)")),
        ("name:Unidentified Armed Group", Printed("acled", "Unidentified Armed Group")),
        ("unidentified armed group", Printed("acled", "Unidentified Armed Group")),
        ("blank", Printed("acled")),
    ],
)  # fmt: skip
def test_every_form_of_the_codebook(printed, who):
    assert book_of({printed: "groups"}).actor_of(who) == "groups"
    assert book_of({}).actor_of(who) == ""


@pytest.mark.parametrize(
    ("printed", "who"),
    [
        ("ucdp:IS", Printed("acled", "IS")),
        ("fips:IS", Printed("icews", "Iceland", "", "", "ISL")),
        ("iso3:LBN", Printed("gdelt", "", "LBNREB")),
        ("cameo:IRQREB", Printed("gdelt", "", "IRQREBMOS")),
        ("name:IRQREB", Printed("gdelt", "MILITIA", "IRQREB")),
    ],
)
def test_what_an_entry_does_not_say(printed, who):
    assert book_of({printed: "groups"}).actor_of(who) == ""


def test_without_a_codebook_states_and_names_are_known():
    book = book_of({})
    assert book.actor_of(Printed("gdelt", "BAGHDAD", "IRQGOV")) == "iraq"
    assert book.actor_of(Printed("ucdp", "Government of Israel")) == "israel"
    assert book.actor_of(Printed("icews", "Hezbollah", "", "Insurgents", "LBN")) == "hezbollah"  # fmt: skip
    assert book.actor_of(Printed("gdelt", "", "IRQREB")) == ""


def test_the_closest_entry_wins():
    book = book_of(
        {"acled:Forces*": "iraq", "acled:Forces of X*": "isis", "Forces of X (1)": "groups"}
    )  # fmt: skip
    assert book.actor_of(Printed("acled", "Forces of X (1)")) == "groups"
    assert book.actor_of(Printed("acled", "Forces of X (2)")) == "isis"
    assert book.actor_of(Printed("acled", "Forces of Y")) == "iraq"


def test_an_entry_that_can_match_nothing_is_said():
    _, notes = compile_book({"gw:9999": "iraq", "role:IRQ/tall": "iraq"}, ACTORS)
    assert notes == (
        'codebook: "gw:9999" is no known code: it matches nothing',
        'codebook: "role:IRQ/tall" is no known code: it matches nothing',
    )


def one(**more):
    row = {"source_name": "IRI", "target_name": "Israel", "action": "ASSAULT",
           "first_day": dt.date(2024, 1, 3)}  # fmt: skip
    return row | more


def mapped_of(rows, **options):
    options.setdefault("places", PLACES)
    return map_events(events(rows), STREAMS, RELATIONS, ACTORS, **options)


def test_days_spans_and_everything_that_is_not_used():
    rows = [
        one(),
        one(n=2.0),
        one(first_day=dt.date(2024, 1, 5)),
        one(source_name="Islamic State"),
        one(first_day=dt.date(2024, 1, 2), last_day=dt.date(2024, 1, 4), date_precision="range"),
        one(first_day=dt.date(2024, 1, 1), last_day=dt.date(2024, 1, 31), date_precision="month", n=7.0),
        one(source_name="Israel", target_name="IRI", country="IRQ", adm1="Al Anbar"),
        one(source_name="Israel", target_name="IRI", country="SYR"),
        one(source_name="IRQREB", dataset="gdelt", source_code="IRQREB"),
        one(source_name="IRQREB", dataset="gdelt", source_code="IRQREB"),
        one(target_name=None),
        one(action=None, code="99", code_system="cameo"),
        one(action="AID"),
        one(first_day=None),
        one(first_day=dt.date(2024, 3, 1)),
        one(first_day=dt.date(2023, 12, 31)),
    ]  # fmt: skip
    m = mapped_of(rows, since=dt.date(2024, 1, 1), until=dt.date(2024, 2, 1))
    t = m.tally
    assert t.adds_up
    assert (t.total, t.daily, t.spanned) == (16, 6, 2)
    assert (t.no_stream, t.action, t.actor, t.undated, t.outside) == (1, 1, 3, 1, 2)
    assert m.daily.shape == (4, 31)
    assert (m.first, m.last) == (dt.date(2024, 1, 1), dt.date(2024, 1, 31))
    assert np.flatnonzero(m.daily[0]).tolist() == [2, 4]
    assert m.daily[0, 2] == 4.0
    assert m.daily[2].sum() == 1.0
    assert m.daily[1].sum() == 1.0
    assert [(s.stream, s.first.day, s.last.day, s.precision, s.events) for s in m.spans] == [
        (0, 1, 31, "month", 7.0),
        (0, 2, 4, "range", 1.0),
    ]  # fmt: skip
    assert [(u.label, u.rows) for u in m.actors] == [("IRQREB", 2), ("blank", 1)]
    assert (m.actors[0].proposal, m.actors[0].why) == ("groups", "same country, Iraq")
    assert [(u.label, u.rows) for u in m.actions] == [("cameo:99", 1)]
    assert [(u.label, u.rows, u.proposal) for u in m.kinds] == [
        ("groups AID israel", 1, "fire")
    ]
    text = mapping_text(m)
    assert 'IRQREB (2 rows): nearest actor "groups"? (same country, Iraq)' in text
    assert "16 rows read" in text
    assert "fire: 13" in text


def test_a_month_is_never_put_on_its_first_day():
    m = mapped_of(
        [one(first_day=dt.date(2024, 1, 1), last_day=dt.date(2024, 1, 1), date_precision="month")]
    )  # fmt: skip
    assert m.daily.sum() == 0.0
    assert m.tally.spanned == 1


def test_a_similar_name_is_proposed():
    names = ("Hizbollah", "Islamic State of Syria", "IRN", "Citizen (Israel)")
    m = mapped_of([one(source_name=n) for n in names])
    assert {(u.label, u.proposal, u.why) for u in m.actors} == {
        ("Hizbollah", "hezbollah", "similar name"),
        ("Islamic State of Syria", "isis", "similar name"),
        ("IRN", "", ""),
        ("Citizen (Israel)", "israel", "similar name"),
    }


def test_the_first_side_of_ucdp_is_not_said_to_have_acted_first():
    row = one(source_name="Government of Israel", target_name="IRI", dataset="ucdp")
    m = mapped_of([row])
    assert m.daily[1].sum() == 1.0
    assert m.notes == (
        "1 rows of UCDP count as side a against side b; UCDP does not say who acted "
        "first, and names a state first by rule",
    )


def test_an_empty_table():
    m = mapped_of([], until=dt.date(2024, 1, 1))
    assert m.tally.total == 0
    assert m.daily.shape[0] == 4
    assert not m.spans


def test_scratch_tables_are_gone():
    con = events([one()])
    map_events(con, STREAMS, RELATIONS, ACTORS)
    assert con.sql("SHOW TABLES").fetchall() == [("records",)]


NAMES = [None, "IRI", "Israel", "Iraq", "Islamic State", "Someone"]
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2024, 3, 1))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "source_name": st.sampled_from(NAMES),
                "target_name": st.sampled_from(NAMES),
                "action": st.sampled_from([None, "ASSAULT", "ACCUSE", "AID"]),
                "first_day": st.none() | DAYS,
                "date_precision": st.sampled_from(["day", "month"]),
                "country": st.sampled_from([None, "IRQ", "SYR"]),
                "dataset": st.sampled_from(["plain", "acled"]),
                "n": st.sampled_from([1.0, 2.0]),
            }
        ),
        max_size=12,
    )
)
def test_every_row_is_in_exactly_one_place(rows):
    m = mapped_of(rows, since=dt.date(2024, 1, 10), until=dt.date(2024, 2, 10))
    assert m.tally.adds_up
    assert m.tally.total == len(rows)
    ns = sum(r["n"] for r in rows)
    assert m.daily.sum() + sum(s.events for s in m.spans) <= ns
    assert sum(u.rows for u in m.kinds) == m.tally.no_stream
    assert sum(u.rows for u in m.actors) >= m.tally.actor
    assert sum(u.rows for u in m.actions) >= m.tally.action
