"""The verbs of the record: record, forecasts, resolve, verify, score. Imports nothing heavy."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.cli.root import (
    AsWritten,
    CaseName,
    Draws,
    Futures,
    Json,
    Quiet,
    Seed,
    Threads,
    app,
    note,
    say,
)
from spillover.cli.show_scores import LEGEND, scores

if TYPE_CHECKING:
    from spillover.api.record import Forecast
    from spillover.api.record_scores import RecordScores
    from spillover.store.ledger import Entry, Ledger

__all__: list[str] = []

Where = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        help="File of the record (SPILLOVER_LEDGER, or forecasts.jsonl here, when absent).",
    ),
]
Number = Annotated[int, typer.Argument(metavar="N", help="Line of the forecast.")]


def _ledger(where: Path | None, *, new: bool = False) -> Ledger:
    from spillover.api.record import default_ledger
    from spillover.errors import InputError
    from spillover.store.ledger import Ledger

    path = where or default_ledger()
    if not new and not path.is_file():
        msg = f"{path}: there is no record of forecasts. Begin one with  spillover record CASE, or name another with --ledger"
        raise InputError(msg)
    return Ledger(path)


@app.command()
def record(
    case: CaseName,
    outcome: Annotated[
        list[str] | None,
        typer.Option("--outcome", help="Only this outcome; may be repeated."),
    ] = None,
    ledger: Where = None,
    witness: Annotated[
        Path | None,
        typer.Option(
            help="Also write the head down in this file: on a share, in a repository."
        ),
    ] = None,
    draws: Draws = 2000,
    futures: Futures = 20,
    seed: Seed = 1,
    threads: Threads = None,
    as_written: AsWritten = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put the forecasts of a case on record: they cannot be changed unseen afterwards."""
    from spillover.api.model import load
    from spillover.api.record import record_run
    from spillover.cli.progress import Bar
    from spillover.store.ledger import witness as write_head

    book = _ledger(ledger, new=True)
    book.entries()  # a broken record is said before anything is simulated
    model = load(case)
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    with Bar(quiet=quiet) as bar:
        run = model.simulate(
            draws=draws, futures=futures, seed=seed, threads=threads, as_written=as_written, progress=bar
        )  # fmt: skip
        made, notes = record_run(run, book, outcomes=outcome or (), progress=bar)
    for text in notes:
        note(f"note: {text}", quiet=quiet)
    if witness is not None:
        write_head(witness, made[-1])
    if as_json:
        body = {
            "ledger": str(book.path),
            "lines": [e.n for e in made],
            "head": made[-1].digest,
            "notes": list(notes),
        }
        say(json.dumps(body, ensure_ascii=False))
        return
    say(
        f"{len(made)} forecasts on record in {book.path}, lines {made[0].n} to {made[-1].n}."
    )
    say(f"Head: {made[-1].digest}")
    note(
        "Publish the head, or keep it elsewhere: with it anyone can see that nothing before it was changed.",
        quiet=quiet,
    )
    note(f"Next: spillover forecasts --ledger {book.path}", quiet=quiet)


@app.command()
def forecasts(
    ledger: Where = None,
    due: Annotated[
        bool, typer.Option("--due", help="Only those that can be resolved now.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the forecasts on record, what became of them, and which are due."""
    from spillover.api.record import forecasts_of

    today = dt.date.today()
    found = [f for f in forecasts_of(_ledger(ledger)) if f.due(today) or not due]
    if as_json:
        rows = [
            {
                "n": f.n,
                "recorded": f.time,
                "answer": f.answer,
                "why": f.why,
                "due": f.due(today),
                **f.body,
            }
            for f in found
        ]
        say(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for f in found:
        say(f"{f.n:5}  {f.question.case}: {f.body['sentence']}")
        state = (
            f"came: {f.answer}"
            if f.answer
            else "void"
            if f.answer is None
            else "due"
            if f.due(today)
            else f"open until {f.question.closes}"
        )
        said = f"said: {_told(f)}, 90 % interval in brackets"
        say(f"       {said}; {state}{'; ' + f.why if f.why else ''}")
    note(
        f"{len(found)} forecasts, {sum(f.due(today) for f in found)} due.", quiet=quiet
    )


def _told(f: Forecast) -> str:
    """What was said, with its 90 % interval."""
    from spillover.brief.words import interval, percent

    if "p" in f.body:
        return f"{percent(f.body['p'])} ({interval(f.body['low'], f.body['high'])})"
    q = f.body["quantiles"]
    return f"about {q[9]:g} ({q[0]:g} to {q[-1]:g})"


@app.command()
def resolve(
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="[N]", help="Line of the forecast, to resolve it by hand."
        ),
    ] = None,
    answer: Annotated[str, typer.Option(help="yes, no, or the count.")] = "",
    source: Annotated[str, typer.Option(help="Who says so, where.")] = "",
    void: Annotated[
        str,
        typer.Option(
            metavar="REASON",
            help="Take it out of the scores: only for an error of the record.",
        ),
    ] = "",
    case: Annotated[
        str, typer.Option(help="Resolve what is due of this case from event data.")
    ] = "",
    events: Annotated[
        Path | None,
        typer.Option(help="Store of events (SPILLOVER_STORE, or events.duckdb here)."),
    ] = None,
    ledger: Where = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Resolve forecasts: by hand with a cited source, or what is due of a case from event data."""
    from spillover.api import record as api
    from spillover.errors import InputError

    book = _ledger(ledger)
    if (number is None) == (not case):
        msg = "give the line of a forecast with --answer and --source, or --case CASE to resolve from event data"
        raise InputError(msg)
    notes: tuple[str, ...] = ()
    made: tuple[Entry, ...]
    if number is not None:
        if void:
            made = (api.void(book, number, reason=void),)
        else:
            made = (api.resolve_by_hand(book, number, answer=answer, source=source),)
    else:
        from spillover.api.model import load
        from spillover.api.resolve import resolve_by_events
        from spillover.store.events import default_store

        made, notes = resolve_by_events(book, load(case), events or default_store())
    for text in notes:
        note(f"note: {text}", quiet=quiet)
    if as_json:
        say(
            json.dumps(
                {"resolved": [e.body for e in made], "notes": list(notes)},
                ensure_ascii=False,
            )
        )
        return
    for e in made:
        say(
            f"forecast {e.body['of']}: {e.body.get('answer', 'void')} ({e.body['why']})"
        )
    say(f"{len(made)} put on record. Head: {book.head}")


@app.command()
def verify(
    ledger: Where = None,
    head: Annotated[
        str, typer.Option(metavar="DIGEST", help="A head that was published.")
    ] = "",
    witness: Annotated[
        Path | None, typer.Option(help="File of heads written elsewhere.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check that nothing on record was changed, removed, moved or cut."""
    del quiet
    book = _ledger(ledger)
    found = book.verify(head)
    if witness is not None:
        book.verify_witness(witness)
    if as_json:
        say(
            json.dumps(
                {"ledger": str(book.path), "lines": len(found), "head": book.head}
            )
        )
        return
    say(f"{book.path}: {len(found)} lines, each as it was written. Head: {book.head}")
    if not head and witness is None:
        say(
            "Whether the end was cut, or all of it written anew, only a head that was published can tell: --head, --witness."
        )


@app.command()
def score(
    ledger: Where = None,
    hindsight: Annotated[
        bool,
        typer.Option(
            "--hindsight",
            help="Also forecasts made more than a week after their origin.",
        ),
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score what is resolved, beside baselines that were fixed when the forecasts were made."""
    from spillover.api.record_scores import score_ledger

    del quiet
    found = score_ledger(_ledger(ledger), hindsight=hindsight)
    if as_json:
        say(json.dumps(found.to_dict(), indent=2))
        return
    _print(found)


def _print(s: RecordScores) -> None:
    say(
        f"{s.forecasts} forecasts on record: {s.resolved} resolved, {s.open} open, {s.voided} void."
    )
    if s.in_hindsight:
        say(
            f"{s.in_hindsight} were made more than a week after their origin and are no record (--hindsight scores them too)."
        )
    scores("Chances, all", "Brier", s.chances, bins=True)
    scores("Onset: nothing in the window before", "Brier", s.onset)
    scores("Continuation", "Brier", s.continuation)
    for days, part in s.by_lead:
        scores(f"Windows of {days} days", "Brier", part)
    scores("Counts", "CRPS", s.counts)
    if s.chances is None and s.counts is None:
        say("Nothing that was recorded in time is resolved yet: there is no score.")
    else:
        say(LEGEND)
