"""A table's canonical rows as staged rows of the store: SQL over text, nothing else.

Text columns become fields by the format's expressions; the first rule that holds drops
the row, and what a value must not be is blanked. Country and action codes are looked up
once for each different code. This file must never import a case, a model or a page.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.readers.expressions import q
from spillover.readers.formats import Format
from spillover.readers.ontology.actions import action_of
from spillover.readers.ontology.countries import SYSTEMS, countries, country_of
from spillover.readers.plain import PLAIN, plain_id
from spillover.readers.sniff import Layout
from spillover.store.events import FIELDS
from spillover.store.events_write import STAGED

if TYPE_CHECKING:
    import duckdb

__all__ = ["map_codes", "stage_odd", "stage_rows"]

_CONTENT = tuple(
    c
    for c in FIELDS
    if c
    not in {
        *("dataset", "source_id", "revision", "digest", "published", "accessed"),
        *("available", "code_system", "action", "file", "line", "import_id"),
    }
)
"""Fields whose change makes a revision."""


def _raw(layout: Layout, rows: Path, format_: Format) -> str:
    """SQL of the canonical rows, with every column of the format."""
    width = len(layout.names)
    columns = {"line": "BIGINT", **{f"c{k}": "VARCHAR" for k in range(width)}}
    typed = ", ".join(f"'{c}': '{t}'" for c, t in columns.items())
    blanks = ", ".join("'" + b.replace("'", "''") + "'" for b in ("", *format_.blanks))
    at = {n: k for k, n in enumerate(layout.names) if n is not None}
    named = ", ".join(
        f"{'c' + str(at[c]) if c in at else 'NULL::VARCHAR'} AS {q(c)}"
        for c in format_.columns
    )
    path = str(rows).replace("'", "''")
    return (
        f"SELECT line, {named} FROM read_csv('{path}', auto_detect = false, "
        f"header = false, delim = '\t', quote = '', escape = '', comment = '', "
        f"new_line = '\\n', columns = {{{typed}}}, nullstr = [{blanks}], "
        "max_line_size = 2097152, buffer_size = 16777216)"
    )


def stage_rows(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    rows: Path,
    *,
    file: str,
    stem: str,
    part: int,
    published: dt.datetime | None,
) -> int:
    """Add the rows of a canonical file to `staged`; gives their number.

    Parameters
    ----------
    connection
        A store with `events_write.create_staged` done.
    layout
        What the table is.
    rows
        The canonical file of `rows.write_rows`.
    file, stem, part
        Name of the table in messages, in ids of plain rows, and its number.
    published
        Publication of rows that state none; None: unknown.
    """
    f = layout.format
    fields = dict(f.fields)
    if f is PLAIN:
        fields["source_id"] = plain_id(frozenset(n for n in layout.names if n), stem)
    drops = [r for r in f.rules if not r.field]
    blanks = [r for r in f.rules if r.field]
    for r in blanks:
        if r.field in fields:
            fields[r.field] = f"CASE WHEN {r.when} THEN NULL ELSE {fields[r.field]} END"
    given = (
        "NULL" if published is None else f"TIMESTAMP '{published:%Y-%m-%d %H:%M:%S}'"
    )
    fields["published"] = f"coalesce({fields.get('published', 'NULL')}, {given})"
    fields.setdefault("n", "1")
    fields |= {
        "dataset": _text(f.dataset),
        "code_system": _text(f.code_system),
        "file": _text(file),
    }
    rule = " ".join(f"WHEN {r.when} THEN {_text(r.name)}" for r in drops)
    marks = ", ".join(
        f"CASE WHEN {r.when} THEN {_text(r.field + chr(31) + r.name)} END"
        for r in blanks
    )
    shown = ", ".join(q(c) for c in _shown(layout))
    plain = [c for c in STAGED if c not in {"rule", "blanked", "shown", "digest"}]
    mapped = {"part": str(part), "line": "line", "lag_days": str(f.lag_days), **fields}
    inner = ", ".join(f"({mapped.get(c, 'NULL')})::{STAGED[c]} AS {c}" for c in plain)
    content = ", ".join(_as_text(c) for c in _CONTENT if c in fields)
    after = "rule IS NULL AND published + INTERVAL 1 DAY < first_day"
    outer = {
        "rule": f"CASE WHEN {after} THEN 'dated after its publication' ELSE rule END",
        "shown": f"CASE WHEN {after} THEN concat_ws(' | ', source_id, first_day, published) ELSE shown END",
        "digest": f"left(md5(concat_ws(chr(31), {content})), 16)",
    }
    odd = "rule IS NOT NULL OR blanked <> ''"
    sql = (
        f"INSERT INTO staged SELECT {', '.join(f'{outer.get(c, c)} AS {c}' for c in STAGED)} FROM ("
        f"SELECT {inner}, rule, blanked, "
        f"CASE WHEN {odd} THEN left(concat_ws(' | ', {shown}), 200) END AS shown "
        f"FROM (SELECT *, CASE {rule} END AS rule, concat_ws(chr(30), {marks}) AS blanked "
        f"FROM ({_raw(layout, rows, f)})))"
    )
    before = _one(connection, "SELECT count(*) FROM staged")
    connection.execute(sql)
    return _one(connection, "SELECT count(*) FROM staged") - before


def _as_text(c: str) -> str:
    """A field for the digest; whole numbers are much quicker to print than others."""
    if FIELDS[c] == "DOUBLE":
        return f"coalesce(CASE WHEN abs({c}) < 1e12 THEN (round({c} * 1e6)::BIGINT)::VARCHAR ELSE {c}::VARCHAR END, '')"
    if FIELDS[c] == "DATE":
        return f"coalesce(({c} - DATE '1970-01-01')::VARCHAR, '')"
    return f"coalesce({c}::VARCHAR, '')"


def _shown(layout: Layout) -> list[str]:
    """Columns that let a person find a row again."""
    present = [n for n in layout.names if n is not None]
    wanted = [
        n
        for n in present
        if n in layout.format.needed or n in ("Latitude", "Longitude")
    ]
    return list(dict.fromkeys([*wanted, *present[:8]]))[:14]


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def stage_odd(connection: duckdb.DuckDBPyConnection, odd: Path, *, file: str) -> None:
    """Add what was no row of the table to `odd`."""
    if odd.stat().st_size == 0:
        return
    path = str(odd).replace("'", "''")
    connection.execute(
        f"INSERT INTO odd SELECT {_text(file)}, line, rule, '', text FROM read_csv('{path}', "
        "auto_detect = false, header = false, delim = '\t', quote = '', escape = '', "
        "comment = '', new_line = '\\n', max_line_size = 2097152, buffer_size = 16777216, "
        "columns = {'line': 'BIGINT', 'rule': 'VARCHAR', 'text': 'VARCHAR'})"
    )


def map_codes(
    connection: duckdb.DuckDBPyConnection, formats: list[Format]
) -> list[str]:
    """Look up every different code of what is staged; gives what a person must know."""
    notes: list[str] = []
    for f in {f.name: f for f in formats}.values():
        codes = connection.execute(
            "SELECT code, count(*) FROM staged WHERE rule IS NULL AND dataset = ? "
            "AND code IS NOT NULL GROUP BY code ORDER BY count(*) DESC, code",
            [f.dataset],
        ).fetchall()
        found = [(c, action_of(c, f.code_system)) for c, _ in codes]
        _fill(
            connection,
            "action_map",
            [(f.code_system, c, m.action) for c, m in found if m is not None],
        )
        lost = [
            (c, n) for (c, n), (_, m) in zip(codes, found, strict=True) if m is None
        ]
        if lost:
            notes.append(_unmapped("actions", lost))
        for field, system in f.country_system.items():
            notes += _map_countries(connection, f, field, system)
    return notes


def _map_countries(
    connection: duckdb.DuckDBPyConnection, f: Format, field: str, system: str
) -> list[str]:
    codes = connection.execute(
        f"SELECT {field}, count(*) FROM staged WHERE rule IS NULL AND dataset = ? "
        f"AND {field} IS NOT NULL GROUP BY {field} ORDER BY count(*) DESC, {field}",
        [f.dataset],
    ).fetchall()
    notes = []
    if system == "fips":
        mixed, note = _not_fips(codes)
        if note:
            notes.append(note)
        if mixed:
            return notes
    found = [(c, _iso3(c, system)) for c, _ in codes]
    _fill(
        connection,
        "country_map",
        [(f.dataset, field, c, iso) for c, iso in found if iso],
    )
    lost = [(c, n) for (c, n), (_, iso) in zip(codes, found, strict=True) if not iso]
    if lost:
        notes.append(_unmapped(_WORDS[field], lost))
    return notes


_WORDS = {
    "source_country": "countries of the first actor",
    "target_country": "countries of the second actor",
    "country": "countries of the place",
}


def _iso3(code: str, system: str) -> str | None:
    if system == "any":
        return country_of(code, "iso3") or country_of(code, "name")
    known = next(s for s in SYSTEMS if s == system)
    return country_of(code, known)


def _not_fips(codes: list[tuple[str, int]]) -> tuple[bool, str]:
    """Whether country codes are ISO's two letters and not FIPS; what to say of it."""
    fips = {c for k in countries() for c in k.fips}
    iso = {k.iso2 for k in countries() if k.iso2}
    only_iso = [(c, n) for c, n in codes if c in iso and c not in fips]
    only_fips = [(c, n) for c, n in codes if c in fips and c not in iso]
    if not only_iso:
        return False, ""
    n, m = sum(n for _, n in only_iso), sum(n for _, n in only_fips)
    shown = ", ".join(c for c, _ in only_iso[:5])
    if n > m:
        return True, (
            f"country codes of places look like ISO 3166, not FIPS 10-4: {n:,} rows have codes that only "
            f"ISO has ({shown}), {m:,} have codes that only FIPS has. The two disagree (IS is Israel in FIPS, "
            "Iceland in ISO), so the country of the place is left blank in this file"
        )
    return False, (
        f"{n:,} rows have country codes of places that only ISO 3166 has ({shown}), {m:,} have codes that only "
        "FIPS 10-4 has: all are read as FIPS, and the first have no country"
    )


def _unmapped(what: str, lost: list[tuple[str, int]]) -> str:
    shown = ", ".join(f"{c} ({n:,})" for c, n in lost[:5])
    more = f" and {len(lost) - 5:,} more" if len(lost) > 5 else ""
    return f"unmapped {what}: {sum(n for _, n in lost):,} rows, {shown}{more}"


def _fill(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str, ...]]
) -> None:
    if not rows:
        return
    values = ", ".join("(" + ", ".join(_text(v) for v in r) + ")" for r in rows)
    connection.execute(f"INSERT INTO {table} VALUES {values}")
