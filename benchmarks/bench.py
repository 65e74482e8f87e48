"""Print our speed beside the peers': ``make bench``.

Single thread, processor time, median of several runs, everything warmed up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

THREADS = (
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
# Libraries read these when they are loaded, so they are set before any import.
os.environ.update(dict.fromkeys(THREADS, "1"))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks.ours import measure_gated, measure_ours  # noqa: E402
from benchmarks.workloads import WORKLOADS  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PEERS_PYTHON = ROOT / ".bench-env" / "bin" / "python"


def measure_peers() -> dict[str, dict[str, float]]:
    """Events per second of every peer, by workload."""
    done = subprocess.run(
        [PEERS_PYTHON, "-m", "benchmarks.peers"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    report = json.loads(done.stdout)
    print("peers:", report["versions"], file=sys.stderr)
    return {
        peer: {name: speed["events_per_second"] for name, speed in speeds.items()}
        for peer, speeds in report["speeds"].items()
    }


def main() -> None:
    """Measure and print one row per workload."""
    peers = measure_peers()
    table = Table(title="Events per second (in brackets: spillover / peer)")
    for heading in ("workload", "spillover", *peers):
        table.add_column(heading, justify="left" if heading == "workload" else "right")
    for work in WORKLOADS:
        ours = measure_ours(work)
        theirs = [speeds[work.name] for speeds in peers.values()]
        cells = [f"{speed:,.0f} ({ours / speed:.2f})" for speed in theirs]
        table.add_row(work.name, f"{ours:,.0f}", *cells)
    Console(width=110).print(table)
    gated = Table(title="With factors: two layers, state updates included")
    for heading in ("workload", "candidates/s", "accepted/s", "accepted share"):
        gated.add_column(heading, justify="left" if heading == "workload" else "right")
    for work in WORKLOADS:
        speed = measure_gated(work)
        gated.add_row(
            work.name,
            f"{speed.candidates_per_second:,.0f}",
            f"{speed.accepted_per_second:,.0f}",
            f"{speed.acceptance:.2f}",
        )
    Console(width=110).print(gated)


if __name__ == "__main__":
    main()
