"""GDELT events: 2.0 with 61 columns, 1.0 with 58 (57 before it named a page).

No header, tabs, no quotes. Actors are CAMEO codes, places FIPS 10-4. A row is a report
by a machine, not an event: `store.events_read` folds repeated ones. This file must
never import a case, a model or a page.
"""

from __future__ import annotations

from spillover.readers.expressions import coordinates, number, q, whole
from spillover.readers.formats import Form, Format, Rule, words

__all__ = ["GDELT"]


def _actor(k: int) -> tuple[str, ...]:
    parts = words(
        "Code Name CountryCode KnownGroupCode EthnicCode Religion1Code Religion2Code Type1Code Type2Code Type3Code"
    )
    return tuple(f"Actor{k}{p}" for p in parts)


def _geo(who: str, *, adm2: bool) -> tuple[str, ...]:
    parts = words("Type FullName CountryCode ADM1Code ADM2Code Lat Long FeatureID")
    return tuple(f"{who}Geo_{p}" for p in parts if adm2 or p != "ADM2Code")


def _columns(*, adm2: bool, url: bool) -> tuple[str, ...]:
    return (
        *("GLOBALEVENTID", "SQLDATE", "MonthYear", "Year", "FractionDate"),
        *_actor(1),
        *_actor(2),
        *("IsRootEvent", "EventCode", "EventBaseCode", "EventRootCode", "QuadClass"),
        *("GoldsteinScale", "NumMentions", "NumSources", "NumArticles", "AvgTone"),
        *_geo("Actor1", adm2=adm2),
        *_geo("Actor2", adm2=adm2),
        *_geo("Action", adm2=adm2),
        "DATEADDED",
        *(("SOURCEURL",) if url else ()),
    )


_NUMBER = r"-?\d+(\.\d*)?([eE][-+]?\d+)?"
_FITS = {
    "GLOBALEVENTID": r"\d+",
    "SQLDATE": r"\d{8}",
    "MonthYear": r"\d{6}",
    "Year": r"\d{4}",
    "FractionDate": rf"({_NUMBER})?",
    "IsRootEvent": "[01]?",
    "EventCode": r"\d{2,4}|[-X]*",
    "QuadClass": "[1-4]?",
    "GoldsteinScale": rf"({_NUMBER})?",
    "NumMentions": r"\d*",
    "AvgTone": rf"({_NUMBER})?",
    "ActionGeo_Type": r"\d?",
    "ActionGeo_CountryCode": "([A-Z0-9]{2})?",
    "ActionGeo_Lat": rf"({_NUMBER})?",
    "ActionGeo_Long": rf"({_NUMBER})?",
}
_DAY = f"try_strptime({q('SQLDATE')}, '%Y%m%d')::DATE"
_ADDED = (
    f"CASE length({q('DATEADDED')}) "
    f"WHEN 14 THEN try_strptime({q('DATEADDED')}, '%Y%m%d%H%M%S') "
    f"WHEN 8 THEN try_strptime({q('DATEADDED')}, '%Y%m%d') + INTERVAL 86399 SECOND END"
)
_SITE = f"split_part(split_part({q('SOURCEURL')}, '/', 3), ':', 1)"
_HOST = (
    f"CASE WHEN starts_with({q('SOURCEURL')}, 'http') THEN "
    f"CASE WHEN starts_with({_SITE}, 'www.') THEN substr({_SITE}, 5) ELSE {_SITE} END END"
)

GDELT = Format(
    name="gdelt",
    title="GDELT",
    dataset="gdelt",
    forms=(
        Form(
            _columns(adm2=True, url=True),
            {**_FITS, "DATEADDED": r"\d{14}"},
            "GDELT 2.0, 61 columns",
        ),
        Form(
            _columns(adm2=False, url=True),
            {**_FITS, "DATEADDED": r"\d{8}"},
            "GDELT 1.0, 58 columns",
        ),
        Form(
            _columns(adm2=False, url=False),
            {**_FITS, "DATEADDED": r"\d{8}"},
            "GDELT 1.0, 57 columns",
        ),
    ),
    delimiter="\t",
    quoted=False,
    header="maybe",
    spellings={"day": "SQLDATE"},
    optional=frozenset(
        {f"{w}Geo_ADM2Code" for w in ("Actor1", "Actor2", "Action")} | {"SOURCEURL"}
    ),
    needed=frozenset({"GLOBALEVENTID", "SQLDATE", "EventCode", "DATEADDED"}),
    fields={
        "source_id": q("GLOBALEVENTID"),
        "published": _ADDED,
        "first_day": _DAY,
        "last_day": _DAY,
        "date_precision": "'day'",
        "source_name": q("Actor1Name"),
        "source_code": q("Actor1Code"),
        "source_sector": q("Actor1Type1Code"),
        "source_country": q("Actor1CountryCode"),
        "target_name": q("Actor2Name"),
        "target_code": q("Actor2Code"),
        "target_sector": q("Actor2Type1Code"),
        "target_country": q("Actor2CountryCode"),
        "code": q("EventCode"),
        "place": q("ActionGeo_FullName"),
        "country": q("ActionGeo_CountryCode"),
        "adm1": q("ActionGeo_ADM1Code"),
        "lat": number("ActionGeo_Lat"),
        "lon": number("ActionGeo_Long"),
        "place_precision": whole("ActionGeo_Type"),
        "reports": whole("NumMentions"),
        "publisher": _HOST,
        "url": q("SOURCEURL"),
    },
    code_system="cameo",
    country_system={
        "source_country": "cameo",
        "target_country": "cameo",
        "country": "fips",
    },
    rules=(
        Rule("no event id", f"{q('GLOBALEVENTID')} IS NULL"),
        Rule(
            "event id is not a number",
            rf"NOT regexp_full_match({q('GLOBALEVENTID')}, '\d+')",
        ),
        Rule("no date", f"{q('SQLDATE')} IS NULL"),
        Rule(
            "date is not a day written YYYYMMDD",
            rf"NOT regexp_full_match({q('SQLDATE')}, '\d{{8}}') OR {_DAY} IS NULL",
        ),
        Rule("no readable date added", f"({_ADDED}) IS NULL"),
        Rule(
            "event code is not a CAMEO code",
            rf"{q('EventCode')} IS NULL OR NOT regexp_full_match({q('EventCode')}, '\d{{2,4}}')",
        ),
        *coordinates("ActionGeo_Lat", "ActionGeo_Long"),
    ),
    lag_why="GDELT states when it added a row",
    notes=(
        "GDELT rows are reports found by a machine, not events: repeated ones are folded when the store is read",
    ),
)
