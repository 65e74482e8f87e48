"""Archives: zip and gzip, whole, cut, with odd members."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from random import Random

from spillover.readers.unpack import intact, unpack
from tests.fuzz.engine import Target
from tests.fuzz.grammar.tables import table

__all__ = ["EVENT_PACKED"]

MEMBERS = (
    "a.csv",
    "b/c.tsv",
    "README.txt",
    "d.xlsx",
    "__MACOSX/a.csv",
    "é.json",
    ".x.csv",
)

CODE = ("readers/unpack.py", "errors.py")


def make(rng: Random) -> bytes:
    """An archive of one to three tables; little compression, so that it stays long."""
    if rng.random() < 0.35:
        return gzip.compress(table(rng), compresslevel=int(rng.random() * 3), mtime=0)
    packed = io.BytesIO()
    how = zipfile.ZIP_STORED if rng.random() < 0.5 else zipfile.ZIP_DEFLATED
    if rng.random() < 0.1:
        how = rng.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(packed, "w", how) as archive:
        for _ in range(1 + int(rng.random() * 3)):
            name = MEMBERS[int(rng.random() ** 2 * len(MEMBERS))]
            if name not in archive.namelist():
                archive.writestr(zipfile.ZipInfo(name), table(rng), how)
    return packed.getvalue()


def read(data: bytes, folder: Path) -> None:
    """Unpack every table to its end, as an import does."""
    path = folder / ("a.zip" if data[:1] == b"P" else "a.csv.gz")
    path.write_bytes(data)
    try:
        found, _ = unpack(path)
        for packed in found:
            with intact(packed.name), packed.open() as file:
                while file.read(1 << 20):
                    pass
    finally:
        path.unlink()


EVENT_PACKED = Target("event-packed", make, read, code=CODE, weight=3)
