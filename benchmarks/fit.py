"""Measure likelihood, gradient and whole fits; writes JSON to stdout.

    python -m benchmarks.fit simulate FOLDER
    python -m benchmarks.fit FOLDER

The first simulates the workloads with the compiled engine into FOLDER, the second, in a
process of its own so that its memory can be told, fits them. Seconds by the clock, on
NUMBA_NUM_THREADS threads.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.fit_data import FITS, Events, best_of, load, memory_mb, save
from benchmarks.ours import workload_model
from benchmarks.workloads import Workload
from spillover.engine.branching import simulate
from spillover.inference.arrow import fit_rows
from spillover.inference.exact import Links, exact_likelihood
from spillover.inference.exact_data import prepare
from spillover.inference.exact_prior import ExactPrior, Support
from spillover.inference.exact_problem import ExactProblem, exact_problem

__all__ = ["measure_fit"]

SEED = 1


def events_of(work: Workload) -> Events:
    """One path, by the compiled engine."""
    model, theta = workload_model(work)
    most = 2 * work.events
    path = simulate(model, theta, seed=SEED, max_events=most)[0]
    return Events(work, path.time, path.stream)


def problem_of(given: Events, *, known: bool) -> ExactProblem:
    """The posterior: all links, or those that are there; the decay free."""
    work = given.work
    K = len(work.baseline)
    data = prepare(given.time, given.stream, streams=K, windows=[(0.0, work.horizon)])
    full = Support.full(K, median=0.3 / K, sd=1.5)
    if known:
        there = np.flatnonzero(work.branching.ravel() > 0.0)
        full = Support(
            full.target[there],
            full.source[there],
            full.role[there],
            np.full(len(there), 0.1),
            full.sd[there],
        )
    # twice the true half-life: the search has to find it
    return exact_problem(data, full, ExactPrior(half_life=(2.0 * np.log(2.0),)))


def measure_likelihood(given: Events) -> dict[str, float]:
    """Seconds of set-up and of one value with its gradient, and memory on top."""
    work = given.work
    K = len(work.baseline)
    before = memory_mb()
    start = time.perf_counter()
    data = prepare(given.time, given.stream, streams=K, windows=[(0.0, work.horizon)])
    links = Links.dense(K)
    like = exact_likelihood(data, links)
    x = work.baseline[:, None].copy(), work.branching.ravel(), np.array([work.decay])
    set_up = time.perf_counter() - start
    seconds = best_of(lambda: like.value_grad(*x))
    return {
        "set_up_seconds": set_up,
        "value_and_gradient_seconds": seconds,
        "extra_mb": memory_mb() - before,
    }


def measure_fit(given: Events, *, known: bool) -> dict[str, float]:
    """Seconds of a whole fit (set-up included, compiled before) and its errors."""
    work = given.work
    begun, cpu = time.perf_counter(), time.process_time()
    problem = problem_of(given, known=known)
    fit = fit_rows(problem, problem.start(), spread=False)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    numbers = problem.decode(fit.mode)
    gap = numbers.branching - work.branching
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "evaluations": fit.evaluations,
        "converged": float(fit.converged),
        "rmse_branching": float(np.sqrt(np.mean(gap**2))),
        "decay": float(numbers.decay[0]),
    }


def warm() -> None:
    """Compile everything on a small problem."""
    rng = np.random.default_rng(0)
    data = prepare(
        np.sort(rng.uniform(0.0, 50.0, 200)),
        rng.integers(0, 3, 200),
        streams=3,
        windows=[(0.0, 50.0)],
    )
    problem = exact_problem(data, Support.full(3))
    fit_rows(problem, problem.start())


def main() -> None:
    """Simulate, measure and print."""
    *what, where = sys.argv[1:]
    folder = Path(where)
    report: dict[str, dict[str, object]] = {}
    if what:
        for work in FITS:
            save(folder, events_of(work))
        json.dump({}, sys.stdout)
        return
    warm()
    for work in FITS:
        given = load(folder, work)
        print(f"spillover, {work.name}", file=sys.stderr)
        found: dict[str, object] = {"events": len(given.time)}
        found["likelihood"] = measure_likelihood(given)
        found["fit, all links"] = measure_fit(given, known=False)
        if np.any(work.branching == 0.0):
            found["fit, links known"] = measure_fit(given, known=True)
        report[work.name] = found
    threads = os.environ.get("NUMBA_NUM_THREADS", "all")
    json.dump({"threads": threads, "speeds": report}, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
