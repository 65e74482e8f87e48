"""A shift of chances: found where there is one, none where there is none, never from the future."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from spillover.inference.chance_shift import MEMORY, STIFF, shifted

DAYS, CELLS = 200, 40


def world(shift, seed=1):
    """Chances told, and what came when their log-odds are off by ``shift``."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1.2, 2.5, (DAYS, CELLS)).clip(0.01, 0.99)
    right = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + shift)))
    return p, (rng.uniform(size=p.shape) < right).astype(float), right


def log_score(p, y):
    return float(-np.log(np.where(y > 0.5, p, 1 - p)).mean())


@pytest.mark.parametrize("shift", [-0.6, 0.6])
@pytest.mark.parametrize("lead", [1, 7])
def test_a_shift_is_found_and_most_of_the_loss_won_back(shift, lead):
    p, y, right = world(shift)
    q = shifted(p, y, np.arange(DAYS), lead)
    late = slice(100, None)
    lost = log_score(p[late], y[late]) - log_score(right[late], y[late])
    left = log_score(q[late], y[late]) - log_score(right[late], y[late])
    assert left < 0.25 * lost


def test_right_chances_are_left_nearly_alone():
    p, y, _ = world(0.0)
    q = shifted(p, y, np.arange(DAYS), 1)
    assert log_score(q, y) - log_score(p, y) < 0.001


def test_the_mode_is_the_one_of_the_stated_sum():
    p, y, _ = world(0.5)
    lead, t = 7, 120
    got = shifted(p, y, np.arange(DAYS), lead)[t]
    closed = np.arange(0, t - lead + 1)
    u = 0.5 ** ((t - lead - closed) / MEMORY) * np.sqrt(CELLS / lead) / CELLS
    odds = np.log(p / (1 - p))

    def loss(a):
        q = 1 / (1 + np.exp(-(odds[closed] + a)))
        each = np.log(np.where(y[closed] > 0.5, q, 1 - q)).sum(axis=1)
        return -float(u @ each) + 0.5 * STIFF * a**2

    a = minimize_scalar(
        loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-10}
    )
    assert np.log(got / (1 - got)) - odds[t] == pytest.approx(a.x, abs=1e-6)


def test_nothing_open_is_used():
    p, y, _ = world(0.4)
    at = np.arange(DAYS)
    before = shifted(p, y, at, 7)
    other = y.copy()
    other[101:] = 1 - other[101:]
    after = shifted(p, other, at, 7)
    assert np.array_equal(before[:108], after[:108])  # day 101 closes on day 108
    assert not np.array_equal(before[108], after[108])
    assert np.allclose(before[:8][0], p[0])
