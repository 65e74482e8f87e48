"""Sums of an ensemble: rows of draws written once, the rest added up over threads.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

from queue import SimpleQueue

import numpy as np

from spillover.engine.asked import Asked
from spillover.engine.pairs import Pairs, new_pairs
from spillover.engine.reduce import Sums, new_sums
from spillover.engine.tables import Program

__all__ = ["Totals"]

ROWS = ("hits", "own", "total", "capped")
PAIR_ROWS = ("lost", "gained", "touched")


class Totals:
    """Sums that threads borrow, and their total.

    Arrays with a row per draw are shared: no two pieces of work have a draw in common.
    The others are a thread's own, integers, and added at the end.
    """

    def __init__(
        self, arms: int, draws: int, asked: Asked, streams: int, program: Program
    ) -> None:
        self._shape = (arms, asked, streams, program.days)
        self._rows = self._new(draws)
        self._free: SimpleQueue[tuple[Sums, Pairs]] = SimpleQueue()
        self._made: list[tuple[Sums, Pairs]] = []

    def _new(self, draws: int) -> tuple[Sums, Pairs]:
        arms, asked, streams, days = self._shape
        return new_sums(draws, asked, streams, days, arms), _stacked(arms, draws, asked)

    def take(self) -> tuple[Sums, Pairs]:
        """Sums for one piece of work."""
        if not self._free.empty():
            return self._free.get()
        sums, pairs = self._new(1)
        shared, beside = self._rows
        sums = sums._replace(**{n: getattr(shared, n) for n in ROWS})
        pairs = pairs._replace(**{n: getattr(beside, n) for n in PAIR_ROWS})
        self._made.append((sums, pairs))
        return sums, pairs

    def put(self, sums: Sums, pairs: Pairs) -> None:
        """Give them back."""
        self._free.put((sums, pairs))

    def sums(self, arm: int) -> Sums:
        """Total of one arm."""
        own = self._rows[0]
        return Sums(
            *(
                getattr(own, n)[arm]
                if n in ROWS
                else np.sum([getattr(m[0], n)[arm] for m in self._made], axis=0)
                for n in Sums._fields
            )
        )

    def pairs(self, arm: int) -> Pairs:
        """Total of one arm's pairs with the first."""
        own = self._rows[1]
        return Pairs(
            *(
                getattr(own, n)[arm]
                if n in PAIR_ROWS
                else np.sum([getattr(m[1], n)[arm] for m in self._made], axis=0)
                for n in Pairs._fields
            )
        )


def _stacked(arms: int, draws: int, asked: Asked) -> Pairs:
    """Pair sums with the arms as their first axis."""
    questions = len(asked.questions)
    counted = int((asked.questions["count"] >= 0).sum()) if questions else 0
    one = new_pairs(draws, questions, counted)
    return Pairs(*(np.zeros((arms, *a.shape), a.dtype) for a in one))
