"""Small results kept in the user's cache folder, so that they are not computed twice.

A name holds the digest of everything the result depends on, so nothing is ever stale.
Where the folder cannot be written nothing is kept, and nothing fails.

This file imports only `atomic`.
"""

from __future__ import annotations

import os
from pathlib import Path

from spillover.store.atomic import write_bytes

__all__ = ["cache_folder", "keep", "kept"]


def cache_folder() -> Path:
    """SPILLOVER_CACHE, or the user's cache folder of this system."""
    named = os.environ.get("SPILLOVER_CACHE")
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("spillover", appauthor=False)


def kept(name: str) -> bytes | None:
    """What was kept under a name, or nothing."""
    try:
        return (cache_folder() / name).read_bytes()
    except OSError:
        return None


def keep(name: str, content: bytes) -> None:
    """Keep something under a name, whole or not at all."""
    try:
        write_bytes(cache_folder() / name, content)
    except OSError:
        return
