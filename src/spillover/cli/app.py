"""The verbs on a case, as Typer commands. Imports nothing heavy at the top.

Verbs on events, on learning and on judging forecasts stand in `events`, `learn` and
`judge`; importing this file makes the app whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.cli import (  # noqa: F401 - they add their verbs
    bench_tkg,
    compare,
    discover,
    events,
    get,
    judge,
    learn,
    outlook,
    paths,
    question_set,
    reading,
    record,
    replay,
    sensitivity,
    serve,
    watch,
    what_if,
)
from spillover.cli.root import (
    AsWritten,
    CaseName,
    Cluster,
    Draws,
    Futures,
    Json,
    Lever,
    Out,
    Quiet,
    Resume,
    RunName,
    Seed,
    Strict,
    Threads,
    app,
    note,
    say,
    unfinished,
)

if TYPE_CHECKING:
    from spillover.api.run import Run
    from spillover.store.ledger import Ledger

__all__ = ["app"]


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    case_id: Annotated[
        str,
        typer.Option("--id", help="Id of the case (the folder's name when absent)."),
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a commented case to start from, with its schema for editors."""
    from spillover.api.verbs import new as make

    files = make(folder, case_id)
    if as_json:
        say(json.dumps({"files": [str(f) for f in files]}))
        return
    for f in files:
        say(str(f))
    note(
        f"Next: edit {folder / 'case.yaml'}, then  spillover check {folder}",
        quiet=quiet,
    )


@app.command()
def check(
    case: CaseName, strict: Strict = False, as_json: Json = False, quiet: Quiet = False
) -> None:
    """Check a case: every fault at once, with its place and how to mend it."""
    from spillover.api.model import load
    from spillover.case.checking import several
    from spillover.cli.show import stability

    model = load(case)
    warnings = model.check(strict=strict)
    radius = stability(model)
    if as_json:
        say(
            json.dumps(
                {
                    "case": model.id,
                    "faults": [],
                    "warnings": list(warnings),
                    "spectral_radius": radius,
                },
                ensure_ascii=False,
            )
        )
        return
    for w in warnings:
        note(f"note: {w}", quiet=quiet)
    c = model.case
    parts = [
        several(len(c.streams), "stream", "streams"),
        several(len(c.responses), "response", "responses"),
        several(len(c.replies), "reply", "replies"),
        several(len(c.restraints), "restraint", "restraints"),
        several(len(c.red_lines), "red line", "red lines"),
        several(len(c.warnings), "warning", "warnings"),
        several(len(c.outcomes), "outcome", "outcomes"),
        several(len(c.levers), "lever", "levers"),
        several(len(c.records), "record", "records"),
        several(len(c.counts), "count", "counts"),
    ]
    say(f"{model.id}: no fault. {', '.join(parts)}.")
    say(
        "One event brings on average "
        f"{radius['q50']:.2f} others directly (90 % of draws {radius['q5']:.2f} to {radius['q95']:.2f}; below 1: it dies out)."
    )


Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help="Also compare levers, follow the ways, weigh assumptions and ask the case's "
        "what-ifs: in the brief, and a page each in the folder.",
    ),
]


def _ledger() -> Ledger:
    """The record of forecasts at hand, which briefs quote."""
    from spillover.api.record import default_ledger
    from spillover.store.ledger import Ledger

    return Ledger(default_ledger())


def _simulated(
    case: str,
    draws: int,
    futures: int,
    seed: int,
    lever: list[str] | None,
    threads: int | None,
    as_written: bool,
    quiet: bool,
    full: bool = False,
    cluster: str = "",
    resume: Path | None = None,
    keep_in: Path | None = None,
    after: float = 0.0,
) -> Run:
    from spillover.api.model import load
    from spillover.cli.progress import Bar
    from spillover.cluster.backend import open_backend
    from spillover.ensemble.drawn import thread_count

    model = load(case)
    warnings = model.check()
    for w in warnings:
        note(f"note: {w}", quiet=quiet)
    with (
        open_backend(cluster, threads=thread_count(threads)) as backend,
        Bar(quiet=quiet, after=after) as bar,
    ):
        done = model.simulate(
            draws=draws,
            futures=futures,
            seed=seed,
            levers=lever or (),
            threads=threads,
            as_written=as_written,
            cluster=backend,
            resume=resume,
            keep_in=keep_in,
            progress=bar,
        )
        if full:
            done = done.full(
                threads=threads, cluster=backend, keep_in=keep_in, progress=bar
            )
    for w in done.ensemble.notes:
        note(f"note: {w}", quiet=quiet)
    return done


def _writing(draws: int) -> float:
    """Seconds that answers, brief and folder take, on the machine of docs/scale.md."""
    return 3.0 + 1e-4 * draws


def _saved(done: Run, out: Path | None, draws: int, quiet: bool) -> Path:
    """Write the run folder; say so where it takes a while."""
    from spillover.cli.progress import in_words

    if _writing(draws) > 4.0:
        left = in_words(_writing(draws))
        note(f"writing the answers and the brief{left}", quiet=quiet)
    return done.save(out, ledger=_ledger())


def _new_folder(out: Path | None) -> None:
    """Refuse a run folder that is there before hours are spent on it."""
    from spillover.errors import InputError

    if out is not None and out.exists():
        msg = f"{out} is there already: choose a new folder"
        raise InputError(msg)


@app.command()
def simulate(
    case: CaseName,
    draws: Draws = 2000,
    futures: Futures = 20,
    seed: Seed = 1,
    lever: Lever = None,
    threads: Threads = None,
    as_written: AsWritten = False,
    cluster: Cluster = "",
    resume: Resume = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a case and write a run folder."""
    _new_folder(out)
    run = _simulated(
        case, draws, futures, seed, lever, threads, as_written, quiet,
        cluster=cluster, resume=resume, keep_in=unfinished(out), after=_writing(draws),
    )  # fmt: skip
    folder = _saved(run, out, draws, quiet)
    say(
        json.dumps({"run": str(folder), **run.manifest()}, ensure_ascii=False)
        if as_json
        else str(folder)
    )


@app.command()
def outcomes(
    run: RunName,
    lever: Annotated[
        str, typer.Option("--lever", help="Answers with this lever.")
    ] = "",
    every: Annotated[
        bool, typer.Option("--all", help="Every window, not only the main ones.")
    ] = False,
    draws: Draws = 2000,
    futures: Futures = 20,
    seed: Seed = 1,
    as_written: AsWritten = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print the answers of a run, or of a case simulated now."""
    from spillover.cli.show import outcomes_table, saved_outcomes

    table = saved_outcomes(Path(run), lever)
    if table is None:
        table = (
            _simulated(
                run,
                draws,
                futures,
                seed,
                [lever] if lever else None,
                None,
                as_written,
                quiet,
            )
            .outcomes(lever)
            .to_dict()
        )
    if as_json:
        say(json.dumps(table, indent=2, ensure_ascii=False))
    else:
        title = f'With the lever "{lever}"' if lever else ""
        outcomes_table(table, title=title, every=every)


@app.command()
def brief(
    run: RunName,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="File to write (stdout when absent; needed for PDF)."
        ),
    ] = None,
    md: Annotated[bool, typer.Option("--md", help="Markdown.")] = False,
    as_json: Json = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="PDF, printed by a browser on this machine.")
    ] = False,
    draws: Draws = 2000,
    futures: Futures = 20,
    seed: Seed = 1,
    as_written: AsWritten = False,
    quiet: Quiet = False,
) -> None:
    """Write the brief of a run, or of a case simulated now: HTML, Markdown, JSON or PDF."""
    from spillover.errors import InputError
    from spillover.store.atomic import write_text

    if md + as_json + pdf > 1:
        msg = "choose one of --md, --json, --pdf"
        raise InputError(msg)
    if pdf and out is None:
        msg = "--pdf needs a file: add --out brief.pdf"
        raise InputError(msg)
    name = "brief.md" if md else "brief.json" if as_json else "brief.html"
    saved = Path(run) / name
    if saved.is_file():
        text = saved.read_text(encoding="utf-8")
    else:
        made = _simulated(
            run, draws, futures, seed, None, None, as_written, quiet
        ).brief(ledger=_ledger())
        text = made.markdown if md else made.json if as_json else made.html
    if pdf and out is not None:
        from spillover.brief.pdf import to_pdf

        to_pdf(text, out)
    elif out is not None:
        write_text(out, text)
    else:
        say(text)
        return
    note(f"written: {out}", quiet=quiet)


@app.command()
def run(
    case: CaseName,
    draws: Draws = 2000,
    futures: Futures = 20,
    seed: Seed = 1,
    lever: Lever = None,
    threads: Threads = None,
    as_written: AsWritten = False,
    full: Full = False,
    cluster: Cluster = "",
    resume: Resume = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The whole job: check, simulate, print the answers, write the brief."""
    from spillover.cli.show import closing, outcomes_table

    _new_folder(out)
    done = _simulated(
        case, draws, futures, seed, lever, threads, as_written, quiet, full,
        cluster, resume, unfinished(out), _writing(draws),
    )  # fmt: skip
    folder = _saved(done, out, draws, quiet)
    table = done.outcomes().to_dict()
    if as_json:
        say(
            json.dumps(
                {"run": str(folder), **table, "manifest": done.manifest()},
                indent=2,
                ensure_ascii=False,
            )
        )
        return
    outcomes_table(
        table,
        title=done.model.case.title or done.model.id,
        origin=done.model.case.origin,
    )
    closing(done, folder)
