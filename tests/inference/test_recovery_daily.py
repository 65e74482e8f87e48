"""Numbers come back: from the law's own counts and from the engine's, days and sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spillover.inference.coverage import (
    World,
    inside,
    look,
    random_world,
    summary,
)
from spillover.inference.daily import Links, same_day_share
from spillover.inference.daily_answers import (
    daily_law,
    daily_theta,
    mean_rate,
    next_days,
    spectral_radius,
)
from spillover.inference.daily_data import DailyData, DailyPrior, add_bursts
from spillover.inference.daily_fit import DailyFit, fit_daily, hessian
from spillover.inference.daily_problem import daily_problem
from spillover.inference.match_law import match_law
from spillover.inference.sums import Blocks

LN2 = math.log(2.0)


def world(D: int = 1500) -> World:
    """Two streams, one way stronger than the other."""
    return World(
        np.tile([0.6, 0.3], (D, 1)),
        Links([0, 1, 0, 1], [0, 1, 1, 0]),
        np.array([0.3, 0.2, 0.1, 0.5]),
        LN2 / np.array([4.0, 2.0, 3.0, 1.5]),
    )


def fitted(w: World, counts: np.ndarray, **more: object) -> DailyFit:
    data = DailyData(counts, start_state=np.zeros(len(w.links)))
    return fit_daily(data, w.links, background="constant", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("own", [True, False])
def test_one_long_course_within_its_errors(own: bool) -> None:
    w = world()
    fit = fitted(w, look(w, 3, own=own).counts)
    assert fit.fit.converged
    draws = fit.fit.draws(np.random.default_rng(0), 2000)
    numbers = [fit.problem.numbers(z) for z in draws]
    logs = np.log([np.r_[x.block_mu[0], x.children, x.half_life] for x in numbers])
    truth = np.log(np.r_[w.mu[0], w.children, LN2 / w.decay])
    z = (logs.mean(axis=0) - truth) / logs.std(axis=0)
    assert np.abs(z).max() < 4.0, np.round(z, 1)
    radius = [spectral_radius(w.links, x.children, 2) for x in numbers]
    assert abs(np.mean(radius) - w.radius) < 4.0 * np.std(radius)
    assert np.std(radius) < 0.12  # the prior alone: about .3


def test_after_the_fit_the_engine_has_the_fitted_law() -> None:
    w = world(600)
    fit = fitted(w, look(w, 4).counts)
    x = fit.problem.numbers(fit.fit.mode)
    table = match_law(x.mu, w.links, x.children, x.decay, futures=20)
    assert not table.flagged, f"\n{table}"
    assert fit.match is not None
    assert fit.match.days == 4 * 600
    assert not fit.match.flagged, f"\n{fit.match}"


def test_second_derivatives_and_gradient() -> None:
    """The Hessian made stream by stream is that of plain differences of gradients."""
    rng = np.random.default_rng(0)
    w = random_world(rng, K=3, D=200, radius=0.5, events=900, share=0.6)
    plain = DailyPrior()
    burst_links, burst_prior = add_bursts(w.links, 3, plain)
    roles = DailyPrior(role=(w.links.target != w.links.source).astype(np.int64))
    for links, prior, sharing in [
        (w.links, plain, "row"),
        (burst_links, burst_prior, "link"),
        (w.links, roles, "all"),
    ]:
        data = DailyData(
            look(w, 1).counts,
            start_state=np.zeros(len(links)),
            weekday=np.arange(200) % 7,
            baseline_factor=rng.uniform(0.5, 1.5, (200, 3)),
            factor=rng.uniform(0.5, 1.0, (200, 3)),
        )
        p = daily_problem(data, links, prior, step=0.2, sharing=sharing)  # type: ignore[arg-type]
        assert p.separate_days
        assert len(p.names) == p.size
        z = rng.normal(0.0, 0.5, p.size)
        _, grad = p.logp_grad(z)
        H, h = hessian(p, z), 1e-5
        for c in rng.choice(p.size, 12, replace=False):
            e = np.zeros(p.size)
            e[c] = h
            (up, g_up), (down, g_down) = p.logp_grad(z + e), p.logp_grad(z - e)
            assert (up - down) / (2 * h) == pytest.approx(grad[c], rel=1e-5, abs=1e-5)
            np.testing.assert_allclose(
                H[:, c], -(g_up - g_down) / (2 * h), rtol=1e-3, atol=2e-3
            )


def test_prior_draws_have_the_stated_law() -> None:
    w = world(60)
    p = daily_problem(
        DailyData(np.zeros((60, 2))), w.links, DailyPrior(children=0.2, level=1.0)
    )
    rng = np.random.default_rng(0)
    u = rng.standard_normal((20_000, p.size))
    logs = np.log([p.numbers(p.from_normal(row)).children[0] for row in u])
    assert abs(logs.mean() - math.log(0.2)) < 5 * logs.std() / math.sqrt(20_000)
    assert logs.std() == pytest.approx(1.0, abs=0.03)
    # and the density agrees: normal density times the change of coordinate
    for row in u[:20]:
        z, h = p.from_normal(row), 1e-6
        value, slope, _ = p.log_prior(z)
        part = p.at["children"]
        stretch = 0.0
        for k in range(part.start, part.stop):
            e = np.zeros(p.size)
            e[k] = h
            change = (p.from_normal(row + e)[k] - p.from_normal(row - e)[k]) / (2 * h)
            stretch += math.log(change)
        assert value == pytest.approx(-0.5 * row @ row - stretch, abs=1e-5)
        e = np.zeros(p.size)
        e[part.start] = h
        up, down = p.log_prior(z + e)[0], p.log_prior(z - e)[0]
        assert (up - down) / (2 * h) == pytest.approx(slope[part.start], abs=1e-5)


def test_inside_has_its_level_for_counts() -> None:
    """A perfect forecast of small counts covers 90 % with randomised ends."""
    rng = np.random.default_rng(0)
    hits = [
        inside(rng.poisson(0.7, 400), rng.poisson(0.7), rng=rng) for _ in range(3000)
    ]
    assert np.mean(hits) == pytest.approx(0.9, abs=5 * math.sqrt(0.09 / 3000))
    bias, se, rmse = summary(np.array([1.0, 3.0]))
    assert (bias, se, rmse) == pytest.approx((2.0, 1.0, math.sqrt(5.0)))


def test_forecast_of_the_next_day_has_the_right_mean() -> None:
    w = world(300)
    seen = look(w, 5)
    fit = fitted(w, seen.counts)
    rng = np.random.default_rng(1)
    one = fit.fit.mode[None]
    got = next_days(fit.problem, one, rng, per_draw=40_000, days=2)[:, 0]
    x = fit.problem.numbers(fit.fit.mode)
    mu = np.vstack([x.mu, x.mu[-1:]])
    theta = daily_theta(
        seen.counts, mu, None, w.links, x.children, x.decay, np.zeros(4)
    )[-1]
    k, _ = same_day_share(x.decay)
    mean, variance, none = daily_law(theta, w.links.matrix(x.children * k, 2))
    se = np.sqrt(variance / 40_000)
    assert np.all(np.abs(got.mean(axis=0) - mean) < 5 * se)
    assert np.all(np.abs((got == 0).mean(axis=0) - none) < 5 * 0.5 / 200)


@pytest.mark.slow
@pytest.mark.parametrize("own", [True, False])
def test_intervals_and_bias_over_many_courses(own: bool) -> None:
    """40 courses: z-scores near normal, 90 % intervals hold the truth about so often."""
    w = world(700)
    z, error, spread, held, rate = [], [], [], [], []
    for seed in range(40):
        fit = fitted(w, look(w, 100 + seed, own=own).counts)
        rng = np.random.default_rng(seed)
        numbers = [fit.problem.numbers(p) for p in fit.draws(rng, 400)]
        logs = np.log([np.r_[x.block_mu[0], x.children, x.half_life] for x in numbers])
        truth = np.log(np.r_[w.mu[0], w.children, LN2 / w.decay])
        z.append((logs.mean(axis=0) - truth) / logs.std(axis=0))
        r = np.array([spectral_radius(w.links, x.children, 2) for x in numbers])
        m = np.array([mean_rate(w.links, x.children, x.mu[0])[1] for x in numbers])
        error.append(np.median(r) - w.radius)
        spread.append(r.std())
        held.append(inside(r, w.radius))
        rate.append(inside(m, float(w.rate[1])))
    size = np.sqrt(np.mean(np.square(z), axis=0))
    assert size.max() < 1.5, np.round(size, 2)
    bias, se, rmse = summary(np.array(error))
    # the error is the stated one: with 40 courses it is known to about a ninth
    assert rmse < 1.4 * np.mean(spread), (bias, se, rmse, np.mean(spread))
    assert abs(bias) < 0.5 * np.mean(spread), (bias, se, rmse, np.mean(spread))
    # 40 draws of .9: three standard errors are .14
    assert np.mean(held) > 0.76, np.mean(held)
    assert np.mean(rate) > 0.76, np.mean(rate)


@pytest.mark.slow
def test_bursts_are_found_where_they_are() -> None:
    """A stream with same-day bursts is told from one without."""
    D = 1200
    links = Links([0, 1, 0], [0, 1, 0])
    truth = World(
        np.full((D, 2), 0.7), links, np.array([0.2, 0.2, 0.5]),
        LN2 / np.array([4.0, 4.0, 1.0 / 12.0]),
    )  # fmt: skip
    counts = look(truth, 8).counts
    more, prior = add_bursts(Links([0, 1], [0, 1]), 2, DailyPrior())
    data = DailyData(counts, start_state=np.zeros(4))
    fit = fit_daily(data, more, prior, background="constant")
    x = fit.problem.numbers(fit.fit.mode)
    assert x.children[2] == pytest.approx(0.5, abs=0.12)
    assert x.children[3] < 0.12
    assert not match_law(x.mu, more, x.children, x.decay, futures=10).flagged


@pytest.mark.slow
def test_a_stream_known_by_weeks_is_nearly_as_good_as_days() -> None:
    """Links run both ways: with sums looked at too early the radius would run away."""
    w = world(1400)
    errors = {"days": [], "weeks": []}
    first = np.arange(0, 1400, 7)
    for seed in range(8):
        counts = look(w, seed).counts
        sums = counts[:, 1].reshape(-1, 7).sum(axis=1)
        blocks = Blocks(np.ones(200), first, first + 7, sums, sums)
        for name, data in {
            "days": DailyData(counts, start_state=np.zeros(4)),
            "weeks": DailyData(counts * [1, 0], start_state=np.zeros(4), blocks=blocks),
        }.items():
            fit = fit_daily(data, w.links, background="constant", futures=0)
            x = fit.problem.numbers(fit.fit.mode)
            errors[name].append(spectral_radius(w.links, x.children, 2) - w.radius)
    days, weeks = (summary(np.array(e))[2] for e in errors.values())
    assert weeks < 1.7 * days, errors
    assert weeks < 0.13, errors
