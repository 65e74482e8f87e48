"""Bands of reliability hold for right forecasts of dependent questions, and only for them.

Two worlds in which the right chances are known in closed form. *Shared days*: Poisson
counts whose daily rates are multiplied by one Gamma factor for all cells, so that
P(no event in the window) = prod over its days of (1 + rate theta)^(-1 / theta). *Regimes*:
a state seen by the forecaster switches by day and multiplies the rates of its cells;
P(no event) = e' prod(M D) 1, D = diag(exp(-rate f)).
"""

from __future__ import annotations

import numpy as np
import pytest

from spillover.scoring.blocks import block_draws, block_length
from spillover.scoring.reliability import Reliability, reliability

LEVELS = np.array([0.4, 2.5])
STAY = np.array([[0.9, 0.1], [0.1, 0.9]])


def windows(daily, days, lead):
    total = np.vstack([np.zeros(daily.shape[1]), np.cumsum(daily, axis=0)])
    return total[lead : lead + days] - total[:days]


def shared_days(rng, days, cells, lead, theta=0.3):
    """Chances and what came, of right forecasts."""
    rates = np.exp(rng.normal(-1.5, 1.2, cells)) / lead
    swing = np.sin(np.arange(days + lead)[:, None] / 9 + rng.uniform(0, 6, cells))
    rates = rates * np.exp(0.5 * swing)
    counts = rng.poisson(rates * rng.gamma(1 / theta, theta, (days + lead, 1)))
    none = windows(-np.log1p(rates * theta) / theta, days, lead)
    came = (windows(counts, days, lead) > 0).astype(float)
    return np.clip(-np.expm1(none), 1e-4, 1 - 1e-4), came


def regimes(rng, days, cells, lead, fronts=4):
    """Chances and what came, of right forecasts; each front has its own state."""
    rates = np.exp(rng.normal(-1.7, 1.0, cells)) / (1 + 0.3 * (lead - 1))
    p, y = np.zeros((days, cells)), np.zeros((days, cells))
    for g in range(fronts):
        k = np.arange(g, cells, fronts)
        flips = rng.uniform(size=days + lead + 1) < 0.1
        state = np.cumsum(flips) % 2
        counts = rng.poisson(rates[k] * LEVELS[state[1:], None])
        y[:, k] = windows(counts, days, lead) > 0
        none = np.exp(-rates[k] * LEVELS[:, None])
        v = np.ones((2, len(k)))
        for _ in range(lead):
            v = STAY @ (none * v)
        p[:, k] = 1.0 - v[state[:days]]
    return np.clip(p, 1e-4, 1 - 1e-4), y


WORLDS = {"shared days": shared_days, "regimes": regimes}
SIZES = [(48, 100, 1), (42, 100, 7), (120, 24, 7), (30, 3, 7)]


def moved(p, slope, shift):
    return 1 / (1 + np.exp(-(slope * np.log(p / (1 - p)) + shift)))


def judged(world, size, n, slope=1.0, shift=0.0) -> list[Reliability]:
    out = []
    for seed in range(n):
        rng = np.random.default_rng([20310101, seed])
        p, y = WORLDS[world](rng, *size)
        told = np.clip(moved(p, slope, shift), 1e-4, 1 - 1e-4)
        out.append(reliability(rng, told, y, lead=size[2], number=199))
    return out


def share(found):
    return sum(r.within for r in found) / sum(len(r.bins) for r in found)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("size", SIZES)
def test_right_forecasts_lie_in_nine_of_ten_bands(world, size):
    """About 0.9; more where a bin holds few questions, since shares are discrete.

    Bins of one set are not independent: with 24 sets five standard errors are 0.09.
    """
    found = judged(world, size, 24)
    assert 0.80 <= share(found) <= 0.99, share(found)
    seen = sum(r.level <= 0.1 for r in found)
    assert seen <= 8, seen  # 2.4 expected; 8 or more: 0.3 % of cases


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("slope", "shift"), [(1.5, 0.0), (0.67, 0.0), (1.0, 0.4)])
def test_wrong_forecasts_are_caught(world, slope, shift):
    """Too sure, not sure enough, too high: nearly always seen on a day's questions."""
    found = judged(world, (48, 100, 1), 8, slope, shift)
    assert share(found) < 0.6
    assert sum(r.level <= 0.1 for r in found) >= 7


@pytest.mark.slow
def test_weeks_that_overlap_are_caught_where_there_is_enough_to_see():
    """42 days hold six weeks apart; with one front in common little can be seen."""
    found = judged("shared days", (42, 100, 7), 8, 1.5, 0.0)
    assert sum(r.level <= 0.1 for r in found) >= 6
    found = judged("regimes", (120, 24, 7), 8, 1.5, 0.0)
    assert sum(r.level <= 0.1 for r in found) >= 6


def naive(rng, p, y, lead):
    """Bands by resampling days in blocks: what stood here before, rejected below."""
    edges = np.unique(np.quantile(p, np.linspace(0, 1, 11)[1:-1]))
    where = np.searchsorted(edges, p, side="right")
    draws = block_draws(rng, len(p), block_length(lead), 400)
    hits, bins = 0, 0
    for b in range(len(edges) + 1):
        inside = where == b
        n, yes = inside.sum(1).astype(float), (inside * y).sum(1)
        again = yes[draws].sum(1) / np.maximum(n[draws].sum(1), 1)
        low, high = np.quantile(again[n[draws].sum(1) > 0], [0.05, 0.95])
        hits += low <= p[inside].mean() <= high
        bins += 1
    return hits / bins


def test_resampling_a_few_days_promises_too_much():
    """Why the band is not a bootstrap over days: right forecasts leave it far too often."""
    held = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        held.append(naive(rng, *shared_days(rng, 30, 3, 7), 7))
    assert np.mean(held) < 0.6


def test_questions_apart_are_binned_whole():
    rng = np.random.default_rng(5)
    p = rng.beta(1.0, 2.0, (300, 12))
    came = (rng.uniform(size=p.shape) < p).astype(float)
    found = reliability(np.random.default_rng(2), p, came, lead=1)
    assert sum(b.n for b in found.bins) == p.size
    assert found.within >= 7
    assert found.link < 0.03
    assert found.level > 0.01
    mean = sum(b.n * b.came for b in found.bins) / p.size
    assert mean == pytest.approx(came.mean())


def test_the_link_is_found():
    rng = np.random.default_rng(3)
    a = rng.normal(size=(400, 1)) * 0.2**0.5 + rng.normal(size=(400, 30)) * 0.8**0.5
    p = np.full(a.shape, 0.3)
    y = (a < -0.5244005127080407).astype(float)  # Phi^-1(0.3)
    assert reliability(rng, p, y, lead=1).link == pytest.approx(0.2, abs=0.05)


def test_certain_and_alone():
    zero = np.zeros((50, 1))
    found = reliability(np.random.default_rng(2), zero, zero, lead=7)
    assert [(b.forecast, b.came, b.n, b.within) for b in found.bins] == [
        (0, 0, 50, True)
    ]
    wrong = reliability(np.random.default_rng(2), zero, zero + 1, lead=7)
    assert wrong.within == 0
    assert wrong.level < 0.01


def test_same_seed_same_bands():
    rng = np.random.default_rng(4)
    p, y = shared_days(rng, 40, 5, 7)
    one, two = (
        reliability(np.random.default_rng(9), p, y, lead=7, number=99) for _ in range(2)
    )
    assert one == two
