"""Fit the intensity by EM on the conditional likelihood of the target.

Every answer is shared out over the weights that could have brought it (E step); a
weight becomes its answers over its exposure (M step). Pairs of relations are pooled by
kind - the same act, its return, others the same way, others the other way - times
effects of the asked and of the past relation, and shrunk toward the pool.

This file must never import a second stage.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spillover.world.cells import Cells
from spillover.world.intensity import HALF_LIVES, Parameters
from spillover.world.intensity_kernels import expect
from spillover.world.questions import Questions

__all__ = ["fade_table", "fit_intensity", "mean_log_chance", "start"]

Floats = NDArray[np.float64]
FADE_DAYS = 4000


@lru_cache(maxsize=8)
def fade_table(half_lives: tuple[float, ...], days: int = FADE_DAYS) -> Floats:
    """2^(-d / h) for d = 0..days - 1, shape (H, days)."""
    return np.asarray(
        0.5 ** (np.arange(days)[None, :] / np.array(half_lives)[:, None]), float
    )


def relation_kinds(n_relations: int) -> NDArray[np.int64]:
    """0 the same, 1 turned, 2 another the same way, 3 another the other way; (R, R)."""
    i = np.arange(n_relations)
    half = n_relations // 2
    kind = np.full((n_relations, n_relations), 2)
    kind[(i[:, None] < half) != (i[None, :] < half)] = 3
    kind[i, i] = 0
    kind[i, (i + half) % n_relations] = 1
    return kind


def start(n_relations: int, half_lives: tuple[float, ...] = HALF_LIVES) -> Parameters:
    """Where EM begins: the same act most, its return next, all else little."""
    kind = relation_kinds(n_relations)
    shape = (n_relations, n_relations, len(half_lives))
    pair = np.full(shape, 0.02)
    pair[kind == 0] = 1.0
    pair[kind == 1] = 0.3
    target = np.full(shape, 0.00005)
    target[kind == 0] = 0.01
    return Parameters(half_lives, pair, target, np.full(n_relations, 1e-4))


def shrunk(N: Floats, X: Floats, kind: NDArray[np.int64], strength: float) -> Floats:
    """Answers over exposure, shrunk toward the pool of their kind.

    `strength` is the exposure the pool counts for.
    """
    out = np.empty_like(N)
    for k in range(4):
        m = kind == k
        pool = N[m].sum(0) / np.maximum(X[m].sum(0), 1e-12)
        mm = m[:, :, None]
        n, x = N * mm, pool * X * mm
        row = (n.sum((1, 2)) + 20.0) / (x.sum((1, 2)) + 20.0)
        prior = pool * row[:, None, None]
        if k >= 2:
            column = (n.sum((0, 2)) + 20.0) / (x.sum((0, 2)) + 20.0)
            prior = prior * column[None, :, None]
        out[m] = ((N + strength * prior) / (X + strength))[m]
    return out


def _expect(
    q: Questions, cells: Cells, p: Parameters, first: int, end: int
) -> tuple[float, int, Floats, Floats, Floats, Floats, Floats, Floats]:
    pair, target = cells.place(q)
    found: tuple[float, int, Floats, Floats, Floats, Floats, Floats, Floats] = expect(
        q.who, q.relation, q.answer, q.day, pair, target,
        cells.of_who, cells.pair_relation, cells.pair_answer,
        cells.of_answer, cells.target_relation,
        p.pair, p.target, p.anyone, fade_table(p.half_lives), q.n_entities, first, end,
    )  # fmt: skip
    return found


def mean_log_chance(q: Questions, p: Parameters, first: int, end: int) -> float:
    """Mean log of the chance given to the answers of the days [first, end)."""
    return _expect(q, Cells.of(q), p, first, end)[0]


def fit_intensity(
    questions: Questions,
    first: int,
    end: int,
    *,
    begin: Parameters | None = None,
    rounds: int = 5,
    pair_strength: float = 5.0,
    target_strength: float = 20.0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Parameters:
    """EM on the questions of the days [first, end), counting from all facts before.

    Parameters
    ----------
    questions
        May reach beyond `end`; what lies there is not looked at.
    first, end
        Days; give the counts some weeks before `first` to fill.
    begin
        Where to begin; `start` when absent.
    rounds
        Passes over the data.
    pair_strength, target_strength
        Exposure the pools count for.
    """
    q = questions.between(int(questions.day[0]) if len(questions) else 0, end)
    cells = Cells.of(q)
    kind = relation_kinds(q.n_relations)
    p = begin or start(q.n_relations)
    for k in range(rounds):
        if progress:
            progress(k, rounds, "fitting the intensity")
        _, _, NA, XA, NG, XG, NC, XC = _expect(q, cells, p, first, end)
        anyone = (NC + 5.0 * NC.sum() / max(XC.sum(), 1e-12)) / (XC + 5.0)
        p = Parameters(
            p.half_lives,
            shrunk(NA, XA, kind, pair_strength),
            shrunk(NG, XG, kind, target_strength),
            anyone,
        )
    return p
