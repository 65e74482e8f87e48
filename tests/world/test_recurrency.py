"""The recurrency baselines: the compiled pass equals the formulas of the paper."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.scoring.ranks import filtered_ranks
from spillover.world.recurrency import ALPHAS, LAMBDAS, Recurrency, tune
from tests.world.random_facts import random_questions


def plain_scores(q, who, relation, day, decay, alpha):
    past = q.between(-100, day)
    psi, xi = np.zeros(q.n_entities), np.zeros(q.n_entities)
    same = past.relation == relation
    for s, o, k in zip(past.who[same], past.answer[same], past.day[same], strict=True):
        xi[o] += 1.0
        if s == who:
            psi[o] += 2.0 ** (decay * (k - day))
    whole = sum(2.0 ** (decay * (k - day)) for k in range(q.day[0], day))
    return alpha * psi / max(whole, 1e-15) + (1 - alpha) * xi / max(same.sum(), 1)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([0.0, 0.1, 1.0]),
    st.sampled_from([0.0, 0.9, 1.0]),
)
def test_the_ranks_are_those_of_the_formulas(seed, decay, alpha):
    rng = np.random.default_rng(seed)
    q = random_questions(rng, n=80, entities=6)
    ones = np.ones(q.n_relations)
    got = Recurrency(decay * ones, alpha * ones).ranks(q, 5, 20)
    asked = q.between(5, 20)
    want = np.empty(len(asked))
    for i in range(len(asked)):
        s, r, t = asked.who[i], asked.relation[i], asked.day[i]
        same = (asked.who == s) & (asked.relation == r) & (asked.day == t)
        scores = plain_scores(q, s, r, t, decay, alpha)
        # sums in another order differ in the last bit; ties are meant to be ties
        ranks = filtered_ranks(np.round(scores, 12), asked.answer[same])
        want[i] = ranks[np.flatnonzero(same).tolist().index(i)]
    # where rounding decides a tie the two may differ by half a place
    assert np.mean(got == want) > 0.97
    assert np.abs(got - want).max() <= 1.0


def test_tuning_chooses_from_the_grid_and_is_no_worse_than_any_single_choice():
    q = random_questions(np.random.default_rng(3), n=300, entities=6)
    chosen = tune(q, 10, 25)
    assert set(chosen.decay) <= set(LAMBDAS)
    assert set(chosen.alpha) <= set(ALPHAS)
    ones = np.ones(q.n_relations)
    best = (1 / chosen.ranks(q, 10, 25)).mean()
    for lam in (0.0, 0.1):
        assert (
            best >= (1 / Recurrency(lam * ones, ones).ranks(q, 10, 25)).mean() - 1e-12
        )
    assert (chosen.strict().alpha == 1).all()
    assert np.array_equal(chosen.ranks(q, 10, 25), tune(q, 10, 25).ranks(q, 10, 25))
