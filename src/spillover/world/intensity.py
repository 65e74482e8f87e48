"""The intensity of a target: who is likely to be acted upon, given all facts before.

    lambda(o | s, r, t) =   sum over past facts (s, r', o) of  A[r, r', h] 2^(-age / h)
                          + sum over past facts (*, r', o) of  G[r, r', h] 2^(-age / h)
                          + C[r]

The first sum is recurrence, reciprocity and the sequence of act types within the pair
(r' runs over both directions), the second what is done to o by anyone, the third any
entity at all. The chance that the next target is o is lambda(o) / sum lambda.

The functions here are the plain specification: NumPy over the list of facts, slow,
no state. `intensity_kernels` is the fast twin and agrees to rounding.
This file must never import a kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.world.questions import Questions

__all__ = [
    "HALF_LIVES",
    "Contribution",
    "Parameters",
    "contributions",
    "plain_intensity",
]

HALF_LIVES = (1.0, 4.0, 20.0, 150.0, 1e6)
"""In days; the last is for ever."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """Weights of past facts. R relations (both directions), H half-lives.

    Attributes
    ----------
    half_lives
        Days, shape (H,).
    pair : (R, R, H)
        A: by asked relation, relation of the past fact, half-life.
    target : (R, R, H)
        G: the same for past facts toward the target by anyone.
    anyone : (R,)
        C.
    """

    half_lives: tuple[float, ...]
    pair: Floats
    target: Floats
    anyone: Floats


@dataclass(frozen=True)
class Contribution:
    """What one past fact adds to an intensity.

    Attributes
    ----------
    fact
        Index into the questions given; -1 for `anyone`.
    kind
        "pair", "target" or "anyone".
    amount
        Its part of lambda; the parts of one intensity add up to it.
    """

    fact: int
    kind: str
    amount: float


def _ages(history: Questions, day: int, half_lives: tuple[float, ...]) -> Floats:
    """2^(-age / h), shape (n, H), of the facts before `day`."""
    age = day - history.day.astype(float)
    return np.asarray(0.5 ** (age[:, None] / np.array(half_lives)), float)


def plain_intensity(
    history: Questions, p: Parameters, who: int, relation: int, day: int
) -> Floats:
    """lambda(o | who, relation, day) for every entity o, shape (E,).

    Facts of `day` itself and later are not used.
    """
    past = history.between(int(history.day[0]) if len(history) else 0, day)
    out = np.full(history.n_entities, p.anyone[relation])
    weight = _ages(past, day, p.half_lives)
    toward = (weight * p.target[relation, past.relation]).sum(1)
    np.add.at(out, past.answer, toward)
    own = past.who == who
    amount = (weight[own] * p.pair[relation, past.relation[own]]).sum(1)
    np.add.at(out, past.answer[own], amount)
    return out


def contributions(
    history: Questions, p: Parameters, who: int, relation: int, answer: int, day: int
) -> list[Contribution]:
    """The parts of lambda(answer | who, relation, day), largest first.

    Each past fact toward `answer` appears as what it adds as a fact of anyone, and
    facts of `who` once more as what they add within the pair.
    """
    past = history.between(int(history.day[0]) if len(history) else 0, day)
    weight = _ages(past, day, p.half_lives)
    parts = [Contribution(-1, "anyone", float(p.anyone[relation]))]
    for i in np.flatnonzero(past.answer == answer):
        r = past.relation[i]
        parts.append(
            Contribution(int(i), "target", float(weight[i] @ p.target[relation, r]))
        )
        if past.who[i] == who:
            parts.append(
                Contribution(int(i), "pair", float(weight[i] @ p.pair[relation, r]))
            )
    return sorted(parts, key=lambda c: -c.amount)
