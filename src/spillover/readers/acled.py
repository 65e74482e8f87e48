"""ACLED: export (CSV) and API (JSON), 31 columns; older exports in capitals.

Rows are revised: `timestamp` says when. A row known to a week or a month gets the days
it may have happened on. This file must never import a case, a model or a page.
"""

from __future__ import annotations

from spillover.readers.expressions import (
    coordinates,
    count,
    deaths,
    first_of,
    iso_day,
    number,
    q,
    whole,
)
from spillover.readers.formats import Form, Format, Rule, words

__all__ = ["ACLED", "worded_day"]

_COLUMNS = words(
    """event_id_cnty event_date year time_precision disorder_type event_type
    sub_event_type actor1 assoc_actor_1 inter1 actor2 assoc_actor_2 inter2
    interaction civilian_targeting iso region country admin1 admin2 admin3
    location latitude longitude geo_precision source source_scale notes
    fatalities tags timestamp"""
)
_OLD = (
    *words("data_id iso event_id_cnty event_id_no_cnty"),
    *(
        c
        for c in _COLUMNS[1:]
        if c not in words("iso disorder_type civilian_targeting tags")
    ),
    "iso3",
)


def worded_day(column: str) -> str:
    """Day of ``16 May 2025``, ``16-May-2025`` or ``2025-05-16``; numbers with slashes are none.

    Whether 3/4/2024 is in March or April cannot be told, so it is never guessed.
    """
    spaced = f"replace({q(column)}, '-', ' ')"
    return (
        f"coalesce({iso_day(column)}, try_strptime({spaced}, '%d %B %Y')::DATE, "
        f"try_strptime({spaced}, '%d %b %Y')::DATE)"
    )


_DAY = worded_day("event_date")
_STAMP = f"try_cast({q('timestamp')} AS BIGINT)"
_STAMPED = f"{_STAMP} BETWEEN 0 AND 9999999999"
_NAMED = {
    field: f"nullif(concat_ws('; ', {q(assoc)}), '')"
    for field, assoc in (
        ("source_others", "assoc_actor_1"),
        ("target_others", "assoc_actor_2"),
    )
}

ACLED = Format(
    name="acled",
    title="ACLED",
    dataset="acled",
    forms=(
        Form(_COLUMNS, title="ACLED, 31 columns"),
        Form(_OLD, title="ACLED, an older export"),
    ),
    delimiter=",",
    quoted=True,
    header="always",
    spellings={"assocactor1": "assoc_actor_1", "assocactor2": "assoc_actor_2"},
    optional=frozenset(
        words(
            """data_id event_id_no_cnty iso3 iso disorder_type civilian_targeting tags
        interaction inter1 inter2 source_scale admin3 region timestamp notes"""
        )
    ),
    needed=frozenset({"event_id_cnty", "event_date", "event_type", "actor1"}),
    fields={
        "source_id": q("event_id_cnty"),
        # Others are dropped by a rule below, and would overflow here.
        "published": f"CASE WHEN {_STAMPED} THEN make_timestamp({_STAMP} * 1000000) END",
        "first_day": (
            f"CASE {q('time_precision')} WHEN '2' THEN ({_DAY}) - 3 "
            f"WHEN '3' THEN date_trunc('month', {_DAY})::DATE ELSE {_DAY} END"
        ),
        "last_day": (
            f"CASE {q('time_precision')} WHEN '2' THEN ({_DAY}) + 3 "
            f"WHEN '3' THEN last_day({_DAY}) ELSE {_DAY} END"
        ),
        "date_precision": (
            f"CASE {q('time_precision')} WHEN '2' THEN 'week' WHEN '3' THEN 'month' ELSE 'day' END"
        ),
        "source_name": first_of("actor1"),
        "source_others": _NAMED["source_others"],
        "source_sector": q("inter1"),
        "target_name": first_of("actor2"),
        "target_others": _NAMED["target_others"],
        "target_sector": q("inter2"),
        "code": f"concat_ws('/', {q('event_type')}, {q('sub_event_type')})",
        "place": q("location"),
        "country": q("country"),
        "adm1": q("admin1"),
        "lat": number("latitude"),
        "lon": number("longitude"),
        "place_precision": whole("geo_precision"),
        "deaths": count("fatalities"),
        "reports": f"CASE WHEN {q('source')} IS NOT NULL THEN 1 + length({q('source')}) - length(replace({q('source')}, ';', '')) END",
        "publisher": q("source"),
    },
    code_system="acled",
    country_system={"country": "name"},
    rules=(
        Rule("no event id", f"{q('event_id_cnty')} IS NULL"),
        Rule("no date", f"{q('event_date')} IS NULL"),
        Rule(
            "date could be day/month or month/day",
            rf"({_DAY}) IS NULL AND regexp_full_match({q('event_date')}, '\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}')",
        ),
        Rule("date is written neither 2025-05-16 nor 16 May 2025", f"({_DAY}) IS NULL"),
        Rule(
            "timestamp is not a number of seconds",
            f"{q('timestamp')} IS NOT NULL AND coalesce(NOT {_STAMPED}, true)",
        ),
        Rule("no event type", f"{q('event_type')} IS NULL"),
        *coordinates("latitude", "longitude"),
        *deaths(deaths="fatalities"),
    ),
    lag_days=14,
    lag_why="this export has no timestamp; ACLED publishes weekly, about a week after the week of the event",
    notes=(
        "ACLED may not be passed on: the store holds its rows, keep it to yourself",
        "an event known to a week is spread over the three days before and after its date, one known to a month over the month",
    ),
)
