"""Measure the peers; runs inside their own environment and writes JSON to stdout.

Each peer does the work with the fastest exact simulator it offers for many streams:

* tick: ``SimuHawkesExpKernels`` (C++). One object is reset for every path, which saves
  building it anew; its ``SimuHawkesMulti`` starts processes and copies every result.
* hawkesbook: ``mutual_exp_simulate_by_thinning``, as shipped (plain Python) and, since
  the package compiles its other simulators so, under ``numba.njit``.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import version

import hawkesbook
import numba
import numpy as np

from benchmarks.workloads import WORKLOADS, Workload, expected_events, measure

with warnings.catch_warnings():
    # Old escapes in its docstrings.
    warnings.simplefilter("ignore")
    from tick.hawkes import SimuHawkesExpKernels

# Plain Python would take minutes for a long path, at the same speed as for a short one.
PLAIN_EVENTS = 50_000

thinning = hawkesbook.mutual_exp_simulate_by_thinning
compiled_thinning = numba.njit(thinning)


def tick(work: Workload) -> Callable[[int], int]:
    """Simulate with tick's exponential kernels."""
    process = SimuHawkesExpKernels(
        adjacency=work.branching,
        decays=work.decay,
        baseline=work.baseline,
        end_time=work.horizon,
        verbose=False,
    )

    def run(seed: int) -> int:
        process.seed = seed
        count = 0
        for _ in range(work.paths):
            process.reset()
            process.simulate()
            count += process.n_total_jumps
        return count

    return run


def hawkesbook_with(
    simulate: Callable[..., list[tuple[float, int]]], set_seed: Callable[[int], None]
) -> Callable[[Workload], Callable[[int], int]]:
    """Simulate with hawkesbook's thinning, plain or compiled."""

    def prepare(work: Workload) -> Callable[[int], int]:
        # It wants jumps by source: row j holds what an event of j adds to every rate.
        jumps = np.ascontiguousarray(work.branching.T * work.decay)
        decays = np.full(len(work.baseline), work.decay)
        theta = (work.baseline, jumps, decays)

        def run(seed: int) -> int:
            set_seed(seed)
            return sum(len(simulate(theta, work.horizon)) for _ in range(work.paths))

        return run

    return prepare


def shorter(work: Workload) -> Workload:
    """Cut a workload to what plain Python can do."""
    if work.paths > 1:
        return replace(work, paths=math.ceil(PLAIN_EVENTS / work.events))
    share = PLAIN_EVENTS / work.events
    horizon = work.horizon * share
    events = expected_events(work.baseline, work.branching, work.decay, horizon)
    return replace(work, horizon=horizon, events=round(events))


PEERS = {
    "tick": tick,
    "hawkesbook": hawkesbook_with(thinning, np.random.seed),
    "hawkesbook, compiled": hawkesbook_with(compiled_thinning, hawkesbook.numba_seed),
}


def main() -> None:
    """Measure every peer on every workload."""
    speeds: dict[str, dict[str, dict[str, float]]] = {}
    for name, prepare in PEERS.items():
        speeds[name] = {}
        for given in WORKLOADS:
            work = shorter(given) if name == "hawkesbook" else given
            speed = measure(prepare(work), work.paths)
            # A peer that simulates another process would be no peer.
            if abs(speed.events_per_path / work.events - 1) > 0.03:
                message = f"{name}, {work.name}: {speed} for {work.events} events"
                raise RuntimeError(message)
            speeds[name][work.name] = asdict(speed)
            print(name, work.name, speed, file=sys.stderr)
    versions = {
        name: version(name) for name in ("tick", "hawkesbook", "numba", "numpy")
    }
    json.dump({"versions": versions, "speeds": speeds}, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
