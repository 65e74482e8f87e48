"""New files of a folder, taken when they are whole.

A file is settled when its size and time were the same at two looks, or when its time
lies further back than the settling time. Names that programs give to files they still
write are passed over. What cannot be read stays where it is and is tried again at every
look; it is reported again only when it has changed. This file must never import a case,
a model or a page.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spillover.errors import InputError
from spillover.readers.unpack import PACKED, TABLES

__all__ = ["TEMPORARY", "Look", "Mark", "look"]

TEMPORARY = (".*", "~*", "*~", "*.part", "*.partial", "*.tmp", "*.temp", "*.crdownload", "*.download", "*.swp", "*.filepart", "*.lock")  # fmt: skip
"""Names of files that some program is still writing."""


@dataclass(frozen=True)
class Mark:
    """Size in bytes and time of change (nanoseconds) of a file."""

    size: int
    time: int


@dataclass(frozen=True)
class Look:
    """What a look at a folder found.

    Attributes
    ----------
    marks
        Every file that is no temporary one.
    settled
        Files that are whole as far as can be told, by name.
    moving
        Files that may still be written.
    passed
        How many temporary names were passed over.
    others
        Files whose names are none of event files: left alone.
    """

    marks: dict[Path, Mark] = field(default_factory=dict)
    settled: tuple[Path, ...] = ()
    moving: tuple[Path, ...] = ()
    passed: int = 0
    others: tuple[Path, ...] = ()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts[:-1]
        if any(part.startswith(".") for part in inside):
            continue
        if path.is_file():
            yield path


def look(
    folder: Path,
    before: dict[Path, Mark],
    *,
    settle_seconds: float = 10.0,
    now: float | None = None,
) -> Look:
    """Look at a folder and those below it.

    Parameters
    ----------
    folder
        Where new files appear.
    before
        Marks of the look before this one.
    settle_seconds
        Age from which a file counts as settled at first sight.
    now
        Seconds since 1970; the clock's when absent. A file of the future (a clock that
        goes wrong) has no age and settles only between two looks.

    Raises
    ------
    InputError
        When there is no such folder.
    """
    if not folder.is_dir():
        msg = f"{folder}: there is no such folder. --events names a folder of event files, or gdelt"
        raise InputError(msg)
    when = time.time() if now is None else now
    marks: dict[Path, Mark] = {}
    settled, moving, others, passed = [], [], [], 0
    for path in _files(folder):
        if any(fnmatch.fnmatch(path.name.lower(), t) for t in TEMPORARY):
            passed += 1
            continue
        if path.suffix.lower() not in (*TABLES, *PACKED):
            others.append(path)
            continue
        try:
            stat = path.stat()
        except OSError:  # gone since it was listed
            continue
        mark = marks[path] = Mark(stat.st_size, stat.st_mtime_ns)
        age = when - stat.st_mtime
        if before.get(path) == mark or age >= settle_seconds:
            settled.append(path)
        else:
            moving.append(path)
    return Look(marks, tuple(settled), tuple(moving), passed, tuple(others))
