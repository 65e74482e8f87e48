"""POLECAT: tab-separated, 40 columns, PLOVER actions; lists parted by `;`.

The first of a list is the actor, the rest are kept beside it. This file must never
import a case, a model or a page.
"""

from __future__ import annotations

from spillover.readers.expressions import (
    coordinates,
    end_of_day,
    first_of,
    iso_day,
    number,
    others_of,
    q,
)
from spillover.readers.formats import Form, Format, Rule

__all__ = ["POLECAT"]


def _party(who: str) -> tuple[str, ...]:
    return (
        *(f"{who} Name", f"{who} Country", f"{who} COW", f"Primary {who} Sector"),
        *(f"{who} Sectors", f"{who} Title", f"{who} Name Raw", f"Wikipedia {who} ID"),
    )


_COLUMNS = (
    *("Event ID", "Event Date", "Event Type", "Event Mode", "Intensity", "Quad Code"),
    *("Contexts", *_party("Actor"), *_party("Recipient"), "Placename", "City"),
    *("District", "Province", "Country", "Latitude", "Longitude", "GeoNames ID"),
    *("Raw Placename", "Feature Type", "Source", "Publication Date", "Story People"),
    *("Story Organizations", "Story Locations", "Language", "Version"),
)
_DAY = iso_day("Event Date")
_OUT = iso_day("Publication Date")

POLECAT = Format(
    name="polecat",
    title="POLECAT",
    dataset="polecat",
    forms=(Form(_COLUMNS, title="POLECAT, 40 columns"),),
    delimiter="\t",
    quoted=False,
    header="always",
    spellings={"eventintensity": "Intensity"},
    needed=frozenset(
        {"Event ID", "Event Date", "Event Type", "Actor Name", "Recipient Name"}
    ),
    fields={
        "source_id": q("Event ID"),
        "published": end_of_day(_OUT),
        "first_day": _DAY,
        "last_day": _DAY,
        "date_precision": "'day'",
        "source_name": first_of("Actor Name"),
        "source_others": others_of("Actor Name"),
        "source_sector": f"coalesce({first_of('Primary Actor Sector')}, {first_of('Actor Sectors')})",
        "source_country": first_of("Actor Country"),
        "target_name": first_of("Recipient Name"),
        "target_others": others_of("Recipient Name"),
        "target_sector": f"coalesce({first_of('Primary Recipient Sector')}, {first_of('Recipient Sectors')})",
        "target_country": first_of("Recipient Country"),
        "code": f"upper({q('Event Type')})",
        "mode": f"lower({q('Event Mode')})",
        "place": f"coalesce({q('Placename')}, {q('City')}, {q('District')}, {q('Province')})",
        "country": q("Country"),
        "adm1": q("Province"),
        "lat": number("Latitude"),
        "lon": number("Longitude"),
        "publisher": q("Source"),
    },
    code_system="plover",
    country_system={
        "source_country": "iso3",
        "target_country": "iso3",
        "country": "iso3",
    },
    rules=(
        Rule("no event id", f"{q('Event ID')} IS NULL"),
        Rule("no date", f"{q('Event Date')} IS NULL"),
        Rule("date is not written YYYY-MM-DD", f"({_DAY}) IS NULL"),
        Rule(
            "publication date is not written YYYY-MM-DD",
            f"{q('Publication Date')} IS NOT NULL AND ({_OUT}) IS NULL",
        ),
        Rule("no event type", f"{q('Event Type')} IS NULL"),
        *coordinates("Latitude", "Longitude"),
    ),
    blanks=("None",),
    encoding="latin-1",
    repair_tabs=True,
    lag_days=1,
    lag_why="this row states no publication date; POLECAT codes the news of a day",
)
