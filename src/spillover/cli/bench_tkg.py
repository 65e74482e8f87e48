"""The verb `bench-tkg`: who acts next toward whom, ranked by the published protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spillover.cli.root import Json, Quiet, app, note, say

if TYPE_CHECKING:
    from spillover.study.bench_tkg import BenchTkg

__all__: list[str] = []


@app.command("bench-tkg")
def bench_tkg(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Folder with train.txt, entity2id.txt, relation2id.txt; valid.txt and test.txt where there are (each may be a .gz).",
        ),
    ],
    plain: Annotated[
        bool, typer.Option("--plain", help="Only the additive intensity, no trees.")
    ] = False,
    seeds: Annotated[
        int, typer.Option(min=1, help="Seeds whose trees are averaged.")
    ] = 1,
    refit: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="DAYS",
            help="Also learn anew before the test days and every so many days; 0: not.",
        ),
    ] = 0,
    valid_only: Annotated[
        bool, typer.Option("--valid-only", help="Leave test unseen, while tuning.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the trees.")] = 2,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder to write the table to; must be new."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rank every target and source of published event graphs, beside baselines."""
    from spillover.cli.progress import Bar
    from spillover.errors import InputError
    from spillover.store.runfolder import csv_bytes, json_bytes, write_new
    from spillover.study.bench_tkg import bench_tkg as run

    if out is not None and out.exists():
        msg = f"{out}: there is something already. Give -o a folder that is not there"
        raise InputError(msg)
    with Bar(quiet=quiet) as bar:
        bar.compiling = True
        done = run(
            folder, plain=plain, seeds=seeds, refit=refit, test=not valid_only,
            threads=threads, progress=bar,
        )  # fmt: skip
    body = _plain(done)
    if out is not None:
        table = csv_bytes(body["rows"])
        write_new(out, {"bench.json": json_bytes(body), "bench.csv": table})
        note(f"written: {out}", quiet=quiet)
    if as_json:
        say(json_bytes(body).decode())
        return
    for line in _lines(done):
        say(line)


def _plain(done: BenchTkg) -> dict[str, Any]:
    """The result as plain values; MRR and hits in per cent."""
    rows = []
    for r in done.rows:
        day = r.scores.by_day
        rows.append(
            {
                "model": r.model, "part": r.part, "questions": r.scores.questions,
                "mrr_pct": 100 * r.scores.mrr,
                **{f"hits_at_{k}_pct": 100 * v for k, v in r.scores.hits.items()},
                "mrr_low_pct": None if day.low is None else 100 * day.low,
                "mrr_high_pct": None if day.high is None else 100 * day.high,
                "learning_seconds": r.learning_seconds,
                "answering_seconds": r.answering_seconds,
            }
        )  # fmt: skip
    return {
        "schema_version": 1, "folder": done.folder, "standard_split": done.standard,
        "first_valid_day": done.split.valid, "first_test_day": done.split.test,
        "end_day": done.split.end, "facts": done.facts, "entities": done.entities,
        "actions": done.actions, "rows_said_twice": done.repeated,
        "peak_memory_mb": done.peak_mb, "rows": rows,
    }  # fmt: skip


def _lines(done: BenchTkg) -> list[str]:
    split = done.split
    where = (
        "the folder's own valid and test files"
        if done.standard
        else "the last 30 days of train stand in for test, the 30 before for valid"
    )
    lines = [
        f"{done.facts:,} facts, {done.entities:,} entities, {done.actions} actions; {where}.",
        f"Valid: days {split.valid} to {split.test - 1}; test: days {split.test} to {split.end - 1}.",
        "Every question of day t knows all facts before t; other answers true the same day are left out; both directions; all entities; ties averaged.",
        "",
        f"{'':24} {'':5} {'MRR %':>6} {'H@1 %':>6} {'H@3 %':>6} {'H@10 %':>6}  {'MRR, 90 % by days':>18}  {'learned':>8} {'answered':>8}",
    ]
    for r in done.rows:
        h, day = r.scores.hits, r.scores.by_day
        band = (
            "too few days"
            if day.low is None or day.high is None
            else f"{100 * day.low:.1f} to {100 * day.high:.1f}"
        )
        took = "" if r.learning_seconds is None else f"{r.learning_seconds:.0f} s"
        lines.append(
            f"{r.model:24} {r.part:5} {100 * r.scores.mrr:6.2f} {100 * h[1]:6.2f} {100 * h[3]:6.2f} {100 * h[10]:6.2f}  {band:>18}  {took:>8} {r.answering_seconds:6.0f} s"
        )
    if done.peak_mb is not None:
        lines += ["", f"Most memory held: {done.peak_mb:,.0f} MB."]
    return lines
