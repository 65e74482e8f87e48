"""UCDP GED: fatal events, 49 columns today, with or without a header.

Side A is not the initiator (UCDP names the state first): the two names are kept in the
order printed. Events that span days keep both ends. This file must never import a case,
a model or a page.
"""

from __future__ import annotations

from spillover.readers.expressions import (
    coordinates,
    count,
    deaths,
    iso_day,
    number,
    q,
    whole,
)
from spillover.readers.formats import Form, Format, Rule, words

__all__ = ["UCDP"]

_COLUMNS = words(
    """id relid year active_year code_status type_of_violence conflict_dset_id
    conflict_new_id conflict_name dyad_dset_id dyad_new_id dyad_name
    side_a_dset_id side_a_new_id side_a side_b_dset_id side_b_new_id side_b
    number_of_sources source_article source_office source_date source_headline
    source_original where_prec where_coordinates where_description adm_1 adm_2
    latitude longitude geom_wkt priogrid_gid country country_id region
    event_clarity date_prec date_start date_end deaths_a deaths_b
    deaths_civilians deaths_unknown best high low gwnoa gwnob"""
)
# Releases up to 19.1: 42 columns, the states beside the sides, the low number first.
_OLD = words(
    """id year active_year type_of_violence conflict_new_id conflict_name
    dyad_new_id dyad_name side_a_new_id side_a gwnoa side_b_new_id side_b gwnob
    number_of_sources source_article source_office source_date source_headline
    source_original where_prec where_coordinates adm_1 adm_2 latitude longitude
    geom_wkt priogrid_gid country country_id region event_clarity date_prec
    date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown low
    best high"""
)
_START = iso_day("date_start")
_END = f"coalesce({iso_day('date_end')}, {_START})"
_FITS = {
    "id": r"\d+",
    "year": r"\d{4}",
    "type_of_violence": "[1-3]",
    "where_prec": "[1-7]?",
    "date_prec": "[1-5]?",
    "date_start": r"\d{4}-\d{2}-\d{2}.*",
    "date_end": r"(\d{4}-\d{2}-\d{2}.*)?",
    "best": r"\d*(\.0+)?",
    "low": r"\d*(\.0+)?",
}

UCDP = Format(
    name="ucdp",
    title="UCDP GED",
    dataset="ucdp",
    forms=(
        Form(_COLUMNS, _FITS, "UCDP GED, 49 columns"),
        Form(_OLD, _FITS, "UCDP GED, 42 columns"),
    ),
    delimiter=",",
    quoted=True,
    header="maybe",
    spellings={
        "date": "date_start",
        "bestest": "best",
        "lowest": "low",
        "highest": "high",
    },
    optional=frozenset(_COLUMNS) - frozenset(_OLD),
    needed=frozenset(
        {"id", "type_of_violence", "side_a", "side_b", "date_start", "best"}
    ),
    fields={
        "source_id": q("id"),
        "first_day": _START,
        "last_day": _END,
        "date_precision": (
            f"CASE WHEN {q('event_clarity')} = '2' THEN 'summary' "
            f"ELSE CASE {q('date_prec')} WHEN '2' THEN 'range' WHEN '3' THEN 'week' "
            "WHEN '4' THEN 'month' WHEN '5' THEN 'year' "
            f"ELSE CASE WHEN {_START} = {_END} THEN 'day' ELSE 'range' END END END"
        ),
        "source_name": q("side_a"),
        "source_code": q("side_a_new_id"),
        "source_country": q("gwnoa"),
        "target_name": q("side_b"),
        "target_code": q("side_b_new_id"),
        "target_country": q("gwnob"),
        "code": q("type_of_violence"),
        "place": f"coalesce({q('where_coordinates')}, {q('where_description')}, {q('adm_2')}, {q('adm_1')})",
        "country": q("country_id"),
        "adm1": q("adm_1"),
        "lat": number("latitude"),
        "lon": number("longitude"),
        "place_precision": whole("where_prec"),
        "deaths": count("best"),
        "deaths_low": count("low"),
        "deaths_high": count("high"),
        "civilian_deaths": count("deaths_civilians"),
        "reports": count("number_of_sources"),
        "publisher": q("source_office"),
    },
    code_system="ucdp",
    country_system={"source_country": "gw", "target_country": "gw", "country": "gw"},
    rules=(
        Rule("no event id", f"{q('id')} IS NULL"),
        Rule("no date", f"{q('date_start')} IS NULL"),
        Rule("date is not written YYYY-MM-DD", f"({_START}) IS NULL"),
        Rule(
            "end date is not written YYYY-MM-DD",
            f"{q('date_end')} IS NOT NULL AND ({iso_day('date_end')}) IS NULL",
        ),
        Rule("ends before it begins", f"({_END}) < ({_START})"),
        Rule(
            "type of violence is not 1, 2 or 3",
            f"coalesce({q('type_of_violence')}, '') NOT IN ('1', '2', '3')",
        ),
        *coordinates("latitude", "longitude"),
        *deaths(
            deaths="best",
            deaths_low="low",
            deaths_high="high",
            civilian_deaths="deaths_civilians",
        ),
    ),
    lag_days=60,
    lag_why="UCDP states no date of publication; its candidate events appear by about the 20th of the next month, so 60 days are allowed. Name the day of a release with --published",
    notes=(
        "UCDP names the state first: the first side is not always the one that began",
    ),
)
