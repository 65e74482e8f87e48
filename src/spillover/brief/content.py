"""The parts a brief is made of, before any format: HTML and Markdown print both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from spillover.brief.frame import Spec

__all__ = ["Block", "Bullets", "Figure", "Section", "Table", "Terms", "Text"]


@dataclass(frozen=True)
class Text:
    """A paragraph with a bold lead; `look` is bottom, why, conf, alert, note or empty."""

    text: str
    look: str = ""
    lead: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Bullets:
    """A list; `head` stands above it as a small heading."""

    items: tuple[str, ...]
    head: str = ""
    kind: str = "bullets"


@dataclass(frozen=True)
class Terms:
    """Terms and what they mean."""

    items: tuple[tuple[str, str], ...]
    kind: str = "terms"


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows.

    Attributes
    ----------
    tag
        Where the numbers come from: computed, sourced, judged, or empty.
    look
        "stack" turns a wordy table into blocks on a phone, "short" does not.
    right
        Columns set to the right, as numbers are.
    """

    id: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    tag: str = ""
    look: str = "stack"
    right: tuple[int, ...] = ()
    note: str = ""
    kind: str = "table"


@dataclass(frozen=True)
class Figure:
    """A picture: its finding, how to read it, and the table of the same numbers."""

    id: str
    finding: str
    how: str
    label: str
    draw: Callable[[int], Spec]
    table: str
    kind: str = "figure"


Block: TypeAlias = Text | Bullets | Terms | Table | Figure


@dataclass(frozen=True)
class Section:
    """A part of the brief with its heading."""

    id: str
    title: str
    blocks: tuple[Block, ...]
