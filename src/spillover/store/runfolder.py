"""Run folders: one folder per run, written whole or not at all.

    runs/<case>-<time>/
      manifest.json   digests of case and data, seed, size, versions, machine type
      outcomes.json   answers
      outcomes.csv    the same as a table
      results.npz     counts by draw
      brief.html, brief.md, brief.json
      case/           the case as it was run

This file imports only `errors` and the rest of `store`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["digest_of", "write_folder"]


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents, in order of name."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return total.hexdigest()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder; the folder appears whole.

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
        for name, data in files.items():
            target = temporary / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o777 & ~mask)
        temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
