"""Importing one file: unpack, recognize, write out, stage, merge - in one transaction.

Everything is read and checked before the store is touched; a fault or a kill in the
middle leaves it as it was. This file must never import a case, a model or a page.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import EventsError, Fault, RunError
from spillover.readers.encoding import Encoding, find_encoding, head_of
from spillover.readers.json_rows import objects
from spillover.readers.known import FORMATS
from spillover.readers.rows import Written, write_rows, write_values
from spillover.readers.sniff import Layout, by_names, recognize
from spillover.readers.stage import map_codes, stage_odd, stage_rows
from spillover.readers.unpack import Packed, digest_of_file, intact, unpack
from spillover.store.events import working_folder
from spillover.store.events_write import (
    Counts,
    Imported,
    already_imported,
    create_staged,
    merge,
)

if TYPE_CHECKING:
    import duckdb

__all__ = ["FileReport", "import_file"]

Progress = Callable[[int, int, str], None]
_MARKS = str.maketrans(dict.fromkeys('\t\r\n",;|', " "))


@dataclass(frozen=True)
class FileReport:
    """What an import did with one file.

    Attributes
    ----------
    file
        As named.
    title
        What was recognized.
    counts
        The account of its rows.
    notes
        What a person should know.
    since
        When the same file was imported before; then nothing was done.
    """

    file: str
    title: str
    counts: Counts
    notes: tuple[str, ...] = ()
    since: dt.datetime | None = None


@dataclass
class _Part:
    """One table written out, ready to be staged."""

    packed: Packed
    layout: Layout
    rows: Path
    odd: Path
    written: Written
    notes: list[str] = field(default_factory=list)


def import_file(
    connection: duckdb.DuckDBPyConnection,
    store: Path,
    path: Path,
    *,
    format: str = "",
    published: dt.datetime | None = None,
    accessed: dt.datetime | None = None,
    progress: Progress | None = None,
) -> FileReport:
    """Import a file into an open store, whole or not at all.

    Parameters
    ----------
    connection, store
        `store.events.open_store` with ``write=True``, and its file.
    path
        File to import.
    format
        Name of the format; empty: recognized.
    published
        Publication of rows that state none.
    accessed
        When the file was had; now when absent.
    progress
        Called with (done, total, what).

    Raises
    ------
    EventsError
        When the file cannot be read as events; nothing is imported then.
    """
    say = progress or (lambda done, total, what: None)
    name = path.name
    say(0, 4, f"{name}: opening")
    packed, notes = unpack(path)
    imported = Imported(
        str(path),
        digest_of_file(path),
        format,
        "",
        published,
        accessed or dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0),
    )
    since = already_imported(connection, imported)
    if since is not None:
        return FileReport(str(path), "", Counts(), since=since)
    work = working_folder(store)
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        parts = []
        for k, p in enumerate(packed):
            say(1, 4, f"{name}: reading {p.stem}")
            parts.append(_write_out(p, Path(folder), k, format))
        for part in parts:
            notes += [*part.layout.notes, *part.notes]
            notes += part.written.repairs.notes()
        formats = [part.layout.format for part in parts]
        title = ", ".join(dict.fromkeys(part.layout.title for part in parts))
        connection.execute("BEGIN")
        try:
            counts, more = _store(connection, imported, parts, say, name)
        except BaseException as e:
            _undo(connection)
            if "out of memory" in str(e).lower() or "no space left" in str(e).lower():
                msg = f"{path}: there is not enough memory or disk space to import it; nothing was imported ({e})"
                raise RunError(msg) from None
            raise
        connection.execute("COMMIT")
    notes += more
    for f in {f.name: f for f in formats}.values():
        notes += f.notes
    return FileReport(str(path), title, counts, tuple(dict.fromkeys(notes)))


def _undo(connection: duckdb.DuckDBPyConnection) -> None:
    """Roll back; an error that ended the transaction itself has done so."""
    import duckdb

    with suppress(duckdb.Error):
        connection.execute("ROLLBACK")


def _store(
    connection: duckdb.DuckDBPyConnection,
    imported: Imported,
    parts: list[_Part],
    say: Progress,
    name: str,
) -> tuple[Counts, list[str]]:
    create_staged(connection)
    read = 0
    for k, p in enumerate(parts):
        say(2, 4, f"{name}: mapping {p.written.read:,} rows")
        stage_rows(
            connection,
            p.layout,
            p.rows,
            file=p.packed.name,
            stem=p.packed.stem,
            part=k,
            published=imported.published,
        )
        stage_odd(connection, p.odd, file=p.packed.name)
        read += p.written.read
        # the disk is needed for the next one
        p.rows.unlink()
    if not read:
        raise EventsError(
            [
                Fault(
                    imported.file,
                    0,
                    0,
                    "",
                    "the file has a header and no rows"
                    if parts[0].layout.header
                    else "the file is empty",
                )
            ]
        )
    _refuse_if_nothing_fits(connection, imported.file, read, parts)
    notes = map_codes(connection, [p.layout.format for p in parts])
    notes += _unpublished(connection, parts)
    say(3, 4, f"{name}: storing")
    datasets = ",".join(dict.fromkeys(p.layout.format.dataset for p in parts))
    done = Imported(
        imported.file,
        imported.digest,
        imported.format,
        datasets,
        imported.published,
        imported.accessed,
    )
    counts = merge(connection, done, read=read, notes="\n".join(notes))
    create_staged(connection)
    say(4, 4, f"{name}: done")
    return counts, notes


def _unpublished(
    connection: duckdb.DuckDBPyConnection, parts: list[_Part]
) -> list[str]:
    """Say for which rows the stated lag stands in for a day of publication."""
    notes = []
    for f in {p.layout.format.name: p.layout.format for p in parts}.values():
        row = connection.execute(
            "SELECT count(*) FROM staged WHERE rule IS NULL AND published IS NULL AND dataset = ?",
            [f.dataset],
        ).fetchone()
        if row and row[0]:
            days = f"{f.lag_days} days" if f.lag_days != 1 else "1 day"
            notes.append(
                f"{row[0]:,} rows without a date of publication, taken as known {days} after the end of their last day: {f.lag_why}"
            )
    return notes


def _refuse_if_nothing_fits(
    connection: duckdb.DuckDBPyConnection, file: str, read: int, parts: list[_Part]
) -> None:
    row = connection.execute(
        "SELECT count(*) FROM staged WHERE rule IS NULL"
    ).fetchone()
    if row and row[0]:
        return
    rules = connection.execute(
        "SELECT rule, count(*), min(line) FROM (SELECT rule, line FROM staged UNION ALL "
        "SELECT rule, line FROM odd) GROUP BY rule ORDER BY count(*) DESC, rule"
    ).fetchall()
    title = parts[0].layout.title
    raise EventsError(
        [
            Fault(
                file,
                line,
                1,
                "",
                f"none of its {read:,} rows can be read as {title}; {n:,} times: {rule}",
                mend="Nothing of it was imported",
            )
            for rule, n, line in rules[:5]
        ]
    )


def _write_out(p: Packed, folder: Path, k: int, wanted: str) -> _Part:
    """Recognize a table and write its canonical rows."""
    rows, odd = folder / f"{k}.rows", folder / f"{k}.odd"
    with intact(p.name), p.open() as file:
        head, encoding = head_of(file)
    if not head:
        raise EventsError([Fault(p.name, 0, 0, "", "the file is empty")])
    odd.touch()
    if head[:4] == b"PAR1" or p.suffix == ".parquet":
        layout, written = _parquet(p, rows, folder)
        return _Part(p, layout, rows, odd, written)
    text = head[encoding.skip :].decode(
        encoding.name if encoding.name != "utf-8" else "utf-8", "replace"
    )
    if text.lstrip()[:1] in ("{", "["):
        layout, written = _json(p, rows, odd, wanted)
        return _Part(p, layout, rows, odd, written)
    layout = recognize(text, p.name, wanted)
    notes = [encoding.note] if encoding.note else []
    try:
        written = _text(p, layout, encoding, rows, odd)
    except UnicodeDecodeError:
        with intact(p.name), p.open() as file:
            encoding = find_encoding(file, layout.format.encoding)
        if encoding.name != "utf-8":
            with p.open() as file:
                text = file.read(1 << 20).decode(encoding.name, "replace")
            layout = recognize(text, p.name, wanted)
        notes = [encoding.note] if encoding.note else []
        written = _text(p, layout, encoding, rows, odd)
    return _Part(p, layout, rows, odd, written, notes)


def _text(
    p: Packed, layout: Layout, encoding: Encoding, rows: Path, odd: Path
) -> Written:
    with (
        intact(p.name),
        p.open() as file,
        rows.open("wb") as out,
        odd.open("wb") as bad,
    ):
        return write_rows(
            file,
            out,
            bad,
            name=p.name,
            encoding=encoding,
            delimiter=layout.delimiter,
            quoted=layout.quoted,
            width=len(layout.names),
            header=layout.header,
            repair_tabs=layout.format.repair_tabs,
        )


def _json(p: Packed, rows: Path, odd: Path, wanted: str) -> tuple[Layout, Written]:
    """Rows of JSON: their format from the names of the first."""
    with intact(p.name), p.open() as file:
        first = next(objects(file, p.name), None)
    if first is None:
        raise EventsError(
            [
                Fault(
                    p.name,
                    0,
                    0,
                    "",
                    "this JSON holds no rows: an empty answer",
                    mend="Ask for days that have events, and see that the account may read them",
                )
            ]
        )
    names = list(first[1])
    # Marks inside a name would part it, or the header, in two.
    header = ",".join('"' + n.translate(_MARKS) + '"' for n in names)
    layout = _json_layout(names, header, p.name, wanted)
    with (
        intact(p.name),
        p.open() as file,
        rows.open("wb") as out,
        odd.open("wb") as bad,
    ):
        written = write_values(objects(file, p.name), tuple(names), out, bad)
    return layout, written


def _json_layout(names: list[str], header: str, name: str, wanted: str) -> Layout:
    for f in FORMATS.values():
        if (not wanted or wanted == f.name) and f.quoted and f.name != "plain":
            known = [f.column_of(n) for n in names]
            if f.needed <= set(known):
                return Layout(f, tuple(known), ",", True, False, f"{f.title}, JSON")
    return recognize(header + "\n", name, wanted)


def _parquet(p: Packed, rows: Path, folder: Path) -> tuple[Layout, Written]:
    """Rows of a Parquet file, as text, through DuckDB."""
    import shutil

    import duckdb

    copy = folder / "table.parquet"
    with intact(p.name), p.open() as file, copy.open("wb") as out:
        shutil.copyfileobj(file, out)
    path = str(copy).replace("'", "''")
    quote = '"'
    try:
        with duckdb.connect(config={"memory_limit": "1GB"}) as db:
            found = db.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')")
            names = [r[0] for r in found.fetchall()]
            layout = by_names(names, p.name)
            quoted = [quote + n.replace(quote, 2 * quote) + quote for n in names]
            cells = ", ".join(
                rf"regexp_replace({n}::VARCHAR, '[\t\r\n]', ' ', 'g')" for n in quoted
            )
            target = str(rows).replace("'", "''")
            row = db.execute(
                f"COPY (SELECT file_row_number + 1, {cells} FROM read_parquet('{path}', file_row_number = true)) "
                f"TO '{target}' (FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '', NULLSTR '')"
            ).fetchone()
    except duckdb.Error as e:
        said = str(e).splitlines()[0].replace(str(copy), p.name)
        what = f"this Parquet file cannot be read: {said}"
        raise EventsError([Fault(p.name, 0, 0, "", what)]) from None
    copy.unlink()
    return layout, Written(read=int(row[0]) if row else 0)
