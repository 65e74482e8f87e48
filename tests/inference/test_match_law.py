"""Simulated daily law = fitted law, and wrong readings of a number are flagged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from spillover.inference.daily import BURST_HALF_LIFE, Links
from spillover.inference.daily_answers import daily_law, daily_theta
from spillover.inference.daily_plain import day_law, simulate_days
from spillover.inference.match_law import engine_counts, match_law, match_table

LN2 = math.log(2.0)
K, D = 3, 400


def setting() -> tuple[
    NDArray[np.float64], Links, NDArray[np.float64], NDArray[np.float64]
]:
    """A moving baseline, an asymmetric matrix, and bursts in the first stream."""
    rng = np.random.default_rng(4)
    links = Links([0, 1, 2, 1, 2, 0], [0, 1, 2, 0, 1, 0])
    children = np.array([0.2, 0.3, 0.1, 0.6, 0.3, 0.35])
    half = np.array([3.0, 1.5, 6.0, 2.0, 0.7, BURST_HALF_LIFE])
    mu = 0.5 * np.exp(np.cumsum(rng.normal(0.0, 0.05, (D, K)), axis=0))
    return mu, links, children, LN2 / half


def test_engine_has_the_daily_law() -> None:
    mu, links, children, decay = setting()
    table = match_law(mu, links, children, decay, seed=1, futures=40)
    assert table.days == 40 * D
    assert len(table.rows) == 3 * K
    assert not table.flagged, f"\n{table}"
    assert table.worst < 5.0, f"\n{table}"


WRONG = {
    "half-lives doubled": lambda s: (s[0], s[1], s[2], s[3] / 2.0),
    "links turned round": lambda s: (s[0], Links(s[1].source, s[1].target), *s[2:]),
    "bursts left out": lambda s: (s[0], s[1], np.r_[s[2][:5], 0.0], s[3]),
    "a link a tenth stronger": lambda s: (s[0], s[1], s[2] * 1.1, s[3]),
    "days shifted": lambda s: (np.roll(s[0], 100, axis=0), *s[1:]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_variants_are_flagged(wrong: str) -> None:
    right = setting()
    counts = engine_counts(*WRONG[wrong](right), seed=1, futures=40)
    table = match_table(counts, *right)
    assert table.flagged, f"\n{table}"
    assert "differs" in str(table)


def test_law_for_many_days_is_the_law_of_each_day() -> None:
    rng = np.random.default_rng(0)
    theta, eta = rng.uniform(0.1, 2.0, (5, K)), rng.uniform(0.0, 0.25, (K, K))
    mean, variance, none = daily_law(theta, eta)
    for d in range(5):
        for got, want in zip(
            (mean, variance, none), day_law(theta[d], eta), strict=True
        ):
            np.testing.assert_allclose(got[d], want, rtol=1e-10)


def test_states_of_several_courses_and_sequences() -> None:
    mu, links, children, decay = setting()
    one = np.ones((D, K))
    rng = np.random.default_rng(2)
    start = rng.uniform(0.0, 1.0, len(links))
    runs = [
        simulate_days(rng, mu, one, links.target, links.source, children, decay, start)
        for _ in range(2)
    ]
    both = daily_theta(np.array(runs), mu, None, links, children, decay, start)
    for m in range(2):
        alone = daily_theta(runs[m], mu, one, links, children, decay, start)
        np.testing.assert_allclose(both[m], alone)
    cut = daily_theta(
        runs[0], mu, None, links, children, decay, start, sequence_starts=(0, 100)
    )
    late = daily_theta(runs[0][100:], mu[100:], None, links, children, decay, start)
    np.testing.assert_allclose(cut[100:], late)
