"""The moving background: its blocks, the choice of its step, a slow hidden level."""

from __future__ import annotations

import numpy as np
import pytest

from spillover.inference.background import GRID, choose_step, walk_blocks
from spillover.inference.coverage import log_ou, look, random_world
from spillover.inference.daily_answers import spectral_radius
from spillover.inference.daily_data import DailyData
from spillover.inference.daily_fit import fit_daily
from tests.support.stat import check_mean


@pytest.mark.parametrize(("D", "blocks"), [(30, 1), (44, 1), (46, 2), (1096, 37)])
def test_blocks(D: int, blocks: int) -> None:
    walk = walk_blocks(D, step=0.1)
    assert walk.blocks == blocks
    assert np.bincount(walk.block).min() >= 15
    assert np.all(np.diff(walk.block) >= 0)
    # steps leave the average level alone, and each step moves all later blocks
    share = np.bincount(walk.block) / D
    np.testing.assert_allclose(share @ walk.effect, 0.0, atol=1e-12)
    assert walk.effect.shape == (blocks, blocks - 1)
    np.testing.assert_allclose(np.diff(walk.effect, axis=0), np.eye(blocks - 1))


def test_no_step_no_blocks() -> None:
    assert walk_blocks(500, step=0.0).blocks == 1


@pytest.mark.parametrize("best", range(7))
def test_the_climb_finds_the_top_of_a_hill(best: int) -> None:
    looked: list[float] = []

    def fit_at(step: float, near: float | None) -> float:
        looked.append(step)
        return step

    step, fit, seen = choose_step(
        fit_at, lambda x: -float(abs(GRID.index(x) - best)), grid=GRID
    )
    assert step == fit == GRID[best]
    assert len(looked) == len(set(looked)) == len(seen)
    assert {GRID[k] for k in (best - 1, best + 1) if 0 <= k < 7} <= set(seen)


def test_log_ou_level_has_mean_one_and_the_stated_memory() -> None:
    x = log_ou(np.random.default_rng(1), 400, 2000, sd=0.7, days=40.0)
    check_mean(x[-1], 1.0, "level", visible=0.15)
    logs = np.log(x)
    assert logs[0].std() == pytest.approx(0.7, rel=0.1)
    together = np.corrcoef(logs[300], logs[340])[0, 1]
    assert together == pytest.approx(np.exp(-1.0), abs=0.1)


def _radius(fit) -> float:
    K = fit.problem.filled.shape[1]
    x = fit.problem.numbers(fit.fit.mode)
    return spectral_radius(fit.problem.links, x.children, K)


@pytest.mark.slow
def test_slow_level_is_taken_for_contagion_less_often_by_the_walk() -> None:
    """Truth .3 with a strong slow level, few and quick links: constant far too high."""
    error = {"constant": [], "walk": []}
    for seed in range(6):
        rng = np.random.default_rng([31, seed])
        world = random_world(
            rng, K=3, D=900, radius=0.3, events=6000, half_lives=(1.0, 3.0),
            background=(0.7, 120.0),
        )  # fmt: skip
        seen = look(world, seed)
        data = DailyData(seen.counts, start_state=np.zeros(len(world.links)))
        for background, errors in error.items():
            fit = fit_daily(data, world.links, background=background)
            errors.append(_radius(fit) - 0.3)
            if background == "walk":
                assert fit.step > 0.0
    bias = {k: float(np.mean(v)) for k, v in error.items()}
    assert bias["constant"] > 0.15, bias
    assert abs(bias["walk"]) < 0.6 * bias["constant"], bias


@pytest.mark.slow
def test_constant_truth_gets_a_small_step() -> None:
    steps = []
    for seed in range(5):
        rng = np.random.default_rng([32, seed])
        world = random_world(rng, K=3, D=700, radius=0.5, events=3000)
        seen = look(world, seed)
        data = DailyData(seen.counts, start_state=np.zeros(len(world.links)))
        steps.append(fit_daily(data, world.links).step)
    assert max(steps) <= 0.06, steps
