"""Counts that cannot all hold: the cycle search against a linear program."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from spillover.case.check_history import contradiction
from spillover.case.pattern_text import parse_quantity
from spillover.case.tables import IntervalCount

DAY = dt.date(2031, 2, 1)


def row(n: int, first: int, length: int, low: int, width: float) -> IntervalCount:
    start = DAY + dt.timedelta(days=first)
    return IntervalCount(
        f"c{n}",
        start,
        start + dt.timedelta(days=length - 1),
        parse_quantity("raids"),
        "raids",
        "range",
        float(low),
        low + width,
        line=n + 2,
    )


def possible(rows: list[IntervalCount]) -> bool:
    """Whether counts per day exist that give every row."""
    upper, most = [], []
    for r in rows:
        days = np.zeros(12)
        days[(r.first - DAY).days : (r.last - DAY).days + 1] = 1
        upper.append(-days)
        most.append(-r.low)
        if np.isfinite(r.high):
            upper.append(days)
            most.append(r.high)
    return bool(linprog(np.zeros(12), A_ub=np.array(upper), b_ub=most).success)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(1, 6),
        st.integers(0, 9),
        st.sampled_from([0.0, 1.0, 4.0, float("inf")]),
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS)
def test_a_cycle_is_found_exactly_when_no_counts_fit(found) -> None:
    rows = [row(n, *r) for n, r in enumerate(found)]
    bad = contradiction(rows)
    assert bool(bad) == (not possible(rows))
    if bad:  # what is named is enough to contradict
        assert not possible(bad)
