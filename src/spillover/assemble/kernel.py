"""What the compiled loops of `assemble` share: a typed decorator and small draws.

A *stream of uniforms* is a length-one uint64 array that `draw` steps (splitmix64); it
always starts from the key of what is drawn, so nothing depends on the order of calls.

This file must never import a case.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spillover.engine import hashing

__all__ = [
    "Floats",
    "Ints",
    "Keys",
    "Rng",
    "binomial",
    "draw",
    "inner",
    "kernel",
    "key_of",
    "mix",
    "poisson",
    "sub",
    "unit",
    "varying",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Rng = NDArray[np.uint64]
Function = TypeVar("Function", bound=Callable[..., Any])


_njit: Any = njit


def kernel(function: Function) -> Function:
    """Compile a function with numba: cached on disk, without the interpreter lock."""
    return cast("Function", _njit(cache=True, nogil=True)(function))


def inner(function: Function) -> Function:
    """Compile a function that only compiled ones call: without wrappers, so faster."""
    bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("Function", _njit(cache=True, nogil=True, **bare)(function))


mix: Callable[[np.uint64], np.uint64] = hashing.mix
sub: Callable[[np.uint64, int], np.uint64] = hashing.sub
unit: Callable[[np.uint64], float] = hashing.unit
varying: Callable[[int, float, float, float], float] = hashing.varying

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
CELL = 32.0


@inner
def key_of(a: np.uint64, b: np.uint64) -> np.uint64:
    """Key of a pair of keys."""
    return mix(mix(a) + b)


@inner
def draw(rng: Rng) -> float:
    """Next uniform in (0, 1]."""
    rng[0] += GOLDEN
    return unit(mix(rng[0]))


@inner
def poisson(rng: Rng, mean: float) -> int:
    """Poisson number by inversion, in cells of at most 32."""
    total = 0
    left = mean
    while left > 0.0:
        lam = min(left, CELL)
        left -= CELL
        u = draw(rng)
        p = math.exp(-lam)
        at = p
        n = 0
        while u > at and n < 400:
            n += 1
            p *= lam / n
            at += p
        total += n
    return total


@inner
def binomial(rng: Rng, n: int, p: float) -> int:
    """Binomial number, one trial at a time."""
    hits = 0
    for _ in range(n):
        if draw(rng) <= p:
            hits += 1
    return hits
