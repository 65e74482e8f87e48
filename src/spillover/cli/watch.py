"""The verb `watch`: a case kept up to date. Imports nothing heavy at the top."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from spillover.api.watch import Report

__all__: list[str] = []

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str, option: str) -> int:
    """A time such as 30s, 15m, 1h or 7d, in seconds.

    Raises
    ------
    InputError
        When it is none.
    """
    from spillover.errors import InputError

    m = re.fullmatch(r"(\d+)\s*([smhd])", text.strip())
    if m is None or int(m[1]) < 1:
        msg = f'{option} "{text}": expected a time such as 30s, 15m, 1h or 7d'
        raise InputError(msg)
    return int(m[1]) * UNITS[m[2]]


@app.command()
def watch(
    case: CaseName,
    events: Annotated[
        str,
        typer.Option(
            "--events",
            "-e",
            metavar="DIR|gdelt",
            help="Folder in which new event files appear, or gdelt to fetch GDELT's.",
        ),
    ],
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end: for cron.")
    ] = False,
    every: Annotated[
        str, typer.Option(metavar="TIME", help="Time between looks: 30s, 15m, 1h, 1d.")
    ] = "1h",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Folder of the watch (watch-CASE when absent).",
        ),
    ] = None,
    alerts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Rules for alerts (docs/watch.md)."),
    ] = None,
    refit: Annotated[
        str, typer.Option(metavar="TIME", help="Fit anew when the fit is so old: 7d.")
    ] = "",
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", metavar="DATE", help="First day not known (today when absent)."
        ),
    ] = "",
    settle: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Age at which a file counts as written to its end."
        ),
    ] = "10s",
    gdelt_days: Annotated[
        int, typer.Option(min=1, help="Days that gdelt fetches back from today.")
    ] = 3,
    gdelt_url: Annotated[
        str,
        typer.Option(
            envvar="SPILLOVER_GDELT_URL", metavar="URL", help="GDELT, or a mirror."
        ),
    ] = "",
    indicators: Annotated[
        bool,
        typer.Option(help="Look which next observation would move the chances most."),
    ] = True,
    draws: Annotated[
        int, typer.Option(min=2, help="Samples of the uncertain numbers.")
    ] = 1000,
    futures: Futures = 20,
    seed: Seed = 1,
    threads: Threads = None,
    as_written: Annotated[
        bool, typer.Option("--as-written", help="Take the numbers as written; no fit.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Keep a case up to date: new events in, chances anew, what changed and why, alerts."""
    from spillover.api.ahead import check_forward
    from spillover.api.model import load
    from spillover.api.watch import Watch
    from spillover.api.watch_files import Inbox
    from spillover.errors import InputError
    from spillover.store.watch_folder import WatchFolder

    model = load(case)
    for w in model.check():
        note(f"note: {w}", quiet=quiet)
    pause = seconds_of(every, "--every")
    days = 0
    if refit:
        days = seconds_of(refit, "--refit") // UNITS["d"]
        if days < 1:
            msg = f'--refit "{refit}": expected days, such as 7d'
            raise InputError(msg)
    day = day_of(as_of, "--as-of") if as_of else None
    if day is not None:
        check_forward(model, day)
    folder = WatchFolder(out or Path(f"watch-{model.id}"))
    inbox = Inbox(
        folder.path / "gdelt" if events == "gdelt" else Path(events),
        gdelt_days=gdelt_days if events == "gdelt" else 0,
        settle_seconds=float(seconds_of(settle, "--settle")),
        wait=once,
        base=gdelt_url,
    )
    if events != "gdelt" and not inbox.folder.is_dir():
        msg = f"{events}: there is no such folder. --events names a folder of event files, or gdelt"
        raise InputError(msg)
    if inbox.folder.resolve() == folder.path.resolve():
        msg = f"{events}: the folder of events and the folder of the watch are the same. Choose another with --out"
        raise InputError(msg)
    made = Watch(
        case,
        inbox,
        folder,
        as_of=day,
        refit_days=days,
        as_written=as_written,
        draws=draws,
        futures=futures,
        seed=seed,
        threads=threads,
        alerts=alerts,
        indicators=indicators,
    )
    with folder.locked():
        if once:
            _told(_look(made, quiet or as_json, as_json), as_json, quiet)
            return
        _keep_watching(made, pause, as_json, quiet)


def _look(made: object, silent: bool, as_json: bool) -> Report:
    from spillover.api.watch import Watch
    from spillover.cli.progress import Bar

    assert isinstance(made, Watch)

    def alert(text: str) -> None:
        if not as_json:  # there the alerts stand in the update
            say(text)

    with Bar(quiet=silent) as bar:
        return made.look(out=alert, progress=bar)


def _keep_watching(made: object, pause: int, as_json: bool, quiet: bool) -> None:
    """Look again and again; a look that fails is told, and the next one comes."""
    import datetime as dt
    import signal
    import threading

    from spillover.errors import SpilloverError

    first, stopped = True, threading.Event()

    def stop(*_: object) -> None:
        # An interrupt that hits a callback of a library is swallowed there.
        stopped.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        while not stopped.is_set():
            try:
                report = _look(made, quiet or as_json, as_json)
                if report.update is None and not as_json and not first:
                    _more(report, quiet)
                else:
                    _told(report, as_json, quiet)
            except (SpilloverError, OSError) as e:
                if first:
                    raise
                note(f"this look failed, the next one comes: {e}", quiet=False)
            first = False
            then = dt.datetime.now() + dt.timedelta(seconds=pause)
            note(f"next look at {then:%Y-%m-%d %H:%M:%S}; Ctrl-C ends", quiet=quiet or as_json)  # fmt: skip
            stopped.wait(pause)
    except KeyboardInterrupt:
        stopped.set()
    finally:
        signal.signal(signal.SIGINT, before)
    if stopped.is_set():
        note("\nwatch ended; start it again and it goes on from here", quiet=quiet)


def _more(report: Report, quiet: bool) -> None:
    """What goes to stderr."""
    t = report.taken
    for name, new, revised, rows in t.files:
        note(f"taken: {name}: {new} new, {revised} revised of {rows} rows", quiet=quiet)
    for name in t.duplicates:
        note(f"skipped: {name}: the same content was taken before", quiet=quiet)
    for text in (*t.notes, *report.notes):
        note(f"note: {text}", quiet=quiet)
    for text in report.problems:
        note(f"problem: {text}", quiet=False)


def _told(report: Report, as_json: bool, quiet: bool) -> None:
    from dataclasses import asdict

    if as_json:
        body = asdict(report)
        say(json.dumps(body, ensure_ascii=False, default=str))
        for text in report.problems:
            note(f"problem: {text}", quiet=False)
        return
    from spillover.api.watch_words import update_lines

    _more(report, quiet)
    if report.update is None:
        say("Nothing new since the last update.")
        return
    for line in update_lines(report.update):
        say(line)
