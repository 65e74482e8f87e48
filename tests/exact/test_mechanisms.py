"""Mechanisms without a file of their own against closed forms, on both engines.

Each ``check_*`` takes an engine, so `test_power` can run it on wrong ones.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.build import Build, records
from tests.support.engines import Engine, counts
from tests.support.stat import check_mean, check_share

LN2 = math.log(2.0)


def check_on_off(law: Engine) -> None:
    """Opens at rate a, closes at rate c: E N = b a/(a+c) [T - (1-e^{-(a+c)T})/(a+c)]."""
    a, c, rate, T = 0.3, 0.5, 2.0, 20.0
    b = Build(horizon=T)
    b.stream("on", base=a)
    b.stream("off", base=c)
    b.stream("event", base=rate)
    b.state("closed", on="off", off="on", initially=True)
    b.factor(
        "shut", [b.row("event", 0.0)], in_force=[(-1.0, -1.0)], while_state="closed"
    )
    paths = law.futures(*b.build(), 20_000)
    oracle = rate * a / (a + c) * (T - (1 - math.exp(-(a + c) * T)) / (a + c))
    check_mean(counts(paths, 2), oracle, "on and off", visible=law.visible(0.02))


def check_umbrella(law: Engine) -> None:
    """A member that is held stops its share, and its share alone."""
    rate, share, T = 2.0, 0.3, 20.0
    b = Build(horizon=T)
    b.stream("event", base=rate, choices={"member": {"one": share, "two": None}})
    b.factor("hold", [b.row("event[one]", 0.1)], in_force=[(-1.0, -1.0)])
    paths = law.futures(*b.build(), 10_000)
    check_mean(
        counts(paths, 0),
        rate * T * (1 - share * 0.9),
        "umbrella",
        visible=law.visible(0.01),
    )


def check_weekday_and_given_driver(law: Engine) -> None:
    """Baseline follows weekday factors and the given path to its elasticity."""
    b = Build(horizon=14.0)
    path = [1.0] * 7 + [4.0] * 7
    b.driver("war", "given", path=path)
    week = [2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    b.stream("event", base=1.0, drivers={"war": 0.5}, weekday=week)
    paths = law.futures(*b.build(), 20_000)
    check_mean(counts(paths, 0, high=7.0), 7.0, "first week", visible=law.visible(0.02))
    check_mean(
        counts(paths, 0, low=7.0), 14.0, "second week", visible=law.visible(0.02)
    )
    monday = 2.0 / (sum(week) / 7)
    check_mean(counts(paths, 0, high=1.0), monday, "Monday", visible=law.visible(0.04))


def check_walk_keeps_its_median(law: Engine) -> None:
    """The log walk has median one and spread s sqrt(t): E level = exp(s^2 t / 2)."""
    s, T = 0.1, 21.0
    b = Build(horizon=T)
    b.driver("war", "walk", spread=s)
    b.stream("event", base=2.0, drivers={"war": 1.0})
    paths = law.futures(*b.build(), 20_000)
    oracle = 2.0 * math.exp(s * s * 20 / 2)
    check_mean(
        counts(paths, 0, low=20.0),
        oracle,
        "last day of a walk",
        visible=law.visible(0.04),
    )


def check_reports(law: Engine) -> None:
    """Claims per act: claimed + Poisson(claimed (1 / real - 1))."""
    real, claimed, T = 0.6, 0.8, 20.0
    b = Build(horizon=T)
    b.stream("act", base=1.0)
    b.report("claims", "act", real, claimed)
    paths = law.futures(*b.build(), 4_000)
    claims = np.concatenate([h.claims[:, 0] for h in paths]).astype(float)
    check_mean(claims, claimed / real, "claims per act", visible=law.visible(0.02))
    m = claimed * (1 / real - 1)
    variance = claimed * (1 - claimed) + m
    check_mean(
        (claims - claimed / real) ** 2,
        variance,
        "variance of claims",
        visible=law.visible(0.04),
    )


def check_schedule(law: Engine) -> None:
    """A lever's act always happens; an attempted one passes the factors."""
    b = Build(horizon=10.0)
    b.stream("act")
    b.factor("hold", [b.row("act", 0.25)], in_force=[(-1.0, -1.0)])
    sure = b.scheduled(3.0, "act")
    tried = b.scheduled(5.0, "act", attempt=True)
    paths = law.futures(*b.build(), 10_000, acts=(sure, tried))
    n = counts(paths, 0)
    assert n.min() >= 1
    check_share(n == 2, 0.25, "attempted act", visible=law.visible(0.03))


def check_nothing_after_the_end(law: Engine) -> None:
    """No event at or before 0 nor after the horizon; times increase."""
    b = Build(horizon=7.3)
    b.stream("event", base=3.0)
    b.response("event", "event", children=0.6, half_life=4.0)
    for h in law.futures(*b.build(), 500):
        assert (h.time > 0).all()
        assert (h.time <= 7.3).all(), f"an event at {h.time.max()} after the end 7.3"
        assert (np.diff(h.time) >= 0).all()


def check_tail_of_the_past(law: Engine) -> None:
    """Children after 0 of an event before it: n 2^{-age / half-life}."""
    b = Build(horizon=200.0)
    b.stream("cause")
    b.stream("child")
    b.response("cause", "child", children=2.0, half_life=5.0)
    model, theta = b.build()
    paths = law.futures(model, theta, 20_000, past=records(b, [(-7.0, "cause")]))
    check_mean(
        counts(paths, 1),
        2.0 * 2 ** (-7 / 5),
        "tail of the past",
        visible=law.visible(0.05),
    )


CHECKS = {
    name: f
    for name, f in globals().items()
    if name.startswith("check_") and getattr(f, "__module__", "") == __name__
}


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_mechanism(law: Engine, name: str) -> None:
    CHECKS[name](law)
