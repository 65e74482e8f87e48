"""The record of forecasts: a file of lines that can be added to and never changed unseen.

Each line is JSON with a number, a time, a kind, a body, the digest of the line before it
and its own. Whoever changes, removes or reorders a line breaks the chain from there on;
whoever cuts the tail, or writes the whole chain anew, no longer has the head that was
published. So publish the head (`Ledger.head`), or have it written elsewhere (`witness`).

A line is added with one write and forced to disk. What a crash leaves of a line has no
end; it is set aside at the next addition, and counts for nothing before.

References
----------
Haber and Stornetta (1991), J. Cryptology 3, 99-111, doi:10.1007/BF00196791.

This file imports only `errors`, `lock` and `plain`.
"""
# ruff: noqa: E501 - sentences for people

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from spillover.errors import InputError
from spillover.store.lock import lock
from spillover.store.plain import read_json

__all__ = ["START", "Entry", "Ledger", "LedgerError", "witness"]

START = "0" * 64
"""Stands before the first line."""
_KEYS = ("n", "time", "kind", "body", "prev", "digest")


class LedgerError(InputError):
    """A ledger that is not what was written, or cannot be used."""


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes
    ----------
    n
        Its number, from 1.
    time
        When it was written, UTC, ISO 8601.
    kind, body
        What it is, and all it says.
    prev, digest
        SHA-256 of the line before it, and of this one.
    """

    n: int
    time: str
    kind: str
    body: dict[str, Any]
    prev: str
    digest: str

    def line(self) -> bytes:
        """The line as it stands in the file."""
        return _canonical({k: getattr(self, k) for k in _KEYS}) + b"\n"


def _canonical(value: Mapping[str, Any]) -> bytes:
    """JSON of one form: keys in order, no space, no NaN; so that digests agree."""
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    ).encode()


def _digest(n: int, time: str, kind: str, body: Mapping[str, Any], prev: str) -> str:
    held = {"n": n, "time": time, "kind": kind, "body": body, "prev": prev}
    return hashlib.sha256(_canonical(held)).hexdigest()


class Ledger:
    """A ledger file; it need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> tuple[Entry, ...]:
        """All lines, the chain checked.

        Raises
        ------
        LedgerError
            At the first line that is not what was written, with its number.
        """
        return _chain(self.path, self._whole()[0])

    @property
    def head(self) -> str:
        """Digest of the last line; publish it."""
        found = self.entries()
        return found[-1].digest if found else START

    def _whole(self) -> tuple[bytes, bytes]:
        """Whole lines, and what a crash may have left of another."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return b"", b""
        except OSError as e:
            msg = f"{self.path}: the record cannot be read ({e.strerror})"
            raise LedgerError(msg) from None
        return _parted(data)

    def add(
        self,
        items: Sequence[tuple[str, Mapping[str, Any]]],
        *,
        now: dt.datetime | None = None,
    ) -> tuple[Entry, ...]:
        """Add lines, all with one write.

        Parameters
        ----------
        items
            (kind, body) of each.
        now
            Time to write; the clock's when absent. A clock that went backwards gives the
            time of the line before: lines never seem older than what they stand on.

        Raises
        ------
        LedgerError
            When the chain is broken, or the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path) as file:
                there = _chain(self.path, _without_torn(self.path, file))
                made = list(_next(there, items, now or dt.datetime.now(dt.UTC)))
                _append(file, b"".join(e.line() for e in made))
        except OSError as e:
            msg = f"{self.path}: the record cannot be written ({e.strerror}); nothing was recorded"
            raise LedgerError(msg) from None
        return tuple(made)

    def verify(self, head: str = "") -> tuple[Entry, ...]:
        """Check the chain, and that a published head is still in it.

        Raises
        ------
        LedgerError
            When a line is not what was written, or the head is nowhere in the chain: lines
            before it were changed, cut off or written anew.
        """
        found = self.entries()
        if head and head != START and head not in [e.digest for e in found]:
            msg = f"{self.path}: no line has the digest {head[:16]}... that was published: the record was cut, or written anew, before it. It holds {len(found)} lines that agree with each other"
            raise LedgerError(msg)
        return found

    def verify_witness(self, path: Path) -> tuple[Entry, ...]:
        """Check against heads that were written elsewhere.

        What a crash left of a last line witnesses nothing.

        Raises
        ------
        LedgerError
            When one of them is not where it was.
        """
        found = self.entries()
        try:
            lines = _parted(path.read_bytes())[0].decode("ascii").splitlines()
        except (OSError, ValueError):
            msg = f"{path}: there is no file of heads"
            raise LedgerError(msg) from None
        for k, line in enumerate(lines, start=1):
            cells = line.split()
            if len(cells) != 3 or not cells[1].isdigit():
                msg = f"{path}:{k}: this is no line of a witness. Expected a time, a number and a digest"
                raise LedgerError(msg)
            n = int(cells[1])
            if n > len(found) or n < 1 or found[n - 1].digest != cells[2]:
                msg = f"{self.path}: line {n} is not the one whose digest was witnessed on {cells[0]}: the record was cut or changed at or before it"
                raise LedgerError(msg)
        return found


def witness(path: Path, entry: Entry) -> None:
    """Write a head down in another place: a share, a repository, a mail to oneself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path) as file:
        _without_torn(path, file)
        _append(file, f"{entry.time} {entry.n} {entry.digest}\n".encode("ascii"))


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """Whole lines, and what a crash may have left of another."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _without_torn(path: Path, file: IO[bytes]) -> bytes:
    """The whole lines of a locked file; a torn end is moved to a file beside it."""
    file.seek(0)
    whole, torn = _parted(file.read())
    if torn:
        with path.with_name(path.name + ".torn").open("ab") as aside:
            aside.write(torn + b"\n")
        file.truncate(len(whole))
    return whole


def _append(file: IO[bytes], data: bytes) -> None:
    """With one write, forced to disk."""
    file.seek(0, os.SEEK_END)
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _next(
    there: Sequence[Entry],
    items: Sequence[tuple[str, Mapping[str, Any]]],
    now: dt.datetime,
) -> Iterator[Entry]:
    n, prev = len(there), there[-1].digest if there else START
    time = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if there:
        time = max(time, there[-1].time)
    for kind, body in items:
        n += 1
        plain = json.loads(_canonical(body))
        prev_of, prev = prev, _digest(n, time, kind, plain, prev)
        yield Entry(n, time, kind, plain, prev_of, prev)


def _chain(path: Path, data: bytes) -> tuple[Entry, ...]:
    found: list[Entry] = []
    prev = START
    for n, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            held = read_json(line)
            entry = Entry(**{k: held[k] for k in _KEYS})
            if not isinstance(entry.body, dict) or not isinstance(entry.time, str):
                raise TypeError
            same = set(held) == set(_KEYS) and entry.line() == line + b"\n"
        except (ValueError, KeyError, TypeError, RecursionError):
            msg = f"{path}:{n}: this is no line of a record: it was changed, or the file is none"
            raise LedgerError(msg) from None
        if entry.n != n or entry.prev != prev:
            msg = f"{path}:{n}: this line does not follow the one before it: a line was removed, added or moved"
            raise LedgerError(msg)
        if not same or entry.digest != _digest(
            n, entry.time, entry.kind, entry.body, prev
        ):
            msg = f"{path}:{n}: this line was changed after it was written"
            raise LedgerError(msg)
        found.append(entry)
        prev = entry.digest
    return tuple(found)


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    """The file for one writer at a time."""
    with path.open("a+b") as file:
        lock(file)
        yield file
