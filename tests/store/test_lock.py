"""One process at a time; the Windows way against a stand-in that locks bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import types

import pytest

from spillover.store.lock import lock, try_lock

HOLDS = """
import sys, time
from spillover.store.lock import lock
with open(sys.argv[1], "a+b") as file:
    lock(file)
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_holds_it_until_it_ends_however_it_ends(tmp_path):
    path = tmp_path / "f"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with path.open("a+b") as file:
            assert not try_lock(file)
            other.kill()
            lock(file)
            assert try_lock(file)


@pytest.fixture
def windows(monkeypatch):
    """No fcntl; `locking` as its documentation has it: one byte, from where the file stands."""
    held: dict[tuple[int, int], int] = {}
    asked: list[int] = []

    def locking(handle, mode, n):
        assert (mode, n) == ("NBLCK", 1)
        at = os.lseek(handle, 0, os.SEEK_CUR)
        asked.append(at)
        key = (os.fstat(handle).st_ino, at)
        if held.setdefault(key, handle) != handle:
            raise PermissionError(13, "Permission denied")

    made = types.ModuleType("msvcrt")
    made.LK_NBLCK = "NBLCK"
    made.locking = locking
    monkeypatch.setitem(sys.modules, "msvcrt", made)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    return held, asked


def test_on_windows_a_byte_behind_the_content_is_locked(tmp_path, windows, monkeypatch):
    held, asked = windows
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    with path.open("r+b") as one, path.open("r+b") as two:
        one.seek(3)
        assert try_lock(one)
        assert one.tell() == 3
        assert not try_lock(two)
        # Waiting: it is given up after the second try.
        naps: list[float] = []

        def nap(seconds):
            naps.append(seconds)
            if len(naps) == 2:
                held.clear()

        monkeypatch.setattr("time.sleep", nap)
        lock(two)
        assert len(naps) == 2
        assert not try_lock(one)
    assert min(asked) > 10
    assert path.read_bytes() == b"0123456789"
