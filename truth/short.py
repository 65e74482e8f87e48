"""The laws alone, with fresh numbers: fails on a broken law, not on noise.

The tests of `tests/exact` run on the compiled engine with a seed of the day. A right
engine fails a comparison of a mean with chance 6e-7 and of a law with 2e-5
(tests/support/stat.py). So whatever fails is run once more with another seed, and a law
is broken when it fails twice: for a right engine the chance of that is below
(comparisons) x 4e-10. A broken law fails whatever the seed. No time is compared.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support.stat import FAILURE
from truth.laws import by_file, false_alarm
from truth.recorder import rows
from truth.store import ROOT
from truth.tables import markdown

__all__ = ["LAWS", "fresh_seed", "short"]

LAWS = (
    "tests/exact",
    *("-k", "not thinning and not power and not two_engines"),
    *("-m", "not slow and not nightly"),
)
NO_TESTS = 5  # pytest's word for it


def fresh_seed(today: dt.date | None = None) -> int:
    """A seed of the day, so that every day asks with other numbers."""
    return int((today or dt.datetime.now(dt.UTC).date()).strftime("%Y%m%d"))


def _ask(
    what: Sequence[str], seed: int, workers: int
) -> tuple[int, list[dict[str, object]], str]:
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "truth.recorder"),
                *("-p", "no:cacheprovider", "-n", str(workers), *what),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "SPILLOVER_TRUTH_ROWS": name,
                "SPILLOVER_TEST_SEED": str(seed),
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        return done.returncode, rows(Path(name)), done.stdout + done.stderr


def short(what: Sequence[str] = LAWS, *, seed: int, workers: int = 2) -> int:
    """Ask, ask again what failed, and print; the exit code is 1 for a broken law."""
    code, found, said = _ask(what, seed, workers)
    failed = [str(r["test"]) for r in found if r["outcome"] == "failed"]
    if not found or (code != 0 and not failed):
        print(said[-3000:])
        print(f"the tests of law did not run (pytest said {code})")
        return 1
    table = by_file(found)
    print(markdown(table.head, table.rows))
    compared = sum(len(r["heard"]) for r in found)  # type: ignore[arg-type]
    print(
        f"\n{len(found)} tests, {compared} comparisons, seed {seed}; a right engine fails "
        f"any of them with chance below {false_alarm(found):.1g}, the same one twice with "
        f"chance below {compared * FAILURE**2:.1g}."
    )
    if not failed:
        print("No law is broken.")
        return 0
    _, again, _ = _ask(failed, seed + 1, 0)
    twice = {str(r["test"]): str(r["error"]) for r in again if r["outcome"] == "failed"}
    twice |= {
        t: "did not run again" for t in failed if t not in {r["test"] for r in again}
    }
    for name in failed:
        if name not in twice:
            print(f"noise: {name} failed with seed {seed} and not with {seed + 1}")
    for name, error in twice.items():
        print(f"BROKEN: {name} fails with seeds {seed} and {seed + 1}\n  {error}")
    return int(bool(twice))
