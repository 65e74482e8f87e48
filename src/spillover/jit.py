"""How code is compiled for speed.

``compiled`` code holds no interpreter lock, counts no references (it allocates nothing
and keeps nothing: all memory is the caller's `World`) and divides as NumPy does.
``inlined`` is for a few lines called in a hot loop. ``allocating`` may make arrays.
No fast-math anywhere: results must be the same bits everywhere on one processor type.

This file imports nothing of Spillover.
"""

from __future__ import annotations

from typing import Any

import numba

njit: Any = numba.njit  # its stubs do not know the option _nrt

__all__ = ["allocating", "compiled", "inlined"]

compiled: Any = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inlined: Any = njit(cache=True, inline="always", error_model="numpy", _nrt=False)
allocating: Any = njit(cache=True, nogil=True, error_model="numpy")
