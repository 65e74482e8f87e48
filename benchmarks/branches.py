"""Branches of the parsers that tests and fuzzing reach.

    python -m benchmarks.branches [-n PROCESSES]

Runs the tests of the parsers, the kept inputs and the short form of fuzzing under
coverage.py, children included, and counts branches of the three packages that read
what others wrote. Below the floor, or a test failed: exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARSERS = ("case", "readers", "reports")
TESTS = (
    *("tests/case", "tests/readers", "tests/reports", "tests/get", "tests/ontology"),
    *("tests/watch/test_new_files.py", "tests/fuzz"),
)
LEFT_OUT = "--deselect=tests/fuzz/test_short.py::test_more_of_it"
"""Its inputs are held to a time, and a tracer takes twice that."""
FLOOR = 0.90


def measure(processes: int, folder: Path) -> dict[str, tuple[int, int]]:
    """(reached, there are) branches by package."""
    env = {
        **os.environ,
        "COVERAGE_FILE": str(folder / "coverage"),
        "OPENBLAS_NUM_THREADS": "1",
    }
    packages = [f"--cov=spillover.{name}" for name in PARSERS]
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", str(processes)),
            *("-m", "not nightly and not browser", "-p", "no:cacheprovider"),
            *(*packages, "--cov-branch", "--cov-report=", LEFT_OUT, *TESTS),
        ],
        cwd=ROOT,
        env=env,
        check=True,
    )
    found = {}
    for name in PARSERS:
        out = folder / f"{name}.json"
        only = f"*/spillover/{name}/*"
        subprocess.run(
            [
                *(sys.executable, "-m", "coverage", "json", "-q"),
                *("-o", str(out), f"--include={only}"),
            ],
            cwd=ROOT,
            env=env,
            check=True,
        )
        totals = json.loads(out.read_text(encoding="utf-8"))["totals"]
        found[name] = (totals["covered_branches"], totals["num_branches"])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=2, help="processes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        try:
            found = measure(asked.n, Path(name))
        except subprocess.CalledProcessError as e:
            sys.exit(f"failed: {' '.join(e.cmd)}")
    print()
    print("Branches of the parsers reached")
    print("| package | branches | reached | share |")
    print("|---|--:|--:|--:|")
    for package, (reached, there) in found.items():
        print(
            f"| {package} | {there:,} | {reached:,} | {100 * reached / there:.1f} % |"
        )
    low = [p for p, (reached, there) in found.items() if reached < FLOOR * there]
    if low:
        sys.exit(f"below {FLOOR:.0%}: {', '.join(low)}")


if __name__ == "__main__":
    main()
