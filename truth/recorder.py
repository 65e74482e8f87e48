"""A pytest plugin that writes down what tests compared: ``-p truth.recorder``.

One JSON line a test goes to a file of its process in the folder SPILLOVER_TRUTH_ROWS:
its name, how it ended, its seconds, and each estimate beside its known answer.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.stat import HEARD

__all__ = ["pytest_runtest_logreport", "pytest_runtest_setup", "rows"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what earlier tests compared."""
    HEARD.clear()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """One line when a test has run, in the process that ran it."""
    folder = os.environ.get("SPILLOVER_TRUTH_ROWS")
    controls_workers = (
        "PYTEST_XDIST_WORKER" not in os.environ
        and getattr(report, "node", None) is not None
    )
    skipped_before = report.when == "setup" and report.outcome != "passed"
    if not folder or controls_workers or not (report.when == "call" or skipped_before):
        return
    line = {
        "test": report.nodeid,
        "outcome": report.outcome,
        "seconds": round(report.duration, 3),
        "heard": [
            {k: v for k, v in asdict(h).items() if v == v}  # NaN is no JSON
            for h in HEARD
        ],
        "error": report.longreprtext[-400:] if report.failed else "",
    }
    with (Path(folder) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def rows(folder: Path) -> list[dict[str, Any]]:
    """All lines of all processes, by test."""
    found = [
        json.loads(line)
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]
    return sorted(found, key=lambda row: str(row["test"]))
