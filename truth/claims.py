"""Finds measured numbers in the documentation and the marks that name their command.

A mark is a comment of its own, ``<!-- truth: id -->`` or ``<!-- truth: id, id -->``:

* right above a block (a paragraph, a list, a table) it covers that block;
* followed by a blank line it covers everything up to the next heading of the same or a
  higher rank; before the first heading, or right below the title, the whole page.

A block that itself names a command in backticks (`python -m ...`, `pytest ...`,
`make ...`, `spillover ...`) is traceable without a mark. What counts as measured is
decided by shape: a table with numbers that have a point or a unit, a sentence with a
number beside a word of measuring. It errs toward asking for a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from truth.store import ROOT

__all__ = ["Block", "blocks", "measured", "pages", "untraced"]

MARK = re.compile(r"^<!-- truth: ([a-z0-9, -]+?) -->$")
COMMAND = re.compile(
    r"`[^`]*\b(?:python -m (?:benchmarks|pytest|truth|tests)|pytest|make [a-z]|spillover [a-z])[^`]*`"
)
MADE_FROM_CODE = ("case-reference.md", "cli.md")
"""Written from the code by docs/make_reference.py: they claim no measurement."""

POINT = r"[-+−±]?\d*\.\d+"
NUMBER = r"[-+−±]?\d[\d,]*(?:\.\d+)?"
UNIT = r"(?:ms|µs|ns|s|min|MB|GB|kB|%)"
CELL = re.compile(rf"^\W*(?:{POINT}|{NUMBER} ?{UNIT}|{NUMBER} of {NUMBER})\b", re.ASCII)
TIMES = re.compile(
    rf"{NUMBER} ?(?:ms|µs|ns|MB|GB)\b|\b(?:took|takes?|in|within|after|about|between|to) "
    rf"(?:about )?{NUMBER}(?: (?:to|and) {NUMBER})? (?:s|seconds|minutes?|hours?)\b"
    rf"|\d a second\b|\b(?:events|articles|rows|requests|inputs) a second\b",
    re.IGNORECASE,
)
MEASURE = re.compile(
    r"\b(?:F1|RMSE|recall|precision|cover(?:s|ed|age)?|bias|median|p95|p50|standard error|"
    r"Brier|CRPS|log score|Bayes factor|correlat\w+|measured|errs?|rejected|false alarms?|"
    r"errors? of|R-hat|skill|accuracy|MAE|slope|lead time)\b",
    re.IGNORECASE,
)
DECIMAL = re.compile(
    rf"(?<![\w.\-]){POINT}(?![\w.]*\.\w)|{NUMBER} ?%|{NUMBER} of {NUMBER}"
)
ANSWER = re.compile(rf"^ +within .*{NUMBER}(?: %| to )", re.MULTILINE)
"""A line of answers that a command printed."""
TRIED = re.compile(r"\b(?:Tried|Measured|measured)\b")


@dataclass(frozen=True)
class Block:
    """Some lines of a page, with the ids that cover them."""

    page: str
    line: int
    text: str
    ids: tuple[str, ...]

    @property
    def table(self) -> bool:
        """Whether it is one."""
        return self.text.lstrip().startswith("|")


def pages() -> list[Path]:
    """README and the pages of docs."""
    found = sorted((ROOT / "docs").glob("*.md"))
    return [ROOT / "README.md", *(p for p in found if p.name not in MADE_FROM_CODE)]


def _cut(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines between blank ones, code between fences as one."""
    run: list[str] = []
    start, fence = 1, False
    for n, line in enumerate([*text.splitlines(), ""], 1):
        alone = line.startswith("#") or MARK.match(line.strip())
        if line.lstrip().startswith("```"):
            fence = not fence
        elif not fence and (not line.strip() or alone):
            if run:
                yield start, run
            run = []
            if alone:
                yield n, [line.strip()]
            continue
        if not run:
            start = n
        run.append(line)
    if run:
        yield start, run


def blocks(text: str, page: str) -> list[Block]:
    """The blocks of a page that may claim something, with what covers them."""
    out: list[Block] = []
    lines = text.splitlines()
    sections: list[tuple[int, tuple[str, ...]]] = []
    rank, waiting = 0, ()  # type: int, tuple[str, ...]
    for start, run in _cut(text):
        mark = MARK.match(run[0])
        if mark:
            ids = tuple(x.strip() for x in mark[1].split(","))
            below = lines[start].strip() if start < len(lines) else ""
            if below:
                waiting = ids
            else:
                # Right below the title it covers the page.
                sections.append((0 if rank == 1 and not out else rank, ids))
        elif run[0].startswith("#"):
            rank = len(run[0]) - len(run[0].lstrip("#"))
            sections = [(r, ids) for r, ids in sections if r < rank]
            waiting = ()
        else:
            covering = [i for _, ids in sections for i in ids]
            out.append(Block(page, start, "\n".join(run), (*waiting, *covering)))
            waiting = ()
    return out


def _code(block: Block) -> bool:
    return block.text.lstrip().startswith("```") or all(
        line.startswith("    ") for line in block.text.splitlines()
    )


def measured(block: Block) -> bool:
    """Whether a block looks as if it told what was measured."""
    if _code(block):
        return len(ANSWER.findall(block.text)) >= 2
    if block.table:
        cells = [
            c.strip() for row in block.text.splitlines()[2:] for c in row.split("|")
        ]
        return sum(bool(CELL.match(c)) for c in cells) >= 2
    plain = re.sub(r"`[^`]*`|\]\([^)]*\)", "", block.text)
    for sentence in re.split(r"(?<=[.;:])\s+(?=[A-Z*(])", " ".join(plain.split())):
        if TIMES.search(sentence):
            return True
        if DECIMAL.search(sentence) and (
            MEASURE.search(sentence) or TRIED.search(sentence)
        ):
            return True
    return False


def untraced(text: str, page: str) -> list[Block]:
    """Blocks with measured numbers that name neither an id nor a command."""
    return [
        b
        for b in blocks(text, page)
        if measured(b) and not b.ids and not COMMAND.search(b.text)
    ]
