"""An open file for one process at a time, on every system.

The lock goes when the file is closed or the process ends, however it ends. Windows has
locks of bytes that shut out readers as well, so a byte far behind any content is taken.

This file imports nothing of Spillover.
"""

from __future__ import annotations

import os
import time
from typing import IO, Any

__all__ = ["lock", "try_lock"]

_BYTE = 2**30
"""The byte that is locked on Windows: behind what any file of ours holds."""
_PAUSE = 0.05
"""Between two tries, seconds, where the system cannot wait for us."""


def try_lock(file: IO[Any]) -> bool:
    """Lock an open file for this process; False when another holds it, or none can."""
    try:
        import fcntl
    except ImportError:
        return _try_bytes(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def lock(file: IO[Any]) -> None:
    """Wait until an open file is locked for this process."""
    try:
        import fcntl
    except ImportError:
        while not _try_bytes(file):
            time.sleep(_PAUSE)
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def _try_bytes(file: IO[Any]) -> bool:
    """The same on Windows."""
    import msvcrt

    at = os.lseek(file.fileno(), 0, os.SEEK_CUR)
    os.lseek(file.fileno(), _BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    finally:
        os.lseek(file.fileno(), at, os.SEEK_SET)
    return True
