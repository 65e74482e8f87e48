"""A file of events to rows: sniffing, encoding, quotes, JSON; all but the database."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random
from zlib import crc32

from spillover.readers.importing import _write_out
from spillover.readers.unpack import Packed
from tests.fuzz.engine import Broken, Target
from tests.fuzz.grammar.tables import json_rows, table

__all__ = ["CODE", "EVENT_JSON", "EVENT_TEXT"]

FORMATS = (
    "",
    "",
    "",
    "",
    "",
    "gdelt",
    "ucdp",
    "acled",
    "icews",
    "polecat",
    "plain",
    "gdlt",
)

CODE = (
    *(
        f"readers/{n}.py"
        for n in ("acled", "encoding", "expressions", "formats", "gdelt")
    ),
    *(f"readers/{n}.py" for n in ("icews", "importing", "json_rows", "known", "plain")),
    *(
        f"readers/{n}.py"
        for n in ("polecat", "rows", "sniff", "text", "ucdp", "unpack")
    ),
    "errors.py",
)
"""Files that change what this target reads."""


def read(data: bytes, folder: Path) -> None:
    """Read as `import_file` does; nothing may be lost without account."""
    if not data:
        return
    wanted = FORMATS[crc32(data) % len(FORMATS)]
    packed = Packed("in/a.csv", "a", ".csv", lambda: io.BytesIO(data))
    part = _write_out(packed, folder, 0, wanted)
    good, odd = part.rows.read_bytes(), part.odd.read_bytes()
    kept, lost = good.count(b"\n"), odd.count(b"\n")
    if kept + lost != part.written.read or lost != sum(part.written.dropped.values()):
        msg = f"{part.written.read} rows read, {kept} kept, {lost} dropped"
        raise Broken(msg)
    width = len(part.layout.names)
    if any(line.count(b"\t") != width for line in good.split(b"\n")[:-1]):
        msg = "a canonical row has not the columns of its layout"
        raise Broken(msg)
    good.decode()
    part.rows.unlink()
    part.odd.unlink()


def _tables(rng: Random) -> bytes:
    return table(rng)


EVENT_TEXT = Target("event-text", _tables, read, code=CODE, weight=8)
EVENT_JSON = Target("event-json", json_rows, read, code=CODE, weight=4)
