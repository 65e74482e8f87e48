"""What every learner is asked to fit, and where the events lie.

Needs numpy and scipy alone: it is imported here and in the peers' environment.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import Workload, workload

__all__ = ["FITS", "Events", "best_of", "load", "memory_mb", "save"]

FITS = (
    workload(10, 1.0, 100_000, 1),
    workload(100, 0.05, 1_000_000, 1),
)


@dataclass(frozen=True)
class Events:
    """Simulated events and the truth behind them."""

    work: Workload
    time: NDArray[np.float64]
    stream: NDArray[np.int64]


def path_of(folder: Path, work: Workload) -> Path:
    """File of a workload's events."""
    return folder / f"{work.name}-{work.events}.npz"


def save(folder: Path, events: Events) -> None:
    """Write events for the peers to read."""
    np.savez(path_of(folder, events.work), time=events.time, stream=events.stream)


def load(folder: Path, work: Workload) -> Events:
    """Read what `save` wrote."""
    with np.load(path_of(folder, work)) as found:
        return Events(work, found["time"], found["stream"])


def memory_mb() -> float:
    """Most memory this program has held so far.

    On Linux ``ru_maxrss`` of a child begins with what its parent held, so the kernel's
    own figure for the program is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def best_of(run: Callable[[], object], *, repeats: int = 7) -> float:
    """Least seconds by the clock: what others on the machine add is left out."""
    run()
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took)
