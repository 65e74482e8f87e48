"""The verb `bench-questions`: a set of questions on open series, the same for everyone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.cli.root import Json, Quiet, app, note, say
from spillover.cli.show_scores import LEGEND, scores

if TYPE_CHECKING:
    from spillover.study.question_set import SetQuestion

__all__: list[str] = []


@app.command("bench-questions")
def bench_questions(
    folder: Annotated[
        Path, typer.Argument(help="Where the open series lie (docs/backtests.md).")
    ],
    series: Annotated[str, typer.Option(metavar="A,B", help="Only these series.")] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the questions here, to be filled in."),
    ] = None,
    forecasts: Annotated[
        Path | None,
        typer.Option(help="A filled-in table to score beside the default model."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score a forecaster on a fixed set of questions: ours, or yours."""
    from spillover.api.backtest import backtest
    from spillover.cli.progress import Bar
    from spillover.errors import InputError, among
    from spillover.store.atomic import write_text
    from spillover.study.open_sets import OPEN_SETS
    from spillover.study.question_set import (
        LEADS,
        read_answers,
        score_set,
        set_questions,
        to_csv,
    )

    wanted = [x.strip() for x in series.split(",") if x.strip()] or list(OPEN_SETS)
    for x in wanted:
        if x not in OPEN_SETS:
            msg = f'unknown series "{x}": the series are {among(x, OPEN_SETS)}'
            raise InputError(msg)
    there = [x for x in wanted if (folder / OPEN_SETS[x][0]).is_file()]
    if not there:
        msg = f"{folder}: none of the series is there. Expected files such as {OPEN_SETS[wanted[0]][0]} (docs/backtests.md says from where)"
        raise InputError(msg)
    for x in wanted:
        if x not in there:
            note(
                f"note: {x} is left out: {folder / OPEN_SETS[x][0]} is not there",
                quiet=quiet,
            )
    questions: list[SetQuestion] = []
    with Bar(quiet=quiet) as bar:
        bar.compiling = True
        for x in there:
            file, how = OPEN_SETS[x]
            done = backtest(folder / file, horizons=LEADS, progress=bar, **how)
            questions += set_questions(x, done)
    if out is not None:
        write_text(out, to_csv(questions))
        note(f"written: {out}", quiet=quiet)
    said = None
    if forecasts is not None:
        try:
            text = forecasts.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            msg = f"{forecasts}: the table of forecasts cannot be read. Expected a CSV in UTF-8"
            raise InputError(msg) from None
        said = read_answers(text, str(forecasts), questions)
    chances, counts = score_set(questions, said)
    many = sum(q.kind == "count" for q in questions)
    if as_json:
        from dataclasses import asdict

        from spillover.store.runfolder import json_bytes

        body = {
            "binary": len(questions) - many, "counts": many,
            "scores": {"chances": chances and asdict(chances), "counts": counts and asdict(counts)},
            "questions": [asdict(q) for q in questions],
        }  # fmt: skip
        say(json_bytes(body).decode())
        return
    say(
        f"{len(questions) - many} yes/no questions and {many} counts from {', '.join(there)}."
    )
    scores("Chances" if said is None else "Your chances", "Brier", chances, bins=True)
    scores("Counts" if said is None else "Your counts", "CRPS", counts)
    say(LEGEND)
