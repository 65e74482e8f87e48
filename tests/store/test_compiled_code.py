"""Compiled code goes to the user's cache folder; where it cannot, a sentence says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spillover.places import cache_folder, compiled_folder, why_not_writable

ASK = """
import sys
sys.path.insert(0, {here!r})
from tiny_kernel import twice
from spillover.jit import NOT_KEPT
print(twice(21))
print(NOT_KEPT)
"""
KERNEL = """
from spillover.jit import compiled


@compiled
def twice(x):
    return 2 * x
"""
BAR = "from spillover.cli.progress import Bar\nBar(quiet=False)(0, 10, 'simulating')\n"


def run(code: str, **named: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        env={**clean, **named},
        check=True,
    )


def blocked(tmp_path: Path) -> Path:
    """A folder nobody can make, the superuser included: its parent is a file."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    return tmp_path / "file" / "cache"


def test_it_is_kept_in_the_cache_folder(tmp_path: Path) -> None:
    (tmp_path / "tiny_kernel.py").write_text(KERNEL, encoding="utf-8")
    cache = tmp_path / "cache"
    done = run(ASK.format(here=str(tmp_path)), SPILLOVER_CACHE=str(cache))
    assert done.stdout.splitlines() == ["42", ""]
    kept = {p.suffix for p in (cache / "compiled").rglob("tiny_kernel.twice*")}
    assert kept == {".nbi", ".nbc"}
    assert not list((tmp_path / "__pycache__").glob("*.nb*"))


def test_without_a_folder_it_runs_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "tiny_kernel.py").write_text(KERNEL, encoding="utf-8")
    cache = blocked(tmp_path)
    done = run(ASK.format(here=str(tmp_path)), SPILLOVER_CACHE=str(cache))
    assert done.stdout.splitlines() == [
        "42",
        f"Compiled code cannot be kept in {cache / 'compiled'} (not a directory): every "
        "run compiles the engine anew, a minute or two each. To keep it, name a folder "
        "you can write: SPILLOVER_CACHE=FOLDER.",
    ]
    assert not list(tmp_path.rglob("*.nbi"))


def test_the_bar_says_it_in_place_of_the_promise(tmp_path: Path) -> None:
    said = run(BAR, SPILLOVER_CACHE=str(blocked(tmp_path))).stderr
    assert said.startswith("Compiled code cannot be kept in ")
    assert "later runs start at once" not in said
    said = run(BAR, SPILLOVER_CACHE=str(tmp_path / "empty")).stderr
    assert said.startswith("First run: compiling the engine")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a plain user"
)
def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert why_not_writable(locked) == "permission denied"


def test_who_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPILLOVER_CACHE", str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert cache_folder() == tmp_path
    assert compiled_folder() == tmp_path / "compiled"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    assert compiled_folder() == tmp_path / "numba"
    monkeypatch.delenv("SPILLOVER_CACHE")
    assert "spillover" in str(cache_folder())
