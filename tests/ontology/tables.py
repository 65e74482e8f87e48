"""A table of events as the store has it, made by hand."""

from __future__ import annotations

from typing import Any

import duckdb

COLUMNS = {
    "dataset": "VARCHAR",
    "source_id": "VARCHAR",
    "published": "TIMESTAMP",
    "first_day": "DATE",
    "last_day": "DATE",
    "date_precision": "VARCHAR",
    **{
        f"{side}_{part}": "VARCHAR"
        for side in ("source", "target")
        for part in ("name", "code", "sector", "country")
    },
    "code": "VARCHAR",
    "code_system": "VARCHAR",
    "action": "VARCHAR",
    "place": "VARCHAR",
    "country": "VARCHAR",
    "adm1": "VARCHAR",
    "deaths": "INTEGER",
    "n": "DOUBLE",
}
DEFAULTS = {"dataset": "plain", "date_precision": "day", "n": 1.0}


def events(rows: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """Connection with a table ``records``; blanks are NULL, one day unless said."""
    con = duckdb.connect()
    con.execute(
        f"CREATE TABLE records ({', '.join(f'{c} {t}' for c, t in COLUMNS.items())})"
    )
    for row in rows:
        full = DEFAULTS | row
        full.setdefault("last_day", full.get("first_day"))
        con.execute(
            f"INSERT INTO records ({', '.join(full)}) VALUES ({', '.join('?' * len(full))})",
            list(full.values()),
        )
    return con
