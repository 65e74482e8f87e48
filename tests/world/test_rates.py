"""The law of rates: compiled, dense and fact-by-fact forms are one; exposures are exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.errors import EventsError
from spillover.model.facts import Facts
from spillover.world.rates import KERNELS, ROLES, Rates, Shape
from spillover.world.rates_ahead import Sums, ahead, rates_of, sums_of
from spillover.world.rates_fit import _blocks, _cells_by_day, _pass, fit_rates
from spillover.world.rates_layout import layout_of, start, state_at
from spillover.world.rates_plain import contributions
from spillover.world.rates_shares import shares_of

SHAPE = Shape(half_lives=(1.0, 6.0, 40.0), share_half_life=20.0, links=3)


def small_world(rng, n=160, entities=7, actions=3, days=30, silent=1):
    """Facts among all but the last `silent` entities, none toward oneself."""
    E = entities - silent
    s, o = rng.integers(0, E, n), rng.integers(0, E, n)
    keep = s != o
    return Facts.of(
        s[keep],
        rng.integers(0, actions, n)[keep],
        o[keep],
        rng.integers(0, days, n)[keep],
        entities=tuple(f"e{i}" for i in range(entities)),
        actions=tuple(f"a{i}" for i in range(actions)),
    )


def random_rates(rng, actions=3):
    R, H = actions, len(SHAPE.half_lives)
    weekday = rng.gamma(5.0, 0.2, 7)
    return Rates(
        tuple(f"a{i}" for i in range(R)),
        SHAPE,
        rng.gamma(1.0, 0.1, (len(KERNELS), R, R, H)),
        rng.gamma(1.0, 0.3, R),
        weekday / weekday.mean(),
    )


def settled(facts, rates, day):
    layout = layout_of(facts)
    state = state_at(facts, layout, rates.shape, day)
    return layout, state, shares_of(layout, rates.shape, state)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(5, 33))
def test_dense_rates_equal_the_sum_fact_by_fact(seed, day):
    rng = np.random.default_rng(seed)
    facts, rates = small_world(rng), random_rates(rng)
    layout, state, shares = settled(facts, rates, day)
    E = len(facts.entities)
    s, o = (x.ravel() for x in np.meshgrid(range(-1, E), range(-1, E), indexing="ij"))
    use = (s != o) | (s < 0)
    s, o = s[use], o[use]
    dense = rates_of(rates, layout, shares, sums_of(layout, state), s, o)
    for k in rng.choice(len(s), 12, replace=False):
        for r in range(3):
            parts = contributions(
                rates, layout, shares, facts, day, int(s[k]), r, int(o[k])
            )
            assert dense[k, r] == pytest.approx(parts.rate, rel=1e-12, abs=1e-15)
            assert sum(parts.by_role().values()) == pytest.approx(parts.rate, rel=1e-12)
    assert (dense > 0).all()


def test_a_day_added_equals_recomputing():
    rng = np.random.default_rng(1)
    facts = small_world(rng)
    layout = layout_of(facts)
    state = start(layout, SHAPE, 0)
    for day, cells in enumerate(_cells_by_day(facts, layout, 0, 34)):
        state = state.add(SHAPE, cells)
        again = state_at(facts, layout, SHAPE, day + 1)
        assert np.allclose(state.decayed, again.decayed, rtol=1e-12, atol=1e-15)
        assert np.allclose(state.counted, again.counted, rtol=1e-12, atol=1e-15)


def test_rates_do_not_know_the_future():
    rng = np.random.default_rng(2)
    facts, rates = small_world(rng), random_rates(rng)
    s, o = np.array([0, 1, 2]), np.array([1, 2, 5])
    found = []
    for known in (facts, facts.between(0, 15)):
        layout, state, shares = settled(known, rates, 15)
        found.append(rates_of(rates, layout, shares, sums_of(layout, state), s, o))
    assert np.allclose(found[0], found[1], rtol=1e-12, atol=0)


def every_rate(facts, rates, first, end):
    """Rates of all pairs and acts on each day, with the shares as read each week."""
    layout = layout_of(facts)
    E = len(facts.entities)
    s, o = (x.ravel() for x in np.meshgrid(range(E), range(E), indexing="ij"))
    s, o = s[s != o], o[s != o]
    days = []
    shares = None
    for day in range(first, end):
        state = state_at(facts, layout, rates.shape, day)
        if shares is None or day % rates.shape.refresh == 0:
            shares = shares_of(layout, rates.shape, state)
        rate = rates_of(rates, layout, shares, sums_of(layout, state), s, o)
        days.append(rate * rates.factor(day))
    return s, o, np.array(days)


def test_exposures_are_the_sum_over_all_pairs_and_days():
    rng = np.random.default_rng(3)
    facts, rates = small_world(rng), random_rates(rng)
    layout = layout_of(facts)
    first, end = 10, 29
    state = state_at(facts, layout, SHAPE, first)
    days = _cells_by_day(facts, layout, first, end)
    _, X, XB = _blocks(layout, SHAPE, state, days, rates.weekday)
    for k, name in enumerate(KERNELS):
        only = np.zeros_like(rates.children)
        only[k] = rates.children[k]
        part = replace(rates, children=only, background=np.zeros(3))
        whole = every_rate(facts, part, first, end)[2].sum((0, 1))
        closed = (only[k] * X[k]).sum((1, 2))
        assert np.allclose(whole, closed, rtol=1e-10), name
    flat = replace(rates, children=np.zeros_like(rates.children))
    whole = every_rate(facts, flat, first, end)[2].sum((0, 1))
    assert np.allclose(whole, rates.background * XB, rtol=1e-10)


def test_compiled_likelihood_is_that_of_a_yes_or_no_each_day():
    rng = np.random.default_rng(4)
    facts, rates = small_world(rng), random_rates(rng)
    layout = layout_of(facts)
    first, end = 10, 29
    s, o, rate = every_rate(facts, rates, first, end)
    yes = np.zeros(rate.shape, bool)
    E = len(facts.entities)
    at = {(a, b): i for i, (a, b) in enumerate(zip(s, o, strict=True))}
    for k in range(len(facts)):
        if first <= facts.day[k] < end:
            pair = at[int(facts.source[k]), int(facts.target[k])]
            yes[facts.day[k] - first, pair, facts.action[k]] = True
    del E
    plain = np.where(yes, np.log(-np.expm1(-rate)), -rate).sum()
    state = state_at(facts, layout, SHAPE, first)
    days = _cells_by_day(facts, layout, first, end)
    blocks, X, XB = _blocks(layout, SHAPE, state, days, rates.weekday)
    total, N, NB = _pass(layout, SHAPE, state, blocks, rates.children, rates.background)
    exposure = (rates.children * X).sum() + (rates.background * XB).sum()
    assert total - exposure == pytest.approx(plain, rel=1e-10)
    expected = (rate / -np.expm1(-rate))[yes].sum()
    assert N.sum() + NB.sum() == pytest.approx(expected, rel=1e-10)


def test_every_round_of_the_fit_climbs_and_the_facts_add_up():
    rng = np.random.default_rng(5)
    facts = small_world(rng, n=900, entities=12, days=80)
    fit = fit_rates(facts, shape=SHAPE, rounds=(15, 10), prior=10.0)
    for part in fit.climbed:
        assert np.all(np.diff(part) > -1e-9 * abs(part[0]))
    # at the top of the free part the expected facts are those seen
    fit = fit_rates(facts, shape=SHAPE, rounds=(60, 1), prior=0.0)
    _, _, rate = every_rate(facts, fit.rates, fit.first, fit.end)
    seen = facts.between(fit.first, fit.end)
    assert -np.expm1(-rate).sum() == pytest.approx(len(seen), rel=0.02)


def test_a_fact_taken_away_lowers_the_rate_by_what_it_gave():
    rng = np.random.default_rng(6)
    facts, rates = small_world(rng), random_rates(rng)
    day = 30
    layout, _, shares = settled(facts, rates, day)
    parts = contributions(rates, layout, shares, facts, day, 0, 1, 2)
    for role in set(parts.role.tolist()):
        named = parts.fact[parts.role == role]
        gone = np.isin(parts.fact, named)
        left = np.ones(len(facts), bool)
        left[named] = False
        fewer = Facts(
            facts.source[left], facts.action[left], facts.target[left],
            facts.day[left], facts.entities, facts.actions,
        )  # fmt: skip
        # the same arrays of pairs, so that the shares keep their places
        fewer_layout = replace(layout, fact_cell=layout.fact_cell[left])
        state = state_at(fewer, fewer_layout, rates.shape, day)
        rate = rates_of(
            rates, layout, shares, sums_of(layout, state), np.array([0]), np.array([2])
        )[0, 1]
        lowered = parts.rate - rate
        assert lowered == pytest.approx(parts.amount[gone].sum(), rel=1e-11)
        assert lowered > 0


def test_an_actor_never_seen_has_a_rate_and_only_the_back_off():
    rng = np.random.default_rng(7)
    facts, rates = small_world(rng), random_rates(rng)
    layout, _, shares = settled(facts, rates, 30)
    silent = len(facts.entities) - 1
    both_new = contributions(rates, layout, shares, facts, 30, -1, 0, silent)
    assert both_new.rate == both_new.background > 0
    source_new = contributions(rates, layout, shares, facts, 30, silent, 0, 2).by_role()
    others = {k for k, v in source_new.items() if v > 0}
    assert others == {"background", "target from others"}
    assert set(ROLES) == set(source_new)


def test_too_few_days_are_refused():
    facts = small_world(np.random.default_rng(8), days=20)
    with pytest.raises(
        EventsError, match=r"the facts cover \d+ days: rates need at least 56"
    ):
        fit_rates(facts)


def test_the_days_ahead_are_the_expected_course_day_by_day():
    """A plain recursion over every cell, for all pairs seen: sums, and what comes again."""
    rng = np.random.default_rng(9)
    facts = small_world(rng)
    rates = random_rates(rng)
    rates = replace(rates, children=0.3 * rates.children)
    layout, state, shares = settled(facts, rates, 30)
    look = ahead(rates, layout, shares, state, 4)
    P, R, H = len(layout.key), 3, 3
    rho = SHAPE.rho
    own = np.zeros((P, R, H))
    own[layout.cell_pair, layout.cell_action] = state.decayed
    put = np.zeros_like(own)
    expected, again = np.zeros((P, R)), np.zeros((P, R))
    for day in range(30, 34):
        f = rates.factor(day)
        flat = own.reshape(P, R * H)
        ends = [np.zeros((layout.entities, R * H)) for _ in range(2)]
        np.add.at(ends[0], layout.source, flat)
        np.add.at(ends[1], layout.target, flat)
        rate = rates_of(
            rates, layout, shares, Sums(flat, *ends, 1.0), layout.source, layout.target
        )
        expected += f * rate
        for r in range(R):
            again[:, r] += f * (put[:, r] @ rates.children[0, r, r])
        new = (1.0 - np.exp(-f * rate))[:, :, None] * (1.0 - rho)
        own, put = own * rho + new, put * rho + new
    found = look.expected(rates, layout, shares, layout.source, layout.target)
    assert np.allclose(found, expected - again, rtol=1e-10)
    assert (again > 0).all()
