"""`History`: what happened in one simulated or imputed course, exact and complete.

Decided here, once: times increase; the known lies before 0 (the origin) and the
simulated in (0, horizon]; an event sees the state just before it and its effects
begin after it; windows are (a, b].

This file must never import a case, a reader or an engine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["History"]


@dataclass(frozen=True)
class History:
    """Events in time order. All arrays have shape (n,), `claims` (n, reports).

    Attributes
    ----------
    time
        Days from the origin, increasing.
    stream
        Index of the stream.
    flags
        Bits of the marks (`Model.flag_names`).
    deaths, injured
        Numbers of people.
    claims
        Claims made of the event, one column per report layer.
    key
        64-bit key of the event.
    parent
        Index in this history of the event that brought it, -1 for none (or one
        before the origin: then `via` still tells the response).
    via
        How it came: see `spillover.model.via`.
    """

    time: NDArray[np.float64]
    stream: NDArray[np.int64]
    flags: NDArray[np.uint64]
    deaths: NDArray[np.int64]
    injured: NDArray[np.int64]
    claims: NDArray[np.int64]
    key: NDArray[np.uint64]
    parent: NDArray[np.int64]
    via: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def empty(cls, reports: int = 0) -> History:
        """No event at all."""
        i = np.zeros(0, np.int64)
        u = np.zeros(0, np.uint64)
        none = np.zeros((0, reports), np.int64)
        return cls(np.zeros(0), i, u, i, i, none, u, i, i)
