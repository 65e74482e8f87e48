"""Time rescaling: the right model passes, wrong ones fail, sequences lie end to end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from spillover.inference.exact import Links
from spillover.inference.exact_data import prepare
from spillover.inference.exact_prior import ExactPrior, Support
from spillover.inference.exact_problem import exact_problem
from spillover.inference.rescaling import (
    clock,
    lay_end_to_end,
    rescale_exact,
    weekday_residuals,
)
from spillover.model.intensity import compensator
from tests.inference.simulate import simulate_hawkes
from tests.support.build import Build, records
from tests.support.stat import FAILURE

MU = np.array([0.5, 0.15])
G = np.array([[0.35, 0.6], [0.05, 0.2]])
DECAY = np.array([1.0])


def test_equals_the_models_compensator():
    rng = np.random.default_rng(1)
    horizon, low = 16.0, 0.4
    week = rng.uniform(0.5, 1.5, 7)
    b = Build(horizon=horizon, weekday_of_origin=1)
    for i in range(2):
        b.stream(f"s{i}", base=MU[i], weekday=tuple(week))
    kernel = [(0.5, 0.3), (4.0, 0.7)]
    for i in range(2):
        for j in range(2):
            b.response(f"s{j}", f"s{i}", children=G[i, j], half_life=kernel)
    b.factor("truce", [b.row("s1", low)], in_force=[(3.3, 3.3)], until=9.1)
    model, theta = b.build()
    time, stream = np.sort(rng.uniform(0.0, horizon, 30)), rng.integers(0, 2, 30)
    past = records(b, [(-1.0, "s1"), (-0.3, "s0")])
    history = records(b, [(t, f"s{s}") for t, s in zip(time, stream, strict=True)])
    factor = np.array([[1.0, 1.0, 1.0], [1.0, low, 1.0]])
    data = prepare(
        [*time, -1.0, -0.3],
        [*stream, 1, 0],
        streams=2,
        windows=[(0.0, horizon)],
        weekday_of_zero=1,
        factor_edges=[3.3, 9.1],
        baseline_factor=factor,
        offspring_factor=factor,
    )
    base = (
        MU[:, None] * (week / week.mean())[data.cell_day] * factor[:, data.cell_column]
    )
    weight = (np.array([0.3, 0.7])[:, None] * G.ravel()).ravel()
    found = clock(
        data, Links.dense(2, 2), base, weight, np.log(2.0) / np.array([0.5, 4.0])
    )
    at = compensator(model, theta, history, past=past)
    np.testing.assert_allclose(found.own, at[np.arange(30), stream], atol=1e-8)
    np.testing.assert_allclose(found.whole, at.sum(axis=1), atol=1e-8)
    end = compensator(model, theta, history, [horizon], past=past)
    np.testing.assert_allclose(found.total, end, atol=1e-8)


def problem_of(rng, paths, end, mu=MU, branching=G, decay=DECAY):
    """Simulated sequences, and z at given numbers."""
    runs = [simulate_hawkes(rng, MU, G, DECAY, end) for _ in range(paths)]
    data = prepare(
        np.concatenate([t for t, _ in runs]),
        np.concatenate([s for _, s in runs]),
        streams=2,
        windows=[(0.0, end)] * paths,
        sequence=np.repeat(np.arange(paths), [len(t) for t, _ in runs]),
        weekday_of_zero=0,
    )
    problem = exact_problem(data, Support.full(2), ExactPrior(rate=mu))
    z = np.concatenate([np.log(mu), np.log(branching).ravel(), np.log(decay)])
    return problem, z


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("paths", "end"), [(1, 3000.0), (250, 12.0)])
def test_right_model_passes(seed, paths, end):
    """Also with many short sequences, where pooled gaps would reject it."""
    found = rescale_exact(*problem_of(np.random.default_rng(seed), paths, end))
    assert [r.name for r in found] == ["stream 1", "stream 2", "all"]
    for r in found:
        assert r.p_value > FAILURE, r
        assert r.serial_p > FAILURE, r
        assert abs(r.events - r.expected) < 5.0 * np.sqrt(r.expected), r


def test_pooled_gaps_would_reject_the_right_model():
    """Why sequences are laid end to end: the last gap of each is cut."""
    problem, z = problem_of(np.random.default_rng(1), 1500, 6.0)
    numbers = problem.decode(z)
    found = clock(
        problem.data, problem.links, problem.base(z), numbers.weight, numbers.decay
    )
    g = problem.data.sequence[problem.data.scored]
    pooled = np.concatenate(
        [np.diff(np.sort(found.whole[g == k]), prepend=0.0) for k in range(1500)]
    )
    assert stats.kstest(pooled, stats.expon.cdf).pvalue < 1e-6
    gaps = lay_end_to_end(found.whole, g, found.total.sum(axis=1))
    assert stats.kstest(gaps, stats.expon.cdf).pvalue > FAILURE


@pytest.mark.parametrize(
    "wrong",
    [
        {"decay": DECAY * 6.0},
        {"branching": G.T.copy()},
        {"branching": G * 1e-6, "mu": np.linalg.solve(np.eye(2) - G, MU)},
        {"mu": MU * 1.4},
    ],
    ids=["decay", "transposed", "no responses", "baseline"],
)
def test_wrong_models_are_rejected(wrong):
    problem, z = problem_of(np.random.default_rng(2), 1, 6000.0, **wrong)
    found = rescale_exact(problem, z)
    assert min(min(r.p_value, r.serial_p) for r in found) < FAILURE, found


def test_weekday_residuals_see_a_quiet_day():
    rng = np.random.default_rng(3)
    problem, z = problem_of(rng, 1, 2100.0)
    residual, expected = weekday_residuals(problem, z)
    assert residual.shape == (2, 7)
    assert np.all(np.abs(residual) < 5.0), residual
    assert expected.sum() == pytest.approx(
        sum(r.expected for r in rescale_exact(problem, z)[:2]), rel=1e-9
    )
    # half of stream 1's Sundays are not reported
    data = problem.data
    sunday = (np.floor(data.time).astype(int) % 7 == 6) & (data.stream == 0)
    keep = ~sunday | (rng.random(len(sunday)) < 0.5)
    fewer = prepare(
        data.time[keep],
        data.stream[keep],
        streams=2,
        windows=data.windows,
        weekday_of_zero=0,
    )
    other = exact_problem(fewer, problem.support, replace(problem.prior))
    residual, _ = weekday_residuals(other, z)
    assert residual[0, 6] < -5.0
    assert residual[0].argmin() == 6


def test_no_event_at_all():
    data = prepare([], [], streams=1, windows=[(0.0, 4.0)])
    problem = exact_problem(data, Support.full(1))
    found = rescale_exact(problem, problem.start())
    assert found[0].events == 0
    assert found[0].p_value == 1.0
