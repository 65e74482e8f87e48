"""Pieces on a Dask cluster: workers may die, come back, or be lost with the scheduler.

A piece whose worker died is begun again elsewhere; when the scheduler is gone, this
side asks for it again for a while and hands out once more what has not come back.
Nothing is kept on the cluster that is needed twice.

This file must never be imported at the top of another: Dask is an extra.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import dask
import distributed
from distributed.comm.core import CommClosedError

from spillover.cluster.machine import differences, machine_facts
from spillover.errors import InputError, RunError

__all__ = ["DaskBackend"]

Load = TypeVar("Load")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

CONNECT = 15.0
"""Seconds a scheduler has to answer at first."""
PATIENCE = 120.0
"""Seconds a lost scheduler, or the first worker, has to come (back)."""
DEATHS = 20
"""Times in a row that pieces may take their workers with them."""
LOOK = 1.0

_LOST = (
    CommClosedError,
    distributed.CancelledError,
    distributed.KilledWorker,
    asyncio.CancelledError,
    TimeoutError,
    OSError,
)


@lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    return pickle.loads(packed)


def _as_is(packed: bytes) -> bytes:
    """The payload as a task of its own: a worker that lost it computes it anew."""
    return packed


def _call(
    function: Callable[[Any, Any], Result], packed: bytes, piece: object
) -> tuple[dict[str, str], Result]:
    """On a worker: do a piece and say what it was computed on."""
    return machine_facts(), function(_unpacked(packed), piece)


class DaskBackend:
    """A cluster; see `cluster.backend.Backend`.

    Parameters
    ----------
    where
        As the user wrote it.
    processes
        Start so many here; None: ``where`` is the address of a scheduler.

    Raises
    ------
    InputError
        When no scheduler answers, it has no worker, or one has no Spillover.
    """

    remote = True

    def __init__(self, where: str, processes: int | None) -> None:
        self.where = where
        self.processes = processes
        self.notes: list[str] = []
        self.seen: dict[tuple[tuple[str, str], ...], int] = {}
        self.lost_workers = 0
        self._known: set[str] = set()
        self._cluster: distributed.LocalCluster | None = None
        self._jobs = 0
        self._quiet()
        try:
            self._client = self._connect()
            self._await_worker()
            self._ask_facts()
        except BaseException:
            self.close()
            raise

    _client: distributed.Client | None = None

    def _quiet(self) -> None:
        """What Dask logs of lost workers is said here, in words."""
        for name in list(logging.root.manager.loggerDict):
            if name.split(".")[0] == "distributed":
                logging.getLogger(name).setLevel(logging.CRITICAL)

    @property
    def client(self) -> distributed.Client:
        """The connection."""
        assert self._client is not None
        return self._client

    @property
    def at_once(self) -> int:
        """Threads of all workers there are now."""
        return max(1, sum(self._threads().values()))

    def facts(self) -> dict[str, Any]:
        """Kinds of workers, pieces each kind did, workers lost."""
        return {
            "cluster": self.where if self.processes else "dask",
            "kinds_of_worker": [
                {**dict(kind), "pieces": n} for kind, n in self.seen.items()
            ],
            "workers_lost": self.lost_workers,
        }

    def close(self) -> None:
        """Let go of the cluster; processes started here end."""
        for one in (self._client, self._cluster):
            if one is not None:
                with contextlib.suppress(*_LOST):  # it may be gone already
                    one.close(timeout=5)
        self._client = self._cluster = None

    def _connect(self) -> distributed.Client:
        if self.processes is not None:
            dask.config.set({"distributed.scheduler.allowed-failures": DEATHS})
            if self._cluster is None:
                self._cluster = distributed.LocalCluster(
                    n_workers=self.processes,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",  # no fixed port, none outside
                    silence_logs=logging.CRITICAL,
                )
            return distributed.Client(self._cluster, set_as_default=False)
        try:
            return distributed.Client(self.where, timeout=CONNECT, set_as_default=False)
        except (*_LOST, ValueError) as e:
            reason = str(e).splitlines()[0] if str(e) else type(e).__name__
            msg = (
                f"--cluster {self.where}: no scheduler answers there ({reason}). Check "
                "the address; start one with  dask scheduler  and workers with  dask "
                f"worker {self.where}; or run on this machine with --cluster local:2"
            )
            raise InputError(msg) from None

    def _threads(self) -> dict[str, int]:
        return dict(self.client.nthreads())

    def _await_worker(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._threads():
            if time.monotonic() > end:
                msg = (
                    f"--cluster {self.where}: the scheduler answers but has no worker. "
                    f"Start some with  dask worker {self.where}"
                )
                raise InputError(msg)
            time.sleep(0.2)
        self._known |= set(self._threads())

    def _ask_facts(self) -> None:
        """Every worker says what it is; those unlike this process are named."""
        try:
            told = self.client.run(machine_facts, on_error="return")
        except _LOST:
            return  # a worker is just going: each piece says what it was done on
        for worker, facts in told.items():
            if isinstance(facts, ImportError):
                msg = (
                    f"--cluster {self.where}: the worker at {worker} cannot load "
                    f"Spillover ({facts}). Install the same version there as here"
                )
                raise InputError(msg)
            if isinstance(facts, dict):
                self._kind(facts, 0)

    def _kind(self, facts: dict[str, str], pieces: int) -> None:
        """Count pieces by kind of worker; a kind unlike this machine is told once."""
        kind = tuple(facts.items())
        if kind not in self.seen:
            self.seen[kind] = 0
            unlike = differences(machine_facts(), facts)
            if unlike:
                self.notes.append(
                    "A worker of the cluster is not like this machine "
                    f"({'; '.join(unlike)}): results are equal in law, but not the "
                    "same bytes as here"
                )
        self.seen[kind] += pieces

    def run(
        self,
        function: Callable[[Load, Piece], Result],
        payload: Load,
        names: Sequence[int],
        piece: Callable[[int], Piece],
        done: Callable[[int, Result], None],
    ) -> None:
        """See `Backend.run`."""
        packed = _pickled(payload)
        left = set(names)
        deaths, since = 0, 0.0
        while left:
            before = len(left)
            try:
                self._round(function, packed, left, piece, done)
                deaths, since = 0, 0.0
            except _LOST as e:
                deaths = deaths + 1 if len(left) == before else 1
                now = time.monotonic()
                since = since if len(left) == before and since else now
                if deaths > DEATHS or now - since > PATIENCE:
                    raise RunError(self._gone(e, len(left))) from None
                self._again(e, len(left))

    def _gone(self, error: BaseException, left: int) -> str:
        what = (
            "a piece takes every worker with it (out of memory?)"
            if isinstance(error, distributed.KilledWorker)
            else "its scheduler does not answer any more"
        )
        return (
            f"--cluster {self.where}: {what}; {left} pieces are left. Finished ones "
            "are kept: when the cluster is back, the same command goes on from there"
        )

    def _again(self, error: BaseException, left: int) -> None:
        """Connect anew after a loss; what is not there yet is asked for once more."""
        end = time.monotonic() + PATIENCE
        if self._client is not None:
            with contextlib.suppress(*_LOST):
                self._client.close(timeout=2)
            self._client = None
        while True:
            try:
                self._client = self._connect()
                self._await_worker()
                break
            except (InputError, *_LOST):
                if time.monotonic() > end:
                    raise RunError(self._gone(error, left)) from None
                time.sleep(1.0)
        told = "The connection to the cluster was lost and made again"
        if told not in self.notes:
            self.notes.append(told)

    def _round(
        self,
        function: Callable[[Load, Piece], Result],
        packed: bytes,
        left: set[int],
        piece: Callable[[int], Piece],
        done: Callable[[int, Result], None],
    ) -> None:
        """Hand out what is left, a few pieces a thread at a time, until all is back."""
        self._jobs += 1
        job = f"spillover-{id(self):x}-{self._jobs}"
        client = self.client
        shared = client.submit(_as_is, packed, key=f"{job}-payload", pure=False)
        queue = deque(sorted(left))
        flying: dict[Any, int] = {}
        looked = quiet_since = time.monotonic()
        wide = self.at_once
        try:
            while queue or flying:
                while queue and len(flying) < 2 * wide + 2:
                    name = queue.popleft()
                    future = client.submit(
                        _call, function, shared, piece(name), key=f"{job}-{name}",
                        pure=False,
                    )  # fmt: skip
                    flying[future] = name
                now = time.monotonic()
                if now - looked > LOOK:
                    looked = now
                    wide = self._look()
                    if wide:
                        quiet_since = now
                    elif now - quiet_since > PATIENCE:
                        raise RunError(self._no_worker(len(left)))
                    wide = max(1, wide)
                for future in self._ended(list(flying)):
                    name = flying.pop(future)
                    facts, result = future.result()
                    future.release()
                    self._kind(facts, 1)
                    left.discard(name)
                    done(name, result)
            with contextlib.suppress(
                *_LOST
            ):  # all is here; who went in the last second?
                self._look()
        finally:
            for future in flying:
                try:
                    future.cancel()
                except _LOST:
                    break

    def _no_worker(self, left: int) -> str:
        return (
            f"--cluster {self.where}: there has been no worker for {PATIENCE:.0f} "
            f"seconds; {left} pieces are left. Finished ones are kept: start workers "
            "and run the same command again"
        )

    def _ended(self, futures: list[Any]) -> list[Any]:
        try:
            with self.client.as_current():
                return list(
                    distributed.wait(
                        futures, timeout=LOOK, return_when="FIRST_COMPLETED"
                    ).done
                )
        except TimeoutError:
            if self.client.status != "running":
                raise
            return []

    def _look(self) -> int:
        """Threads there are now; counts workers that went."""
        threads = self._threads()
        gone = self._known - set(threads)
        self.lost_workers += len(gone)
        self._known = set(threads)
        return sum(threads.values())


def _pickled(payload: object) -> bytes:
    """As bytes; functions of a notebook too."""
    import cloudpickle

    try:
        return pickle.dumps(payload, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError):
        return bytes(cloudpickle.dumps(payload, protocol=5))
