"""What an ensemble costs, and that the cost is linear: ``python -m benchmarks.scale``.

Seconds of one processor (not of the clock), so that other work on the machine matters
little. Slopes are least squares; beside each stands how far the points lie off the
line, and how much of the largest point a bend (a square term) would explain.
``--workers`` also times local workers of a Dask cluster by the clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from spillover.api.model import load
from spillover.engine.asked import compile_questions
from spillover.engine.branching import act_table, buckets_per_day
from spillover.engine.chunk import Arms, Past, new_courses, run_chunk
from spillover.engine.program import compile_model
from spillover.ensemble.job import Job, past_tables, propose, simulate
from spillover.ensemble.job import Slots as Piece
from spillover.ensemble.run import run_ensemble
from spillover.ensemble.totals import new_totals
from spillover.keys import id_key
from spillover.model.structure import (
    Act,
    Clause,
    KernelPart,
    Model,
    Pattern,
    Response,
    Stream,
)

REPEATS = 5
DAYS = 90.0
MOST_BEND = 0.15
"""Upward: more than linear. Downward is cheaper than linear."""


@dataclass(frozen=True)
class Line:
    """Points and the straight line through them.

    Attributes
    ----------
    what, unit
        What varies, and what the slope is.
    x, seconds
        Points.
    slope, start
        Of the line, seconds.
    off
        Largest distance of a point from the line, as a share of the point.
    bend
        Share of the last point that a square term explains: 0 when the cost is linear.
    """

    what: str
    unit: str
    x: tuple[float, ...]
    seconds: tuple[float, ...]
    slope: float
    start: float
    off: float
    bend: float


def line(what: str, unit: str, x: Sequence[float], seconds: Sequence[float]) -> Line:
    """Fit it; each point weighs by its own size."""
    a, b = np.asarray(x, float), np.asarray(seconds, float)
    slope, start = np.polyfit(a, b, 1, w=1.0 / b)
    fitted = start + slope * a
    square = np.polyfit(a, b, 2, w=1.0 / b)[0]
    bend = square * a[-1] ** 2 / b[-1]
    return Line(
        what, unit, tuple(map(float, a)), tuple(map(float, b)), float(slope),
        float(start), float(np.max(np.abs(b - fitted) / b)), float(bend),
    )  # fmt: skip


def spent(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Seconds of processor, the median of several times."""
    work()
    took = []
    for _ in range(repeats):
        begun = time.thread_time()
        work()
        took.append(time.thread_time() - begun)
    return statistics.median(took)


def by_futures(draws: int) -> tuple[Line, dict[str, float]]:
    """Futures of iraq-2024, and what its steps cost a draw."""
    model = load("iraq-2024")
    assembled = model.assembled
    x, seconds, steps = [], [], {}
    for futures in (5, 10, 20, 40, 80):
        job = Job(assembled, (assembled.arms[0],), draws, futures, 1, 20_000)
        found = propose(job, (0, draws))
        past = job.pasts(found["theta"], np.arange(draws))
        per_day = buckets_per_day(np.median(found["mu"], axis=0))
        piece = Piece(
            0, draws, np.arange(draws), found["theta"], found["mu"], per_day,
            past_tables(past), past.largest,
        )  # fmt: skip
        x.append(draws * futures)
        seconds.append(spent(lambda j=job, p=piece: simulate(j, p)))
        if futures == 20:
            steps["draw, fill in the past, weigh"] = (
                spent(lambda j=job: propose(j, (0, draws)), 3) / draws
            )
            steps["fill in the past again"] = (
                spent(lambda j=job, f=found: j.pasts(f["theta"], np.arange(draws)), 3)
                / draws
            )
            sums = simulate(job, piece)
            steps["events in a future"] = float(sums["sums/work"][0, 1]) / x[-1]
    return line("futures (iraq-2024)", "s a future", x, seconds), steps


def network(
    streams: int, links: int, rate: float, children: float
) -> tuple[Model, np.ndarray]:
    """Streams in a ring: each event brings children on ``links`` streams after it."""
    numbers: list[float] = []

    def slot(value: float) -> int:
        numbers.append(float(value))
        return len(numbers) - 1

    half, base = slot(3.0), slot(rate)
    each = slot(children / max(links, 1))
    made = tuple(
        Stream(f"s{i}", id_key("stream", i), f"s{i}", base=base) for i in range(streams)
    )
    responses = tuple(
        Response(
            f"r{j}-{k}",
            id_key("response", j, k),
            Pattern((Clause(j),)),
            Act((j + k + 1) % streams),
            each,
            (KernelPart(half),),
        )
        for j in range(streams)
        for k in range(links)
    )
    return Model(made, responses, horizon=DAYS), np.array(numbers)


def cost(model: Model, theta: np.ndarray, paths: int) -> tuple[float, float]:
    """Seconds for all paths of a model, and its events in a path."""
    program, asked = compile_model(model), compile_questions(model, (), ())
    mu = np.array([theta[s.base] for s in model.streams])
    courses = new_courses(
        program, asked, arms=1, futures=paths, max_events=200_000, past_events=0,
        buckets_per_day=buckets_per_day(mu),
    )  # fmt: skip
    none, ints, keys = np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.uint64)
    past = Past(np.zeros(2, np.int64), none, ints, keys, ints, ints, keys)
    zero = np.zeros(2, np.int64)
    arms = Arms(act_table(()), zero, ints, zero, zero[:1], zero[:1])
    events = 0

    def run() -> None:
        nonlocal events
        sums, pairs = new_totals(1, 1, asked, len(model.streams), program.days)
        error = run_chunk(
            program, courses, asked, sums, pairs, arms, theta[None, None],
            mu[None, None], np.uint64(1), 0, np.zeros(1, np.int64), 0, 1, paths, past,
        )  # fmt: skip
        assert not error
        events = int(sums.work[0, 1])

    seconds = spent(run)
    return seconds, events / paths


def by_events(paths: int) -> Line:
    """Ten streams with six links each, ever busier."""
    x, seconds = [], []
    for rate in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2):
        took, events = cost(*network(10, 6, rate, 0.5), paths)
        x.append(events)
        seconds.append(took / paths)
    return line("events in a future", "s an event", x, seconds)


def by_links(paths: int) -> Line:
    """Forty streams; children spread over ever more links an event acts on."""
    x, seconds = [], []
    for links in (1, 2, 4, 8, 16, 32):
        took, events = cost(*network(40, links, 0.2, 0.5), paths)
        x.append(links)
        seconds.append(took / paths / events)
    return line("active links of an event", "s a link and event", x, seconds)


def by_streams(paths: int) -> Line:
    """Ever more streams on which hardly anything happens, 90 days."""
    x, seconds = [], []
    for streams in (5, 10, 20, 40, 80):
        took, _ = cost(*network(streams, 0, 0.001, 0.0), paths)
        x.append(streams * DAYS)
        seconds.append(took / paths)
    return line("streams x days, quiet", "s a stream and day", x, seconds)


def by_workers(counts: Sequence[int], draws: int) -> list[dict[str, float]]:
    """Local workers, by the clock; the same numbers each time."""
    from spillover.cluster.backend import open_backend

    assembled = load("iraq-2024").assembled
    size = {"draws": draws, "futures": 20, "seed": 1}
    rows = []
    wanted = None
    for n in counts:
        with open_backend(f"local:{n}", threads=1) as backend:
            run_ensemble(assembled, **{**size, "draws": 40 * n}, cluster=backend)
            begun = time.perf_counter()
            found = run_ensemble(assembled, **size, cluster=backend)
            took = time.perf_counter() - begun
        digest = found.arm().sums.hits.tobytes()
        wanted = wanted or digest
        assert digest == wanted, "other numbers with another number of workers"
        rows.append(
            {"workers": n, "seconds": took, "futures a second": draws * 20 / took}
        )
    return rows


def main() -> int:
    """Measure and print."""
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--draws", type=int, default=300)
    args.add_argument("--paths", type=int, default=400)
    args.add_argument("--workers", default="", help="such as 1,2,4")
    args.add_argument("--only-workers", action="store_true")
    args.add_argument("--json", action="store_true")
    asked = args.parse_args()
    lines, steps = [], {}
    if not asked.only_workers:
        futures, steps = by_futures(asked.draws)
        lines = [futures, *(f(asked.paths) for f in (by_events, by_links, by_streams))]
    workers = [int(n) for n in asked.workers.split(",") if n]
    rows = by_workers(workers, asked.draws) if workers else []
    if asked.json:
        print(
            json.dumps(
                {"lines": [asdict(x) for x in lines], "steps": steps, "workers": rows}
            )
        )
        return 0
    console = Console(width=110)
    table = Table(title="Cost, seconds of one processor")
    for head in (
        "what varies",
        "from .. to",
        "slope",
        "at zero",
        "off the line",
        "bend",
    ):
        table.add_column(head)
    for x in lines:
        table.add_row(
            x.what, f"{x.x[0]:g} .. {x.x[-1]:g}", f"{x.slope:.3g} {x.unit}",
            f"{x.start:.2g} s", f"{100 * x.off:.0f} %", f"{100 * x.bend:+.0f} %",
        )  # fmt: skip
    if lines:
        console.print(table)
    for name, value in steps.items():
        console.print(
            f"{name}: {value:.4g}" + ("" if "events" in name else " s a draw")
        )
    for row in rows:
        console.print(", ".join(f"{k} {v:,.4g}" for k, v in row.items()))
    return 0 if max((x.bend for x in lines), default=0.0) < MOST_BEND else 1


if __name__ == "__main__":
    sys.exit(main())
