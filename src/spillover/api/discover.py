"""`discover`: a draft case from the events of a store or of files.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import EventsError, InputError

if TYPE_CHECKING:
    from spillover.study.discover import Draft

__all__ = ["Discovered", "discover"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Discovered:
    """A draft and where it was written.

    Attributes
    ----------
    files
        The files of the case.
    draft
        What was found, in numbers.
    warnings
        What `check` says of the draft.
    """

    files: tuple[Path, ...]
    draft: Draft
    warnings: tuple[str, ...]


def discover(
    events: Sequence[str | Path],
    folder: str | Path,
    *,
    case_id: str = "",
    streams: int = 20,
    rate: float = 0.05,
    as_of: dt.date | None = None,
    actors: Collection[str] = (),
    progress: Progress | None = None,
) -> Discovered:
    """Draft a case from events alone, for review.

    Parameters
    ----------
    events
        A store that `spillover import` made, or event files.
    folder
        Where the case goes; no file there is overwritten.
    case_id
        Id of the case; the folder's name when absent.
    streams
        How many kinds of events become streams, the busiest first.
    rate
        Share of false links to accept among those found.
    as_of
        Use only what was published by the end of this day.
    actors
        Only events between these, by the ids of a draft; all when empty.
    progress
        Called with (done, total, what).

    Raises
    ------
    InputError
        When the id cannot be one or a file is there already.
    EventsError
        When the events are too few.
    """
    from spillover.api.model import load
    from spillover.case.json_schema import json_schema
    from spillover.store.atomic import write_text
    from spillover.study.discover_write import draft_files

    target = Path(folder)
    name = case_id or target.resolve().name
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        msg = f'"{name}" is not an id: use small letters, digits and dashes, with --id'
        raise InputError(msg)
    say = progress or (lambda done, total, what: None)
    paths = [Path(p) for p in events]
    if len(paths) == 1 and paths[0].suffix == ".duckdb":
        draft = _draft(paths[0], streams, rate, as_of, actors, say)
    else:
        draft = _draft_files(paths, streams, rate, as_of, actors, say)
    texts = draft_files(draft, name)
    modeline = "# yaml-language-server: $schema=case.schema.json\n"
    texts["case.yaml"] = modeline + texts["case.yaml"]
    schema = json.dumps(json_schema(), indent=1, ensure_ascii=False)
    texts["case.schema.json"] = schema + "\n"
    there = [n for n in texts if (target / n).exists()]
    if there:
        msg = f"{target / there[0]} is there already: choose a new folder"
        raise InputError(msg)
    for n, text in texts.items():
        write_text(target / n, text)
    files = tuple(target / n for n in texts)
    return Discovered(files, draft, load(target).check())


def _draft(
    store: Path, streams: int, rate: float, as_of: dt.date | None,
    actors: Collection[str], say: Progress,
) -> Draft:  # fmt: skip
    from spillover.store.events import open_store
    from spillover.store.events_read import records_sql
    from spillover.study.discover import discover as draft_of

    say(1, 3, "reading the store")
    with open_store(store) as connection:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE known AS {records_sql(as_of=as_of)}"
        )
        origin = as_of + dt.timedelta(days=1) if as_of else None
        say(2, 3, "looking for links")
        return draft_of(
            connection, table="known", streams=streams, rate=rate, origin=origin,
            actors=actors,
        )  # fmt: skip


def _draft_files(
    paths: Sequence[Path], streams: int, rate: float, as_of: dt.date | None,
    actors: Collection[str], say: Progress,
) -> Draft:  # fmt: skip
    """Draft from files through a store that lives as long as this call."""
    from spillover.api.events import import_events

    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "events.duckdb"
        made = import_events(
            paths, store=store, progress=lambda d, t, what: say(max(d, 1), t, what)
        )
        if made.faults:
            raise EventsError(made.faults)
        return _draft(store, streams, rate, as_of, actors, say)
