"""The second stage: what it is told, that it adds up, that it cannot look ahead."""

import numpy as np
import pytest

pytest.importorskip("lightgbm")

from spillover.scoring.ranks import filtered_ranks
from spillover.world.acts import act_groups
from spillover.world.bench import Plan, learn, ranks_of_whole
from spillover.world.inputs import Learned, input_names, rows_by_day
from spillover.world.intensity import plain_intensity
from spillover.world.labels import labels_of, with_countries_of_partners
from spillover.world.likeness import busy_with, fit_likeness, mean_likeness
from spillover.world.plain_ranks import plain_ranks
from spillover.world.questions import Questions
from spillover.world.tree_kernels import softmax_slopes
from tests.world.random_facts import random_facts

PLAN = Plan(
    warm=5,
    back=20,
    block=10,
    questions=10_000,
    keep=8,
    rounds=4,
    passes=2,
    members=2,
    threads=1,
)


def world(seed=0, days=70):
    facts = random_facts(
        np.random.default_rng(seed), n=1500, entities=30, actions=4, days=days
    )
    return facts, Questions.of(facts)


@pytest.fixture(scope="module")
def stage():
    facts, q = world()
    return learn(facts, q, 55, PLAN, 70)


@pytest.fixture(scope="module")
def rows(stage):
    _, q = world()
    return list(rows_by_day(q, stage.learned, stage.busy, 55, 70, how=PLAN.how))


def column(name):
    return input_names((1.0, 4.0, 20.0, 150.0, 1e6)).index(name)


def test_candidates_are_told_apart_and_sorted_by_intensity(rows):
    _, q = world()
    for d in rows:
        for a, b in zip(d.edge[:-1], d.edge[1:], strict=True):
            assert len(set(d.entity[a:b])) == b - a <= q.n_entities
            lam = d.inputs[a:b, 0]
            assert (np.diff(lam) <= 1e-6).all()
        found = d.place >= 0
        at = d.place[found]
        assert (d.entity[at] == q.answer[d.question[found]]).all()
        assert d.is_answer[at].all()
        # each right candidate is the answer of some question
        assert d.is_answer.sum() == found.sum()


def test_inputs_are_what_their_names_say(stage, rows):
    _, q = world()
    p = stage.learned.intensity
    d = rows[3]
    for a in (0, 5):
        n = d.question[a]
        s, r, t = int(q.who[n]), int(q.relation[n]), int(q.day[n])
        past = q.between(0, t)
        lam = plain_intensity(q, p, s, r, t)
        for i in range(d.edge[d.group[a]], d.edge[d.group[a] + 1]):
            o = d.entity[i]
            x = d.inputs[i]
            assert x[0] == pytest.approx(np.log(lam[o]), abs=1e-5)
            assert x[column("chance by intensity")] == pytest.approx(
                lam[o] / lam.sum(), rel=1e-5
            )
            pair = (past.who == s) & (past.answer == o)
            weight = 0.5 ** ((t - past.day[pair]) / 20.0)
            assert x[column("X and Y, any act, half-life 20 days")] == pytest.approx(
                weight.sum(), rel=1e-4
            )
            same = pair & (past.relation == r)
            days = t - past.day[same].max() if same.any() else 999
            assert x[column("X and Y, the same act, days since")] == days
            done = (past.answer == o) & (past.relation == r)
            total = 0.5 ** ((t - past.day[past.relation == r]) / 20.0)
            share = (0.5 ** ((t - past.day[done]) / 20.0)).sum() / (total.sum() + 1)
            assert x[column("anyone and Y, the same act, share")] == pytest.approx(
                share, rel=1e-4, abs=1e-7
            )


def test_first_ranks_are_those_of_the_plain_mode(stage, rows):
    _, q = world()
    got = np.concatenate([d.first_rank for d in rows])
    np.testing.assert_array_equal(got, plain_ranks(q, stage.learned.intensity, 55, 70))


def test_ranks_are_those_of_one_order_of_all_entities(stage, rows):
    _, q = world()
    whole = ranks_of_whole(stage, q, 55, 70, PLAN)
    at = 0
    for d in rows[:4]:
        scores = stage.trees.scores(d.inputs)
        for g in range(len(d.edge) - 1):
            mine = np.flatnonzero(d.group == g)
            n = d.question[mine[0]]
            everyone = np.log(
                plain_intensity(
                    q,
                    stage.learned.intensity,
                    int(q.who[n]),
                    int(q.relation[n]),
                    int(q.day[n]),
                )
            )
            rows_g = slice(d.edge[g], d.edge[g + 1])
            # candidates stand above all others
            everyone -= everyone.max() + 1e6
            everyone[d.entity[rows_g]] = scores[rows_g]
            np.testing.assert_array_equal(
                whole.whole[at + mine],
                filtered_ranks(everyone, q.answer[d.question[mine]]),
            )
        at += len(d.question)


def test_attributions_add_up_to_the_score(stage, rows):
    inputs = rows[0].inputs[:40]
    parts = stage.trees.contributions(inputs)
    assert parts.shape == (len(inputs), inputs.shape[1] + 1)
    np.testing.assert_allclose(parts.sum(1), stage.trees.scores(inputs), rtol=1e-9)


def test_the_future_changes_nothing(stage):
    facts, q = world()
    until = q.between(0, 60)
    again = learn(facts, until, 55, PLAN, 60)
    a = ranks_of_whole(stage, q, 55, 60, PLAN)
    b = ranks_of_whole(again, until, 55, 60, PLAN)
    np.testing.assert_array_equal(a.whole, b.whole)


def test_the_same_twice(stage):
    facts, q = world()
    again = learn(facts, q, 55, PLAN, 70)
    assert again.trees.texts == stage.trees.texts
    np.testing.assert_array_equal(
        again.learned.likeness.answer, stage.learned.likeness.answer
    )


def test_candidates_left_out_are_made_up_for_on_average(stage):
    _, q = world()
    learned = Learned(
        stage.learned.intensity, stage.learned.likeness, stage.learned.labels
    )
    sums = []
    for seed in range(40):
        d = next(
            rows_by_day(
                q, learned, stage.busy, 60, 61, how=PLAN.how, keep=8,
                rng=np.random.default_rng(seed),
            )
        )  # fmt: skip
        sums.append(np.add.reduceat(d.weight, d.edge[:-1]))
    full = next(rows_by_day(q, learned, stage.busy, 60, 61, how=PLAN.how))
    size = np.diff(full.edge)
    se = np.std(sums, 0) / np.sqrt(len(sums))
    assert (np.abs(np.mean(sums, 0) - size) < 5 * se + 1e-3).all()


def test_a_mean_likeness_scores_as_the_mean_of_its_members():
    _, q = world()
    busy = busy_with(q, 10, 70)
    members = [
        fit_likeness(np.random.default_rng(k), q, busy, 50, passes=1, dimensions=5)
        for k in range(3)
    ]
    row = np.flatnonzero(q.day == 60)[:9]
    weights = busy.weights[busy.row[row]]

    def score(m):
        query = m.query(q.who[row], q.relation[row], weights)
        return query @ m.answer.T + m.bias

    np.testing.assert_allclose(
        score(mean_likeness(members)),
        np.mean([score(m) for m in members], 0),
        atol=1e-5,
    )


def test_whom_one_is_busy_with_is_read_off_the_days_before():
    _, q = world()
    busy = busy_with(q, 10, 70)
    for n in np.flatnonzero(q.day >= 20)[::97]:
        past = (q.who == q.who[n]) & (q.day < q.day[n]) & (q.day >= q.day[n] - 60)
        weight = 0.5 ** ((q.day[n] - q.day[past]) / 10.0)
        want = np.bincount(q.answer[past], weight, q.n_entities) / (1 + weight.sum())
        got = np.asarray(busy.weights[busy.row[n]].todense()).ravel()
        np.testing.assert_allclose(got, want, atol=1e-6)
    assert (busy.row[q.day < 10] == -1).all()


def test_slopes_are_those_of_the_loss():
    rng = np.random.default_rng(5)
    edge = np.array([0, 4, 9])
    right = np.array([0, 1, 0, 0, 1, 0, 1, 0, 0], float)
    weight = rng.uniform(1, 3, 9)
    score = rng.normal(size=9)

    def loss(s):
        total = 0.0
        for a, b in ((0, 4), (4, 9)):
            z = (weight[a:b] * np.exp(s[a:b])).sum()
            total += (right[a:b] * (np.log(z) - s[a:b])).sum()
        return total

    slope, curve = np.zeros(9), np.zeros(9)
    softmax_slopes(score, right, weight, edge, slope, curve)
    for i in range(9):
        step = np.zeros(9)
        step[i] = 1e-5
        numeric = (loss(score + step) - loss(score - step)) / 2e-5
        assert slope[i] == pytest.approx(numeric, abs=1e-8)
    # the diagonal bound m p (1 - p) is never negative
    assert (curve > 0).all()


def test_countries_come_from_partners_of_the_past_only():
    facts, q = world()
    names = ("Police (Chad)", "Chad", *(f"P{i}" for i in range(28)))
    labels = labels_of(names)
    before = with_countries_of_partners(labels, q, 30)
    same = with_countries_of_partners(labels, q.between(0, 30), 30)
    np.testing.assert_array_equal(before.country, same.country)
    assert before.country[0] == 1
    assert (with_countries_of_partners(labels, q, 0).country == labels.country).all()
    assert len(facts) > 0


def test_groups_of_acts_part_what_happens_between_different_pairs():
    rng = np.random.default_rng(2)
    n = 4000
    action = rng.integers(0, 8, n)
    # acts 0..3 happen among entities 0..19, acts 4..7 among 20..39
    shift = np.where(action < 4, 0, 20)
    facts = random_facts(rng, n=10, entities=40, actions=8)
    facts = type(facts).of(
        rng.integers(0, 20, n) + shift, action, rng.integers(0, 20, n) + shift,
        rng.integers(0, 30, n), entities=facts.entities, actions=facts.actions,
    )  # fmt: skip
    group = act_groups(Questions.of(facts), 30, 2)
    assert len(set(group[:4])) == 1
    assert len(set(group[4:8])) == 1
    assert group[0] != group[4]
    assert (group[8:] == group[:8] + 2).all()
