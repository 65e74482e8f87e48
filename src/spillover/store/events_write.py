"""Writing to the store: staged rows become records, revisions, or counted repeats.

An import is one transaction. Rules, in this order:

* A row whose id the store has not seen is kept as revision 1.
* The revisions of an id stand in the order of `available`: the day of publication;
  when none is known, the source's stated lag after the last day; for a later import of
  an id that is known already, the time of that import (a change cannot have been known
  before someone had it).
* A row with the same content as the revision before it is no news: "already known" when
  that one was in the store, "repeated" when it stands in the same import.
* Any other row is a new revision. Nothing is overwritten.

This file imports only `errors` and the rest of `store`.
"""
# ruff: noqa: E501 - SQL and sentences for people

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spillover.errors import RunError
from spillover.store.events import FIELDS

if TYPE_CHECKING:
    import duckdb

__all__ = ["STAGED", "Counts", "Imported", "already_imported", "create_staged", "merge"]

_MADE_HERE = {"revision", "accessed", "available", "action", "import_id"}
STAGED: dict[str, str] = {
    "part": "INTEGER",
    "line": "BIGINT",
    "rule": "VARCHAR",
    "blanked": "VARCHAR",
    "shown": "VARCHAR",
    "lag_days": "INTEGER",
    **{c: t for c, t in FIELDS.items() if c not in _MADE_HERE | {"line"}},
}
"""Columns of the temporary table `staged`: one row for each row of the files, with the
rule that drops it (or NULL), the fields blanked, the text to show; `part` and `line`
name the row. Beside it stand `action_map(code_system, code, action)` and
`country_map(dataset, field, raw, iso3)`."""


@dataclass(frozen=True)
class Imported:
    """One file to be recorded as imported."""

    file: str
    digest: str
    format: str
    dataset: str
    published: dt.datetime | None
    accessed: dt.datetime


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a file; the parts add up to ``read``.

    Attributes
    ----------
    read
        Rows found.
    kept, known, repeated, revised
        New; already in the store; said twice in this file; a changed report.
    dropped
        Rows by the rule that dropped them.
    blanked
        Values left blank by rule; their rows are kept.
    examples
        ``file:line`` of the first rows of each rule.
    """

    read: int = 0
    kept: int = 0
    known: int = 0
    repeated: int = 0
    revised: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    blanked: dict[str, int] = field(default_factory=dict)
    examples: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Rows read that are in no part of the account; never anything but 0."""
        parts = self.kept + self.known + self.repeated + self.revised
        return self.read - parts - sum(self.dropped.values())


def create_staged(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty temporary tables an import fills."""
    for table in ("staged", "action_map", "country_map", "again", "verdict", "odd"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    columns = ", ".join(f"{c} {t}" for c, t in STAGED.items())
    connection.execute(f"CREATE TEMP TABLE staged ({columns})")
    connection.execute(
        "CREATE TEMP TABLE action_map (code_system VARCHAR, code VARCHAR, action VARCHAR)"
    )
    connection.execute(
        "CREATE TEMP TABLE country_map (dataset VARCHAR, field VARCHAR, raw VARCHAR, iso3 VARCHAR)"
    )
    connection.execute(
        "CREATE TEMP TABLE odd (file VARCHAR, line BIGINT, rule VARCHAR, field VARCHAR, text VARCHAR)"
    )


def already_imported(
    connection: duckdb.DuckDBPyConnection, imported: Imported
) -> dt.datetime | None:
    """When the same bytes were imported before in the same way; None: never."""
    row = connection.execute(
        "SELECT accessed FROM imports WHERE digest = ? AND format = ? "
        "AND published IS NOT DISTINCT FROM ?",
        [imported.digest, imported.format, imported.published],
    ).fetchone()
    return row[0] if row else None


def merge(
    connection: duckdb.DuckDBPyConnection,
    imported: Imported,
    *,
    read: int,
    notes: str = "",
) -> Counts:
    """Turn what is staged into records; the caller holds the transaction.

    Parameters
    ----------
    connection
        With `staged`, `action_map`, `country_map` filled, and `odd`: what was no row of
        the table at all.
    imported
        The file.
    read
        Rows counted while its text was read.
    notes
        Kept with the import.

    Raises
    ------
    RunError
        When the parts do not add up to what was read.
    """
    run = connection.execute
    row = run("SELECT coalesce(max(import_id), 0) + 1 FROM imports").fetchone()
    import_id = int(row[0]) if row else 1
    good = _one(connection, "SELECT count(*) FROM staged WHERE rule IS NULL")
    repeats = _judge(connection, imported.accessed)
    known, repeated, revised = repeats
    _insert(
        connection, import_id, imported, bool(sum(repeats)) or _any_again(connection)
    )
    _keep_dropped(connection, import_id)
    counted = run(
        "SELECT rule, field, n FROM counts WHERE import_id = ? ORDER BY n DESC, rule",
        [import_id],
    ).fetchall()
    counts = Counts(
        read=read,
        kept=good - known - repeated - revised,
        known=known,
        repeated=repeated,
        revised=revised,
        dropped={r: n for r, f, n in counted if not f},
        blanked={r: n for r, f, n in counted if f},
        examples=_examples(connection, import_id),
    )
    stored = _one(
        connection, f"SELECT count(*) FROM records WHERE import_id = {import_id}"
    )
    if counts.lost or stored != counts.kept + counts.revised:
        msg = (
            f"{imported.file}: the account does not add up (read {counts.read}, kept {counts.kept}, "
            f"known {known}, repeated {repeated}, revised {revised}, "
            f"dropped {sum(counts.dropped.values())}, stored {stored}). Nothing was imported; please report this"
        )
        raise RunError(msg)
    run(
        "INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, ?, 'done', ?, ?, ?, ?, ?, ?, ?)",
        [
            import_id,
            imported.file,
            imported.digest,
            imported.format,
            imported.dataset,
            imported.published,
            imported.accessed,
            counts.read,
            counts.kept,
            known,
            repeated,
            revised,
            sum(counts.dropped.values()),
            notes,
        ],
    )
    return counts


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _any_again(connection: duckdb.DuckDBPyConnection) -> bool:
    return _one(connection, "SELECT count(*) FROM again") > 0


_AVAILABLE = "coalesce(s.published, s.last_day::TIMESTAMP + to_days(s.lag_days + 1))"


def _judge(
    connection: duckdb.DuckDBPyConnection, accessed: dt.datetime
) -> tuple[int, int, int]:
    """Rows already known, repeated and revised; their verdicts go to `verdict`."""
    run = connection.execute
    run(
        "CREATE TEMP TABLE again AS "
        "SELECT dataset, source_id, false AS known FROM staged WHERE rule IS NULL "
        "GROUP BY ALL HAVING count(*) > 1"
    )
    if _one(connection, "SELECT count(*) FROM (SELECT 1 FROM records LIMIT 1)"):
        run(
            "INSERT INTO again SELECT DISTINCT s.dataset, s.source_id, true FROM staged s "
            "SEMI JOIN records r ON r.dataset = s.dataset AND r.source_id = s.source_id "
            "WHERE s.rule IS NULL"
        )
    if not _any_again(connection):
        return 0, 0, 0
    run(
        f"""
        CREATE TEMP TABLE verdict AS
        WITH ids AS (
            SELECT dataset, source_id, bool_or(known) AS known FROM again GROUP BY ALL
        ), every AS (
            SELECT r.dataset, r.source_id, r.digest, r.available, r.revision,
                   0 AS part, r.revision::BIGINT AS line, false AS fresh
            FROM records r SEMI JOIN ids i
            ON i.dataset = r.dataset AND i.source_id = r.source_id
            UNION ALL
            SELECT s.dataset, s.source_id, s.digest,
                   CASE WHEN i.known THEN coalesce(s.published, ?::TIMESTAMP)
                        ELSE {_AVAILABLE} END,
                   0, s.part, s.line, true
            FROM staged s JOIN ids i
            ON i.dataset = s.dataset AND i.source_id = s.source_id
            WHERE s.rule IS NULL
        ), ordered AS (
            SELECT *, lag(digest) OVER w AS before, lag(fresh) OVER w AS before_fresh,
                   max(revision) OVER (PARTITION BY dataset, source_id) AS last
            FROM every
            WINDOW w AS (PARTITION BY dataset, source_id
                         ORDER BY available, fresh, part, line)
        ), judged AS (
            SELECT *, CASE WHEN before IS NULL AND last = 0 THEN 'kept'
                           WHEN before IS NULL OR before <> digest THEN 'revised'
                           WHEN before_fresh THEN 'repeated'
                           ELSE 'known' END AS verdict
            FROM ordered WHERE fresh
        )
        SELECT part, line, verdict, available,
               last + row_number() OVER (
                   PARTITION BY dataset, source_id, verdict IN ('kept', 'revised')
                   ORDER BY available, part, line
               ) AS revision
        FROM judged
        """,
        [accessed],
    )
    found = dict(
        run("SELECT verdict, count(*) FROM verdict GROUP BY verdict").fetchall()
    )
    return found.get("known", 0), found.get("repeated", 0), found.get("revised", 0)


def _insert(
    connection: duckdb.DuckDBPyConnection,
    import_id: int,
    imported: Imported,
    judged: bool,
) -> None:
    special = {
        "revision": "coalesce(v.revision, 1)::INTEGER" if judged else "1",
        "available": f"coalesce(v.available, {_AVAILABLE})" if judged else _AVAILABLE,
        "accessed": "?::TIMESTAMP",
        "import_id": str(import_id),
        "action": "a.action",
        "source_country": "cs.iso3",
        "target_country": "ct.iso3",
        "country": "cp.iso3",
    }
    columns = ", ".join(special.get(c, f"s.{c}") for c in FIELDS)
    country = (
        "LEFT JOIN country_map {0} ON {0}.field = '{1}' AND {0}.raw = s.{1} "
        "AND {0}.dataset = s.dataset"
    )
    verdict = (
        "LEFT JOIN verdict v ON v.part = s.part AND v.line = s.line" if judged else ""
    )
    wanted = "AND coalesce(v.verdict, 'kept') IN ('kept', 'revised')" if judged else ""
    connection.execute(
        f"""
        INSERT INTO records SELECT {columns} FROM staged s
        LEFT JOIN action_map a ON a.code = s.code AND a.code_system = s.code_system
        {country.format("cs", "source_country")}
        {country.format("ct", "target_country")}
        {country.format("cp", "country")}
        {verdict}
        WHERE s.rule IS NULL {wanted}
        """,
        [imported.accessed],
    )


def _keep_dropped(connection: duckdb.DuckDBPyConnection, import_id: int) -> None:
    """Every row and value that was not kept, with its place."""
    connection.execute(
        f"""
        INSERT INTO dropped
        SELECT {import_id}, file, line, rule, field, text FROM odd
        UNION ALL
        SELECT {import_id}, file, line, rule, '', shown FROM staged WHERE rule IS NOT NULL
        UNION ALL
        SELECT {import_id}, file, line, b.mark[2], b.mark[1], shown FROM (
            SELECT file, line, shown, string_split(unnest(string_split(blanked, chr(30))), chr(31)) AS mark
            FROM staged WHERE rule IS NULL AND blanked IS NOT NULL AND blanked <> ''
        ) b
        """
    )
    connection.execute(
        f"INSERT INTO counts SELECT {import_id}, rule, field, count(*) FROM dropped "
        f"WHERE import_id = {import_id} GROUP BY rule, field"
    )


def _examples(
    connection: duckdb.DuckDBPyConnection, import_id: int
) -> dict[str, tuple[str, ...]]:
    rows = connection.execute(
        f"SELECT rule, list(file || ':' || line ORDER BY line, file)[:3] FROM dropped "
        f"WHERE import_id = {import_id} GROUP BY rule"
    ).fetchall()
    return {rule: tuple(places) for rule, places in rows}
