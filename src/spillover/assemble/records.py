"""Records and counts met with streams: what of the past the model can use.

A record matches a stream when its actors are the stream's (or members or parts of
them), its action is, its places lie in the stream's where both are stated, and its
``about`` is the same text. Of several streams the closest in words is taken. What
matches none is context.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spillover.assemble.context import Context
from spillover.assemble.lattice import FAR
from spillover.assemble.past_data import (
    CountRow,
    DatedRecord,
    PastData,
    Rival,
    Series,
    SeriesKind,
    Unseen,
)
from spillover.assemble.patterns import StreamWords
from spillover.assemble.relations import Relations
from spillover.assemble.sources import (
    CountSource,
    EventSource,
    RecordSource,
    StreamSource,
)
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.structure import DEADLY, INJURING, Pattern, Stream

__all__ = ["Matched", "build_past", "match_record"]

YES, NO = ("", "yes"), ("no",)


@dataclass(frozen=True)
class Matched:
    """The past in numbers, and what could not be used."""

    past: PastData
    unmatched: tuple[str, ...]
    notes: tuple[str, ...]


def _closeness(relations: Relations, s: StreamWords, r: RecordSource) -> int:
    """How closely a record fits a stream; -1: not at all."""
    if s.action != r.action or s.about != r.about:
        return -1
    if not relations.stands_for(s.source, r.source):
        return -1
    if not relations.stands_for(s.target, r.target):
        return -1
    close = (s.source == r.source) + (s.target == r.target)
    for mine, stated in ((s.place_from, r.place_from), (s.place_in, r.place_in)):
        if mine and stated:
            if not relations.lies_in(stated, mine):
                return -1
            close += 4
        elif mine:
            close -= 1
    return 2 + close


def match_record(
    relations: Relations, streams: Sequence[StreamWords], record: RecordSource
) -> int:
    """Index of the stream a record belongs to, -1 for none."""
    best, found = -1, -1
    for k, stream in enumerate(streams):
        close = _closeness(relations, stream, record)
        if close > best:
            best, found = close, k
    return found


def _known_marks(
    ctx: Context, words: StreamWords, stream: Stream, record: RecordSource
) -> tuple[int, int]:
    """Bits a record says hold, and bits it says do not."""
    flags = stream.flags
    absent = 0
    member = f"by: {record.source}"
    if record.source != words.source and member in ctx.bits.bits:
        flags |= ctx.bits.bits[member]
    if record.place_in:
        flags |= ctx.bits.known_place(record.place_in)
        for place in words.places:
            if not ctx.relations.lies_in(record.place_in, place):
                absent |= ctx.bits.of(f"in: {place}")
    for name, value in record.marks:
        if name in words.yes_no:
            bit = ctx.bits.of(name)
            if value in NO:
                absent |= bit
            elif value in YES:
                flags |= bit
        elif value in words.values.get(name, ()):
            flags |= ctx.bits.of(f"{name}: {value}")
    for choice in stream.choices:
        held = [o for o in choice.options if o.flags and o.flags & ~flags == 0]
        if held:
            for o in choice.options:
                absent |= o.flags & ~flags
    absent &= ~flags
    if record.deaths is not None:
        flags, absent = _people(flags, absent, DEADLY, record.deaths)
    if record.injured is not None:
        flags, absent = _people(flags, absent, INJURING, record.injured)
    return flags, absent


def _people(flags: int, absent: int, bit: int, number: int) -> tuple[int, int]:
    return (flags | bit, absent) if number > 0 else (flags, absent | bit)


def _records(
    ctx: Context, streams: Sequence[Stream], sources: Sequence[RecordSource]
) -> list[DatedRecord]:
    groups: dict[tuple[dt.date, dt.date], int] = {}
    made = []
    for r in sources:
        k = match_record(ctx.relations, ctx.streams, r)
        flags = absent = 0
        if k >= 0:
            flags, absent = _known_marks(ctx, ctx.streams[k], streams[k], r)
        group = -1
        if r.order is not None:
            group = groups.setdefault((r.date, r.date_to), len(groups))
        made.append(
            DatedRecord(
                id=r.id,
                key=id_key("record", r.id),
                low=float(ctx.day(r.date)),
                high=float(min(ctx.day(r.date_to) + 1, 0)),
                stream=k,
                group=group,
                order=r.order or 0,
                flags=flags,
                absent=absent,
                deaths=-1 if r.deaths is None else r.deaths,
                injured=-1 if r.injured is None else r.injured,
            )
        )
    return made


def _events(
    ctx: Context, streams: Sequence[Stream], sources: Sequence[EventSource]
) -> list[DatedRecord]:
    """One record for each event of a table of events by stream and day."""
    made = []
    for e in sources:
        k = ctx.at("streams", e.stream, "events")
        name = f"{e.stream} {e.date.isoformat()}"
        if e.date_to != e.date:
            name += f" to {e.date_to.isoformat()}"
        low = float(ctx.day(e.date))
        high = float(min(ctx.day(e.date_to) + 1, 0))
        for n in range(e.count):
            one = f"{name} {n + 1}"
            key = id_key("event", one)
            made.append(DatedRecord(one, key, low, high, k, flags=streams[k].flags))
    return made


# ---- counts ------------------------------------------------------------------


def _bounds(row: CountSource) -> tuple[int, int, float]:
    """(low, high, centre) of a count row."""
    low, high = row.low, row.high
    count = row.count if row.count is not None or row.kind == "range" else low
    if row.kind in ("exact", "at least") and count is None:
        msg = f"counts.{row.id}: a count of kind {row.kind} needs a number"
        raise ModelError(msg)
    if row.kind == "exact" and count is not None:
        return count, count, float(count)
    if row.kind == "at least" and count is not None:
        return count, FAR, float(count)
    if row.kind == "about" and low is None and high is None and count is not None:
        slack = max(1, round(0.1 * count))
        low, high = max(0, count - slack), count + slack
    if low is None:
        low = count if count is not None else 0
    if high is None:
        high = count if count is not None else FAR
    middle = float(count) if count is not None else 0.5 * (low + high)
    # none seen, but one not ruled out: a rare event, not an impossible one
    return low, high, max(middle, 0.25 * (low + min(high, 4 * low + 4)))


class _Counted(NamedTuple):
    """What a row counts: rows of the same make one series."""

    kind: SeriesKind
    streams: tuple[int, ...]
    mask: int
    report: int


def _series_of(ctx: Context, row: CountSource, patterns: Sequence[Pattern]) -> _Counted:
    """What a row counts."""
    if row.report:
        report = ctx.at("reports", row.report, f"counts.{row.id}")
        streams = tuple(sorted({c.stream for c in patterns[report].clauses}))
        return _Counted("claims", streams, 0, report)
    pattern = ctx.pattern(row.of)
    if not pattern.clauses:
        msg = f"counts.{row.id}: {row.text!r} matches no stream"
        raise ModelError(msg)
    streams = tuple(sorted({c.stream for c in pattern.clauses}))
    masks = {c.require for c in pattern.clauses}
    if masks == {0}:
        return _Counted("events", streams, 0, -1)
    if len(pattern.clauses) > 1:
        msg = (
            f"counts.{row.id}: {row.text!r} counts marked events of several kinds; "
            "count one stream and one mark in a row"
        )
        raise ModelError(msg)
    return _Counted("marked", streams, masks.pop(), -1)


def _counts(
    ctx: Context, reports: Sequence[Pattern], sources: Sequence[CountSource]
) -> tuple[list[Series], list[Rival]]:
    rows: dict[_Counted, list[CountRow]] = {}
    texts: dict[_Counted, str] = {}
    rivals: dict[str, int] = {}
    for row in sources:
        if row.kind == "missing":
            continue
        key = _series_of(ctx, row, reports)
        low, high, centre = _bounds(row)
        rival = -1
        if row.rival:
            rival = rivals.setdefault(row.rival, len(rivals))
        texts.setdefault(key, row.text)
        rows.setdefault(key, []).append(
            CountRow(
                id=row.id,
                first=ctx.day(row.since),
                last=min(ctx.day(row.to) + 1, 0),
                low=low,
                high=high,
                centre=centre,
                at_least=high >= FAR,
                rival=rival,
                weight=1.0 if row.weight is None else row.weight,
            )
        )
    series = [
        Series(
            of=texts[key],
            kind=key.kind,
            streams=key.streams,
            rows=tuple(found),
            require=key.mask,
            report=key.report,
        )
        for key, found in rows.items()
    ]
    members: dict[int, list[tuple[int, int]]] = {}
    for n, s in enumerate(series):
        for k, made in enumerate(s.rows):
            if made.rival >= 0:
                members.setdefault(made.rival, []).append((n, k))
    groups = [Rival(name, tuple(members[k])) for name, k in rivals.items()]
    return series, groups


def _unseen(ctx: Context, begins: int, sources: Sequence[StreamSource]) -> list[Unseen]:
    found = []
    for k, source in enumerate(sources):
        path = f"streams.{source.words.id}.observed"
        for n, (share, since, to) in enumerate(source.observed, 1):
            first = begins if since is None else max(ctx.day(since), begins)
            last = 0 if to is None else min(ctx.day(to) + 1, 0)
            start = "start" if since is None else since.isoformat()
            slot = ctx.number(f"{path}.{n}.share", share, key=f"{path}.{start}")
            key = id_key("unseen", source.words.id, start)
            if first < last:
                found.append(Unseen(key, k, first, last, slot))
    return found


def build_past(
    ctx: Context,
    begins: dt.date | None,
    streams: Sequence[Stream],
    sources: Sequence[StreamSource],
    records: Sequence[RecordSource],
    reports: Sequence[Pattern],
    counts: Sequence[CountSource],
    events: Sequence[EventSource] = (),
) -> Matched:
    """Everything known before the origin, in numbers.

    Parameters
    ----------
    ctx
        Shared state, with all bits handed out.
    begins
        First day of the records, if the case says so.
    streams, sources
        Compiled streams and what they were made of.
    records, counts
        Rows of the tables.
    reports
        Pattern of each report layer.
    """
    dated = _records(ctx, streams, records) + _events(ctx, streams, events)
    series, rivals = _counts(ctx, reports, counts)
    days = [0 if begins is None else ctx.day(begins)]
    days += [int(r.low) for r in dated if r.stream >= 0]
    days += [row.first for s in series for row in s.rows]
    first = min(days)
    unmatched = tuple(r.id for r in dated if r.stream < 0)
    notes = []
    if unmatched:
        notes.append(
            f"{len(unmatched)} of {len(dated)} records match no stream and are context"
        )
    past = PastData(
        begins=first,
        records=tuple(dated),
        series=tuple(series),
        rivals=tuple(rivals),
        unseen=tuple(_unseen(ctx, first, sources)),
    )
    return Matched(past, unmatched, tuple(notes))
