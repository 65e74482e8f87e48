"""Who came of whom, and when: placing a known number of events in a period.

Given n events of a stream with branching ratio r and expected roots M, the number of
roots m has P(m | n) proportional to Poisson(m; M) x Borel-Tanner(n | m, r), which is
m - 1 ~ Binomial(n - 1, M / (M + r n)); given (m, n) the forest is uniform among
labelled ones: offspring numbers are multinomial, turned to the right start by the cycle
lemma. Roots take the density of the baseline times the factors in force, children come
a kernel delay after their parent, drawn inside the period and kept by the factor.

Approximations: clusters do not cross the edges of a period whose count is known, and
delays are cut to what is left of it.

References
----------
Hawkes & Oakes (1974), doi:10.2307/3212693. Dwass (1969), The total progeny in a
branching process, J. Appl. Prob. 6, doi:10.2307/3212112 (cycle lemma).

This file must never import a case.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.assemble.kernel import Floats, Ints, Rng, binomial, draw, inner, kernel

__all__ = ["forest", "inside_delay", "number_of_roots", "pick_day", "place_forest"]

TRIES = 24


@kernel
def number_of_roots(rng: Rng, n: int, roots: float, ratio: float) -> int:
    """Draw the roots among ``n`` events, ``roots`` expected, branching ``ratio``."""
    if n <= 1 or ratio <= 0.0:
        return n
    p = roots / (roots + ratio * n)
    return 1 + binomial(rng, n - 1, p)


@kernel
def forest(rng: Rng, n: int, m: int, parent: Ints) -> None:
    """Uniform random forest of ``n`` nodes and ``m`` roots, breadth first.

    ``parent[q]`` is -1 for the roots 0 ... m - 1, else an earlier node.
    """
    children = np.zeros(n, np.int64)
    for _ in range(n - m):
        children[min(int(draw(rng) * n), n - 1)] += 1
    # the walk of (children - 1) falls to -m at n: m starts keep it above until then
    at, lowest = 0, 0
    for q in range(n):
        at += children[q] - 1
        lowest = min(lowest, at)
    level = lowest + min(int(draw(rng) * m), m - 1)
    at, start = 0, 0
    for q in range(n):
        at += children[q] - 1
        if at == level:
            start = q + 1
            break
    for q in range(m):
        parent[q] = -1
    free = m
    for q in range(n):
        for _ in range(children[(start + q) % n]):
            parent[free] = q
            free += 1


@kernel
def inside_delay(
    rng: Rng, left: float, lag: Floats, rate: Floats, share: Floats
) -> float:
    """Delay of a child given that it is below ``left``; NaN when none can be.

    ``share`` are the shares of the exponential parts with ``rate`` after ``lag``.
    """
    total = 0.0
    for k in range(len(rate)):
        if left > lag[k]:
            total += share[k] * -math.expm1(-rate[k] * (left - lag[k]))
    if total <= 0.0:
        return math.nan
    u = draw(rng) * total
    part = -1
    for k in range(len(rate)):
        if left > lag[k]:
            part = k
            u -= share[k] * -math.expm1(-rate[k] * (left - lag[k]))
            if u <= 0.0:
                break
    mass = -math.expm1(-rate[part] * (left - lag[part]))
    return float(min(left, lag[part] - math.log1p(-draw(rng) * mass) / rate[part]))


@inner
def pick_day(rng: Rng, weight: Floats, first: int, last: int) -> float:
    """Time in [first, last) by the weights of its days (all zero: uniform)."""
    total = 0.0
    for d in range(first, last):
        total += weight[d]
    if total <= 0.0:
        return first + draw(rng) * (last - first)
    u = draw(rng) * total
    day = first
    for d in range(first, last):
        day = d
        u -= weight[d]
        if u <= 0.0:
            break
    return day + draw(rng)


@kernel
def place_forest(
    rng: Rng,
    times: Floats,
    given: Ints,
    n: int,
    first: int,
    last: int,
    roots: float,
    ratio: float,
    root_weight: Floats,
    child_weight: Floats,
    lag: Floats,
    rate: Floats,
    share: Floats,
) -> None:
    """Draw times of ``n`` events in [first, last) (days since the records begin).

    Parameters
    ----------
    times : (n,)
        Filled; entries below ``given[0]`` hold the times of dated events and stay.
    given : (1,)
        Number of dated events. They take the place of nodes picked at random.
    n, first, last, roots, ratio
        Events, period, expected roots and branching ratio.
    root_weight, child_weight : (days,)
        What multiplies immigrants and offspring on each day.
    lag, rate, share : (parts,)
        The kernel.
    """
    dated = given[0]
    if n <= dated:
        return
    m = number_of_roots(rng, n, roots, ratio)
    parent = np.empty(n, np.int64)
    forest(rng, n, m, parent)
    place = np.arange(n)
    for k in range(dated):  # the first `dated` entries of `place`: nodes of the dated
        other = k + min(int(draw(rng) * (n - k)), n - k - 1)
        place[k], place[other] = place[other], place[k]
    at = np.full(n, np.nan)
    for k in range(dated):
        at[place[k]] = times[k]
    for q in range(n):
        if not math.isnan(at[q]):
            continue
        t = math.nan
        if parent[q] >= 0:
            begin = at[parent[q]]
            for _ in range(TRIES):
                delay = inside_delay(rng, last - begin, lag, rate, share)
                if math.isnan(delay):
                    break
                day = min(max(int(begin + delay), first), last - 1)
                if draw(rng) <= child_weight[day]:
                    t = begin + delay
                    break
        if math.isnan(t) or t >= last:
            t = pick_day(rng, root_weight, first, last)
        at[q] = t
    for k in range(dated, n):
        times[k] = at[place[k]]
