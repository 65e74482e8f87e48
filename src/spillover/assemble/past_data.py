"""What is known of the past, in numbers: dated records and counts over intervals.

Days are whole days from the origin (negative before it), times float days. Built from
the records and counts of a case by `records`; turned into exact histories by `impute`.

This file must never import a case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spillover.model.structure import Slot

__all__ = [
    "CountRow",
    "DatedRecord",
    "PastData",
    "Rival",
    "Series",
    "Unseen",
]

UNKNOWN = -1
"""A number of people that no text gives."""


@dataclass(frozen=True)
class DatedRecord:
    """One record: at some time in [low, high).

    Attributes
    ----------
    id, key
        Its id and the key of its randomness.
    low, high
        First and last time it can have, days.
    group, order
        Records of one group keep their order within the range (-1: none).
    stream
        Index of its stream; -1: it matches none and is context.
    flags, absent
        Bits known to hold, bits known not to.
    deaths, injured
        Numbers, or -1 where no text gives one.
    """

    id: str
    key: int
    low: float
    high: float
    stream: int = -1
    group: int = -1
    order: int = 0
    flags: int = 0
    absent: int = 0
    deaths: int = UNKNOWN
    injured: int = UNKNOWN


@dataclass(frozen=True)
class CountRow:
    """A count over [first, last): between ``low`` and ``high``.

    ``at_least`` rows say nothing of how many there were beyond; ``rival`` is the index
    of its group of rival definitions (-1: none), of which each draw believes one.
    """

    id: str
    first: int
    last: int
    low: int
    high: int
    centre: float
    at_least: bool = False
    rival: int = -1
    weight: float = 1.0


SeriesKind = Literal["events", "marked", "claims"]


@dataclass(frozen=True)
class Series:
    """Rows that count the same thing.

    Attributes
    ----------
    of
        The pattern or report in the words of the case.
    kind
        ``events`` of the streams, ``marked`` ones (with every bit of ``require``), or
        ``claims`` of report layer ``report``.
    """

    of: str
    kind: SeriesKind
    streams: tuple[int, ...]
    rows: tuple[CountRow, ...]
    require: int = 0
    report: int = -1


@dataclass(frozen=True)
class Rival:
    """Rows of one group of rival definitions, as (series, row) pairs."""

    id: str
    rows: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Unseen:
    """Share of a stream's events that the records hold in [first, last)."""

    key: int
    stream: int
    first: int
    last: int
    share: Slot


@dataclass(frozen=True)
class PastData:
    """Everything known before the origin."""

    begins: int = 0
    records: tuple[DatedRecord, ...] = ()
    series: tuple[Series, ...] = ()
    rivals: tuple[Rival, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    notes: tuple[str, ...] = field(default=())
