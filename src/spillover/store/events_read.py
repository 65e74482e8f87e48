"""Reading the store: what was known at a day, each report once, and what is in there.

Two rules keep a backtest honest:

* **As of.** A read as of an instant gives, for every id, the latest revision that can
  have been known by then (`available`), and nothing of what came later. A date means
  its last second. A row whose publication is unknown counts from the stated lag; how
  many do is reported.
* **Repeated reports.** Machine-coded sources (GDELT, ICEWS, POLECAT) report one event
  many times under many ids. Rows with the same dataset, days, source, target, code and
  place are one event; their `reports` are summed. Sources compiled by people (UCDP,
  ACLED) and plain tables are never folded: two equal rows there are two events.

This file imports only `errors` and the rest of `store`.
"""
# ruff: noqa: E501 - SQL and sentences for people

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.errors import EventsError, among
from spillover.store.events import FIELDS, open_store

if TYPE_CHECKING:
    import duckdb

__all__ = ["FOLDED", "Records", "describe", "read_records", "records_sql"]

FOLDED = ("gdelt", "icews", "polecat")
"""Datasets coded by machine from news, whose repeated reports are folded."""
_SAME = (
    *("dataset", "first_day", "last_day", "source_name", "source_code"),
    *("target_name", "target_code", "code", "place", "country"),
)


@dataclass(frozen=True)
class Records:
    """Records read from a store.

    Attributes
    ----------
    columns
        Arrays of one length by field: days as ``datetime64[D]``, instants as
        ``datetime64[us]``, numbers as float64 (NaN: unknown), text as objects (None:
        blank).
    rows
        Their length.
    reports
        Rows before repeated reports were folded.
    assumed
        How many stand on a stated lag, since their publication is unknown.
    notes
        Sentences on what was folded and assumed.
    """

    columns: dict[str, NDArray[Any]]
    rows: int
    reports: int
    assumed: int
    notes: tuple[str, ...]

    def __getitem__(self, field: str) -> NDArray[Any]:
        """Return one column."""
        return self.columns[field]


def _instant(when: dt.date | dt.datetime) -> dt.datetime:
    """Last second of a date; an instant as it is, in UTC."""
    if isinstance(when, dt.datetime):
        if when.tzinfo is not None:
            when = when.astimezone(dt.UTC).replace(tzinfo=None)
        return when
    return dt.datetime.combine(when, dt.time(23, 59, 59))


def records_sql(
    *,
    as_of: dt.date | dt.datetime | None = None,
    datasets: Sequence[str] = (),
    start: dt.date | None = None,
    end: dt.date | None = None,
    columns: Iterable[str] = FIELDS,
    fold: bool = True,
) -> str:
    """SQL of the records known at an instant, for a question of one's own.

    Parameters
    ----------
    as_of
        Instant, or date (its last second); None: everything that is known now.
    datasets
        Only these; all when empty.
    start, end
        Only events whose days touch [start, end), in days of the event.
    columns
        Fields wanted; fewer are quicker.
    fold
        Make one row of repeated reports, where the source is of that kind.

    Returns
    -------
    str
        A query with these columns and `rows`, the reports folded into each.
    """
    wanted = [c for c in dict.fromkeys(columns) if c != "rows"]
    needed = ("dataset", "source_id", "available", "revision", "reports")
    keys = list(dict.fromkeys([*needed, *_SAME]))
    known = ["true"]
    if as_of is not None:
        known.append(f"available <= TIMESTAMP '{_instant(as_of).isoformat(sep=' ')}'")
    if datasets:
        names = ", ".join("'" + d.replace("'", "''") + "'" for d in datasets)
        known.append(f"dataset IN ({names})")
    # The days may differ between revisions, so they are asked of the latest one.
    days = ["true"]
    if start is not None:
        days.append(f"last_day >= DATE '{start.isoformat()}'")
    if end is not None:
        days.append(f"first_day < DATE '{end.isoformat()}'")
    # Most ids have one revision: only the others are put in order.
    latest = (
        f"known AS (SELECT rowid AS place_in_store, {', '.join(keys)} FROM records WHERE {' AND '.join(known)}), "
        "many AS (SELECT DISTINCT dataset, source_id FROM records WHERE revision > 1), "
        "once AS (SELECT * FROM known ANTI JOIN many USING (dataset, source_id) "
        "UNION ALL SELECT * FROM known SEMI JOIN many USING (dataset, source_id) "
        "QUALIFY row_number() OVER (PARTITION BY dataset, source_id "
        "ORDER BY available DESC, revision DESC) = 1), "
        f"latest AS (SELECT * FROM once WHERE {' AND '.join(days)})"
    )
    machine = ", ".join(f"'{d}'" for d in FOLDED)
    single = "SELECT place_in_store, reports, 1 AS rows FROM latest"
    chosen = single
    if fold:
        # the report known first stands for all
        chosen = (
            "SELECT arg_min(place_in_store, (available, source_id)) AS place_in_store, "
            "sum(coalesce(reports, 1))::INTEGER AS reports, count(*) AS rows "
            f"FROM latest WHERE dataset IN ({machine}) GROUP BY {', '.join(_SAME)} "
            f"UNION ALL {single} WHERE dataset NOT IN ({machine})"
        )
    listed = ", ".join("c.reports" if c == "reports" else f"r.{c}" for c in wanted)
    return (
        f"WITH {latest}, chosen AS ({chosen}) SELECT {listed}, c.rows "
        "FROM chosen c JOIN records r ON r.rowid = c.place_in_store"
    )


def read_records(
    store: Path | str | duckdb.DuckDBPyConnection,
    *,
    as_of: dt.date | dt.datetime | None = None,
    datasets: Sequence[str] = (),
    start: dt.date | None = None,
    end: dt.date | None = None,
    columns: Iterable[str] = FIELDS,
    fold: bool = True,
) -> Records:
    """Records known at an instant, in the order of their days.

    Parameters
    ----------
    store
        File of a store, or one that is open.
    as_of, datasets, start, end, fold
        As in `records_sql`.
    columns
        Fields wanted; fewer take less memory.

    Raises
    ------
    EventsError
        When there is no store, or no such dataset or field.
    """
    if isinstance(store, Path | str):
        with open_store(store) as connection:
            return read_records(
                connection,
                as_of=as_of,
                datasets=datasets,
                start=start,
                end=end,
                columns=columns,
                fold=fold,
            )
    wanted = list(columns)
    unknown = [c for c in wanted if c not in (*FIELDS, "rows")]
    if unknown:
        msg = f"records have no field {unknown[0]}. Expected one of {among(unknown[0], FIELDS)}"
        raise EventsError(msg)
    _check_datasets(store, datasets)
    order = ("first_day", "last_day", "dataset", "source_id", "published")
    sql = records_sql(
        as_of=as_of,
        datasets=datasets,
        start=start,
        end=end,
        columns=[*wanted, *order],
        fold=fold,
    )
    store.execute(f"CREATE OR REPLACE TEMP TABLE asked AS {sql}")
    row = store.execute(
        "SELECT count(*), coalesce(sum(rows), 0), count(*) FILTER (published IS NULL) FROM asked"
    ).fetchone()
    rows, reports, assumed = (int(x) for x in row) if row else (0, 0, 0)
    picked = ", ".join(f'"{c}"' for c in wanted)
    found = store.execute(
        f"SELECT {picked} FROM asked ORDER BY first_day, last_day, dataset, source_id"
    ).fetchnumpy()
    store.execute("DROP TABLE asked")
    notes = []
    if rows < reports:
        notes.append(
            f"{reports:,} reports are {rows:,} events: rows of machine-coded sources with the same days, actors, code and place are one"
        )
    if assumed:
        notes.append(
            f"{assumed:,} records state no day of publication; the stated lag of their source stands in for it"
        )
    return Records(
        {c: _array(found[c], FIELDS.get(c, "BIGINT")) for c in wanted},
        rows,
        reports,
        assumed,
        tuple(notes),
    )


def _check_datasets(
    connection: duckdb.DuckDBPyConnection, datasets: Sequence[str]
) -> None:
    if not datasets:
        return
    known = [
        r[0]
        for r in connection.execute(
            "SELECT DISTINCT dataset FROM records ORDER BY 1"
        ).fetchall()
    ]
    for d in datasets:
        if d not in known:
            msg = f"the store has no dataset {d}. Expected one of {among(d, known)}"
            raise EventsError(msg)


def _array(values: Any, kind: str) -> NDArray[Any]:  # noqa: ANN401 - masked or not
    """A column without masks: NaN, NaT or None stand for nothing."""
    masked = np.ma.getmaskarray(values)
    array = np.ma.getdata(values)
    if kind == "VARCHAR":
        text = np.array(array, dtype=object)
        text[masked] = None
        return text
    if kind in ("DATE", "TIMESTAMP"):
        days = np.array(array, "datetime64[D]" if kind == "DATE" else "datetime64[us]")
        days[masked] = np.datetime64("NaT", "D")
        return days
    numbers = np.array(array, np.float64)
    numbers[masked] = np.nan
    return numbers


def describe(
    store: Path | str,
    *,
    as_of: dt.date | dt.datetime | None = None,
    top: int = 10,
) -> dict[str, Any]:
    """What a store holds, as plain values for a page or JSON.

    For each dataset: reports, events after folding, revisions, first and last day, last
    publication, rows whose publication is unknown, the commonest actors, and the
    actions that no code table knows. Then the imports, newest last.

    Parameters
    ----------
    store
        Its file.
    as_of
        Only what was known then.
    top
        Length of the lists.
    """
    with open_store(store) as connection:
        run = connection.execute
        each = records_sql(as_of=as_of, columns=_ASKED, fold=False)
        run(f"CREATE TEMP TABLE asked AS {each}")
        events = dict(
            run(
                f"SELECT dataset, count(*) FROM ({records_sql(as_of=as_of, columns=['dataset'])}) GROUP BY 1"
            ).fetchall()
        )
        limit = (
            "true"
            if as_of is None
            else f"available <= TIMESTAMP '{_instant(as_of).isoformat(sep=' ')}'"
        )
        revisions = dict(
            run(
                f"SELECT dataset, count(*) FROM records WHERE {limit} GROUP BY 1"
            ).fetchall()
        )
        hidden = _count(connection, f"SELECT count(*) FROM records WHERE NOT ({limit})")
        datasets = []
        for d, rows, first, last, out, unknown in run(
            "SELECT dataset, count(*), min(first_day), max(last_day), max(published), "
            "count(*) FILTER (published IS NULL) FROM asked GROUP BY 1 ORDER BY 1"
        ).fetchall():
            datasets.append(
                {
                    "dataset": d,
                    "reports": rows,
                    "events": events.get(d, 0),
                    "revisions": revisions.get(d, 0) - rows,
                    "first_day": str(first),
                    "last_day": str(last),
                    "last_published": str(out) if out else None,
                    "without_publication": unknown,
                    "actors": _top(connection, d, _ACTORS, top),
                    "unmapped_actions": _top(connection, d, _UNMAPPED, top),
                    "unmapped_rows": _count(
                        connection,
                        "SELECT count(*) FROM asked WHERE action IS NULL AND dataset = ?",
                        d,
                    ),
                }
            )
        imports = [
            {
                "file": file,
                "format": format_,
                "dataset": dataset,
                "on": str(on),
                "read": read,
                "kept": kept,
                "known": known,
                "repeated": repeated,
                "revised": revised,
                "dropped": dropped,
            }
            for file, format_, dataset, on, read, kept, known, repeated, revised, dropped in run(
                "SELECT file, format, dataset, accessed, read, kept, known, repeated, revised, dropped "
                "FROM imports ORDER BY import_id"
            ).fetchall()
        ]
    return {
        "store": str(store),
        "as_of": str(as_of) if as_of else None,
        "later": hidden,
        "datasets": datasets,
        "imports": imports,
    }


_ASKED = (
    *("dataset", "first_day", "last_day", "published", "source_name", "source_code"),
    *("target_name", "target_code", "code", "action"),
)
_ACTORS = (
    "SELECT who, count(*) FROM (SELECT unnest([coalesce(source_name, source_code), "
    "coalesce(target_name, target_code)]) AS who FROM asked WHERE dataset = ?) "
    "WHERE who IS NOT NULL GROUP BY who ORDER BY count(*) DESC, who LIMIT "
)
_UNMAPPED = (
    "SELECT code, count(*) FROM asked WHERE dataset = ? AND action IS NULL AND code IS NOT NULL "
    "GROUP BY code ORDER BY count(*) DESC, code LIMIT "
)


def _top(
    connection: duckdb.DuckDBPyConnection, dataset: str, sql: str, top: int
) -> dict[str, int]:
    return dict(connection.execute(f"{sql}{int(top)}", [dataset]).fetchall())


def _count(connection: duckdb.DuckDBPyConnection, sql: str, *values: str) -> int:
    row = connection.execute(sql, list(values)).fetchone()
    return int(row[0]) if row else 0
