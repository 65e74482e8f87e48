"""Blocks of clean UTF-8 lines from any stream.

Line ends become newlines, zero bytes go, bytes that are not text are replaced where the
encoding allows it; each repair is counted with its lines. This file must never import a
case, a model or a page.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO

from spillover.errors import EventsError, Fault
from spillover.readers.encoding import Encoding

__all__ = ["Repairs", "blocks"]

BLOCK = 1 << 23
LONGEST = 1 << 26
"""Bytes without a line end after which a file counts as no text."""


@dataclass
class Repairs:
    """What had to be mended while reading, with the first lines of each kind."""

    counts: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, what: str, line: int, n: int = 1) -> None:
        """Count a repair."""
        self.counts[what] = self.counts.get(what, 0) + n
        first = self.lines.setdefault(what, [])
        if len(first) < 3:
            first.append(line)

    def notes(self) -> list[str]:
        """One sentence for each kind."""
        return [
            f"{n:,} lines {what} (first: line {', '.join(map(str, self.lines[what]))})"
            for what, n in self.counts.items()
        ]


def blocks(
    file: IO[bytes], encoding: Encoding, repairs: Repairs, *, name: str
) -> Iterator[tuple[int, bytes]]:
    """Whole lines as UTF-8, each block with the number of its first line.

    The last line of a block ends with a newline, also at the end of the file.

    Raises
    ------
    UnicodeDecodeError
        When the encoding is strict and the text is not of it.
    EventsError
        When there are no line ends.
    """
    file.read(encoding.skip)
    recode = (
        None
        if encoding.name == "utf-8"
        else codecs.getincrementaldecoder(encoding.name)("replace")
    )
    line = 1
    carry: list[bytes] = []
    size = 0
    for raw in _ahead(file):
        block = raw if recode is None else recode.decode(raw, not raw).encode()
        if not raw:
            block = b"".join([*carry, block])
            if block:
                block += b"" if block.endswith(b"\n") else b"\n"
                yield line, _clean(block, encoding, repairs, line, recode is not None)
            return
        cut = block.rfind(b"\n") + 1
        if not cut:
            carry.append(block)
            size += len(block)
            if size > LONGEST:
                raise EventsError([_endless(name)])
            continue
        whole = b"".join([*carry, block[:cut]])
        carry, size = [block[cut:]], len(block) - cut
        clean = _clean(whole, encoding, repairs, line, recode is not None)
        yield line, clean
        line += clean.count(b"\n")


def _ahead(file: IO[bytes]) -> Iterator[bytes]:
    """Blocks, the next one unpacked while the last is worked on; an empty one ends.

    What fits in one block needs no thread: many small files would wait for theirs.
    """
    raw = file.read(BLOCK)
    while len(raw) < BLOCK:
        yield raw
        if not raw:
            return
        raw = file.read(BLOCK)
    yield raw
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(file.read, BLOCK)
        while True:
            raw = coming.result()
            if raw:
                coming = pool.submit(file.read, BLOCK)
            yield raw
            if not raw:
                return


def _endless(name: str) -> Fault:
    return Fault(name, 0, 0, "", "this is no table: it has no line ends")


def _clean(
    block: bytes, encoding: Encoding, repairs: Repairs, line: int, recoded: bool
) -> bytes:
    if b"\0" in block:
        for k, text in enumerate(block.split(b"\n")):
            if b"\0" in text:
                repairs.add("held zero bytes, taken out", line + k)
        block = block.replace(b"\0", b"")
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    if block.isascii():
        return block
    if recoded:
        mark = "\ufffd".encode()
        if mark in block:
            for k, text in enumerate(block.split(b"\n")):
                if mark in text:
                    repairs.add(
                        "held bytes that are not text, shown as \ufffd", line + k
                    )
        return block
    if encoding.strict:
        block.decode()
        return block
    try:
        block.decode()
    except UnicodeDecodeError:
        lines = block.split(b"\n")
        for k, text in enumerate(lines):
            if text.isascii():
                continue
            try:
                text.decode()
            except UnicodeDecodeError:
                repairs.add("held bytes that are not text, shown as \ufffd", line + k)
                lines[k] = text.decode("utf-8", "replace").encode()
        return b"\n".join(lines)
    return block
