"""The store of events: an embedded DuckDB file that is opened, never half-written.

    records   one row for each revision of a reported event
    imports   one row for each file: digest, format, counts, when
    dropped   every row that was not kept, with file, line and rule
    counts    the reconciliation of each import, by rule

This file imports only `errors`; writing stands in `events_write`, reading in
`events_read`.
"""
# ruff: noqa: E501 - SQL and sentences for people

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import EventsError

if TYPE_CHECKING:
    import duckdb

__all__ = ["FIELDS", "default_store", "open_store", "working_folder"]

FIELDS: dict[str, str] = {
    "dataset": "VARCHAR",
    "source_id": "VARCHAR",
    "revision": "INTEGER",
    "digest": "VARCHAR",
    "published": "TIMESTAMP",
    "accessed": "TIMESTAMP",
    "available": "TIMESTAMP",
    "first_day": "DATE",
    "last_day": "DATE",
    "date_precision": "VARCHAR",
    "source_name": "VARCHAR",
    "source_others": "VARCHAR",
    "source_code": "VARCHAR",
    "source_sector": "VARCHAR",
    "source_country": "VARCHAR",
    "target_name": "VARCHAR",
    "target_others": "VARCHAR",
    "target_code": "VARCHAR",
    "target_sector": "VARCHAR",
    "target_country": "VARCHAR",
    "code": "VARCHAR",
    "code_system": "VARCHAR",
    "action": "VARCHAR",
    "mode": "VARCHAR",
    "place": "VARCHAR",
    "country": "VARCHAR",
    "adm1": "VARCHAR",
    "lat": "DOUBLE",
    "lon": "DOUBLE",
    "place_precision": "INTEGER",
    "deaths": "INTEGER",
    "deaths_low": "INTEGER",
    "deaths_high": "INTEGER",
    "civilian_deaths": "INTEGER",
    "injured": "INTEGER",
    "n": "DOUBLE",
    "reports": "INTEGER",
    "publisher": "VARCHAR",
    "url": "VARCHAR",
    "file": "VARCHAR",
    "line": "BIGINT",
    "import_id": "INTEGER",
}
"""Columns of `records`. `available` is when the revision can have been known: the day
of publication, or what stands in for it (`events_write`)."""

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS records ({", ".join(f"{c} {t}" for c, t in FIELDS.items())});
CREATE TABLE IF NOT EXISTS imports (
    import_id INTEGER, file VARCHAR, digest VARCHAR, format VARCHAR, dataset VARCHAR,
    published TIMESTAMP, accessed TIMESTAMP, status VARCHAR, read BIGINT, kept BIGINT,
    known BIGINT, repeated BIGINT, revised BIGINT, dropped BIGINT, notes VARCHAR
);
CREATE TABLE IF NOT EXISTS dropped (
    import_id INTEGER, file VARCHAR, line BIGINT, rule VARCHAR, field VARCHAR, text VARCHAR
);
CREATE TABLE IF NOT EXISTS counts (
    import_id INTEGER, rule VARCHAR, field VARCHAR, n BIGINT
);
CREATE TABLE IF NOT EXISTS store_version AS SELECT {_VERSION} AS version;
"""
_READING, _WRITING = "1GB", "512MB"


def default_store() -> Path:
    """`events.duckdb` here, or what SPILLOVER_STORE names."""
    return Path(os.environ.get("SPILLOVER_STORE") or "events.duckdb")


def working_folder(path: Path) -> Path:
    """Folder beside a store for what an import or a large question spills."""
    return path.parent / f".{path.name}.work"


@contextmanager
def open_store(
    path: Path | str,
    *,
    write: bool = False,
    memory: str = "",
    threads: int | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a store; what does not fit in memory goes to disk beside it.

    Parameters
    ----------
    path
        The file; made when it is to be written.
    write
        Open for an import. One process at a time may.
    memory
        Most that DuckDB keeps in memory; 512 MB for an import, 1 GB otherwise, when
        absent.
    threads
        All cores when absent.

    Raises
    ------
    EventsError
        When there is no store, another process uses it, or the file is no store.
    """
    path = Path(path)
    if not write and not path.exists():
        msg = f"{path}: there is no store. Make one with  spillover import FILE --store {path}"
        raise EventsError(msg)
    memory = memory or (_WRITING if write else _READING)
    connection = _connect(path, write)
    work = working_folder(path)
    spill = work / str(os.getpid())
    try:
        if write:
            # The lock is ours: what lies there is left from an import that was killed.
            shutil.rmtree(work, ignore_errors=True)
        connection.execute(f"SET memory_limit = '{memory}'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        try:
            work.mkdir(exist_ok=True)
        except OSError:  # a store in a folder that cannot be written
            spill = Path(tempfile.gettempdir()) / f"spillover-{os.getpid()}"
        connection.execute(f"SET temp_directory = '{_quoted(spill)}'")
        connection.execute("SET TimeZone = 'UTC'")
        if threads is not None:
            connection.execute(f"SET threads = {threads}")
        _check(connection, path, write)
        yield connection
    finally:
        connection.close()
        for folder in (spill, work) if write else (spill,):
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            work.rmdir()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _connect(path: Path, write: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(str(path), read_only=not write)
    except duckdb.IOException as e:
        text = str(e)
        if "lock" in text.lower():
            pid = re.search(r"PID (\d+)", text)
            who = f" (process {pid.group(1)})" if pid else ""
            msg = f"{path}: the store is in use by another process{who}. Wait for it, or close it, and try again"
            raise EventsError(msg) from None
        if "not a valid DuckDB" in text or "magic" in text:
            msg = f"{path}: this file is no store of events. Name another with --store"
            raise EventsError(msg) from None
        if "version" in text.lower():
            msg = f"{path}: the store was written by another version of DuckDB. Import the files anew into a new store"
            raise EventsError(msg) from None
        msg = f"{path}: the store cannot be opened: {text.splitlines()[0]}"
        raise EventsError(msg) from None


def _check(connection: duckdb.DuckDBPyConnection, path: Path, write: bool) -> None:
    """The file is a store of this version; an empty new one is made into it."""
    tables = {
        r[0]
        for r in connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
        ).fetchall()
    }
    if not tables and write:
        connection.execute("BEGIN")
        for part in _SCHEMA.split(";"):
            if part.strip():
                connection.execute(part)
        connection.execute("COMMIT")
        return
    if "store_version" not in tables:
        msg = f"{path}: this file is no store of events. Name another with --store"
        raise EventsError(msg)
    row = connection.execute("SELECT version FROM store_version").fetchone()
    if row is None or row[0] != _VERSION:
        found = row[0] if row else "none"
        msg = f"{path}: the store has version {found}, this Spillover reads {_VERSION}. Import the files anew into a new store"
        raise EventsError(msg)
