"""The state of the streams: moved on by days it is the state of the whole history."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.model.decaying import course_of, excited, links_of, moved_on
from tests.support.build import Build

HALVES = np.array([0.5, 3.0, 30.0])


def counts_of(seed, days, streams=3):
    return np.random.default_rng(seed).poisson(0.7, (days, streams)).astype(float)


def same(a, b):
    assert a.sums.tobytes() == b.sums.tobytes()
    assert a.checkpoints.tobytes() == b.checkpoints.tobytes()
    assert a.counts.tobytes() == b.counts.tobytes()


@given(
    seed=st.integers(0, 999),
    cuts=st.lists(st.integers(0, 150), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_moved_on_in_any_steps_is_the_whole_history_to_the_bit(seed, cuts):
    counts = counts_of(seed, 150)
    course = course_of(HALVES, counts[:0])
    for cut in sorted(cuts):
        course = moved_on(course, counts[:cut])
    same(moved_on(course, counts), course_of(HALVES, counts))


@given(
    seed=st.integers(0, 999),
    day=st.integers(0, 99),
    known=st.integers(0, 100),
    change=st.integers(-1, 3),
)
@settings(max_examples=60, deadline=None)
def test_late_and_revised_events_are_taken_in_to_the_bit(seed, day, known, change):
    counts = counts_of(seed, 100)
    before = course_of(HALVES, counts[:known])
    counts[day, 1] = max(0.0, counts[day, 1] + change)
    same(moved_on(before, counts), course_of(HALVES, counts))


@pytest.mark.parametrize("days", [1, 31, 32, 33, 400])
def test_sums_are_those_of_the_definition(days):
    """S_h = sum over events of the mean weight of an event at a uniform hour."""
    counts = counts_of(7, days)
    sums = course_of(HALVES, counts).sums
    nodes = (np.arange(2000) + 0.5) / 2000
    for h, half in enumerate(HALVES):
        age = days - (np.arange(days)[:, None] + nodes)
        weight = (2.0 ** (-age / half)).mean(axis=1)
        expected = weight @ counts
        np.testing.assert_allclose(sums[h], expected, rtol=1e-6)
        exact = half / np.log(2) * (2.0 ** (-(age[:, -1] - nodes[0]) / half)) * (1 - 2.0 ** (-1 / half))  # fmt: skip
        np.testing.assert_allclose(sums[h], exact @ counts, rtol=1e-12)


def test_going_on_without_the_late_day_would_be_wrong():
    counts = counts_of(3, 60)
    before = course_of(HALVES, counts[:59])
    late = counts.copy()
    late[40, 0] += 2.0
    wrong = moved_on(before, counts)
    assert not np.allclose(wrong.sums, course_of(HALVES, late).sums)


def test_days_are_never_taken_away():
    course = course_of(HALVES, counts_of(1, 10))
    with pytest.raises(ValueError, match=r"shape \(9, 3\) cannot follow .*\(10, 3\)"):
        moved_on(course, counts_of(1, 9))


def test_the_excited_rate_is_that_of_the_kernels():
    b = Build(horizon=10.0)
    b.stream("a", base=0.1)
    b.stream("b", base=0.1)
    b.response("a", "b", children=0.4, half_life=2.0)
    b.response("b", "b", children=0.25, half_life=5.0)
    model, theta = b.build()
    links = links_of(model, theta)
    assert links.half_lives.tolist() == [2.0, 5.0]
    counts = np.zeros((4, 2))
    counts[1, 0] = 3.0
    counts[3, 1] = 1.0
    rate = excited(links, course_of(links.half_lives, counts))

    def mean(half, first, last):  # of the kernel over an hour in [first, last) days ago
        return (2.0 ** (-first / half) - 2.0 ** (-last / half)) / (last - first)

    expected = 3 * 0.4 * mean(2.0, 2, 3) + 0.25 * mean(5.0, 0, 1)
    assert rate[0] == 0.0
    assert rate[1] == pytest.approx(expected, rel=1e-12)
