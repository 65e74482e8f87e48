"""Scores of counts against `scoringrules`, SciPy and hand-computed values; properness."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules
from numpy.typing import NDArray
from scipy import stats

from spillover.scoring.laws import Laws, cdf_ends, score_laws

Floats = NDArray[np.float64]
CASES = [
    (0, 0.02, 0.3),
    (0, 3.0, 1.5),
    (1, 0.4, 2.0),
    (7, 3.0, 0.7),
    (25, 30.0, 5.0),
    (900, 700.0, 12.0),
    (0, 4000.0, 300.0),
    (4100, 4000.0, 20.0),
]


def single(m: float, f: float) -> Laws:
    return Laws.single(np.array([[m]]), np.array([[f]]))


def scored(y: float, laws: Laws, threshold: float = 1.0, level: float = 0.9):
    return score_laws(
        np.array([[float(y)]]),
        laws,
        np.array([0]),
        np.array([threshold]),
        level=level,
    )


@pytest.mark.parametrize(("y", "m", "f"), CASES)
def test_one_negative_binomial_is_scored_as_by_scoringrules(y, m, f):
    s = scored(y, single(m, f))
    law = stats.nbinom(f, f / (f + m))
    # A chance below 1e-300 counts as that.
    known = max(law.logpmf(y), np.log(1e-300))
    assert s.log[0, 0] == pytest.approx(known, abs=1e-8, rel=1e-9)
    with np.errstate(divide="ignore"):  # it takes the log of an underflown chance
        other = -float(scoringrules.logs_negbinom(y, f, f / (f + m)))
    if np.isfinite(other) and other > np.log(1e-300):
        assert s.log[0, 0] == pytest.approx(other, rel=1e-7, abs=1e-7)
    # The closed form's hypergeometric series fails for large counts: sum there.
    k = np.arange(int(law.isf(1e-12)) + y + 2)
    exact = float(((law.cdf(k) - (k >= y)) ** 2).sum())
    assert s.crps[0, 0] == pytest.approx(exact, rel=1e-5, abs=1e-6)
    if m < 100:
        closed = float(scoringrules.crps_negbinom(y, f, mu=m))
        assert s.crps[0, 0] == pytest.approx(closed, rel=1e-5, abs=1e-6)
    assert s.below[0, 0] == pytest.approx(law.cdf(y - 1), abs=1e-9)
    assert s.upto[0, 0] == pytest.approx(law.cdf(y), abs=1e-9)
    assert s.low[0, 0] == law.ppf(0.05)
    assert s.high[0, 0] == law.ppf(0.95)
    inside = law.cdf(law.ppf(0.95)) - law.cdf(law.ppf(0.05) - 1)
    assert s.perfect[0, 0] == pytest.approx(inside, abs=1e-9)
    assert s.any_event[0, 0] == pytest.approx(law.sf(0), abs=1e-9)
    assert s.exceeds[0, 0] == pytest.approx(law.sf(1), abs=1e-9)


def test_a_mixture_by_hand():
    """Half Geometric(1/2), half Geometric(1/3), from 0: P(0) = 5/12, P(1) = 17/72."""
    laws = Laws(
        np.array([1.0, 2.0]).reshape(2, 1, 1),
        np.ones((2, 1, 1)),
        np.full((2, 1, 1), 0.5),
    )
    s = scored(1, laws)
    assert s.log[0, 0] == pytest.approx(np.log(17 / 72), rel=1e-12)
    assert s.below[0, 0] == pytest.approx(5 / 12, rel=1e-12)
    assert s.upto[0, 0] == pytest.approx(47 / 72, rel=1e-12)
    assert s.mean[0, 0] == pytest.approx(1.5, abs=1e-5)
    # CRPS: F(0)^2 + sum over k >= 1 of (1 - F(k))^2, with
    # 1 - F(k) = (2^-(k+1) + (2/3)^(k+1)) / 2, summed as three geometric series.
    tail = 0.25 * (1 / 16 / (3 / 4) + 2 * (1 / 9) / (2 / 3) + (16 / 81) / (5 / 9))
    assert s.crps[0, 0] == pytest.approx((5 / 12) ** 2 + tail, abs=1e-6)


def test_a_map_of_the_distribution_function_by_hand():
    """Slopes 0.5 and 1.5 below and above the median; Geometric(1/2) from 0."""
    laws = single(1.0, 1.0).recalibrated(
        np.array([[0.5, 1.5]]), np.array([0.0, 0.5, 1.0])
    )
    s = scored(1, laws)
    # P(0): [0, 1/2] has slope 0.5, so 1/4. P(1): [1/2, 3/4] has slope 1.5: 3/8.
    assert s.below[0, 0] == pytest.approx(0.25)
    assert s.upto[0, 0] == pytest.approx(0.625)
    assert s.log[0, 0] == pytest.approx(np.log(0.375))
    assert s.any_event[0, 0] == pytest.approx(0.75)
    # Before the map the ends are the law's own.
    np.testing.assert_allclose(
        cdf_ends(np.array([[1.0]]), laws, np.array([0]))[0, 0], [0.5, 0.75]
    )


def test_a_far_miss_costs_a_finite_score_in_both_directions():
    for y, m in ((100_000, 0.01), (0, 1e5)):
        s = scored(y, single(m, 50.0))
        assert np.isfinite(s.log[0, 0])
        # Half a mean absolute difference of two draws is taken off: 8 % at size 50.
        assert s.crps[0, 0] == pytest.approx(abs(y - m), rel=0.09)


@pytest.mark.parametrize("name", ["log", "crps"])
def test_the_truth_is_never_beaten_in_expectation(name):
    """On a grid of means and sizes: the true law's expected score is the best."""
    m0, f0 = 3.0, 1.5
    law = stats.nbinom(f0, f0 / (f0 + m0))
    y = np.arange(400.0)
    p = law.pmf(y)

    def expected(m: float, f: float, slopes: list[float]) -> float:
        n = len(y)
        laws = Laws.single(np.full((n, 1), m), np.full((n, 1), f)).recalibrated(
            np.tile(slopes, (n, 1)), np.array([0.0, 0.5, 1.0])
        )
        s = score_laws(y[:, None], laws, np.arange(n), np.ones(1))
        value = getattr(s, name)[:, 0]
        return float((p * value).sum()) * (1.0 if name == "log" else -1.0)

    best = expected(m0, f0, [1.0, 1.0])
    for m in (1.0, 2.0, 2.7, 3.0, 3.3, 5.0):
        for f in (0.5, 1.2, 1.5, 1.9, 6.0):
            for slopes in ([1.0, 1.0], [0.8, 1.2], [1.1, 0.9]):
                if (m, f, slopes) != (m0, f0, [1.0, 1.0]):
                    assert expected(m, f, slopes) < best


def test_crps_of_a_law_agrees_with_that_of_its_draws():
    rng = np.random.default_rng(20240601)
    laws = Laws(
        np.array([2.0, 9.0]).reshape(2, 1, 1),
        np.array([1.0, 4.0]).reshape(2, 1, 1),
        np.array([0.7, 0.3]).reshape(2, 1, 1),
    )
    n = 4000
    pick = (rng.uniform(size=n) > 0.7).astype(int)
    mean, size = np.array([2.0, 9.0])[pick], np.array([1.0, 4.0])[pick]
    draws = rng.poisson(rng.gamma(size) * mean / size)
    for y in (0, 3, 20):
        own = scored(y, laws).crps[0, 0]
        fair = scoringrules.crps_ensemble(y, draws, estimator="fair")
        # |y - X| has a standard deviation below 8 here; five standard errors.
        assert abs(own - fair) < 5 * 8 / np.sqrt(n)
