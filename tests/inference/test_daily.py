"""The daily law: its specification, its sum, its derivatives, its simulator."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gammaln

from spillover.inference.daily import Links, daily_loglik_grad, same_day_share
from spillover.inference.daily_plain import day_law, plain_loglik, simulate_days
from tests.inference.slopes import check_slopes
from tests.support.stat import check_chances, check_mean, check_variance

LN2 = math.log(2.0)


class Setting:
    """A random small problem: full links and a second own link of hours."""

    def __init__(self, seed: int, *, K: int = 3, D: int = 25) -> None:
        rng = np.random.default_rng(seed)
        full = Links.full(K)
        self.links = Links(
            np.append(full.target, range(K)), np.append(full.source, range(K))
        )
        L = len(self.links)
        self.children = rng.uniform(0.02, 0.6 / K, L)
        self.decay = LN2 / rng.uniform(0.5, 7.0, L)
        self.decay[-K:] = LN2 * 12.0
        self.mu = rng.uniform(0.1, 1.5, (D, K))
        self.factor = rng.uniform(0.2, 1.4, (D, K))
        self.start = rng.uniform(0.0, 2.0, L)
        self.counts = simulate_days(
            rng, self.mu, self.factor, self.links.target, self.links.source,
            self.children, self.decay, self.start,
        )  # fmt: skip
        self.observed = rng.random((D, K)) > 0.25

    def value(self, **changed: object) -> object:
        one = {**self.__dict__, **changed}
        return daily_loglik_grad(
            one["counts"], one["observed"], one["mu"], one["factor"], self.links,
            one["children"], one["decay"], one["start"],
            **{k: one[k] for k in ("law", "held", "sequence_starts") if k in one},
        )  # fmt: skip

    def plain(self, observed: NDArray[np.bool_], **more: bool) -> float:
        return plain_loglik(
            self.counts, observed, self.mu, self.factor, self.links.target,
            self.links.source, self.children, self.decay, self.start, **more,
        )  # fmt: skip


@pytest.mark.parametrize("rowwise", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_compiled_is_the_specification(seed: int, rowwise: bool) -> None:
    s = Setting(seed)
    law = "rowwise" if rowwise else "good"
    every = np.ones_like(s.observed)
    for seen in (every, s.observed):
        fast = s.value(observed=seen, law=law).logp
        assert fast == pytest.approx(s.plain(seen, rowwise=rowwise), abs=1e-9)


@pytest.mark.parametrize("law", ["good", "rowwise"])
@pytest.mark.parametrize("case", ["all", "some", "held", "two sequences"])
def test_gradient_is_that_of_finite_differences(law: str, case: str) -> None:
    s = Setting(7)
    more: dict[str, object] = {"law": law}
    if case == "all":
        more["observed"] = None
    if case == "held":
        more["held"] = np.where(np.arange(25)[:, None] % 2, s.counts + 0.5, np.nan)
    if case == "two sequences":
        more["sequence_starts"] = (0, 11)
    check_slopes(s, s.value(**more), more)


def test_sequences_are_independent() -> None:
    s = Setting(3)
    whole = s.value(sequence_starts=(0, 10)).logp
    parts = [
        daily_loglik_grad(
            s.counts[p], s.observed[p], s.mu[p], s.factor[p], s.links, s.children,
            s.decay, s.start,
        ).logp
        for p in (slice(0, 10), slice(10, 25))
    ]  # fmt: skip
    assert whole == pytest.approx(sum(parts), abs=1e-10)


def test_relabelling_streams_changes_nothing() -> None:
    s = Setting(5)
    p = np.array([2, 0, 1])
    back = np.argsort(p)
    links = Links(back[s.links.target], back[s.links.source])
    moved = daily_loglik_grad(
        s.counts[:, p], s.observed[:, p], s.mu[:, p], s.factor[:, p], links,
        s.children, s.decay, s.start,
    )  # fmt: skip
    here = s.value()
    assert moved.logp == pytest.approx(here.logp, abs=1e-10)
    np.testing.assert_allclose(moved.d_children, here.d_children, atol=1e-10)


@pytest.mark.parametrize("law", ["good", "rowwise"])
def test_one_stream_is_generalised_poisson(law: str) -> None:
    b, G, mu, F = 0.8, 0.7, 0.9, 0.6
    k = float(same_day_share(b)[0])
    g, theta = F * G * k, mu + F * G * (1 - k) * 1.3
    for n in range(12):
        got = daily_loglik_grad(
            [[n]], None, [[mu]], [[F]], Links([0], [0]), [G], [b], [1.3], law=law
        ).logp
        x = theta + g * n
        assert got == pytest.approx(
            math.log(theta) + (n - 1) * math.log(x) - x - gammaln(n + 1), abs=1e-12
        )


def _grid(top: int, theta: list[float], links: Links, eta: list[float]) -> np.ndarray:
    """Chance of every pair of counts up to ``top`` on one day with an empty past."""
    k = float(same_day_share(1.0)[0])
    out = np.zeros((top, top))
    for n in itertools.product(range(top), repeat=2):
        got = daily_loglik_grad(
            [n], None, [theta], None, links, np.array(eta) / k, np.ones(4), np.zeros(4)
        )
        out[n] = math.exp(got.logp)
    return out


def test_chances_sum_to_one_and_have_the_stated_moments() -> None:
    theta, eta = [0.5, 0.3], [0.25, 0.15, 0.3, 0.1]
    p = _grid(60, theta, Links.full(2), eta)
    assert p.sum() == pytest.approx(1.0, abs=1e-9)
    mean, variance, none = day_law(theta, np.reshape(eta, (2, 2)))
    n = np.arange(60)
    for i, law in enumerate((p.sum(axis=1), p.sum(axis=0))):
        assert law @ n == pytest.approx(mean[i], abs=1e-7)
        assert law @ (n - mean[i]) ** 2 == pytest.approx(variance[i], abs=1e-5)
        assert law[0] == pytest.approx(none[i], abs=1e-9)


def test_rowwise_is_not_normalised_when_links_run_both_ways() -> None:
    """Why the determinant is kept: its diagonal alone does not sum to one."""
    k = float(same_day_share(1.0)[0])
    total = 0.0
    for n in itertools.product(range(40), repeat=2):
        total += math.exp(
            daily_loglik_grad(
                [n], None, [[0.5, 0.3]], None, Links.full(2),
                np.array([0.1, 0.35, 0.35, 0.1]) / k, np.ones(4), np.zeros(4),
                law="rowwise",
            ).logp
        )  # fmt: skip
    assert abs(total - 1.0) > 0.02


def test_law_is_that_of_simulated_clusters() -> None:
    """Clusters grown by hand on one day: joint law, mean, variance, chance of none."""
    theta, eta = [0.5, 0.3], [0.25, 0.15, 0.3, 0.1]
    rng = np.random.default_rng(11)
    N, near = 200_000, np.reshape(eta, (2, 2))
    new = rng.poisson(theta, (N, 2))
    total = new.copy()
    while new.any():
        new = rng.poisson(new @ near.T)
        total += new
    p = _grid(30, theta, Links.full(2), eta)
    joint = np.where((total < 30).all(axis=1), total[:, 0] * 30 + total[:, 1], 900)
    check_chances(joint, p.ravel().tolist(), "joint law of a day", seed=11)
    mean, variance, _ = day_law(theta, near)
    for i in range(2):
        check_mean(total[:, i], mean[i], "mean", seed=11)
        check_variance(total[:, i], variance[i], "day", visible=0.15, seed=11)


def test_score_has_mean_zero_at_the_truth() -> None:
    """Derivatives at the truth average to nothing over the law's own simulations."""
    rows = []
    for seed in range(400):
        s = Setting(0)
        rng = np.random.default_rng(seed)
        counts = simulate_days(
            rng, s.mu, s.factor, s.links.target, s.links.source, s.children,
            s.decay, s.start,
        )  # fmt: skip
        got = s.value(counts=counts, observed=None)
        rows.append(np.r_[got.d_mu.sum(0), got.d_children, got.d_decay])
    rows = np.array(rows)
    z = rows.mean(axis=0) / (rows.std(axis=0, ddof=1) / math.sqrt(len(rows)))
    assert np.abs(z).max() < 5.0, z


def test_no_chance_is_minus_infinity_with_a_finite_gradient() -> None:
    got = daily_loglik_grad(
        [[1.0]], None, [[0.0]], None, Links([0], [0]), [0.5], [1.0], [0.0]
    )
    assert got.logp == -math.inf
    assert np.isfinite(got.d_children).all()


def test_share_of_the_same_day_is_smooth_at_zero() -> None:
    b = np.array([1e-9, 9.99e-4, 1.001e-3, 0.5, 20.0])
    k, slope = same_day_share(b)
    np.testing.assert_allclose(k[:3], b[:3] / 2, rtol=1e-3)
    up, down = same_day_share(b * (1 + 1e-4))[0], same_day_share(b * (1 - 1e-4))[0]
    np.testing.assert_allclose((up - down) / (2e-4 * b), slope, rtol=1e-4)
