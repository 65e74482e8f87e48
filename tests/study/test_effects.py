"""Paired differences: both uncertainties recovered, and wrong ones told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.study.effects import (
    change_of,
    coupling_of,
    effect_of,
    gap_of,
)
from spillover.study.ranking import best_shares, frontier, ranked, tied

D, M = 2000, 20


def world(rng, p, d, *, draws=D, futures=M):
    """Coupled yes-or-no answers: chance ``p`` without and ``p + d`` with, nested."""
    u = rng.random((draws, futures))
    before, after = u < p[:, None], u < (p + d)[:, None]
    lost, gained = before & ~after, after & ~before
    return [x.sum(axis=1) for x in (before, lost, gained)]


def beliefs(rng, spread, mean=-0.06):
    p = rng.beta(4, 12, D)
    d = np.maximum(rng.normal(mean, spread, D), -p) if spread else np.full(D, mean)
    return p, np.maximum(d, -p)


def test_mean_and_monte_carlo_error() -> None:
    """Over 300 worlds the error is what the means scatter by, within 12 %."""
    rng = np.random.default_rng(1)
    p, d = np.full(D, 0.25), np.full(D, -0.05)
    found = [effect_of(*world(rng, p, d), M) for _ in range(300)]
    means = np.array([e.change.mean for e in found])
    said = float(np.mean([e.change.mc_se for e in found]))
    assert abs(means.mean() + 0.05) < 4 * said / math.sqrt(300)
    assert abs(means.std() / said - 1) < 0.12
    # The error of two independent runs is several times as large: it must not pass.
    unpaired = math.sqrt((0.25 * 0.75 + 0.2 * 0.8) / (D * M))
    assert abs(means.std() / unpaired - 1) > 0.4


def test_no_spread_beyond_chance() -> None:
    """Draws that do not differ get no interval, but for about one in a hundred."""
    rng = np.random.default_rng(2)
    p, d = np.full(D, 0.25), np.full(D, -0.05)
    claimed = sum(
        effect_of(*world(rng, p, d), M).change.low is not None for _ in range(400)
    )
    assert claimed <= 14  # Binomial(400, 0.01): above 14 less than one in ten thousand


@pytest.mark.parametrize("spread", [0.03, 0.05])
def test_spread_over_draws_is_recovered(spread: float) -> None:
    """The interval has the spread of the effect, not that of the counted means."""
    rng = np.random.default_rng(3)
    p, d = beliefs(rng, spread)
    change = effect_of(*world(rng, p, d), M).change
    assert change.low is not None
    assert change.by_draw.std() == pytest.approx(d.std(), rel=0.12)
    assert change.means.std() > 1.4 * d.std()  # without removing the noise it is wrong
    assert change.mean == pytest.approx(d.mean(), abs=4 * change.mc_se)


def test_ratio() -> None:
    rng = np.random.default_rng(4)
    p, d = np.full(200, 0.3), np.full(200, -0.12)
    found = [effect_of(*world(rng, p, d, draws=200), M) for _ in range(300)]
    ratios = np.array([e.ratio for e in found])
    said = float(np.mean([e.ratio_se for e in found]))
    assert ratios.mean() == pytest.approx(0.6, abs=0.01)
    assert abs(ratios.std() / said - 1) < 0.15


def test_nothing_is_exactly_nothing() -> None:
    hits = np.array([3, 0, 20, 7])
    none = np.zeros(4, int)
    e = effect_of(hits, none, none, M)
    assert e.change.mean == 0.0
    assert e.change.mc_se == 0.0
    assert e.tied
    assert e.ratio == 1.0
    assert math.isinf(e.coupling.achieved)
    assert math.isinf(e.coupling.ceiling)


def test_coupling_reaches_its_ceiling_when_changes_go_one_way() -> None:
    one_way = coupling_of(0.3, 0.2, 0.1, 0.0)
    assert one_way.achieved == pytest.approx(one_way.ceiling)
    both = coupling_of(0.3, 0.2, 0.15, 0.05)
    assert both.achieved < both.ceiling == one_way.ceiling
    apart = 0.3 * 0.7 + 0.2 * 0.8
    assert one_way.ceiling == pytest.approx(apart / (0.1 * 0.9))


@given(st.integers(1, 99), st.integers(0, 98), st.integers(0, 98))
def test_no_coupling_beats_the_ceiling(yes: int, a: int, b: int) -> None:
    """Whatever share of yes is lost and of no gained."""
    p0 = yes / 100
    lost, gained = a / 100 * p0, b / 100 * (1 - p0)
    c = coupling_of(p0, p0 - lost + gained, lost, gained)
    assert c.achieved <= c.ceiling * (1 + 1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_order_of_draws_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, d = beliefs(rng, 0.04)
    hits, lost, gained = world(rng, p, d)
    a = effect_of(hits, lost, gained, M)
    order = rng.permutation(D)
    b = effect_of(hits[order], lost[order], gained[order], M)
    assert a.change.mean == pytest.approx(b.change.mean)
    assert a.change.mc_se == pytest.approx(b.change.mc_se)
    assert a.change.interval == pytest.approx(b.change.interval)


# ---- ranking -----------------------------------------------------------------------


def changes(*worlds):
    return {f"l{n}": effect_of(*w, M).change for n, w in enumerate(worlds)}


def test_equal_levers_are_tied_and_unequal_ones_are_not() -> None:
    rng = np.random.default_rng(5)
    p = rng.beta(4, 12, D)
    u = rng.random((D, M))

    def lever(d: np.ndarray) -> list[np.ndarray]:
        before, after = u < p[:, None], u < (p + d)[:, None]
        return [x.sum(axis=1) for x in (before, before & ~after, after & ~before)]

    strong, weak = np.full(D, -0.1), np.full(D, -0.03)
    strong, weak = np.maximum(strong, -p), np.maximum(weak, -p)
    c = changes(lever(strong), lever(strong), lever(weak))
    assert tied(c["l0"], c["l1"])
    assert gap_of(c["l0"], c["l1"]).mean == 0.0
    assert not tied(c["l0"], c["l2"])
    order = ranked(c)
    assert [r.group for r in order] == [1, 1, 2]
    assert order[2].id == "l2"
    best = best_shares(c)
    assert best["l0"] == best["l1"] == pytest.approx(0.5, abs=0.02)
    assert sum(best.values()) == pytest.approx(1.0)


def test_best_within_a_reading() -> None:
    """A lever that works under one reading only is best there and not elsewhere."""
    reading = np.arange(D) % 2 == 0
    means = np.where(reading, -0.2, 0.0)
    c = {"a": change_of(means, 0.0), "b": change_of(np.full(D, -0.05), 0.0)}
    assert best_shares(c, reading)["a"] == 1.0
    assert best_shares(c, ~reading)["b"] == 1.0
    assert best_shares(c)["a"] == pytest.approx(0.5)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10)), min_size=1, max_size=12)
)
def test_frontier_is_what_nothing_beats(points: list[tuple[int, int]]) -> None:
    """By definition: kept if and only if no other is better on one and no worse on the other."""
    cost, risk = [c for c, _ in points], [r for _, r in points]
    kept = set(frontier(cost, risk))
    for i, (c, r) in enumerate(points):
        beaten = any(a <= c and b <= r and (a, b) != (c, r) for a, b in points)
        assert (i in kept) == (not beaten)
