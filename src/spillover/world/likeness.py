"""Learned likeness: vectors of entities and acts, from which unseen pairs get a chance.

    score(o | s, r, t) = ((u_s + v_r * c_s(t)) * w_r + a_r) . b_o + g_o

c_s(t) is the mean of the vectors b of those s had to do with in the last weeks, weighted
by recency: what s is busy with now. The score is fitted to the answers of all facts
before a day, later ones weighing more, by sampled softmax (answers of the batch and
some entities at random, corrected for their chance to be sampled) and Adagrad.

References
----------
Yang et al. (2015), Embedding entities and relations (DistMult).
Bengio and Senecal (2008), Adaptive importance sampling (sampled softmax).

This file must never import trees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spillover.world.questions import Questions

__all__ = ["Busy", "Likeness", "busy_with", "fit_likeness", "mean_likeness"]

F32 = NDArray[np.float32]
BUSY_DAYS = 60
BUSY_HALF_LIFE = 10.0
BATCH, RANDOM = 1024, 512
RATE, RIDGE = 0.1, 3e-4


@dataclass(frozen=True)
class Busy:
    """Whom each asked one had to do with lately.

    Attributes
    ----------
    weights
        Sparse (m, E): one row for each who and day, summing to below 1.
    row : (n,)
        The row of each question; -1 where it was not asked for.
    """

    weights: csr_matrix
    row: NDArray[np.int64]


def busy_with(q: Questions, first: int, end: int) -> Busy:
    """The rows of the questions of the days [first, end), from facts before each day."""
    E = q.n_entities
    asked = (q.day >= first) & (q.day < end)
    key = q.day[asked].astype(np.int64) * E + q.who[asked]
    rows, index = np.unique(key, return_inverse=True)
    order = np.lexsort((q.day, q.who))
    day, answer = q.day[order], q.answer[order]
    edge = np.searchsorted(q.who[order], np.arange(E + 1))
    place = q.who[order].astype(np.int64) * 100_000 + (day - int(q.day[0]))
    who, when = rows % E, rows // E
    since = when - int(q.day[0])
    lo = np.searchsorted(place, who * 100_000 + np.maximum(since - BUSY_DAYS, 0))
    hi = np.searchsorted(place, who * 100_000 + since)
    lo = np.maximum(lo, edge[who])
    n = hi - lo
    pointer = np.concatenate([[0], np.cumsum(n)])
    at = np.repeat(lo - pointer[:-1], n) + np.arange(pointer[-1])
    value = 0.5 ** ((np.repeat(when, n) - day[at]) / BUSY_HALF_LIFE)
    owner = np.repeat(np.arange(len(rows)), n)
    total = 1.0 + np.bincount(owner, value, minlength=len(rows))
    weights = csr_matrix(
        ((value / total[owner]).astype(np.float32), answer[at], pointer),
        shape=(len(rows), E),
    )
    weights.sum_duplicates()
    row = np.full(len(q), -1, np.int64)
    row[asked] = index
    return Busy(weights, row)


@dataclass(frozen=True)
class Likeness:
    """Vectors. E entities, R relations, D dimensions.

    Attributes
    ----------
    who, answer : (E, D)
        u and b.
    scale, shift, now : (R, D)
        w, a and v.
    bias : (E,)
        g.
    """

    who: F32
    answer: F32
    scale: F32
    shift: F32
    now: F32
    bias: F32

    def query(
        self, who: NDArray[np.int32], relation: NDArray[np.int32], busy: csr_matrix
    ) -> F32:
        """What is multiplied with b_o, shape (n, D)."""
        c = busy @ self.answer
        x = self.who[who] + self.now[relation] * c
        return np.asarray(x * self.scale[relation] + self.shift[relation], np.float32)


def mean_likeness(members: list[Likeness]) -> Likeness:
    """One likeness whose score is the mean of its members' scores.

    All is done dimension by dimension, so vectors are laid side by side and the
    queries divided by their number.
    """

    def beside(*x: F32) -> F32:
        return np.concatenate(x, axis=1)

    n = np.float32(len(members))
    return Likeness(
        beside(*(m.who for m in members)), beside(*(m.answer for m in members)),
        beside(*(m.scale / n for m in members)), beside(*(m.shift / n for m in members)),
        beside(*(m.now for m in members)),
        np.asarray(np.mean([m.bias for m in members], axis=0), np.float32),
    )  # fmt: skip


def _start(E: int, R: int, D: int, rng: np.random.Generator) -> Likeness:
    def normal(rows: int, scale: float) -> F32:
        return np.asarray(rng.normal(size=(rows, D)) * scale / np.sqrt(D), np.float32)

    return Likeness(
        normal(E, 0.9), normal(E, 0.9), np.float32(1.0) + normal(R, 0.09),
        normal(R, 0.09), np.full((R, D), 0.5, np.float32), np.zeros(E, np.float32),
    )  # fmt: skip


def _gathered(index: NDArray[np.int32], value: F32) -> tuple[NDArray[np.int32], F32]:
    """Sums of rows with the same index."""
    rows, inverse = np.unique(index, return_inverse=True)
    one = np.ones(len(index), np.float32)
    shape = (len(rows), len(index))
    sums = csr_matrix((one, (inverse, np.arange(len(index)))), shape) @ value
    return np.asarray(rows, np.int32), np.asarray(sums, np.float32)


def fit_likeness(
    rng: np.random.Generator,
    q: Questions,
    busy: Busy,
    day: int,
    *,
    passes: int,
    dimensions: int = 96,
    memory: float = 150.0,
    begin: Likeness | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Likeness:
    """Fit to the questions before `day` for which `busy` has rows.

    Parameters
    ----------
    begin
        Vectors to go on from; they are copied.
    passes
        Times through the questions, each drawn with a chance that fades with its age.
    memory
        Half-life of that fading, in days.
    """
    E = q.n_entities
    learn = np.flatnonzero((q.day < day) & (busy.row >= 0))
    who, relation, answer = q.who[learn], q.relation[learn], q.answer[learn]
    rows = busy.row[learn]
    weight = 0.5 ** ((day - q.day[learn]) / memory)
    popular = np.bincount(answer, weight, minlength=E)
    popular = popular / max(popular.sum(), 1e-12)
    m = begin or _start(E, q.n_relations, dimensions, rng)
    u, b, w, a, v, g = (
        x.copy() for x in (m.who, m.answer, m.scale, m.shift, m.now, m.bias)
    )
    seen = {id(x): np.full(x.shape, 1e-2, np.float32) for x in (u, b, w, a, v, g)}

    def step(x: F32, at: NDArray[np.int32], slope: F32) -> None:
        s = seen[id(x)]
        s[at] += slope * slope
        x[at] -= RATE * slope / np.sqrt(s[at])

    for k in range(passes):
        if progress:
            progress(k, passes, "learning the likeness")
        order = rng.permutation(len(learn))
        order = order[rng.random(len(order)) < weight[order]]
        for i in range(0, len(order) - 1, BATCH):
            n = order[i : i + BATCH]
            s, r, y = who[n], relation[n], answer[n]
            other = rng.integers(0, E, RANDOM).astype(np.int32)
            sampled = np.unique(np.concatenate([y, other]))
            chance = 1 - (1 - popular[sampled]) ** len(n) * (1 - 1 / E) ** RANDOM
            c = np.asarray(busy.weights[rows[n]] @ b)
            x = u[s] + v[r] * c
            query = x * w[r] + a[r]
            z = query @ b[sampled].T
            z += g[sampled] - np.log(chance).astype(np.float32)
            z -= z.max(1, keepdims=True)
            np.exp(z, out=z)
            z /= z.sum(1, keepdims=True)
            z[np.arange(len(n)), np.searchsorted(sampled, y)] -= 1.0
            by_query = z @ b[sampled]
            ridge = RIDGE * len(n) * chance[:, None].astype(np.float32)
            by_answer = z.T @ query + ridge * b[sampled]
            by_bias = z.sum(0)
            dx = by_query * w[r]
            rows_u, du = _gathered(s, dx)
            D = dx.shape[1]
            rows_r, dr = _gathered(r, np.hstack([by_query * x, by_query, dx * c]))
            step(b, sampled, by_answer)
            step(g, sampled, by_bias)
            step(u, rows_u, du + RIDGE * len(n) * u[rows_u])
            step(w, rows_r, dr[:, :D])
            step(a, rows_r, dr[:, D : 2 * D])
            step(v, rows_r, dr[:, 2 * D :])
    return Likeness(u, b, w, a, v, g)
