"""Bad cases as files, each with the exact message expected; never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from spillover.case.check import check_case
from spillover.case.read import read_document
from spillover.errors import CaseError

FOLDER = Path(__file__).parent.parent / "golden" / "bad_cases"
CASES = sorted(p for p in FOLDER.iterdir() if p.is_dir() or p.suffix == ".yaml")


def message(path: Path) -> str:
    with pytest.raises(CaseError) as caught:
        check_case(*read_document(path), strict=True)
    assert caught.value.faults, "a case error lists its faults"
    return f"{caught.value}\n"


def test_there_are_enough() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_message(path: Path, request: pytest.FixtureRequest) -> None:
    said = message(path)
    golden = FOLDER / f"{path.stem}.txt"
    if request.config.getoption("--update-golden"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    assert "Traceback" not in said
