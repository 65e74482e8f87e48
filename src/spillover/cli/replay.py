"""The verb `replay`: a case on earlier days. Imports nothing heavy at the top."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from spillover.cli.root import (
    CaseName,
    Futures,
    Json,
    Quiet,
    Seed,
    Threads,
    app,
    day_of,
    note,
    say,
)

__all__: list[str] = []


@app.command()
def replay(
    case: CaseName,
    every: Annotated[
        str, typer.Option(help="month (the first of each), or days such as 7d.")
    ] = "month",
    first: Annotated[
        str, typer.Option("--from", metavar="DATE", help="First day.")
    ] = "",
    last: Annotated[
        str, typer.Option("--until", metavar="DATE", help="Last day.")
    ] = "",
    lag: Annotated[
        int,
        typer.Option(
            min=0,
            help="Days after which rows without a day of publication count as known.",
        ),
    ] = 1,
    draws: Annotated[
        int, typer.Option(min=2, help="Samples of the uncertain numbers, each day.")
    ] = 400,
    futures: Futures = 20,
    seed: Seed = 1,
    threads: Threads = None,
    at_once: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Days done at a time, each in a process of its own (about 500 MB each). Without it: two, where there are two cores and four days or more.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder for replay.html, replay.json and replay.csv."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What a case would have said on earlier days, with what was published by then, scored."""
    from spillover.api.model import load
    from spillover.api.replay import days_of, replay_case
    from spillover.api.replay_page import came_words
    from spillover.brief.words import interval, percent
    from spillover.cli.progress import Bar
    from spillover.cli.show_scores import LEGEND, scores

    model = load(case)
    model.check()
    days = days_of(
        model,
        every,
        day_of(first, "--from") if first else None,
        day_of(last, "--until") if last else None,
    )
    with Bar(quiet=quiet) as bar:
        found = replay_case(
            model,
            days,
            draws=draws,
            futures=futures,
            seed=seed,
            lag=lag,
            threads=threads,
            processes=at_once or (min(2, os.cpu_count() or 1) if len(days) >= 4 else 1),
            progress=bar,
        )
    if out is not None:
        found.save(out)
    if as_json:
        say(json.dumps(found.to_dict(), indent=2, ensure_ascii=False, default=str))
        return
    title = ""
    for r in sorted(found.found, key=lambda r: (r.question, r.day)):
        if f"{r.text} {r.window}" != title:
            title = f"{r.text} {r.window}"
            say(f"\n{title} (chance, 90 % interval in brackets)")
        past = (
            ""
            if r.climatology is None
            else f"   the past alone {percent(r.climatology)}"
        )
        said = f"{percent(r.p)} ({interval(r.low, r.high)})"
        say(f"  {r.day}  {said:<28}came: {came_words(r)}{past}")
    scores("\nChances the history settles", "Brier", found.scores(), bins=True)
    scores(
        "Onset: nothing in the window before",
        "Brier",
        found.scores(lambda r: r.onset is True),
    )
    scores("Continuation", "Brier", found.scores(lambda r: r.onset is False))
    say(LEGEND)
    say(
        "\nThe case's structure and its judged numbers were written with the whole history known: a replay shows how the model moves with the news, and is no proof of foresight."
    )
    if out is not None:
        note(f"written: {out}", quiet=quiet)
