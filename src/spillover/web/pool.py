"""Worker processes, spoken to in lines of JSON; jobs are handed to them.

One process answers what a person waits for (checks, registers), one serves sliders;
others do long work. All are started when first needed. A worker that dies is replaced and its job begun again once. When
the server dies, its workers see their input end and stop.

This file must never import the simulator, a case or a page.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from spillover.web.desk import Desk
from spillover.web.jobs import Job, Jobs

__all__ = ["Pool", "TaskFailed", "WorkerGone"]

LONG = 2
"""Long jobs at once: on two cores more would only make all of them slower."""
PATIENCE = 3.0
"""Seconds a worker has to stop a cancelled job before it is ended."""
RETIRE = 12
"""Long jobs after which a worker makes room for a fresh one: memory goes back."""
IDLE = 300.0
"""Seconds without work after which a worker is let go; the quick one stays."""
LINE = 64 * 1024 * 1024
"""Longest line a worker may send."""


class WorkerGone(RuntimeError):
    """The process ended in the middle of its work."""


class TaskFailed(RuntimeError):
    """A task ended with an error that was said on purpose, or with a fault of ours."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


Heard = Callable[[str, Any], None]


class Worker:
    """One process."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.process: asyncio.subprocess.Process | None = None
        self.numbers = itertools.count(1)
        self.lock = asyncio.Lock()
        self.jobs = 0
        self.used = time.monotonic()
        self.ended: list[asyncio.subprocess.Process] = []

    async def begin(self) -> None:
        """Start the process, if none runs."""
        if self.process is None or self.process.returncode is not None:
            await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "spillover.web.worker", str(self.desk.root),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE,
        )  # fmt: skip
        return self.process

    async def ask(
        self, task: str, params: dict[str, Any], heard: Heard | None = None
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Have a task done; others wait until it is.

        Raises
        ------
        TaskFailed
            When it says why it cannot be done.
        WorkerGone
            When the process ends first.
        """
        async with self.lock:
            process = self.process
            if process is None or process.returncode is not None:
                process = await self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            number = next(self.numbers)
            line = json.dumps({"id": number, "task": task, "params": params})
            try:
                process.stdin.write(line.encode() + b"\n")
                await process.stdin.drain()
                while True:
                    raw = await process.stdout.readline()
                    if not raw:
                        msg = "the worker process ended before it was done"
                        raise WorkerGone(msg)
                    said = json.loads(raw)
                    if said["id"] != number:
                        continue  # the end of something cancelled
                    if "result" in said:
                        return said["result"]
                    if "error" in said:
                        raise TaskFailed(said["error"])
                    if heard is not None:
                        kind = "partial" if "partial" in said else "progress"
                        heard(kind, said[kind])
            except (ConnectionError, WorkerGone, ValueError) as e:
                self.kill()
                msg = "the worker process ended before it was done"
                raise WorkerGone(msg) from e
            except asyncio.CancelledError:
                await self._stop_task(number)
                raise
            finally:
                self.used = time.monotonic()

    async def _stop_task(self, number: int) -> None:
        """Ask it to stop; end the process when it does not."""
        process = self.process
        if process is None or process.stdin is None or process.stdout is None:
            return
        try:
            process.stdin.write(json.dumps({"cancel": number}).encode() + b"\n")
            async with asyncio.timeout(PATIENCE):
                await process.stdin.drain()
                while True:
                    raw = await process.stdout.readline()
                    if not raw:
                        break
                    said = json.loads(raw)
                    if said["id"] == number and ("error" in said or "result" in said):
                        return
        except (ConnectionError, ValueError, TimeoutError):
            pass
        self.kill()

    def kill(self) -> None:
        """End the process now."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        if self.process is not None:
            self.ended.append(self.process)
        self.process = None

    async def bury(self) -> None:
        """Wait for processes that were ended, so that nothing of them is left open."""
        for process in self.ended:
            await process.wait()
            if process.stdin is not None:
                process.stdin.close()
                with contextlib.suppress(ConnectionError):
                    await process.stdin.wait_closed()
        self.ended.clear()


class Pool:
    """Workers of a desk and the jobs they are on."""

    def __init__(self, desk: Desk, jobs: Jobs, *, long: int = LONG) -> None:
        self.desk, self.jobs = desk, jobs
        self.quick, self.sliders = Worker(desk), Worker(desk)
        self.many = long
        self.long: list[Worker] = []
        self.free: asyncio.Queue[Worker] = asyncio.Queue()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.streams: dict[str, str] = {}
        self.beside: set[asyncio.Task[None]] = set()
        self.news = asyncio.Condition()
        self.ending = False

    async def start(self, warm: str = "") -> None:
        """Start workers, have them load a case ahead, and take up unfinished jobs."""
        self.long = [Worker(self.desk) for _ in range(self.many)]
        for worker in self.long:
            self.free.put_nowait(worker)
        for job in self.jobs.unfinished():
            if job.task == "mix":  # nobody looks at that slider any more
                job.status = "cancelled"
                self.jobs.keep(job)
            else:
                # A stop of the server says nothing against the job: it is tried anew.
                job.status, job.tries = "waiting", 0
                self.hand_over(job)
        self._begin(self._tidy())
        if warm:
            await self.long[0].begin()
            self._begin(self._warm(warm))
            await asyncio.sleep(0)  # let it be asked before anything else is done

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self.beside.add(task)
        task.add_done_callback(self.beside.discard)

    async def _warm(self, case: str) -> None:
        """One after the other, and never while somebody waits for a first run."""
        for worker in (self.long[0], self.quick):
            while self.tasks:
                await asyncio.sleep(0.5)
            await self._ahead(worker, "warm", {"case": case})

    async def _ahead(self, worker: Worker, task: str, params: dict[str, Any]) -> None:
        with contextlib.suppress(TaskFailed, WorkerGone):
            await worker.ask(task, params)

    def expect_sliders(self, run: str) -> None:
        """Have the process for sliders read the case of a run ahead."""
        if not self.sliders.lock.locked():
            self._begin(self._ahead(self.sliders, "warm_run", {"run": run}))

    async def _tidy(self) -> None:
        """Let processes go that have had nothing to do for long; the quick one stays."""
        while True:
            await asyncio.sleep(IDLE / 10)
            for worker in (self.sliders, *self.long):
                if not worker.lock.locked() and time.monotonic() - worker.used > IDLE:
                    worker.kill()
                await worker.bury()

    async def stop(self) -> None:
        """End all workers; unfinished jobs stay on record as such."""
        self.ending = True
        for task in (*self.tasks.values(), *self.beside):
            task.cancel()
        for worker in (self.quick, self.sliders, *self.long):
            worker.kill()
        await asyncio.gather(*self.tasks.values(), *self.beside, return_exceptions=True)
        for worker in (self.quick, self.sliders, *self.long):
            worker.kill()
            await worker.bury()

    async def ask(self, task: str, params: dict[str, Any]) -> Any:  # noqa: ANN401
        """Have the quick worker answer; one that ended is asked once more."""
        try:
            return await self.quick.ask(task, params)
        except WorkerGone:
            return await self.quick.ask(task, params)

    def hand_over(self, job: Job, *, stream: str = "") -> Job:
        """Have a job done; one that came before it in the same stream is cancelled."""
        if stream:
            self.cancel(self.streams.get(stream, ""))
            self.streams[stream] = job.id
        self.tasks[job.id] = asyncio.create_task(self._run(job, slider=bool(stream)))
        self.tasks[job.id].add_done_callback(lambda _: self.tasks.pop(job.id, None))
        return job

    def cancel(self, job: str) -> bool:
        """Stop a job; whether there was anything to stop."""
        task = self.tasks.get(job)
        if task is None or not task.cancel():
            return False
        known = self.jobs.known[job]
        if known.status == "waiting":  # never begun, so nothing in it will say so
            known.status = "cancelled"
            self.jobs.keep(known)
        return True

    async def _run(self, job: Job, *, slider: bool) -> None:
        try:
            while True:
                try:
                    await self._once(job, slider=slider)
                    break
                except WorkerGone:
                    if job.tries >= 2:
                        job.status = "failed"
                        job.error = {
                            "message": "The work stopped twice before its end: the process was ended from outside, or memory ran out. Try it with fewer samples.",
                            "faults": [],
                        }
                        break
        except asyncio.CancelledError:
            if self.ending:
                return  # on record as running: taken up at the next start
            job.status = "cancelled"
        except TaskFailed as e:
            job.status, job.error = "failed", e.error
        self.jobs.keep(job)
        await self._tell()

    async def _once(self, job: Job, *, slider: bool) -> None:
        worker = self.sliders if slider else await self.free.get()
        try:
            job.status, job.tries = "running", job.tries + 1
            self.jobs.keep(job)
            await self._tell()
            job.result = await worker.ask(
                job.task, job.params, lambda kind, value: self._heard(job, kind, value)
            )
            job.status, job.done = "done", job.total
        finally:
            if not slider:
                worker.jobs += 1
                if worker.jobs >= RETIRE:
                    worker.kill()
                    worker.jobs = 0
                self.free.put_nowait(worker)

    def _heard(self, job: Job, kind: str, value: Any) -> None:  # noqa: ANN401
        if kind == "partial":
            job.partial = value
        else:
            job.done, job.total, job.what = value
        job.changes += 1
        self._begin(self._tell())

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def wait(self, seconds: float) -> None:
        """Until something changes, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self.news:
                await self.news.wait()
