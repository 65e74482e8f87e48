"""Events on the streams of a case, every row accounted for, and the table for people.

`event_map` makes them. This file imports nothing of Spillover.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MappedEvents", "Span", "Tally", "Unmapped", "mapping_text"]


@dataclass(frozen=True)
class Span:
    """Events of a stream somewhere between two days, both inclusive.

    Attributes
    ----------
    stream
        Index of the stream.
    first, last
        Days of the span.
    precision
        As the data set says: day, week, month, year, range or summary.
    rows, events
        Rows of the store, and the events they count.
    """

    stream: int
    first: dt.date
    last: dt.date
    precision: str
    rows: int
    events: float


@dataclass(frozen=True)
class Unmapped:
    """Something printed that the case does not know, and what may have been meant.

    Attributes
    ----------
    label
        As printed: what a codebook would name.
    rows, events
        How often.
    proposal, why
        Nearest element of the case, and on what ground; empty for none.
    """

    label: str
    rows: int
    events: float
    proposal: str = ""
    why: str = ""


@dataclass(frozen=True)
class Tally:
    """Where each row went; the parts add up to ``total``.

    Attributes
    ----------
    daily, spanned
        Used: on a day, or over a span.
    no_stream
        Actors and action known, but no stream of the case is between them.
    action
        Actors known, action not.
    actor
        An actor unknown.
    undated
        No date.
    outside
        Outside the days asked for.
    """

    total: int
    daily: int
    spanned: int
    no_stream: int
    action: int
    actor: int
    undated: int
    outside: int

    @property
    def used(self) -> int:
        """Rows that count on a stream."""
        return self.daily + self.spanned

    @property
    def adds_up(self) -> bool:
        """Whether every row went to exactly one place."""
        lost = self.no_stream + self.action + self.actor + self.undated + self.outside
        return self.total == self.used + lost


@dataclass(frozen=True)
class MappedEvents:
    """Events on the streams of a case.

    Attributes
    ----------
    streams
        Ids, in the order of the case.
    first
        Day of the first column of ``daily``.
    daily : array, shape (streams, days)
        Events dated to a day.
    spans
        Events dated to a span, apart.
    tally
        Rows by where they went.
    actors, actions, kinds
        What is not mapped, the most frequent first: actors (a row with two unknown
        actors counts at both), codes of actions, and kinds of events without a stream.
    notes
        What a person should know, in sentences.
    """

    streams: tuple[str, ...]
    first: dt.date
    daily: NDArray[np.float64]
    spans: tuple[Span, ...]
    tally: Tally
    actors: tuple[Unmapped, ...]
    actions: tuple[Unmapped, ...]
    kinds: tuple[Unmapped, ...]
    notes: tuple[str, ...]

    @property
    def last(self) -> dt.date:
        """Day of the last column of ``daily``."""
        return self.first + dt.timedelta(days=self.daily.shape[1] - 1)


def _listed(title: str, found: Sequence[Unmapped], limit: int, meant: str) -> list[str]:
    if not found:
        return []
    lines = ["", title]
    for u in found[:limit]:
        hint = f': {meant} "{u.proposal}"? ({u.why})' if u.proposal else ""
        word = "row" if u.rows == 1 else "rows"
        lines.append(f"  {u.label} ({u.rows} {word}){hint}")
    if len(found) > limit:
        rest = sum(u.rows for u in found[limit:])
        lines.append(f"  and {len(found) - limit} more ({rest} rows)")
    return lines


def mapping_text(mapped: MappedEvents, *, limit: int = 20) -> str:
    """The mapping as a table for people: what was used, and what was not and why."""
    t = mapped.tally
    parts = (
        ("on a day of a stream", t.daily),
        ("over a span of days of a stream", t.spanned),
        ("actors and action known, no stream between them", t.no_stream),
        ("action unknown", t.action),
        ("an actor unknown", t.actor),
        ("without a date", t.undated),
        ("outside the days asked for", t.outside),
    )
    wide = len(f"{t.total}")
    lines = [f"{t.total:>{wide}} rows read"]
    lines += [f"{n:>{wide}} {words}" for words, n in parts if n or words[:2] == "on"]
    sums = mapped.daily.sum(axis=1)
    for s in mapped.spans:
        sums[s.stream] += s.events
    lines += ["", "Events by stream"]
    lines += [f"  {name}: {n:g}" for name, n in zip(mapped.streams, sums, strict=True)]
    listed = (
        ("Actors not in the codebook", mapped.actors, "nearest actor"),
        ("Actions not mapped", mapped.actions, "nearest"),
        ("Kinds of events without a stream", mapped.kinds, "stream"),
    )
    for title, found, meant in listed:
        lines += _listed(title, found, limit, meant)
    lines += [""] + [f"note: {n}." for n in mapped.notes] if mapped.notes else []
    return "\n".join(lines)
