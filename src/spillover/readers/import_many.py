"""Importing a list of files into a store: each whole or not at all, faults together.

This file must never import a case, a model or a page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spillover.errors import EventsError, Fault
from spillover.readers.importing import FileReport, import_file
from spillover.readers.unpack import expand
from spillover.store.events import default_store, open_store

__all__ = ["Imports", "import_events"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Imports:
    """What came of a list of files: reports of those imported, faults of the others."""

    store: Path
    reports: tuple[FileReport, ...]
    faults: tuple[Fault, ...] = field(default=())


def import_events(
    files: Sequence[str | Path],
    *,
    store: str | Path | None = None,
    format: str = "",
    published: dt.date | None = None,
    accessed: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Imports:
    """Import files into a store; each file whole or not at all.

    Parameters
    ----------
    files
        Files, folders and patterns.
    store
        File of the store; `events.duckdb` here, or SPILLOVER_STORE, when absent.
    format
        gdelt, ucdp, acled, icews, polecat or plain; empty: recognized.
    published
        Publication of rows that state none, such as the day of a release.
    accessed
        When the files were had (UTC, no zone); now when absent.
    progress
        Called with (done, total, what).

    Returns
    -------
    Imports
        A file that cannot be read is a fault; the others are imported all the same.

    Raises
    ------
    EventsError
        When a name leads to no file, or the store cannot be used.
    """
    path = Path(store) if store is not None else default_store()
    found = expand([str(f) for f in files])
    when = None
    if published is not None:
        # Some time on that day: surely known when it is over.
        when = dt.datetime.combine(published, dt.time(23, 59, 59))
    reports: list[FileReport] = []
    faults: list[Fault] = []
    with open_store(path, write=True) as connection:
        for file in found:
            try:
                reports.append(
                    import_file(
                        connection,
                        path,
                        file,
                        format=format,
                        published=when,
                        accessed=accessed,
                        progress=progress,
                    )
                )
            except EventsError as e:
                faults += e.faults or [Fault(str(file), 0, 0, "", str(e))]
    return Imports(path, tuple(reports), tuple(faults))
