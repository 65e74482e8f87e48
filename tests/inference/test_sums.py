"""Sums over intervals: law, sets of numbers, derivatives, the cut, the fillings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import gammaln

from spillover.errors import FitError
from spillover.inference.daily import Links, daily_loglik_grad
from spillover.inference.daily_plain import simulate_days
from spillover.inference.sums import Blocks, fill, sums_loglik_grad
from spillover.inference.sums_kernels import log_chances
from tests.inference.slopes import check_slopes

LN2 = math.log(2.0)


def gp(n: np.ndarray, theta: float, g: float) -> np.ndarray:
    """Log chances of the generalised Poisson law, written plainly."""
    x = theta + g * n
    return np.log(theta) + (n - 1) * np.log(x) - x - gammaln(n + 1)


def chances(low, high, theta, g):
    low, high = np.atleast_1d(low).astype(float), np.atleast_1d(high).astype(float)
    out = np.zeros((len(low), 3))
    full = np.ones(len(low))
    log_chances(low, high, theta * full, g * full, out)
    return out


@pytest.mark.parametrize("g", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("theta", [0.05, 2.0, 60.0])
def test_chances_of_numbers_and_sets(theta: float, g: float) -> None:
    n = np.arange(20_000)
    p = np.exp(gp(n, theta, g))
    assert p.sum() == pytest.approx(1.0, abs=1e-9)
    got = chances([3, 2, 4, 0, 0, 500], [3, 7, np.inf, np.inf, 0, np.inf], theta, g)
    rest = p[500:].sum()
    want = [p[3], p[2:8].sum(), p[4:].sum(), 1.0, p[0], rest]
    sure = np.array(want) > 1e-250
    np.testing.assert_allclose(got[sure, 0], np.log(np.array(want)[sure]), atol=1e-8)


@pytest.mark.parametrize(
    ("low", "high"), [(4, 4), (0, 0), (2, 9), (3, np.inf), (90, np.inf), (0, np.inf)]
)
def test_slopes_of_the_chances(low: float, high: float) -> None:
    for theta, g in [(3.0, 0.4), (50.0, 0.1)]:
        got, h = chances(low, high, theta, g)[0], 1e-5
        for k, (x, y) in enumerate([((h, 0), (-h, 0)), ((0, h), (0, -h))]):
            up = chances(low, high, theta + x[0], g + x[1])[0, 0]
            down = chances(low, high, theta + y[0], g + y[1])[0, 0]
            assert (up - down) / (2 * h) == pytest.approx(
                got[1 + k], rel=1e-5, abs=1e-7
            )


class Setting:
    """Three streams; the last two are known by sums."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        K, D = 3, 42
        full = Links.full(K)
        self.links = Links(np.append(full.target, 2), np.append(full.source, 2))
        self.children = rng.uniform(0.05, 0.25, 10)
        self.decay = LN2 / rng.uniform(0.3, 6.0, 10)
        self.mu = rng.uniform(0.2, 0.8, (D, K))
        self.factor = rng.uniform(0.5, 1.2, (D, K))
        self.start = rng.uniform(0.0, 1.0, 10)
        self.counts = simulate_days(
            rng, self.mu, self.factor, self.links.target, self.links.source,
            self.children, self.decay, self.start,
        )  # fmt: skip
        self.observed = np.ones((D, K), bool)
        self.observed[:, 1:] = False
        self.observed[5, 0] = False
        first = np.r_[np.arange(0, 42, 7), 0, 20]
        end = np.r_[np.arange(7, 49, 7), 15, 41]
        stream = np.r_[np.full(6, 1), 2, 2]
        total = [self.counts[first[i] : end[i], stream[i]].sum() for i in range(8)]
        high = np.array(total)
        high[2] += 4
        high[7] = np.inf
        self.blocks = Blocks(stream, first, end, total, high)

    def value(self, **changed: object):
        one = {**self.__dict__, **changed}
        return sums_loglik_grad(
            one["counts"], one["observed"], one["mu"], one["factor"], self.links,
            one["children"], one["decay"], self.blocks, self.start,
            sequence_starts=one.get("sequence_starts", (0,)), held=one.get("held"),
        )  # fmt: skip


@pytest.mark.parametrize("case", ["spread", "held", "two sequences"])
def test_gradient_is_that_of_finite_differences(case: str) -> None:
    s = Setting()
    more: dict[str, object] = {}
    if case == "held":
        shape = np.random.default_rng(3).uniform(0.1, 2.0, (42, 3))
        more["held"] = fill(s.blocks, 42, 3, shape=shape, half_life=np.full(3, 9.0))
    if case == "two sequences":
        more["sequence_starts"] = (0, 14)
    check_slopes(s, s.value(**more), more)


def test_blocks_of_one_day_of_one_stream_are_the_daily_law() -> None:
    rng = np.random.default_rng(2)
    D, links = 30, Links([0], [0])
    counts = rng.poisson(1.0, (D, 1)).astype(float)
    days = np.arange(D)
    blocks = Blocks(np.zeros(D), days, days + 1, counts[:, 0], counts[:, 0])
    mu, G, b = np.full((D, 1), 0.6), np.array([0.5]), np.array([0.7])
    sums = sums_loglik_grad(counts, None, mu, None, links, G, b, blocks, [0.4])
    daily = daily_loglik_grad(counts, None, mu, None, links, G, b, [0.4])
    assert sums.logp == pytest.approx(daily.logp, abs=1e-10)
    assert sums.d_children == pytest.approx(daily.d_children)
    assert sums.d_decay == pytest.approx(daily.d_decay)


def test_the_cut_parts_the_rows() -> None:
    """The sums say nothing about rows of streams that are counted daily."""
    s = Setting()
    got = s.value()
    into_first = s.links.target == 0
    seen = s.observed[:, 0]
    assert np.abs(got.d_mu[seen, 0]).max() == 0.0
    # what is left comes through the one day on which stream 0 was not seen
    all_seen = s.observed.copy()
    all_seen[:, 0] = True
    got = s.value(observed=all_seen)
    assert np.abs(got.d_children[into_first]).max() == 0.0
    assert np.abs(got.d_children[~into_first]).min() > 0.0


def test_filling_adds_up() -> None:
    s = Setting()
    shape = np.random.default_rng(4).uniform(0.1, 2.0, (42, 3))
    for half_life in (1.0, 5.0, 100.0):
        out = fill(s.blocks, 42, 3, shape=shape, half_life=np.full(3, half_life))
        known = s.blocks.low == s.blocks.high
        got = s.blocks.sums(out)
        np.testing.assert_allclose(got[known], s.blocks.low[known], atol=1e-12)
        even = np.ptp(out[:7, 1]) < 1e-12
        assert even == (half_life == 1.0)
        assert np.isnan(out[:, 0]).all()


def test_expected_sum_is_that_of_simulation() -> None:
    """M is exact when the links into the stream come from counted streams only."""
    rng = np.random.default_rng(5)
    D, links = 21, Links([1, 0], [0, 0])
    G, b = np.array([0.6, 0.2]), np.array([0.3, 0.5])
    mu, start = np.full((D, 2), 0.5), np.zeros(2)
    one = np.ones((D, 2))
    counts = simulate_days(rng, mu, one, links.target, links.source, G, b, start)
    blocks = Blocks([1], [0], [D], [3.0], [3.0])
    expected = sums_loglik_grad(
        counts, None, mu, None, links, G, b, blocks, start
    ).expected
    k = 1 - (1 - np.exp(-b)) / b
    S, total = 0.0, 0.0
    for d in range(D):
        total += 0.5 + G[0] * ((1 - k[0]) * S + k[0] * counts[d, 0])
        S = math.exp(-b[0]) * S + (1 - math.exp(-b[0])) * counts[d, 0]
    assert expected[0] == pytest.approx(total)


def test_overlapping_or_empty_blocks_are_refused() -> None:
    with pytest.raises(FitError, match="two interval counts of one stream overlap"):
        Blocks([0, 0], [0, 5], [7, 9], [1, 1], [1, 1])
    Blocks([0, 1], [0, 5], [7, 9], [1, 1], [1, 1])
    with pytest.raises(FitError, match="ends are in the wrong order"):
        Blocks([0], [0], [7], [5], [1])
