"""`spillover discover`: a draft case from events alone. Imports nothing heavy at the top."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.cli.root import Json, Quiet, app, note, say

if TYPE_CHECKING:
    from spillover.study.discover import Draft

__all__: list[str] = []


def _found(draft: Draft) -> list[dict[str, object]]:
    """Responses between different streams, as plain values."""
    return [
        {
            "when": draft.streams[x.source].id,
            "then": draft.streams[x.target].id,
            "role": x.role,
            "children": round(x.children, 3),
            "half_life_days": x.half_life,
            "p": x.p,
            "basis": x.basis,
        }
        for x in draft.links
        if x.source != x.target
    ]


@app.command()
def discover(
    events: Annotated[
        list[Path],
        typer.Option(
            "--events",
            "-e",
            help="A store (spillover import) or event files; may be repeated.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to make.")
    ],
    case_id: Annotated[
        str,
        typer.Option("--id", help="Id of the case (the folder's name when absent)."),
    ] = "",
    streams: Annotated[
        int, typer.Option(min=1, max=200, help="Kinds of events, the busiest first.")
    ] = 20,
    false_links: Annotated[
        float,
        typer.Option(
            min=0.001, max=0.5, help="Share of false links to accept among those found."
        ),
    ] = 0.05,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Leave out what was published later.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draft a case from events alone, for review: streams, rates and few links."""
    from spillover.api.discover import discover as draft_case
    from spillover.cli.progress import Bar

    with Bar(quiet=quiet or as_json) as bar:
        made = draft_case(
            events,
            out,
            case_id=case_id,
            streams=streams,
            rate=false_links,
            as_of=as_of.date() if as_of else None,
            progress=bar,
        )
    d = made.draft
    if as_json:
        say(
            json.dumps(
                {
                    "files": [str(f) for f in made.files],
                    "first": d.first.isoformat(),
                    "origin": d.origin.isoformat(),
                    "rows": d.rows,
                    "used": d.kept,
                    "less_busy": d.other,
                    "internal_or_unknown": d.internal,
                    "undated": d.undated,
                    "streams": [s.id for s in d.streams],
                    "links": _found(d),
                    "warnings": list(made.warnings),
                },
                ensure_ascii=False,
            )
        )
        return
    for f in made.files:
        say(str(f))
    for w in made.warnings:
        note(f"note: {w}", quiet=quiet)
    links = _found(d)
    note(
        f"{d.rows} rows read, {d.kept} on {len(d.streams)} streams; {len(links)} links between different streams:",
        quiet=quiet,
    )
    for x in links:
        note(f"  {x['when']} -> {x['then']}  ({x['role']}, {x['basis']})", quiet=quiet)
    note(
        f"A draft: read {out / 'case.yaml'} from the top, then  spillover check {out}",
        quiet=quiet,
    )
