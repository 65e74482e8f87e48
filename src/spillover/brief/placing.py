"""Where actors stand on the map: seeded annealing over slots in a brick pattern."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import TypeAlias

__all__ = ["Box", "Point", "curve", "inside", "place"]

Point: TypeAlias = tuple[float, float]
#: Middle, width and height.
Box: TypeAlias = tuple[float, float, float, float]

STARTS, STEPS = 4, 5000


def curve(a: Point, b: Point, bend: float, shift: float, n: int = 48) -> list[Point]:
    """Return the points of a bow from `a` to `b`, moved sideways by `shift` px."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    span = math.hypot(dx, dy)
    sx, sy = -dy / span * shift, dx / span * shift
    a, b = (a[0] + sx, a[1] + sy), (b[0] + sx, b[1] + sy)
    c = ((a[0] + b[0]) / 2 - dy * bend, (a[1] + b[1]) / 2 + dx * bend)
    points = []
    for t in (i / n for i in range(n + 1)):
        u, v, w = (1 - t) ** 2, 2 * t * (1 - t), t * t
        x, y = (u * a[i] + v * c[i] + w * b[i] for i in (0, 1))
        points.append((x, y))
    return points


def inside(p: Point, box: Box, pad: float) -> bool:
    """Return whether a point lies in a box widened by `pad` px."""
    across = abs(p[0] - box[0]) < box[2] / 2 + pad
    return across and abs(p[1] - box[1]) < box[3] / 2 + pad


def place(
    names: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    slots: Sequence[Point],
    size: tuple[float, float],
    seed: int,
) -> dict[str, Point]:
    """Return a slot for each name: short ties, few crossings, none under a box.

    Same input, same result.
    """
    edges = list(itertools.combinations(range(len(slots)), 2))
    number = [[0] * len(slots) for _ in slots]
    for k, (i, j) in enumerate(edges):
        number[i][j] = number[j][i] = k
    fixed = [_fixed_cost(edge, slots, size) for edge in edges]
    # Sets of edges as bits of a whole number: the search asks for them 40,000 times.
    crossing = [sum(1 << e for e in found) for found in _crossings(edges, slots)]
    middle = (
        sum(x for x, _ in slots) / len(slots),
        sum(y for _, y in slots) / len(slots),
    )
    pull = [0.1 * math.dist(slot, middle) / 100 for slot in slots]

    def cost(at: dict[str, int]) -> float:
        used = sorted({number[at[a]][at[b]] for a, b in pairs})
        bits = sum(1 << e for e in used)
        cut = sum((crossing[e] & bits).bit_count() for e in used) / 2
        ties = sum(fixed[e] for e in used)
        return ties + 2.5 * cut + sum(pull[at[name]] for name in names)

    best: tuple[float, dict[str, int]] | None = None
    for start in range(STARTS):
        rng = random.Random(seed + start)
        spots = rng.sample(range(len(slots)), len(names))
        at = dict(zip(names, spots, strict=True))
        now = cost(at)
        for step in range(STEPS):
            heat = 3 * (1 - step / STEPS) ** 2 + 1e-3
            name, slot = rng.choice(names), rng.randrange(len(slots))
            new = dict(at)
            for other in names:
                if new[other] == slot:
                    new[other] = at[name]
            new[name] = slot
            then = cost(new)
            if then < now or rng.random() < math.exp((now - then) / heat):
                at, now = new, then
        if best is None or now < best[0]:
            best = (now, at)
    assert best is not None
    return {name: slots[k] for name, k in best[1].items()}


def _fixed_cost(
    edge: tuple[int, int], slots: Sequence[Point], size: tuple[float, float]
) -> float:
    """Return what a tie between two slots costs whatever the others do."""
    a, b = slots[edge[0]], slots[edge[1]]
    way = curve(a, b, 0.06, 0, 14)
    others = (slot for k, slot in enumerate(slots) if k not in edge)
    under = sum(any(inside(p, (*s, *size), 4) for p in way) for s in others)
    tight = abs(a[1] - b[1]) < 1 and abs(a[0] - b[0]) - size[0] < 44
    return math.pow(math.dist(a, b) / 100, 1.5) + 5 * under + 4 * tight


def _crossings(
    edges: Sequence[tuple[int, int]], slots: Sequence[Point]
) -> list[set[int]]:
    out: list[set[int]] = [set() for _ in edges]
    for (i, e), (j, f) in itertools.combinations(enumerate(edges), 2):
        if not set(e) & set(f) and _cross(*(slots[k] for k in e + f)):
            out[i].add(j)
            out[j].add(i)
    return out


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def turn(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    apart = turn(a, b, c) * turn(a, b, d) < -1
    return apart and turn(c, d, a) * turn(c, d, b) < -1
