"""One digest of everything a result depends on: values, and the code that computes.

Two values with the same fingerprint are the same to every byte; a piece of a run that
was kept is used again only under the same fingerprint.

This file imports nothing of Spillover.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["code_digest", "fingerprint"]


def fingerprint(*values: object) -> str:
    """SHA-256 over values: numbers, text, arrays, and what is made of them.

    Raises
    ------
    TypeError
        For a value of another kind: it has no agreed form.
    """
    total = hashlib.sha256()
    for part in _parts(values):
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:  # noqa: ANN401 - any plain value
    kind = type(value)
    yield f"{kind.__module__}.{kind.__qualname__}".encode()
    if isinstance(value, enum.Enum):
        yield value.name.encode()
    elif value is None or isinstance(value, (bool, int, float, str, Path)):
        yield repr(value).encode()
    elif isinstance(value, bytes):
        yield value
    elif isinstance(value, (np.ndarray, np.generic)):
        yield from _array(np.asarray(value))
    elif isinstance(value, (dt.date, dt.time, dt.timedelta)):
        yield repr(value).encode()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for f in dataclasses.fields(value):
            yield f.name.encode()
            yield from _parts(getattr(value, f.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _parts(key)
            yield from _parts(item)
        yield b"end"
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _parts(item)
        yield b"end"
    elif isinstance(value, (set, frozenset)):
        for one in sorted(fingerprint(item) for item in value):
            yield one.encode()
        yield b"end"
    else:
        msg = f"a {kind.__name__} has no fingerprint"
        raise TypeError(msg)


def _array(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    if array.dtype.hasobject:
        yield from _parts(array.tolist())
        return
    yield repr((array.dtype.descr, array.shape)).encode()
    yield np.ascontiguousarray(array).tobytes()


@lru_cache
def code_digest(*packages: str) -> str:
    """SHA-256 over the files of packages of Spillover: other code, other pieces."""
    root = Path(__file__).parents[1]
    total = hashlib.sha256()
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            total.update(file.relative_to(root).as_posix().encode() + b"\0")
            total.update(file.read_bytes())
    return total.hexdigest()
