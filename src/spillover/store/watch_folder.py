"""The folder of a watch: its lock, its states, its three files of lines.

    lock               held by the one process that watches here
    events.duckdb      events imported so far
    risk-line.jsonl    one line for each update, with the alerts it raised
    alerts.jsonl       alerts, each once
    outbox.jsonl       what is to be sent, and what was
    states/000012/     what update 12 was made from: enough to go on, or to do it again
    now.json           the last update, for programs

Order of writing: the state of an update, then its line, then the states before it go.
So whatever moment a process is killed at, the last whole line has its state, and an
update without a line is done again. Lines are those of `store.ledger`: one write, forced
to disk, torn ends set aside.

This file imports only `errors` and the rest of `store`.
"""
# ruff: noqa: E501 - sentences for people

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spillover.errors import InputError
from spillover.store.ledger import Entry, Ledger
from spillover.store.lock import try_lock
from spillover.store.runfolder import write_folder

__all__ = ["WatchFolder"]


class WatchFolder:
    """A watch folder; it need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = Ledger(path / "risk-line.jsonl")
        self.alerts = Ledger(path / "alerts.jsonl")
        self.outbox = Ledger(path / "outbox.jsonl")
        self.store = path / "events.duckdb"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the lock goes with the process, however it ends.

        Raises
        ------
        InputError
            When another process watches here, or it is a folder of something else.
        """
        there = self.path.is_dir() and any(self.path.iterdir())
        if there and not (self.path / "lock").exists():
            msg = f"{self.path} is there already and is no folder of a watch: choose a new folder with --out"
            raise InputError(msg)
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+b") as file:
            if not try_lock(file):
                file.seek(0)
                who = file.read(20).decode("ascii", "replace").strip()
                named = f" (process {who})" if who else ""
                msg = f"{self.path}: another watch runs on this folder{named}. Stop it, or choose another folder with --out"
                raise InputError(msg)
            file.truncate(0)
            file.write(f"{os.getpid()}\n".encode("ascii"))
            file.flush()
            yield
            file.truncate(0)

    def last(self) -> Entry | None:
        """The last whole line of the risk line.

        Raises
        ------
        LedgerError
            When a line was changed.
        """
        updates = [e for e in self.line.entries() if e.kind == "update"]
        return updates[-1] if updates else None

    def state(self, n: int) -> Path:
        """Folder of the state of update ``n``.

        Raises
        ------
        InputError
            When it is not there.
        """
        folder = self._state(n)
        if not folder.is_dir():
            msg = f"{folder}: the state of the last update is missing, so this watch cannot go on. Begin a new one with --out, or put the folder back"
            raise InputError(msg)
        return folder

    def _state(self, n: int) -> Path:
        return self.path / "states" / f"{n:06d}"

    def put(self, n: int, files: Mapping[str, bytes], body: Mapping[str, Any]) -> Entry:
        """Write an update: its state, then its line; then older states go."""
        folder = self._state(n)
        shutil.rmtree(folder, ignore_errors=True)  # of an update that got no line
        write_folder(folder, files)
        (entry,) = self.line.add([("update", body)])
        self.clean(n)
        return entry

    def clean(self, n: int) -> None:
        """Take away every state but that of update ``n``."""
        states = self.path / "states"
        for other in states.iterdir() if states.is_dir() else ():
            if other.name != f"{n:06d}":
                shutil.rmtree(other, ignore_errors=True)
