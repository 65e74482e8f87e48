"""Worker processes for real: progress, cancel, a kill in the middle, several at once."""

import asyncio
import contextlib
import os
import signal

import pytest

from spillover.web.desk import Desk
from spillover.web.jobs import Jobs
from spillover.web.pool import Pool, TaskFailed

SMALL = {
    "case": "strait-demo",
    "draws": 20,
    "futures": 5,
    "seed": 1,
    "as_written": True,
}
LARGE = SMALL | {"draws": 100_000, "futures": 20}


@contextlib.asynccontextmanager
async def pool_on(folder):
    desk = Desk(folder).make()
    jobs = Jobs(desk.jobs)
    pool = Pool(desk, jobs)
    await pool.start()
    try:
        yield desk, jobs, pool
    finally:
        await pool.stop()


async def until(pool, holds, seconds=600):
    async with asyncio.timeout(seconds):
        while not holds():
            await pool.wait(0.2)


def test_a_run_is_made_and_says_how_far_it_is(tmp_path):
    async def go():
        async with pool_on(tmp_path) as (desk, jobs, pool):
            job = pool.hand_over(
                jobs.new("run", "Run", SMALL | {"draws": 400}, case="strait-demo")
            )
            said, first = [], []

            def over():
                said.append((job.done, job.total, job.what))
                if job.partial and not first:
                    first.append(job.partial["courses"])
                return job.over

            await until(pool, over)
            assert job.status == "done", job.error
            assert first == [500]
            assert job.partial["courses"] == 2000
            assert any(total for _, total, _ in said)
            run = job.result["run"]
            assert desk.run(run)["draws"] == 400
            assert desk.page(run, "run")["tables"]["outcomes"]["rows"]
            assert Jobs(desk.jobs).known[job.id].status == "done"

    asyncio.run(go())


def test_cancelled_work_stops_and_leaves_nothing(tmp_path):
    async def go():
        async with pool_on(tmp_path) as (desk, jobs, pool):
            job = pool.hand_over(jobs.new("run", "Run", LARGE))
            await until(pool, lambda: job.done > 0)
            worker = next(w for w in pool.long if w.lock.locked())
            pid = worker.process.pid
            assert pool.cancel(job.id)
            await until(pool, lambda: job.over)
            assert job.status == "cancelled"
            assert list((desk.root / "runs").iterdir()) == []
            # It stopped at a step of its own: the process goes on with the next.
            again = pool.hand_over(jobs.new("run", "Run", SMALL))
            await until(pool, lambda: again.over)
            assert again.status == "done"
            assert pid in [w.process.pid for w in pool.long if w.process]
            assert not pool.cancel(job.id)

    asyncio.run(go())


def test_a_worker_that_is_killed_is_replaced_and_its_job_begun_again(tmp_path):
    async def go():
        async with pool_on(tmp_path) as (_, jobs, pool):
            job = pool.hand_over(jobs.new("run", "Run", SMALL | {"draws": 20_000}))
            await until(pool, lambda: job.done > 0)
            for w in pool.long:
                if w.process is not None:
                    os.kill(w.process.pid, signal.SIGKILL)
            await until(pool, lambda: job.tries == 2)
            await until(pool, lambda: job.over)
            assert job.status == "done"

            job = pool.hand_over(jobs.new("run", "Run", LARGE))
            for tries in (1, 2):
                await until(
                    pool, lambda t=tries: job.tries == t and job.status == "running"
                )
                worker = next(w for w in pool.long if w.lock.locked())
                await until(pool, lambda w=worker: w.process is not None)
                os.kill(worker.process.pid, signal.SIGKILL)
            await until(pool, lambda: job.over)
            assert job.status == "failed"
            assert "stopped twice before its end" in job.error["message"]

    asyncio.run(go())


def test_several_at_once_and_quick_answers_meanwhile(tmp_path):
    async def go():
        async with pool_on(tmp_path) as (_, jobs, pool):
            both = [
                pool.hand_over(jobs.new("run", "Run", LARGE | {"seed": s}))
                for s in (1, 2)
            ]
            await until(pool, lambda: all(j.done > 0 for j in both))
            third = pool.hand_over(jobs.new("run", "Run", SMALL))
            found = await pool.ask("register", {"case": "strait-demo"})
            assert found["rows"]
            assert [j.status for j in both] == ["running"] * 2
            assert third.status == "waiting"
            for j in both:
                pool.cancel(j.id)
            await until(pool, lambda: third.over)
            assert third.status == "done"

    asyncio.run(go())


def test_errors_come_with_their_places(tmp_path):
    async def go():
        async with pool_on(tmp_path) as (desk, jobs, pool):
            text, digest = desk.case_text("strait-demo")
            desk.save_case(
                "strait-demo", text.replace("origin: 2031", "orign: 2031"), digest
            )
            job = pool.hand_over(jobs.new("run", "Run", SMALL))
            await until(pool, lambda: job.over)
            assert job.status == "failed"
            fault = next(
                f for f in job.error["faults"] if 'unknown key "orign"' in f["text"]
            )
            assert fault["line"] > 1
            assert 'Did you mean "origin"?' in fault["text"]
            with pytest.raises(TaskFailed, match="there is no value at this place"):
                await pool.ask(
                    "set_number", {"text": text, "where": "nowhere.at", "value": "1"}
                )

    asyncio.run(go())


def test_a_newer_slider_stops_the_older(tmp_path):
    async def go():
        async with pool_on(tmp_path) as (_, jobs, pool):
            made = pool.hand_over(jobs.new("run", "Run", SMALL))
            await until(pool, lambda: made.over)
            run = made.result["run"]

            def mix(share):
                params = {"run": run, "strengths": {"truce-by-march": share}}
                return pool.hand_over(jobs.new("mix", "Mix", params), stream="panel")

            old, new = mix(0.2), mix(1.0)
            other = pool.hand_over(
                jobs.new("mix", "Mix", {"run": run, "strengths": {"shelters": 1.0}}),
                stream="tab2",
            )
            await until(pool, lambda: new.over and other.over)
            assert (old.status, new.status, other.status) == (
                "cancelled",
                "done",
                "done",
            )
            assert new.result["final"]
            assert new.result["strengths"] == {"truce-by-march": 1.0}

    asyncio.run(go())
