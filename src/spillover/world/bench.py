"""The published protocol on one set of facts: learn before, rank every answer after.

Single-step: a question of day t knows all facts of the days before t. `fixed` learns
once, before the valid days; `refit` learns anew before each block of days, from facts
before it. This file must never import a reader or a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spillover.model.facts import Facts
from spillover.world.fit import fit_intensity
from spillover.world.inputs import DayRows, How, Learned, rows_by_day
from spillover.world.labels import labels_of
from spillover.world.likeness import (
    Busy,
    Likeness,
    busy_with,
    fit_likeness,
    mean_likeness,
)
from spillover.world.questions import Questions
from spillover.world.tree_kernels import second_ranks
from spillover.world.trees import Trees, fit_trees, learning_set

__all__ = [
    "Found",
    "Plan",
    "Split",
    "Stage2",
    "learn",
    "plan_for",
    "ranks_of_whole",
]

Floats = NDArray[np.float64]
Said = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Split:
    """Days: train is before `valid`, valid before `test`, test before `end`."""

    valid: int
    test: int
    end: int


@dataclass(frozen=True)
class Plan:
    """How much is learned from.

    Attributes
    ----------
    warm
        Days before the first that is learned from; the counts fill.
    back
        Days before the scored ones that the trees learn from.
    block
        Days between two fits of the likeness.
    questions
        Questions the trees learn from, at most.
    keep
        Candidates kept of each of them.
    rounds
        Trees.
    passes, members, dimensions, memory
        Of each likeness, and how many with different seeds are averaged. Each block
        begins anew: going on from the last grows sharper and sharper, unlike what the
        trees have learned from.
    """

    warm: int = 20
    back: int = 90
    block: int = 30
    questions: int = 50_000
    keep: int = 24
    rounds: int = 400
    passes: int = 6
    members: int = 4
    dimensions: int = 96
    memory: float = 150.0
    seeds: tuple[int, ...] = (0,)
    threads: int = 2
    how: How = field(default_factory=How)


@dataclass(frozen=True)
class Stage2:
    """All that was learned, as of a day."""

    learned: Learned
    trees: Trees
    busy: Busy
    day: int


def plan_for(q: Questions, day: int, *, seeds: int = 1, threads: int = 2) -> Plan:
    """Learn from the last 120 days, or as many of them as hold 160,000 questions.

    Never from more than half of what lies before `day`, so that counts have filled.
    """
    size = np.bincount(day - q.day[q.day < day])
    enough = int(np.searchsorted(np.cumsum(size), 160_000))
    back = max(1, min(120, max(30, enough), (day - int(q.day[0])) // 2))
    small = int(size.sum()) < 300_000
    return Plan(
        back=back, keep=40 if small else 24, seeds=tuple(range(seeds)), threads=threads,
        passes=6 if small else 4, members=4 if small else 2,
        dimensions=96 if small else 64, memory=150.0 if small else 60.0,
    )  # fmt: skip


def _likeness(
    q: Questions, busy: Busy, day: int, plan: Plan, said: Said | None
) -> Likeness:
    return mean_likeness(
        [
            fit_likeness(
                np.random.default_rng((day - int(q.day[0]), member)), q, busy, day,
                passes=plan.passes, dimensions=plan.dimensions, memory=plan.memory,
                progress=said,
            )
            for member in range(plan.members)
        ]
    )  # fmt: skip


def _asked(
    q: Questions, first: int, end: int, most: int, seed: int
) -> NDArray[np.bool_]:
    """About `most` of the questions (who, relation, day), at random, by key."""
    key = (q.day.astype(np.int64) * q.n_entities + q.who) * q.n_relations + q.relation
    inside = (q.day >= first) & (q.day < end)
    groups = np.unique(key[inside])
    draw = np.random.default_rng(seed).random(len(groups)) < most / max(len(groups), 1)
    asked = np.zeros(len(q), bool)
    asked[inside] = draw[np.searchsorted(groups, key[inside])]
    return asked


def learn(
    facts: Facts,
    q: Questions,
    day: int,
    plan: Plan,
    end: int,
    said: Said | None = None,
) -> Stage2:
    """Learn everything from the facts before `day`.

    The trees learn from questions of the last `plan.back` days, each block answered
    with an intensity and a likeness that were fitted to what came before it.
    """
    say = said or (lambda done, total, what: None)
    start = int(q.day[0])
    begin = day - plan.back
    busy = busy_with(q, start + 5, end)
    labels = labels_of(facts.entities)
    intensity = fit_intensity(q, start + plan.warm, begin, progress=said)
    asked = _asked(q, begin, day, plan.questions, 0)
    rng = np.random.default_rng(1)

    def last_days() -> Iterator[DayRows]:
        for lo in range(begin, day, plan.block):
            hi = min(lo + plan.block, day)
            like = _likeness(q, busy, lo, plan, said)
            yield from rows_by_day(
                q, Learned(intensity, like, labels), busy, lo, hi, how=plan.how,
                asked=asked, keep=plan.keep, rng=rng,
                progress=lambda t: say(t - begin, plan.back, "reading the last days"),
            )  # fmt: skip

    from_these = learning_set(last_days())
    trees = fit_trees(
        from_these, seeds=plan.seeds, rounds=plan.rounds, threads=plan.threads,
        progress=said,
    )  # fmt: skip
    del from_these
    like = _likeness(q, busy, day, plan, said)
    intensity = fit_intensity(q, start + plan.warm, day, begin=intensity, progress=said)
    return Stage2(Learned(intensity, like, labels), trees, busy, day)


def renewed(
    stage: Stage2, q: Questions, day: int, plan: Plan, said: Said | None = None
) -> Stage2:
    """Intensity and likeness learned anew from the facts before `day`; the trees stay."""
    start = int(q.day[0])
    like = _likeness(q, stage.busy, day, plan, said)
    p = fit_intensity(
        q,
        start + plan.warm,
        day,
        begin=stage.learned.intensity,
        rounds=2,
        progress=said,
    )
    return Stage2(Learned(p, like, stage.learned.labels), stage.trees, stage.busy, day)


@dataclass(frozen=True)
class Found:
    """Ranks of answers in order of day; n answers.

    Attributes
    ----------
    whole, first : (n,)
        By the whole model and by the intensity alone.
    day : (n,)
    among : (n,)
        Whether the answer was a candidate.
    question : (n,)
        Index among the questions.
    """

    whole: Floats
    first: Floats
    day: NDArray[np.int32]
    among: NDArray[np.bool_]
    question: NDArray[np.int64]


def ranks_of_whole(
    stage: Stage2,
    q: Questions,
    first: int,
    end: int,
    plan: Plan,
    *,
    refit: int = 0,
    asked: NDArray[np.bool_] | None = None,
    said: Said | None = None,
) -> Found:
    """Answer the questions of the days [first, end).

    Parameters
    ----------
    refit
        Days after which intensity and likeness are learned anew; 0: never.
    asked : (n,)
        Answer only these; all when absent.
    """
    rows, whole = [], []
    step = refit or end - first
    for lo in range(first, end, step):
        hi = min(lo + step, end)
        if refit and lo > stage.day:
            stage = renewed(stage, q, lo, plan, said)
        for row in rows_by_day(
            q, stage.learned, stage.busy, lo, hi, how=plan.how, asked=asked
        ):
            out = np.empty(len(row.place))
            scores = stage.trees.scores(row.inputs)
            second_ranks(
                scores,
                row.is_answer,
                row.edge,
                row.group,
                row.place,
                row.rest_rank,
                out,
            )
            whole.append(out)
            rows.append((row.first_rank, row.place >= 0, row.question))
            if said:
                said(int(q.day[row.question[0]]) - first, end - first, "answering")
    question = np.concatenate([r[2] for r in rows])
    return Found(
        np.concatenate(whole),
        np.concatenate([r[0] for r in rows]),
        q.day[question],
        np.concatenate([r[1] for r in rows]),
        question,
    )
