"""How soon the program starts, beside bare Python, and how much disk an install takes.

    python -m benchmarks.start [--times 15] [--site FOLDER]

Processor time of whole processes, the median of many, taken turn by turn, so that a
busy machine slows both. Each line has a budget, in times of bare Python; the last line
is the size of what was installed beside pip and setuptools (``--site`` names another
site-packages: that of a plain install). Over a budget: exit code 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
from pathlib import Path

STARTS: dict[str, tuple[list[str], float]] = {
    "import spillover": (["-c", "import spillover"], 4.0),
    "spillover --help": (["-m", "spillover", "--help"], 15.0),
    "spillover --version": (["-m", "spillover", "--version"], 15.0),
}
"""What is started, and how many times bare Python it may take."""
SIZE_MB = 750.0
OF_EVERY_ENVIRONMENT = (
    "pip",
    "setuptools",
    "pkg_resources",
    "_distutils_hack",
    "wheel",
)


def processor_seconds(words: list[str]) -> float:
    """User and system time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def disk_mb(folder: Path) -> float:
    """What the files of a folder take on disk, in MB (1e6 bytes); links count once."""
    seen, total = set(), 0
    for root, below, names in os.walk(folder):
        if Path(root) == folder:
            below[:] = [
                name for name in below if name.split("-")[0] not in OF_EVERY_ENVIRONMENT
            ]
        for name in names:
            told = (Path(root) / name).lstat()
            if (told.st_dev, told.st_ino) not in seen:
                seen.add((told.st_dev, told.st_ino))
                total += told.st_blocks * 512
    return total / 1e6


def main() -> None:
    """Measure, print, and compare with the budgets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--site", type=Path)
    asked = parser.parse_args()
    bare: list[float] = []
    took: dict[str, list[float]] = {name: [] for name in STARTS}
    for name in STARTS:
        processor_seconds(STARTS[name][0])  # bytecode is written
    for _ in range(asked.times):
        bare.append(processor_seconds(["-c", "pass"]))
        for name in STARTS:
            took[name].append(processor_seconds(STARTS[name][0]))
    one = statistics.median(bare)
    over = False
    print("| what | ms of processor | times bare Python | budget |")
    print("|---|---|---|---|")
    print(f"| python -c pass | {1e3 * one:.0f} | 1.0 | |")
    for name, (_, budget) in STARTS.items():
        each = statistics.median(took[name])
        over |= each / one > budget
        print(f"| {name} | {1e3 * each:.0f} | {each / one:.1f} | {budget:.0f} |")
    site = asked.site or Path(sysconfig.get_paths()["purelib"])
    size = disk_mb(site)
    plain = asked.site is not None
    over |= plain and size > SIZE_MB
    kind = "a plain install" if plain else "this environment, tools of development too"
    print(f"\nInstalled packages, {kind}: {size:.0f} MB (budget {SIZE_MB:.0f}).")
    sys.exit(over)


if __name__ == "__main__":
    main()
