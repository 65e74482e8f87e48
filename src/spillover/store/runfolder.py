"""Run folders: one folder per run, written whole or not at all.

    runs/<case>-<time>/
      manifest.json   digests of case and data, seed, size, versions, machine type
      outcomes.json   answers
      outcomes.csv    the same as a table
      results.npz     counts by draw
      brief.html, brief.md, brief.json
      comparison.*, paths.*, sensitivity.*, what-if-*   of a full run
      case/           the case as it was run

This file imports only `errors` and the rest of `store`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from spillover.errors import InputError, RunError
from spillover.store.atomic import sync_folder
from spillover.store.plain import plain

__all__ = [
    "UNFINISHED",
    "appearing",
    "csv_bytes",
    "digest_of",
    "json_bytes",
    "write_folder",
    "write_new",
]

UNFINISHED = ".unfinished"
"""Folder beside run folders where commands keep the pieces of large runs (`parts`)."""


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents, in order of name."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return total.hexdigest()


def csv_bytes(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as CSV; columns in the order in which they first appear."""
    text = io.StringIO()
    columns = list(dict.fromkeys(k for r in rows for k in r))
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def json_bytes(body: Mapping[str, object]) -> bytes:
    """Plain values as JSON; what is not known (NaN) or without bound is null."""
    return json.dumps(plain(body), indent=2, ensure_ascii=False).encode()


def write_new(folder: Path | str, files: Mapping[str, bytes]) -> Path:
    """Write files into a folder that is not there yet; it appears whole.

    Raises
    ------
    InputError
        When it is there already.
    RunError
        When the disk is full or cannot be written; nothing is left of it then.
    """
    target = Path(folder)
    if target.exists():
        msg = f"{target} is there already: choose a new folder"
        raise InputError(msg)
    try:
        write_folder(target, files)
    except OSError as e:
        msg = (
            f"{target}: the folder could not be written ({e.strerror or e}). Nothing "
            "is left of it: make room or name another with --out, and run again"
        )
        raise RunError(msg) from None
    return target


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder; it appears whole, and is on disk on return.

    Raises
    ------
    FileExistsError
        When the folder is there already.
    """
    with appearing(folder) as temporary:
        for name, data in files.items():
            target = temporary / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder to fill under another name; it gets its own when the block ends well.

    Every file is on disk before that, the name after it; of a block that fails nothing
    is left.

    Raises
    ------
    FileExistsError
        When the folder is there already.
    """
    if folder.exists():
        raise FileExistsError(str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield temporary
        inside = sorted(temporary.rglob("*"))
        for path in inside:
            if path.is_file():
                with path.open("r+b") as file:  # Windows forces only what is writable
                    os.fsync(file.fileno())
        for path in [temporary, *(p for p in inside if p.is_dir())]:
            sync_folder(path)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o777 & ~mask)
        temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(folder.parent)
