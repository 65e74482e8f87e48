"""Precision, recall and F1, by class and over classes, for the gold sets.

This file imports nothing of Spillover.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Scores", "class_scores", "from_counts"]


@dataclass(frozen=True)
class Scores:
    """What a set says of a reader.

    Attributes
    ----------
    precision, recall, f1
        Over classes: means; over counts: of the sums.
    n
        Cases.
    classes
        Precision, recall, F1 and number of gold cases of each class.
    """

    precision: float
    recall: float
    f1: float
    n: int
    classes: dict[str, tuple[float, float, float, int]]


def from_counts(right: int, found: int, wanted: int) -> Scores:
    """Of ``found`` items ``right`` are among the ``wanted``."""
    precision = right / found if found else 0.0
    recall = right / wanted if wanted else 0.0
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return Scores(precision, recall, f1, wanted, {})


def class_scores(pairs: Iterable[tuple[str, str | None]]) -> Scores:
    """Means over the gold's classes of (gold, read) pairs; nothing read counts as wrong."""
    counted = Counter(pairs)
    classes: dict[str, tuple[float, float, float, int]] = {}
    for name in sorted({gold for gold, _ in counted}):
        right = counted[name, name]
        wanted = sum(n for (gold, _), n in counted.items() if gold == name)
        found = sum(n for (_, read), n in counted.items() if read == name)
        one = from_counts(right, found, wanted)
        classes[name] = (one.precision, one.recall, one.f1, wanted)
    count = len(classes) or 1
    precision, recall, f1 = (
        sum(values[k] for values in classes.values()) / count for k in range(3)
    )
    return Scores(precision, recall, f1, sum(counted.values()), classes)
