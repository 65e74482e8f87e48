"""A folder of published form, ranked by the published protocol, beside baselines.

Single-step, time-aware filter, both directions, all entities, averaged ties. What is
chosen is chosen on the valid days; without valid and test files the last 30 days of
train stand in for test and the 30 before them for valid.

This file must never import a page or a command.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spillover.errors import InputError
from spillover.model.facts import Facts
from spillover.readers.tkg import TkgFolder, read_tkg
from spillover.scoring.ranks import RankScores, rank_scores
from spillover.world.bench import Split, learn, plan_for, ranks_of_whole
from spillover.world.fit import fit_intensity
from spillover.world.plain_ranks import plain_ranks
from spillover.world.questions import Questions
from spillover.world.recurrency import tune
from spillover.world.trees import lightgbm_here

__all__ = ["OWN_DAYS", "BenchRow", "BenchTkg", "bench_tkg", "split_of"]

OWN_DAYS = 30
"""Days of the stand-ins for valid and for test."""
WARM = 20
Said = Callable[[int, int, str], None]


@dataclass(frozen=True)
class BenchRow:
    """One model on one part.

    Attributes
    ----------
    model
        "strict recurrency", "combined recurrency", "intensity alone", "whole model",
        "whole model, refitted".
    part
        "valid" or "test".
    scores
        MRR, hits, interval over days.
    learning_seconds, answering_seconds
        Wall clock; learning is said once, with the first part.
    """

    model: str
    part: str
    scores: RankScores
    learning_seconds: float | None
    answering_seconds: float


@dataclass(frozen=True)
class BenchTkg:
    """What the command says.

    Attributes
    ----------
    split
        First day of valid, of test, and the day after the last.
    standard
        Whether valid and test are the folder's own files.
    facts, entities, actions
        How many, train, valid and test together.
    repeated
        Rows said twice, left out.
    rows
        In order of model and part.
    peak_mb
        Most memory the process held, where the system tells.
    """

    folder: str
    split: Split
    standard: bool
    facts: int
    entities: int
    actions: int
    repeated: int
    rows: tuple[BenchRow, ...]
    peak_mb: float | None


def split_of(read: TkgFolder, folder: str) -> tuple[Facts, Split, bool]:
    """All facts, and where valid and test begin.

    Raises
    ------
    InputError
        When the parts are not in order of time, or too short to learn from.
    """
    parts = read.parts
    standard = "test" in parts
    names = [n for n in ("train", "valid", "test") if n in parts and len(parts[n])]
    for a, b in itertools.pairwise(names):
        if parts[a].day[-1] >= parts[b].day[0]:
            msg = (
                f"{folder}: {a} reaches day {int(parts[a].day[-1])} and {b} begins on "
                f"day {int(parts[b].day[0])}. Expected one after the other in time"
            )
            raise InputError(msg)
    used = [parts[n] for n in names]
    facts = Facts.of(
        np.concatenate([p.source for p in used]),
        np.concatenate([p.action for p in used]),
        np.concatenate([p.target for p in used]),
        np.concatenate([p.day for p in used]),
        entities=used[0].entities,
        actions=used[0].actions,
    )
    end = int(facts.day[-1]) + 1
    if standard:
        test = int(parts["test"].day[0])
        valid = int(parts["valid"].day[0]) if "valid" in names else test - OWN_DAYS
    else:
        test, valid = end - OWN_DAYS, end - 2 * OWN_DAYS
    if valid - int(facts.day[0]) < 3 * WARM:
        msg = (
            f"{folder}: only {valid - int(facts.day[0])} days lie before the valid "
            f"days. Expected at least {3 * WARM} to learn from"
        )
        raise InputError(msg)
    return facts, Split(valid, test, end), standard


def _peak_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def bench_tkg(
    folder: Path,
    *,
    plain: bool = False,
    seeds: int = 1,
    refit: int = 0,
    test: bool = True,
    threads: int = 2,
    progress: Said | None = None,
) -> BenchTkg:
    """Run the baselines and the models.

    Parameters
    ----------
    plain
        Leave the second stage out.
    seeds
        Seeds whose trees are averaged.
    refit
        Also learn anew before the test days and every so many days within; 0: not.
    test
        False while tuning: test stays unseen.
    """
    if not plain:
        lightgbm_here()  # said now, not after minutes of work
    read = read_tkg(folder)
    facts, split, standard = split_of(read, str(folder))
    known = facts if test else facts.between(int(facts.day[0]), split.test)
    q = Questions.of(known)
    parts = [("valid", split.valid, split.test)]
    if test:
        parts.append(("test", split.test, split.end))
    rows: list[BenchRow] = []

    def add(
        model: str, part: str, ranks: NDArray[np.float64], day: NDArray[np.int32],
        learning: float | None, answering: float,
    ) -> None:  # fmt: skip
        scores = rank_scores(ranks, day)
        rows.append(BenchRow(model, part, scores, learning, answering))

    began = time.monotonic()
    tuned = tune(q, split.valid, split.test, progress=progress)
    took = time.monotonic() - began
    for model, m in (
        ("strict recurrency", tuned.strict()),
        ("combined recurrency", tuned),
    ):
        for part, lo, hi in parts:
            began = time.monotonic()
            ranks = m.ranks(q, lo, hi)
            add(
                model, part, ranks, q.between(lo, hi).day,
                took if part == "valid" else None, time.monotonic() - began,
            )  # fmt: skip
    if plain:
        began = time.monotonic()
        p = fit_intensity(q, int(q.day[0]) + WARM, split.valid, progress=progress)
        took = time.monotonic() - began
        for part, lo, hi in parts:
            began = time.monotonic()
            ranks = plain_ranks(q, p, lo, hi, progress=progress)
            add(
                "intensity alone", part, ranks, q.between(lo, hi).day,
                took if part == "valid" else None, time.monotonic() - began,
            )  # fmt: skip
    else:
        rows += _whole(facts, q, split, parts, seeds, refit, threads, progress)
    return BenchTkg(
        str(folder), split, standard, len(facts), len(facts.entities),
        len(facts.actions), sum(read.repeated.values()), tuple(rows), _peak_mb(),
    )  # fmt: skip


def _whole(
    facts: Facts,
    q: Questions,
    split: Split,
    parts: list[tuple[str, int, int]],
    seeds: int,
    refit: int,
    threads: int,
    progress: Said | None,
) -> list[BenchRow]:
    """The first stage, the whole, and the whole learned anew, on every part."""
    first, second = [], []
    plan = plan_for(q, split.valid, seeds=seeds, threads=threads)
    began = time.monotonic()
    stage = learn(facts, q, split.valid, plan, split.end, progress)
    took: float | None = time.monotonic() - began
    for part, lo, hi in parts:
        began = time.monotonic()
        found = ranks_of_whole(stage, q, lo, hi, plan, said=progress)
        spent = time.monotonic() - began
        alone = rank_scores(found.first, found.day)
        first.append(BenchRow("intensity alone", part, alone, None, spent))
        scores = rank_scores(found.whole, found.day)
        second.append(BenchRow("whole model", part, scores, took, spent))
        took = None
    third = []
    if refit and len(parts) > 1:
        part, lo, hi = parts[1]
        began = time.monotonic()
        plan = plan_for(q, lo, seeds=seeds, threads=threads)
        stage = learn(facts, q, lo, plan, split.end, progress)
        took = time.monotonic() - began
        began = time.monotonic()
        found = ranks_of_whole(stage, q, lo, hi, plan, refit=refit, said=progress)
        scores = rank_scores(found.whole, found.day)
        spent = time.monotonic() - began
        third.append(BenchRow("whole model, refitted", part, scores, took, spent))
    return first + second + third
