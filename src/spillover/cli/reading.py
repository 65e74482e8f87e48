"""The verbs on reports: read, claims, draft, score-reading. Imports nothing heavy."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spillover.cli.root import Json, Quiet, app, day_of, note, say

if TYPE_CHECKING:
    import datetime as dt

    from spillover.reports.claim import Reading
    from spillover.reports.report import Report

__all__ = ["claims", "draft", "read", "score_reading"]

Reports = Annotated[
    list[str],
    typer.Argument(
        metavar="REPORT...",
        help="Texts, web pages saved from a browser, folders, or - for standard input.",
    ),
]
Published = Annotated[
    str,
    typer.Option(
        metavar="DATE", help="Day of publication of reports that do not state it."
    ),
]
Outlet = Annotated[str, typer.Option(help="Outlet of reports that do not state it.")]
Actors = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help="More actors: a CSV (id,name,aliases,kind,country,sector), or a case.",
    ),
]
Reader = Annotated[
    str,
    typer.Option(
        "--backend",
        help="lexicon (offline), ml, spacy or llm; the same claims whoever reads.",
    ),
]
ModelName = Annotated[
    str,
    typer.Option(
        "--model", help="Of the backend: a pipeline, or provider:model for llm."
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(
        help="File of the store (SPILLOVER_STORE, or events.duckdb here, when absent)."
    ),
]
_PAGES = 50
"""Reports up to which every one gets a review page."""


def _options(
    published: str, outlet: str, actors: str, backend: str, model: str, files: list[str]
) -> dict[str, Any]:
    day: dt.date | None = day_of(published, "--published") if published else None
    return {
        "published": day,
        "outlet": outlet,
        "actors": actors or None,
        "backend": backend,
        "model": model,
        "stdin": sys.stdin.buffer.read() if "-" in files else None,
    }


@app.command()
def read(
    reports: Reports,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder to write (runs/reports-reading-TIME when absent).",
        ),
    ] = None,
    published: Published = "",
    outlet: Outlet = "",
    actors: Actors = "",
    backend: Reader = "lexicon",
    model: ModelName = "",
    store: Store = None,
    pages: Annotated[
        bool, typer.Option(help="A review page for each report, however many.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read reports into claims, ties, red lines, channels and warnings, for review."""
    import csv

    from spillover.api.reading import read_reports, store_readings
    from spillover.api.review_page import review_page
    from spillover.cli.progress import Bar
    from spillover.cli.show_folder import new_folder
    from spillover.reports.load import Loaded
    from spillover.reports.rows import COLUMNS, reading_json, reading_rows, several
    from spillover.store.events import default_store
    from spillover.store.runfolder import appearing

    loaded = Loaded()
    folder = new_folder(out, "reading", "reports")
    path = store or default_store()
    counts = dict.fromkeys(
        ("reports", "claims", "ties", "lines", "channels", "warnings"), 0
    )
    waiting: list[tuple[Report, Reading]] = []
    shown: list[dict[str, Any]] = []
    made: list[str] = []
    options = _options(published, outlet, actors, backend, model, reports)
    with (
        appearing(folder) as inside,
        Bar(quiet=quiet) as bar,
        (inside / "claims.csv").open("w", encoding="utf-8", newline="") as rows,
        (inside / "readings.jsonl").open("w", encoding="utf-8") as whole,
    ):
        bar.compiling = True  # nothing is compiled here
        writer = csv.DictWriter(rows, COLUMNS, restval="")
        writer.writeheader()
        for report, reading in read_reports(
            list(reports), progress=bar, loaded=loaded, **options
        ):
            writer.writerows(reading_rows(report, reading))
            data = reading_json(report, reading)
            whole.write(json.dumps(data, ensure_ascii=False) + "\n")
            counts["reports"] += 1
            for kind in list(counts)[1:]:
                counts[kind] += len(getattr(reading, kind))
            if pages or counts["reports"] <= _PAGES:
                name = f"review-{report.id}.html"
                page = review_page(report, reading)
                (inside / name).write_bytes(page.encode())
                made.append(name)
                if len(shown) < _PAGES:
                    shown.append(
                        {"id": report.id, "title": report.title, "reading": data}
                    )
            waiting.append((report, reading))
            if len(waiting) >= _BATCH:
                store_readings(path, waiting)
                waiting.clear()
        if waiting:
            store_readings(path, waiting)
    if as_json:
        say(
            json.dumps(
                {
                    "folder": str(folder), "store": str(path), **counts,
                    "skipped": [{"file": f, "why": w} for f, w in loaded.skipped],
                    "readings": [s["reading"] for s in shown],
                },
                ensure_ascii=False, indent=2,
            )
        )  # fmt: skip
        return
    for item in shown if len(shown) <= _SHOWN else []:
        _tell(item)
    words = ("report", "claim", "tie", "red line", "channel", "warning")
    parts = [several(n, w) for n, w in zip(counts.values(), words, strict=True)]
    say(f"{parts[0]}: {', '.join(parts[1:])}.")
    for file, why in loaded.skipped[:5]:
        note(
            f"Left out: {why if why.startswith(file) else f'{file}: {why}'}",
            quiet=quiet,
        )
    if len(loaded.skipped) > 5:
        note(f"Left out: {len(loaded.skipped) - 5} more files.", quiet=quiet)
    first = f"   Review: {folder / made[0]}" if made else ""
    say(f"Tables: {folder / 'claims.csv'}{first}   Store: {path}")
    note(
        "Nothing has entered the events yet. Decide in the review page, then  "
        f"spillover claims --decisions FILE --store {path}",
        quiet=quiet,
    )


_BATCH = 200
_SHOWN = 3
"""Reports up to which claims are printed."""


def _days(when: dict[str, Any]) -> str:
    days = dict.fromkeys(d for d in (when["first"], when["last"]) if d)
    return ", " + " to ".join(days) if days else ""


def _crossing(line: dict[str, Any]) -> str:
    """What crosses a line, as in `if iran ASSAULT israel` or `if deaths of israel`."""
    of = line["target"]["actor"] if line["target"] else ""
    by = line["actor"]["actor"] if line["actor"] else ""
    if line["action"] == "deaths":
        return f"if deaths{of and f' of {of}'}{by and f' by {by}'}"
    return f"if {by or 'anyone'} {line['action']} {of}".rstrip()


def _answer(line: dict[str, Any]) -> str:
    """What is threatened, and against whom; nothing where only a line is named."""
    if not line["answer"]:
        return ""
    against = f" {line['answer_target']['actor']}" if line["answer_target"] else ""
    return f", then {line['answer']}{against}"


def _tell(item: dict[str, Any]) -> None:
    """Print what was read from one report."""
    from spillover.reports.claim import TieKind
    from spillover.reports.rows import TIE_WORDS

    data = item["reading"]
    say(item["title"])
    for c in data["claims"]:
        target = c["target"]["actor"] if c["target"] else "-"
        days = _days(c["when"])
        who = f"; says {c['chain'][0]['speaker']}" if c["chain"] else ""
        say(
            f"  {c['id']}  {c['source']['actor']} {c['action']} {target}: {c['status']}"
            f"{days}{who}"
        )
    for t in data["ties"]:
        words = TIE_WORDS[TieKind(t["kind"])]
        say(f"  tie       {t['source']['actor']} {words} {t['target']['actor']}")
    for x in data["lines"]:
        say(f"  red line  {x['owner']['actor']}: {_crossing(x)}{_answer(x)}")
    for x in data["channels"]:
        about = f" about {x['about']['actor']}" if x["about"] else ""
        say(
            f"  channel   {x['asker']['actor']} asks {x['asked']['actor']}{about}: {x['outcome']}"
        )
    for x in data["warnings"]:
        source = x["source"]["actor"] if x["source"] else "?"
        target = x["target"]["actor"] if x["target"] else "?"
        by = f", by {x['by']['last']}" if x["by"]["last"] else ""
        say(f"  warning   {source} {x['action']} {target}{by}")
    for text in data["notes"]:
        say(f"  note: {text}")


@app.command()
def claims(
    store: Store = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="Claim to accept; may be repeated.")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option(help="Claim to reject; may be repeated.")
    ] = None,
    undo: Annotated[
        list[str] | None, typer.Option(help="Claim to take the verdict back from.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="File of decisions saved by a review page.")
    ] = None,
    verdict: Annotated[
        str, typer.Option(help="Show only: accept, reject or open.")
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the claims in the store and decide on them; accepted ones become records."""
    from spillover.api.reading import claims_of, decide_claims, read_decisions
    from spillover.errors import InputError
    from spillover.store.events import default_store

    path = store or default_store()
    chosen = read_decisions(decisions) if decisions else []
    chosen += [(i, "accept", {}) for i in accept or []]
    chosen += [(i, "reject", {}) for i in reject or []]
    chosen += [(i, "", {}) for i in undo or []]
    if verdict not in ("", "accept", "reject", "open"):
        msg = f"--verdict {verdict}: unknown. Expected accept, reject or open"
        raise InputError(msg)
    if chosen:
        done = decide_claims(path, chosen)
        note(f"{done} claims decided.", quiet=quiet)
    rows = claims_of(path, verdict={"": None, "open": ""}.get(verdict, verdict))
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        mark = {"accept": "accepted", "reject": "rejected", "": "open"}[row["verdict"]]
        day = row["date_first"] or row["date_last"] or "no date"
        act = f"{row['source']} {row['action']} {row['target'] or '-'}"
        say(f"{row['id']}  {mark:8}  {act}: {row['status']}, {day}")
    open_ = sum(row["verdict"] == "" for row in rows)
    note(f"{len(rows):,} claims listed, {open_:,} open.", quiet=quiet)


@app.command()
def draft(
    reports: Reports,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Case file to write.")
    ] = Path("case.yaml"),
    origin: Annotated[
        str,
        typer.Option(
            metavar="DATE",
            help="First day that is not known (the day after the last report when absent).",
        ),
    ] = "",
    title: Annotated[str, typer.Option(help="Title of the case.")] = "",
    published: Published = "",
    outlet: Outlet = "",
    actors: Actors = "",
    backend: Reader = "lexicon",
    model: ModelName = "",
    force: Annotated[
        bool, typer.Option(help="Overwrite a file that is there already.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draft a case from reports: what they name, wide numbers, and open questions."""
    from spillover.api.model import load
    from spillover.api.reading import draft_case
    from spillover.cli.progress import Bar
    from spillover.errors import InputError
    from spillover.reports.actor_table import slug
    from spillover.reports.draft_text import draft_yaml
    from spillover.reports.rows import several
    from spillover.store.atomic import write_text

    if out.exists() and not force:
        msg = f"{out}: there is a file already. Choose another name with -o, or --force"
        raise InputError(msg)
    day = day_of(origin, "--origin") if origin else None
    options = _options(published, outlet, actors, backend, model, reports)
    with Bar(quiet=quiet) as bar:
        bar.compiling = True
        made = draft_case(
            list(reports), origin=day, title=title, progress=bar,
            case_id=slug(out.stem if out.stem != "case" else out.resolve().parent.name),
            **options,
        )  # fmt: skip
    write_text(out, draft_yaml(made))
    load(out)  # what we write passes our own check
    counts = {
        kind: len(made.case.get(kind, ()))
        for kind in ("actors", "ties", "streams", "restraints", "red_lines", "warnings", "outcomes", "levers")
    }  # fmt: skip
    if as_json:
        say(
            json.dumps(
                {"file": str(out), **counts, "questions": made.questions},
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    parts = [
        several(n, kind.removesuffix("s").replace("_", " "))
        for kind, n in counts.items()
    ]
    say(f"{out}: {', '.join(parts)}")
    say("Questions for the analyst:")
    for n, text in enumerate(made.questions, start=1):
        say(f"  {n}. {text}")
    note(f"Next: read and edit {out}, then  spillover run {out}", quiet=quiet)


@app.command("score-reading")
def score_reading(
    gold: Annotated[
        list[Path], typer.Argument(metavar="GOLD...", help="Gold sets (.jsonl).")
    ],
    dictionaries: Annotated[
        Path | None,
        typer.Option(help="Folder of PETRARCH dictionaries, for petrarch_unit."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure the reader on gold sets: precision and recall of each."""
    from spillover.reports.score import score_file

    del quiet
    found: list[dict[str, Any]] = []
    for path in gold:
        for name, scores in score_file(path, dictionaries=dictionaries).items():
            row = {
                "set": path.stem, "measure": name, "precision": scores.precision,
                "recall": scores.recall, "f1": scores.f1, "n": scores.n,
            }  # fmt: skip
            found.append({**row, "classes": scores.classes})
    if as_json:
        say(json.dumps(found, indent=2))
        return
    say(f"{'Set':22}{'Measure':28}{'Precision':>10}{'Recall':>9}{'F1':>8}{'n':>7}")
    for row in found:
        say(
            f"{row['set']:22}{row['measure']:28}{row['precision']:10.3f}"
            f"{row['recall']:9.3f}{row['f1']:8.3f}{row['n']:7,}"
        )
