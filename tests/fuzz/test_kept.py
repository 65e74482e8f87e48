"""Inputs that once broke a reader are read, or refused with a message, for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.engine import judge, limits
from tests.fuzz.targets.all import TARGETS

KEPT = sorted((Path(__file__).parent / "kept").rglob("*.bin"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", KEPT, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_kept(path, tmp_path):
    with limits():
        verdict = judge(TARGETS[path.parent.name], path.read_bytes(), tmp_path)
    assert verdict.good, f"{verdict.kind}: {verdict.text}\n{verdict.trace}"


def test_there_are_some():
    assert len(KEPT) >= 10
