"""Long work on record: what was asked, how far it is, what came of it.

A job is a file before it is begun, so that it outlives the server: what a stop or a crash
interrupted is taken up again at the next start. Same case, same seed, same answers.

This file must never import the simulator, a case or a page.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from spillover.store.atomic import write_json
from spillover.store.plain import plain
from spillover.web.desk_files import is_id

__all__ = ["Job", "Jobs", "Status"]

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
OVER = ("done", "failed", "cancelled")
MOST_KEPT = 300


@dataclass
class Job:
    """One piece of work.

    Attributes
    ----------
    id, task, params
        What a worker is asked for.
    title
        In words, for people.
    case, run
        What it belongs to, if anything.
    status
        Where it is.
    done, total, what
        Progress while it runs.
    partial
        First numbers, before all are there.
    result
        What came of it; ``link`` is the page to look at.
    error
        Why it failed: ``message`` and ``faults``.
    asked, ended
        Times, UTC.
    tries
        How often it was begun.
    """

    id: str
    task: str
    title: str
    params: dict[str, Any]
    case: str = ""
    run: str = ""
    status: Status = "waiting"
    done: int = 0
    total: int = 0
    what: str = ""
    partial: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    asked: str = ""
    ended: str = ""
    tries: int = 0
    changes: int = field(default=0, compare=False)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status in OVER

    def plain(self) -> dict[str, Any]:
        """As the API gives it, and as it is written down."""
        found: dict[str, Any] = plain(asdict(self))
        return found


class Jobs:
    """All jobs of a desk; each change of status is written down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, Job] = {}
        for path in sorted(folder.glob("*.json")):
            job = _read(path)
            if job is not None:
                self.known[job.id] = job

    def __iter__(self) -> Iterator[Job]:
        """Newest first."""
        return iter(sorted(self.known.values(), key=lambda j: j.id, reverse=True))

    def new(
        self,
        task: str,
        title: str,
        params: dict[str, Any],
        *,
        case: str = "",
        run: str = "",
    ) -> Job:
        """Put a job on record, not begun."""
        now = dt.datetime.now(dt.UTC)
        ident = f"{now:%Y%m%d-%H%M%S}-{now.microsecond:06d}-{secrets.token_hex(2)}"
        job = Job(ident, task, title, params, case, run, asked=_stamp(now))
        self.known[ident] = job
        self.keep(job)
        return job

    def keep(self, job: Job) -> None:
        """Write a job down as it stands."""
        job.changes += 1
        if job.over and not job.ended:
            job.ended = _stamp(dt.datetime.now(dt.UTC))
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / f"{job.id}.json", job.plain())
        self._forget()

    def unfinished(self) -> list[Job]:
        """Jobs that wait, or ran when the server stopped; the oldest first."""
        return [j for j in reversed(list(self)) if not j.over]

    def _forget(self) -> None:
        over = [j for j in self if j.over]
        for job in over[MOST_KEPT:]:
            del self.known[job.id]
            (self.folder / f"{job.id}.json").unlink(missing_ok=True)


def _stamp(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")


def _read(path: Path) -> Job | None:
    """A job of a file; a damaged one is no job."""
    try:
        job = Job(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError):
        return None
    return job if is_id(job.id) else None
