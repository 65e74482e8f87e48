"""Filtered ranks: exact by hand, fast equals plain, wrong protocols are told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.scoring.ranks import filtered_ranks, plain_rank, rank_scores

SCORES = np.array([5.0, 4.0, 4.0, 4.0, 1.0, 9.0])


def test_ranks_by_hand():
    # 9 | 5 | 4 4 4 | 1
    assert filtered_ranks(SCORES, np.array([5])).tolist() == [1.0]
    assert filtered_ranks(SCORES, np.array([0])).tolist() == [2.0]
    # two others equal: the middle of 3, 4, 5
    assert filtered_ranks(SCORES, np.array([2])).tolist() == [4.0]
    # 5 and 1 are both true: 5 does not push 1 down, nor itself
    assert filtered_ranks(SCORES, np.array([5, 1])).tolist() == [1.0, 3.0]
    # two true answers among the equal ones leave each other out
    assert filtered_ranks(SCORES, np.array([1, 2])).tolist() == [3.5, 3.5]
    assert filtered_ranks(SCORES, np.array([4, 0, 5])).tolist() == [4.0, 1.0, 1.0]


def test_a_score_of_nothing_for_all_ties_all():
    assert filtered_ranks(np.zeros(9), np.array([3])).tolist() == [5.0]


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=12),
    st.data(),
)
def test_the_fast_ranks_are_the_plain_ones(values, data):
    scores = np.array(values, float)
    answers = data.draw(
        st.lists(st.integers(0, len(values) - 1), min_size=1, unique=True)
    )
    fast = filtered_ranks(scores, np.array(answers))
    plain = [plain_rank(scores, a, set(answers)) for a in answers]
    assert fast.tolist() == plain


def test_wrong_filters_give_other_ranks():
    answers = np.array([1, 5])
    assert filtered_ranks(SCORES, answers).tolist() == [3.0, 1.0]
    raw = [plain_rank(SCORES, a, set()) for a in (1, 5)]
    of_all_days = [plain_rank(SCORES, a, {0, 1, 5}) for a in (1, 5)]
    best_of_ties = [1.0 + sum(SCORES[k] > SCORES[a] for k in range(5)) for a in (1, 5)]
    assert raw == [4.0, 1.0]
    assert of_all_days == [2.0, 1.0]
    assert best_of_ties == [2.0, 1.0]


def test_random_ties_average_to_the_middle():
    rng = np.random.default_rng(7)
    many = [
        filtered_ranks(SCORES, np.array([2]), ties="random", rng=rng)[0]
        for _ in range(4000)
    ]
    assert set(many) == {3.0, 4.0, 5.0}
    se = np.std(many) / np.sqrt(len(many))
    assert abs(np.mean(many) - 4.0) < 5 * se
    one = plain_rank(SCORES, 2, {2}, ties="random", rng=np.random.default_rng(1))
    assert one in {3.0, 4.0, 5.0}


def test_scores_of_ranks_by_hand():
    found = rank_scores(np.array([1.0, 2.0, 4.0, 20.0]), np.array([1, 1, 2, 2]))
    assert found.mrr == pytest.approx((1 + 0.5 + 0.25 + 0.05) / 4)
    assert found.hits == {1: 0.25, 3: 0.5, 10: 0.75}
    assert found.questions == 4
    # two days are fewer than two blocks: no interval is made up
    assert found.by_day.low is None
    assert found.by_day.mean == found.mrr


def test_the_interval_is_about_the_mean_and_as_wide_as_days_differ():
    rng = np.random.default_rng(3)
    day = np.repeat(np.arange(40), 50)
    alike = rank_scores(rng.choice([1.0, 4.0], 2000), day).by_day
    level = np.repeat(rng.choice([1.0, 10.0], 40), 50)
    apart = rank_scores(level, day).by_day
    for band in (alike, apart):
        assert band.low < band.mean < band.high
    assert apart.high - apart.low > 5 * (alike.high - alike.low)
