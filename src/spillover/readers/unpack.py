"""Files as byte streams: plain, `.gz`, and each table inside a `.zip`.

A damaged archive is found before anything is imported: everything is read once into a
working file, and the check sums at its end must agree. This file must never import a
case, a model or a page.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from spillover.errors import EventsError, Fault

__all__ = ["PACKED", "TABLES", "Packed", "digest_of_file", "expand", "intact", "unpack"]

TABLES = (".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".parquet")
PACKED = (".zip", ".gz")
_BROKEN = (
    *(EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, lzma.LZMAError),
)
_ODD_LISTS = (IndexError, OverflowError, UnicodeDecodeError, ValueError, struct.error)
"""What `zipfile` raises on damaged lists of members, besides its own error."""


@dataclass(frozen=True)
class Packed:
    """One table to read.

    Attributes
    ----------
    name
        File, and the member of an archive behind a slash.
    stem
        Name without folder and extension.
    suffix
        Last extension of the table itself, such as ``.csv``.
    open
        Opens it anew as bytes.
    """

    name: str
    stem: str
    suffix: str
    open: Callable[[], IO[bytes]]


def expand(names: list[str]) -> list[Path]:
    """Files of names, folders and patterns, in order, each once.

    Raises
    ------
    EventsError
        For a name that is no file, a folder or pattern without one.
    """
    found: dict[Path, None] = {}
    faults = []
    for name in names:
        path = Path(name)
        some: list[Path] = []
        if path.is_file():
            some = [path]
        elif path.is_dir():
            some = sorted(
                p
                for p in path.rglob("*")
                if p.is_file()
                and p.suffix.lower() in TABLES + PACKED
                and not p.name.startswith((".", "README"))
            )
            if not some:
                faults.append(Fault(name, 0, 0, "", "this folder holds no table"))
        elif any(c in name for c in "*?["):
            root = Path(path.anchor) if path.anchor else Path()
            pattern = str(path.relative_to(path.anchor)) if path.anchor else name
            some = sorted(p for p in root.glob(pattern) if p.is_file())
            if not some:
                faults.append(Fault(name, 0, 0, "", "no file has such a name"))
        else:
            faults.append(Fault(name, 0, 0, "", "there is no such file"))
        found.update(dict.fromkeys(some))
    if faults:
        raise EventsError(faults)
    return list(found)


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def intact(name: str) -> Iterator[None]:
    """Damage met while reading an archive becomes one clear error."""
    try:
        yield
    except _BROKEN as e:
        raise EventsError([_damaged(name, e)]) from None
    except OSError as e:  # of bz2, and of places in a list of members
        if e.errno not in (None, errno.EINVAL):
            raise
        raise EventsError([_damaged(name, e)]) from None
    except RuntimeError as e:  # a password, an odd method or version
        if "password" in str(e) or "encrypt" in str(e):
            text = "this archive is locked with a password"
        elif isinstance(e, NotImplementedError):
            text = f"this archive cannot be unpacked here ({e})"
        else:
            raise
        mend = "Unpack it first"
        raise EventsError([Fault(name, 0, 0, "", text, mend=mend)]) from None


def _damaged(name: str, error: Exception) -> Fault:
    text = str(error).lower()
    if isinstance(error, EOFError):
        why = "it ends in the middle"
    elif "crc" in text:
        why = "its check sum is wrong"
    elif "not a zip" in text or "not a gzipped" in text:
        why = "it is cut short, or no archive at all"
    else:
        why = "its contents cannot be unpacked"
    return Fault(
        name,
        0,
        0,
        "",
        f"the archive is damaged: {why}",
        mend="Nothing of it was imported; get it anew",
    )


def unpack(path: Path) -> tuple[list[Packed], list[str]]:
    """Tables in a file, and what was left out.

    Raises
    ------
    EventsError
        For an empty file, a damaged archive, an archive without a table.
    """
    name = str(path)
    if path.stat().st_size == 0:
        raise EventsError([Fault(name, 0, 0, "", "the file is empty")])
    with path.open("rb") as file:
        magic = file.read(4)
    if magic[:2] == b"PK" or path.suffix.lower() == ".zip":
        return _members(path)
    if magic[:2] == b"\x1f\x8b" or path.suffix.lower() == ".gz":
        inner = Path(path.stem if path.suffix.lower() == ".gz" else path.name)
        return [
            Packed(name, inner.stem, inner.suffix.lower(), lambda: _gunzip(path))
        ], []
    return [Packed(name, path.stem, path.suffix.lower(), lambda: path.open("rb"))], []


def _gunzip(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb"))


def _members(path: Path) -> tuple[list[Packed], list[str]]:
    found: list[Packed] = []
    notes: list[str] = []
    with intact(str(path)), _listed(path) as archive:
        for info in archive.infolist():
            inner = Path(info.filename)
            if (
                not inner.name
                or info.is_dir()
                or "__MACOSX" in inner.parts
                or inner.name.startswith(".")
            ):
                continue
            suffix = inner.suffix.lower()
            readme = suffix == ".txt" and "readme" in inner.name.lower()
            if suffix not in TABLES or readme:
                notes.append(f"{info.filename} in the archive is no table: left out")
                continue
            found.append(
                Packed(
                    f"{path}/{info.filename}",
                    inner.stem,
                    suffix,
                    _opener(path, info.filename),
                )
            )
        names = archive.namelist()
    if not found and "xl/workbook.xml" in names:
        sheet = "this is an Excel workbook, not a table as text"
        raise EventsError(
            [Fault(str(path), 0, 0, "", sheet, mend="Save the sheet as CSV")]
        )
    if not found:
        raise EventsError(
            [
                Fault(
                    str(path),
                    0,
                    0,
                    "",
                    "the archive holds no table",
                    expected=f"a member that ends in {', '.join(TABLES)}",
                )
            ]
        )
    return found, notes


def _opener(path: Path, member: str) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        try:
            return _listed(path).open(member)
        except _ODD_LISTS:
            raise _no_list() from None

    return opened


def _listed(path: Path) -> zipfile.ZipFile:
    """An archive with its list of members read."""
    try:
        return zipfile.ZipFile(path)
    except _ODD_LISTS:
        raise _no_list() from None


def _no_list() -> zipfile.BadZipFile:
    return zipfile.BadZipFile("its list of members is damaged")
