"""The intensity: plain and fast agree, parts add up, streaming equals recounting, EM climbs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.errors import InputError
from spillover.world.cells import Cells
from spillover.world.fit import _expect, fit_intensity, mean_log_chance, start
from spillover.world.intensity import contributions, plain_intensity
from spillover.world.questions import Questions
from spillover.world.state import State, intensity, toward
from tests.world.random_facts import random_facts, random_parameters, random_questions


def test_every_fact_is_asked_from_both_sides():
    rng = np.random.default_rng(1)
    facts = random_facts(rng)
    q = Questions.of(facts)
    assert len(q) == 2 * len(facts)
    back = {
        (d, o, (r + 3) % 6, s)
        for d, s, r, o in zip(q.day, q.who, q.relation, q.answer, strict=True)
    }
    assert back == set(zip(q.day, q.who, q.relation, q.answer, strict=True))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(-3, 30))
def test_the_fast_intensity_is_the_plain_one(seed, day):
    rng = np.random.default_rng(seed)
    q = random_questions(rng)
    p = random_parameters(rng, q.n_relations)
    state = State.of(q, p.half_lives, day)
    asked = np.arange(q.n_relations, dtype=np.int32)
    base = toward(state, p, asked)
    for who in range(q.n_entities):
        for r in asked:
            plain = plain_intensity(q, p, who, int(r), day)
            fast = intensity(state, p, who, int(r), base[r])
            np.testing.assert_allclose(fast, plain, rtol=1e-12)
    np.testing.assert_array_equal(
        intensity(state, p, 0, 0), intensity(state, p, 0, 0, base[0])
    )


def test_facts_of_the_day_itself_are_not_known():
    rng = np.random.default_rng(2)
    q = random_questions(rng)
    p = random_parameters(rng, q.n_relations)
    full = plain_intensity(q, p, 1, 2, 10)
    before = plain_intensity(q.between(0, 10), p, 1, 2, 10)
    np.testing.assert_array_equal(full, before)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_the_contributions_add_up_exactly(seed):
    rng = np.random.default_rng(seed)
    q = random_questions(rng)
    p = random_parameters(rng, q.n_relations)
    who, r, answer, day = 2, 4, 3, 20
    parts = contributions(q, p, who, r, answer, day)
    whole = plain_intensity(q, p, who, r, day)[answer]
    assert sum(c.amount for c in parts) == pytest.approx(whole, rel=1e-12)
    # taking a named fact away takes away what it was said to add
    c = next((c for c in parts if c.fact >= 0), None)
    if c is not None:
        keep = np.arange(len(q)) != c.fact
        less = Questions(
            q.who[keep],
            q.relation[keep],
            q.answer[keep],
            q.day[keep],
            q.n_entities,
            q.n_relations,
        )
        lost = whole - plain_intensity(less, p, who, r, day)[answer]
        said = sum(x.amount for x in parts if x.fact == c.fact)
        assert lost == pytest.approx(said, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 24), max_size=4))
def test_adding_days_equals_counting_anew(seed, stops):
    rng = np.random.default_rng(seed)
    q = random_questions(rng)
    p = random_parameters(rng, q.n_relations)
    state = State.empty(q.n_entities, q.n_relations, p.half_lives, int(q.day[0]))
    at = int(q.day[0])
    for stop in [*sorted(stops), 26]:
        if stop > at:
            state = state.add(q.between(at, stop)).at(max(stop, state.day))
            at = stop
    anew = State.of(q, p.half_lives, 26)
    assert np.array_equal(state.cells.pair_key, anew.cells.pair_key)
    for name in ("pair", "target", "pair_last", "target_last"):
        np.testing.assert_array_equal(getattr(state, name), getattr(anew, name))


def test_days_out_of_order_are_refused():
    rng = np.random.default_rng(3)
    q = random_questions(rng)
    state = State.of(q, (1.0,), 12)
    with pytest.raises(InputError) as e:
        state.add(q.between(5, 6))
    assert str(e.value) == (
        "facts of day 5 come after day 11 was counted. "
        "Expected days in order; count anew to put earlier facts in"
    )
    with pytest.raises(
        InputError, match="the state stands at day 12: it cannot go back to day 3"
    ):
        state.at(3)


def test_an_empty_day_and_an_entity_never_seen_are_like_any_other():
    rng = np.random.default_rng(4)
    facts = random_facts(rng, entities=6)
    q = Questions.of(facts)
    # entity 6 is named but never acts: it has what anyone has
    q = Questions(q.who, q.relation, q.answer, q.day, 7, q.n_relations)
    p = random_parameters(rng, q.n_relations)
    state = State.of(q, p.half_lives, 40)
    assert intensity(state, p, 0, 1)[6] == p.anyone[1]
    np.testing.assert_array_equal(
        intensity(state, p, 6, 1), toward(state, p, np.array([1], np.int32))[0]
    )
    # days without facts only fade
    np.testing.assert_array_equal(state.add(q.between(40, 41)).pair, state.pair)


def test_the_sums_of_em_are_those_of_the_plain_intensity():
    rng = np.random.default_rng(5)
    q = random_questions(rng, n=60, entities=5, days=12)
    p = random_parameters(rng, q.n_relations)
    first, end = 4, 11
    loglik, n, NA, XA, NG, XG, NC, XC = _expect(q, Cells.of(q), p, first, end)
    asked = q.between(first, end)
    total = 0.0
    nc, xc = np.zeros_like(NC), np.zeros_like(XC)
    na, xa, ng, xg = (np.zeros_like(NA) for _ in range(4))
    for s, r, o, t in zip(
        asked.who, asked.relation, asked.answer, asked.day, strict=True
    ):
        lam = plain_intensity(q, p, s, r, t)
        total += np.log(lam[o] / lam.sum())
        nc[r] += p.anyone[r] / lam[o]
        xc[r] += q.n_entities / lam.sum()
        past = q.between(0, int(t))
        w = 0.5 ** ((t - past.day)[:, None] / np.array(p.half_lives))
        for k in range(len(past)):
            x = past.relation[k]
            xg[r, x] += w[k] / lam.sum()
            if past.answer[k] == o:
                ng[r, x] += p.target[r, x] * w[k] / lam[o]
            if past.who[k] == s:
                xa[r, x] += w[k] / lam.sum()
                if past.answer[k] == o:
                    na[r, x] += p.pair[r, x] * w[k] / lam[o]
    assert n == len(asked)
    assert loglik == pytest.approx(total / n, rel=1e-12)
    for got, want in ((NA, na), (XA, xa), (NG, ng), (XG, xg), (NC, nc), (XC, xc)):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


def test_em_climbs_when_nothing_is_shrunk():
    rng = np.random.default_rng(6)
    q = random_questions(rng, n=300)
    chances = [mean_log_chance(q, start(q.n_relations), 5, 25)]
    p = None
    for _ in range(4):
        p = fit_intensity(
            q, 5, 25, begin=p, rounds=1, pair_strength=1e-9, target_strength=1e-9
        )
        chances.append(mean_log_chance(q, p, 5, 25))
    # `anyone` is always shrunk a little, so the climb is not exact at the end
    assert all(b > a - 1e-3 for a, b in itertools.pairwise(chances))
    assert chances[-1] > chances[0] + 0.1


def test_the_fit_does_not_look_past_its_end():
    rng = np.random.default_rng(7)
    q = random_questions(rng)
    a = fit_intensity(q, 3, 15, rounds=2)
    b = fit_intensity(q.between(0, 15), 3, 15, rounds=2)
    np.testing.assert_array_equal(a.pair, b.pair)
    np.testing.assert_array_equal(a.target, b.target)
