"""Small results kept in the user's cache folder, so that they are not computed twice.

A name holds the digest of everything the result depends on, so nothing is ever stale.
Where the folder cannot be written nothing is kept, and nothing fails.

This file imports only `atomic` and `places`.
"""

from __future__ import annotations

from spillover.places import cache_folder
from spillover.store.atomic import write_bytes

__all__ = ["keep", "kept"]


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
