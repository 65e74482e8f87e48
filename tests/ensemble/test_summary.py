"""From counts to answers: error by draw, intervals without within-draw noise.

A perfect forecaster is simulated: the chance of a yes in each draw is known, the counts
are binomial. `chance_of` must give back the spread of the chance, not of the counts.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from spillover.ensemble.summary import chance_of, quantiles_of
from spillover.study.forecast import base_rate

D, M = 2000, 20


def logit_normal(rng: np.random.Generator, p: float, sd: float, n: int) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-(math.log(p / (1 - p)) + sd * rng.standard_normal(n))))


def of_mean_and_sd(p: float, sd: float) -> tuple[float, float]:
    """Shapes of the beta law with this mean and standard deviation."""
    size = p * (1 - p) / sd**2 - 1.0
    return p * size, (1 - p) * size


@pytest.mark.parametrize("p", [0.002, 0.02, 0.1, 0.28, 0.5, 0.9])
def test_no_spread_gives_no_interval(p: float) -> None:
    """Known chance, no parameter spread: no interval, or one narrower than 1 point.

    The dispersion sum((k - m p)^2) / (m p (1 - p)) is chi-square on D - 1 under no
    spread and `chance_of` gives an interval above its 99 % point: 1 in 100 times. Of
    100 repetitions at most 5 may show one as wide as a point (chance of more, were all
    the false ones that wide: 0.05 %; binomial 100, 0.01).
    """
    rng = np.random.default_rng(int(1000 * p) + 1)
    wide = shown = 0
    for _ in range(100):
        c = chance_of(rng.binomial(M, p, D), M)
        shown += c.low is not None
        if c.low is not None:
            assert c.high is not None
            wide += c.high - c.low >= 0.01
        else:
            assert c.high is None
            assert c.spread == 0.0
    assert wide <= 5, f"p {p}: {wide} of 100 wider than a point"
    assert shown <= 8, f"p {p}: {shown} of 100 showed an interval, due 1"


@pytest.mark.parametrize(
    ("law", "p", "sd"),
    [
        ("beta", 0.1, 0.05),
        ("beta", 0.28, 0.05),
        ("beta", 0.28, 0.15),
        ("beta", 0.5, 0.2),
        ("beta", 0.2, 0.1),
        ("logit-normal", 0.1, 0.5),
        ("logit-normal", 0.3, 0.4),
        ("logit-normal", 0.3, 0.8),
        ("logit-normal", 0.5, 0.9),
    ],
)
def test_spread_is_recovered(law: str, p: float, sd: float) -> None:
    """Spread and width of the 90 % interval of a simulated chance, within 10 %.

    For a beta law the interval is exact up to the noise of its two moments. A
    logit-normal one is not a beta law: what the method of moments makes of it is held
    to the same 10 % (its sd of the logit is given; its chances spread 0.05 to 0.18).
    Each figure is the mean over 10 repetitions of D = 2000.
    """
    rng = np.random.default_rng(5)
    if law == "beta":
        a, b = of_mean_and_sd(p, sd)
        low, high = stats.beta.ppf([0.05, 0.95], a, b)
        true = sd
    else:
        many = logit_normal(rng, p, sd, 1_000_000)
        low, high = np.quantile(many, [0.05, 0.95])
        true = float(many.std())
    assert 0.03 < true < 0.21
    spreads, widths, lows, highs = [], [], [], []
    for _ in range(10):
        chances = rng.beta(a, b, D) if law == "beta" else logit_normal(rng, p, sd, D)
        c = chance_of(rng.binomial(M, chances), M)
        assert c.low is not None
        assert c.high is not None
        spreads.append(c.spread)
        widths.append(c.high - c.low)
        lows.append(c.low)
        highs.append(c.high)
    said = (
        f"spread {np.mean(spreads):.4f} of {true:.4f}, "
        f"width {np.mean(widths):.4f} of {high - low:.4f}"
    )
    assert abs(np.mean(spreads) / true - 1) < 0.1, said
    assert abs(np.mean(widths) / (high - low) - 1) < 0.1, said
    assert abs(np.mean(lows) - low) < 0.1 * (high - low), said
    assert abs(np.mean(highs) - high) < 0.1 * (high - low), said
    # one repetition is as good as this, not only their mean
    assert np.all(np.abs(np.array(spreads) / true - 1) < 0.25), said


def test_raw_counts_would_be_too_wide() -> None:
    """What the correction is for: with M = 20 the raw quantiles are far off."""
    rng = np.random.default_rng(8)
    chances = rng.beta(*of_mean_and_sd(0.28, 0.05), D)
    k = rng.binomial(M, chances)
    raw = np.subtract(*np.quantile(k / M, [0.95, 0.05]))
    true = np.subtract(*stats.beta.ppf([0.95, 0.05], *of_mean_and_sd(0.28, 0.05)))
    assert raw > 1.7 * true
    c = chance_of(k, M)
    assert c.low is not None
    assert c.high is not None
    assert abs((c.high - c.low) / true - 1) < 0.25


@pytest.mark.parametrize(
    ("draws", "futures", "p", "sd"), [(200, 20, 0.28, 0.1), (500, 20, 0.1, 0.08)]
)
def test_error_is_clustered_by_draw(
    draws: int, futures: int, p: float, sd: float
) -> None:
    """Monte Carlo error against the true one over 300 repetitions, within 10 %.

    The sd of 300 estimates is itself known to 1 / sqrt(600) = 4 %: 10 % is 2.4 of
    those, at a fixed seed.
    """
    rng = np.random.default_rng(11)
    a, b = of_mean_and_sd(p, sd)
    found, said, naive = [], [], []
    for _ in range(300):
        c = chance_of(rng.binomial(futures, rng.beta(a, b, draws)), futures)
        found.append(c.p)
        said.append(c.mc_se)
        naive.append(math.sqrt(c.p * (1 - c.p) / (draws * futures)))
    theory = math.sqrt((sd**2 + (p * (1 - p) - sd**2) / futures) / draws)
    true = float(np.std(found, ddof=1))
    assert abs(true / theory - 1) < 0.15
    assert abs(np.mean(said) / true - 1) < 0.1
    assert abs(np.mean(said) / theory - 1) < 0.02
    assert np.mean(naive) < 0.8 * true


def test_style_example() -> None:
    """STYLE 7.1: 200 x 200, p .28: true .0151, clustered .0143, naive .0022."""
    rng = np.random.default_rng(12)
    draws = futures = 200
    sd = math.sqrt(0.0151**2 * draws)  # nearly all of the error is that of the draws
    a, b = of_mean_and_sd(0.28, sd)
    found, said = [], []
    for _ in range(300):
        c = chance_of(rng.binomial(futures, rng.beta(a, b, draws)), futures)
        found.append(c.p)
        said.append(c.mc_se)
    naive = math.sqrt(0.28 * 0.72 / (draws * futures))
    true = float(np.std(found, ddof=1))
    assert abs(true / 0.0151 - 1) < 0.12
    assert abs(np.mean(said) / true - 1) < 0.1
    assert naive == pytest.approx(0.0022, abs=5e-5)
    assert naive < 0.2 * true


@pytest.mark.parametrize("k", [0, 20])
def test_all_or_nothing(k: int) -> None:
    """Never, or always: no interval and no error, not a division by zero."""
    c = chance_of(np.full(50, k, np.int32), 20)
    assert (c.p, c.mc_se, c.low, c.high, c.spread) == (k / 20, 0.0, None, None, 0.0)


def test_one_future_or_one_draw() -> None:
    """Too little to tell: no interval; with one draw no error either."""
    c = chance_of(np.array([0, 1, 1, 0]), 1)
    assert c.p == 0.5
    assert c.low is None
    one = chance_of(np.array([7]), 20)
    assert one.p == 0.35
    assert math.isnan(one.mc_se)


def test_draws_that_are_sure() -> None:
    """Half of the draws always, half never: the whole range."""
    c = chance_of(np.repeat([0, 20], 500), 20)
    assert c.low is not None
    assert c.high is not None
    assert c.low < 0.01
    assert c.high > 0.99
    assert c.spread == pytest.approx(0.5, abs=0.001)


def test_quantiles_of() -> None:
    """Against numpy's inverted distribution function, on a histogram of counts."""
    rng = np.random.default_rng(2)
    points = (0.05, 0.25, 0.5, 0.75, 0.95)
    for mean in (0.3, 4.0, 60.0):
        x = rng.poisson(mean, 999)
        due = np.quantile(x, points, method="inverted_cdf")
        assert quantiles_of(np.bincount(x, minlength=200), points) == tuple(due)
    assert quantiles_of(np.array([0, 0, 5, 0]), (0.05, 0.95)) == (2.0, 2.0)
    assert all(math.isnan(q) for q in quantiles_of(np.zeros(9, np.int64), points))


@pytest.mark.parametrize(
    ("events", "days", "window"),
    [(0, 391.0, 90.0), (3, 391.0, 90.0), (12, 100.0, 30.0)],
)
def test_base_rate(events: int, days: float, window: float) -> None:
    """Gamma(n + 1/2, T) for the rate, Poisson counts in the window: by simulation."""
    rng = np.random.default_rng(3)
    n = 400_000
    rate = rng.gamma(events + 0.5, 1.0 / days, n)
    share = float((rng.poisson(rate * window) > 0).mean())
    due = base_rate(events, days, window)
    assert abs(share - due) < 5 * math.sqrt(due * (1 - due) / n)


def test_base_rate_limits() -> None:
    """Never in a long time: about nothing; a longer window: more."""
    assert base_rate(0, 391.0, 90.0) == pytest.approx(1 - math.sqrt(391 / 481))
    assert base_rate(0, 1e9, 90.0) < 1e-6
    assert (
        base_rate(2, 100.0, 60.0)
        > base_rate(2, 100.0, 30.0)
        > base_rate(1, 100.0, 30.0)
    )
