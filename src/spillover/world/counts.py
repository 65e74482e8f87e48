"""What the second stage counts besides the families, and what a day's work hands on.

Tuples of arrays, so that compiled code takes them whole. This file must never import
trees or a fit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.world.cells import Cells

__all__ = [
    "Asked",
    "Candidates",
    "Columns",
    "Counts",
    "Near",
    "columns_of",
    "empty_counts",
]

F32 = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ids = NDArray[np.int32]


class Columns(NamedTuple):
    """Where cells lie: see `Cells`."""

    of_who: Ints
    pair_relation: Ids
    pair_answer: Ids
    of_answer: Ints
    target_relation: Ids


class Counts(NamedTuple):
    """Of all facts before a day. P pair cells, T target cells, H half-lives.

    Attributes
    ----------
    pair, pair_last, by_weekday : (P, H), (P,), (P, 7)
        Decayed counts as of the day last touched; that day, -1 for never.
    target, target_last : (T, H), (T,)
        The same by answer and relation.
    toward, toward_last : (T, D), (T,)
        Decayed sum of the vectors of those who did that to the answer.
    around, around_count, around_last : (E, D), (E,), (E,)
        The same over all relations.
    relation, relation_again : (R,)
        Facts, and those of a pair cell known before.
    who, who_again, answer_again : (E,)
        The same by entity.
    """

    pair: Floats
    pair_last: Ints
    by_weekday: NDArray[np.int16]
    target: Floats
    target_last: Ints
    toward: F32
    toward_last: Ints
    around: F32
    around_count: Floats
    around_last: Ints
    relation: Floats
    relation_again: Floats
    who: Floats
    who_again: Floats
    answer_again: Floats


class Asked(NamedTuple):
    """A day's questions. G questions, n answers, B relations asked about.

    Attributes
    ----------
    who, relation : (G,)
    row : (R,)
        Row of `base` of a relation.
    base, base_top : (B, E), (B, K)
        Intensity without the pair part, and its largest.
    answer_edge, answer : (G + 1,), (n,)
        Answers of each question.
    """

    who: Ids
    relation: Ids
    row: Ints
    base: Floats
    base_top: Ints
    answer_edge: Ints
    answer: Ids


class Near(NamedTuple):
    """The likeness of a day's questions. D dimensions, L most alike kept.

    Attributes
    ----------
    query, busy : (G, D)
        What is multiplied with an answer's vector, and whom the asker is busy with.
    total, best : (G,)
        Log of the sum over all entities, and log chance of the most alike.
    alike : (G, L)
        The most alike, first first.
    vector, unit, bias : (E, D), (E, D), (E,)
        Of answers; `unit` has length one.
    """

    query: F32
    busy: F32
    total: F32
    best: F32
    alike: Ints
    vector: F32
    unit: F32
    bias: F32


class Candidates(NamedTuple):
    """Candidates of a day's questions, largest intensity first.

    Attributes
    ----------
    found, number : (G, K), (G,)
        Entities, and how many.
    lam, part : (G, K), (G, K, 4)
        Intensity, and its pair part by kind of act.
    hop, hops : (G, K)
        Strength and number of ways by a common partner.
    total : (G,)
        Of all intensities.
    rank, rest : (n,)
        Of each answer: filtered rank by intensity alone; and where it is no candidate.
    """

    found: Ids
    number: Ints
    lam: Floats
    part: Floats
    hop: Floats
    hops: Floats
    total: Floats
    rank: Floats
    rest: Floats


def columns_of(cells: Cells) -> Columns:
    """The columns compiled code walks."""
    return Columns(
        cells.of_who, cells.pair_relation, cells.pair_answer,
        cells.of_answer, cells.target_relation,
    )  # fmt: skip


def empty_counts(cells: Cells, half_lives: int, dimensions: int) -> Counts:
    """Nothing has happened yet."""
    P, T, E, R = (
        len(cells.pair_key),
        len(cells.target_key),
        cells.n_entities,
        cells.n_relations,
    )

    def never(n: int) -> Ints:
        return np.full(n, -1, np.int64)

    return Counts(
        np.zeros((P, half_lives)), never(P), np.zeros((P, 7), np.int16),
        np.zeros((T, half_lives)), never(T),
        np.zeros((T, dimensions), np.float32), never(T),
        np.zeros((E, dimensions), np.float32), np.zeros(E), never(E),
        np.zeros(R), np.zeros(R), np.zeros(E), np.zeros(E), np.zeros(E),
    )  # fmt: skip


def empty_candidates(questions: int, answers: int, most: int) -> Candidates:
    """Room for a day's candidates."""
    G, K = questions, most
    return Candidates(
        np.zeros((G, K), np.int32), np.zeros(G, np.int64), np.zeros((G, K)),
        np.zeros((G, K, 4)), np.zeros((G, K)), np.zeros((G, K)), np.zeros(G),
        np.zeros(answers), np.zeros(answers),
    )  # fmt: skip
