"""A Dask cluster that loses workers and its scheduler, or is not there at all."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from spillover.cluster.backend import Threads, open_backend
from spillover.cluster.machine import differences, machine_facts
from spillover.errors import InputError
from tests.faults.runs import all_of_it, run

COMMAND = Path(sys.executable).with_name("spillover")
DASK = Path(sys.executable).with_name("dask")


def workers() -> list[psutil.Process]:
    """Worker processes that this process started, however deep."""
    found = psutil.Process().children(recursive=True)
    return [p for p in found if "spawn_main" in words_of(p)]


def words_of(process: psutil.Process) -> str:
    """How it was started; nothing of one that has just ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


# ---- quick ------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["local", "local:", "local:0", "local:many"])
def test_a_number_of_processes_is_needed(where: str) -> None:
    with pytest.raises(InputError) as error, open_backend(where, threads=1):
        pass
    assert str(error.value).startswith(f"--cluster {where}: expected ")


def test_an_address_is_needed() -> None:
    with pytest.raises(InputError) as error, open_backend("myhost", threads=1):
        pass
    assert str(error.value) == (
        '--cluster myhost: expected "local:4" (processes on this machine) or the '
        'address of a Dask scheduler, such as "tcp://10.0.0.5:8786"'
    )


def test_the_extra_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError) as error, open_backend("local:2", threads=1):
        pass
    assert str(error.value) == (
        "--cluster needs Dask, which is not installed: pip install "
        '"spillover[cluster]". Without --cluster everything runs on this machine'
    )


def test_without_a_cluster_it_is_threads() -> None:
    with open_backend(None, threads=3) as backend:
        assert isinstance(backend, Threads)
        assert (backend.at_once, backend.remote, backend.facts()) == (3, False, {})
        told: dict[int, int] = {}
        backend.run(
            lambda a, x: a * x, 7, [1, 2, 3], lambda n: 10 * n, told.__setitem__
        )
    assert told == {1: 70, 2: 140, 3: 210}


def test_what_differs_is_named() -> None:
    mine = machine_facts()
    assert differences(mine, mine) == ()
    other = {**mine, "numba": "0.1", "cpu_features": "ffff"}
    assert differences(mine, other) == (
        f"cpu features ffff, here {mine['cpu_features']}",
        f"numba 0.1, here {mine['numba']}",
    )


def test_no_scheduler_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, the address, how to mend; nothing is begun."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    pytest.importorskip("distributed")
    import spillover.cluster.dask_backend as dask_backend

    where = f"tcp://127.0.0.1:{port}"
    monkeypatch.setattr(dask_backend, "CONNECT", 1.0)
    with pytest.raises(InputError) as error, open_backend(where, threads=1):
        pass
    text = str(error.value)
    assert text.startswith(f"--cluster {where}: no scheduler answers there (")
    assert text.endswith(
        "Check the address; start one with  dask scheduler  and workers with  dask "
        f"worker {where}; or run on this machine with --cluster local:2"
    )


# ---- slow: real processes -----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_workers_killed_twice(small, undisturbed, tmp_path):
    """SIGKILL to a worker in the middle, and to another one: the same bytes."""
    killed: list[int] = []

    def kill(done, total, what):
        # One while numbers are drawn, one while courses are simulated.
        due = (0.25, 0.75)[len(killed) : len(killed) + 1]
        if total > 1 and due and done >= due[0] * total:
            before = {p.pid for p in workers()}
            victim = next(p for p in workers() if p.pid not in killed)
            killed.append(victim.pid)
            victim.kill()
            # On a quick machine the rest would be done before anyone notices.
            end = time.monotonic() + 60
            while {p.pid for p in workers()} <= before and time.monotonic() < end:
                time.sleep(0.05)

    found = run(small, cluster="local:2", chunk=3, progress=kill, resume=tmp_path / "p")
    assert len(killed) == 2
    assert all_of_it(found) == undisturbed
    assert found.computed["workers_lost"] == 2
    (kind,) = found.computed["kinds_of_worker"]
    assert kind["pieces"] == 40
    assert {k: kind[k] for k in machine_facts()} == machine_facts()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_mixed_cluster_is_told(small, undisturbed, monkeypatch):
    """As seen by a machine with another numba: every worker is unlike it."""
    import spillover.cluster.dask_backend as dask_backend

    monkeypatch.setattr(dask_backend, "machine_facts", other_machine)
    found = run(small, cluster="local:2", chunk=30)
    assert found.notes == (
        "A worker of the cluster is not like this machine "
        f"(numba {machine_facts()['numba']}, here 0.1): results are equal in law, but "
        "not the same bytes as here",
    )


def other_machine() -> dict[str, str]:
    """This one with another numba; on a worker, where nothing is patched, itself."""
    return {**machine_facts(), "numba": "0.1"}


class Cluster:
    """A scheduler and two workers that are started again when they end."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.where = f"tcp://127.0.0.1:{self.port}"
        self.log = (folder / "log").open("wb")
        self.scheduler = self.start_scheduler()
        loop = 'while true; do "$@"; sleep 0.5; done'
        self.workers = subprocess.Popen(
            ["sh", "-c", loop, "sh", str(DASK), "worker", self.where, "--nworkers", "2",
             "--nthreads", "1", "--no-dashboard", "--death-timeout", "60"],
            stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(DASK), "scheduler", "--host", "127.0.0.1", "--port", str(self.port),
             "--no-dashboard"],
            stdout=self.log, stderr=self.log,
        )  # fmt: skip

    def restart_scheduler(self) -> None:
        self.scheduler.kill()
        self.scheduler.wait()
        self.scheduler = self.start_scheduler()

    def stop(self) -> None:
        os.killpg(self.workers.pid, signal.SIGKILL)
        self.workers.wait()
        self.scheduler.kill()
        self.scheduler.wait()
        self.log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    made = Cluster(tmp_path)
    yield made
    made.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(sys.platform == "win32", reason="needs sh")
def test_the_scheduler_is_restarted(small, undisturbed, cluster):
    restarted = []

    def restart(done, total, what):
        if done > total // 3 and not restarted:
            restarted.append(done)
            cluster.restart_scheduler()

    found = run(small, cluster=cluster.where, chunk=3, progress=restart)
    assert restarted
    assert all_of_it(found) == undisturbed
    assert "The connection to the cluster was lost and made again" in found.notes


@pytest.mark.slow
def test_the_command_says_where_it_looked(tmp_path):
    done = subprocess.run(
        [str(COMMAND), "simulate", "iraq-2024", "--cluster", "tcp://127.0.0.1:9",
         "--out", str(tmp_path / "one")],
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("--cluster tcp://127.0.0.1:9: no scheduler answers there")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_fault_of_the_work_is_told_as_such():
    """What fails in a piece fails the run, in its own words, and is not tried for ever."""
    begun = time.monotonic()
    with (
        open_backend("local:1", threads=1) as backend,
        pytest.raises(ZeroDivisionError, match="by zero"),
    ):
        backend.run(lambda a, x: a // x, 7, [1, 0], lambda n: n, lambda *_: None)
    assert time.monotonic() - begun < 120
