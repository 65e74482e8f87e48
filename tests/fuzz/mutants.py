"""Broken readers that the fuzzer must find: what shows that it can fail.

Each is one slip a person could make, put in place of the right code for the time of a
`with`. `within` is the number of inputs after which it must have been found.
"""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from spillover.case import pattern_text, read, tables, yaml_text
from spillover.errors import Fault, InputError
from spillover.readers import importing, json_rows, rows, stage, text, tkg, unpack
from spillover.reports import dates, petrarch, tokens
from spillover.store import ledger

__all__ = ["MUTANTS", "Mutant", "broken"]


@dataclass(frozen=True)
class Mutant:
    """One slip: what is put where, what finds it, and how soon."""

    name: str
    target: str
    kind: str
    within: int
    places: tuple[tuple[Any, str, Any], ...]
    slow: bool = False


@contextmanager
def broken(mutant: Mutant) -> Iterator[None]:
    """The reader as the mutant has it."""
    with ExitStack() as stack:
        for at, name, value in mutant.places:
            stack.enter_context(patch.object(at, name, value))
        yield


class _Month:
    """A calendar whose months are one day too long."""

    @staticmethod
    def monthrange(year: int, month: int) -> tuple[int, int]:
        first, days = calendar.monthrange(year, month)
        return first, days + 1


def _half_text(path: Any, name: str) -> str:
    """Bytes that are no text kept as half characters."""
    if not path.is_file():
        return yaml_text.read_text(path, name)
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _uncounted(self: Any, line: int, rule: str, text: str) -> None:
    """A row dropped and not counted."""
    self.written.read += 1


def _bare(self: InputError, faults: Any) -> None:
    """A message as it is, half characters and all."""
    self.faults = () if isinstance(faults, str) else tuple(faults)
    text = faults if isinstance(faults, str) else "\n".join(map(str, faults))
    Exception.__init__(self, text)


def _whole(path: Any) -> Any:
    """An archive unpacked into memory, with far too much room."""
    with unpack.gzip.open(path, "rb") as file:
        return io.BytesIO(file.read() * 600_000)


def _first_object(decode: Callable[..., Any]) -> type:
    class Trusting(json_rows.json.JSONDecoder):
        """Raises what only the caller knows nothing of."""

        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            try:
                return super().raw_decode(s, idx)
            except json_rows.json.JSONDecodeError as e:
                raise LookupError(e.msg) from None

    return Trusting


class _Json:
    """The module `json` with a decoder that raises another error."""

    JSONDecodeError = json_rows.json.JSONDecodeError
    JSONDecoder = _first_object(json_rows.json.loads)


def _trusted(path: Any, data: bytes) -> tuple[Any, ...]:
    """A chain that is not checked."""
    found = []
    for line in data.split(b"\n")[:-1]:
        held = ledger.read_json(line)
        found.append(ledger.Entry(**held))
    return tuple(found)


def _to_the_end(block: bytes, *rest: Any) -> bytes:
    """Zero bytes and odd bytes left where they are."""
    return block


def _one_letter(noun: str) -> tuple[str, ...]:
    """The last letter but one, where there may be none."""
    return (noun, noun[-2]) if noun.endswith("y") else (noun, noun + "s")


def _only_json(name: str, number: int, why: str) -> Any:
    """The place where a number of thousands of digits was not thought of."""
    if "thousands of digits" in why:
        raise ValueError(why)
    return Fault(name, number, 0, "", why)


MUTANTS: tuple[Mutant, ...] = (
    Mutant("an except is missing", "event-packed", "crash", 2_000,
           ((unpack, "_BROKEN", (EOFError, unpack.zipfile.BadZipFile)),)),
    Mutant("another error than the one caught", "event-json", "crash", 2_000,
           ((json_rows, "json", _Json),)),
    Mutant("one day too many in a month", "case-tables", "crash", 5_000,
           ((tables, "calendar", _Month),)),
    Mutant("every month has 31 days", "report-words", "crash", 2_000,
           ((dates, "_days_in", lambda year, month: 31),)),
    Mutant("a pattern that backtracks", "case-words", "hang", 5_000,
           ((pattern_text, "_MARKS", re.compile(r"^(?P<head>(?:[^()]+)*?)\s*(?:\((?P<marks>[^()]*)\))?$")),)),
    Mutant("dropped rows are not counted", "event-text", "crash", 1_000,
           ((rows._Sink, "drop", _uncounted),)),
    Mutant("odd bytes are passed on", "event-text", "crash", 5_000,
           ((text, "_clean", _to_the_end),)),
    Mutant("a sentence without an end", "report-words", "crash", 5_000,
           ((tokens, "LONGEST_SENTENCE", 10_000),)),
    Mutant("an archive is unpacked into memory", "event-packed", "memory", 2_000,
           ((unpack, "_gunzip", _whole),)),
    Mutant("a chain that is not checked", "ledger", "crash", 2_000,
           ((ledger, "_chain", _trusted),)),
    Mutant("half characters in a message", "case-file", "message", 1_500,
           ((read, "read_text", _half_text), (yaml_text, "_printable", str),
            (InputError, "__init__", _bare)), slow=True),
    # These four were slips of ours that only a campaign found.
    Mutant("a line end in a name of JSON", "event-json", "crash", 5_000,
           ((importing, "_MARKS", str.maketrans({'"': '""'})),), slow=True),
    Mutant("days that overflow their numbers", "graph-folder", "crash", 60_000,
           ((tkg, "MOST_DIGITS", 15),), slow=True),
    Mutant("a word of one letter", "dictionaries", "crash", 40_000,
           ((petrarch, "noun_forms", _one_letter),), slow=True),
    Mutant("numbers of thousands of digits", "event-json", "crash", 60_000,
           ((json_rows, "_broken", _only_json),), slow=True),
    Mutant("quotes in SQL are not doubled", "event-import", "crash", 3_000,
           ((stage, "_text", "'{}'".format),), slow=True),
)  # fmt: skip
