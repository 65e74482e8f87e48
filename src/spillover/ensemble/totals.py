"""Sums of an ensemble: a piece of work gives its own, and they add up in any order.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

import numpy as np

from spillover.engine.asked import Asked
from spillover.engine.pairs import Pairs, new_pairs
from spillover.engine.reduce import Sums, new_sums
from spillover.store.parts import Arrays

__all__ = ["Totals", "new_totals", "taken"]

ROWS = ("hits", "own", "total", "capped")
PAIR_ROWS = ("lost", "gained", "touched")


def new_totals(
    arms: int, draws: int, asked: Asked, streams: int, days: int
) -> tuple[Sums, Pairs]:
    """Zeros, with the arms as the first axis of every array."""
    return new_sums(draws, asked, streams, days, arms), _stacked(arms, draws, asked)


def taken(sums: Sums, pairs: Pairs, low: int, high: int) -> Arrays:
    """What slots ``low`` to ``high`` came to by name: their rows, all other sums."""
    found: Arrays = {}
    for kind, rows, held in (("sums", ROWS, sums), ("pairs", PAIR_ROWS, pairs)):
        for name in held._fields:
            array = getattr(held, name)
            found[f"{kind}/{name}"] = array[:, low:high] if name in rows else array
    return found


class Totals:
    """Total over pieces. Every sum is an integer: their order does not matter."""

    def __init__(
        self, arms: int, draws: int, asked: Asked, streams: int, days: int
    ) -> None:
        self._sums, self._pairs = new_totals(arms, draws, asked, streams, days)

    def add(self, low: int, high: int, found: Arrays) -> None:
        """Add a piece, slots ``low`` to ``high``, as `taken` gave it."""
        for kind, rows, held in (
            ("sums", ROWS, self._sums),
            ("pairs", PAIR_ROWS, self._pairs),
        ):
            for name in held._fields:
                array, more = getattr(held, name), found[f"{kind}/{name}"]
                if name in rows:
                    array[:, low:high] = more
                else:
                    array += more

    def sums(self, arm: int) -> Sums:
        """Total of one arm."""
        return Sums(*(a[arm] for a in self._sums))

    def pairs(self, arm: int) -> Pairs:
        """Total of one arm's pairs with the first."""
        return Pairs(*(a[arm] for a in self._pairs))


def _stacked(arms: int, draws: int, asked: Asked) -> Pairs:
    """Pair sums with the arms as their first axis."""
    questions = len(asked.questions)
    counted = int((asked.questions["count"] >= 0).sum()) if questions else 0
    one = new_pairs(draws, questions, counted)
    return Pairs(*(np.zeros((arms, *a.shape), a.dtype) for a in one))
