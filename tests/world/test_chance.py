"""The map of chances: planted distortions are undone, intervals cover, bounds hold."""

from __future__ import annotations

import numpy as np
import pytest

from spillover.world.rates_chance import HIGHEST, LOWEST, fit_map
from spillover.world.rates_weeks import Stretch

R = 3


def invented(rng, first, n=6000, seen=5000, offset=(0.0, 0.7, -0.4), new=-0.5):
    """Expected numbers whose true chance is moved by an offset for each act."""
    expected = np.exp(rng.uniform(-9.0, 1.0, (n, R)))
    fresh = np.arange(n) >= seen
    q = -np.expm1(-expected)
    logit = (
        0.9 * np.log(q) - 1.2 * np.log1p(-q) + np.array(offset) + new * fresh[:, None]
    )
    p = 1.0 / (1.0 + np.exp(-logit))
    happened = rng.random((n, R)) < p
    source = rng.integers(0, 400, n)
    part = Stretch(first, 7, source, source + 1, seen, expected, happened, np.ones(n))
    return part, p, fresh


@pytest.fixture(scope="module")
def learned():
    rng = np.random.default_rng(1)
    return fit_map([invented(rng, 7 * k)[0] for k in range(8)], actions=R, draws=60)


def test_a_planted_distortion_is_undone(learned):
    part, p, fresh = invented(np.random.default_rng(2), 70)
    stated = learned.chance(part.expected, fresh)
    raw = -np.expm1(-part.expected)
    assert np.abs(raw - p).max() > 0.1
    assert np.abs(stated - p).max() < 0.04
    # calibrated by act, within five standard errors
    for r in range(R):
        se = np.sqrt((stated[:, r] * (1 - stated[:, r])).sum())
        assert abs(part.happened[:, r].sum() - stated[:, r].sum()) < 5 * se


def test_intervals_hold_the_chance_and_mostly_the_truth(learned):
    part, p, fresh = invented(np.random.default_rng(3), 70)
    stated = learned.chance(part.expected, fresh)
    hit = 0
    for k in range(0, 6000, 40):
        r = k % R
        low, high = learned.interval(float(part.expected[k, r]), r, bool(fresh[k]))
        assert low <= stated[k, r] <= high
        hit += low <= p[k, r] <= high
    assert hit / 150 > 0.75


def test_no_chance_is_none_or_certain(learned):
    expected = np.array([[0.0, 1e-300, 1e-12], [50.0, 500.0, 1e6]])
    stated = learned.chance(expected, np.array([True, False]))
    assert (stated >= LOWEST).all()
    assert (stated <= HIGHEST).all()
    for r in range(R):
        low, high = learned.interval(float(expected[1, r]), r, False)
        assert LOWEST <= low <= high <= HIGHEST


def test_a_level_that_falls_from_stretch_to_stretch_is_carried_on():
    rng = np.random.default_rng(4)
    parts = [invented(rng, 7 * k, new=-0.1 * k, seen=1000)[0] for k in range(8)]
    learned = fit_map(parts, actions=R, draws=4)
    nxt, p, fresh = invented(rng, 56, new=-0.8, seen=1000)
    stated = learned.chance(nxt.expected, fresh)[fresh]
    assert stated.sum() == pytest.approx(p[fresh].sum(), rel=0.06)
