"""Nothing asks the network unless it was told to: not at import, not in a run.

Every process of the program is watched, its children too: an audit hook, loaded by the
interpreter before anything else, writes down and refuses each look-up of a name and each
connection. What compiled libraries do below Python was looked at by the system's calls
(docs/supply.md).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WATCH = """
import os, sys

ASKS = {
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname",
    "socket.gethostbyaddr", "socket.getnameinfo", "socket.sendto", "socket.sendmsg",
}


def refuse(event, given):
    if event in ASKS:
        with open(os.environ["NETWORK_LOG"], "a", encoding="utf-8") as log:
            log.write(f"{event} {given[-1]!r} by {sys.argv}\\n")
        raise OSError(f"no network in this test: {event}")


sys.addaudithook(refuse)
"""
IMPORT_ALL = """
import importlib, pkgutil, spillover
for found in pkgutil.walk_packages(spillover.__path__, "spillover."):
    if found.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(found.name)
    except ModuleNotFoundError as missing:  # an extra that is not installed
        assert not missing.name.startswith("spillover"), missing
"""
REPORT = "Westmark said on 3 March 2031 that its forces had struck the Brigades.\n"


class Watched:
    """Runs Python where no name is looked up and no connection made."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "asked.txt"
        hook = folder / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
        path = [str(hook), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "NETWORK_LOG": str(self.log),
        }

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
        )

    def spillover(self, *words: str) -> None:
        done = self.python("-m", "spillover", *words)
        assert done.returncode == 0, done.stderr
        self.silent()

    def silent(self) -> None:
        asked = self.log.read_text("utf-8") if self.log.exists() else ""
        assert asked == ""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_the_watch_sees_who_asks(watched: Watched) -> None:
    ask = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')"
    done = watched.python("-c", ask)
    assert done.returncode != 0
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ask!r}])"
    watched.python("-c", child)
    assert watched.log.read_text("utf-8").count("socket.") == 2


def test_no_module_asks_when_it_is_imported(watched: Watched) -> None:
    done = watched.python("-W", "ignore", "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    watched.silent()


def test_reading_and_checking_ask_nobody(watched: Watched) -> None:
    (watched.folder / "report.txt").write_text(REPORT, encoding="utf-8")
    watched.spillover("--help")
    watched.spillover("new", "mycase", "-q")
    watched.spillover("check", "mycase")
    watched.spillover("read", "report.txt", "-q", "--store", "events.duckdb")
    watched.spillover("events", "--store", "events.duckdb")


@pytest.mark.slow
def test_a_run_and_its_brief_ask_nobody(watched: Watched) -> None:
    few = ("--draws", "40", "--futures", "5", "-q")
    watched.spillover("run", "strait-demo", *few, "--out", "run")
    watched.spillover("brief", "run", "-q")
    watched.spillover("compare", "strait-demo", *few)
    watched.spillover("record", "strait-demo", *few, "--ledger", "record.jsonl")
    watched.spillover("verify", "--ledger", "record.jsonl")
