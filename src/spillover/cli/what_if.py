"""The verb `what-if`: a decision of the past played otherwise. Imports nothing heavy."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from spillover.cli.root import (
    AsWritten,
    CaseName,
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


@app.command("what-if")
def what_if(
    case: CaseName,
    name: Annotated[
        str,
        typer.Argument(metavar="WHAT-IF", help="Which (all are listed when absent)."),
    ] = "",
    draws: Annotated[
        int,
        typer.Option(
            min=1,
            help="Samples of the uncertain numbers, each with a history filled in.",
        ),
    ] = 400,
    samples: Annotated[int, typer.Option(min=1, help="Courses of each.")] = 5,
    seed: Seed = 1,
    threads: Threads = None,
    as_written: AsWritten = False,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play a decision of the past otherwise: what would have been, beside what was."""
    from spillover.api.model import load

    model = load(case)
    if not name:
        asked = [{"id": x.id, "name": x.name or x.id} for x in model.case.what_ifs]
        if as_json:
            say(json.dumps({"case": model.id, "what_ifs": asked}, ensure_ascii=False))
            return
        for x in asked:
            say(f"{x['id']}: {x['name']}")
        if not asked:
            say(f"{model.id} asks nothing of its history: add what_ifs to the case.")
        return
    from rich.console import Console
    from rich.text import Text

    from spillover.api.what_if_page import bottom_line, count_table
    from spillover.cli.progress import Bar
    from spillover.cli.show_folder import new_folder
    from spillover.cli.show_report import print_table

    folder = new_folder(out, f"what-if-{name}", model.id)
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    with Bar(quiet=quiet) as bar:
        found = model.what_if(
            name,
            draws=draws,
            samples=samples,
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
    for stream in found.about.counts:
        table = count_table(found, stream)
        print_table(console, table.caption, table.heads, table.rows)
    say(f"\nPage: {folder / 'what-if.html'}   Every number: {folder / 'what-if.json'}")
