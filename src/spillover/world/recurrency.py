"""Baselines to beat: what happened before happens again.

    strict    psi(o) = sum over past facts (s, r, o, k) of 2^(l (k - t)) / sum over k of 2^(l (k - t))
    relaxed   xi(o)  = share of all past facts of relation r that have o as answer
    combined  a psi + (1 - a) xi

l and then a are chosen for each relation on the valid days, as in the paper.

References
----------
Gastinger, Meilicke, Errica, Sztyler, Schuelke, Stuckenschmidt (2024), History repeats
itself: a baseline for temporal knowledge graph forecasting, IJCAI.

This file must never import the intensity: a baseline shares nothing with what it judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.world.cells import Cells
from spillover.world.questions import Questions
from spillover.world.recurrency_kernels import recurrency_ranks

__all__ = ["ALPHAS", "LAMBDAS", "Recurrency", "tune"]

Floats = NDArray[np.float64]
LAMBDAS = (
    0.0, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.5, 0.9, 1.0001,
)  # fmt: skip
ALPHAS = (
    0.0, 0.00001, 0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1.0,
)  # fmt: skip


@dataclass(frozen=True)
class Recurrency:
    """Chosen numbers, one for each relation, shape (R,).

    Attributes
    ----------
    decay
        l, per day.
    alpha
        a; 1 is the strict baseline.
    """

    decay: Floats
    alpha: Floats

    def strict(self) -> Recurrency:
        """The same without the relaxed part."""
        return Recurrency(self.decay, np.ones_like(self.alpha))

    def ranks(self, questions: Questions, first: int, end: int) -> Floats:
        """Filtered ranks, ties averaged, of the questions of the days [first, end).

        Every question knows all facts of the days before its own (single-step).
        """
        cells = Cells.of(questions)
        in_pair, in_target = cells.place(questions)
        ranks: Floats = recurrency_ranks(
            questions.who, questions.relation, questions.answer, questions.day,
            in_pair, in_target, cells.of_who, cells.pair_relation, cells.pair_answer,
            cells.target_relation, cells.target_answer,
            self.decay, self.alpha, questions.n_entities, first, end,
        )  # fmt: skip
        return ranks


def _best(
    questions: Questions,
    first: int,
    end: int,
    trials: list[Recurrency],
    fallback: int,
    said: Callable[[int], None],
) -> NDArray[np.int64]:
    """The trial with the best mean 1 / rank, by relation."""
    relation = questions.between(first, end).relation
    n = np.bincount(relation, minlength=questions.n_relations)
    table = np.empty((len(trials), questions.n_relations))
    for k, trial in enumerate(trials):
        value = 1.0 / trial.ranks(questions, first, end)
        table[k] = np.bincount(relation, value, minlength=questions.n_relations)
        said(k)
    best = table.argmax(0)
    best[n == 0] = fallback
    return np.asarray(best, np.int64)


def tune(
    questions: Questions,
    first: int,
    end: int,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> Recurrency:
    """Choose l by the strict baseline alone, then a, on the days [first, end)."""
    total = len(LAMBDAS) + len(ALPHAS)

    def say(done: int) -> None:
        if progress:
            progress(done, total, "tuning the recurrency baselines")

    r = questions.n_relations
    lam, alpha = np.array(LAMBDAS), np.array(ALPHAS)
    ones = np.ones(r)
    chosen = _best(
        questions, first, end, [Recurrency(ones * x, ones) for x in lam],
        len(lam) - 1, say,
    )  # fmt: skip
    decay = lam[chosen]
    mixed = _best(
        questions, first, end, [Recurrency(decay, ones * x) for x in alpha],
        len(alpha) - 2, lambda k: say(len(LAMBDAS) + k),
    )  # fmt: skip
    return Recurrency(decay, alpha[mixed])
