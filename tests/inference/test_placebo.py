"""Placebos vanish, and a real link does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spillover.inference.coverage import World, look
from spillover.inference.daily import Links
from spillover.inference.daily_data import DailyData
from spillover.inference.daily_fit import DailyFit, fit_daily
from spillover.inference.placebo import link_evidence, offer, placebos

LN2 = math.log(2.0)
D = 500


def world() -> World:
    """Stream 1 answers stream 0; stream 2 goes its own way."""
    return World(
        np.tile([0.8, 0.3, 0.4], (D, 1)),
        Links([0, 1, 1, 2], [0, 1, 0, 2]),
        np.array([0.3, 0.2, 0.5, 0.3]),
        LN2 / np.array([3.0, 3.0, 2.0, 4.0]),
    )


def fitted(seed: int, links: Links) -> tuple[DailyFit, np.ndarray]:
    counts = look(world(), seed).counts
    data = DailyData(counts, start_state=np.zeros(len(links)))
    return fit_daily(data, links, background="constant"), counts


def test_what_is_offered() -> None:
    counts = np.arange(12.0).reshape(6, 2)
    data = DailyData(counts, start_state=np.zeros(3))
    rng = np.random.default_rng(0)
    more = offer(data, counts[:, 0], rng, "shifted", 2)
    np.testing.assert_array_equal(more.filled()[:, 2], [8, 10, 0, 2, 4, 6])
    np.testing.assert_array_equal(more.filled()[:, :2], counts)
    assert not more.seen()[:, 2].any()
    assert more.start_state is not None
    assert more.start_state.shape == (4,)
    stranger = offer(data, counts[:, 0], rng, "stranger", 2).filled()[:, 2]
    assert set(stranger) != set(counts[:, 0])


def test_an_offered_link_without_children_changes_nothing() -> None:
    """Evidence with a link whose prior is near zero equals that without it."""
    fit, counts = fitted(0, world().links)
    data = offer(
        fit.problem.data, counts[:, 0], np.random.default_rng(1), "stranger", 30
    )
    same = DailyFit(fit.problem, fit.fit, fit.step, fit.evidence)
    found, _, _ = link_evidence(same, data, 2)
    assert found < 1.0


@pytest.mark.slow
def test_placebos_vanish_and_the_real_link_stays() -> None:
    """Over seeds: a placebo is rarely better than nothing, never strongly so."""
    bayes = {"shifted": [], "stranger": []}
    real = []
    for seed in range(30):
        fit, counts = fitted(seed, world().links)
        rng = np.random.default_rng([5, seed])
        for p in placebos(fit, rng, pairs=[(1, 0)]):
            bayes[p.kind].append(p.log_bayes)
        # the real link, offered to a fit that was not told of it
        blind, _ = fitted(seed, Links([0, 1, 2], [0, 1, 2]))
        true = offer(blind.problem.data, counts[:, 0], rng, "shifted", 0)
        real.append(link_evidence(blind, true, 1)[0])
    for kind, values in bayes.items():
        x = np.array(values)
        assert np.mean(x > math.log(3.0)) <= 0.1, (kind, np.sort(x))
        assert np.median(x) < 0.0, (kind, np.sort(x))
    assert np.mean(np.array(real) > math.log(3.0)) >= 0.9, np.sort(real)
