"""New event files taken into the store of a watch, and what they say on a case's streams.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.api.ahead import Known
from spillover.errors import InputError, RunError
from spillover.readers.new_files import Look, Mark, look
from spillover.store.atomic import write_json
from spillover.store.watch_folder import WatchFolder

if TYPE_CHECKING:
    from spillover.api.model import CaseModel
    from spillover.assemble.mapped_events import MappedEvents

__all__ = ["Inbox", "Taken", "known_by_day", "take_files"]

Progress = Callable[[int, int, str], None]


@dataclass
class Inbox:
    """Where files come from, and what earlier looks of this process saw.

    Attributes
    ----------
    folder
        Where files appear.
    gdelt_days
        Above 0: fetch GDELT's files of so many days back into the folder first.
    settle_seconds
        Age from which a file counts as written to its end at first sight.
    wait
        Wait once for files that are still moving (a watch that looks only once).
    base
        Address of GDELT's server, or of a mirror.
    """

    folder: Path
    gdelt_days: int = 0
    settle_seconds: float = 10.0
    wait: bool = False
    base: str = ""
    marks: dict[Path, Mark] = field(default_factory=dict)
    told: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """What one look took.

    Attributes
    ----------
    files
        (name, new rows, revised rows, rows in all) of files taken.
    duplicates
        Files whose content was taken before, and is left alone.
    problems
        Files that cannot be read; they stay and are tried again.
    notes
        What a person should know.
    """

    files: tuple[tuple[str, int, int, int], ...] = ()
    duplicates: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def take_files(
    inbox: Inbox, watch: WatchFolder, *, progress: Progress | None = None
) -> Taken:
    """Import what is new and whole; every file by itself, whole or not at all.

    Raises
    ------
    InputError
        When there is no such folder, or the store is used by another process.
    """
    notes: list[str] = []
    if inbox.gdelt_days:
        notes += _fetch(inbox, progress)
    seen = look(inbox.folder, inbox.marks, settle_seconds=inbox.settle_seconds)
    if seen.moving and inbox.wait:
        time.sleep(inbox.settle_seconds)
        seen = look(inbox.folder, seen.marks, settle_seconds=inbox.settle_seconds)
    inbox.marks = seen.marks
    cache = watch.path / "taken.json"
    taken = _read_cache(cache)
    notes += _looked(seen, taken)
    before = len(_read_cache(cache))
    fresh = [p for p in seen.settled if taken.get(str(p)) != _pair(seen.marks[p])]
    files, duplicates, problems = [], [], []
    accessed, backwards = _accessed(watch.store)
    if fresh and backwards:
        notes.append(backwards)
    for n, path in enumerate(fresh):
        if progress:
            progress(n, len(fresh), f"taking {path.name}")
        try:
            made = _import(path, watch.store, accessed)
        except RunError as e:
            made = str(e)
        if isinstance(made, str):
            if inbox.told.get(path) != made:
                problems.append(f"{made} It stays where it is and is tried again")
            inbox.told[path] = made
            continue
        inbox.told.pop(path, None)
        taken[str(path)] = _pair(seen.marks[path])
        if made is None:
            duplicates.append(path.name)
        else:
            files.append((path.name, *made))
    if fresh or len(taken) > before:
        write_json(cache, taken)
    return Taken(tuple(files), tuple(duplicates), tuple(problems), tuple(notes))


def _import(
    path: Path, store: Path, accessed: dt.datetime
) -> tuple[int, int, int] | str | None:
    """(new, revised, all) rows; None: the same content was taken before; or a fault."""
    from spillover.readers.import_many import import_events

    made = import_events([path], store=store, accessed=accessed)
    if made.faults:
        return " ".join(str(f) for f in made.faults)
    (report,) = made.reports
    if report.since is not None:
        return None
    c = report.counts
    return c.kept, c.revised, c.read


def _pair(mark: Mark) -> list[int]:
    return [mark.size, mark.time]


def _read_cache(path: Path) -> dict[str, list[int]]:
    """Files taken, by size and time: spares reading them again, decides nothing else."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _looked(seen: Look, taken: dict[str, list[int]]) -> list[str]:
    """What is not taken, and why; names that are none of event files are told once."""
    notes = []
    if seen.moving:
        names = ", ".join(p.name for p in seen.moving[:3])
        notes.append(f"still being written, taken at the next look: {names}")
    other = [p for p in seen.others if str(p) not in taken]
    if other:
        taken |= {str(p): [] for p in other}
        names = ", ".join(p.name for p in other[:3])
        notes.append(f"left alone, their names are none of event files: {names}")
    return notes


def _accessed(store: Path) -> tuple[dt.datetime, str]:
    """Time of an import: the clock's, but never before the one before it.

    Revisions of a record stand in the order in which they were had.
    """
    from spillover.store.events import open_store

    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    if not store.exists():
        return now, ""
    # To write: a kill while the store was made may have left it without tables.
    with open_store(store, write=True) as connection:
        row = connection.execute("SELECT max(accessed) FROM imports").fetchone()
    last = row[0] if row and row[0] is not None else now
    if now >= last:
        return now, ""
    note = f"the clock went backwards: it says {now:%Y-%m-%d %H:%M}, the last file was taken {last:%Y-%m-%d %H:%M} (UTC); new files are filed at that time"
    return last, note


def _fetch(inbox: Inbox, progress: Progress | None) -> list[str]:
    """GDELT's files of the last days; a server that fails is a note, not an end."""
    from spillover.readers.get_gdelt import BASE, get_gdelt

    today = dt.datetime.now(dt.UTC).date()
    inbox.folder.mkdir(parents=True, exist_ok=True)
    try:
        got = get_gdelt(
            today - dt.timedelta(inbox.gdelt_days - 1),
            today,
            inbox.folder,
            base=inbox.base or BASE,
            progress=progress,
        )
    except (RunError, InputError) as e:
        return [f"GDELT could not be fetched, tried again at the next look: {e}"]
    return [f"GDELT: {got.fetched} new files"] if got.fetched else []


def known_by_day(
    model: CaseModel, store: Path, origin: dt.date, known_by: dt.datetime | None
) -> tuple[tuple[Known, ...], MappedEvents | None, tuple[str, ...]]:
    """Events of a store before ``origin`` on the streams of a case.

    Returns
    -------
    known, mapped, notes
        ``mapped`` says where every row went; None without a store.
    """
    from spillover.api.case_events import map_store

    if not store.exists():
        return (), None, ()
    mapped, notes = map_store(model, store, until=origin, known_by=known_by)
    found = []
    for k, counts in enumerate(mapped.daily):
        for d in counts.nonzero()[0]:
            day = mapped.first + dt.timedelta(days=int(d))
            found.append(Known(mapped.streams[k], day, day, round(float(counts[d]))))
    for s in mapped.spans:
        found.append(Known(mapped.streams[s.stream], s.first, s.last, round(s.events)))
    return tuple(sorted(k for k in found if k.count > 0)), mapped, tuple(notes)
