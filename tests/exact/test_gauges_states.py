"""Gauges, what they multiply, states, and the marginals of both at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.build import Build, uniform
from tests.support.engines import Engine, counts
from tests.support.forms import integral, time_law
from tests.support.stat import check_ks, check_mean, check_same_law, check_share


def check_gauge_restrains(law: Engine) -> None:
    """f = 1 + (x - 1) L / (L + h) on a level that decays from the origin and steps."""
    rate, x, half, at, T = 1.5, 0.1, 4.0, 0.7, 20.0
    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.stream("act")
    b.gauge("strain", half, {"act": 1.5}, at_origin=2.0)
    b.gauge_factor("strain", [b.row("raid", x, compliance=0.8)], at)
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(9.0, "act")])

    def f(t: float) -> float:
        level = 2.0 * 2.0 ** (-t / half)
        level += 1.5 * 2.0 ** (-(t - 9.0) / half) if t > 9.0 else 0.0
        return 1.0 + 0.8 * (x - 1.0) * level / (level + at)

    mean = rate * integral(f, 0.0, T, (9.0,))
    check_mean(counts(paths, 0), mean, "raids", visible=law.visible(0.01))
    times = np.concatenate([h.time[h.stream == 0] for h in paths])
    check_ks(times, time_law(f, T, (9.0,)), "times of raids")


def check_gauge_raises(law: Engine) -> None:
    """The same above one: immigrants only, up to its cap."""
    rate, x, half, at, T = 0.6, 4.0, 5.0, 1.0, 15.0
    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.stream("act")
    b.response("act", "raid", 1.5, 2.0)
    b.gauge("strain", half, {"act": 3.0})
    b.gauge_factor("strain", [b.row("raid", x)], at, cap=4.0)
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(4.3, "act")])

    def f(t: float) -> float:
        if t < 4.3:
            return rate
        level = 3.0 * 2.0 ** (-(t - 4.3) / half)
        child = 1.5 * math.log(2.0) / 2.0 * 2.0 ** (-(t - 4.3) / 2.0)
        return rate * (1.0 + (x - 1.0) * level / (level + at)) + child

    mean = integral(f, 0.0, T, (4.3,))
    check_mean(counts(paths, 0), mean, "raids", visible=law.visible(0.02))
    times = np.concatenate([h.time[h.stream == 0] for h in paths])
    check_ks(times, time_law(f, T, (4.3,)), "times of raids")


def check_gauge_feeds_offspring(law: Engine) -> None:
    """With `offspring` a gauge above one multiplies offspring too."""
    b = Build(horizon=30.0)
    b.stream("raid")
    b.stream("act")
    b.response("act", "raid", 0.5, 1.0)
    b.gauge("strain", 1e9, {}, at_origin=1.0)
    b.gauge_factor("strain", [b.row("raid", 5.0)], 1.0, cap=5.0, offspring=True)
    paths = law.futures(*b.build(), 10_000, acts=[b.scheduled(1.0, "act")])
    check_mean(counts(paths, 0), 0.5 * 3.0, "raids", visible=law.visible(0.05))


def check_gauge_of_random_steps(law: Engine) -> None:
    """A probe at t passes with chance E f(L(t)), L a shot noise: sampled directly."""
    a, half, x, at, t, n = 0.5, 3.0, 0.0, 1.0, 12.0, 100_000
    b = Build(horizon=t)
    b.stream("act", base=a, deaths=(0.3, 1.0))
    b.stream("probe")
    b.gauge("strain", half, {"act": 1.0, "act[deadly]": 2.0}, start=3.0)
    b.gauge_factor("strain", [b.row("probe", x)], at)
    acts = [b.scheduled(t, "probe", attempt=True)]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    rng = np.random.default_rng(5)
    level = np.full(n, 3.0 * 2.0 ** (-t / half))
    age = np.zeros(n)
    for _ in range(40):  # events of a Poisson process, one after the other
        age = age + rng.exponential(1.0 / a, n)
        step = np.where(rng.random(n) < 0.3, 3.0, 1.0)
        level += np.where(age < t, step * 2.0 ** (-age / half), 0.0)
    hits = rng.random(n) < 1.0 - level / (level + at)
    check_same_law(counts(paths, 1), hits, "the probe")


def check_state_of_a_switch(law: Engine) -> None:
    """On at rate a, off at rate c: P(on at t) = a/(a+c) (1 - e^(-(a+c)t))."""
    a, c, t = 0.4, 0.25, 3.0
    b = Build(horizon=5.0)
    b.stream("on", base=a)
    b.stream("off", base=c)
    b.stream("probe")
    b.state("war", on="on", off="off")
    b.factor("war", [b.row("probe", 0.0)], in_force=[(-1.0, -1.0)], while_state="war")
    acts = [b.scheduled(t, "probe", attempt=True)]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    on = a / (a + c) * (1.0 - math.exp(-(a + c) * t))
    check_share(counts(paths, 2), 1.0 - on, "off at t", visible=law.visible(0.018))


def check_state_lapses(law: Engine) -> None:
    """Lasting h from the last turn: on at t iff one in (t - h, t]; off ends it."""
    a, t = 0.3, 9.0
    b = Build(horizon=10.0)
    b.stream("on", base=a)
    b.stream("probe")
    b.state("truce", on="on", lasts=uniform(1.0, 5.0))
    b.factor(
        "hold", [b.row("probe", 0.2)], in_force=[(-1.0, -1.0)], while_state="truce"
    )
    acts = [b.scheduled(t, "probe", attempt=True)]
    paths = law.futures(*b.build(), 20_000, acts=acts)

    def renewed(age: float) -> float:  # the last turn decides: a new one renews
        return a * math.exp(-a * age) * min(max((5.0 - age) / 4.0, 0.0), 1.0)

    on = integral(renewed, 0.0, t, (1.0, 5.0))
    check_share(
        counts(paths, 1), 1.0 - 0.8 * on, "the probe", visible=law.visible(0.018)
    )


def check_state_from_the_start(law: Engine) -> None:
    """`initially`: on from 0 for what it lasts, or from `since`."""
    for since, chance in ((None, 0.5), (-3.0, 0.0), (-1.0, 0.25)):
        b = Build(horizon=10.0)
        b.stream("probe")
        b.state("truce", initially=True, since=since, lasts=uniform(2.0, 6.0))
        b.factor(
            "hold", [b.row("probe", 0.0)], in_force=[(-9.0, -9.0)], while_state="truce"
        )
        acts = [
            b.scheduled(1.0, "probe", attempt=True),
            b.scheduled(4.0, "probe", attempt=True),
        ]
        paths = law.draws(*b.build(), 4_000, acts=acts)
        early, late = counts(paths, 0, high=2.0), counts(paths, 0, low=2.0)
        if since is None:
            assert early.max() == 0
        check_share(
            1 - late, chance, f"on at 4, since {since}", visible=law.visible(0.05)
        )


CHECKS = [f for name, f in list(globals().items()) if name.startswith("check_")]
CHECKS = [f for f in CHECKS if f.__module__ == __name__]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_level(law: Engine, check) -> None:
    check(law)
