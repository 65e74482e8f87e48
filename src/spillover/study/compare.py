"""Levers compared: every lever on every question, paired, with what it averts.

This file must never import a page or a command.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.engine.asked import compile_questions
from spillover.ensemble.run import ArmResult, Ensemble
from spillover.study.compare_questions import Counted
from spillover.study.effects import Change, Effect, change_of, effect_of

__all__ = ["Averted", "Compared", "compare"]


@dataclass(frozen=True)
class Averted:
    """Events (or deaths) that a lever takes away, as a change of their mean number.

    Attributes
    ----------
    mean
        Mean number without the lever.
    change
        With less without: below zero, events are averted.
    variance_ratio
        (Var x0 + Var x1) / Var(x1 - x0): how many times as many independent futures
        would say as much; infinite where no future differs.
    """

    mean: float
    change: Change
    variance_ratio: float


@dataclass(frozen=True)
class Compared:
    """One lever beside the base.

    Attributes
    ----------
    id
        The lever.
    effects
        By question id.
    averted
        By question id: events in its window.
    deaths
        In every act within the headline's window.
    own_deaths
        Of an armed lever: in the kinds of acts it schedules.
    touched
        Share of futures that it changes at all.
    apart
        Events only one of the two courses has, per event of the base.
    """

    id: str
    effects: dict[str, Effect]
    averted: dict[str, Averted]
    deaths: Averted
    own_deaths: Averted | None
    touched: float
    apart: float


def _averted(base: ArmResult, arm: ArmResult, column: int, futures: int) -> Averted:
    """Change of the mean of one count."""
    assert arm.pairs is not None
    x0 = base.sums.total[:, column].astype(np.float64)
    x1 = arm.sums.total[:, column].astype(np.float64)
    D, M = len(x0), futures
    n = D * M
    means = (x1 - x0) / M
    apart, one, two = (float(s) for s in arm.pairs.squares[column])
    m0, m1 = float(x0.sum()) / n, float(x1.sum()) / n
    within = math.inf
    if M > 1:
        pair = max(0.0, apart / n - float((means**2).mean())) * M / (M - 1)
        within = pair / M
    between = apart / n - (m1 - m0) ** 2
    both = (one / n - m0**2) + (two / n - m1**2)
    ratio = both / between if between > 1e-12 * max(both, 1e-300) else math.inf
    return Averted(m0, change_of(means, within), ratio)


def compare(counted: Counted, ensemble: Ensemble) -> tuple[Compared, ...]:
    """Set every arm of an ensemble beside its first.

    Parameters
    ----------
    counted
        The case with the counts that were asked for.
    ensemble
        Run on ``counted.assembled``.

    Returns
    -------
    tuple of Compared
        In the order of the arms, without the first.
    """
    a = counted.assembled
    asked = compile_questions(a.model, a.tallies, a.questions)
    column: NDArray[np.int64] = asked.questions["count"]
    base, M = ensemble.arms[0], ensemble.futures
    own = [n for n, q in enumerate(a.questions) if not q.quiet]
    found = []
    for arm in ensemble.arms[1:]:
        assert arm.pairs is not None
        pairs = arm.pairs
        effects = {
            a.questions[n].id: effect_of(
                base.sums.hits[:, n], pairs.lost[:, n], pairs.gained[:, n], M
            )
            for n in own
            if a.questions[n].mode != "count"
        }
        averted = {
            a.questions[n].id: _averted(base, arm, int(column[k]), M)
            for n, k in counted.events.items()
        }
        averted |= {
            a.questions[n].id: _averted(base, arm, int(column[n]), M)
            for n in own
            if a.questions[n].mode == "count"
        }
        mine = counted.own_deaths.get(arm.id)
        found.append(
            Compared(
                arm.id,
                effects,
                averted,
                _averted(base, arm, int(column[counted.deaths]), M),
                None if mine is None else _averted(base, arm, int(column[mine]), M),
                float(pairs.touched.sum()) / (ensemble.draws * M),
                float(pairs.apart.sum()) / max(1, int(base.sums.work[1])),
            )
        )
    return tuple(found)
