"""Every dependency has a floor and a ceiling; the locks keep both and name no server."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lock", ROOT / "scripts" / "lock.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["run", "dev"])
def test_floor_and_ceiling(lock: ModuleType, name: str) -> None:
    for package, bounds in lock.asked(name).items():
        assert re.fullmatch(r">=[0-9.]+,<[0-9.]+", bounds), f"{package}{bounds}"


@pytest.mark.parametrize("name", ["run", "dev"])
def test_locks_fit(lock: ModuleType, name: str) -> None:
    assert lock.faults(name) == []


@pytest.mark.parametrize("name", ["run", "dev"])
def test_locks_name_no_server_and_no_folder(lock: ModuleType, name: str) -> None:
    text = lock.lock_file(name).read_text("utf-8")
    assert not re.search(r"://|@ |--(?:extra-)?index|--find-links|/\w+/\w+/", text)
    packages = re.findall(
        r"^[A-Za-z0-9].*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text, re.M
    )
    assert len(packages) == len(re.findall(r"^[A-Za-z0-9]", text, re.M))


def test_a_lock_that_does_not_fit_is_named(
    lock: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "run.txt"
    text = lock.lock_file("run").read_text("utf-8")
    text = re.sub(r"^numba==[0-9.]+", "numba==0.60.0", text, flags=re.M)
    old.write_text(re.sub(r"^rich==.*$", "poor==1 \\\\", text, flags=re.M), "utf-8")
    monkeypatch.setattr(lock, "lock_file", lambda name: old)
    assert [f.split(":")[1].strip() for f in lock.faults("run")] == [
        "numba wants >=0.61,<0.69, holds 0.60.0",
        "rich wants >=13.7,<16, holds nothing",
    ]
