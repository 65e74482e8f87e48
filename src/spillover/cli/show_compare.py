"""A comparison in a terminal: the answer first, then the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spillover.api.compare_words import (
    bottom_line,
    points,
    question_text,
    ratio_text,
    span,
    why_lines,
)
from spillover.brief.words import percent
from spillover.cli.show_report import print_table

if TYPE_CHECKING:
    from spillover.api.compare import Comparison

__all__ = ["comparison_tables"]


def comparison_tables(c: Comparison) -> None:
    """Print the answer, the levers, the armed ones apart, and how well it is known."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(bottom_line(c), style="bold"))
    for line in why_lines(c):
        console.print(Text(line))
    question, window = question_text(c)
    best = c.best()
    print_table(
        console,
        f"{question} {window}",
        ("Lever", "Change", "90 % of samples", "Best in", "Price", "Who pulls it"),
        tuple(
            (
                c.facts[r.id].name,
                points(c.effect(r.id).change.mean)
                + (" *" if c.effect(r.id).tied else ""),
                span(c.effect(r.id).change),
                percent(best[r.id]),
                "" if c.facts[r.id].cost is None else f"{c.facts[r.id].cost:g}",
                " and ".join(c.facts[r.id].owners),
            )
            for r in c.ranking()
        ),
    )
    console.print(
        Text("* may be no change. Price: 0 to 5 for each lever.", style="dim")
    )
    rows = []
    for lever in c.levers:
        e = c.effect(lever)
        rows.append(
            (
                c.facts[lever].name,
                percent(e.p0),
                percent(e.p1),
                f"{e.change.mc_se * 100:.2f}",
                ratio_text(e.coupling.achieved),
                ratio_text(e.coupling.ceiling),
            )
        )
    print_table(
        console,
        "Simulation error, and what drawing the same world saves",
        (
            "Lever",
            "Without",
            "With",
            "Error, points",
            "Achieved, times",
            "Ceiling, times",
        ),
        tuple(rows),
    )
    if c.armed:
        print_table(
            console,
            "Armed levers, never recommended: effect beside the deaths they cause",
            (
                "Lever",
                "Change",
                "90 % of samples",
                "Deaths in such acts",
                "Deaths in all",
            ),
            tuple(
                (
                    c.facts[k].name,
                    points(c.effect(k).change.mean),
                    span(c.effect(k).change),
                    ""
                    if (own := c.compared[k].own_deaths) is None
                    else f"{own.change.mean:+.1f}",
                    f"{c.compared[k].deaths.change.mean:+.1f}",
                )
                for k in c.armed
            ),
        )
    for lever, ids in c.strengths.items():
        print_table(
            console,
            f"{c.facts[lever].name}, pulled part of the way",
            ("Strength", "Chance", "Change", "90 % of samples"),
            tuple(
                (
                    x.rpartition("@")[2].replace("%", " %"),
                    percent(c.effect(x).p1),
                    points(c.effect(x).change.mean),
                    span(c.effect(x).change),
                )
                for x in ids
            ),
        )
