"""Writers killed at random points: nothing acknowledged is lost, nothing is half there.

The long form: ``python -m tests.faults.campaign --kills 200 --seed 1``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spillover.store import atomic
from tests.faults.campaign import campaign
from tests.faults.writers import WRITERS, Writer, blob, nothing, one_of, read

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

QUICK = ("run folder", "finished pieces", "record of forecasts", "brief")


def test_few_kills_of_the_quickest_writers():
    chosen = tuple(w for w in WRITERS if w.name in QUICK)
    tallies = campaign(8, 5, writers=chosen)
    assert sum(t.kills for t in tallies) == 8
    assert [t.faults for t in tallies] == [[]] * 4


@pytest.mark.slow
def test_kills_of_every_writer():
    tallies = campaign(65, 2)
    assert sum(t.kills for t in tallies) == 65
    assert {t.writer: t.faults for t in tallies if t.faults} == {}
    assert sum(t.acts for t in tallies) > 20


def in_place(folder: Path, n: int) -> None:
    """The wrong way: the file is opened, emptied and written."""
    with (folder / "state").open("wb", buffering=0) as file:
        for k in range(8):
            file.write(blob(n, str(k), 50_000))


def whole(n: int) -> bytes:
    return b"".join(blob(n, str(k), 50_000) for k in range(8))


def check_in_place(folder: Path, n: int) -> bool:
    return one_of(read(folder / "state"), [whole(n) if n else None, whole(n + 1)]) == 1


def test_a_writer_in_place_is_found_out():
    """The campaign sees what it is for: a file written in place is caught half written."""
    wrong = Writer("in place", nothing, in_place, check_in_place)
    (tally,) = campaign(30, 1, writers=(wrong,))
    assert tally.lost > 0
    assert "neither state" in tally.faults[0]


def test_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """Power loss: the content is forced to disk before the rename, the name after it."""
    order = []
    sync, move = os.fsync, Path.replace

    def fsync(handle):
        order.append("folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "file")
        sync(handle)

    def replace(self, target):
        order.append("rename")
        return move(self, target)

    monkeypatch.setattr(atomic.os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    atomic.write_bytes(tmp_path / "a", b"x")
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not say what a handle is")
    assert order == ["file", "rename", "folder"]
