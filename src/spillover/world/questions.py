"""Facts as questions: each asks once for its target and once for its source.

A question is (who, relation, answer, day). Relations 0..A-1 are the actions done by
`who`; relation A + a is "is the target of action a", so that asking for the source of
a fact is asking for the answer of the turned fact.

This file must never import a reader or a file format.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.model.facts import Facts

__all__ = ["Questions", "turned"]


@dataclass(frozen=True)
class Questions:
    """Questions sorted by day, who, relation, answer. Arrays int32, shape (n,).

    Attributes
    ----------
    who, relation, answer, day
        The answer is the entity asked for.
    n_entities, n_relations
        Relations are twice the actions.
    """

    who: NDArray[np.int32]
    relation: NDArray[np.int32]
    answer: NDArray[np.int32]
    day: NDArray[np.int32]
    n_entities: int
    n_relations: int

    def __len__(self) -> int:
        return len(self.day)

    @classmethod
    def of(cls, facts: Facts) -> Questions:
        """Both questions of every fact."""
        actions = len(facts.actions)
        who = np.concatenate([facts.source, facts.target])
        relation = np.concatenate([facts.action, facts.action + np.int32(actions)])
        answer = np.concatenate([facts.target, facts.source])
        day = np.concatenate([facts.day, facts.day])
        k = np.lexsort((answer, relation, who, day))
        return cls(
            who[k], relation[k], answer[k], day[k], len(facts.entities), 2 * actions
        )

    def between(self, first: int, end: int) -> Questions:
        """The questions of the days `first` to `end` - 1."""
        lo, hi = np.searchsorted(self.day, [first, end])
        p = slice(int(lo), int(hi))
        return Questions(
            self.who[p],
            self.relation[p],
            self.answer[p],
            self.day[p],
            self.n_entities,
            self.n_relations,
        )


def turned(relation: int, n_relations: int) -> int:
    """The same action seen from the other side."""
    return (relation + n_relations // 2) % n_relations
