"""Events of a store or of files, put beside a case as its history by stream and day.

Must never import `cli` or the web.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spillover.api.fitted import with_history
from spillover.api.model import CaseModel, load
from spillover.assemble.event_actors import CaseActor
from spillover.assemble.event_map import map_events
from spillover.assemble.from_case import source_of
from spillover.assemble.mapped_events import MappedEvents
from spillover.errors import EventsError

__all__ = ["EVENTS_FILE", "WithEvents", "case_actors", "map_store", "with_events"]

Progress = Callable[[int, int, str], None]
EVENTS_FILE = "events.csv"
QUIET = 14
"""Days without any event before the origin that a person should know of."""


@dataclass(frozen=True)
class WithEvents:
    """A case with events beside it.

    Attributes
    ----------
    model
        The case, its history now with the events.
    mapped
        Where every row of the events went.
    notes
        What a person should know, in sentences.
    """

    model: CaseModel
    mapped: MappedEvents
    notes: tuple[str, ...]


def case_actors(model: CaseModel) -> list[CaseActor]:
    """Actors of a case with the names that event data may print."""
    return [
        CaseActor(name, (name, a.name, *a.aliases), a.iso3)
        for name, a in model.case.actors.items()
    ]


def _map(
    model: CaseModel, store: Path, as_of: dt.date | None
) -> tuple[MappedEvents, list[str]]:
    origin = model.case.origin
    last = dt.datetime.combine(origin, dt.time()) - dt.timedelta(seconds=1)
    if as_of is not None:
        last = min(last, dt.datetime.combine(as_of, dt.time(23, 59, 59)))
    return map_store(model, store, until=origin, known_by=last)


def map_store(
    model: CaseModel, store: Path, *, until: dt.date, known_by: dt.datetime | None
) -> tuple[MappedEvents, list[str]]:
    """Events of a store on the streams of a case, and notes.

    Parameters
    ----------
    until
        First day that is not wanted.
    known_by
        Leave out what was published later (UTC); None: take all there is.

    Raises
    ------
    EventsError
        When there is no store.
    """
    from spillover.store.events import open_store
    from spillover.store.events_read import records_sql

    case = model.case
    source = source_of(case)
    with open_store(store) as connection:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE known AS {records_sql(as_of=known_by)}"
        )
        late = connection.execute(
            "SELECT (SELECT count(DISTINCT (dataset, source_id)) FROM records), "
            "(SELECT coalesce(sum(rows), 0) FROM known)"
        ).fetchone()
        mapped = map_events(
            connection,
            [s.words for s in source.streams],
            source.relations,
            case_actors(model),
            codebook=case.codebook,
            places={p: x.name or p for p, x in case.places.items()},
            table="known",
            since=case.history.begins,
            until=until,
        )
    total, known = (int(x) for x in late) if late else (0, 0)
    notes = list(mapped.notes)
    if known_by is not None and known < total:
        notes.append(
            f"{total - known:,} of {total:,} records were published after "
            f"{known_by:%Y-%m-%d} and are left out"
        )
    return mapped, notes


def _rows(
    model: CaseModel, mapped: MappedEvents, notes: list[str]
) -> list[tuple[str, dt.date, dt.date, int]]:
    """Rows of the table; streams that the case itself speaks of are left out."""
    past = model.assembled.past
    own = {r.stream for r in past.records if r.stream >= 0}
    own |= {s for x in past.series for s in x.streams}
    rows: list[tuple[str, dt.date, dt.date, int]] = []
    left: dict[str, int] = {}

    def put(stream: int, first: dt.date, last: dt.date, events: float) -> None:
        n = round(events)
        if n < 1:
            return
        if stream in own:
            left[mapped.streams[stream]] = left.get(mapped.streams[stream], 0) + n
            return
        rows.append((mapped.streams[stream], first, last, n))

    for k, counts in enumerate(mapped.daily):
        for d in counts.nonzero()[0]:
            day = mapped.first + dt.timedelta(days=int(d))
            put(k, day, day, float(counts[d]))
    for span in mapped.spans:
        put(span.stream, span.first, span.last, span.events)
    for name, n in left.items():
        notes.append(
            f"{n:,} events of {name} are left out: the case's own records and counts "
            "speak of it"
        )
    return rows


def with_events(
    model: CaseModel,
    events: Sequence[str | Path],
    *,
    as_of: dt.date | None = None,
    progress: Progress | None = None,
) -> WithEvents:
    """Put events beside a case: mapped by its codebook, known before its origin.

    Parameters
    ----------
    model
        The case.
    events
        A store (one file that `spillover import` made), or event files as their
        sources publish them.
    as_of
        Use only what was published by the end of this day; the day before the origin
        when absent or later.
    progress
        Called with (done, total, what).

    Raises
    ------
    EventsError
        When no event maps to a stream of the case, with what was printed instead.
    """
    paths = [Path(p) for p in events]
    if len(paths) == 1 and paths[0].suffix == ".duckdb":
        mapped, notes = _map(model, paths[0], as_of)
    else:
        mapped, notes = _map_files(model, paths, as_of, progress)
    rows = _rows(model, mapped, notes)
    if not rows:
        from spillover.assemble.mapped_events import mapping_text

        msg = (
            f"no event belongs to a stream of {model.id} that its own records do not "
            f"speak of. Add codes to its codebook.\n{mapping_text(mapped, limit=8)}"
        )
        raise EventsError(msg)
    last = max(r[2] for r in rows)
    quiet = (model.case.origin - last).days - 1
    if quiet > QUIET:
        notes.append(
            f"the last event is of {last}, {quiet} days before the origin; those days "
            "count as days without events: import newer data, or set an earlier origin"
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("stream", "date", "date_to", "count"))
    writer.writerows((s, a, b if b != a else "", n) for s, a, b, n in sorted(rows))
    keys = {"events": EVENTS_FILE}
    if model.case.history.begins is None:
        keys["begins"] = min(r[1] for r in rows).isoformat()
    name = model.document.file
    files = dict(model.files)
    files[name] = with_history(files[name].decode(), keys).encode()
    files[EVENTS_FILE] = text.getvalue().encode()
    with tempfile.TemporaryDirectory() as folder:
        for file, content in files.items():
            (Path(folder) / file).write_bytes(content)
        made = load(Path(folder) / name)
    return WithEvents(made, mapped, tuple(notes))


def _map_files(
    model: CaseModel,
    paths: Sequence[Path],
    as_of: dt.date | None,
    progress: Progress | None,
) -> tuple[MappedEvents, list[str]]:
    """Map files through a store that lives as long as this call."""
    from spillover.api.events import import_events

    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "events.duckdb"
        made = import_events(paths, store=store, progress=progress)
        if made.faults:
            raise EventsError(made.faults)
        mapped, notes = _map(model, store, as_of)
    return mapped, notes
