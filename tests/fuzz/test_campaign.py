"""The campaign counts what it ran, goes on where it stopped, and survives what it finds."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from spillover.errors import InputError
from tests.fuzz import campaign
from tests.fuzz.campaign import _forked, run_slice
from tests.fuzz.engine import Target, inputs, joined, judge, limits, parts, shortest
from tests.fuzz.report import report
from tests.fuzz.state import State, code_of, median

TEXT = b"a,b,c\n" + b"one,two,three\n" * 90


def target(read, **more):
    return Target("sample", lambda rng: TEXT, read, block=40, documents=2, **more)


def nothing(data: bytes, folder: Path) -> None:
    return None


def state(t: Target, part: str = "1/1") -> State:
    return State(t.name, 5, part, code_of(t))


def test_counts_go_on_and_parts_share_no_input(tmp_path):
    t = target(nothing)
    one = state(t)
    run_slice(t, one, tmp_path, seconds=60, most=80)
    again = State.load(one.file(tmp_path))
    assert (again.inputs, again.block, again.kinds["read"]) == (80, 2, 80)
    run_slice(t, again, tmp_path, seconds=60, most=40)
    assert State.load(one.file(tmp_path)).inputs == 120
    assert median(again.sizes) == pytest.approx(len(TEXT), rel=0.5)
    assert report(tmp_path, [t])[0].splitlines()[-1].startswith("| all | 120 ")
    seen = []
    t = target(lambda data, folder: seen.append(data))
    for part in ("1/2", "2/2"):
        run_slice(t, state(t, part), tmp_path, seconds=60, most=40)
    both = [d for block in (0, 1) for d in inputs(t, 5, block)]
    assert seen == both


def test_faults_of_every_kind_are_told_apart(tmp_path):
    def read(data: bytes, folder: Path) -> None:
        kind = len(data) % 5
        if kind == 0:
            raise KeyError("x")
        if kind == 1:
            raise InputError("a clear message")
        if kind == 2:
            raise InputError(" ")
        if kind == 3:
            while True:
                pass

    t = target(read)
    with limits():
        found = [judge(t, b"." * n, tmp_path, limit=0.2) for n in range(5)]
    assert [v.kind for v in found] == ["crash", "refused", "message", "hang", "read"]
    assert [v.good for v in found] == [False, True, False, False, True]


def test_waiting_is_no_hang_and_work_is(tmp_path):
    """Processor time counts: a busy machine breaks no law."""
    with limits():
        slept = judge(target(lambda d, f: time.sleep(0.3)), b"x", tmp_path, limit=0.2)
    assert slept.good
    assert slept.seconds < 0.2


def test_a_process_that_dies_is_a_fault_with_its_number(tmp_path, capsys):
    def read(data: bytes, folder: Path) -> None:
        if len(data) == sizes[25]:
            os._exit(9)

    t = target(read)
    made = list(inputs(t, 5, 0))
    sizes = [len(d) for d in made]
    first = sizes.index(sizes[25])
    held = _forked(t, state(t), tmp_path, 60, 40)
    (fault,) = held.faults.values()
    assert fault["input"] == f"5/0/{first}"
    assert held.block == 1  # goes on behind it
    assert "DIED sample" in capsys.readouterr().out
    assert (tmp_path / "found" / "sample" / f"died-0-{first}.bin").read_bytes() == made[
        first
    ]


def test_memory_is_seen(tmp_path):
    """Whatever the process held before: tests come in any order."""
    before = bytearray(900_000_000)
    del before
    with limits():
        found = judge(target(lambda d, f: bytearray(500_000_000)), b"x", tmp_path)
        small = judge(target(lambda d, f: bytearray(200_000_000)), b"x", tmp_path)
    assert found.kind == "memory"
    assert small.good


def test_an_input_is_made_smaller(tmp_path):
    def read(data: bytes, folder: Path) -> None:
        if b"two,three\none" in data:
            raise ValueError

    t = target(read)
    with limits():
        key = judge(t, TEXT, tmp_path).key
        assert shortest(t, TEXT, key, tmp_path) == b"two,three\none"


def test_a_fault_fails_the_campaign(tmp_path, monkeypatch, capsys):
    def read(data: bytes, folder: Path) -> None:
        raise TypeError("no")

    monkeypatch.setattr(campaign, "TARGETS", {"sample": target(read)})
    order = ["--inputs", "40", "--folder", str(tmp_path), "--target", "sample"]
    assert campaign.main(order) == 1
    assert "TypeError" in capsys.readouterr().out
    monkeypatch.setattr(
        campaign, "TARGETS", {"sample": target(nothing, code=("keys.py",))}
    )
    assert campaign.main(order) == 0
    assert "On earlier code, not counted: 40 inputs." in capsys.readouterr().out


def test_several_files_in_one_input():
    files = [("", "a: 1\n"), ("x.csv", "p,q\n1,2\n")]
    assert parts(joined(files)) == {"": b"a: 1\n", "x.csv": b"p,q\n1,2\n"}
