"""A whole import into a store: file, rows, SQL, codes; nothing half stored."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from spillover.errors import SpilloverError
from spillover.readers.importing import import_file
from spillover.store.events import open_store
from tests.fuzz.engine import Broken, Target
from tests.fuzz.grammar.tables import json_rows, table
from tests.fuzz.targets.event_text import CODE as TEXT

__all__ = ["EVENT_IMPORT"]

_open: dict[str, Any] = {}
AFTER = 200
"""Inputs after which a new store is begun."""

CODE = (
    *TEXT,
    "readers/stage.py",
    "readers/ontology",
    "store/events.py",
    "store/events_write.py",
)


def make(rng: Random) -> bytes:
    """A table or an answer in JSON."""
    return table(rng) if rng.random() < 0.8 else json_rows(rng)


def _store(folder: Path) -> tuple[Any, Path]:
    """A store kept open over many inputs, outside the folder of the input."""
    if not _open or _open["used"] >= AFTER:
        if _open:
            _open["stack"].close()
        stack = ExitStack()
        home = Path(mkdtemp(dir=folder.parent, prefix="store"))
        path = home / "events.duckdb"
        held = stack.enter_context(
            open_store(path, write=True, memory="512MB", threads=1)
        )
        _open.update(stack=stack, path=path, connection=held, used=0)
    _open["used"] += 1
    return _open["connection"], _open["path"]


def _rows(connection: Any) -> tuple[int, ...]:
    return tuple(
        connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0]
        for t in ("records", "imports")
    )


def read(data: bytes, folder: Path) -> None:
    """Import; a refusal must leave the store as it was."""
    if not data:
        return
    connection, store = _store(folder)
    suffix = (".csv", ".tsv", ".txt", ".json", ".csv.gz")[data[-1] % 5]
    path = folder / f"a{suffix}"
    path.write_bytes(gzip.compress(data, 1) if suffix == ".csv.gz" else data)
    before = _rows(connection)
    try:
        import_file(connection, store, path)
    except SpilloverError:
        if _rows(connection) != before:
            msg = "a refused file left rows behind"
            raise Broken(msg) from None
        raise
    finally:
        path.unlink()
    if _rows(connection)[1] < before[1]:
        msg = "an import is not on record"
        raise Broken(msg)


EVENT_IMPORT = Target(
    "event-import", make, read, code=CODE, block=10, documents=6, weight=2
)
