"""Measure the compiled engine on the workloads, plain and with factors.

All futures of a run are simulated in one compiled call, as ensembles do, on one thread.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.workloads import Workload, measure
from spillover.engine.asked import compile_questions
from spillover.engine.branching import act_table, buckets_per_day
from spillover.engine.chunk import Arms, Past, new_courses, run_chunk
from spillover.engine.program import compile_model
from spillover.ensemble.totals import new_totals
from spillover.keys import id_key
from spillover.model.structure import (
    Act,
    Clause,
    Factor,
    FactorRow,
    KernelPart,
    Model,
    Pattern,
    Response,
    Stream,
)

__all__ = ["Gated", "measure_gated", "measure_ours", "workload_model"]


@dataclass(frozen=True)
class Gated:
    """Speed with factors: candidates and accepted events a second, share accepted."""

    candidates_per_second: float
    accepted_per_second: float
    acceptance: float


def workload_model(work: Workload, *, gated: bool = False) -> tuple[Model, np.ndarray]:
    """The workload as a model.

    Gated, each stream also has one factor below and one above 1.

    Both are started by events of other streams, hold for a time and fade, so every
    event updates state and immigrants come on two layers.
    """
    numbers: list[float] = []

    def slot(value: float) -> int:
        numbers.append(float(value))
        return len(numbers) - 1

    half = slot(math.log(2.0) / work.decay)
    K = len(work.baseline)
    streams = tuple(
        Stream(f"s{i}", id_key("stream", i), f"s{i}", base=slot(work.baseline[i]))
        for i in range(K)
    )
    responses = tuple(
        Response(
            f"r{i}-{j}",
            id_key("response", i, j),
            Pattern((Clause(j),)),
            Act(i),
            slot(work.branching[i, j]),
            (KernelPart(half),),
        )
        for j in range(K)
        for i in range(K)
        if work.branching[i, j] > 0.0
    )
    factors = []
    if gated:
        rng = np.random.default_rng(5)
        for i in range(K):
            for name, x, fades, cap in (
                ("hold", 0.35, 3.0, 1.0),
                ("rise", 1.8, 1.0, 2.0),
            ):
                source = int(rng.integers(K))
                factors.append(
                    Factor(
                        f"{name}{i}",
                        id_key(name, i),
                        (FactorRow(i, slot(x)),),
                        starts=Pattern((Clause(source),)),
                        half_life=slot(fades),
                        cap=cap,
                    )
                )
    model = Model(streams, responses, factors=tuple(factors), horizon=work.horizon)
    return model, np.array(numbers)


def _runner(work: Workload, *, gated: bool) -> tuple[Callable[[int], int], np.ndarray]:
    """A function of the seed that simulates all paths and counts accepted events."""
    model, theta = workload_model(work, gated=gated)
    program, asked = compile_model(model), compile_questions(model, (), ())
    mu = np.array([theta[s.base] for s in model.streams])
    per_day = buckets_per_day(mu)
    courses = new_courses(
        program,
        asked,
        arms=1,
        futures=work.paths,
        max_events=3 * work.events + 10_000,
        past_events=0,
        buckets_per_day=per_day,
    )
    none, ints, keys = np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.uint64)
    past = Past(np.zeros(2, np.int64), none, ints, keys, ints, ints, keys)
    zero = np.zeros(2, np.int64)
    arms = Arms(act_table(()), zero, ints, zero, zero[:1], zero[:1])
    total = np.zeros(2, np.int64)

    def run(seed: int) -> int:
        sums, pairs = new_totals(1, 1, asked, len(model.streams), program.days)
        error = run_chunk(
            program, courses, asked, sums, pairs, arms, theta[None, None],
            mu[None, None],
            np.uint64(id_key("seed", seed)), 0, np.zeros(1, np.int64), 0, 1, work.paths,
            past,
        )  # fmt: skip
        assert not error
        assert not sums.capped.any()
        total[:] = sums.work[0]
        return int(sums.work[0, 1])

    return run, total


def measure_ours(work: Workload) -> float:
    """Events per second of processor time, median of several runs."""
    run, _ = _runner(work, gated=False)
    return measure(run, work.paths).events_per_second


def measure_gated(work: Workload, *, repeats: int = 5) -> Gated:
    """Speed with factors, state updates included."""
    run, total = _runner(work, gated=True)
    run(0)
    rates, accepted, shares = [], [], []
    for seed in range(1, repeats + 1):
        start = time.process_time()
        n = run(seed)
        took = time.process_time() - start
        rates.append(total[0] / took)
        accepted.append(n / took)
        shares.append(n / total[0])
    return Gated(*(statistics.median(x) for x in (rates, accepted, shares)))
