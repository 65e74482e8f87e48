"""The verb `serve`: the desk in the browser. Imports nothing heavy at the top."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from spillover.cli.root import Json, Quiet, app, note, say

__all__: list[str] = []


@app.command()
def serve(
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the desk: cases, runs, reports (SPILLOVER_DESK, or your user data folder, when absent)."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port (a free one when 0).")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in your browser.")
    ] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Open the desk in your browser: the whole job, on this machine only."""
    from spillover.web.serve import default_folder
    from spillover.web.serve import serve as start

    where = folder or default_folder()

    def tell(link: str, token: str) -> None:
        if as_json:
            say(json.dumps({"link": link, "token": token, "folder": str(where)}))
        else:
            say(link)
        import sys

        sys.stdout.flush()
        note(
            f"The desk is in {where}. The link works once, on this machine; stop with Ctrl+C.",
            quiet=quiet or as_json,
        )
        if browser and not as_json:
            import webbrowser

            webbrowser.open(link)

    start(where, port=port, tell=tell)
