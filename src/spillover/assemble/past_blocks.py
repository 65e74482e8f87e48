"""Blocks: streams whose past is imputed together, with the rows that bind them.

A block is one stream with counts of its own, or the streams without such that a count
of several streams covers. Its *atoms* lie between the ends of its rows.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.lattice import FAR, close
from spillover.assemble.mark_needs import mark_needs
from spillover.assemble.past_data import CountRow, PastData, Series
from spillover.errors import ModelError
from spillover.model.structure import ABSENT, Model

__all__ = ["Block", "Rows", "blocks_of", "check_counts", "compile_rows"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Count rows as arrays over the atoms of a block.

    ``first`` and ``last`` index its edges; ``at`` is (series, row) of each; ``minimum``
    marks rows that only bound from below because they count marked events.
    """

    first: Ints
    last: Ints
    low: Ints
    high: Ints
    centre: Floats
    days: Ints
    at_least: Ints
    minimum: Ints
    at: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Block:
    """Streams imputed together.

    Attributes
    ----------
    streams
        Their indices.
    fixed
        Streams that its rows count too but that other blocks have settled.
    edges
        Days at which its atoms begin and end.
    events, claims
        Rows of events, and of claims made of them.
    report
        The report layer whose claims are counted, or -1.
    surely_claimed
        Every act is claimed (no ``claimed`` share), so claims are at least the acts.
    """

    streams: tuple[int, ...]
    fixed: tuple[int, ...]
    edges: Ints
    events: Rows
    claims: Rows
    report: int
    surely_claimed: bool


def compile_rows(
    edges: Sequence[int], rows: Iterable[tuple[CountRow, tuple[int, int], bool]]
) -> Rows:
    """Rows (with their place, and whether they only bound from below) over edges."""
    index = {day: k for k, day in enumerate(edges)}
    given = list(rows)

    def ints(values: Iterable[int]) -> Ints:
        return np.array(list(values), np.int64)

    return Rows(
        first=ints(index[r.first] for r, _, _ in given),
        last=ints(index[r.last] for r, _, _ in given),
        low=ints(r.low for r, _, _ in given),
        high=ints(FAR if least else min(r.high, FAR) for r, _, least in given),
        centre=np.array([r.centre for r, _, _ in given], np.float64),
        days=ints(r.last - r.first for r, _, _ in given),
        at_least=ints(int(r.at_least) for r, _, _ in given),
        minimum=ints(int(least) for _, _, least in given),
        at=tuple(at for _, at, _ in given),
    )


def _edges(begins: int, rows: Iterable[CountRow]) -> list[int]:
    days = {begins, 0}
    for row in rows:
        days |= {row.first, row.last}
    return sorted(days)


def _inside_counted(row: CountRow, counted: Sequence[CountRow]) -> bool:
    """Whether every day of ``row`` lies in some row of ``counted``."""
    day = row.first
    while day < row.last:
        reach = max((c.last for c in counted if c.first <= day < c.last), default=day)
        if reach == day:
            return False
        day = reach
    return True


def blocks_of(
    model: Model, past: PastData
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """Blocks of a past, and sentences on rows that could not be used.

    Parameters
    ----------
    model
        The structure (for the report layers).
    past
        Records and counts.

    Returns
    -------
    blocks, notes
    """
    settled: set[int] = set()
    blocks: list[Block] = []
    notes: list[str] = []
    plain: dict[tuple[int, ...], list[int]] = {}
    for n, series in enumerate(past.series):
        if series.kind != "marked":
            plain.setdefault(series.streams, []).append(n)
    for streams in sorted(plain, key=lambda s: (len(s), s)):
        own = tuple(s for s in streams if s not in settled)
        fixed = tuple(s for s in streams if s in settled)
        if not own:
            names = ", ".join(past.series[n].of for n in plain[streams])
            notes.append(
                f"counts of {names} were not used: each of their streams has its own"
            )
            continue
        at = plain[streams]
        events = [n for n in at if past.series[n].kind == "events"]
        claims = [n for n in at if past.series[n].kind == "claims"]
        for n in claims[1:]:
            notes.append(
                f"counts of {past.series[n].of} were not used: one report "
                "layer of a stream is enough"
            )
        if fixed and claims:
            notes.append(
                f"counts of {past.series[claims[0]].of} were not used: part of "
                "their streams have counts of their own"
            )
            claims = []
        blocks.append(_block(model, past, own, fixed, events, claims[:1]))
        settled |= set(own)
    return tuple(blocks), tuple(notes)


def _with_unmarked(
    model: Model, past: PastData, series: Series, row: CountRow
) -> CountRow:
    """Turn a row of marked events into a bound on all of them.

    Dated events without the mark add to it.
    """
    _, excludes = mark_needs(model, series.streams[0], series.require)
    unmarked = sum(
        r.stream in series.streams
        and row.first <= r.low
        and r.high <= row.last
        and bool(r.absent & series.require or r.flags & excludes)
        for r in past.records
    )
    return replace(row, low=row.low + unmarked)


def _block(
    model: Model,
    past: PastData,
    own: tuple[int, ...],
    fixed: tuple[int, ...],
    events: list[int],
    claims: list[int],
) -> Block:
    def placed(at: Iterable[int]) -> list[tuple[CountRow, tuple[int, int], bool]]:
        return [
            (row, (n, k), False)
            for n in at
            for k, row in enumerate(past.series[n].rows)
        ]

    event_rows, claim_rows = placed(events), placed(claims)
    counted = [r for r, _, _ in (*event_rows, *claim_rows)]
    if len(own) == 1:
        for n, series in enumerate(past.series):
            if series.kind == "marked" and series.streams == own:
                event_rows += [
                    (_with_unmarked(model, past, series, row), (n, k), True)
                    for k, row in enumerate(series.rows)
                    if row.low > 0 and _inside_counted(row, counted)
                ]
    edges = _edges(past.begins, [r for r, _, _ in (*event_rows, *claim_rows)])
    report = past.series[claims[0]].report if claims else -1
    return Block(
        streams=own,
        fixed=fixed,
        edges=np.array(edges, np.int64),
        events=compile_rows(edges, event_rows),
        claims=compile_rows(edges, claim_rows),
        report=report,
        surely_claimed=report >= 0 and model.reports[report].claimed == ABSENT,
    )


# ---- contradictions ------------------------------------------------------------------


def _surely_inside(past: PastData, series: Series, edges: Sequence[int]) -> Ints:
    """Dated records that lie in each atom whatever their hour."""
    number = np.zeros(len(edges) - 1, np.int64)
    for record in past.records:
        if record.stream not in series.streams:
            continue
        if series.require & ~record.flags:
            continue
        for k in range(len(edges) - 1):
            if edges[k] <= record.low and record.high <= edges[k + 1]:
                number[k] += 1
    return number


def _fits(past: PastData, series: Series, rows: Sequence[CountRow]) -> bool:
    edges = _edges(past.begins, rows)
    table = compile_rows(edges, ((r, (0, 0), False) for r in rows))
    lower = np.zeros(len(edges) - 1, np.int64)
    if series.kind != "claims":
        lower = _surely_inside(past, series, edges)
    far = np.zeros((len(edges), len(edges)), np.int64)
    upper = np.full(len(lower), FAR)
    return close(far, lower, upper, table.first, table.last, table.low, table.high)


def check_counts(past: PastData) -> None:
    """Check that counts of one thing can hold together with the dated records.

    Every choice of rival definitions is tried.

    Raises
    ------
    ModelError
        Naming the rows that contradict each other.
    """
    for n, series in enumerate(past.series):
        groups: dict[int, list[CountRow]] = {}
        always: list[CountRow] = []
        for row in series.rows:
            if row.rival >= 0:
                groups.setdefault(row.rival, []).append(row)
            else:
                always.append(row)
        choices: list[list[CountRow]] = [always]
        for rows in groups.values():
            choices = [[*c, r] for c in choices for r in rows][:256]
        for rows in choices:
            if not _fits(past, series, rows):
                raise ModelError(_contradiction(past, n, rows))


def _contradiction(past: PastData, n: int, rows: list[CountRow]) -> str:
    """Smallest set of rows found that cannot hold together, in words."""
    series = past.series[n]
    kept = list(rows)
    for row in rows:
        fewer = [r for r in kept if r is not row]
        if not _fits(past, series, fewer):
            kept = fewer
    shown = "; ".join(f"{r.id} says {_words(r)}" for r in kept)
    dated = "" if series.kind == "claims" else " and the dated records"
    return f"counts of {series.of} contradict each other{dated}: {shown}"


def _words(row: CountRow) -> str:
    if row.at_least:
        return f"at least {row.low}"
    return f"{row.low}" if row.low == row.high else f"{row.low} to {row.high}"
