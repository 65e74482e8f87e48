"""ICEWS: tab-separated, 20 columns, quotes are plain characters.

Event ID is not unique; ID and date together are the key. Older years print dates as
m/d/Y. This file must never import a case, a model or a page.
"""

from __future__ import annotations

from spillover.readers.expressions import coordinates, iso_day, number, q
from spillover.readers.formats import Form, Format, Rule

__all__ = ["ICEWS"]

_COLUMNS = (
    *("Event ID", "Event Date", "Source Name", "Source Sectors", "Source Country"),
    *("Event Text", "CAMEO Code", "Intensity", "Target Name", "Target Sectors"),
    *("Target Country", "Story ID", "Sentence Number", "Publisher", "City"),
    *("District", "Province", "Country", "Latitude", "Longitude"),
)
_DAY = (
    f"coalesce({iso_day('Event Date')}, "
    f"try_strptime({q('Event Date')}, '%m/%d/%Y')::DATE)"
)


def _sector(column: str) -> str:
    return f"nullif(trim(split_part({q(column)}, ',', 1)), '')"


ICEWS = Format(
    name="icews",
    title="ICEWS",
    dataset="icews",
    forms=(
        Form(
            _COLUMNS,
            {
                "Event ID": r"\d+",
                "Event Date": r"\d{4}-\d{2}-\d{2}.*|\d{1,2}/\d{1,2}/\d{4}",
                "CAMEO Code": r"\d{2,4}",
                "Intensity": r"-?\d*(\.\d*)?",
                "Latitude": r"(-?\d+(\.\d*)?)?",
            },
            "ICEWS, 20 columns",
        ),
    ),
    delimiter="\t",
    quoted=False,
    header="maybe",
    needed=frozenset(
        {"Event ID", "Event Date", "CAMEO Code", "Source Name", "Target Name"}
    ),
    fields={
        "source_id": f"{q('Event ID')} || '@' || strftime({_DAY}, '%Y-%m-%d')",
        "first_day": _DAY,
        "last_day": _DAY,
        "date_precision": "'day'",
        "source_name": q("Source Name"),
        "source_sector": _sector("Source Sectors"),
        "source_country": q("Source Country"),
        "target_name": q("Target Name"),
        "target_sector": _sector("Target Sectors"),
        "target_country": q("Target Country"),
        "code": q("CAMEO Code"),
        "place": f"coalesce({q('City')}, {q('District')}, {q('Province')})",
        "country": q("Country"),
        "adm1": q("Province"),
        "lat": number("Latitude"),
        "lon": number("Longitude"),
        "publisher": q("Publisher"),
    },
    code_system="cameo",
    country_system={
        "source_country": "name",
        "target_country": "name",
        "country": "name",
    },
    rules=(
        Rule("no event id", f"{q('Event ID')} IS NULL"),
        Rule("no date", f"{q('Event Date')} IS NULL"),
        Rule(
            "date is written neither YYYY-MM-DD nor month/day/year", f"({_DAY}) IS NULL"
        ),
        Rule(
            "event code is not a CAMEO code",
            rf"{q('CAMEO Code')} IS NULL OR NOT regexp_full_match({q('CAMEO Code')}, '\d{{2,4}}')",
        ),
        *coordinates("Latitude", "Longitude"),
    ),
    blanks=("NA", "NULL"),
    encoding="cp1252",
    lag_days=1,
    lag_why="ICEWS states no date of publication; it coded the news of a day by the next",
)
