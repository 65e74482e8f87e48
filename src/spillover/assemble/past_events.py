"""Events of many draws while their past is being put together.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.assemble.kernel import Floats, Ints, Keys
from spillover.assemble.keyed import draw_keys, mix, sub_keys, uniforms
from spillover.assemble.past_data import PastData

__all__ = ["Events", "plain_records", "record_times"]


@dataclass(frozen=True)
class Events:
    """Events of many draws, unsorted."""

    draw: Ints
    time: Floats
    stream: Ints
    record: Ints
    key: Keys
    claims: Ints
    layer: Ints

    @classmethod
    def empty(cls) -> Events:
        """No event."""
        i = np.zeros(0, np.int64)
        return cls(i, np.zeros(0), i, i, np.zeros(0, np.uint64), i, i)

    def and_(self, other: Events) -> Events:
        """Join these and others."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Events(*(np.concatenate(p) for p in pairs))


def plain_records(
    past: PastData, which: Sequence[int], keys: Keys, times: Floats
) -> Events:
    """Take records of streams without counts: they are all there is."""
    D, n = len(keys), len(which)
    at = np.array(which, np.int64)
    record = np.tile(at, D)
    stream = np.array([past.records[r].stream for r in which], np.int64)
    own = np.array([past.records[r].key for r in which], np.uint64)
    key = (mix(mix(keys)[:, None] + own[None, :])).ravel()
    none = np.full(D * n, -1, np.int64)
    return Events(
        np.repeat(np.arange(D), n),
        times[:, at].ravel(),
        np.tile(stream, D),
        record,
        key,
        none,
        none,
    )


def record_times(past: PastData, seed: int, draws: Keys, attempt: Keys) -> Floats:
    """Time of every record in every draw, (D, R); order kept within its group."""
    times = np.zeros((len(draws), len(past.records)))
    groups: dict[int, list[int]] = {}
    for r, record in enumerate(past.records):
        u = uniforms(sub_keys(draw_keys(seed, draws, "record", record.id), attempt))
        times[:, r] = record.low + (record.high - record.low) * (1.0 - u)
        if record.group >= 0:
            groups.setdefault(record.group, []).append(r)
    for members in groups.values():
        members.sort(key=lambda r: past.records[r].order)
        times[:, members] = np.sort(times[:, members], axis=1)
    return np.minimum(times, -1e-9)
