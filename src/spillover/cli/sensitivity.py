"""The verb `sensitivity`: what moves an answer. Imports nothing heavy at the top."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from spillover.cli.compare import names
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
def sensitivity(
    case: CaseName,
    outcome: Annotated[
        str, typer.Option("--outcome", help="Outcome (the key outcome when absent).")
    ] = "",
    levers: Annotated[
        str,
        typer.Option("--levers", metavar="A,B", help="Levers to choose among (all)."),
    ] = "",
    within: Annotated[
        int | None,
        typer.Option(
            "--within", metavar="DAYS", help="Look only so far ahead: quicker."
        ),
    ] = None,
    draws: Draws = 2000,
    futures: Futures = 20,
    seed: Seed = 1,
    threads: Threads = None,
    as_written: AsWritten = False,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show which uncertain number moves an answer, what knowing it is worth, what turns the levers round."""
    from rich.console import Console
    from rich.text import Text

    from spillover.api.model import load
    from spillover.api.sensitivity_page import (
        bottom_line,
        moves_table,
        red_lines_of,
        worth_table,
    )
    from spillover.cli.progress import Bar
    from spillover.cli.show_folder import new_folder
    from spillover.cli.show_report import print_table

    model = load(case)
    folder = new_folder(out, "sensitivity", model.id)
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    with Bar(quiet=quiet) as bar:
        found = model.sensitivity(
            outcome=outcome,
            levers=names(levers),
            within=within,
            draws=draws,
            futures=futures,
            seed=seed,
            threads=threads,
            as_written=as_written,
            progress=bar,
        )
    found.save(folder)
    if as_json:
        body = {"folder": str(folder), **found.to_dict()}
        say(json.dumps(body, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(bottom_line(found), style="bold"))
    for line in red_lines_of(found):
        console.print(Text(line))
    for table in (moves_table(found), worth_table(found)):
        print_table(console, table.caption, table.heads, table.rows)
    say(
        f"\nPage: {folder / 'sensitivity.html'}   Every number: {folder / 'sensitivity.json'}"
    )
