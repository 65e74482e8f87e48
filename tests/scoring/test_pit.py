"""Calibration checks: right laws pass, wrong ones are seen; coverage without noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spillover.scoring.blocks import block_draws, block_length, mean_interval
from spillover.scoring.pit import covered, pit, pit_check, spans


def counts_and_ends(seed: int, days: int, cells: int, told: float, size: float):
    """Counts from NB(mean 2, size 1.2); ends under NB(mean 2 told, ``size``)."""
    rng = np.random.default_rng(seed)
    y = rng.negative_binomial(1.2, 1.2 / 3.2, (days, cells))
    law = stats.nbinom(size, size / (size + 2.0 * told))
    return law.cdf(y - 1), law.cdf(y)


def test_randomized_coverage_of_the_true_law_is_its_level_exactly():
    y = np.arange(2000)
    law = stats.nbinom(0.4, 0.4 / (0.4 + 0.3))
    inside = covered(law.cdf(y - 1), law.cdf(y), 0.9)
    assert float((law.pmf(y) * inside).sum()) == pytest.approx(0.9, abs=1e-9)


def test_right_law_is_inside_its_band():
    below, upto = counts_and_ends(7, 400, 10, 1.0, 1.2)
    check = pit_check(np.random.default_rng(1), below, upto, lead=1)
    assert check.uniform
    assert check.worst < 0.03
    assert check.blocks == 57
    assert sum(check.histogram) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("told", "size"), [(1.0, 50.0), (1.0, 0.4), (0.7, 1.2), (1.4, 1.2)]
)
def test_wrong_laws_are_seen(told, size):
    """Too narrow, too wide, too low, too high."""
    below, upto = counts_and_ends(7, 400, 10, told, size)
    assert not pit_check(np.random.default_rng(1), below, upto, lead=1).uniform


def test_randomized_pit_of_the_true_law_is_uniform():
    below, upto = counts_and_ends(11, 500, 8, 1.0, 1.2)
    z = pit(np.random.default_rng(3), below, upto)
    assert stats.kstest(z.ravel(), "uniform").pvalue > 2e-5


def test_spans_of_bad_coverage():
    day = np.full(100, 0.9)
    day[40:60] = 0.3
    found = spans(day, window=10, low=0.85, high=0.95)
    assert len(found) == 1
    first, last, worst = found[0]
    assert (first, last) == (40, 68)
    assert worst == pytest.approx(0.3)
    assert spans(day[:5], window=10, low=0.85, high=0.95) == []


def test_blocks_are_circular_runs_of_days():
    draws = block_draws(np.random.default_rng(1), 20, 7, 50)
    assert draws.shape == (50, 20)
    step = np.diff(draws[:, :7], axis=1) % 20
    assert (step == 1).all()
    assert block_length(1) == 7
    assert block_length(30) == 30


def test_block_interval_is_as_wide_as_dependence_asks():
    """Means over weeks of moving sums: the interval holds the truth about as promised."""
    rng = np.random.default_rng(9)
    hits, naive = 0, 0
    for i in range(200):
        e = rng.normal(size=306)
        x = np.convolve(e, np.ones(7) / 7.0, "valid")
        got = mean_interval(np.random.default_rng(i), x, lead=14, number=300)
        assert got.low is not None
        assert got.high is not None
        hits += got.low <= 0.0 <= got.high
        half = 1.645 * x.std() / np.sqrt(len(x))
        naive += abs(x.mean()) <= half
    assert 0.80 <= hits / 200 <= 0.97
    assert naive / 200 < 0.65


def test_days_that_hold_no_two_blocks_give_no_interval():
    got = mean_interval(np.random.default_rng(1), np.arange(40.0), lead=30)
    assert (got.mean, got.low, got.high, got.se) == (19.5, None, None, None)
