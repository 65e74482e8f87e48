"""Counts over intervals: constraints always hold, and the law is that of rejection."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.assemble.lattice import BINOMIAL, FAR, POISSON, close, walk
from tests.support.stat import check_chances


def ints(*values):
    return np.array(values, np.int64)


def solve(lower, upper, rows):
    """(fits, far) of rows (first, last, low, high)."""
    n = len(lower)
    far = np.zeros((n + 1, n + 1), np.int64)
    columns = [ints(*(r[k] for r in rows)) for k in range(4)]
    return close(far, ints(*lower), ints(*upper), *columns), far


def sample(far, kind, fixed, a, b, seed, sweeps=30):
    counts = np.zeros(len(a), np.int64)
    walk(
        counts,
        far,
        ints(*kind),
        ints(*fixed),
        np.array(a, float),
        np.array(b, float),
        sweeps,
        np.array([seed], np.uint64),
    )
    return counts


def law_of(weights, cells, seen, what):
    """Chi-square of sampled cells against enumerated weights."""
    total = sum(weights.values())
    order = sorted(weights, key=lambda c: -weights[c])[:cells]
    index = {c: k for k, c in enumerate(order)}
    values = [index.get(c, len(order)) for c in seen]
    check_chances(values, [weights[c] / total for c in order], what)


def test_poisson_walk_has_the_law_of_rejection():
    mean = [2.0, 1.0, 3.0]
    rows = [(0, 2, 2, 3), (1, 3, 4, FAR)]
    fits, far = solve((0, 1, 0), (FAR,) * 3, rows)
    assert fits
    weights = {}
    for c in itertools.product(range(25), repeat=3):
        if c[1] >= 1 and 2 <= c[0] + c[1] <= 3 and c[1] + c[2] >= 4:
            weights[c] = math.prod(
                m**k / math.factorial(k) for k, m in zip(c, mean, strict=True)
            )
    seen = [
        tuple(sample(far, (0,) * 3, (0,) * 3, mean, (0,) * 3, s)) for s in range(20000)
    ]
    assert set(seen) <= set(weights)
    law_of(weights, 20, seen, "Poisson atoms given two counts")


def test_an_exact_count_and_a_wide_one_mix_both_priors():
    """Binomial atoms next to a Poisson one, an exact count and a tight pair."""
    rows = [(0, 3, 5, 5), (0, 1, 1, 4)]
    fits, far = solve((1, 0, 0), (4, 3, FAR), rows)
    assert fits
    weights = {}
    for c in itertools.product(range(12), repeat=3):
        if not (1 <= c[0] <= 4 and c[1] <= 3 and sum(c) == 5):
            continue
        one = math.comb(3, c[0] - 1) * 0.6 ** (c[0] - 1) * 0.4 ** (4 - c[0])
        two = math.comb(3, c[1]) * 0.3 ** c[1] * 0.7 ** (3 - c[1])
        weights[c] = one * two * 2.5 ** c[2] / math.factorial(c[2])
    kind, fixed = (BINOMIAL, BINOMIAL, POISSON), (1, 0, 0)
    seen = [
        tuple(sample(far, kind, fixed, (4.0, 3.0, 2.5), (0.6, 0.3, 0.0), s))
        for s in range(20000)
    ]
    assert set(seen) <= set(weights)
    law_of(weights, 10, seen, "binomial and Poisson atoms given an exact sum")


def test_counts_that_imply_an_equality_move_together():
    """Two rows pin x2 - x1: the walk must still change what is free."""
    rows = [(0, 1, 2, 2), (0, 2, 0, 2), (2, 3, 0, 3)]
    fits, far = solve((0, 0, 0), (FAR,) * 3, rows)
    assert fits
    seen = Counter(
        tuple(sample(far, (0,) * 3, (0,) * 3, (1.0, 1.0, 1.0), (0,) * 3, s))
        for s in range(2000)
    )
    assert {c[:2] for c in seen} == {(2, 0)}
    assert {c[2] for c in seen} == {0, 1, 2, 3}


def test_a_part_above_the_whole_fits_nothing():
    assert not solve((0, 0), (FAR, FAR), [(0, 2, 3, 3), (0, 1, 4, FAR)])[0]
    assert not solve((4, 0), (FAR, FAR), [(0, 2, 3, 3)])[0]
    assert not solve((0, 0), (1, 1), [(0, 2, 3, FAR)])[0]


@st.composite
def systems(draw):
    n = draw(st.integers(1, 7))
    rows = []
    for _ in range(draw(st.integers(0, 8))):
        first = draw(st.integers(0, n - 1))
        last = draw(st.integers(first + 1, n))
        low = draw(st.integers(0, 12))
        high = draw(st.one_of(st.just(FAR), st.integers(low, low + 6)))
        rows.append((first, last, low, high))
    lower = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return n, rows, lower, draw(st.integers(0, 2**63))


def brute(n, rows, lower):
    """Whether any numbers up to 14 fit, atom by atom with pruning."""

    def go(prefix):
        k = len(prefix) - 1
        for first, last, low, high in rows:
            if last == k and not low <= prefix[last] - prefix[first] <= high:
                return False
        if k == n:
            return True
        return any(go([*prefix, prefix[-1] + x]) for x in range(lower[k], 15))

    return go([0])


@settings(max_examples=300, deadline=None)
@given(systems())
def test_constraints_always_hold(system):
    n, rows, lower, seed = system
    fits, far = solve(lower, (FAR,) * n, rows)
    if n <= 4:
        assert fits == brute(n, rows, lower)
    if not fits:
        return
    counts = sample(far, (0,) * n, (0,) * n, (1.5,) * n, (0.0,) * n, seed)
    assert np.all(counts >= lower)
    total = np.concatenate([[0], np.cumsum(counts)])
    for first, last, low, high in rows:
        assert low <= total[last] - total[first] <= high
