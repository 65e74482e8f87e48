"""Ranks of true answers among all entities, by the published protocol.

For a fact of day t its source and its target are asked for; all entities are ranked by
score; other answers that are true of the same question on the same day are left out
(the time-aware filter), answers of other days are not; ties take the middle of the
ranks they could have, or a random one of them.

    rank = 1 + #(higher) + #(equal, others) / 2

References
----------
Gastinger, Sztyler, Sharma, Schuelke, Stuckenschmidt (2023), Comparing apples and
oranges? On the evaluation of methods for temporal knowledge graph forecasting.

This file must never import a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spillover.scoring.blocks import Interval, block_draws, block_length

__all__ = ["RankScores", "Ties", "filtered_ranks", "plain_rank", "rank_scores"]

Ties = Literal["average", "random"]
Floats = NDArray[np.float64]
RESAMPLINGS = 1000


def plain_rank(
    scores: Floats,
    answer: int,
    true: set[int],
    *,
    ties: Ties = "average",
    rng: np.random.Generator | None = None,
) -> float:
    """The rank of one answer, said as plainly as the protocol: the specification.

    Parameters
    ----------
    scores : (E,)
        Of every entity; higher is likelier.
    answer
        The one whose rank is asked.
    true
        All answers true of this question on this day; all but `answer` are left out.
    rng
        Needed for random ties.
    """
    higher = equal = 0
    for entity, score in enumerate(scores):
        if entity == answer or entity in true:
            continue
        higher += bool(score > scores[answer])
        equal += bool(score == scores[answer])
    if ties == "random":
        assert rng is not None
        return 1.0 + higher + int(rng.integers(0, equal + 1))
    return 1.0 + higher + equal / 2


def filtered_ranks(
    scores: Floats,
    answers: NDArray[np.int32],
    *,
    ties: Ties = "average",
    rng: np.random.Generator | None = None,
) -> Floats:
    """Ranks of all the answers of one question, each with the others left out.

    Parameters
    ----------
    scores : (E,)
        Of every entity.
    answers : (m,)
        All that are true of this question on this day, each once.

    Returns
    -------
    Floats : (m,)
    """
    mine = scores[answers]
    higher = (scores[None, :] > mine[:, None]).sum(1)
    equal = (scores[None, :] == mine[:, None]).sum(1)
    higher = higher - (mine[None, :] > mine[:, None]).sum(1)
    equal = equal - (mine[None, :] == mine[:, None]).sum(1)
    if ties == "random":
        assert rng is not None
        return np.asarray(1.0 + higher + rng.integers(0, equal + 1), float)
    return np.asarray(1.0 + higher + equal / 2, float)


@dataclass(frozen=True)
class RankScores:
    """What ranks amount to. Shares are between 0 and 1.

    Attributes
    ----------
    mrr
        Mean of 1 / rank over all questions.
    hits
        Share of questions with a rank of at most 1, 3, 10.
    by_day
        `mrr` with its 90 % interval when whole days are drawn, in blocks of a week.
    questions
        How many.
    """

    mrr: float
    hits: dict[int, float]
    by_day: Interval
    questions: int


def rank_scores(ranks: Floats, day: NDArray[np.int32], *, seed: int = 0) -> RankScores:
    """MRR and hits at 1, 3, 10 of ranks, with an interval over days.

    Parameters
    ----------
    ranks : (n,)
        One for each question.
    day : (n,)
        The day of each.
    """
    days, index = np.unique(day, return_inverse=True)
    total, number = np.bincount(index, 1.0 / ranks), np.bincount(index)
    mrr = float((1.0 / ranks).mean())
    n, block = len(days), block_length(1)
    band = Interval(mrr, None, None, None, n, block)
    if n >= 2 * block:
        drawn = block_draws(np.random.default_rng(seed), n, block, RESAMPLINGS)
        means = total[drawn].sum(1) / number[drawn].sum(1)
        low, high = np.quantile(means, [0.05, 0.95])
        band = Interval(mrr, float(low), float(high), float(means.std()), n, block)
    hits = {k: float((ranks <= k).mean()) for k in (1, 3, 10)}
    return RankScores(mrr, hits, band, len(ranks))
