"""Runs that are stopped, damaged, out of room or out of time: they end the same."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spillover.cli.progress import TimeLeft
from spillover.errors import InputError, RunError
from spillover.store.ledger import Ledger
from spillover.store.parts import Parts
from spillover.store.runfolder import write_new
from tests.faults.runs import SIZE, all_of_it, run

COMMAND = Path(sys.executable).with_name("spillover")


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.part"))


@pytest.mark.parametrize("chunk", [7, 60])
def test_in_pieces_it_is_the_same(small, undisturbed, tmp_path, chunk):
    found = run(small, resume=tmp_path / "p", chunk=chunk)
    assert all_of_it(found) == undisturbed
    assert len(files(tmp_path / "p")) == 2 * -(-SIZE["draws"] // chunk)
    found.parts.clear()
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("after", [2, 11])
def test_stopped_it_goes_on(small, undisturbed, tmp_path, after):
    told = []

    def stop(done, total, what):
        told.append(done)
        if len(files(tmp_path / "p")) >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(small, resume=tmp_path / "p", chunk=7, progress=stop)
    before = {p.name: p.read_bytes() for p in files(tmp_path / "p")}
    assert len(before) >= after
    found = run(small, resume=tmp_path / "p", chunk=7)
    assert all_of_it(found) == undisturbed
    assert found.parts.reused == len(before)
    assert found.notes == (
        f"The run went on from {len(before)} finished pieces in {tmp_path / 'p'}",
    )
    assert all((tmp_path / "p" / k).read_bytes() == v for k, v in before.items())


def test_damaged_pieces_are_done_again(small, undisturbed, tmp_path):
    run(small, resume=tmp_path / "p", chunk=15)
    one, two, three, *_, last = files(tmp_path / "p")
    data = bytearray(one.read_bytes())
    data[len(data) // 2] ^= 1
    one.write_bytes(data)  # one bit
    two.write_bytes(two.read_bytes()[:-100])  # cut off
    three.write_bytes(b"")  # nothing left
    shutil.copy(files(tmp_path / "p")[3], last)  # whole, but another piece
    found = run(small, resume=tmp_path / "p", chunk=15)
    assert all_of_it(found) == undisturbed
    assert found.parts.damaged == 4
    assert found.notes == (
        f"The run went on from 4 finished pieces in {tmp_path / 'p'}",
        f"4 of the finished pieces in {tmp_path / 'p'} were damaged; they were computed "
        "again",
    )


def test_pieces_of_another_run_are_refused(small, tmp_path):
    run(small, resume=tmp_path / "p", chunk=60)
    with pytest.raises(InputError) as error:
        run(small, resume=tmp_path / "p", chunk=60, seed=4)
    assert str(error.value) == (
        f"{tmp_path / 'p'}: the pieces kept there belong to another run (another case, "
        "fit, seed, size, lever, version or processor). Name another folder, or remove "
        "this one"
    )


def test_a_folder_of_something_else_is_refused(small, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="this is no folder of pieces of a run"):
        run(small, resume=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_two_processes_may_work_in_one_folder(small, undisturbed, tmp_path):
    """The same piece written twice is the same file."""
    run(small, resume=tmp_path / "a", chunk=20)
    run(small, resume=tmp_path / "b", chunk=20)
    a, b = ({p.name: p.read_bytes() for p in files(tmp_path / x)} for x in "ab")
    assert a == b


LIMITED = """
import resource, sys
from pathlib import Path
from spillover.errors import RunError
from spillover.store.parts import Parts
from spillover.store.runfolder import write_new
import numpy as np
parts = Parts(Path(sys.argv[1]), "a run")
parts.plan({})
parts.put("one", {"a": np.arange(100)})
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    parts.put("two", {"a": np.random.default_rng(1).random(100_000)})
except RunError as e:
    print(e)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_no_room_for_a_piece(tmp_path):
    folder = tmp_path / "p"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == (
        f"{folder}: a finished piece could not be kept (File too large). The pieces "
        "before it are safe: make room, or free the folder, and run the same command "
        "again"
    )
    assert sorted(p.name for p in folder.iterdir()) == ["about.json", "one.part"]
    assert Parts(folder, "a run").get("one")["a"].sum() == 4950


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 40 kB; skipped where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(place)]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, capture_output=True).returncode
    ):
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=False)


def test_a_full_disk(small, undisturbed, small_disk):
    with pytest.raises(RunError) as error:
        run(small, resume=small_disk / "p", chunk=7)
    assert "(No space left on device). The pieces before it are safe" in str(
        error.value
    )
    kept = files(small_disk / "p")
    assert kept
    assert not [p for p in (small_disk / "p").iterdir() if p.name.startswith(".")]
    more = ["mount", "-o", "remount,size=20m", str(small_disk)]
    subprocess.run(more, check=True)
    found = run(small, resume=small_disk / "p", chunk=7)
    assert all_of_it(found) == undisturbed
    assert found.parts.reused == len(kept)


def test_a_full_disk_leaves_no_half_run(small_disk):
    target = small_disk / "runs" / "one"
    with pytest.raises(RunError) as error:
        write_new(target, {"brief.md": b"x" * 100, "results.npz": bytes(10**6)})
    assert str(error.value) == (
        f"{target}: the folder could not be written (No space left on device). Nothing "
        "is left of it: make room or name another with --out, and run again"
    )
    assert list((small_disk / "runs").iterdir()) == []


@pytest.mark.slow
def test_a_killed_command_goes_on(tmp_path):
    """SIGKILL to the command itself, twice; the third time it ends, as if never killed."""
    words = [
        str(COMMAND), "simulate", "iraq-2024", "--as-written", "--draws", "4100",
        "--futures", "2", "--out", str(tmp_path / "r" / "one"),
    ]  # fmt: skip
    parts = tmp_path / "r" / ".unfinished"
    for kill in (1, 2):
        running = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 300
        while len(list(parts.rglob("*.part"))) < 3 * kill and time.monotonic() < end:
            assert running.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        assert not (tmp_path / "r" / "one").exists()
    before = len(list(parts.rglob("*.part")))
    assert before >= 6
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL, timeout=600)
    assert not list(parts.iterdir())
    words[-1] = str(tmp_path / "s" / "two")
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL, timeout=600)
    for name in ("results.npz", "outcomes.json", "outcomes.csv"):
        one = (tmp_path / "r" / "one" / name).read_bytes()
        assert one == (tmp_path / "s" / "two" / name).read_bytes(), name


def test_a_clock_that_jumps(small, undisturbed, tmp_path, monkeypatch):
    """Back by a year in the middle: no result, no order of the record depends on it."""
    import datetime as dt

    real, jumped = time.time, []

    def jumping():
        jumped.append(1)
        return real() - 3e7 * (len(jumped) % 2)

    monkeypatch.setattr(time, "time", jumping)
    assert all_of_it(run(small, resume=tmp_path / "p", chunk=20)) == undisturbed
    ledger = Ledger(tmp_path / "l.jsonl")
    for year in (2031, 2029, 2033, 2030):
        ledger.add([("x", {})], now=dt.datetime(year, 1, 1, tzinfo=dt.UTC))
    times = [e.time for e in ledger.verify()]
    assert times == sorted(times)
    assert times[1] == times[0]


def test_a_locked_store(tmp_path):
    """Another process holds it: one sentence, which process, and nothing is touched."""
    from spillover.errors import EventsError
    from spillover.store.events import open_store

    store = tmp_path / "e.duckdb"
    hold = (
        "import sys, time\nfrom spillover.store.events import open_store\n"
        f"with open_store({str(store)!r}, write=True):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(EventsError) as error, open_store(store, write=True):
            pass
        assert str(error.value) == (
            f"{store}: the store is in use by another process (process {holder.pid}). "
            "Wait for it, or close it, and try again"
        )
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with open_store(store, write=True) as connection:
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (0,)


def test_time_left():
    """A steady pace is told to the second; a pace that changed is forgotten."""
    left = TimeLeft()
    assert left(0.0, 0, 1000) is None
    for t in range(1, 41):
        said = left(float(t), 10 * t, 1000)
    assert said == pytest.approx(60.0)
    for t in range(41, 121):  # half as fast from here on
        said = left(float(t), 400 + 5 * (t - 40), 1000)
    assert said == pytest.approx(200 / 5, rel=0.01)
    assert left(121.0, 0, 50) is None  # another work begins anew
