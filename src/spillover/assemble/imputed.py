"""`ImputedPast`: the pasts of many draws in one set of arrays.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.assemble.kernel import Floats, Ints, Keys
from spillover.model.history import History
from spillover.model.via import RECORD, via

__all__ = ["ImputedPast", "join"]


@dataclass(frozen=True)
class ImputedPast:
    """Events before the origin; those of draw d lie in offsets[d]:offsets[d + 1].

    Attributes
    ----------
    offsets : (D + 1,)
    time, stream, flags, deaths, injured, key : (n,)
        As in `History`, in time order within each draw.
    claims : (n, reports)
    record : (n,)
        Index of the record an event stands in (`PastData.records`), -1: imputed.
    """

    offsets: Ints
    time: Floats
    stream: Ints
    flags: Keys
    deaths: Ints
    injured: Ints
    claims: Ints
    key: Keys
    record: Ints

    def __len__(self) -> int:
        """Return the number of draws."""
        return len(self.offsets) - 1

    @property
    def largest(self) -> int:
        """Most events any draw has."""
        return int(np.max(np.diff(self.offsets), initial=0))

    def history(self, d: int) -> History:
        """Return the past of draw ``d``."""
        at = slice(int(self.offsets[d]), int(self.offsets[d + 1]))
        n = at.stop - at.start
        return History(
            time=self.time[at],
            stream=self.stream[at],
            flags=self.flags[at],
            deaths=self.deaths[at],
            injured=self.injured[at],
            claims=self.claims[at],
            key=self.key[at],
            parent=np.full(n, -1, np.int64),
            via=np.full(n, via(RECORD), np.int64),
        )

    def take(self, draws: Ints) -> ImputedPast:
        """Return the pasts of some draws, in the order given (one may come twice)."""
        at = np.asarray(draws, np.int64)
        sizes = np.diff(self.offsets)[at]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
        rows = np.repeat(self.offsets[:-1][at], sizes) + inside
        return ImputedPast(
            offsets,
            self.time[rows],
            self.stream[rows],
            self.flags[rows],
            self.deaths[rows],
            self.injured[rows],
            self.claims[rows],
            self.key[rows],
            self.record[rows],
        )


def join(parts: Sequence[ImputedPast], reports: int) -> ImputedPast:
    """Pasts one after the other."""
    if not parts:
        i, u = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        claims = np.zeros((0, reports), np.int64)
        return ImputedPast(np.zeros(1, np.int64), np.zeros(0), i, u, i, i, claims, u, i)
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(int(p.offsets[-1]) for p in parts)])
    offsets = [np.zeros(1, np.int64)]
    offsets += [p.offsets[1:] + s for p, s in zip(parts, starts, strict=False)]

    def all_of(name: str) -> np.ndarray:
        return np.concatenate([getattr(p, name) for p in parts])

    return ImputedPast(
        np.concatenate(offsets).astype(np.int64),
        *(
            all_of(name)
            for name in (
                "time",
                "stream",
                "flags",
                "deaths",
                "injured",
                "claims",
                "key",
                "record",
            )
        ),
    )
