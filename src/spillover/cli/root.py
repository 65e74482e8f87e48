"""The command line's root: the app, the options verbs share, and how they speak.

Data go to stdout by `say`, everything else to stderr by `note`. Imports nothing heavy.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AsWritten",
    "CaseName",
    "Cluster",
    "Draws",
    "Futures",
    "Json",
    "Lever",
    "Out",
    "Quiet",
    "Resume",
    "RunName",
    "Seed",
    "Strict",
    "Threads",
    "app",
    "day_of",
    "note",
    "say",
    "unfinished",
]

app = typer.Typer(
    name="spillover",
    help="Turn reporting on a crisis into a model that runs: chances of named outcomes, with their intervals and sources. For prevention; aggregate actors only.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

CaseName = Annotated[
    str,
    typer.Argument(
        metavar="CASE",
        help="Id of a bundled case, a folder with case.yaml, or a case file.",
    ),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run folder, or a case (then it is simulated first)."
    ),
]
Draws = Annotated[int, typer.Option(min=1, help="Samples of the uncertain numbers.")]
Futures = Annotated[int, typer.Option(min=1, help="Simulated courses in each sample.")]
Seed = Annotated[int, typer.Option(help="Same seed, same case: same answers.")]
Lever = Annotated[
    list[str] | None,
    typer.Option("--lever", help="Also simulate with this lever; may be repeated."),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1, help="Threads (all cores when absent); changes nothing but speed."
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        metavar="WHERE",
        help="Compute in other processes: local:4 (so many here), or the address of a Dask scheduler such as tcp://host:8786.",
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="FOLDER",
        help="Keep finished pieces here and go on from those there are. Large runs do so by themselves, beside the run folder.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="Run folder to write (runs/CASE-TIME when absent)."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no messages.")
]
AsWritten = Annotated[
    bool,
    typer.Option(
        "--as-written", help="Take the numbers as written; do not fit the history."
    ),
]
Strict = Annotated[
    bool, typer.Option(help="Numbers without source or reason are faults.")
]


def _version(value: bool) -> None:
    if value:
        from spillover import __version__

        print(f"spillover {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options of every verb."""


def say(text: str) -> None:
    """Print data to stdout."""
    print(text)


def note(text: str, *, quiet: bool) -> None:
    """Say something to a person, on stderr."""
    if not quiet:
        print(text, file=sys.stderr)


def unfinished(out: Path | None) -> Path:
    """Where large runs keep finished pieces: beside the folder they will write."""
    from spillover.store.runfolder import UNFINISHED

    return (out.parent if out is not None else Path("runs")) / UNFINISHED


def day_of(text: str, option: str) -> dt.date:
    """The date an option holds; raises InputError when it holds none."""
    from spillover.errors import InputError

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        msg = f"{option} {text}: this is no date. Expected YYYY-MM-DD"
        raise InputError(msg) from None
