"""Keyed randomness: every random number is a function of what it is for.

A key is a 64-bit hash of ids, never of positions or of call order, so two versions
of a case share every draw and every event that they have in common (docs/model.md).
`engine.hashing` holds the same mixing function compiled; a test holds them equal.

This file imports nothing of Spillover.
"""

from __future__ import annotations

import hashlib

__all__ = ["GOLDEN", "MASK", "id_key", "mix", "sub_key", "uniform"]

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def id_key(*parts: str | int) -> int:
    """64-bit key of a path of ids, e.g. ``id_key("stream", "launches")``."""
    text = "\x1f".join(str(p) for p in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def mix(z: int) -> int:
    """Finalizer of splitmix64 (Steele, Lea & Flood 2014): a bijection on 64 bits."""
    z = ((z ^ (z >> 30)) * _M1) & MASK
    z = ((z ^ (z >> 27)) * _M2) & MASK
    return z ^ (z >> 31)


def sub_key(key: int, part: int) -> int:
    """Key of a part of what ``key`` stands for; ``part`` is a key or a small number."""
    return mix((mix((key + GOLDEN) & MASK) + part * GOLDEN) & MASK)


def uniform(key: int) -> float:
    """Uniform in (0, 1] that belongs to ``key`` (53 bits)."""
    return ((mix(key ^ GOLDEN) >> 11) + 1) * 2.0**-53
