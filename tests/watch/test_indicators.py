"""Indicators: silence and its contrary add up; an event that is the answer is no sign."""

import numpy as np
import pytest

import spillover as sp
from spillover.ensemble.run import run_ensemble
from spillover.study import indicators as found


@pytest.fixture(scope="module")
def assembled():
    return sp.load("strait-demo").assembled


@pytest.fixture(scope="module")
def rows(assembled):
    return found.indicators_of(
        assembled, ["strike-on-arland@90 days"], draws=60, futures=10, threads=1
    )


def test_silence_is_read_off_the_futures(assembled, rows):
    """P(yes) = P(yes | none) P(none) + P(yes | some) P(some), exactly."""
    n = [q.id for q in assembled.questions].index("strike-on-arland@90 days")
    asked = found._with_silence(assembled, [n])
    run = run_ensemble(asked, draws=60, futures=10, seed=1, threads=1)
    hits = run.arms[0].sums.hits
    ids = [q.id for q in asked.questions]
    for r in rows:
        if r.kind != "silence":
            continue
        none = hits[:, ids.index(f"no {r.stream}")].sum()
        both = hits[:, ids.index(f"no {r.stream} and strike-on-arland@90 days")].sum()
        assert r.seen == pytest.approx(none / 600)
        assert r.then == pytest.approx(both / none)
        assert both <= hits[:, n].sum()
        assert r.p == pytest.approx(hits[:, n].sum() / 600)


def test_an_event_that_is_the_answer_is_no_sign_of_it(rows):
    assert {r.stream for r in rows if r.itself} == {"strikes"}
    assert all(r.itself for r in rows[-2:])
    for r in rows:
        assert 0.0 <= r.seen <= 1.0
        assert r.low <= r.change <= r.high
        assert r.then == pytest.approx(r.p + r.change)


def test_those_that_may_well_be_seen_come_first_by_size(rows):
    key = [(r.itself, not r.may_well, -abs(r.change)) for r in rows]
    assert key == sorted(key)
    assert all(r.may_well == (0.01 <= r.seen <= 0.99) for r in rows)


def test_the_interval_of_a_ratio_holds_the_truth_about_nine_times_in_ten():
    """Two kinds of draws; silence tells which: P(yes | none) by Bayes."""
    rng = np.random.default_rng(5)
    held = 0
    M, D = 20, 100
    for _ in range(400):
        high = rng.random(D) < 0.5
        none = rng.random((D, M)) < np.where(high, 0.3, 0.8)[:, None]
        yes = rng.random((D, M)) < np.where(high, 0.6, 0.2)[:, None]
        s, y, j = none.sum(1), yes.sum(1), (none & yes).sum(1)
        p, then = y.mean() / M, j.sum() / s.sum()
        rest = (j - then * s) / s.mean() - (y - p * M) / M
        reach = 1.645 * found._se(rest)
        truth = (0.3 * 0.6 + 0.8 * 0.2) / 1.1 - 0.4
        held += abs(then - p - truth) <= reach
    assert 0.85 <= held / 400 <= 0.95
