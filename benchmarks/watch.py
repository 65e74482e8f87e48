"""The state of a watch moved on by one day, beside doing it again from all history.

    python -m benchmarks.watch [--streams 200] [--years 5]

Prints milliseconds (median of 30) and their ratio: the state itself (decayed sums,
rates that past events bring on), with one late event 200 days back; with --whole also
what a look at a case of so many streams does before it simulates.
"""
# ruff: noqa: E501 - lines of a case file

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from spillover.model.decaying import Links, course_of, excited, moved_on

HALVES = np.array([0.5, 3.0, 14.0, 60.0])


def median_ms(work: Callable[[], object], times: int = 30) -> float:
    """Median time of a call in milliseconds."""
    work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def case_text(streams: int) -> str:
    """A case of so many streams, each bringing its own and the next one's events on."""
    lines = [
        "spillover: 1", "case: wide", "title: Wide", "question: What comes?",
        "origin: 2031-03-01", "horizon: 60 days", "history: {begins: 2030-03-01}",
        "actors:",
        *(f"  a{k}: {{name: A{k}, kind: armed group}}" for k in range(streams + 1)),
        "streams:",
        *(
            f"  - {{id: s{k}, event: a{k} ASSAULT a{k + 1}, baseline: {{is: 0.02..0.1 per day, why: made up}}}}"
            for k in range(streams)
        ),
        "responses:",
        *(
            f"  - {{id: r{k}, when: s{k}, then: s{(k + 1) % streams}, children: {{is: 0.05..0.2, why: made up}}, half_life: {{is: 2..6 days, why: made up}}}}"
            for k in range(streams)
        ),
        "outcomes:",
        "  - {id: many, question: Does s0 come?, event: s0, at_least: 1, within: 30 days}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def whole_look(streams: int) -> dict[str, float]:
    """What a look does around the simulation, in milliseconds, once warm."""
    import spillover as sp
    from spillover.api.ahead import Known, ahead_case
    from spillover.api.watch_course import activity_of

    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "case.yaml").write_text(case_text(streams))
        model = sp.load(folder)
    origin = model.case.origin
    known = [
        Known(f"s{k}", day := origin - dt.timedelta(int(d)), day, 1)
        for k in range(streams)
        for d in rng.choice(360, 12, replace=False) + 1
    ]

    def moved(n: int) -> object:
        made = ahead_case(model, origin + dt.timedelta(n), known)
        _ = made.assembled
        return made

    case, next_day = moved(1), moved(2)
    course, begins, _ = activity_of(case, None)
    # Of a state only the course and its first day are looked at.
    before = SimpleNamespace(course=course, begins=begins)
    return {
        "activity, one new day": median_ms(lambda: activity_of(next_day, before), 5),
        "case moved and assembled": median_ms(lambda: moved(1), 3),
        "activity from scratch": median_ms(lambda: activity_of(case, None), 5),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="also the case around it")
    given = parser.parse_args()
    rng = np.random.default_rng(1)
    K, T = given.streams, 365 * given.years
    counts = rng.poisson(0.3, (T + 1, K)).astype(np.float64)
    links = Links(HALVES, rng.random((K, len(HALVES), K)) / K / 4)
    before = course_of(HALVES, counts[:T])
    late = counts.copy()
    late[T - 200, 0] += 1.0
    one = median_ms(lambda: excited(links, moved_on(before, counts)))
    back = median_ms(lambda: excited(links, moved_on(before, late)))
    whole = median_ms(lambda: excited(links, course_of(HALVES, counts)))
    same = np.array_equal(moved_on(before, counts).sums, course_of(HALVES, counts).sums)
    print(f"{K} streams, {len(HALVES)} half-lives, {T} days of history")
    print(
        f"one new day                  {one:8.2f} ms   1/{whole / one:.0f} of scratch"
    )
    print(f"one late event, 200 days ago {back:8.2f} ms   1/{whole / back:.1f}")
    print(f"from the whole history       {whole:8.2f} ms")
    print(f"the same to the last bit: {'yes' if same else 'NO'}")
    if given.whole:
        for name, ms in whole_look(K).items():
            print(f"{name:<28} {ms:8.0f} ms")


if __name__ == "__main__":
    main()
