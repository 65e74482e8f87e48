"""Folders that verbs write: named by the case and the time when nobody named them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from spillover.errors import InputError

__all__ = ["new_folder"]


def new_folder(out: Path | None, verb: str, case: str) -> Path:
    """A folder that is not there yet; raises InputError when the named one is."""
    if out is not None:
        if out.exists():
            msg = f"{out} is there already: choose a new folder"
            raise InputError(msg)
        return out
    base = Path("runs") / f"{case}-{verb}-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}"
    folder, n = base, 2
    while folder.exists():
        folder, n = Path(f"{base}-{n}"), n + 1
    return folder
