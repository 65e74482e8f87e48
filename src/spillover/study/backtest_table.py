"""Daily tables of one form, read into counts per day and cell.

A table has a date, one or more keys and a count (or is wide: one column a cell, or is a
list of events, one a row). Several files are one series: each covers the days from its
first to its last date; days that no file covers are not observed, never zero.

This file must never import a page or a command.
"""

from __future__ import annotations

import datetime as dt
import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.errors import InputError, among

if TYPE_CHECKING:
    import duckdb

__all__ = ["DailyTable", "TableQuery", "read_table"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST_DAYS = 36_525
"""A century; a table that spans more holds a date that is wrong."""
SILENT_RUN = 14
"""Days on which every cell is zero before they are taken as not reported."""
READERS = {
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".txt": "read_csv",
    ".tab": "read_csv",
    ".parquet": "read_parquet",
}
CLASS_OF_QUAD = "CASE WHEN quad <= 2 THEN 'coop' ELSE 'conf' END"


@dataclass(frozen=True)
class TableQuery:
    """How the files are to be read.

    Attributes
    ----------
    files
        CSV (also `.gz`, `.zst`) or Parquet, of one form.
    keys
        Columns that name a cell; empty when ``melt`` is given.
    count
        Column of counts; empty: every row is one event.
    cells
        How many cells: the busiest before ``test_from``.
    test_from
        First day that is forecast for the record; None: the last fifth of the days.
    date
        Column of the date.
    where
        SQL condition on the rows.
    derive
        (name, SQL expression) of columns made from others.
    melt
        Columns of a wide table, each a cell.
    """

    files: tuple[Path, ...]
    keys: tuple[str, ...] = ()
    count: str = ""
    cells: int = 200
    test_from: dt.date | None = None
    date: str = "date"
    where: str = ""
    derive: tuple[tuple[str, str], ...] = ()
    melt: tuple[str, ...] = ()


@dataclass(frozen=True)
class DailyTable:
    """Counts per day and cell.

    Attributes
    ----------
    start
        The first day.
    counts : (T, K)
        Zero where a day was not observed.
    observed : (T,)
        Whether the day is covered by a file and not silent throughout.
    keys
        Names of the keys.
    cells
        The key values of each cell, busiest first.
    first_test
        Index of the first test day.
    notes
        What a person should know about the reading.
    """

    start: dt.date
    counts: Floats
    observed: Bools
    keys: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    first_test: int
    notes: tuple[str, ...] = ()

    @property
    def weekday(self) -> NDArray[np.int64]:
        """Monday 0 to Sunday 6, shape (T,)."""
        return (self.start.weekday() + np.arange(len(self.counts))) % 7

    def day(self, t: int) -> dt.date:
        """The date of day ``t``."""
        return self.start + dt.timedelta(days=int(t))


@dataclass(frozen=True)
class _Part:
    """One file: its days and the sums it holds."""

    file: Path
    first: dt.date
    last: dt.date
    rows: list[tuple[Any, ...]]


def read_table(query: TableQuery) -> DailyTable:
    """Read the files of a query as one series of counts.

    Raises
    ------
    InputError
        A file or column that is not there, a date or count that cannot be read, days
        that two files both hold, too few days.
    """
    import duckdb

    if not query.files:
        msg = "no table given"
        raise InputError(msg)
    if not query.keys and not query.melt:
        msg = (
            "name the columns that make a cell with --keys "
            "(or --melt for a table with one column per cell)"
        )
        raise InputError(msg)
    if query.cells < 1:
        msg = f"--cells {query.cells}: at least one cell is needed"
        raise InputError(msg)
    notes: list[str] = []
    with duckdb.connect(":memory:") as db:
        db.execute("SET threads = 1")
        parts = [_read(db, f, query, notes) for f in query.files]
    return _joined(parts, query, list(dict.fromkeys(notes)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _source(file: Path, text: Sequence[str] | None = None) -> str:
    """The reading of a file; columns ``text`` (None: all) stay as they are written.

    Codes keep their leading zeros; dates and counts are checked by us, with a message.
    """
    name = file.name.lower()
    kind = next(
        (r for s, r in READERS.items() if re.search(rf"{s}(\.\w+)?$", name)), ""
    )
    if not kind:
        msg = f"{file}: a table is a .csv (also .gz) or .parquet file"
        raise InputError(msg)
    path = str(file).replace("'", "''")
    if kind == "read_parquet":
        return f"read_parquet('{path}')"
    if text is None:
        kinds = "all_varchar = true"
    else:
        pairs = ", ".join(f"{_quoted(c)}: 'VARCHAR'" for c in text)
        kinds = f"types = {{{pairs}}}, sample_size = -1"
    return f"read_csv('{path}', header = true, strict_mode = true, {kinds})"


def _columns(db: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    import duckdb

    if not file.is_file():
        msg = f"{file}: no such file"
        raise InputError(msg)
    if file.name.lower().endswith(".gz"):
        _unpacks(file)
    try:
        rows = db.execute(f"DESCRIBE SELECT * FROM {_source(file)}").fetchall()
    except duckdb.Error as e:
        msg = f"{file}: cannot be read as a table: {_first_line(e)}"
        raise InputError(msg) from None
    return [r[0] for r in rows]


def _unpacks(file: Path) -> None:
    """A damaged archive is told as one: DuckDB before 2.0 reads it as a line of text."""
    try:
        with gzip.open(file) as packed:
            packed.read(1)
    except (OSError, EOFError, zlib.error) as e:
        msg = f"{file}: cannot be read as a table: {_first_line(e)}"
        raise InputError(msg) from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _read(
    db: duckdb.DuckDBPyConnection, file: Path, query: TableQuery, notes: list[str]
) -> _Part:
    """The sums per day and cell of one file."""
    import duckdb

    have = _columns(db, file)
    made = dict(query.derive)
    if "cls" in query.keys and "cls" not in (*have, *made) and "quad" in have:
        made["cls"] = CLASS_OF_QUAD
        notes.append(
            "cls is made from quad: 1 and 2 are coop (cooperation), 3 and 4 conf (conflict)"
        )
    wanted = [
        query.date,
        *(query.melt or query.keys),
        *([query.count] if query.count else []),
    ]
    absent = [c for c in wanted if c not in have and c not in made]
    if absent:
        lines = [
            f'{file}: no column "{c}". The table has {among(c, have)}' for c in absent
        ]
        raise InputError("\n".join(lines))
    select = "".join(f", ({text}) AS {_quoted(name)}" for name, text in made.items())
    star = (
        "*"
        if not set(made) & set(have)
        else f"* EXCLUDE ({', '.join(_quoted(c) for c in set(made) & set(have))})"
    )
    where = f"WHERE ({query.where})" if query.where else ""
    source = _source(file, [c for c in wanted if c in have])
    table = f"(SELECT {star}{select} FROM {source}) "
    # DuckDB reads years that Python's dates do not hold.
    moment = f"TRY_CAST({_quoted(query.date)} AS TIMESTAMP)"
    date = f"CASE WHEN year({moment}) BETWEEN 1 AND 9999 THEN {moment} END"
    try:
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE part AS SELECT *, CAST({date} AS DATE) AS _day FROM {table} {where}"
        )
        _no_bad_values(db, file, query)
        bounds = db.execute("SELECT min(_day), max(_day) FROM part").fetchone()
        # A file covers its days whatever rows the condition keeps.
        whole = db.execute(
            f"SELECT CAST(min({date}) AS DATE), CAST(max({date}) AS DATE) FROM {table}"
        ).fetchone()
        rows = db.execute(_sums(query)).fetchall()
    except duckdb.Error as e:
        msg = f"{file}: {_first_line(e)}"
        raise InputError(msg) from None
    if bounds is None or bounds[0] is None or whole is None:
        msg = f"{file}: no row is left" + (
            f" after --where {query.where}" if query.where else ""
        )
        raise InputError(msg)
    return _Part(file, whole[0], whole[1], rows)


def _no_bad_values(
    db: duckdb.DuckDBPyConnection, file: Path, query: TableQuery
) -> None:
    bad = db.execute(
        f"SELECT count(*), min({_quoted(query.date)}) FROM part WHERE _day IS NULL"
    ).fetchone()
    faults = []
    if bad and bad[0]:
        faults.append(
            f'{file}: {bad[0]} of its rows have no date in "{query.date}" that can be read, such as "{bad[1]}". Expected 2024-03-31'
        )
    for c in query.melt or ((query.count,) if query.count else ()):
        q = _quoted(c)
        number = f"TRY_CAST({q} AS DOUBLE)"
        bad = db.execute(
            f"SELECT count(*), min(CAST({q} AS VARCHAR)) FROM part WHERE {number} IS NULL OR {number} < 0 OR {number} <> floor({number})"
        ).fetchone()
        if bad and bad[0]:
            found = "nothing" if bad[1] is None else f'"{bad[1]}"'
            faults.append(
                f'{file}: {bad[0]} of its rows have no count in "{c}", such as {found}. Expected a whole number, 0 or more'
            )
    if faults:
        raise InputError("\n".join(faults))


def _sums(query: TableQuery) -> str:
    if query.melt:
        each = [
            f"SELECT _day, '{c.replace(chr(39), chr(39) * 2)}' AS c, sum(CAST({_quoted(c)} AS DOUBLE)) AS n FROM part GROUP BY 1"
            for c in query.melt
        ]
        return " UNION ALL ".join(each) + " ORDER BY 1, 2"
    keys = ", ".join(f"coalesce(CAST({_quoted(k)} AS VARCHAR), '')" for k in query.keys)
    n = f"sum(CAST({_quoted(query.count)} AS DOUBLE))" if query.count else "count(*)"
    numbers = ", ".join(str(i + 2) for i in range(len(query.keys)))
    return f"SELECT _day, {keys}, {n} FROM part GROUP BY 1, {numbers} ORDER BY 1, {numbers}"


def _joined(parts: list[_Part], query: TableQuery, notes: list[str]) -> DailyTable:
    parts = sorted(parts, key=lambda p: p.first)
    for a, b in pairwise(parts):
        if b.first <= a.last:
            msg = (
                f"{a.file} ({a.first} to {a.last}) and {b.file} ({b.first} to {b.last}) both hold "
                f"{b.first}: give each day once"
            )
            raise InputError(msg)
    start, last = parts[0].first, parts[-1].last
    T = (last - start).days + 1
    if T > MOST_DAYS:
        msg = f"the tables hold {start} to {last}: {T:,} days. Expected a century at most: see whether the first or the last date is right"
        raise InputError(msg)
    observed = np.zeros(T, np.bool_)
    for p in parts:
        observed[(p.first - start).days : (p.last - start).days + 1] = True
    gaps = [
        (a.last + dt.timedelta(1), b.first - dt.timedelta(1))
        for a, b in pairwise(parts)
        if (b.first - a.last).days > 1
    ]
    notes += [
        f"no file covers {a} to {b} ({(b - a).days + 1} days): not observed, no window spans them"
        for a, b in gaps
    ]
    first = _first_test(query, observed, start)
    names = sorted({r[1:-1] for p in parts for r in p.rows})
    index = {n: i for i, n in enumerate(names)}
    counts = np.zeros((T, len(names)))
    for p in parts:
        for r in p.rows:
            counts[(r[0] - start).days, index[r[1:-1]]] += r[-1]
    before = counts[:first].sum(0)
    order = sorted(range(len(names)), key=lambda i: (-before[i], names[i]))
    order = [i for i in order if before[i] > 0][: query.cells]
    if not order:
        msg = (
            f"no event before {start + dt.timedelta(days=first)}: nothing to learn from"
        )
        raise InputError(msg)
    if len(order) < query.cells and not query.melt:
        notes.append(
            f"{len(order)} cells have events before the test; {query.cells} were asked for"
        )
    kept = counts[:, order]
    kept, observed, silent = _silent_runs(kept, observed, first, start)
    kept[~observed] = 0.0
    return DailyTable(
        start=start,
        counts=kept,
        observed=observed,
        keys=query.keys if not query.melt else ("column",),
        cells=tuple(tuple(str(v) for v in names[i]) for i in order),
        first_test=first,
        notes=(*notes, *silent),
    )


def _first_test(query: TableQuery, observed: Bools, start: dt.date) -> int:
    T = len(observed)
    if query.test_from is None:
        seen = np.flatnonzero(observed)
        first = int(seen[int(len(seen) * 0.8)])
    else:
        first = (query.test_from - start).days
    last = start + dt.timedelta(days=T - 1)
    if not 0 < first < T:
        msg = f"--test-from {query.test_from}: the tables hold {start} to {last}"
        raise InputError(msg)
    n = int(observed[:first].sum())
    if n < 28:
        msg = f"only {n} days before {start + dt.timedelta(days=first)}: at least 28 are needed to learn from"
        raise InputError(msg)
    return first


def _silent_runs(
    counts: Floats, observed: Bools, first: int, start: dt.date
) -> tuple[Floats, Bools, list[str]]:
    """Long runs of days without any event, where there are many, were not reported."""
    mean = counts[:first][observed[:first]].sum(1).mean()
    notes: list[str] = []
    if mean < 1.0:
        return counts, observed, notes
    empty = observed & (counts.sum(1) == 0)
    observed = observed.copy()
    t = 0
    while t < len(empty):
        end = t
        while end < len(empty) and empty[end]:
            end += 1
        if end - t >= SILENT_RUN:
            observed[t:end] = False
            a, b = start + dt.timedelta(days=t), start + dt.timedelta(days=end - 1)
            notes.append(
                f"no cell has any event from {a} to {b} ({end - t} days, {mean:.1f} a day before the test): taken as not reported, not as calm"
            )
        t = max(end, t + 1)
    return counts, observed, notes
