"""What the command line prints of a fit: numbers moved, checks, and what was left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spillover.brief.page import FitPage
    from spillover.inference.match_law import MatchTable

__all__ = ["fit_line", "fit_tables", "match_lines"]


def fit_line(page: FitPage) -> str:
    """One sentence on a fit."""
    moved = sum(r.learned for r in page.rows)
    return (
        f"Fitted to its own history: {moved} of the {len(page.rows)} uncertain numbers "
        "that the records touch were moved by them; the brief shows each as written, "
        "by the records alone and as used."
    )


def fit_tables(page: FitPage) -> None:
    """Print the whole fit."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(page.summary, soft_wrap=True)
    moved = [r for r in page.rows if r.learned]
    if moved:
        table = Table(
            title="Moved by the records (90 % ranges)", title_justify="left", box=None
        )
        for head in ("Number", "As written", "As used"):
            table.add_column(head, overflow="fold")
        for r in moved:
            table.add_row(r.what, r.written, r.used)
        console.print()
        console.print(table)
    alone = [r for r in page.rows if r.alone and not r.learned]
    if alone:
        title = "Left as written, beside what the records alone say"
        table = Table(title=title, title_justify="left", box=None)
        for head in ("Number", "As written", "Records alone"):
            table.add_column(head, overflow="fold")
        for r in alone:
            table.add_row(r.what, r.written, r.alone)
        console.print()
        console.print(table)
    left = Counter(r.verdict for r in page.rows if not r.learned)
    console.print()
    for verdict, n in left.most_common():
        console.print(f"{n} left as written: {verdict}", soft_wrap=True)
    table = Table(title="Seen and expected", title_justify="left", box=None)
    for head in ("Event", "Seen", "Expected", "Weekdays", "Gaps"):
        table.add_column(head, overflow="fold")
    for c in page.checks:
        table.add_row(c.what, c.seen, c.expected, c.weekdays, c.gaps)
    console.print()
    console.print(table)


def match_lines(match: MatchTable) -> None:
    """Print how far the engine keeps the daily law that was fitted."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    title = "Fitted and simulated by the engine, per day, other mechanisms aside"
    table = Table(title=title, title_justify="left", box=None)
    for head in ("Event", "Mean", "Variance", "Days of none"):
        table.add_column(head, overflow="fold")
    by_stream: dict[str, list[str]] = {}
    for r in match.rows:
        mark = " differs" if r.flagged else ""
        cell = f"{r.fitted:.3f} and {r.simulated:.3f}{mark}"
        by_stream.setdefault(r.stream, []).append(cell)
    for stream, cells in by_stream.items():
        table.add_row(stream, *cells)
    console.print()
    if match.rows:
        console.print(table)
    else:
        console.print("No event comes often enough to compare with a simulation.")
