"""`Facts.of`: sorted, each once, ids checked; bad input with its exact message."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import InputError
from spillover.model.facts import Facts

NAMES = {"entities": ("arland", "eastmark", "westmark"), "actions": ("ASK", "STRIKE")}

rows = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 1), st.integers(0, 2), st.integers(-5, 5)
    ),
    max_size=30,
)


def of(rows):
    table = np.array(rows, int).reshape(-1, 4).T
    return Facts.of(*table, **NAMES)


@given(rows, st.randoms())
def test_facts_are_the_sorted_set_whatever_the_order(rows, random):
    facts = of(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    again = of(shuffled)
    got = list(
        zip(
            facts.day.tolist(),
            facts.source.tolist(),
            facts.action.tolist(),
            facts.target.tolist(),
            strict=True,
        )
    )
    assert got == sorted({(d, s, a, o) for s, a, o, d in rows})
    for name in ("source", "action", "target", "day"):
        assert np.array_equal(getattr(facts, name), getattr(again, name))
        assert getattr(facts, name).dtype == np.int32


@given(rows, st.integers(-6, 6), st.integers(-6, 6))
def test_between_is_the_days_asked_for(rows, first, end):
    facts = of(rows)
    part = facts.between(first, end)
    kept = (facts.day >= first) & (facts.day < end)
    assert np.array_equal(part.day, facts.day[kept])
    assert np.array_equal(part.target, facts.target[kept])


def test_an_unknown_id_is_named_with_its_place():
    with pytest.raises(InputError) as e:
        Facts.of([0, 3], [0, 2], [0, 0], [1, 1], **NAMES)
    assert str(e.value) == (
        "facts: source: unknown id 3 in fact 1 (1 such). Expected 0 to 2, the entities named\n"
        "facts: action: unknown id 2 in fact 1 (1 such). Expected 0 to 1, the actions named"
    )


def test_half_a_day_and_ragged_columns_are_refused():
    with pytest.raises(InputError, match="facts: day: not a whole number"):
        Facts.of([0], [0], [1], [0.5], **NAMES)
    with pytest.raises(
        InputError, match=r"different lengths \(source 2, action 1, target 1, day 1\)"
    ):
        Facts.of([0, 1], [0], [1], [0], **NAMES)
