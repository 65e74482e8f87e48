"""A plain table: CSV or Parquet with a header, its columns known by their names.

A table without ids gets them from its own text: with a count, the row's key (days,
actors, action, place), so that a corrected count is a revision; without, the whole row
and its turn among equal ones, so that two equal rows stay two events. Ids carry the
name of the file, so two tables never meet. This file must never import a case, a model
or a page.
"""

from __future__ import annotations

from spillover.readers.acled import worded_day
from spillover.readers.expressions import (
    coordinates,
    count,
    deaths,
    end_of_day,
    number,
    q,
)
from spillover.readers.formats import Form, Format, Rule

__all__ = ["PLAIN", "SPELLED", "plain_id"]

SPELLED: dict[str, tuple[str, ...]] = {
    "date": (
        "date",
        "day",
        "start",
        "first_day",
        "date_start",
        "start_date",
        "event_date",
        "from_date",
    ),
    "end": ("end", "last_day", "date_end", "end_date", "date_to", "to_date"),
    "source": ("source", "actor", "actor1", "side_a", "perpetrator", "initiator"),
    "action": (
        "action",
        "plover_event",
        "event_type",
        "type",
        "attack",
        "process",
        "kind",
        "event",
        "code",
    ),
    "target": ("target", "actor2", "recipient", "side_b", "victim", "target_class"),
    "n": ("n", "count", "events"),
    "deaths": ("deaths", "fatalities", "killed", "dead", "best"),
    "injured": ("injured", "wounded"),
    "place": ("place", "location", "city", "where"),
    "country": ("country", "iso3"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "long", "lng"),
    "published": ("published", "publication_date", "reported"),
    "id": ("id", "event_id", "record_id", "key"),
    "publisher": ("publisher", "sources", "outlet", "source"),
    "url": ("url", "link"),
}
"""What a column may be called, by what it means; the first name found is taken."""

_COLUMNS = tuple(SPELLED)


def _day(column: str) -> str:
    c = q(column)
    return (
        f"coalesce({worded_day(column)}, "
        rf"CASE WHEN regexp_full_match({c}, '\d{{8}}') THEN try_strptime({c}, '%Y%m%d')::DATE "
        rf"WHEN regexp_full_match({c}, '\d{{4}}/\d{{2}}/\d{{2}}') THEN try_strptime({c}, '%Y/%m/%d')::DATE END)"
    )


_START = _day("date")
_END = f"coalesce({_day('end')}, {_START})"
_N = number("n")
_SLASHES = r"'\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}'"

PLAIN = Format(
    name="plain",
    title="a plain table",
    dataset="plain",
    forms=(Form(_COLUMNS, title="a plain table"),),
    delimiter=",",
    quoted=True,
    header="always",
    needed=frozenset({"date"}),
    fields={
        "source_id": q("id"),
        "published": (
            rf"CASE WHEN regexp_full_match({q('published')}, '\d{{4}}-\d{{2}}-\d{{2}}[T ]\d.*') "
            f"THEN try_cast({q('published')} AS TIMESTAMP) ELSE {end_of_day(_day('published'))} END"
        ),
        "first_day": _START,
        "last_day": _END,
        "date_precision": f"CASE WHEN {_START} = {_END} THEN 'day' ELSE 'range' END",
        "source_name": q("source"),
        "source_code": q("source"),
        "target_name": q("target"),
        "target_code": q("target"),
        "code": q("action"),
        "place": q("place"),
        "country": q("country"),
        "lat": number("latitude"),
        "lon": number("longitude"),
        "deaths": count("deaths"),
        "injured": count("injured"),
        "n": f"coalesce({_N}, 1)",
        "publisher": q("publisher"),
        "url": q("url"),
    },
    code_system="plain",
    country_system={"country": "any"},
    rules=(
        Rule("no date", f"{q('date')} IS NULL"),
        Rule(
            "date could be day/month or month/day",
            f"({_START}) IS NULL AND regexp_full_match({q('date')}, {_SLASHES})",
        ),
        Rule("date is not written YYYY-MM-DD or 16 May 2025", f"({_START}) IS NULL"),
        Rule(
            "end date is not written YYYY-MM-DD or 16 May 2025",
            f"{q('end')} IS NOT NULL AND ({_day('end')}) IS NULL",
        ),
        Rule("ends before it begins", f"({_END}) < ({_START})"),
        Rule(
            "count is not a number of at least 0",
            f"{q('n')} IS NOT NULL AND NOT coalesce(({_N}) >= 0, false)",
        ),
        Rule(
            "publication date is not written YYYY-MM-DD",
            f"{q('published')} IS NOT NULL AND ({_day('published')}) IS NULL",
        ),
        *coordinates("latitude", "longitude"),
        *deaths(deaths="deaths", injured="injured"),
    ),
    blanks=("NA", "NaN", "nan", "NULL"),
    lag_days=0,
    lag_why="the table states no date of publication: each row counts as known when its last day is over",
)


def plain_id(present: frozenset[str], stem: str) -> str:
    """SQL of the id of a plain row, from the columns the table has."""
    name = "'" + stem.replace("'", "''") + "#'"
    if "id" in present:
        return f"{name} || {q('id')}"
    key = ["date", "end", "source", "action", "target", "place", "country"]
    if "n" not in present:
        key = [c for c in _COLUMNS if c in present]
    text = ", ".join(f"coalesce({q(c)}, '')" for c in key)
    code = f"md5(concat_ws(chr(31), {text}))"
    turn = f"row_number() OVER (PARTITION BY {code} ORDER BY line)"
    return f"{name} || {code} || '/' || {turn}"
