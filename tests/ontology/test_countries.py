"""Codes of states: the treacherous ones, one state a code, and another's table."""

from __future__ import annotations

import json

import pytest

from spillover.readers.ontology import countries, country, country_of


@pytest.mark.parametrize(
    ("code", "system", "iso3"),
    [
        ("IZ", "fips", "IRQ"),
        ("IS", "fips", "ISR"),
        ("IS", "iso2", "ISL"),
        ("IR", "fips", "IRN"),
        ("IC", "fips", "ISL"),
        ("SW", "fips", "SWE"),
        ("SZ", "fips", "CHE"),
        ("SZ", "iso2", "SWZ"),
        ("AU", "fips", "AUT"),
        ("AU", "iso2", "AUS"),
        ("AS", "fips", "AUS"),
        ("GM", "fips", "DEU"),
        ("GM", "iso2", "GMB"),
        ("GA", "fips", "GMB"),
        ("GB", "fips", "GAB"),
        ("UK", "fips", "GBR"),
        ("CH", "fips", "CHN"),
        ("CH", "iso2", "CHE"),
        ("CI", "fips", "CHL"),
        ("IV", "fips", "CIV"),
        ("LE", "fips", "LBN"),
        ("LI", "fips", "LBR"),
        ("JA", "fips", "JPN"),
        ("MO", "fips", "MAR"),
        ("MU", "fips", "OMN"),
        ("NI", "fips", "NGA"),
        ("NG", "fips", "NER"),
        ("RP", "fips", "PHL"),
        ("SP", "fips", "ESP"),
        ("TU", "fips", "TUR"),
        ("TX", "fips", "TKM"),
        ("UP", "fips", "UKR"),
        ("SU", "fips", "SDN"),
        ("OD", "fips", "SSD"),
        ("WE", "fips", "PSE"),
        ("GZ", "fips", "PSE"),
        ("YM", "fips", "YEM"),
        ("ZA", "fips", "ZMB"),
        ("ZA", "iso2", "ZAF"),
        (645, "gw", "IRQ"),
        ("630", "gw", "IRN"),
        ("645.0", "gw", "IRQ"),
        ("2", "gw", "USA"),
        ("002", "cow", "USA"),
        (678, "gw", "YEM"),
        (679, "cow", "YEM"),
        (260, "gw", "DEU"),
        (255, "cow", "DEU"),
        (970, "gw", "KIR"),
        (970, "cow", "NRU"),
        (340, "gw", "SRB"),
        (345, "cow", "SRB"),
        ("IRQREB", "cameo", "IRQ"),
        ("ROMGOV", "cameo", "ROU"),
        ("TMP", "cameo", "TLS"),
        ("irq", "iso3", "IRQ"),
        ("Yemen (North Yemen)", "name", "YEM"),
        ("Russia (Soviet Union)", "name", "RUS"),
        ("Côte d'Ivoire", "name", "CIV"),
        ("TÜRKIYE", "name", "TUR"),
        ("Occupied Palestinian Territory", "name", "PSE"),
    ],
)
def test_a_code(code, system, iso3):
    assert country_of(code, system) == iso3


@pytest.mark.parametrize(
    ("code", "system"),
    [("NA", "name"), ("", "name"), ("REB", "cameo"), ("XX", "fips"), ("0", "gw"), ("", "iso3")],
)  # fmt: skip
def test_what_is_no_code_is_not_mapped(code, system):
    assert country_of(code, system) is None


def test_a_missing_value_is_no_country_but_a_code_of_one():
    assert country_of("NA", "iso2") == country_of("Namibia", "name")
    assert country_of("NA", "name") is None


def test_an_unknown_system_is_an_error():
    with pytest.raises(KeyError):
        country_of("IZ", "geonames")


@pytest.mark.parametrize("system", ["iso3", "iso2", "fips", "cameo"])
def test_no_two_states_share_a_code(system):
    seen: dict[str, str] = {}
    for c in countries():
        codes = getattr(c, system)
        for code in (codes,) if isinstance(codes, str) else codes:
            assert code not in seen, (code, c.iso3, seen.get(code))
            seen[code] = c.iso3
            assert country_of(code, system) == c.iso3


@pytest.mark.parametrize("system", ["gw", "cow"])
def test_the_number_in_use_is_a_states_own(system):
    firsts = [getattr(c, system)[0] for c in countries() if getattr(c, system)]
    assert len(firsts) == len(set(firsts)) >= 195
    for c in countries():
        if getattr(c, system):
            assert country_of(getattr(c, system)[0], system) == c.iso3


def test_every_name_finds_its_state_and_every_code_its_row():
    for c in countries():
        assert country_of(c.name, "name") == c.iso3
        assert country(c.iso3.lower()) is c
    assert country("ZZZ") is None


def test_fips_and_iso_agree_with_another_table(shared_ontology):
    text = (shared_ontology / "py_gdelt_countries.json").read_text(encoding="utf-8")
    theirs = json.loads(text)
    assert len(theirs) == 249
    wrong = {
        fips: (row["iso3"], country_of(fips, "fips"))
        for fips, row in theirs.items()
        if country_of(fips, "fips") != row["iso3"]
        or country_of(row["iso2"], "iso2") != row["iso3"]
    }
    assert not wrong
