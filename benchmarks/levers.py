"""Print what levers, ways and what-ifs cost: part of ``make bench``.

Arms beside one run of `iraq-2024`, on two threads, 2,000 draws x 20 futures, 90 days
ahead; ways beside the same run; events a second of a history played otherwise, on one
thread. The public code of counterfactual temporal point processes (Noorbakhsh &
Rodriguez 2022, github.com/Networks-Learning/counterfactual-tpp) was published with
histories of 1,000 to 5,000 events at 42 to 170 events a second; it is not run here.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.ours import workload_model
from benchmarks.workloads import WORKLOADS
from spillover.api.model import load
from spillover.assemble.within import within as cut
from spillover.engine.branching import simulate
from spillover.ensemble.paths import run_paths
from spillover.ensemble.run import run_ensemble
from spillover.model.closed_forms import bases
from spillover.model.structure import Clause, Pattern
from spillover.study.compare_questions import with_counts
from spillover.study.what_if import Player, Way

THREADS = 2
SAMPLES = 40
PUBLISHED = (42, 170)


def _seconds(work: Callable[[], Any], times: int) -> float:
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def arms(draws: int, futures: int, times: int) -> Table:
    """Arms of the reference case in one pass, and ways, beside one run."""
    model = load("iraq-2024").fit()
    base = cut(model.assembled, 90)
    counted = with_counts(base, base.arms, 90).assembled
    size = {"draws": draws, "futures": futures, "seed": 1, "threads": THREADS}
    every = [a.id for a in base.arms]
    one = _seconds(lambda: run_ensemble(counted, arms=every[:1], **size), times)
    table = Table(
        title=f"Arms of iraq-2024, {draws:,} x {futures}, 90 days, two threads"
    )
    for heading in ("arms", "seconds", "times one run", "share of arms x one run"):
        table.add_column(heading, justify="right")
    table.add_row("1", f"{one:.1f}", "1.0", "1.00")
    for n in (4, 8, len(every)):
        took = _seconds(
            lambda n=n: run_ensemble(counted, arms=every[:n], **size), times
        )
        table.add_row(
            str(n), f"{took:.1f}", f"{took / one:.1f}", f"{took / one / n:.2f}"
        )
    at = [q.mode for q in base.questions].index("any")
    took = _seconds(lambda: run_paths(base, [at], **size), times)
    table.add_row("ways", f"{took:.1f}", f"{took / one:.1f}", "")
    return table


def histories(events: int, times: int) -> Table:
    """Events a second of a long history of ten streams, kept otherwise and replayed."""
    work = WORKLOADS[0]
    model, theta = workload_model(work)
    model = replace(model, horizon=work.horizon * events / work.events)
    seen = simulate(model, theta, seed=1)[0]
    mu = np.asarray(bases(model, theta))
    player = Player(model, [Pattern((Clause(0),))], len(seen))
    gone = Way(gone=tuple(np.flatnonzero(seen.stream == 0)[:5].tolist()))
    low = float(seen.time[gone.gone[0]]) - 1e-9

    table = Table(title="A history played otherwise: five events taken out, one thread")
    heads = (
        "events",
        "ways",
        "ms a sample",
        "answers",
        "events/s",
        "times the published",
    )
    for heading in heads:
        table.add_column(heading, justify="right")
    for ways, replay in (([gone], False), ([gone], True), ([gone] * 20, True)):

        def play(ways: list[Way] = ways, replay: bool = replay) -> object:
            return player.play(
                theta, mu, seen, ways, low=low, high=model.horizon, samples=SAMPLES,
                replay=replay,
            )  # fmt: skip

        took = _seconds(play, times) / SAMPLES
        # Drawing the parents is part of the time; an answer is every event once.
        answers = len(ways) * (2 if replay else 1)
        rate = len(seen) * answers / took
        table.add_row(
            f"{len(seen):,}", str(len(ways)), f"{1e3 * took:.2f}", str(answers),
            f"{rate:,.0f}", f"{rate / PUBLISHED[1]:,.0f} to {rate / PUBLISHED[0]:,.0f}",
        )  # fmt: skip
    return table


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--draws", type=int, default=2000)
    asked.add_argument("--futures", type=int, default=20)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--events", type=int, default=3000)
    size = asked.parse_args()
    console = Console(width=110)
    console.print(arms(size.draws, size.futures, size.times))
    console.print(histories(size.events, size.times))


if __name__ == "__main__":
    main()
