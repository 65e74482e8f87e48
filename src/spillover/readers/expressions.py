"""Parts of SQL that formats share: dates, whole numbers, faults.

Every function takes the name of a raw text column and gives DuckDB SQL. An empty cell
is NULL by then. This file must never import a case, a model or a page.
"""

from __future__ import annotations

from spillover.readers.formats import Rule

__all__ = [
    "coordinates",
    "count",
    "deaths",
    "end_of_day",
    "first_of",
    "iso_day",
    "number",
    "others_of",
    "q",
    "whole",
]


def q(column: str) -> str:
    """A column's name as SQL."""
    return '"' + column.replace('"', '""') + '"'


def whole(column: str) -> str:
    """Whole number; NULL when it is none. ``3.0`` is 3, ``3.5`` is none."""
    c = q(column)
    return (
        f"coalesce(try_cast({c} AS INTEGER) * CASE WHEN contains({c}, '.') THEN NULL ELSE 1 END, "
        rf"CASE WHEN regexp_full_match({c}, '\d+\.0+') THEN try_cast(try_cast({c} AS DOUBLE) AS INTEGER) END)"
    )


def number(column: str) -> str:
    """Number; NULL when it is none or not finite."""
    c = f"try_cast({q(column)} AS DOUBLE)"
    return f"CASE WHEN isfinite({c}) THEN {c} END"


def count(column: str) -> str:
    """Whole number of at least 0; NULL otherwise."""
    w = whole(column)
    return f"CASE WHEN ({w}) >= 0 THEN ({w}) END"


def iso_day(column: str) -> str:
    """Day of ``YYYY-MM-DD``, with or without a time behind it; NULL otherwise."""
    c = q(column)
    return (
        rf"CASE WHEN regexp_full_match({c}, '\d{{4}}-\d{{2}}-\d{{2}}([T ].*)?') "
        f"THEN try_cast(left({c}, 10) AS DATE) END"
    )


def end_of_day(day: str) -> str:
    """Last second of a day: when what was published "that day" is surely known."""
    return f"({day})::TIMESTAMP + INTERVAL 86399 SECOND"


def first_of(column: str, mark: str = ";") -> str:
    """First name of a list."""
    return f"nullif(trim(split_part({q(column)}, '{mark}', 1)), '')"


def others_of(column: str, mark: str = ";") -> str:
    """The names after the first, as they stand; NULL when there is one only."""
    c = q(column)
    return f"CASE WHEN contains({c}, '{mark}') THEN nullif(trim(substr({c}, instr({c}, '{mark}') + 1)), '') END"


def coordinates(lat: str, lon: str) -> tuple[Rule, ...]:
    """Blank coordinates that are no place on earth; the row is kept."""
    return tuple(
        Rule(
            f"{name} is not a number from -{top} to {top}",
            f"{q(c)} IS NOT NULL AND NOT coalesce(abs(try_cast({q(c)} AS DOUBLE)) <= {top}, false)",
            field,
        )
        for name, field, c, top in (
            ("latitude", "lat", lat, 90),
            ("longitude", "lon", lon, 180),
        )
    )


def deaths(**columns: str) -> tuple[Rule, ...]:
    """Blank numbers of people that are no whole number of at least 0."""
    return tuple(
        Rule(
            f"{c} is not a whole number of at least 0",
            f"{q(c)} IS NOT NULL AND ({count(c)}) IS NULL",
            field,
        )
        for field, c in columns.items()
    )
