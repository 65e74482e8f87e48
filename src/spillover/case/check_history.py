"""Checks of the past: records, counts, and whether counts can hold together.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterable

from spillover.case.check_names import stands_for, streams_of
from spillover.case.checking import Checker, several
from spillover.case.tables import IntervalCount
from spillover.model.actions import ACTIONS

__all__ = ["check_counts", "check_events", "check_records", "contradiction"]


def check_events(check: Checker) -> None:
    """Events by stream and day: known streams, before the origin, counted once."""
    case = check.case
    file = case.history.events
    streams = {s.id for s in case.streams}
    counted = {
        s.id for c in case.counts for p in c.of.patterns for s in streams_of(check, p)
    }
    told: set[str] = set()
    for e in case.events:
        if e.stream not in streams:
            if e.stream not in told:
                check.table_unknown(
                    file,
                    e.line,
                    "stream",
                    f'unknown stream "{e.stream}"',
                    e.stream,
                    streams,
                    "the id of a stream",
                )
            told.add(e.stream)
        elif e.stream in counted and e.stream not in told:
            told.add(e.stream)
            check.table_fault(
                file,
                e.line,
                "stream",
                f'the counts of the case speak of "{e.stream}" already',
                "events of streams without counts",
                f"Take its rows out of {file} or of {case.history.counts}",
            )
        begins = case.history.begins
        if e.last >= case.origin:
            check.table_fault(
                file,
                e.line,
                "date",
                f"{e.last} is not before the origin {case.origin}",
                "events before the origin",
            )
        elif begins is not None and e.first < begins:
            check.table_fault(
                file,
                e.line,
                "date",
                f"{e.first} is before the records begin ({begins})",
                "a day from then on",
                "Mend history: {begins: ...} or the date",
            )


def check_records(check: Checker) -> None:
    """Records lie before the origin and match something."""
    case = check.case
    for code, actor in case.codebook.items():
        if actor not in case.actors:
            check.table_unknown(
                case.history.codebook,
                0,
                code,
                f'unknown actor "{actor}"',
                actor,
                case.actors,
                "an actor id",
            )
    marks = {m for s in case.streams for m in (*s.marks.yes_no, *s.marks.choices)}
    values = {
        (m, v) for s in case.streams for m, c in s.marks.choices.items() for v in c
    }
    file = case.history.records
    idle = 0
    for r in case.records:
        if r.last >= case.origin:
            check.table_fault(
                file,
                r.line,
                "date",
                f"{r.last} is not before the origin {case.origin}",
                "records of what was before the origin",
            )
        if r.published is not None and r.published > case.origin:
            check.table_fault(
                file,
                r.line,
                "published",
                f"{r.published} is after the origin {case.origin}",
                "records that were out by the origin",
            )
        begins = case.history.begins
        if begins is not None and r.first < begins:
            check.table_fault(
                file,
                r.line,
                "date",
                f"{r.first} is before the records begin ({begins})",
                "a day from then on",
                "Mend history: {begins: ...} or the date",
            )
        if r.action not in ACTIONS:
            check.table_unknown(
                file,
                r.line,
                "action",
                f'"{r.action}" is not a known action',
                r.action.upper(),
                ACTIONS,
                f"one of {', '.join(ACTIONS)}",
            )
        for column, actor in (("source", r.source), ("target", r.target)):
            if actor not in case.actors:
                check.table_unknown(
                    file,
                    r.line,
                    column,
                    f'"{actor}" is neither an actor nor a code of the codebook',
                    actor,
                    (*case.actors, *case.codebook),
                    "an actor id",
                    "Add the code to the codebook, or the actor to the case",
                )
        for column, place in (("from", r.place_from), ("in", r.place_in)):
            if place and place not in case.places:
                check.table_unknown(
                    file,
                    r.line,
                    column,
                    f'unknown place "{place}"',
                    place,
                    case.places,
                    "an id of places:",
                )
        idle += not any(
            stands_for(check, s.event.source, r.source)
            and s.event.action == r.action
            and stands_for(check, s.event.target, r.target)
            and s.about == r.about
            for s in case.streams
        )
        for name, value in r.marks:
            known = (name, value) in values or (
                name in marks and value in ("", "yes", "no")
            )
            if not known:
                text = f"{name}: {value}" if value else name
                check.table_fault(
                    file,
                    r.line,
                    "marks",
                    f'no stream draws the mark "{text}"',
                    "a mark of a stream",
                    "Mend it, or add the mark to its stream",
                )
    if idle:
        check.warnings.append(
            f"{idle} of {several(len(case.records), 'record', 'records')} {'matches' if idle == 1 else 'match'} no stream and {'stays' if idle == 1 else 'stay'} as context"
        )


def _rows_of(rows: Iterable[IntervalCount]) -> list[list[IntervalCount]]:
    """Ways to choose one row of each rival group."""
    groups: dict[str, list[IntervalCount]] = {}
    fixed: list[IntervalCount] = []
    for r in rows:
        if r.rival:
            groups.setdefault(r.rival, []).append(r)
        else:
            fixed.append(r)
    return [
        fixed + list(c)
        for c in itertools.islice(itertools.product(*groups.values()), 64)
    ]


def contradiction(rows: list[IntervalCount]) -> list[IntervalCount]:
    """Rows that cannot all hold: a negative cycle of difference constraints.

    N(b) - N(a) lies in [low, high] for the cumulative count N at the ends of each row,
    and N never falls; Bellman-Ford finds a cycle of negative length iff no N fits.
    """
    ends = sorted({d for r in rows for d in (r.first, r.last + dt.timedelta(days=1))})
    at = {d: i for i, d in enumerate(ends)}
    edges: list[tuple[int, int, float, IntervalCount | None]] = [
        (i + 1, i, 0.0, None) for i in range(len(ends) - 1)
    ]
    for r in rows:
        a, b = at[r.first], at[r.last + dt.timedelta(days=1)]
        if math.isfinite(r.high):
            edges.append((a, b, r.high, r))
        edges.append((b, a, -r.low, r))
    distance = [0.0] * len(ends)
    before: list[tuple[int, IntervalCount | None]] = [(-1, None)] * len(ends)
    last = -1
    for _ in range(len(ends) + 1):
        last = -1
        for u, v, length, row in edges:
            if distance[u] + length < distance[v] - 1e-9:
                distance[v], before[v], last = distance[u] + length, (u, row), v
        if last < 0:
            return []
    for _ in ends:
        last = before[last][0]
    found: list[IntervalCount] = []
    node = last
    while True:
        node, row = before[node]
        if row is not None and row not in found:
            found.append(row)
        if node == last:
            return sorted(found, key=lambda r: r.line)


def check_counts(check: Checker) -> None:
    """Counts lie before the origin, count something, and do not contradict."""
    case = check.case
    file = case.history.counts
    kept: dict[str, list[IntervalCount]] = {}
    for r in case.counts:
        if r.last >= case.origin:
            check.table_fault(
                file,
                r.line,
                "to",
                f"{r.last} is not before the origin {case.origin}",
                "counts of what was before the origin",
            )
            continue
        if r.of.kind == "gauge":
            check.table_fault(
                file,
                r.line,
                "of",
                f'"{r.text}" cannot be counted',
                "a pattern, or report and its id",
            )
        elif r.of.kind == "report":
            if r.of.name not in [x.id for x in case.reports]:
                check.table_unknown(
                    file,
                    r.line,
                    "of",
                    f'unknown report "{r.of.name}"',
                    r.of.name,
                    [x.id for x in case.reports],
                    "an id of reports:",
                )
        elif not all(streams_of(check, p) for p in r.of.patterns):
            check.table_unknown(
                file,
                r.line,
                "of",
                f'"{r.text}" matches no stream',
                r.text,
                [s.id for s in case.streams],
                "a stream of this case, or report and its id",
            )
        if r.kind != "missing":
            kept.setdefault(r.text, []).append(r)
    for rows in kept.values():
        for chosen in _rows_of(rows):
            bad = contradiction(chosen)
            if bad:
                said = "; ".join(
                    f"{r.id} ({r.first} to {r.last}: {r.low:g}{'' if r.high == r.low else f' to {r.high:g}'})"
                    for r in bad
                )
                check.table_fault(
                    file,
                    bad[-1].line,
                    "count",
                    f"these counts cannot all hold: {said}",
                    "a part is at most its whole",
                    "Mend a number, or make them rivals",
                )
                break
