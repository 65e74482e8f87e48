"""Parquet tables, whole and damaged."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from random import Random

from spillover.readers.importing import _write_out
from spillover.readers.unpack import Packed
from tests.fuzz.engine import Target
from tests.fuzz.grammar.tables import table

__all__ = ["EVENT_PARQUET"]


@cache
def _made(k: int) -> bytes:
    """A Parquet file of a plain table, written by DuckDB."""
    import tempfile

    import duckdb

    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        path = Path(folder) / "a.parquet"
        db.execute(
            "COPY (SELECT DATE '2031-01-01' + i::INTEGER AS date, 'Arland ' || i AS source, "
            "CASE WHEN i % 3 = 0 THEN NULL ELSE 'ASSAULT' END AS action, i / 7 AS deaths, "
            f'[i, i] AS odd, \'x\' || i AS "ta\'r""get" FROM range({20 + 30 * k}) t(i)) '
            f"TO '{path}' (FORMAT parquet, COMPRESSION {('snappy', 'zstd', 'gzip', 'uncompressed')[k % 4]})"
        )
        return path.read_bytes()


def make(rng: Random) -> bytes:
    """A small Parquet file; now and then a table under its name."""
    return _made(int(rng.random() * 8)) if rng.random() < 0.95 else table(rng)


def read(data: bytes, folder: Path) -> None:
    """As an import reads it."""
    packed = Packed("in/a.parquet", "a", ".parquet", lambda: io.BytesIO(data))
    for path in folder.iterdir():
        path.unlink()
    part = _write_out(packed, folder, 0, "")
    part.rows.read_bytes().decode()


EVENT_PARQUET = Target("event-parquet", make, read, code=("readers/importing.py", "readers/sniff.py", "readers/plain.py"), block=10, documents=4, weight=0.8)  # fmt: skip
