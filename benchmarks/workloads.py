"""What every simulator is asked to do, and how its speed is taken.

Needs numpy and scipy alone: it is imported here and in the peers' environment.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.optimize import brentq

__all__ = ["WORKLOADS", "Speed", "Workload", "measure", "workload"]

DECAY = 1.0
SPECTRAL_RADIUS = 0.7
SEED = 1


@dataclass(frozen=True)
class Workload:
    """Paths of a linear Hawkes process that starts with an empty past.

    Stream i has rate ``baseline[i] + sum over past events e of branching[i, s(e)]
    * decay * exp(-decay * (t - t_e))``, in events per day.
    """

    name: str
    baseline: NDArray[np.float64]
    branching: NDArray[np.float64]
    decay: float
    horizon: float
    """Days; set so that a path has ``events`` events on average."""
    events: int
    paths: int


@dataclass(frozen=True)
class Speed:
    """Result of one measurement."""

    events_per_second: float
    events_per_path: float


def network(
    streams: int, density: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Baseline and branching matrix; a sparse one keeps its diagonal."""
    rng = np.random.default_rng(SEED)
    branching = rng.random((streams, streams))
    if density < 1:
        branching *= rng.random((streams, streams)) < density
        branching[np.diag_indices(streams)] += 0.2
    branching *= SPECTRAL_RADIUS / np.abs(np.linalg.eigvals(branching)).max()
    return rng.uniform(0.5, 1.5, streams), branching


def expected_events(
    baseline: NDArray[np.float64],
    branching: NDArray[np.float64],
    decay: float,
    horizon: float,
) -> float:
    """Mean number of events: s T + M^-1 (I - exp(-M T)) (mu - s), summed.

    M = decay (I - G) and s = (I - G)^-1 mu is the long-run rate.
    """
    eye = np.eye(len(baseline))
    M = decay * (eye - branching)
    s = np.linalg.solve(eye - branching, baseline)
    gap = (eye - expm(-M * horizon)) @ (baseline - s)
    return float(np.sum(s * horizon + np.linalg.solve(M, gap)))


def workload(streams: int, density: float, events: int, paths: int) -> Workload:
    """One network with the horizon that gives the wanted number of events."""
    baseline, branching = network(streams, density)
    horizon = brentq(
        lambda t: expected_events(baseline, branching, DECAY, t) - events,
        0.0,
        events / baseline.sum(),
    )
    shape = "path" if paths == 1 else "ensemble"
    name = f"{shape}-{streams}"
    return Workload(name, baseline, branching, DECAY, horizon, events, paths)


WORKLOADS = (
    workload(10, 1.0, 1_000_000, 1),
    workload(100, 0.05, 1_000_000, 1),
    workload(10, 1.0, 200, 2_000),
    workload(100, 0.05, 200, 2_000),
)


def measure(run: Callable[[int], int], paths: int, *, repeats: int = 5) -> Speed:
    """Median events per second of processor time of the whole process.

    Parameters
    ----------
    run
        Simulates all paths from a seed and returns the number of events. Called once
        before the clock starts, so that compiling is not measured.
    paths
        Paths in one call.
    repeats
        Calls that are measured.
    """
    run(0)
    rates, counts = [], []
    for seed in range(1, repeats + 1):
        start = time.process_time()
        count = run(seed)
        rates.append(count / (time.process_time() - start))
        counts.append(count)
    return Speed(statistics.median(rates), statistics.fmean(counts) / paths)
