"""Simulation-based calibration of NUTS under the generators of both likelihoods."""

from __future__ import annotations

import numpy as np
import pytest

from spillover.inference.daily import Links
from spillover.inference.daily_answers import spectral_radius
from spillover.inference.daily_data import DailyData, DailyPrior
from spillover.inference.daily_plain import simulate_days
from spillover.inference.daily_problem import DailyProblem, daily_problem
from spillover.inference.sbc import nuts_sampler, sbc
from spillover.inference.sums import Blocks, fill, sums_loglik_grad

K = 2
LINKS = Links.full(K)
PRIOR = DailyPrior(
    level=0.4, level_sd=0.5, children=0.13, children_sd=0.5, half_life=2.0,
    half_life_sd=0.8,
)  # fmt: skip
"""Radius above 1 has a prior chance of about 1 in 10,000: no truth runs away."""
ROUNDS = 200


def _blank(D: int, blocks: Blocks | None, step: float) -> DailyProblem:
    return daily_problem(
        DailyData(np.zeros((D, K)), start_state=np.zeros(K * K), blocks=blocks),
        LINKS, PRIOR, step=step, sharing="all",
    )  # fmt: skip


def _prior(blank: DailyProblem):
    return lambda rng: blank.from_normal(rng.standard_normal(blank.size))


def _radius(blank: DailyProblem):
    return lambda z: spectral_radius(LINKS, blank.numbers(z).children, K)


def _from_the_law(blank: DailyProblem, z, rng):
    x = blank.numbers(z)
    return simulate_days(
        rng, x.mu, np.ones_like(x.mu), LINKS.target, LINKS.source, x.children,
        x.decay, np.zeros(K * K),
    )  # fmt: skip


def _run(blank, simulate, make, seed, *, rounds=ROUNDS):
    sampler = nuts_sampler(keep=39, thin=3, tune=120)
    return sbc(
        _prior(blank), simulate, make, sampler, rounds, np.random.default_rng(seed),
        quantities={"spectral radius": _radius(blank)},
    )  # fmt: skip


@pytest.mark.slow
def test_daily_counts_with_a_moving_background() -> None:
    D = 90
    blank = _blank(D, None, 0.3)

    def make(counts):
        return daily_problem(
            DailyData(counts, start_state=np.zeros(K * K)), LINKS, PRIOR, step=0.3,
            sharing="all",
        )  # fmt: skip

    ranks = _run(blank, lambda z, rng: _from_the_law(blank, z, rng), make, 20)
    good, said = ranks.uniform(np.random.default_rng(1))
    assert good, said


def _months(sums: np.ndarray, days: int) -> Blocks:
    """Aligned blocks of both streams; ``sums`` (months, K)."""
    months = len(sums)
    stream = np.tile(np.arange(K), months)
    first = np.repeat(np.arange(months) * days, K)
    return Blocks(stream, first, first + days, sums.ravel(), sums.ravel())


@pytest.mark.slow
def test_monthly_sums() -> None:
    """Each month's sum from its law given the months before, spread evenly."""
    days, months = 30, 8
    D = days * months
    blank = _blank(D, _months(np.zeros((months, K)), days), 0.0)

    def simulate(z, rng):
        x = blank.numbers(z)
        sums = np.zeros((months, K))
        for m in range(months):
            part = slice(0, (m + 1) * days)
            now = _months(sums[: m + 1], days)
            got = sums_loglik_grad(
                np.zeros((part.stop, K)), None, x.mu[part], None, LINKS, x.children,
                x.decay, now, np.zeros(K * K),
            )  # fmt: skip
            for c in range(K):
                new = rng.poisson(got.expected[-K + c] * (1.0 - got.g[-K + c]))
                while new:
                    sums[m, c] += new
                    new = rng.poisson(got.g[-K + c] * new)
        return sums

    def make(sums):
        blocks = _months(sums, days)
        return daily_problem(
            DailyData(
                np.zeros((D, K)), start_state=np.zeros(K * K), blocks=blocks,
                held=fill(blocks, D, K),
            ),
            LINKS, PRIOR, sharing="all",
        )  # fmt: skip

    ranks = _run(blank, simulate, make, 21)
    good, said = ranks.uniform(np.random.default_rng(1))
    assert good, said


@pytest.mark.slow
def test_wrong_children_are_seen() -> None:
    """Power: simulated children half again as many as the fit is told of."""
    D = 90
    blank = _blank(D, None, 0.0)

    def simulate(z, rng):
        x = blank.numbers(z)
        return simulate_days(
            rng, x.mu, np.ones_like(x.mu), LINKS.target, LINKS.source,
            x.children * 1.5, x.decay, np.zeros(K * K),
        )  # fmt: skip

    def make(counts):
        return daily_problem(
            DailyData(counts, start_state=np.zeros(K * K)), LINKS, PRIOR, sharing="all"
        )

    ranks = _run(blank, simulate, make, 22, rounds=60)
    good, said = ranks.uniform(np.random.default_rng(1))
    assert not good, said
