"""Who came of whom: the law of roots, forests and times given a number."""

from __future__ import annotations

import itertools
import math

import numpy as np

from spillover.assemble.forest import (
    forest,
    inside_delay,
    number_of_roots,
    place_forest,
)
from tests.support.stat import check_chances, check_ks, check_same_law


def rng(seed):
    return np.array([seed * 7919 + 11], np.uint64)


def test_roots_given_the_number_are_poisson_times_borel_tanner():
    n, roots, ratio = 6, 2.0, 0.5
    law = [
        roots**m
        / math.factorial(m)
        * m
        / n
        * (ratio * n) ** (n - m)
        / math.factorial(n - m)
        for m in range(1, n + 1)
    ]
    seen = [number_of_roots(rng(s), n, roots, ratio) for s in range(20000)]
    check_chances(seen, [0.0, *(x / sum(law) for x in law)], "roots")


def test_forests_are_uniform_among_labelled_ones():
    """Plane forests weigh as Poisson offspring: 1 / product of factorials."""
    n, m = 5, 2
    weights = {}
    for children in itertools.product(range(n - m + 1), repeat=n):
        if sum(children) != n - m:
            continue
        parent, free = [-1] * m, True
        for q in range(n):
            if q >= len(parent):
                free = False
                break
            parent += [q] * children[q]
        if free and len(parent) == n:
            weights[tuple(parent)] = math.prod(1 / math.factorial(c) for c in children)
    order = list(weights)
    parent = np.zeros(n, np.int64)
    seen = []
    for s in range(20000):
        forest(rng(s), n, m, parent)
        seen.append(order.index(tuple(parent.tolist())))
    total = sum(weights.values())
    check_chances(seen, [weights[k] / total for k in order], "forests")


def test_a_delay_inside_is_the_kernel_cut():
    lag, rate, share = np.array([0.0, 1.0]), np.array([0.7, 0.2]), np.array([0.4, 0.6])
    left = 4.0

    def mass(x):
        x = np.asarray(x)
        late = np.where(x > 1.0, 0.6 * -np.expm1(-0.2 * np.maximum(x - 1.0, 0.0)), 0.0)
        return 0.4 * -np.expm1(-0.7 * x) + late

    r = rng(3)
    values = [inside_delay(r, left, lag, rate, share) for _ in range(20000)]
    check_ks(values, lambda x: mass(x) / mass(left), "cut delays")
    assert math.isnan(inside_delay(r, 0.5, lag[1:], rate[1:], share[1:]))


def simulate_hawkes(g, base, ratio, beta, end):
    times = list(g.uniform(0.0, end, g.poisson(base * end)))
    k = 0
    while k < len(times):
        for _ in range(g.poisson(ratio)):
            t = times[k] + g.exponential(1.0 / beta)
            if t < end:
                times.append(t)
        k += 1
    return np.sort(times)


def test_placing_given_the_number_is_like_rejection():
    """A cluster rarely leaves a long period, so the forest has nearly the right law."""
    end, base, ratio, beta, n = 40, 0.1, 0.5, 2.0, 8
    g = np.random.default_rng(20241101)
    kept = []
    while len(kept) < 3000:
        times = simulate_hawkes(g, base, ratio, beta, float(end))
        if len(times) == n:
            kept.append(np.diff(times))
    one = np.ones(end)
    placed = []
    for s in range(3000):
        times = np.zeros(n)
        place_forest(
            rng(s),
            times,
            np.zeros(1, np.int64),
            n,
            0,
            end,
            base * end,
            ratio,
            one,
            one,
            np.zeros(1),
            np.array([beta]),
            np.ones(1),
        )
        placed.append(np.diff(np.sort(times)))
    check_same_law(np.array(kept)[:, 3], np.array(placed)[:, 3], "a middle gap")
    check_same_law(np.min(kept, axis=1), np.min(placed, axis=1), "the shortest gap")
    check_same_law(np.max(kept, axis=1), np.max(placed, axis=1), "the longest gap")


def test_dated_events_keep_their_times_and_factors_their_weight():
    weight = np.ones(10)
    weight[3:6] = 0.0
    times = np.zeros(200)
    times[:2] = (4.25, 7.5)
    place_forest(
        rng(1),
        times,
        np.array([2]),
        200,
        0,
        10,
        100.0,
        0.5,
        weight,
        weight,
        np.zeros(1),
        np.array([1.0]),
        np.ones(1),
    )
    assert times[:2].tolist() == [4.25, 7.5]
    rest = times[2:]
    assert np.all((rest >= 0.0) & (rest < 10.0))
    assert not np.any((rest >= 3.0) & (rest < 6.0))
