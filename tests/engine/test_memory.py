"""A thread's memory is reused for every course: what it held before changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

import spillover as sp
from spillover.engine.branching import (
    act_table,
    buckets_per_day,
    draw_key,
    future_key,
)
from spillover.engine.future import run_future
from spillover.engine.past import settle_past
from spillover.engine.prepare import prepare
from spillover.engine.program import compile_model
from spillover.engine.world import World, new_world
from spillover.ensemble.in_parts import Told, draw_in_parts, planned
from spillover.ensemble.job import Job, Slots, simulate
from spillover.ensemble.run import open_backend
from spillover.model.closed_forms import bases
from tests.support.build import Build, records

SLOTS = 100


def spoil(world: World) -> None:
    """Other numbers in every array but the buckets, which a course leaves empty."""
    rng = np.random.default_rng(5)

    def fill(part) -> None:
        for name, array in zip(part._fields, part, strict=True):
            if isinstance(array, tuple):
                fill(array)
            elif name != "bucket" and array.size:
                for column in array.dtype.names or [None]:
                    view = array if column is None else array[column]
                    view[...] = rng.integers(1, 7, view.shape)

    fill(world)


def test_a_course_in_spoilt_memory_is_the_same():
    """With a line that the past left open, which goes on under its old number."""
    b = Build(horizon=60.0)
    b.stream("death", base=0.5)
    b.stream("strike")
    b.red_line("line", "death", 1.0, act="strike", delay=3.0)
    model, theta = b.build()
    past = records(b, [(-1.0, "death")])
    p = compile_model(model)
    mu = bases(model, theta)
    w = new_world(p, max_events=500, past_events=1, buckets_per_day=buckets_per_day(mu))
    kd = draw_key(1, 0)

    def course(spoilt: bool) -> bytes:
        if spoilt:
            spoil(w)
        queue = np.array([-1, 0, 0, -1, buckets_per_day(mu)], np.int64)
        w.stats[:] = 0
        prepare(p, w.numbers, theta, mu)
        settle_past(
            p, w, theta, kd, past.time, past.stream, past.flags, past.deaths,
            past.injured, past.key,
        )  # fmt: skip
        n = run_future(p, w, queue, theta, future_key(kd, 0), act_table(()), None, None)
        assert n > 10
        return w.events[:n].tobytes()

    clean = course(spoilt=False)
    assert course(spoilt=False) == clean
    assert course(spoilt=True) == clean


@pytest.fixture(scope="module")
def work():
    case = sp.load("iraq-2024").assembled
    arm = next(a for a in case.arms if a.id == "nothing")
    job = Job(case, (arm,), SLOTS, 4, 1, 20_000)
    with open_backend(None, threads=1) as backend:
        plan = planned(job, backend, SLOTS, None)
        told = Told(job, plan, None, lambda *_: None)
        numbers = draw_in_parts(job, backend, plan, None, told)
    return job, Slots(
        0, SLOTS, numbers.index, numbers.theta, numbers.mu, numbers.per_day
    )  # fmt: skip


def test_a_piece_in_spoilt_memory_is_the_same(work):
    """With all that the reference case has."""
    job, slots = work
    clean = simulate(job, slots)
    lent = job.borrow(1, slots.per_day)
    spoil(lent[1].base)
    job.give(lent, slots.per_day)
    spoilt = simulate(job, slots)
    assert clean["sums/hits"].any()
    for name, found in clean.items():
        assert found.tobytes() == spoilt[name].tobytes(), name
