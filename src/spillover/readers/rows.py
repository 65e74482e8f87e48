"""Text of a table to one canonical file: line number, then the columns, tab-separated.

No quotes and no line ends inside a row remain, so DuckDB reads it in parallel. What is
no row of the table goes to a second file with its line and the reason: nothing is lost
silently. This file must never import a case, a model or a page.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import IO

from spillover.readers.encoding import Encoding
from spillover.readers.text import Repairs, blocks

__all__ = ["Written", "write_rows", "write_values"]

LONGEST_ROW = 1 << 20
MOST_LINES = 200
"""Lines that one quoted row may span; a quote left open longer is a fault."""
_NUMBERED = b"%d\t%b\n".__mod__
_BREAKS = str.maketrans({"\t": " ", "\n": " ", "\r": " ", "\0": None})


@dataclass
class Written:
    """What came of a table's text.

    Attributes
    ----------
    read
        Rows found, blank lines included, the header not.
    dropped
        How many of them were no rows of the table, by rule.
    repairs
        What was mended.
    """

    read: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    repairs: Repairs = field(default_factory=Repairs)


class _Sink:
    def __init__(self, out: IO[bytes], bad: IO[bytes], width: int) -> None:
        self.out, self.bad, self.width = out, bad, width
        self.written = Written()

    def drop(self, line: int, rule: str, text: str) -> None:
        self.written.dropped[rule] = self.written.dropped.get(rule, 0) + 1
        self.written.read += 1
        shown = text[:200].translate(_BREAKS)
        self.bad.write(f"{line}\t{rule}\t{shown}\n".encode())

    def odd(self, line: int, found: int, text: str) -> None:
        if not text.strip():
            self.drop(line, "blank line", text)
        else:
            self.drop(line, f"row has {found} columns, not {self.width}", text)


def write_rows(
    file: IO[bytes],
    out: IO[bytes],
    bad: IO[bytes],
    *,
    name: str,
    encoding: Encoding,
    delimiter: str,
    quoted: bool,
    width: int,
    header: bool,
    repair_tabs: bool = False,
) -> Written:
    """Write the rows of a table to ``out`` and what is none to ``bad``.

    Parameters
    ----------
    file
        The table as bytes, from its start.
    out, bad
        Files to write: ``line, columns...`` and ``line, rule, text``.
    name
        For messages.
    encoding, delimiter, quoted, width, header
        How the table is written, its number of columns, whether it has a header.
    repair_tabs
        Cut empty columns that stand too many at the end of a row.

    Raises
    ------
    UnicodeDecodeError, EventsError
        As `text.blocks`.
    """
    sink = _Sink(out, bad, width)
    source = blocks(file, encoding, sink.written.repairs, name=name)
    if quoted:
        _quoted(source, sink, delimiter, header)
    else:
        _unquoted(source, sink, delimiter.encode(), header, repair_tabs)
    return sink.written


def _unquoted(
    source: Iterator[tuple[int, bytes]],
    sink: _Sink,
    delimiter: bytes,
    header: bool,
    repair_tabs: bool,
) -> None:
    marks = sink.width - 1
    for first, block in source:
        lines = block.split(b"\n")
        lines.pop()  # behind the last newline
        if header and first == 1:
            del lines[0]
            first = 2
        good: Iterator[tuple[int, bytes]]
        # The common case in a few sweeps in C, without a look at each row by itself.
        counts = list(map(bytes.count, lines, repeat(delimiter)))
        if (
            counts.count(marks) == len(lines)
            and len(max(lines, key=len, default=b"")) <= LONGEST_ROW
        ):
            good = enumerate(lines, first)
            sink.written.read += len(lines)
        else:
            some = list(_sorted_out(lines, first, sink, delimiter, repair_tabs))
            sink.written.read += len(some)
            good = iter(some)
        if delimiter != b"\t":
            good = ((k, _tabbed(t, delimiter)) for k, t in good)
        sink.out.write(b"".join(map(_NUMBERED, good)))


def _tabbed(text: bytes, delimiter: bytes) -> bytes:
    return text.replace(b"\t", b" ").replace(delimiter, b"\t")


def _sorted_out(
    lines: list[bytes], first: int, sink: _Sink, delimiter: bytes, repair_tabs: bool
) -> Iterator[tuple[int, bytes]]:
    for k, found in enumerate(lines, first):
        text, marks = found, found.count(delimiter)
        if repair_tabs and marks > sink.width - 1:
            cells = text.split(delimiter)
            if not b"".join(cells[sink.width :]).strip():
                text, marks = delimiter.join(cells[: sink.width]), sink.width - 1
                sink.written.repairs.add("had empty columns too many, cut", k)
        if len(text) > LONGEST_ROW:
            sink.drop(
                k,
                "row is longer than a megabyte",
                text[:800].decode("utf-8", "replace"),
            )
        elif marks != sink.width - 1:
            sink.odd(k, marks + 1, text.decode("utf-8", "replace"))
        else:
            yield k, text


def _quoted(
    source: Iterator[tuple[int, bytes]], sink: _Sink, delimiter: str, header: bool
) -> None:
    csv.field_size_limit(1 << 26)
    waiting: deque[tuple[int, str]] = deque()
    blocks_left = True
    first = header

    def more() -> bool:
        nonlocal blocks_left
        found = next(source, None)
        if found is None:
            blocks_left = False
            return False
        lines = found[1].decode().split("\n")
        lines.pop()
        waiting.extend(enumerate(lines, found[0]))
        return True

    out: list[str] = []
    while waiting or (blocks_left and more()):
        line, text = waiting.popleft()
        taken: list[tuple[int, str]] = []
        # an even number of quotes closes a row: doubled ones inside count twice
        open_quote = text.count('"') % 2
        parts = [text]
        while open_quote and len(taken) < MOST_LINES and (waiting or more()):
            taken.append(waiting.popleft())
            parts.append(taken[-1][1])
            open_quote ^= parts[-1].count('"') % 2
        row = "\n".join(parts)
        if '"' in row:
            try:
                cells = next(csv.reader([row], delimiter=delimiter), [])
            except csv.Error:  # a line end outside quotes
                cells = []
        else:
            cells = row.split(delimiter)
        if first:
            first = False
            continue
        long = len(row) > LONGEST_ROW // 4 and len(row.encode()) > LONGEST_ROW
        # a line inside quotes with the columns of a whole row is a row that two stray
        # quotes, one at its end, would make a cell of
        rows_inside = any(t.count(delimiter) >= sink.width - 1 for _, t in taken)
        if open_quote or len(cells) != sink.width or long or rows_inside:
            # what a stray quote swallowed are rows of their own
            waiting.extendleft(reversed(taken))
            if open_quote or taken:
                sink.drop(line, "a quote is never closed", text)
            elif long:
                sink.drop(line, "row is longer than a megabyte", text)
            else:
                sink.odd(line, len(cells), text)
            continue
        sink.written.read += 1
        out.append(_joined(line, cells))
        if len(out) >= 20_000:
            sink.out.write("".join(out).encode())
            out.clear()
    sink.out.write("".join(out).encode())


def _joined(line: int, cells: list[str]) -> str:
    text = "\t".join(cells)
    if text.count("\t") != len(cells) - 1 or "\n" in text:
        text = "\t".join(c.translate(_BREAKS) for c in cells)
    return f"{line}\t{text}\n"


def write_values(
    rows: Iterator[tuple[int, dict[str, object]]],
    columns: tuple[str, ...],
    out: IO[bytes],
    bad: IO[bytes],
) -> Written:
    """Write rows that are known by column names, such as those of JSON."""
    sink = _Sink(out, bad, len(columns))
    for line, row in rows:
        cells = (row.get(c) for c in columns)
        text = "\t".join("" if v is None else str(v).translate(_BREAKS) for v in cells)
        data = f"{line}\t{text}\n".encode("utf-8", "replace")
        if len(data) > LONGEST_ROW:
            sink.drop(line, "row is longer than a megabyte", text[:200])
        elif not row.keys() & set(columns):
            sink.drop(line, "row has none of the columns", str(row)[:200])
        else:
            sink.written.read += 1
            out.write(data)
    return sink.written
