"""`Report`: a page that answers one kind of question, as plain values.

Comparisons, paths, what-ifs and sensitivity are reports. The layer above fills one;
`report_html` and the charts only read it.

This file imports nothing of Spillover.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Block", "ChartKind", "Picture", "Report", "Section", "Table", "Text"]

ChartKind = Literal[
    "levers", "frontier", "curves", "flow", "tornado", "counts", "replay"
]


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names it."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    id: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph; ``note`` ones are small."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Picture:
    """A drawing with its finding, how to read it, and the table of its numbers.

    ``data`` are the keyword arguments of the chart ``kind``; ``steps``, where there are
    any, what the script of a replay needs to play it.
    """

    id: str
    kind: ChartKind
    finding: str
    how: str
    data: dict[str, Any]
    table: Table
    steps: dict[str, Any] | None = None


Block = Table | Text | Picture


@dataclass(frozen=True)
class Section:
    """A head and what stands under it."""

    head: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A whole page.

    Attributes
    ----------
    kind
        What it is, for the top line: "Levers compared".
    title, case_id, known_to
        Of the case.
    bottom
        The answer in a sentence or two.
    why
        Sentences under it.
    sections
        The rest; each picture's table stands in an annex.
    words
        Terms and what they mean here.
    foot
        What it was made from.
    """

    kind: str
    title: str
    case_id: str
    known_to: str
    bottom: str
    why: tuple[str, ...]
    sections: tuple[Section, ...]
    words: tuple[tuple[str, str], ...]
    foot: str
    first: Table | None = None
    """The table of the first screen."""
