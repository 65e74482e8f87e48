"""What was not looked up is not taken for clean; a lock's marks are decided per system."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean(name: str) -> dict[str, object]:
    return {"name": name, "version": "1.0", "vulns": []}


def test_verdict_of_an_audit() -> None:
    verdict = script("audit").verdict
    assert verdict({"dependencies": [clean("a")]}) == (
        0,
        ["1 packages asked about, 0 weaknesses"],
    )
    out_of_reach = {"name": "b", "skip_reason": "not found"}
    code, lines = verdict({"dependencies": [clean("a"), out_of_reach]})
    assert code == 3
    assert lines[1].startswith("1 packages not asked about")
    weak = clean("c") | {"vulns": [{"id": "X-1", "fix_versions": ["1.1"]}]}
    code, lines = verdict({"dependencies": [weak, out_of_reach]})
    assert code == 1
    assert lines[1] == "c 1.0: X-1, mended in 1.1"


@pytest.mark.parametrize(
    ("system", "python", "has"),
    [
        ("windows", "3.11", True),
        ("linux", "3.11", False),
        ("macos", "3.13", False),
    ],
)
def test_marks_are_those_of_the_other_system(
    system: str, python: str, has: bool
) -> None:
    """colorama is for Windows alone; scipy has one version per Python."""
    text = script("wheelhouse").requirements(system, python)
    assert ("colorama==" in text) is has
    assert text.count("\nscipy==") == 1
    assert " ; " not in text
    blocks = [b for b in text.split("\n") if b and not b.startswith(" ")]
    assert all("==" in b for b in blocks)
