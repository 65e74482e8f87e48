"""Measure tick's likelihood and its ADM4 learner; runs in the peers' environment.

    python -m benchmarks.peers_fit FOLDER

reads the events that `benchmarks.fit` left in FOLDER and writes JSON to stdout. tick
holds the decay fixed, here at the truth. ADM4 finds links under a sparse and low-rank
penalty, of which the weakest of a few is reported by its error.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.fit_data import FITS, Events, best_of, load, memory_mb

with warnings.catch_warnings():
    # Old escapes in its docstrings.
    warnings.simplefilter("ignore")
    from tick.base import Base
    from tick.hawkes import HawkesADM4, ModelHawkesExpKernLogLik

THREADS = int(os.environ.get("TICK_THREADS", "2"))
PENALTIES = (10.0, 1_000.0)
MOST_ADM4_EVENTS = 200_000
"""Beyond, one ADM4 fit takes too long for a benchmark."""


def unlock(kind: type) -> None:
    """Let tick set its own attributes: its guard misreads newer Pythons."""
    for below in kind.__subclasses__():
        if "__setattr__" in vars(below):
            type.__setattr__(below, "__setattr__", object.__setattr__)
        unlock(below)


def by_stream(given: Events) -> list[np.ndarray]:
    """One array of times a stream, as tick wants them."""
    K = len(given.work.baseline)
    return [np.ascontiguousarray(given.time[given.stream == i]) for i in range(K)]


def measure_likelihood(given: Events) -> dict[str, float]:
    """Seconds of set-up and of one value with its gradient, and memory on top."""
    work, events = given.work, by_stream(given)
    x = np.concatenate([work.baseline, work.branching.ravel()])
    grad = np.empty_like(x)
    before = memory_mb()
    start = time.perf_counter()
    model = ModelHawkesExpKernLogLik(work.decay, n_threads=THREADS)
    model.fit(events, work.horizon)
    model.loss_and_grad(x, grad)
    set_up = time.perf_counter() - start
    seconds = best_of(lambda: model.loss_and_grad(x, grad))
    return {
        "set_up_seconds": set_up,
        "value_and_gradient_seconds": seconds,
        "extra_mb": memory_mb() - before,
    }


def measure_adm4(given: Events) -> dict[str, float]:
    """The fit with the least error among a few penalties, and its seconds."""
    work, events = given.work, by_stream(given)
    found = []
    for C in PENALTIES:
        start, cpu = time.perf_counter(), time.process_time()
        learner = HawkesADM4(work.decay, C=C, n_threads=THREADS)
        learner.fit(events)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        gap = learner.adjacency - work.branching
        found.append((float(np.sqrt(np.mean(gap**2))), seconds, cpu))
    rmse, seconds, cpu = min(found)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "rmse_branching": rmse,
        "decay": work.decay,
    }


def main() -> None:
    """Measure on every workload."""
    unlock(Base)
    folder = Path(sys.argv[1])
    report: dict[str, dict[str, object]] = {}
    for work in FITS:
        print(f"tick, {work.name}", file=sys.stderr)
        given = load(folder, work)
        found: dict[str, object] = {"likelihood": measure_likelihood(given)}
        if len(given.time) <= MOST_ADM4_EVENTS:
            found["ADM4"] = measure_adm4(given)
        report[work.name] = found
    json.dump({"version": version("tick"), "speeds": report}, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
