"""`spillover get`: fetch event data to local files. Imports nothing heavy at the top."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.cli.root import Json, Quiet, app, note, say

if TYPE_CHECKING:
    from spillover.readers.get_gdelt import Got

get = typer.Typer(
    name="get",
    help="Fetch event data (GDELT, UCDP, ACLED) to local files.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(get)

First = Annotated[
    dt.datetime,
    typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First day."),
]
Last = Annotated[
    dt.datetime,
    typer.Option(
        "--to", formats=["%Y-%m-%d"], metavar="DATE", help="Last day, included."
    ),
]
Folder = Annotated[
    Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder for the files.")
]
MIRROR = "Address of the server, for a mirror."


def _told(got: Got, as_json: bool, quiet: bool) -> None:
    """Files to stdout, what a person should know to stderr."""
    if as_json:
        told = {
            "files": [str(f) for f in got.files],
            "fetched": got.fetched,
            "absent": list(got.absent),
            "rows": got.rows,
            "notes": list(got.notes),
        }
        say(json.dumps(told, ensure_ascii=False))
        return
    for f in got.files:
        say(str(f))
    for text in got.notes:
        note(f"note: {text}.", quiet=quiet)
    if got.files:
        rows = "" if got.rows is None else f", {got.rows} rows"
        there = len(got.files) - got.fetched
        kept = f" ({there} were there already)" if there else ""
        files = "file" if len(got.files) == 1 else "files"
        note(f"{len(got.files)} {files}{kept}{rows}. Next: spillover import FILE...", quiet=quiet)  # fmt: skip


@get.command()
def gdelt(
    first: First,
    last: Last,
    folder: Folder,
    v1: Annotated[
        bool, typer.Option("--v1", help="Version 1: one file a day, from April 2013.")
    ] = False,
    master: Annotated[
        bool,
        typer.Option(
            "--master",
            help="Go by the master list (large), with sizes and checksums.",
        ),
    ] = False,
    base: Annotated[
        str, typer.Option(envvar="SPILLOVER_GDELT_URL", metavar="URL", help=MIRROR)
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch GDELT's event files: 96 a day, or one a day with --v1."""
    from spillover.cli.progress import Bar
    from spillover.readers.get_gdelt import BASE, get_gdelt

    with Bar(quiet=quiet or as_json) as bar:
        got = get_gdelt(
            first.date(),
            last.date(),
            folder,
            version=1 if v1 else 2,
            master=master,
            base=base or BASE,
            progress=bar,
        )
    _told(got, as_json, quiet)


@get.command()
def ucdp(
    release: Annotated[
        str, typer.Option(metavar="RELEASE", help="Such as 24.1, or 24.0.9.")
    ],
    folder: Folder,
    file: Annotated[
        bool, typer.Option("--file", help="The published archive; needs no token.")
    ] = False,
    base: Annotated[
        str, typer.Option(envvar="SPILLOVER_UCDP_URL", metavar="URL", help=MIRROR)
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch a release of UCDP GED; the token is read from UCDP_TOKEN."""
    import os

    from spillover.cli.progress import Bar
    from spillover.readers.get_ucdp import API, FILES, get_ucdp, get_ucdp_file

    with Bar(quiet=quiet or as_json) as bar:
        if file:
            got = get_ucdp_file(release, folder, base=base or FILES, progress=bar)
        else:
            token = os.environ.get("UCDP_TOKEN", "")
            got = get_ucdp(release, folder, token, base=base or API, progress=bar)
    _told(got, as_json, quiet)


@get.command()
def acled(
    country: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="As ACLED writes it; may be repeated."),
    ],
    first: First,
    last: Last,
    folder: Folder,
    base: Annotated[
        str, typer.Option(envvar="SPILLOVER_ACLED_URL", metavar="URL", help=MIRROR)
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch ACLED's events of countries; the login is read from the environment.

    ACLED_USERNAME and ACLED_PASSWORD, or ACLED_TOKEN. The rows may not be passed on.
    """
    import os
    from dataclasses import replace

    from spillover.cli.progress import Bar
    from spillover.readers.get_acled import BASE, get_acled, login_of

    login = login_of(os.environ)
    whole = None
    with Bar(quiet=quiet or as_json) as bar:
        for name in country:
            got = get_acled(
                name,
                first.date(),
                last.date(),
                folder,
                login,
                base=base or BASE,
                progress=bar,
            )
            notes = tuple(f"{name}: {n}" for n in got.notes)
            if whole is None:
                whole = replace(got, notes=notes)
            else:
                whole = replace(
                    whole,
                    files=(*whole.files, *got.files),
                    fetched=whole.fetched + got.fetched,
                    notes=(*whole.notes, *notes),
                    rows=(whole.rows or 0) + (got.rows or 0),
                )
    if whole is not None:
        _told(whole, as_json, quiet)
