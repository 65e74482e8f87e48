"""Claims in the store: as read, with the decision on each; records only once accepted.

    read_reports   texts that were read, one row each
    claims         one row for each claim, its row as JSON, verdict and edits

A verdict can be changed and taken back; nothing is deleted. This file imports only
`errors` and `events`.
"""
# ruff: noqa: E501 - SQL and sentences for people

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.errors import EventsError
from spillover.store.events import open_store

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "ACCEPTED",
    "Decision",
    "decide",
    "keep_readings",
    "stored_claims",
    "withdraw",
]

ACCEPTED = "accepted-claims"
"""Name of the table that records of claims come from; part of their ids."""

Decision = tuple[str, str, dict[str, Any]]
"""Claim id, verdict ("accept", "reject" or "" for none), edits."""

_TABLES = """
CREATE TABLE IF NOT EXISTS read_reports (
    id VARCHAR PRIMARY KEY, name VARCHAR, title VARCHAR, outlet VARCHAR, url VARCHAR,
    published DATE, backend VARCHAR, read_at TIMESTAMP, text VARCHAR
);
CREATE TABLE IF NOT EXISTS claims (
    id VARCHAR PRIMARY KEY, report VARCHAR, row JSON, verdict VARCHAR, edit JSON,
    decided_at TIMESTAMP
)
"""


def _make(connection: duckdb.DuckDBPyConnection) -> None:
    for table in _TABLES.split(";"):
        connection.execute(table)


def keep_readings(
    path: Path, readings: Iterable[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]
) -> int:
    """Store reports with their claims; a report read again keeps its verdicts.

    Parameters
    ----------
    path
        The store; made when missing.
    readings
        (report, claims): a report has the columns of `read_reports` but `read_at`;
        claims are rows with an `id`.

    Returns
    -------
    int
        Claims stored that were not there before.
    """
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    new = 0
    with open_store(path, write=True) as connection:
        connection.execute("BEGIN")
        _make(connection)
        for report, claims in readings:
            connection.execute(
                "INSERT OR REPLACE INTO read_reports VALUES (?,?,?,?,?,?,?,?,?)",
                [
                    report["id"], report["name"], report["title"], report["outlet"],
                    report["url"], report["published"], report["backend"], now,
                    report["text"],
                ],
            )  # fmt: skip
            for row in claims:
                known = connection.execute(
                    "SELECT 1 FROM claims WHERE id = ?", [row["id"]]
                ).fetchone()
                text = json.dumps(row, ensure_ascii=False)
                if known:
                    connection.execute(
                        "UPDATE claims SET row = ? WHERE id = ?", [text, row["id"]]
                    )
                else:
                    new += 1
                    connection.execute(
                        "INSERT INTO claims VALUES (?,?,?,'','{}',NULL)",
                        [row["id"], report["id"], text],
                    )
        connection.execute("COMMIT")
    return new


def stored_claims(path: Path, *, verdict: str | None = None) -> list[dict[str, Any]]:
    """Claims with their verdict, edits taken in; all of them or those of one verdict.

    Raises
    ------
    EventsError
        When there is no store, or no report was read into it.
    """
    with open_store(path) as connection:
        tables = {r[0] for r in connection.execute("SHOW TABLES").fetchall()}
        if "claims" not in tables:
            msg = f"{path}: no report was read into this store. Read one with  spillover read REPORT --store {path}"
            raise EventsError(msg)
        rows = connection.execute(
            "SELECT row, verdict, edit FROM claims ORDER BY report, id"
        ).fetchall()
    found = []
    for text, said, edit in rows:
        if verdict is None or said == verdict:
            found.append({**json.loads(text), **json.loads(edit), "verdict": said})
    return found


def decide(path: Path, decisions: Iterable[Decision]) -> int:
    """Put verdicts and edits on record; all of them or none.

    Raises
    ------
    EventsError
        When a claim is not in the store.
    """
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    count = 0
    with open_store(path, write=True) as connection:
        connection.execute("BEGIN")
        _make(connection)
        for ident, verdict, edit in decisions:
            row = connection.execute(
                "SELECT edit FROM claims WHERE id = ?", [ident]
            ).fetchone()
            if row is None:
                connection.execute("ROLLBACK")
                msg = f"{path}: there is no claim {ident} in this store. List them with  spillover claims --store {path}"
                raise EventsError(msg)
            both = {**json.loads(row[0]), **edit} if verdict else {}
            connection.execute(
                "UPDATE claims SET verdict = ?, edit = ?, decided_at = ? WHERE id = ?",
                [verdict, json.dumps(both, ensure_ascii=False), now, ident],
            )
            count += 1
        connection.execute("COMMIT")
    return count


def withdraw(path: Path, claims: Iterable[str]) -> int:
    """Take records of claims out of the events again; the number taken out.

    A record made from a claim is the analyst's own: when the verdict is taken back, it
    goes. Records of imported files are never touched.
    """
    gone = 0
    with open_store(path, write=True) as connection:
        for ident in claims:
            row = connection.execute(
                "DELETE FROM records WHERE dataset = 'plain' AND source_id = ? RETURNING 1",
                [f"{ACCEPTED}#{ident}"],
            ).fetchall()
            gone += len(row)
    return gone
