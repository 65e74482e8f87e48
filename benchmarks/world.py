"""Streaming the whole world's facts: time and memory by event, at growing numbers.

    python -m benchmarks.world [EVENTS ...]

Synthetic facts: sources, targets and acts with Zipf weights, half of all facts repeat
an earlier triple. Printed for each number of events: seconds to count them day by day
(each once in both directions), seconds to recount at the end, memory of the state, and
the time of one answer. Ratios between rows say whether cost grows with events (it
should, once) and memory with distinct facts only.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from numpy.typing import NDArray

from spillover.model.facts import Facts
from spillover.world.fit import start
from spillover.world.questions import Questions
from spillover.world.state import State, intensity, toward

ENTITIES, ACTIONS, DAYS = 20_000, 100, 500


def facts(n: int, seed: int = 0) -> Facts:
    """About n facts."""
    rng = np.random.default_rng(seed)
    fresh = n // 2

    def zipf(most: int) -> NDArray[np.int64]:
        weight = 1.0 / np.arange(1, most + 1)
        return rng.choice(most, fresh, p=weight / weight.sum())

    s, a, o = zipf(ENTITIES), zipf(ACTIONS), zipf(ENTITIES)
    again = rng.integers(0, fresh, n - fresh)
    return Facts.of(
        np.concatenate([s, s[again]]),
        np.concatenate([a, a[again]]),
        np.concatenate([o, o[again]]),
        rng.integers(0, DAYS, n),
        entities=tuple(map(str, range(ENTITIES))),
        actions=tuple(map(str, range(ACTIONS))),
    )


def measure(n: int) -> dict[str, float]:
    """One row."""
    q = Questions.of(facts(n))
    p = start(q.n_relations)
    state = State.of(q, p.half_lives, DAYS - 30)
    began = time.perf_counter()
    for day in range(DAYS - 30, DAYS):
        state = state.add(q.between(day, day + 1)).at(day + 1)
    month = time.perf_counter() - began
    began = time.perf_counter()
    anew = State.of(q, p.half_lives, DAYS)
    recount = time.perf_counter() - began
    assert np.array_equal(anew.pair, state.pair)
    base = toward(state, p, np.array([0], np.int32))[0]
    intensity(state, p, 0, 0, base)
    began = time.perf_counter()
    for who in range(100):
        intensity(state, p, who, 0, base)
    answer = (time.perf_counter() - began) / 100
    held = sum(
        x.nbytes
        for x in (
            state.pair, state.target, state.pair_last, state.target_last,
            state.cells.pair_key, state.cells.pair_relation, state.cells.pair_answer,
            state.cells.target_key, state.cells.target_relation,
            state.cells.target_answer, state.cells.of_who, state.cells.of_answer,
        )
    )  # fmt: skip
    return {
        "questions": len(q), "cells": len(state.pair_last) + len(state.target_last),
        "month_s": month, "recount_s": recount,
        "mb": held / 1e6, "answer_ms": 1e3 * answer,
    }  # fmt: skip


def main() -> None:
    """Print the table."""
    numbers = [int(x) for x in sys.argv[1:]] or [250_000, 1_000_000, 4_000_000]
    measure(20_000)  # compile
    print(
        "questions     cells  30 days, s  recount, s  state, MB  bytes/cell  answer, ms"
    )
    for n in numbers:
        r = measure(n)
        print(
            f"{r['questions']:9.0f} {r['cells']:9.0f} {r['month_s']:11.2f} "
            f"{r['recount_s']:11.2f} {r['mb']:10.1f} "
            f"{1e6 * r['mb'] / r['cells']:11.0f} {r['answer_ms']:11.2f}"
        )


if __name__ == "__main__":
    main()
