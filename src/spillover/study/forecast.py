"""Answers to the questions of a case from an ensemble, each with its base rate.

This file must never import a page, a command or the web.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled
from spillover.case.schema import Case, Reference
from spillover.engine.asked import compile_questions
from spillover.ensemble.run import ArmResult, Ensemble
from spillover.ensemble.summary import Chance, chance_of, quantiles_of
from spillover.outcomes.question import Question

__all__ = ["Answer", "answers_of", "base_rate", "influences"]

POINTS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Answer:
    """One question answered.

    Attributes
    ----------
    id, outcome, question, window, days
        What is asked; ``days`` is the length of the window.
    chance
        Of a yes; None for a count.
    own
        Share of all futures with a yes by ways the case holds; the rest of ``chance``
        came "some other way" (unmodelled).
    p_min, p_max
        Bounds when futures were stopped by the event cap; None otherwise.
    quantiles, mean
        Of a count: 5, 25, 50, 75 and 95 % points over all futures, and mean.
    reference, base_rate
        A reference class in words and what it alone would say.
    passage
        (day, chance that it has happened by then).
    """

    id: str
    outcome: str
    question: str
    window: str
    days: int
    chance: Chance | None = None
    own: float = math.nan
    p_min: float | None = None
    p_max: float | None = None
    quantiles: tuple[float, ...] = ()
    mean: float = math.nan
    reference: str = ""
    base_rate: float | None = None
    passage: tuple[tuple[int, float], ...] = ()


def base_rate(events: int, days: float, window: float) -> float:
    """Chance of at least one event in ``window`` days after ``events`` in ``days``.

    Gamma-Poisson with Jeffreys' prior: 1 - (T / (T + w))^(n + 1/2).
    """
    return float(1.0 - (days / (days + window)) ** (events + 0.5))


def _reference(case: Case, q: Question, days: int) -> tuple[str, float | None]:
    outcome = next(o for o in case.outcomes if o.id == q.outcome)
    if not outcome.references:
        return "", None
    r: Reference = outcome.references[0]
    times = {0: "never", 1: "once"}.get(r.events, f"{r.events} times")
    text = f"{r.class_}: {times} in {r.days:g} days"
    once = q.mode == "any" and len(q.spans) == 1 and q.low <= 1.0 and q.high == math.inf
    return text, base_rate(r.events, r.days, days) if once else None


def answers_of(
    case: Case, assembled: Assembled, ensemble: Ensemble, arm: ArmResult
) -> tuple[Answer, ...]:
    """Every question answered for one arm, in the order of the case."""
    sums, M = arm.sums, ensemble.futures
    total = ensemble.draws * M
    asked = compile_questions(assembled.model, assembled.tallies, assembled.questions)
    capped = int(sums.capped.sum())
    found = []
    for i, q in enumerate(assembled.questions):
        end = max((s.end for s in q.spans), default=0)
        start = min((s.start for s in q.spans), default=0)
        days = end - start
        reference, rate = _reference(case, q, days)
        answer = partial(
            Answer,
            id=q.id,
            outcome=q.outcome,
            question=q.text,
            window=q.window,
            days=days,
            reference=reference,
            base_rate=rate,
        )
        if q.mode == "count":
            c = int(asked.questions["count"][i])
            done = max(1, total - capped)
            found.append(
                answer(
                    quantiles=quantiles_of(sums.histogram[c], POINTS),
                    mean=float(sums.total[:, c].sum()) / done,
                )
            )
            continue
        chance = chance_of(sums.hits[:, i], M)
        passage: tuple[tuple[int, float], ...] = ()
        if asked.questions["first"][i]:
            by_day = np.cumsum(sums.passage[i, :end]) / total
            passage = tuple((d + 1, float(v)) for d, v in enumerate(by_day))
        found.append(
            answer(
                chance=chance,
                own=float(sums.own[:, i].sum()) / total,
                p_min=chance.p if capped else None,
                p_max=chance.p + capped / total if capped else None,
                passage=passage,
            )
        )
    return tuple(found)


def influences(
    assembled: Assembled, ensemble: Ensemble, arm: ArmResult, question: int
) -> dict[str, float]:
    """How far each uncertain number goes with one answer: rank correlation over draws.

    A first look, not a sensitivity analysis: correlations below what 2 standard errors
    of chance would give are left out.
    """
    from scipy import stats  # slow to load, and first numbers do without

    p: NDArray[np.float64] = arm.sums.hits[:, question].astype(np.float64)
    if p.std() == 0.0:
        return {}
    ranks = stats.rankdata(p)
    ranks = (ranks - ranks.mean()) / ranks.std()
    least = 2.0 / math.sqrt(len(p))
    found: dict[str, float] = {}
    for name, column in zip(assembled.slots.names, ensemble.theta.T, strict=True):
        if column.std() <= 1e-12 * max(1.0, abs(float(column.mean()))):
            continue
        other = stats.rankdata(column)
        other = (other - other.mean()) / other.std()
        r = float((ranks * other).mean())
        if abs(r) > least:
            found[name] = r
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))
