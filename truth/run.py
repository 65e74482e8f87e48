"""Runs one check as a person would type it, and makes an entry of what it said.

Where a check has tests of law, what they compared is kept; elsewhere the tables and lines
that were printed. The yardstick is timed just before.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from spillover import __version__
from truth.checks import Check
from truth.laws import by_file, false_alarm, in_full
from truth.recorder import rows
from truth.store import ROOT, Entry, code_digest
from truth.tables import read_output
from truth.yardstick import yardstick

__all__ = ["data_folder", "missing", "run_check"]

KEPT_LINES = 40


def data_folder() -> Path:
    """Where the open data lie: SPILLOVER_DATA, or beside the project."""
    named = os.environ.get("SPILLOVER_DATA")
    return Path(named) if named else ROOT.parent / "shared" / "data"


def missing(check: Check) -> str:
    """What a check needs and this machine does not have; nothing when all is there."""
    if check.needs == "data" and not data_folder().is_dir():
        return "the open data: set SPILLOVER_DATA to their folder"
    if check.needs == "peers" and not (ROOT / ".bench-env" / "bin").is_dir():
        return "the other packages: make bench makes their environment"
    return ""


def _words(command: str, fresh: Path) -> list[str]:
    """The command with this interpreter, the folder of the data, a fresh folder."""
    words = shlex.split(command)
    if words[0] == "python":
        words[0] = sys.executable
    elif words[0] == "spillover":
        words[:1] = [sys.executable, "-m", "spillover"]
    if words[1:3] == ["-m", "pytest"]:
        words[3:3] = ["-q", "-p", "truth.recorder"]
    places = {"FOLDER": str(data_folder()), "FRESH": str(fresh / "run")}
    for name, place in places.items():
        words = [word.replace(name, place) for word in words]
    return words


def _processor() -> str:
    """Kind of processor, as the system names it."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
        return next(
            line.split(":")[1].strip()
            for line in text.splitlines()
            if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def run_check(check: Check) -> Entry:
    """Run it to its end and say what came out; a failure is an entry too."""
    unit = yardstick()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rows").mkdir()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        done = subprocess.run(
            _words(check.command, folder),
            cwd=ROOT,
            env={
                **os.environ,
                "SPILLOVER_TRUTH_ROWS": str(folder / "rows"),
                "COLUMNS": "200",
                "PYTHONIOENCODING": "utf-8",
                "OPENBLAS_NUM_THREADS": "1",
            },
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        seconds = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        tests = rows(folder / "rows")
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    places = {str(data_folder()): "FOLDER", name: "FRESH", str(ROOT): "."}
    said = done.stdout
    for place, shown in places.items():
        said = said.replace(place, shown)
    tables, lines = read_output(said)
    if tests:
        tables = [by_file(tests)]
        if check.full:
            tables.append(in_full(tests, check.full))
        bound = false_alarm(tests)
        # A test's own words (with -s) stay; progress and the list of files do not.
        lines = [x for x in lines if "%" in x and "[" not in x]
        lines += [
            f"a right engine fails one of these with chance below {bound:.1g}"
        ] * (bound > 0.0)
    return {
        "command": check.command,
        "state": "run",
        "passed": done.returncode == 0,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "version": __version__,
        "code": code_digest(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "yardstick_seconds": round(unit, 3),
        "yardsticks": round(processor / unit, 1),
        "tables": [json.loads(json.dumps(t.as_data())) for t in tables],
        "lines": lines[-KEPT_LINES:],
        "error": "" if done.returncode == 0 else done.stderr[-1500:].replace(name, ""),
    }
