"""Simulation-based calibration: the harness sees wrong posteriors, NUTS passes.

The harness first, on a rate with a known posterior; then NUTS under the exact-time
likelihood's own generator, and the same draws made wrong on purpose.
"""

from __future__ import annotations

import numpy as np
import pytest

from spillover.inference.exact_data import prepare
from spillover.inference.exact_prior import ExactPrior, Support
from spillover.inference.exact_problem import exact_problem
from spillover.inference.sbc import Ranks, ecdf_bands, nuts_sampler, sbc
from tests.inference.simulate import simulate_hawkes

LEVEL = 0.999
"""Chance that a right posterior passes one of these tests (fixed seeds)."""
END = 12.0


class Rate:
    """Log rate with an exponential prior on the rate, from a count in 10 days."""

    names = ("log rate",)

    def __init__(self, count):
        self.count = count

    def logp_grad(self, z):
        rate = np.exp(z[0])
        return float((self.count + 1) * z[0] - 11.0 * rate), np.array(
            [self.count + 1 - 11.0 * rate]
        )


def of_rate(n, seed, warp=lambda draws, count: draws, sampler=None):
    def exact(problem, rng):
        draws = np.log(rng.gamma(problem.count + 1, 1 / 11.0, (99, 1)))
        return warp(draws, problem.count)

    return sbc(
        lambda rng: np.log(rng.exponential(1.0, 1)),
        lambda z, rng: int(rng.poisson(10.0 * np.exp(z[0]))),
        Rate,
        sampler or exact,
        n,
        np.random.default_rng(seed),
    )


def test_bands_hold_their_level():
    rng = np.random.default_rng(1)
    bands = ecdf_bands(100, 99, rng, level=0.9, simulations=4000)
    inside = [bands.inside(rng.integers(0, 100, 100)) for _ in range(1000)]
    se = np.sqrt(0.09 / 1000 + 0.09 / 4000)
    assert np.mean(inside) > 0.9 - 5 * se
    assert np.mean(inside) < 0.9 + 5 * se + 0.02  # counts are whole numbers
    p = np.array([bands.p_value(rng.integers(0, 100, 100)) for _ in range(1000)])
    for level in (0.05, 0.5):
        assert np.mean(p <= level) < level + 5 * np.sqrt(level * (1 - level) / 1000)
    assert bands.inside(np.arange(100))
    assert not bands.inside(np.zeros(100, np.int64))


def test_exact_sampler_passes():
    found = of_rate(300, 2)
    assert found.names == ("log rate", "log density")
    assert found.ranks.shape == (300, 2)
    assert found.draws == 99
    passed, said = found.uniform(np.random.default_rng(0), level=LEVEL)
    assert passed, said


def test_nuts_passes_on_a_rate():
    passed, said = of_rate(
        60, 3, sampler=nuts_sampler(keep=49, tune=80, thin=3)
    ).uniform(np.random.default_rng(0), level=LEVEL)
    assert passed, said


@pytest.mark.parametrize(
    "warp",
    [
        lambda z, n: z + 0.15,
        lambda z, n: z.mean() + 0.7 * (z - z.mean()),
        lambda z, n: z.mean() + 1.5 * (z - z.mean()),
        lambda z, n: np.sort(
            np.random.default_rng(n).normal(0.0, 1.0, z.shape), axis=0
        ),
    ],
    ids=["shifted", "too narrow", "too wide", "the prior's"],
)
def test_wrong_samplers_are_rejected(warp):
    passed, said = of_rate(300, 4, warp).uniform(np.random.default_rng(0), level=LEVEL)
    assert not passed, said


# ---- the exact-time likelihood -----------------------------------------------------------

SUPPORT = Support(
    target=np.array([0, 0, 1, 1]),
    source=np.array([0, 1, 0, 1]),
    role=np.full(4, -1),
    median=np.array([0.15, 0.5, 0.05, 0.15]),
    sd=np.full(4, 0.4),
)
PRIOR = ExactPrior(
    rate=np.array([1.0, 2.0]),
    rate_sd=0.5,
    half_life=(1.0,),
    half_life_sd=0.8,
    walk_sd=0.3,
)
EDGES = np.array([5.0])


def make_problem(events, support=SUPPORT):
    data = prepare(*events, streams=2, windows=[(0.0, END)], block_edges=EDGES)
    return exact_problem(data, support, PRIOR)


NOTHING = make_problem(([], []))


def simulate(z, rng, *, transposed=False):
    x = NOTHING.decode(z)
    G = x.branching.T if transposed else x.branching
    return simulate_hawkes(rng, x.rate, G, x.decay, END, edges=EDGES)


def draw_prior(rng):
    """From the prior, far from explosion: the few draws above .95 are taken again.

    That bounds the prior; its mass beyond is about one in a thousand.
    """
    while True:
        z = NOTHING.draw_prior(rng)
        if np.abs(np.linalg.eigvals(NOTHING.decode(z).branching)).max() < 0.95:
            return z


def radius(z):
    return float(np.abs(np.linalg.eigvals(NOTHING.decode(z).branching)).max())


def calibrate(n, seed, *, keep=63, transposed=False, warp=None):
    start = NOTHING.start()
    nuts = nuts_sampler(keep=keep, thin=3, tune=80, start=start)

    def sampler(problem, rng):
        z = nuts(problem, rng)
        return z if warp is None else warp(z)

    return sbc(
        draw_prior,
        lambda z, rng: simulate(z, rng, transposed=transposed),
        make_problem,
        sampler,
        n,
        np.random.default_rng(seed),
        quantities={"spectral radius": radius},
    )


def test_nuts_is_calibrated_quick():
    found = calibrate(40, 5, keep=31)
    passed, said = found.uniform(np.random.default_rng(0), level=LEVEL)
    assert passed, said


@pytest.mark.slow
def test_nuts_is_calibrated():
    found = calibrate(250, 6)
    passed, said = found.uniform(np.random.default_rng(0), level=0.99)
    assert passed, said
    # the same draws, made wrong: the test must see it
    assert len(found.names) == 11


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        {"transposed": True},
        {"warp": lambda z: z + 0.5 * z.std(axis=0)},
        {"warp": lambda z: z.mean(axis=0) + 0.6 * (z - z.mean(axis=0))},
    ],
    ids=["transposed", "shifted by half a spread", "too narrow"],
)
def test_wrong_posteriors_are_rejected(wrong):
    found = calibrate(120, 7, **wrong)
    passed, said = found.uniform(np.random.default_rng(0), level=LEVEL)
    assert not passed, said


def test_ranks_name_the_worst():
    ranks = np.stack([np.arange(100) % 10, np.zeros(100, np.int64)], axis=1)
    passed, said = Ranks(("good", "bad"), ranks, 9).uniform(np.random.default_rng(1))
    assert not passed
    assert "(bad)" in said
    assert "100 rounds, 2 quantities" in said
