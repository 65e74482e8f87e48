"""Which next observation would move a chance most.

Two kinds, for every stream:

* *an event tomorrow*: the event is put into the first day after the origin and all
  futures are run again with the same keys. What it sets off counts; what it would tell
  about the uncertain numbers does not (a fit learns that).
* *none for a week*: read off the futures in which it is so, P(yes | none) - P(yes).
  What silence tells about the numbers counts here: those futures come more often in
  draws with low rates.

Beside each stands the chance of the observation itself: a great effect of what will
hardly be seen is no indicator.

References
----------
Cochran (1977), Sampling Techniques, ch. 6: the standard error of a ratio.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.ensemble.drawn import Progress
from spillover.ensemble.run import run_ensemble
from spillover.keys import id_key
from spillover.model.structure import Act, Clause, Pattern, ScheduledAct
from spillover.outcomes.question import Question, Span, Tally
from spillover.study.effects import Z90

__all__ = ["Indicator", "indicators_of"]

LEAST = 0.01
"""Chance from which an observation counts as one that may well be made."""
ALL = 0.999
SILENCE = 7
FEW = 50
"""Futures below which silence is not looked at."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Indicator:
    """One observation and one question.

    Attributes
    ----------
    stream, kind
        What is seen: ``event`` (tomorrow) or ``silence`` (for a week).
    question
        Id of the question.
    seen
        Chance that it is seen.
    p, then
        Chance of a yes now, and with the observation.
    change, low, high
        Their difference and its 90 % interval for the futures being finitely many,
        clustered by draw.
    may_well
        Whether the observation is more than a remote one (1 % or more, and 99 % or
        less).
    itself
        Whether such an event is the answer itself: no sign of it, but it.
    """

    stream: str
    kind: str
    question: str
    seen: float
    p: float
    then: float
    change: float
    low: float
    high: float
    may_well: bool
    itself: bool = False


def indicators_of(
    assembled: Assembled,
    questions: Sequence[str],
    *,
    draws: int = 100,
    futures: int = 20,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[Indicator, ...]:
    """Observations ranked by how far they would move any of the questions.

    Parameters
    ----------
    assembled
        The case at its origin.
    questions
        Ids of yes-or-no questions.
    draws, futures, seed, threads, progress
        As in `run_ensemble`.

    Returns
    -------
    tuple of Indicator
        Those that may well be seen first, what is the answer itself last, each part by
        size of the change.
    """
    model = assembled.model
    K = len(model.streams)
    at = {q.id: n for n, q in enumerate(assembled.questions)}
    wanted = [at[q] for q in questions]
    asked = _with_silence(assembled, wanted)
    first = len(assembled.questions)
    arms = (assembled.arms[0], *(_event(assembled, k) for k in range(K)))
    run = run_ensemble(
        asked, draws=draws, futures=futures, seed=seed, arms=arms,
        threads=threads, progress=progress,
    )  # fmt: skip
    base = run.arms[0].sums.hits.astype(np.float64)
    found = []
    for k, stream in enumerate(model.streams):
        tomorrow, silent = base[:, first + 2 * k], base[:, first + 2 * k + 1]
        for n, q in enumerate(wanted):
            yes = base[:, q]
            with_it = run.arms[1 + k].sums.hits[:, q].astype(np.float64)
            p = float(yes.mean()) / futures
            by_draw = (with_it - yes) / futures
            itself = bool(with_it.mean() >= ALL * futures)
            found.append(
                _indicator(
                    stream.id, "event", questions[n], float(tomorrow.mean()) / futures,
                    p, float(by_draw.mean()), _se(by_draw), itself,
                )
            )  # fmt: skip
            joint = base[:, first + 2 * K + k * len(wanted) + n]
            if silent.sum() < FEW:
                continue
            then = float(joint.sum() / silent.sum())
            rest = (joint - then * silent) / silent.mean()
            rest -= (yes - p * futures) / futures
            found.append(
                _indicator(
                    stream.id, "silence", questions[n], float(silent.mean()) / futures,
                    p, then - p, _se(rest), itself,
                )
            )  # fmt: skip

    def place(x: Indicator) -> tuple[bool, bool, float]:
        return x.itself, not x.may_well, -abs(x.change)

    return tuple(sorted(found, key=place))


def _se(by_draw: Floats) -> float:
    return float(by_draw.std(ddof=1)) / math.sqrt(len(by_draw))


def _indicator(
    stream: str, kind: str, question: str, seen: float, p: float, change: float,
    se: float, itself: bool,
) -> Indicator:  # fmt: skip
    return Indicator(
        stream, kind, question, seen, p, p + change, change,
        change - Z90 * se, change + Z90 * se, LEAST <= seen <= 1.0 - LEAST,
        itself,
    )  # fmt: skip


def _event(assembled: Assembled, k: int) -> Arm:
    """The case with an event of stream ``k`` in the middle of its first day."""
    stream = assembled.model.streams[k]
    key = id_key("indicator", stream.id)
    act = ScheduledAct(0.5, Act(k), key, lever=1 + k)
    name = f"indicator {stream.id}"
    return Arm(name, name, "none", assembled.slots, acts=(act,))


def _with_silence(assembled: Assembled, wanted: Sequence[int]) -> Assembled:
    """The questions, (event tomorrow, silence) of each stream, then both at once."""
    tallies, questions = list(assembled.tallies), list(assembled.questions)
    first = len(questions)
    streams = assembled.model.streams

    def asked(name: str) -> Question:
        return Question(name, name, name, "", id_key("indicator", name), "any")

    for k, stream in enumerate(streams):
        tallies.append(Tally("count", Pattern((Clause(k),))))
        tally = len(tallies) - 1
        one = asked(f"{stream.id} tomorrow")
        questions.append(replace(one, tally=tally, spans=(Span(0, 1),), low=1.0))
        none, week = asked(f"no {stream.id}"), (Span(0, SILENCE),)
        questions.append(replace(none, tally=tally, spans=week, low=0.0, high=0.0))
    for k, stream in enumerate(streams):
        for q in wanted:
            both = asked(f"no {stream.id} and {questions[q].id}")
            parts = (first + 2 * k + 1, q)
            questions.append(replace(both, mode="all_of", parts=parts))
    return replace(assembled, tallies=tuple(tallies), questions=tuple(questions))
