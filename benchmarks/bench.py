"""Print our speed beside the peers': ``make bench``.

Single thread, processor time, median of several runs, everything warmed up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

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


def _run(
    python: str | Path, module: str, *arguments: str, threads: int
) -> dict[str, Any]:
    """JSON that a module prints, measured in a process with its own threads."""
    done = subprocess.run(
        [python, "-m", module, *arguments],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"NUMBA_NUM_THREADS": str(threads)},
    )
    return json.loads(done.stdout)


def measure_fits(threads: int = 2) -> tuple[dict[str, Any], dict[str, Any]]:
    """Likelihoods and fits, ours and tick's, on the same events, one after another."""
    with tempfile.TemporaryDirectory() as folder:
        us, them = "benchmarks.fit", "benchmarks.peers_fit"
        _run(sys.executable, us, "simulate", folder, threads=threads)
        ours = _run(sys.executable, us, folder, threads=threads)
        tick = _run(PEERS_PYTHON, them, folder, threads=threads)
    return ours["speeds"], tick["speeds"]


def fit_tables() -> tuple[Table, Table]:
    """Value with gradient, and whole fits, beside tick."""
    ours, tick = measure_fits()
    one = Table(
        title="Likelihood and gradient, two threads (decay: ours free, tick's fixed)"
    )
    for heading in ("workload", "", "set-up s", "evaluation ms", "extra MB"):
        one.add_column(
            heading, justify="left" if heading in ("workload", "") else "right"
        )
    whole = Table(title="Whole fits, two threads (error: RMSE of the branching matrix)")
    for heading in ("workload", "fit", "seconds", "CPU s", "error", "decay (1)"):
        whole.add_column(
            heading, justify="left" if heading in ("workload", "fit") else "right"
        )
    for name in ours:
        for who, found in (("spillover", ours[name]), ("tick", tick[name])):
            speed = found["likelihood"]
            one.add_row(
                name,
                who,
                f"{speed['set_up_seconds']:.2f}",
                f"{1e3 * speed['value_and_gradient_seconds']:.1f}",
                f"{speed['extra_mb']:,.0f}",
            )
            for kind, fit in found.items():
                if kind.startswith(("fit", "ADM4")):
                    whole.add_row(
                        name,
                        f"{who}, {kind}",
                        f"{fit['seconds']:.2f}",
                        f"{fit['cpu_seconds']:.2f}",
                        f"{fit['rmse_branching']:.4f}",
                        f"{fit['decay']:.3f}",
                    )
    return one, whole


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
    for learned in fit_tables():
        Console(width=110).print(learned)


if __name__ == "__main__":
    main()
