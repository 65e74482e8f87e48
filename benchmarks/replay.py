"""A year of weekly replays of a 40-stream case: minutes, and where they go.

    python -m benchmarks.replay [--days 52] [--processes 2] [--profile]

The case is made here: eight actors, forty kinds of acts, a response of each kind to
itself and of every answer to its provocation, two restraints, twelve questions, and
about a thousand dated records over fourteen months, drawn with a fixed seed. Each of 52
days is cut, fitted, simulated (400 samples x 20 courses) and asked, as
`spillover replay --every 7d` does; nothing is taken from the cache of fits.
"""

# ruff: noqa: E501 - lines of a case file
from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import os
import pstats
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from spillover.api.model import load
from spillover.api.replay import days_of, replay_case
from spillover.places import compiled_folder

BEGINS, ORIGIN = dt.date(2030, 1, 1), dt.date(2031, 4, 15)
ACTORS = ("ard", "bel", "cor", "dun", "esk", "fen", "gal", "hod")
ACTS = ("ASSAULT", "COERCE", "THREATEN", "CONSULT", "AID")
FIRST = dt.date(2030, 3, 18)
STEPS = {
    "cut to the day": "as_of_case",
    "fit": "fit",
    "simulate": "run_ensemble",
    "past answers": "past_answers",
}


def streams() -> list[tuple[str, str, str, str]]:
    """(id, source, act, target): each actor does every act to the next."""
    return [
        (f"{a}-{act.lower()}-{b}", a, act, b)
        for i, a in enumerate(ACTORS)
        for act in ACTS
        for b in [ACTORS[i + 1 if i % 2 == 0 else i - 1]]
    ]


def write_case(folder: Path, *, seed: int = 1) -> Path:
    """Write the case and its records; the folder."""
    rng = np.random.default_rng(seed)
    kinds = streams()
    rates = np.exp(rng.normal(np.log(0.04), 0.7, len(kinds)))
    text = [
        "spillover: 1", "case: forty-streams", "title: Forty kinds of acts",
        "question: Does it spread?", f"origin: {ORIGIN}", "horizon: 90 days",
        "key_outcome: any-assault",
        f"history: {{records: records.csv, begins: {BEGINS}}}",
        "sources:", "  made: {title: Drawn by a program, grade: B2}", "actors:",
        *(f"  {a}: {{name: {a.title()}, kind: state}}" for a in ACTORS), "streams:",
    ]  # fmt: skip
    why = "why: drawn, sources: [made]"
    for (name, a, act, b), rate in zip(kinds, rates, strict=True):
        span = f"{0.4 * rate:.4f}..{2.5 * rate:.4f} per day"
        text += [
            f"  - {{id: {name}, name: {a} {act} {b}, event: {a} {act} {b}, baseline: {{is: {span}, {why}}}}}"
        ]
    text.append("responses:")
    half = f"half_life: {{is: 1..7 days, {why}}}"
    for name, a, act, b in kinds:
        back = f"{b}-{act.lower()}-{a}"
        for id_, when, children in (
            (f"own-{name}", name, "0.05..0.2"),
            (f"back-{name}", back, "0.03..0.15"),
        ):
            text += [
                f"  - {{id: {id_}, when: {when}, then: {name}, children: {{is: {children}, {why}}}, {half}}}"
            ]
    text.append("outcomes:")
    for act in ACTS[:3]:
        text += [
            f"  - {{id: any-{act.lower()}, question: {act} again?, event: ard {act} bel, at_least: 1, within: [7 days, 30 days], unmodelled: {{is: 0.005..0.02 per 90 days, why: a guess}}}}",
            f"  - {{id: many-{act.lower()}, question: Many of {act}?, event: '* {act} *', at_least: 12, within: [7 days, 30 days], unmodelled: {{is: 0.005..0.02 per 90 days, why: a guess}}}}",
        ]
    (folder / "case.yaml").write_text("\n".join(text) + "\n", "utf-8")
    rows = ["id,date,date_to,source,action,target,from,in,about,deaths,injured,marks,sources,published,order,note"]  # fmt: skip
    counts = rng.poisson(rates, ((ORIGIN - BEGINS).days, len(kinds)))
    for d, k in zip(*np.nonzero(counts), strict=True):
        day = BEGINS + dt.timedelta(int(d))
        name, a, act, b = kinds[k]
        for n in range(counts[d, k]):
            rows.append(
                f"{day}-{name}-{n},{day},,{a},{act},{b},,,,,,,made,{day + dt.timedelta(1)},,"
            )
    (folder / "records.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder


def main() -> None:
    """Make the case, replay it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=52)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="Share of each step.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # Processes take compiled code from where it is kept, but no fit.
        os.environ["NUMBA_CACHE_DIR"] = str(compiled_folder())
        os.environ["SPILLOVER_CACHE"] = str(Path(folder) / "cache")
        model = load(write_case(Path(folder)))
        model.check()
        days = days_of(model, "7d", FIRST)[: options.days]
        replay_case(model, days[:1], draws=60, futures=2, threads=1)  # compiled code
        os.environ["SPILLOVER_CACHE"] = str(Path(folder) / "fresh")
        profile = cProfile.Profile()
        if options.profile:
            profile.enable()
        began, busy = time.perf_counter(), sum(os.times()[:4])
        found = replay_case(
            model,
            days,
            processes=1 if options.profile else options.processes,
            threads=2,
        )
        took = time.perf_counter() - began
        spent = sum(os.times()[:4]) - busy
        profile.disable()
    console = Console()
    console.print(
        f"{len(model.case.streams)} streams, {len(model.case.records)} records, {len(days)} days, "
        f"{len(found.found)} questions: {took / 60:.2f} minutes, {took / len(days):.2f} s a day; "
        f"{spent / 60:.2f} minutes of processors"
    )
    if options.profile:
        table = Table(title="Share of the time (profiled, so slower)")
        for heading in ("step", "share"):
            table.add_column(heading)
        entries = pstats.Stats(profile).stats  # type: ignore[attr-defined] - its stubs lack it
        for step, name in STEPS.items():
            some = max(
                (v[3] for (file, _, fn), v in entries.items() if fn == name and "spillover" in file),
                default=0.0,
            )  # fmt: skip
            table.add_row(step, f"{some / took:.0%}")
        console.print(table)
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    main()
