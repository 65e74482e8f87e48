"""What the command line prints: tables and sentences."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.brief.words import interval, percent
from spillover.clock import in_words
from spillover.errors import InputError, among

if TYPE_CHECKING:
    from spillover.api.model import CaseModel
    from spillover.api.run import Run

__all__ = ["closing", "outcomes_table", "saved_outcomes", "stability"]


def stability(model: CaseModel) -> dict[str, float]:
    """Spectral radius over a small sample of draws: 5, 50 and 95 % points."""
    import numpy as np

    from spillover.assemble.draws import draw_table

    radius = draw_table(model.assembled, 1, 200).radius
    return dict(
        zip(
            ("q5", "q50", "q95"),
            (float(v) for v in np.quantile(radius, [0.05, 0.5, 0.95])),
            strict=True,
        )
    )


def saved_outcomes(folder: Path, lever: str) -> dict[str, Any] | None:
    """Answers saved in a run folder; None when it is not one."""
    path = folder / "outcomes.json"
    if not path.is_file():
        return None
    try:
        arms = json.loads(path.read_text(encoding="utf-8"))["arms"]
    except (ValueError, KeyError, TypeError):
        msg = f"{path} holds no answers of a run"
        raise InputError(msg) from None
    for arm in arms:
        if not lever or arm["lever"] == lever:
            return dict(arm)
    known = among(lever, (a["lever"] for a in arms))
    msg = f'lever "{lever}" is not in this run: it has {known}'
    raise InputError(msg)


def _main_windows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of month after month only the last; other windows all."""
    last = {r["outcome"]: r["id"] for r in rows if "@months" in r["id"]}
    return [
        r for r in rows if "@months" not in r["id"] or last[r["outcome"]] == r["id"]
    ]


def outcomes_table(
    table: dict[str, Any],
    *,
    title: str = "",
    origin: dt.date | None = None,
    every: bool = False,
) -> None:
    """Print answers as a table a first-time reader understands."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    rows = table["outcomes"] if every else _main_windows(table["outcomes"])
    if title:
        known = f", as known before {in_words(origin)}" if origin else ""
        console.print(Text(f"{title}{known}", style="bold"))
        console.print()
    heads = ("", "Chance or count", "In words", "90 % interval", "The past alone")
    cells = [_cells(r) for r in rows]
    wide = [max(len(c[k]) for c in (heads, *cells)) for k in range(len(heads))]

    def line(row: tuple[str, ...]) -> str:
        first = f"  {row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:<{wide[2]}}"
        return f"{first}  {row[3]:<{wide[3]}}  {row[4]}".rstrip()

    console.print(Text(line(heads), style="dim"))
    before = ""
    for r, row in zip(rows, cells, strict=True):
        if r["question"] != before:
            before = r["question"]
            console.print(Text(f"\n{before}", style="bold"))
        console.print(Text(line(row)))


def _cells(r: dict[str, Any]) -> tuple[str, ...]:
    """Window, value, words, interval and base rate of one answer."""
    if r["kind"] == "chance":
        base = percent(r["base_rate"]) if r["base_rate"] is not None else ""
        word = r["word"].split(":")[0]
        return (
            r["window"],
            percent(r["p"]),
            word,
            interval(r["p_low"], r["p_high"]),
            base,
        )
    return (
        r["window"],
        f"{r['q50']:g}",
        "count, middle course",
        f"{r['q5']:g} to {r['q95']:g}",
        "",
    )


def closing(run: Run, folder: Path) -> None:
    """What the table rests on and where the rest is."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    m = run.manifest()
    console.print()
    console.print(
        f"Computed from {m['draws']:,} samples of the uncertain numbers x {m['futures_per_draw']} simulated courses, seed {m['seed']}. "
        "Chance: mean over all. 90 % interval: how far the uncertain numbers move a chance (for counts: over all courses). "
        "The past alone: what a simple record of earlier events would say, no model."
    )
    if run.model.fit_table is not None:
        from spillover.api.brief_fit import fit_page
        from spillover.cli.show_fit import fit_line

        console.print(fit_line(fit_page(run.model.case, run.model.fit_table)))
    capped = sum(m["capped_futures"].values())
    if capped:
        console.print(
            f"{capped:,} courses had too many events and were stopped; the brief gives bounds."
        )
    if run.studies is not None:
        if run.studies.comparison is not None:
            from spillover.api.compare_words import bottom_line

            console.print(bottom_line(run.studies.comparison))
        pages = ", ".join(str(folder / x) for x in run.studies.pages)
        console.print(f"Pages: {pages}")
    for lever in m["levers"][1:]:
        console.print(
            f'With the lever "{lever}":  spillover outcomes {folder} --lever {lever}'
        )
    console.print(
        f"Brief: {folder / 'brief.html'}   Numbers: {folder / 'outcomes.csv'}   Everything: {folder}"
    )
