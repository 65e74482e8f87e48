"""How code is compiled for speed.

``compiled`` code holds no interpreter lock, counts no references (it allocates nothing
and keeps nothing: all memory is the caller's `World`) and divides as NumPy does.
``inlined`` is for a few lines called in a hot loop. ``allocating`` may make arrays.
No fast-math anywhere: results must be the same bits everywhere on one processor type.

Machine code is kept in the user's cache folder, never beside the program, which may be
installed where its users cannot write. Where that folder cannot be written either,
everything works and is compiled anew by each process; `NOT_KEPT` says why.

This file imports only `places`.
"""

from __future__ import annotations

from typing import Any

import numba

from spillover.places import compiled_folder, why_not_writable

njit: Any = numba.njit  # its stubs do not know the option _nrt
config: Any = numba.config  # nor that it can be set

__all__ = ["NOT_KEPT", "allocating", "compiled", "inlined"]

_folder = compiled_folder()
_why = why_not_writable(_folder)

NOT_KEPT = (
    f"Compiled code cannot be kept in {_folder} ({_why}): every run compiles the "
    "engine anew, a minute or two each. To keep it, name a folder you can write: "
    "SPILLOVER_CACHE=FOLDER."
    if _why
    else ""
)
"""A sentence for people where compiled code cannot be kept; else nothing."""

# numba looks here when a function is decorated: it must stand before any of them.
config.CACHE_DIR = str(_folder)
_keep = not _why

compiled: Any = njit(cache=_keep, nogil=True, error_model="numpy", _nrt=False)
inlined: Any = njit(cache=_keep, inline="always", error_model="numpy", _nrt=False)
allocating: Any = njit(cache=_keep, nogil=True, error_model="numpy")
