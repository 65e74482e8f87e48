"""Parts of a change add up exactly; an alert is raised and cleared in turn."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.study.alert_rules import AlertRule, RuleState, step
from spillover.study.risk_line import STEPS, split_change, tenths

M = 20
stage = st.lists(st.integers(0, M), min_size=30, max_size=30).map(
    lambda x: np.array(x, np.int32)
)


@given(stages=st.lists(stage, min_size=4, max_size=4))
@settings(max_examples=100, deadline=None)
def test_parts_add_up_exactly(stages):
    split = split_change(stages, M)
    assert [p.step for p in split.parts] == list(STEPS) == ["time", "data", "model"]
    assert sum(p.futures for p in split.parts) == split.futures
    whole = Fraction(int(stages[3].sum()) - int(stages[0].sum()), 30 * M)
    assert sum(Fraction(p.futures, split.total) for p in split.parts) == whole
    assert split.change == float(whole)
    shown = round(1000 * int(split.futures) / split.total)
    assert sum(tenths(split)) == shown
    for p in split.parts:
        assert p.low <= p.change <= p.high


def test_a_step_that_changes_nothing_has_no_part_and_no_interval():
    a, b = np.arange(10), np.arange(10) + 1
    split = split_change([a, a, b, b], M)
    assert [p.futures for p in split.parts] == [0, 10, 0]
    assert (split.parts[0].low, split.parts[0].high) == (0.0, 0.0)
    assert split.parts[1].low == split.parts[1].high == 1 / M  # the same in every draw


@pytest.mark.parametrize("n", [3, 5])
def test_four_stages_and_no_other_number(n):
    with pytest.raises(ValueError, match="four stages"):
        split_change([np.zeros(3, int)] * n, M)


chance = st.integers(0, 100).map(lambda x: x / 100)


@given(
    ps=st.lists(chance, max_size=40),
    bounds=st.tuples(chance, chance).filter(lambda x: x[0] != x[1]),
    rise=st.sampled_from([0.0, 0.05, 0.2]),
)
@settings(max_examples=200, deadline=None)
def test_raised_and_cleared_take_turns(ps, bounds, rise):
    rule = AlertRule("r", "q", max(bounds), min(bounds), rise)
    state, told = RuleState(), []
    lowest = None
    for p in ps:
        was = state
        state, kind = step(rule, state, p)
        if kind == "raised":
            assert p >= rule.above
            assert lowest is None or p - lowest >= rise - 1e-9
        if kind == "cleared":
            assert p <= rule.below
            lowest = p
        elif not was.raised:
            lowest = p if lowest is None else min(lowest, p)
        if rule.below < p < rule.above:
            assert kind == ""  # between the two nothing happens
        told += [kind] if kind else []
    assert told == [("raised", "cleared")[n % 2] for n in range(len(told))]


def test_a_chance_that_wavers_at_the_bound_alerts_once():
    rule = AlertRule("r", "q", 0.30, 0.20)
    state, told = RuleState(), []
    for p in (0.25, 0.30, 0.29, 0.31, 0.28, 0.30, 0.20, 0.29, 0.30):
        state, kind = step(rule, state, p)
        told.append(kind)
    assert told == ["", "raised", "", "", "", "", "cleared", "", "raised"]


def test_a_creeping_chance_needs_its_least_rise():
    rule = AlertRule("r", "q", 0.30, 0.10, least_rise=0.05)
    state, kind = step(rule, RuleState(), 0.28)
    state, kind = step(rule, state, 0.31)
    assert kind == ""  # from 28 to 31 is under 5 points
    state, kind = step(rule, state, 0.33)
    assert kind == "raised"
    assert step(rule, RuleState(), 0.4)[1] == "raised"  # high at the first look
