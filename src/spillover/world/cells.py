"""Cells: the places where past facts are counted, one for each kind of recurrence.

A pair cell is (who, relation, answer), a target cell (relation, answer). Only cells
that some fact falls into exist, so memory grows with the distinct facts, never with
entities squared.

This file must never import parameters of a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.world.questions import Questions

__all__ = ["Cells"]

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Cells:
    """Cells sorted by who, relation, answer (pairs) and answer, relation (targets).

    Attributes
    ----------
    pair_key, target_key
        int64 keys, increasing, shapes (P,), (T,).
    pair_relation, pair_answer, target_relation, target_answer
        What the keys say.
    of_who, of_answer
        Shape (E + 1,): the pair cells of `who` lie in of_who[who]:of_who[who + 1],
        the target cells of an entity likewise.
    """

    pair_key: NDArray[np.int64]
    pair_relation: Ints
    pair_answer: Ints
    of_who: NDArray[np.int64]
    target_key: NDArray[np.int64]
    target_relation: Ints
    target_answer: Ints
    of_answer: NDArray[np.int64]
    n_entities: int
    n_relations: int

    @classmethod
    def of(cls, questions: Questions) -> Cells:
        """The cells of these questions."""
        e, r = questions.n_entities, questions.n_relations
        return cls.from_keys(
            np.unique(pair_keys(questions)), np.unique(target_keys(questions)), e, r
        )

    @classmethod
    def from_keys(
        cls,
        pair_key: NDArray[np.int64],
        target_key: NDArray[np.int64],
        n_entities: int,
        n_relations: int,
    ) -> Cells:
        """Cells of sorted, distinct keys."""
        edges = np.arange(n_entities + 1, dtype=np.int64)
        return cls(
            pair_key,
            (pair_key // n_entities % n_relations).astype(np.int32),
            (pair_key % n_entities).astype(np.int32),
            np.searchsorted(pair_key, edges * n_relations * n_entities),
            target_key,
            (target_key % n_relations).astype(np.int32),
            (target_key // n_relations).astype(np.int32),
            np.searchsorted(target_key, edges * n_relations),
            n_entities,
            n_relations,
        )

    def merged(self, questions: Questions) -> Cells:
        """These cells and those of more questions; costs a copy, never a sort."""
        p = _unknown(self.pair_key, pair_keys(questions))
        t = _unknown(self.target_key, target_keys(questions))
        new = Cells.from_keys(p, t, self.n_entities, self.n_relations)
        at_p = np.searchsorted(self.pair_key, p)
        at_t = np.searchsorted(self.target_key, t)
        return Cells(
            np.insert(self.pair_key, at_p, p),
            np.insert(self.pair_relation, at_p, new.pair_relation),
            np.insert(self.pair_answer, at_p, new.pair_answer),
            self.of_who + new.of_who,
            np.insert(self.target_key, at_t, t),
            np.insert(self.target_relation, at_t, new.target_relation),
            np.insert(self.target_answer, at_t, new.target_answer),
            self.of_answer + new.of_answer,
            self.n_entities,
            self.n_relations,
        )

    def place(
        self, questions: Questions
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Index of the pair cell and of the target cell of each question."""
        return (
            np.searchsorted(self.pair_key, pair_keys(questions)),
            np.searchsorted(self.target_key, target_keys(questions)),
        )


def _unknown(known: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys that are not among the known ones, sorted, each once."""
    keys = np.unique(keys)
    if not len(known):
        return keys
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.asarray(keys[known[at] != keys], np.int64)


def pair_keys(q: Questions) -> NDArray[np.int64]:
    """One number for (who, relation, answer)."""
    row = q.who.astype(np.int64) * q.n_relations + q.relation
    return row * q.n_entities + q.answer


def target_keys(q: Questions) -> NDArray[np.int64]:
    """One number for (answer, relation)."""
    return q.answer.astype(np.int64) * q.n_relations + q.relation
