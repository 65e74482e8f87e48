"""The verbs `outlook` and `outlook-check`: who acts next. Imports nothing heavy at the top."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.cli.root import Json, Quiet, app, day_of, note, say

if TYPE_CHECKING:
    from spillover.api.outlook import Outlook
    from spillover.study.outlook_check import Check
    from spillover.study.outlook_facts import WorldEvents

__all__: list[str] = []

Events = Annotated[
    list[Path],
    typer.Argument(
        metavar="EVENTS...",
        help="A store (spillover import), event files and folders, or a folder of a temporal knowledge graph.",
    ),
]
AsOf = Annotated[
    str,
    typer.Option(
        "--as-of", metavar="DATE",
        help="Only what had been published by the end of this day (the last day when absent).",
    ),
]  # fmt: skip
Horizon = Annotated[
    str, typer.Option("--horizon", metavar="DAYS", help="Days ahead, such as 7d or 2w.")
]
DayZero = Annotated[
    str,
    typer.Option(
        "--day-zero", metavar="DATE",
        help="Date of time 0 in a folder of a temporal knowledge graph, which states none.",
    ),
]  # fmt: skip


def _days(text: str) -> int:
    from spillover.errors import InputError

    found = re.fullmatch(r"\s*(\d+)\s*(d|days?|w|weeks?|)\s*", text)
    if not found:
        msg = (
            f'--horizon "{text}": this is no number of days. Expected such as 7d or 2w'
        )
        raise InputError(msg)
    return int(found[1]) * (7 if found[2].startswith("w") else 1)


@app.command()
def outlook(
    events: Events,
    as_of: AsOf = "",
    actor: Annotated[
        str, typer.Option("--actor", help="Only acts by this actor, by name or id.")
    ] = "",
    action: Annotated[
        str, typer.Option("--action", help="Only acts of this kind, such as ASSAULT.")
    ] = "",
    target: Annotated[
        str, typer.Option("--target", help="Only acts toward this actor.")
    ] = "",
    horizon: Horizon = "7d",
    top: Annotated[int, typer.Option(min=1, max=1000, help="Length of the list.")] = 20,
    rose: Annotated[
        int, typer.Option(min=0, max=1000, help="Length of the list of what rose.")
    ] = 10,
    day_zero: DayZero = "",
    draft: Annotated[
        Path | None,
        typer.Option(
            "--draft",
            metavar="FOLDER",
            help="Also draft a case, around the actors of --around.",
        ),
    ] = None,
    around: Annotated[
        str,
        typer.Option(
            "--around",
            metavar="ACTOR[,ACTOR]",
            help="Actors of the draft, by name or id, commas or semicolons between; those they deal with most are added.",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="Folder for page, JSON and tables."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rank who acts next toward whom, with chances, reasons, and what rose."""
    from spillover.api.outlook import outlook as look
    from spillover.api.outlook import read_world
    from spillover.cli.progress import Bar
    from spillover.errors import InputError

    if bool(around) != (draft is not None):
        msg = "--draft and --around belong together: a folder for the case, and the actors it is about"
        raise InputError(msg)
    days = _days(horizon)
    with Bar(quiet=quiet or as_json) as bar:
        world = read_world(
            events,
            as_of=day_of(as_of, "--as-of") if as_of else None,
            day_zero=day_of(day_zero, "--day-zero") if day_zero else None,
            progress=bar,
        )
        names = _names(around, world)  # a typing error is told before the work
        found = look(
            world, actor=actor, action=action, target=target, horizon=days, top=top,
            rose=rose, progress=bar,
        )  # fmt: skip
        made = None
        if draft is not None:
            from spillover.api.outlook_draft import draft_around

            made = draft_around(world, events, draft, names, progress=bar)
    files: list[str] = []
    if out is not None:
        from spillover.api.outlook_page import outlook_files
        from spillover.store.atomic import write_text

        for name, text in outlook_files(found).items():
            write_text(out / name, text)
            files.append(str(out / name))
    if as_json:
        from spillover.store.plain import plain

        body = found.to_dict() | {"files": files}
        if made is not None:
            body["draft"] = {
                "files": [str(f) for f in made[0].files],
                "actors": list(made[1]),
            }
        say(json.dumps(plain(body), ensure_ascii=False))
        return
    _print(found, quiet)
    for f in files:
        say(f)
    if made is not None:
        say(str(draft / "case.yaml") if draft else "")
        note(
            f"The draft holds {', '.join(made[1])}. Read it from the top, then  spillover check {draft}",
            quiet=quiet,
        )


def _names(text: str, world: WorldEvents) -> list[str]:
    """Names between semicolons, or commas where a name with its comma is none."""
    from spillover.errors import InputError

    found = []
    for part in (p.strip() for p in text.split(";") if p.strip()):
        try:
            world.actor(part, "--around")
        except InputError:
            if "," not in part:
                raise
            for name in (n.strip() for n in part.split(",") if n.strip()):
                world.actor(name, "--around")
                found.append(name)
        else:
            found.append(part)
    return found


def _print(found: Outlook, quiet: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from spillover.api.outlook_page import bottom_line, rise_table, row_table
    from spillover.cli.show_report import print_table

    for n in found.events.notes:
        note(f"note: {n}", quiet=quiet)
    console = Console()
    console.print(Text(f"As of {found.events.as_of}: {bottom_line(found)}"))
    for table in (row_table(found), rise_table(found)):
        print_table(console, table.caption, table.heads, table.rows)


@app.command("outlook-check")
def outlook_check(
    events: Events,
    as_of: AsOf = "",
    weeks: Annotated[
        int, typer.Option(min=1, max=52, help="Stretches at the end to be judged.")
    ] = 4,
    horizon: Horizon = "7d",
    day_zero: DayZero = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check the chances of an outlook: stated and seen over the last weeks."""
    from spillover.api.outlook import check_chances, read_world
    from spillover.api.outlook_words import check_dict
    from spillover.cli.progress import Bar

    with Bar(quiet=quiet or as_json) as bar:
        world = read_world(
            events,
            as_of=day_of(as_of, "--as-of") if as_of else None,
            day_zero=day_of(day_zero, "--day-zero") if day_zero else None,
            progress=bar,
        )
        found = check_chances(world, weeks=weeks, horizon=_days(horizon), progress=bar)
    if as_json:
        from spillover.store.plain import plain

        say(json.dumps(plain(check_dict(found, world.date)), ensure_ascii=False))
        return
    _print_check(found, str(world.date(found.first)))


def _print_check(c: Check, first: str) -> None:
    from rich.console import Console

    from spillover.cli.show_report import print_table

    console = Console()
    say(
        f"{c.stretches} stretches of {c.horizon} days from {first}; {c.questions:,} questions on pairs seen before, "
        f"by {c.sources:,} sources. Bands: stretches and sources drawn anew, central 90 %."
    )
    for name, bins in (
        ("Pairs seen before", c.bins),
        ("Pairs never seen, sampled and weighted", c.new_bins),
    ):
        rows: list[tuple[str, ...]] = [
            (
                f"{b.low:g} to {b.high:g}", f"{b.questions:,.0f}", f"{b.facts:,}",
                f"{b.stated:.3g}", f"{b.seen:.3g}", f"{b.band_low:.3g} to {b.band_high:.3g}",
                "yes" if b.holds else "no", "yes" if b.holds_alone else "no",
            )
            for b in bins
        ]  # fmt: skip
        heads: tuple[str, ...] = (
            "Stated between",
            "Questions",
            "Came",
            "Stated, mean",
            "Share that came",
            "Band for it",
            "Holds",
        )
        print_table(console, name, heads, rows)
    rows = [
        (
            s.pairs, s.forecaster, f"{s.brier:,.1f}", _skill(s.brier_skill),
            f"{s.log_score:,.0f}", _skill(s.log_skill),
        )
        for s in c.scores
    ]  # fmt: skip
    heads = (
        "Pairs",
        "Forecaster",
        "Brier, summed",
        "Outlook better by",
        "Log score, summed",
        "Outlook better by",
    )
    print_table(console, "Scores, lower is better", heads, rows)
    rows = [(str(k + 1), *(f"{v:,.0f}" for v in x[1:])) for k, x in enumerate(c.totals)]
    heads = ("Stretch", "Stated", "Came", "Stated, never seen", "Came, never seen")
    print_table(console, "Acts expected and come, by stretch", heads, rows)


def _skill(s: tuple[float, float, float]) -> str:
    if s == (0.0, 0.0, 0.0):
        return ""
    return f"{100 * s[0]:.1f} % ({100 * s[1]:.1f} to {100 * s[2]:.1f})"
