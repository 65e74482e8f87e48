"""Give freed memory back to the system, where the C library keeps it.

glibc holds on to freed blocks; after the pasts of an ensemble are let go that is 150 MB
that the brief would come on top of. This file imports nothing of Spillover.
"""

from __future__ import annotations

import ctypes
import gc
import sys

__all__ = ["give_back"]


def give_back() -> None:
    """Return free memory to the system; does nothing where that is not possible."""
    if not sys.platform.startswith("linux"):
        return
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # another C library
        return
