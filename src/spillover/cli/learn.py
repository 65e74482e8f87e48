"""The verbs for learning from events: fit. Imports nothing heavy at the top."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from spillover.cli.root import CaseName, Json, Quiet, Seed, app, note, say

__all__: list[str] = []


@app.command()
def fit(
    case: CaseName,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder to write (CASE-fitted when absent)."),
    ] = None,
    histories: Annotated[
        int, typer.Option(min=2, help="Histories filled in for each round.")
    ] = 12,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds.")] = 3,
    seed: Seed = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit a case's numbers to its history; writes the fitted case for review."""
    from dataclasses import asdict

    from spillover.api.brief_fit import fit_page
    from spillover.api.fitted import write_fitted
    from spillover.api.model import load
    from spillover.cli.progress import Bar
    from spillover.cli.show_fit import fit_tables

    model = load(case)
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    with Bar(quiet=quiet) as bar:
        fitted = model.fit(seed=seed, histories=histories, rounds=rounds, progress=bar)
    folder = write_fitted(fitted, out or Path(f"{model.id}-fitted"))
    table = fitted.fit_table
    assert table is not None
    page = fit_page(fitted.case, table)
    if as_json:
        body = {"case": model.id, "folder": str(folder), "how": table.how}
        say(json.dumps(body | asdict(page), indent=2, ensure_ascii=False))
        return
    fit_tables(page)
    say(f"\nFitted case: {folder}   What was learned: {folder / 'fit.yaml'}")
    note(f"Next:  spillover run {folder}", quiet=quiet)
