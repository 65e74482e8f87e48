"""Keyed randomness on whole arrays, equal to `spillover.keys` number by number.

Used where a column of every draw is wanted at once. This file must never import a case.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from spillover.keys import GOLDEN, id_key

__all__ = ["Keys", "draw_keys", "mix", "normals", "sub_keys", "uniforms"]

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]

_G = np.uint64(GOLDEN)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_ONE = np.uint64(1)
_BELOW_ONE = 1.0 - 2.0**-53


def mix(z: Keys) -> Keys:
    """`spillover.keys.mix` of every element."""
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


def sub_keys(keys: Keys, part: Keys) -> Keys:
    """`spillover.keys.sub_key` of every pair (arrays broadcast)."""
    with np.errstate(over="ignore"):
        return mix(mix(keys + _G) + part * _G)


def uniforms(keys: Keys) -> Floats:
    """`spillover.keys.uniform` of every key: in (0, 1]."""
    whole = (mix(keys ^ _G) >> _S11) + _ONE
    return np.asarray(whole.astype(np.float64) * 2.0**-53)


def normals(keys: Keys) -> Floats:
    """Draw the standard normal of every key (u = 1 is taken just below it)."""
    return np.asarray(ndtri(np.minimum(uniforms(keys), _BELOW_ONE)))


def draw_keys(seed: int, draws: Keys, *ids: str) -> Keys:
    """Key of what ``ids`` name in every draw, (D,)."""
    root = np.uint64(id_key(*ids, seed))
    return sub_keys(np.broadcast_to(root, draws.shape), draws)
