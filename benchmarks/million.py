"""A million futures of ``iraq-2024``: time, memory, what the bar said, the same bytes.

    python -m benchmarks.million [--draws 50000] [--cluster local:2] [--kills 2]

The command is run as a person types it, first in threads, then through a Dask cluster
on this machine whose workers are ended by SIGKILL on the way, one at a time, at even
steps. Times left are those of the lines the command prints; memory is that of all its
processes together, what they share counted once. Ends with 1 when a file of numbers
differs by a byte, or when threads need more than a gigabyte.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

NUMBERS = ("results.npz", "outcomes.csv", "outcomes.json", "fit.yaml")
"""Files of a run folder that hold no time of day and no name of a machine."""
MOST_MB = 1000.0
SAID = re.compile(r"(\d+) %(?:, about ([\d.]+) (s|min|h) left)?")
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass
class Run:
    """What one run of the command did.

    Attributes
    ----------
    said
        (seconds since the start, per cent done, seconds left) of each line.
    peak
        Most memory of all processes together, MB.
    killed
        Per cent done when a worker was ended.
    digests
        SHA-256 by file of ``NUMBERS``.
    """

    said: list[tuple[float, int, float]] = field(default_factory=list)
    seconds: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    killed: list[int] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)


def family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all it started."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory(process: psutil.Process) -> float:
    """MB of a process; pages shared by several are shared out among them."""
    try:
        info = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0
    return float(getattr(info, "pss", info.rss)) / 1e6


def watch(run: Run, process: psutil.Process, over: threading.Event) -> None:
    """Look at memory and processor time every two seconds until it is over."""
    spent: dict[int, float] = {}
    while not over.wait(2.0):
        processes = family(process)
        run.peak = max(run.peak, sum(map(memory, processes)))
        for p in processes:
            try:
                used = p.cpu_times()
            except psutil.NoSuchProcess:
                continue
            spent[p.pid] = used.user + used.system
        run.processor = sum(spent.values())


def end_a_worker(process: psutil.Process) -> None:
    """SIGKILL to one worker of its cluster."""
    for p in family(process)[1:]:
        if "spawn_main" in " ".join(p.cmdline()):
            p.kill()
            return
    raise LookupError("no worker found")


def timed(folder: Path, size: list[str], more: list[str], kills: int) -> Run:
    """Run the command and follow what it says."""
    run = Run()
    command = [sys.executable, "-m", "spillover", "simulate", "iraq-2024"]
    began = time.monotonic()
    started = subprocess.Popen(
        [*command, *size, *more, "-o", str(folder)],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, encoding="utf-8",
    )  # fmt: skip
    process, over = psutil.Process(started.pid), threading.Event()
    watcher = threading.Thread(target=watch, args=(run, process, over))
    watcher.start()
    due = [round(100 * (k + 1) / (kills + 1)) for k in range(kills)]
    try:
        for line in started.stderr or ():
            found = SAID.search(line)
            if not found:
                continue
            done = int(found[1])
            if found[2]:
                left = float(found[2]) * SECONDS[found[3]]
                run.said.append((time.monotonic() - began, done, left))
            if due and done >= due[0]:
                due.pop(0)
                end_a_worker(process)
                run.killed.append(done)
        if started.wait():
            raise SystemExit(f"the command ended with {started.returncode}")
    finally:
        over.set()
        watcher.join()
    run.seconds = time.monotonic() - began
    for name in NUMBERS:
        data = (folder / name).read_bytes()
        run.digests[name] = hashlib.sha256(data).hexdigest()
    return run


def off(run: Run) -> list[tuple[float, int, float, float]]:
    """(at, per cent, said, came): seconds left to the end of the command.

    Below fifteen seconds the rounding of what is said, five seconds, is all there is.
    """
    rows = [(at, done, left, run.seconds - at) for at, done, left in run.said]
    return [row for row in rows if row[3] >= 15.0]


def main() -> int:
    """Measure and print."""
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--draws", type=int, default=50_000)
    args.add_argument("--futures", type=int, default=20)
    args.add_argument("--cluster", default="local:2")
    args.add_argument("--kills", type=int, default=2)
    asked = args.parse_args()
    size = ["--draws", str(asked.draws), "--futures", str(asked.futures)]
    with tempfile.TemporaryDirectory() as name:
        here = timed(Path(name) / "threads", size, [], 0)
        there = timed(
            Path(name) / "cluster", size, ["--cluster", asked.cluster], asked.kills
        )
    console = Console(width=110)
    table = Table(title=f"{asked.draws * asked.futures:,} futures of iraq-2024")
    for head in ("", "by the clock", "of processor", "most memory", "workers ended at"):
        table.add_column(head)
    for what, run in (("threads", here), (asked.cluster, there)):
        ended = ", ".join(f"{k} %" for k in run.killed) or "none"
        table.add_row(
            what, f"{run.seconds:.0f} s", f"{run.processor:.0f} s",
            f"{run.peak:.0f} MB", ended,
        )  # fmt: skip
    console.print(table)
    table = Table(title="What the bar said, threads")
    for head in ("at", "done", "said", "came", "off"):
        table.add_column(head)
    for at, done, said, came in off(here):
        table.add_row(
            f"{at:.0f} s", f"{done} %", f"{said:.0f} s left", f"{came:.0f} s",
            f"{100 * (said / came - 1):+.0f} %",
        )  # fmt: skip
    console.print(table)
    same = here.digests == there.digests
    for file, digest in here.digests.items():
        alike = "the same bytes" if digest == there.digests[file] else "OTHER BYTES"
        console.print(f"{file}: {alike}, {digest[:16]}")
    return 0 if same and here.peak <= MOST_MB else 1


if __name__ == "__main__":
    sys.exit(main())
