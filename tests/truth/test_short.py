"""The short form finds a broken law and is not moved by noise."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest

import spillover
from truth.short import fresh_seed, short

SAMPLES = "tests/truth/samples.py"
# What a right engine is asked here; the whole short form asks all of tests/exact.
FEW = "tests/exact/test_hawkes.py"
MEAN = f"{FEW}::test_mean_count[branching]"


def ask(*names: str, seed: int = 7) -> int:
    return short([f"{SAMPLES}::{name}" for name in names], seed=seed, workers=0)


def test_a_broken_law_is_found_and_noise_is_asked_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails by luck passes with another seed; what is broken does not."""
    monkeypatch.setenv("SPILLOVER_UNLUCKY_SEED", "7")
    asked = ("test_a_law_that_holds", "test_a_broken_law", "test_an_unlucky_draw")
    assert ask(*asked) == 1
    said = capsys.readouterr().out
    assert "3 tests, 3 comparisons, seed 7" in said
    assert "with chance below 2e-06, the same one twice" in said
    assert f"noise: {SAMPLES}::test_an_unlucky_draw failed with seed 7" in said
    assert f"BROKEN: {SAMPLES}::test_a_broken_law fails with seeds 7 and 8" in said
    assert "mean: estimate 1.0" in said
    assert said.count("BROKEN") == said.count("noise") == 1


@pytest.mark.slow
def test_noise_alone_is_a_pass(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPILLOVER_UNLUCKY_SEED", "7")
    assert ask("test_an_unlucky_draw", "test_a_law_that_holds") == 0
    said = capsys.readouterr().out
    assert f"noise: {SAMPLES}::test_an_unlucky_draw failed with seed 7" in said
    assert "BROKEN" not in said


def test_nothing_asked_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("test_that_is_not_there") == 1
    assert "the tests of law did not run" in capsys.readouterr().out


def test_every_day_has_its_seed() -> None:
    assert fresh_seed(dt.date(2026, 11, 27)) == 20261127


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 20270101])
def test_other_numbers_break_no_law(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the noise is other: every comparison holds."""
    assert short([FEW, "-k", "branching"], seed=seed, workers=0) == 0, (
        capsys.readouterr().out
    )


@pytest.mark.slow
def test_a_spoilt_kernel_is_found(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A copy of the program whose children come a seventh late, compiled anew."""
    copy = tmp_path / "src" / "spillover"
    shutil.copytree(
        Path(spillover.__file__).parent,
        copy,
        ignore=shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc"),
    )
    kernel = copy / "engine" / "delays.py"
    text = kernel.read_text("utf-8")
    right = "delay = -math.log(unit(mix(key + K_TIME))) / kernel_rate[part]"
    assert text.count(right) == 1
    kernel.write_text(text.replace(right, right + " * 1.15"), encoding="utf-8")
    path = [str(copy.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setenv("SPILLOVER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert short([MEAN], seed=7, workers=0) == 1
    assert f"BROKEN: {MEAN} fails with seeds 7 and 8" in capsys.readouterr().out
