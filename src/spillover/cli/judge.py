"""The verbs for judging forecasts: backtest. Imports nothing heavy at the top."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.cli.root import Cluster, Json, Quiet, app, note, say

if TYPE_CHECKING:
    from spillover.scoring.blocks import Interval
    from spillover.study.backtest import Backtest, Lead, Summary
    from spillover.study.backtest_questions import Asked

__all__ = ["backtest"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(w.strip() for w in text.split(",") if w.strip())


def _days(text: str) -> tuple[int, ...]:
    from spillover.errors import InputError

    try:
        return tuple(int(w) for w in _words(text))
    except ValueError:
        msg = f'--horizons "{text}": expected days, such as 1,7,30'
        raise InputError(msg) from None


def _derived(texts: list[str]) -> dict[str, str]:
    from spillover.errors import InputError

    out = {}
    for t in texts:
        name, equals, expression = t.partition("=")
        if not equals or not name.strip() or not expression.strip():
            msg = f"--derive \"{t}\": expected name = SQL expression, such as \"cls = CASE WHEN quad <= 2 THEN 'coop' ELSE 'conf' END\""
            raise InputError(msg)
        out[name.strip()] = expression.strip()
    return out


@app.command()
def backtest(
    tables: Annotated[
        list[Path],
        typer.Argument(
            metavar="TABLE...",
            help="Daily tables of one form, read as one series: .csv, .csv.gz or .parquet.",
        ),
    ],
    keys: Annotated[
        str, typer.Option(help="Columns that name a cell, such as source,target,cls.")
    ] = "",
    count: Annotated[
        str, typer.Option(help="Column of counts; absent: each row is one event.")
    ] = "",
    cells: Annotated[
        int, typer.Option(min=1, help="How many cells: the busiest before the test.")
    ] = 200,
    test_from: Annotated[
        str,
        typer.Option(
            metavar="DATE", help="First day scored; absent: the last fifth of the days."
        ),
    ] = "",
    horizons: Annotated[
        str, typer.Option(help="Days ahead: the sum over the next days is forecast.")
    ] = "1,7,30",
    date: Annotated[str, typer.Option(help="Column of the date.")] = "date",
    where: Annotated[
        str, typer.Option(help='Keep rows: SQL, such as "source <> target".')
    ] = "",
    derive: Annotated[
        list[str] | None,
        typer.Option(help='Make a column: "name = SQL expression"; may be repeated.'),
    ] = None,
    melt: Annotated[
        str,
        typer.Option(help="Wide tables: the columns that are cells, such as a,b,c."),
    ] = "",
    seed: Annotated[int, typer.Option(help="Of bootstraps and randomized PITs.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for backtest.json, scores.csv and draws in Parquet.",
        ),
    ] = None,
    questions: Annotated[
        bool,
        typer.Option(
            "--questions",
            help="Also score yes/no questions: any event, more than usual.",
        ),
    ] = False,
    cluster: Cluster = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Forecast daily counts from rolling origins, and score them beside baselines."""
    from spillover.api.backtest import backtest as judge
    from spillover.cli.progress import Bar
    from spillover.study.backtest_export import as_data, questions_data, write_folder
    from spillover.study.backtest_questions import questions_of

    with Bar(quiet=quiet) as bar:
        # The bar's word on compiling is about the engine, which is not used here.
        bar.compiling = True
        done = judge(
            tables,
            keys=_words(keys),
            count=count,
            cells=cells,
            test_from=test_from or None,
            horizons=_days(horizons),
            date=date,
            where=where,
            derive=_derived(derive or []),
            melt=_words(melt),
            seed=seed,
            cluster=cluster or None,
            progress=bar,
        )
    if out is not None:
        write_folder(done, out, seed=seed)
    if as_json:
        body = as_data(done)
        if questions:
            body["questions"] = questions_data(questions_of(done, seed=seed))
        say(json.dumps(body, indent=2, ensure_ascii=False))
        return
    for n in done.notes:
        note(f"note: {n}", quiet=quiet)
    _show(done)
    for asked in questions_of(done, seed=seed) if questions else ():
        _show_asked(asked)
    for w in done.warnings:
        note(f"warning: {w}", quiet=quiet)
    if out is not None:
        note(f"written: {out}", quiet=quiet)


def _show_asked(a: Asked) -> None:
    days = "1 day" if a.days == 1 else f"{a.days} days"
    say(
        f"\n{a.kind.capitalize()} within {days}: {a.n:,} questions, {100 * a.yes:.1f} % yes"
    )
    for r in a.rivals:
        gains = ""
        if r.brier_gain is not None and r.log_gain is not None:
            gains = f"  drop in Brier {_gain(r.brier_gain)}, in log {_gain(r.log_gain)}"
        say(f"  {r.name:<26} Brier {r.brier:.4f}  log {r.log:.4f}{gains}")
    held = a.reliability
    say(
        f"  Reliability of the default: {held.within} of {len(held.bins)} bins within the band that right chances give in 9 of 10 cases;\n"
        f"  right chances would be as far off as the worst bin in {100 * held.level:.1f} % of cases."
    )


def _show(b: Backtest) -> None:
    t = b.table
    say(
        f"{len(t.cells)} cells by {', '.join(t.keys)}; {t.day(0)} to {t.day(len(t.counts) - 1)}, "
        f"{int(t.observed.sum())} days observed; forecasts scored from {t.day(t.first_test)}."
    )
    for lead in b.leads:
        _show_lead(lead)
    say(
        "\nScores are means over cells and origins. Log score (natural log of the chance given to what came): higher is better.\n"
        "CRPS (in events) and Brier (of any event): lower is better. In 90 %: share of outcomes inside the central\n"
        "90 % interval, ends randomized (right: 0.90). Onset: no event in the cell for four weeks.\n"
        "Gain of the default: mean difference with its 90 % interval (days drawn in blocks); above zero, the default is better."
    )


def _cells(s: Summary) -> list[str]:
    return [f"{s.log:.4f}", f"{s.crps:.4f}", f"{s.brier_any:.4f}", f"{s.covered:.3f}"]


def _gain(x: Interval) -> str:
    if x.low is None or x.high is None:
        return f"{x.mean:+.4f} (too few days)"
    return f"{x.mean:+.4f} ({x.low:+.4f} to {x.high:+.4f})"


def _show_lead(lead: Lead) -> None:
    from spillover.study.backtest_models import DEFAULT

    days = "1 day" if lead.days == 1 else f"{lead.days} days"
    say(f"\n{days} ahead, {len(lead.origins)} origins")
    gains = {c.against: c for c in lead.contrasts}
    rows = [
        [
            "",
            "log",
            "CRPS",
            "Brier",
            "in 90 %",
            "onset log",
            "gain in log",
            "drop in CRPS",
        ]
    ]
    for name, j in lead.judged.items():
        onset = f"{j.onset.log:.4f}" if j.onset else "-"
        c = gains.get(name)
        rows.append(
            [name, *_cells(j.all), onset]
            + ([_gain(c.log), _gain(c.crps)] if c else ["", ""])
        )
    wide = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for r in rows:
        first = f"  {r[0]:<{wide[0]}}"
        say(
            "  ".join(
                [first, *(f"{x:>{w}}" for x, w in zip(r[1:], wide[1:], strict=True))]
            ).rstrip()
        )
    best = lead.judged[DEFAULT]
    p = best.pit
    verdict = "inside" if p.uniform else "outside"
    few = "; too few independent blocks of days to judge by" if p.blocks < 8 else ""
    a = best.all
    say(
        f"  Calibration of the default: the PIT's distribution is {verdict} its 95 % band (at most {p.worst:.3f} off{few}); "
        f"plain interval covers {a.covered_plain:.3f}, a perfect forecaster's {a.covered_perfect:.3f}."
    )
