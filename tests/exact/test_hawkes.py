"""Plain Hawkes processes against closed forms (docs/validation.md).

Each ``check_*`` takes an engine, so `test_power` can run it on wrong ones.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from spillover.model.closed_forms import branching_matrix, mean_counts
from spillover.model.structure import Model
from tests.support.build import Build
from tests.support.engines import Engine, counts, first_times
from tests.support.stat import (
    check_chances,
    check_ks,
    check_mean,
    check_same_law,
    check_share,
    check_variance,
)

LN2 = math.log(2.0)
Drawn = tuple[Model, NDArray[np.float64]]


def single(mu: float, n: float, half_life: float, T: float) -> Drawn:
    """One self-exciting stream."""
    b = Build(horizon=T)
    b.stream("a", base=mu)
    b.response("a", "a", children=n, half_life=half_life)
    return b.build()


def pair(T: float, kernel: object = 3.0) -> Drawn:
    """Two streams whose branching matrix is far from symmetric."""
    b = Build(horizon=T)
    b.stream("a", base=0.8)
    b.stream("b", base=0.15)
    for when, then, children in [
        ("a", "a", 0.2),
        ("a", "b", 0.7),
        ("b", "a", 0.1),
        ("b", "b", 0.3),
    ]:
        b.response(when, then, children, kernel)  # type: ignore[arg-type]
    return b.build()


def check_void(engine: Engine) -> None:
    """P(N(T) = 0) = exp(-mu T); the first event is exponential."""
    mu, T = 0.05, 20.0
    paths = engine.futures(*single(mu, 0.5, 2.0, T), 40_000)
    first = first_times(paths, 0)
    check_share(
        np.isinf(first),
        math.exp(-mu * T),
        "no event at all",
        visible=engine.visible(0.0125),
    )
    seen = first[np.isfinite(first)]
    whole = 1.0 - math.exp(-mu * T)
    check_ks(seen, lambda t: (1.0 - np.exp(-mu * t)) / whole, "first event")


def check_mean_count(engine: Engine) -> None:
    """mu/(1-n) [T - n (1 - exp(-beta (1-n) T)) / (beta (1-n))]."""
    mu, n, half, T = 0.5, 0.6, 3.0, 30.0
    beta = LN2 / half
    paths = engine.futures(*single(mu, n, half, T), 20_000)
    rest = n * (1.0 - math.exp(-beta * (1.0 - n) * T)) / (beta * (1.0 - n))
    check_mean(
        counts(paths),
        mu / (1.0 - n) * (T - rest),
        "mean count",
        visible=engine.visible(0.02),
    )


def check_asymmetric(engine: Engine) -> None:
    """sT + M^-1 (I - exp(-MT)) (mu - s) with G far from symmetric."""
    model, theta = pair(30.0)
    paths = engine.futures(model, theta, 20_000)
    for i, oracle in enumerate(mean_counts(model, theta, 30.0)):
        check_mean(
            counts(paths, i), oracle, f"stream {i}", visible=engine.visible(0.02)
        )


def test_void_probability(law: Engine) -> None:
    check_void(law)


def test_mean_count(law: Engine) -> None:
    check_mean_count(law)


def test_mean_counts_of_an_asymmetric_pair(law: Engine) -> None:
    check_asymmetric(law)


def test_closed_form_agrees_with_the_formula_for_a_common_decay() -> None:
    model, theta = pair(30.0)
    G = branching_matrix(model, theta)
    assert pytest.approx(np.array([[0.2, 0.1], [0.7, 0.3]])) == G
    mu, T, beta = np.array([0.8, 0.15]), 30.0, LN2 / 3.0
    M = beta * (np.eye(2) - G)
    s = np.linalg.solve(np.eye(2) - G, mu)
    from scipy.linalg import expm

    oracle = s * T + np.linalg.solve(M, (np.eye(2) - expm(-M * T)) @ (mu - s))
    assert mean_counts(model, theta, T) == pytest.approx(oracle, rel=1e-9)


def test_long_memory(law: Engine) -> None:
    """A mixture of hours and weeks: mean counts over time, not only at the end."""
    model, theta = pair(30.0, [(0.2, 0.4), (20.0, 0.6)])
    paths = law.futures(model, theta, 30_000)
    for T in (2.0, 10.0, 30.0):
        for i, oracle in enumerate(mean_counts(model, theta, T)):
            check_mean(
                counts(paths, i, high=T),
                oracle,
                f"stream {i} by {T}",
                visible=law.visible(0.045),
            )


def test_lag(law: Engine) -> None:
    """No child before the lag; the same law after it."""
    b = Build(horizon=20.0)
    b.stream("a")
    b.stream("b")
    b.response("a", "b", children=2.0, half_life=3.0, lag=4.0)
    model, theta = b.build()
    paths = law.futures(model, theta, 10_000, acts=[b.scheduled(1.0, "a")])
    check_mean(
        counts(paths, 1),
        2.0 * (1.0 - 2.0 ** (-15.0 / 3.0)),
        "children",
        visible=law.visible(0.04),
    )
    times = np.concatenate([h.time[h.stream == 1] for h in paths])
    assert times.min() > 5.0
    whole = 1.0 - 2.0**-5.0
    check_ks(times, lambda t: (1.0 - 2.0 ** (-(t - 5.0) / 3.0)) / whole, "delays")


def test_stationary_variance(law: Engine) -> None:
    """Da Fonseca & Zaatour 2014, eq. 21: variance of a count in a long-run window."""
    mu, n, half = 0.5, 0.5, 1.0
    beta, tau, burn = LN2 / half, 10.0, 25.0
    kappa, gamma, rate = 1.0 / (1.0 - n), beta * (1.0 - n), mu / (1.0 - n)
    gone = (1.0 - math.exp(-tau * gamma)) / gamma
    oracle = rate * (tau * kappa**2 + (1.0 - kappa**2) * gone)
    paths = law.futures(*single(mu, n, half, burn + tau), 30_000)
    inside = counts(paths, low=burn)
    check_mean(inside, rate * tau, "stationary mean", visible=law.visible(0.02))
    check_variance(inside, oracle, "a stationary count", visible=law.visible(0.06))


def test_long_run_variance(law: Engine) -> None:
    """Variance / T tends to mu / (1-n)^3."""
    mu, n, T = 0.5, 0.4, 200.0
    paths = law.futures(*single(mu, n, 0.1, T), 6_000)
    check_variance(
        counts(paths) / math.sqrt(T),
        mu / (1.0 - n) ** 3,
        "N / sqrt T",
        visible=law.visible(0.12),
    )


def test_cluster_size_is_borel(law: Engine) -> None:
    """P(S = k) = exp(-nk) (nk)^(k-1) / k!: the whole law, skewed."""
    n = 0.6
    b = Build(horizon=200.0)
    b.stream("a")
    b.response("a", "a", children=n, half_life=0.5)
    model, theta = b.build()
    paths = law.futures(model, theta, 30_000, acts=[b.scheduled(0.5, "a")])
    size = counts(paths)
    k = np.arange(1, 60)
    borel = np.exp(
        -n * k + (k - 1) * np.log(n * k) - np.array([math.lgamma(x + 1) for x in k])
    )
    check_chances(size, [0.0, *borel], "cluster size")
    check_mean(size, 1.0 / (1.0 - n), "cluster size", visible=law.visible(0.04))
    check_variance(size, n / (1.0 - n) ** 3, "cluster size", visible=law.visible(0.35))


def test_parents_are_the_events_that_brought(law: Engine) -> None:
    """Children of one event are Poisson, whatever else goes on."""
    model, theta = single(0.4, 0.5, 1.0, 30.0)
    children = []
    for h in law.futures(model, theta, 4_000):
        assert np.all(h.parent < np.arange(len(h)))
        own = h.parent[h.parent >= 0]
        number = np.bincount(own, minlength=len(h))
        children.append(number[h.time < 20.0])
        assert np.all((h.via & 15 == 0) == (h.parent < 0))
    chances = stats.poisson.pmf(np.arange(10), 0.5 * (1.0 - 2.0**-10.0))
    check_chances(np.concatenate(children), list(chances), "children of an event")


def test_superposition_and_thinning_of_streams(law: Engine) -> None:
    """Two streams alike in all but name are one stream with both bases."""
    b = Build(horizon=20.0)
    b.stream("a", base=0.3)
    b.stream("b", base=0.2)
    for when in "ab":
        for then, share in (("a", 0.6), ("b", 0.4)):
            b.response(when, then, children=0.5 * share, half_life=2.0)
    two = law.futures(*b.build(), 8_000)
    one = law.futures(*single(0.5, 0.5, 2.0, 20.0), 8_000, first_future=100_000)
    check_same_law(counts(two), counts(one), "both streams")
    m = counts(two)
    check_mean(
        counts(two, 0) - 0.6 * m, 0.0, "share of the first", visible=1.0, scale=1.0
    )


def test_time_unit_changes_nothing(law: Engine) -> None:
    """Hours instead of days: rates / 24, half-lives and horizon x 24."""
    one = law.futures(*single(0.6, 0.5, 1.5, 10.0), 8_000)
    many = law.futures(*single(0.6 / 24, 0.5, 36.0, 240.0), 8_000, first_future=50_000)
    check_same_law(counts(one), counts(many), "counts")
    check_same_law(24.0 * first_times(one, 0), first_times(many, 0), "first times")
