"""The verb `paths`: by which ways an outcome comes about. Imports nothing heavy."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from spillover.cli.root import (
    AsWritten,
    CaseName,
    Draws,
    Futures,
    Json,
    Out,
    Quiet,
    Seed,
    Threads,
    app,
    note,
    say,
)

__all__: list[str] = []


@app.command()
def paths(
    case: CaseName,
    outcome: Annotated[
        str, typer.Option("--outcome", help="Outcome (the key outcome when absent).")
    ] = "",
    lever: Annotated[str, typer.Option("--lever", help="With this lever pulled.")] = "",
    within: Annotated[
        int | None,
        typer.Option("--within", metavar="DAYS", help="Look only so far ahead."),
    ] = None,
    knock: Annotated[
        int,
        typer.Option(
            "--knock-outs",
            min=0,
            help="Links to switch off in reruns of the same courses.",
        ),
    ] = 6,
    draws: Draws = 2000,
    futures: Futures = 20,
    seed: Seed = 1,
    threads: Threads = None,
    as_written: AsWritten = False,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show by which ways an outcome comes about, and where it turned."""
    from rich.console import Console
    from rich.text import Text

    from spillover.api.model import load
    from spillover.api.paths_page import (
        bottom_line,
        knock_table,
        marker_table,
        way_table,
    )
    from spillover.cli.progress import Bar
    from spillover.cli.show_folder import new_folder
    from spillover.cli.show_report import print_table

    model = load(case)
    folder = new_folder(out, "paths", model.id)
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    with Bar(quiet=quiet) as bar:
        found = model.paths(
            outcome=outcome,
            lever=lever,
            within=within,
            knock=knock,
            draws=draws,
            futures=futures,
            seed=seed,
            threads=threads,
            as_written=as_written,
            progress=bar,
        )
    found.save(folder)
    if as_json:
        say(
            json.dumps(
                {"folder": str(folder), **found.to_dict()}, indent=2, ensure_ascii=False
            )
        )
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(bottom_line(found), style="bold"))
    for table in (way_table(found, 12), knock_table(found), marker_table(found)):
        print_table(console, table.caption, table.heads, table.rows)
    say(f"\nPage: {folder / 'paths.html'}   All ways: {folder / 'paths.csv'}")
