"""Where this machine's user keeps what can be made again: caches, compiled code.

Deleting either folder costs time only.

This file imports nothing of Spillover.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["cache_folder", "compiled_folder", "why_not_writable"]


def cache_folder() -> Path:
    """SPILLOVER_CACHE, or the user's cache folder of this system."""
    named = os.environ.get("SPILLOVER_CACHE")
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("spillover", appauthor=False)


def compiled_folder() -> Path:
    """Where compiled code is kept: NUMBA_CACHE_DIR, or a folder of the user's cache."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) if named else cache_folder() / "compiled"


def why_not_writable(folder: Path) -> str:
    """Why nothing can be kept in a folder, or nothing; makes the folder if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()
