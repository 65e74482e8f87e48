"""The law of an event's marks, enumerated: which flags, with what chance.

This file must never import a case, a reader or an engine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.model.structure import ABSENT, Choice, Model, Pattern

__all__ = ["MarkOutcome", "chance_of", "mark_law", "matches", "which_match"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MarkOutcome:
    """One possible set of flags.

    Attributes
    ----------
    flags
        Bits of the marks.
    chance : (...)
        Its probability, one per row of theta.
    hit
        Which amounts of the stream came up (indices into ``Stream.amounts``).
    """

    flags: int
    chance: Floats
    hit: tuple[int, ...] = ()


def matches(pattern: Pattern, stream: int, flags: int) -> bool:
    """Whether an event of ``stream`` with ``flags`` matches any clause."""
    return any(c.stream == stream and c.require & ~flags == 0 for c in pattern.clauses)


def which_match(
    pattern: Pattern, stream: NDArray[np.int64], flags: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    """Which of many events match any clause, shape (n,)."""
    hit = np.zeros(len(stream), bool)
    for c in pattern.clauses:
        need = np.uint64(c.require)
        hit |= (stream == c.stream) & ((flags & need) == need)
    return hit


def _option_chances(choice: Choice, theta: Floats) -> list[Floats]:
    """Chance of each option, then of none of them."""
    shares = [
        np.zeros(theta.shape[:-1]) if o.share == ABSENT else theta[..., o.share]
        for o in choice.options
    ]
    total = np.sum(shares, axis=0)
    if choice.normalise:
        return [*(s / total for s in shares), np.zeros(theta.shape[:-1])]
    rest = np.maximum(1.0 - total, 0.0)
    if choice.options[-1].share == ABSENT:
        return [*shares[:-1], rest, np.zeros(theta.shape[:-1])]
    return [*shares, rest]


def mark_law(
    model: Model, theta: Floats, stream: int, forced: int = 0
) -> list[MarkOutcome]:
    """Every set of flags an event of ``stream`` can have.

    Choices come first in order, then amounts. A forced flag that belongs to one of the
    options of a choice replaces its draw; a forced flag of an amount makes it certain
    (where its ``given`` holds).

    Parameters
    ----------
    model
        The structure.
    theta : (..., slots)
        The numbers.
    stream
        Index of the stream.
    forced
        Forced flags of the act.

    Returns
    -------
    list of MarkOutcome
        Their chances sum to one.
    """
    item = model.streams[stream]
    one = np.ones(theta.shape[:-1])
    law: dict[tuple[int, tuple[int, ...]], Floats] = {(item.flags | forced, ()): one}
    for choice in item.choices:
        new: dict[tuple[int, tuple[int, ...]], Floats] = {}
        chances = _option_chances(choice, theta)
        for (flags, hit), p in law.items():
            if any(o.flags and o.flags & ~flags == 0 for o in choice.options):
                new[flags, hit] = new.get((flags, hit), 0.0) + p
                continue
            options = [*(o.flags for o in choice.options), 0]
            for extra, share in zip(options, chances, strict=True):
                at = (flags | extra, hit)
                new[at] = new.get(at, 0.0) + p * share
        law = new
    for n, amount in enumerate(item.amounts):
        new = {}
        for (flags, hit), p in law.items():
            if amount.given & ~flags:
                new[flags, hit] = new.get((flags, hit), 0.0) + p
                continue
            sure = amount.flag and amount.flag & flags
            chance = one if sure else np.clip(theta[..., amount.chance], 0.0, 1.0)
            at = (flags | amount.flag, (*hit, n))
            new[at] = new.get(at, 0.0) + p * chance
            if not sure:
                new[flags, hit] = new.get((flags, hit), 0.0) + p * (1.0 - chance)
        law = new
    return [
        MarkOutcome(flags, np.asarray(p), hit)
        for (flags, hit), p in law.items()
        if np.any(p > 0.0)
    ]


def chance_of(
    model: Model, theta: Floats, pattern: Pattern, stream: int, forced: int = 0
) -> Floats:
    """Chance that an event of ``stream`` with ``forced`` flags matches ``pattern``."""
    total = np.zeros(theta.shape[:-1])
    for outcome in mark_law(model, theta, stream, forced):
        if matches(pattern, stream, outcome.flags):
            total = total + outcome.chance
    return total
