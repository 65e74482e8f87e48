"""Simulated daily law = fitted law, and wrong readings of a number are flagged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from spillover.errors import ApproximationWarning
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


def test_a_fit_that_does_not_match_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine made wrong on purpose: half of each link's children."""
    from spillover.inference import match_law as module
    from spillover.inference.daily_data import DailyData
    from spillover.inference.daily_problem import daily_problem
    from spillover.inference.match_law import match_fit

    right = module.engine_model
    monkeypatch.setattr(
        module, "engine_model", lambda mu, links, G, b: right(mu, links, G / 2, b)
    )
    _, links, _, _ = setting()
    problem = daily_problem(DailyData(np.ones((D, K))), links)
    z = np.full(problem.size, 1.0)
    with pytest.warns(ApproximationWarning, match="simulated daily law is not"):
        table = match_fit(problem, z, futures=20)
    assert table is not None
    assert table.flagged
    monkeypatch.undo()
    assert match_fit(problem, z, futures=0) is None
    assert match_fit(problem, z + 9.0) is None  # a radius far above 1
    held = daily_problem(DailyData(np.ones((D, K)), factor=np.full((D, K), 0.5)), links)
    assert match_fit(held, z) is None
