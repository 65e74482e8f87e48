"""The verb `compare`: levers beside each other. Imports nothing heavy at the top."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from spillover.cli.root import (
    AsWritten,
    CaseName,
    Cluster,
    Draws,
    Futures,
    Json,
    Out,
    Quiet,
    Resume,
    Seed,
    Threads,
    app,
    note,
    say,
    unfinished,
)

__all__: list[str] = []


def names(text: str) -> tuple[str, ...]:
    """Ids between commas."""
    return tuple(x.strip() for x in text.split(",") if x.strip())


@app.command()
def compare(
    case: CaseName,
    levers: Annotated[
        str,
        typer.Option("--levers", metavar="A,B", help="Levers (all when absent)."),
    ] = "",
    pairs: Annotated[
        bool,
        typer.Option("--pairs", help="Also every pair of levers that are not armed."),
    ] = False,
    combine: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="A+B", help="Also this combination; may be repeated."
        ),
    ] = None,
    strength: Annotated[
        str,
        typer.Option(
            "--strength",
            metavar="A,B",
            help="Also these levers at 0, 25, 50, 75 and 100 %.",
        ),
    ] = "",
    outcome: Annotated[
        str,
        typer.Option(
            "--outcome", help="Rank by this outcome (the key outcome when absent)."
        ),
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
    cluster: Cluster = "",
    resume: Resume = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare levers: which, how much, how sure, at what price, who pulls it."""
    from spillover.api.model import load
    from spillover.cli.progress import Bar
    from spillover.cli.show_compare import comparison_tables
    from spillover.cli.show_folder import new_folder

    model = load(case)
    folder = new_folder(out, "compare", model.id)
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    with Bar(quiet=quiet) as bar:
        found = model.compare(
            levers=names(levers),
            pairs=pairs,
            combine=[tuple(p.strip() for p in c.split("+")) for c in combine or ()],
            strength=names(strength),
            within=within,
            outcome=outcome,
            draws=draws,
            futures=futures,
            seed=seed,
            threads=threads,
            as_written=as_written,
            cluster=cluster or None,
            resume=resume,
            keep_in=unfinished(folder),
            progress=bar,
        )
    for w in found.notes:
        note(f"note: {w}", quiet=quiet)
    found.save(folder)
    if found.ensemble.parts is not None:
        found.ensemble.parts.clear()
    if as_json:
        body = {"folder": str(folder), **found.to_dict()}
        say(json.dumps(body, indent=2, ensure_ascii=False))
        return
    comparison_tables(found)
    page: Path = folder / "comparison.html"
    say(f"\nPage: {page}   Every number: {folder / 'comparison.csv'}")
