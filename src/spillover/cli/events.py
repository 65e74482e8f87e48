"""The verbs for importing and looking at event data. Imports nothing heavy at the top.

`get`, which fetches files, stands in `get`. Readers and store are used directly: the
library's front door brings the simulator along, and a look at events should not wait.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spillover.cli.root import Json, Quiet, app, day_of, note, say

if TYPE_CHECKING:
    from spillover.readers.importing import FileReport

__all__ = ["events", "import_"]

Store = Annotated[
    Path | None,
    typer.Option(
        help="File of the store (SPILLOVER_STORE, or events.duckdb here, when absent)."
    ),
]


@app.command("import")
def import_(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, folders or patterns; .zip and .gz are read as they are.",
        ),
    ],
    store: Store = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="gdelt, ucdp, acled, icews, polecat or plain; recognized when absent.",
        ),
    ] = "",
    published: Annotated[
        str,
        typer.Option(
            metavar="DATE",
            help="Day on which rows that state none were published, such as that of a release.",
        ),
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Import event files into the store: every row is accounted for."""
    from spillover.cli.progress import Bar
    from spillover.errors import EventsError
    from spillover.readers.import_many import import_events

    day = day_of(published, "--published") if published else None
    with Bar(quiet=quiet) as bar:
        bar.compiling = True  # nothing is compiled here
        done = import_events(
            list(files), store=store, format=format_, published=day, progress=bar
        )
    if as_json:
        say(
            json.dumps(
                {
                    "store": str(done.store),
                    "files": [_as_json(r) for r in done.reports],
                    "faults": [str(f) for f in done.faults],
                },
                indent=2,
                ensure_ascii=False,
            )
        )
    else:
        for r in done.reports:
            _tell(r)
    if done.faults:
        raise EventsError(done.faults)
    if len(done.reports) > 1 and not as_json:
        new = sum(r.counts.kept + r.counts.revised for r in done.reports)
        say(f"{len(done.reports)} files, {new:,} new records in {done.store}.")
    note(f"Next: spillover events --store {done.store}", quiet=quiet or as_json)


def _as_json(r: FileReport) -> dict[str, Any]:
    c = r.counts
    return {
        "file": r.file,
        "format": r.title,
        "imported_before": str(r.since) if r.since else None,
        "read": c.read,
        "kept": c.kept,
        "known": c.known,
        "repeated": c.repeated,
        "revised": c.revised,
        "dropped": c.dropped,
        "blanked": c.blanked,
        "examples": {k: list(v) for k, v in c.examples.items()},
        "notes": list(r.notes),
    }


def _tell(r: FileReport) -> None:
    """Print the account of one file."""
    if r.since is not None:
        say(f"{r.file}: imported before, on {r.since:%Y-%m-%d %H:%M}; nothing to do")
        return
    c = r.counts
    parts = {
        "kept": c.kept,
        "already known": c.known,
        "repeated in this file": c.repeated,
        "revised": c.revised,
        "dropped": sum(c.dropped.values()),
    }
    shown = [f"{n:,} {what}" for what, n in parts.items() if n or what == "kept"]
    say(f"{r.file}: {r.title}")
    say(f"  {c.read:,} rows read = {' + '.join(shown)}")
    for word, rules in (("dropped", c.dropped), ("blanked", c.blanked)):
        for rule, n in rules.items():
            places = ", ".join(c.examples.get(rule, ()))
            say(f"  {n:,} {word}: {rule} ({places}{', ...' if n > 3 else ''})")
    for text in r.notes:
        say(f"  note: {text}")


@app.command()
def events(
    store: Store = None,
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Only what had been published by the end of this day.",
        ),
    ] = "",
    top: Annotated[int, typer.Option(min=0, help="Length of the lists.")] = 10,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what is in the store: rows, days, actors, and actions no table knows."""
    from spillover.store.events import default_store
    from spillover.store.events_read import describe

    found = describe(
        store or default_store(),
        as_of=day_of(as_of, "--as-of") if as_of else None,
        top=top,
    )
    if as_json:
        say(json.dumps(found, indent=2, ensure_ascii=False))
        return
    if found["as_of"]:
        say(
            f"{found['store']}, as of {found['as_of']}: "
            f"{found['later']:,} records published later are left out"
        )
    else:
        n = len(found["imports"])
        say(f"{found['store']}: {n} {'file' if n == 1 else 'files'} imported")
    for d in found["datasets"]:
        _tell_dataset(d)
    if not found["datasets"]:
        note("Nothing in it yet: spillover import FILE", quiet=quiet)


def _tell_dataset(d: dict[str, Any]) -> None:
    say("")
    say(
        f"{d['dataset']}: {d['reports']:,} reports, {d['first_day']} to {d['last_day']}"
    )
    if d["events"] != d["reports"]:
        say(f"  {d['events']:,} events once repeated reports are folded")
    if d["revisions"]:
        say(f"  {d['revisions']:,} earlier revisions kept")
    if d["last_published"]:
        say(f"  last published {d['last_published']}")
    if d["without_publication"]:
        say(f"  {d['without_publication']:,} state no day of publication")
    if d["actors"]:
        say(f"  actors: {_listed(d['actors'])}")
    if d["unmapped_rows"]:
        listed = _listed(d["unmapped_actions"]) or "no action given"
        say(f"  {d['unmapped_rows']:,} without an action of PLOVER: {listed}")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{what} ({n:,})" for what, n in counts.items())
