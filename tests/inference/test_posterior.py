"""Mode and Laplace spread: exact where the posterior is normal, labelled where flat."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln

from spillover.errors import FitError
from spillover.inference.posterior import fit_map, laplace, reweighted_draws


class Normal:
    """A normal law with correlations, up to a constant that is counted."""

    def __init__(self, mean, covariance):
        self.mean, self.covariance = np.asarray(mean), np.asarray(covariance)
        self.names = tuple(f"x{k}" for k in range(len(self.mean)))

    def logp_grad(self, z):
        grad = -np.linalg.solve(self.covariance, z - self.mean)
        law = stats.multivariate_normal(self.mean, self.covariance)
        return float(law.logpdf(z)), grad


class Rate:
    """Log rate of n events in T days with a Gamma(a, b) prior."""

    names = ("log rate",)

    def __init__(self, n, T, a=2.0, b=1.0):
        self.n, self.T, self.a, self.b = n, T, a, b

    def logp_grad(self, z):
        rate = np.exp(z[0])
        shape, slope = self.n + self.a, self.T + self.b
        norm = self.a * np.log(self.b) - gammaln(self.a)
        return float(shape * z[0] - slope * rate + norm), np.array(
            [shape - slope * rate]
        )


def test_normal_is_found_exactly():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(6, 6))
    target = Normal(rng.normal(size=6), root @ root.T + np.eye(6))
    fit = fit_map(target, np.zeros(6))
    assert fit.converged
    np.testing.assert_allclose(fit.mode, target.mean, atol=1e-8)
    np.testing.assert_allclose(fit.covariance, target.covariance, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(fit.spread**2, np.diag(target.covariance), rtol=1e-5)
    # a density integrates to one, and for a normal law Laplace is exact
    assert abs(fit.evidence) < 1e-5
    assert fit.flat == 0


def test_evidence_of_a_rate_is_near_the_integral():
    fit = fit_map(Rate(60, 30.0), np.zeros(1))
    exact = float(
        2.0 * np.log(1.0) - gammaln(2.0) + gammaln(62.0) - 62.0 * np.log(31.0)
    )
    assert fit.mode[0] == pytest.approx(np.log(62.0 / 31.0), abs=1e-9)
    assert fit.evidence == pytest.approx(exact, abs=1.0 / (10.0 * 62.0))


def test_tall_posterior_is_climbed_to_the_top():
    """With a million events the tolerance of L-BFGS alone stops short."""
    n, T = 3_000_000, 1_000_000.0
    fit = fit_map(Rate(n, T), np.zeros(1))
    top = np.log((n + 2.0) / (T + 1.0))
    assert abs(fit.mode[0] - top) < 0.01 * fit.spread[0]


def test_draws_have_the_law():
    target = Normal([1.0, -2.0], [[1.0, 0.8], [0.8, 4.0]])
    fit = fit_map(target, np.zeros(2))
    z = fit.draws(np.random.default_rng(2), 40_000)
    se = fit.spread / np.sqrt(len(z))
    assert np.all(np.abs(z.mean(axis=0) - fit.mode) < 5.0 * se)
    np.testing.assert_allclose(np.cov(z.T), fit.covariance, rtol=0.05)


class Flat(Normal):
    """Says nothing about its last coordinate."""

    def logp_grad(self, z):
        value, grad = super().logp_grad(np.append(z[:-1], self.mean[-1]))
        return value, np.append(grad[:-1], 0.0)


def test_flat_directions_are_counted_and_bounded():
    covariance, _, flat = laplace(Flat([0.0, 0.0], np.eye(2)), np.zeros(2), widest=7.0)
    assert flat == 1
    assert np.sqrt(covariance[1, 1]) == pytest.approx(7.0)


def test_start_outside_is_refused():
    class Nowhere(Normal):
        def logp_grad(self, z):
            return -np.inf, np.zeros_like(z)

    with pytest.raises(FitError) as caught:
        fit_map(Nowhere([0.0], [[1.0]]), np.zeros(1))
    assert str(caught.value) == "the log posterior is not finite where the fit starts"


def test_reweighted_draws_have_the_posteriors_law():
    """A skewed posterior: the normal law in logs has its mean too high by a third."""
    problem = Rate(0, 3.0)  # Gamma(2, 4)
    fit = fit_map(problem, np.zeros(1))
    rng = np.random.default_rng(3)
    z, effective = reweighted_draws(problem, fit, rng, 4000, tried=40_000)
    rate = np.exp(z[:, 0])
    se = np.sqrt(2.0) / 4.0 / np.sqrt(min(effective, 4000))
    assert abs(rate.mean() - 0.5) < 5 * se
    assert abs(np.exp(fit.draws(rng, 40_000)).mean() - 0.5) > 0.1
    assert 5_000 < effective <= 40_000


def test_reweighted_draws_of_a_normal_law_change_nothing():
    target = Normal([1.0, -2.0], [[1.0, 0.8], [0.8, 4.0]])
    fit = fit_map(target, np.zeros(2))
    z, effective = reweighted_draws(target, fit, np.random.default_rng(4), 4000)
    assert effective > 5000
    assert np.all(np.abs(z.mean(axis=0) - fit.mode) < 5 * fit.spread / np.sqrt(4000))
