"""Plain tables in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_table"]

MOST = 44


def print_table(
    console: Console, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print a table with a head; long cells are wrapped."""
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    table = Table(title=None, box=None, pad_edge=False, header_style="dim")
    for h in heads:
        table.add_column(h, max_width=MOST, overflow="fold")
    for r in rows:
        table.add_row(*map(str, r))
    console.print()
    console.print(Text(title, style="bold"))
    console.print(table)
