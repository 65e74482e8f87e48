"""The verbs for learning from events: fit. Imports nothing heavy at the top."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from spillover.cli.root import CaseName, Json, Quiet, Seed, app, day_of, note, say

__all__: list[str] = []


@app.command()
def fit(
    case: CaseName,
    events: Annotated[
        list[Path] | None,
        typer.Option(
            "--events",
            "-e",
            help="A store (spillover import) or event files to learn from; may be repeated.",
        ),
    ] = None,
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", metavar="DATE", help="Leave out what was published later."
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder to write (CASE-fitted when absent)."),
    ] = None,
    histories: Annotated[
        int, typer.Option(min=2, help="Histories filled in for each round.")
    ] = 12,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds.")] = 3,
    careful: Annotated[
        bool,
        typer.Option(
            "--careful", help="Sample by NUTS (extra bayes): minutes, not seconds."
        ),
    ] = False,
    seed: Seed = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit a case's numbers to its history, or to events; writes the fitted case."""
    from dataclasses import asdict

    from spillover.api.brief_fit import fit_page
    from spillover.api.fitted import check_new, write_fitted
    from spillover.api.model import load
    from spillover.cli.progress import Bar
    from spillover.cli.show_fit import fit_tables, match_lines
    from spillover.inference.case_match import case_match

    model = load(case)
    folder = out or Path(f"{model.id}-fitted")
    check_new(folder)  # before the work, not after it
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    if events:
        from spillover.api.case_events import with_events
        from spillover.assemble.mapped_events import mapping_text

        until = day_of(as_of, "--as-of") if as_of else None
        with Bar(quiet=quiet) as bar:
            found = with_events(model, events, as_of=until, progress=bar)
        model = found.model
        note(mapping_text(found.mapped), quiet=quiet or as_json)
        for w in found.notes:
            note(f"note: {w}", quiet=quiet)
        model.check()
    with Bar(quiet=quiet) as bar:
        fitted = model.fit(
            seed=seed, histories=histories, rounds=rounds, careful=careful, progress=bar
        )
    write_fitted(fitted, folder)
    table = fitted.fit_table
    assert table is not None
    page = fit_page(fitted.case, table)
    match = case_match(model.assembled, table.posterior)
    if as_json:
        body: dict[str, object] = {
            "case": model.id,
            "folder": str(folder),
            "how": table.how,
        }
        body["simulated_law"] = [asdict(r) for r in match.rows]
        say(json.dumps(body | asdict(page), indent=2, ensure_ascii=False))
        return
    fit_tables(page)
    match_lines(match)
    say(f"\nFitted case: {folder}   What was learned: {folder / 'fit.yaml'}")
    note(f"Next:  spillover run {folder}", quiet=quiet)
