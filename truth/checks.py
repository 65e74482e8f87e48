"""The registry: which command makes which numbers.

Documentation names an id above a block of numbers: ``<!-- truth: backtests -->``
(docs/supply.md says how). A command is what a person types in the project's folder;
FOLDER stands for the folder of the open data, which do not come with Spillover.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CHECKS", "NOTES", "Check", "check"]

Needs = Literal["", "data", "peers", "browser"]


@dataclass(frozen=True)
class Check:
    """One command and what it shows.

    Attributes
    ----------
    id
        The name it has in the documentation and in docs/truth.json.
    what
        Of what it is evidence, in a few words.
    command
        As typed; `python` and `spillover` are those of the environment.
    minutes
        About how long on two cores.
    needs
        What must lie beside the project for it.
    full
        Of tests of law: every comparison of files whose name holds this is kept.
    only
        Of tables: keep rows whose first cell begins with one of these.
    tables
        Of tables: keep at most this many on the page; all are in the JSON.
    """

    id: str
    what: str
    command: str
    minutes: float
    needs: Needs = ""
    full: str = ""
    only: tuple[str, ...] = ()
    tables: int = 20


CHECKS: tuple[Check, ...] = (
    # ---- laws ----
    Check(
        "exact", "both engines against known answers",
        'python -m pytest tests/exact -m "not nightly"', 8, full="test_hawkes",
    ),
    Check(
        "same-world", "versions of a case share their world; counts keep their law",
        'python -m pytest tests/engine tests/ensemble -m "not nightly"', 3,
    ),
    Check(
        "answers", "levers, ways, what-ifs and assumptions against known answers",
        'python -m pytest tests/study -m "not nightly"', 15,
    ),
    Check(
        "sbc", "simulation-based calibration of the samplers",
        "python -m pytest tests/inference/test_sbc_exact.py tests/inference/test_sbc_daily.py", 25,
    ),
    Check(
        "learning", "likelihoods, fits, placebos, links found and not found",
        'python -m pytest tests/inference tests/discover -m "not nightly" '
        "--deselect tests/inference/test_sbc_exact.py --deselect tests/inference/test_sbc_daily.py", 20,
    ),
    Check(
        "case-fit", "coverage of a case fitted to its own history",
        "python -m pytest tests/inference/test_case_fit.py -k cover -s", 4,
    ),
    Check(
        "scores", "scoring rules against hand-computed values; properness",
        "python -m pytest tests/scoring", 1,
    ),
    # ---- learning, measured ----
    Check("recovery", "the spectral radius from daily counts, links known",
          "python -m benchmarks.recovery --sets 50", 5),
    Check("recovery-link", "the same, half-lives per link",
          "python -m benchmarks.recovery --sets 50 --sharing link", 5),
    Check("recovery-all", "the same, all hundred links offered",
          "python -m benchmarks.recovery --sets 20 --all-links", 5),
    Check("recovery-slow", "the same, a background that moves",
          "python -m benchmarks.recovery --sets 50 --slow-background", 5),
    Check("intervals", "coverage of 90 % intervals, by kind of data and sampler",
          "python -m benchmarks.intervals --sets 40", 40),
    # ---- forecasts ----
    Check(
        "backtests", "five open series, forecast and scored beside named baselines",
        "python -m benchmarks.backtest FOLDER", 4, "data",
        only=("roles, stacked", "EWMA x weekday NB"),
    ),
    Check("questions", "a fixed set of questions on those series",
          "spillover bench-questions FOLDER", 3, "data"),
    Check(
        "yes-no", "chances of yes/no questions: reliability and scores (one of the series)",
        "spillover backtest FOLDER/icews_me_daily/icews18_me.csv.gz --keys source,target,cls --count n "
        '--cells 200 --where "source <> target" --horizons 1,7 --questions', 4, "data",
    ),
    Check("replay", "iraq-2024 on earlier days, with what was known then",
          "spillover replay iraq-2024 --from 2023-12-01 --draws 400", 3),
    # ---- reading ----
    Check(
        "reading", "the reader on public gold sets",
        "spillover score-reading FOLDER/coding-gold/plv.jsonl FOLDER/coding-gold/plover_gsr.jsonl "
        "FOLDER/coding-gold/polnear.jsonl FOLDER/coding-gold/meantime_factuality.jsonl "
        "FOLDER/coding-gold/uds_factuality.jsonl FOLDER/coding-gold/ngec_actor.jsonl "
        "FOLDER/coding-gold/re3d.jsonl", 2, "data",
    ),
    Check("own-reports", "reports of the project's own, drafts and all",
          "python -m pytest tests/reports", 2),
    Check("reading-speed", "articles a second, memory",
          "python -m benchmarks.reading", 3),
    # ---- speed ----
    Check("bench", "events a second and fits, beside other packages",
          "python -m benchmarks.bench", 15, "peers"),
    Check("levers-speed", "what arms, ways and what-ifs cost",
          "python -m benchmarks.levers", 6),
    Check("import-speed", "a million rows into the store",
          "python -m benchmarks.import_rows", 3),
    Check("desk", "the desk: first page, first numbers, requests a second, memory",
          "python -m benchmarks.desk", 15),
    Check("replay-speed", "a year of weekly replays of a large case",
          "python -m benchmarks.replay", 15),
    Check("watch-speed", "a watch moved on by a day, beside doing it again",
          "python -m benchmarks.watch", 5),
    Check("million", "a million futures of iraq-2024 in threads and through Dask, workers killed",
          "python -m benchmarks.million", 7),
    Check("scale-workers", "local workers of a cluster by the clock",
          "python -m benchmarks.scale --only-workers --workers 1,2,4 --draws 12000", 4),
    Check("kills", "writers ended at random points: nothing acknowledged is lost",
          "python -m tests.faults.campaign --kills 2080 --seed 1", 30),
    Check("outlook-speed", "an outlook over an invented world: time, memory, growth",
          "python -m benchmarks.outlook", 5),
    Check("world-speed", "streaming the facts of the whole world: time and memory by event",
          "python -m benchmarks.world", 10),
    Check("tkg14", "ranking who acts next, ICEWS 2014, by the published protocol",
          "spillover bench-tkg FOLDER/icews14_tkg", 30, "data"),
    Check("tkg18", "the same, ICEWS 2018",
          "spillover bench-tkg FOLDER/icews18_tkg", 60, "data"),
    Check("outlook-check", "whether chances of the outlook held",
          "spillover outlook-check FOLDER/icews18_tkg --day-zero 2018-01-01", 5, "data"),
    Check("scale", "cost by futures, events and links: slopes and memory",
          "python -m benchmarks.scale", 20),
    Check("start", "start-up beside bare Python; size of an install",
          "python -m benchmarks.start", 0.5),
    # ---- hostile input ----
    Check("fuzz", "spoilt input for every reader: a result or a message, in time and memory",
          "python -m tests.fuzz.campaign --inputs 5000000", 60),
    Check("branches", "branches of the parsers that tests and fuzzing reach",
          "python -m benchmarks.branches", 12),
    # ---- what pages print ----
    Check("iraq-2024", "the answers of the reference case",
          "spillover run iraq-2024 -q -o FRESH", 1),
    Check("full-run", "levers, ways, what-ifs and assumptions at once",
          "spillover run iraq-2024 --full -q -o FRESH", 2),
    Check("pages", "what pages print is what the program prints",
          "python -m pytest tests/docs", 4),
)  # fmt: skip

NOTES: dict[str, str] = {
    "once": "measured once while it was built, with code that was not kept: "
    "the text beside it says on what and when",
    "rule": "a choice or a definition, not a measurement",
    "cited": "a number of others, with its source beside it",
}
"""Ids that stand for no command."""


def check(name: str) -> Check:
    """A check by id."""
    for one in CHECKS:
        if one.id == name:
            return one
    known = ", ".join(c.id for c in CHECKS)
    raise KeyError(f"no check {name!r}; there are: {known}")
