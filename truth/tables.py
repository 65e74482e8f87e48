"""Tables as commands print them, Markdown or boxes of lines, and as they are written.

This file imports nothing of the project.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Table", "markdown", "read_output"]

_BAR = re.compile(r"[│┃|]")
_RULE = re.compile(r"^[\s|:+\-─━═┏┓┗┛┡┩┢┪├┤┼┬┴╇┳┻╈└┘┌┐╋╂┿]+$")
_EDGE = ("│", "┃", "|")


@dataclass
class Table:
    """Cells as text."""

    head: list[str]
    rows: list[list[str]] = field(default_factory=list)
    title: str = ""

    def as_data(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"title": self.title, "head": self.head, "rows": self.rows}


def _cells(line: str) -> list[str]:
    parts = _BAR.split(line.strip())
    return [p.strip() for p in parts[1:-1]]


def read_output(text: str) -> tuple[list[Table], list[str]]:
    """Every table in what a command printed, and the other lines that say something.

    The line before a table is its title. A first row is its head.
    """
    tables: list[Table] = []
    lines: list[str] = []
    open_table: Table | None = None
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            open_table = None
        elif _RULE.match(line):
            continue
        elif line.startswith(_EDGE) and line.endswith(_EDGE):
            if open_table is None:
                open_table = Table(_cells(line), title=lines[-1] if lines else "")
                tables.append(open_table)
            else:
                open_table.rows.append(_cells(line))
        else:
            open_table = None
            lines.append(" ".join(line.split()))
    titles = {t.title for t in tables}
    return tables, [line for line in lines if line not in titles]


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; every row has the width of the head."""
    wide = len(head)
    out = [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * wide,
    ]
    for row in rows:
        cells = [*row, *[""] * (wide - len(row))][:wide]
        out.append("| " + " | ".join(c.replace("|", "/") for c in cells) + " |")
    return "\n".join(out)
