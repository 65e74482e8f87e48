"""What past events still weigh at each half-life: a state moved on day by day.

    S_h(d + 1) = 2^(-1/h) S_h(d) + w_h n(d),   w_h = (1 - 2^(-1/h)) h / ln 2

n(d) are the events of day d; w_h is what an event at an unknown hour of a day weighs,
on average, when the day is over. The excited rate at the beginning of day d is
sum over sources j and half-lives h of links[i, h, j] (ln 2 / h) S_h,j(d).

A course keeps the counts by day and a checkpoint every 32 days. Moving it on, or
changing days that are past, goes on from the last checkpoint that still holds by the
same additions in the same order: the result equals that from the whole history to the
last bit.

This file must never import a case, a reader or an engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.model.structure import ABSENT, Model

__all__ = ["Course", "Links", "course_of", "excited", "links_of", "moved_on"]

Floats = NDArray[np.float64]
LN2 = float(np.log(2.0))
EVERY = 32
"""Days between two checkpoints."""


@dataclass(frozen=True)
class Course:
    """Counts by day and the decayed sums at the end of them.

    Attributes
    ----------
    half_lives : (H,)
        In days.
    counts : (T, K)
        Events by day and stream.
    sums : (H, K)
        Decayed sums when the last day is over.
    checkpoints : (1 + T // 32, H, K)
        The same at the beginning of every 32nd day, the first at the beginning of all.
    """

    half_lives: Floats
    counts: Floats
    sums: Floats
    checkpoints: Floats


def _weights(half_lives: Floats) -> tuple[Floats, Floats]:
    keep = 2.0 ** (-1.0 / half_lives)
    return keep, (1.0 - keep) * half_lives / LN2


def _go_on(course: Course, counts: Floats, since: int) -> Course:
    """From the checkpoint at or before day ``since`` to the end of ``counts``."""
    keep, weight = (x[:, None] for x in _weights(course.half_lives))
    mark = min(since // EVERY, len(course.checkpoints) - 1)
    kept = list(course.checkpoints[: mark + 1])
    day, sums = mark * EVERY, course.checkpoints[mark]
    for row in counts[day:]:
        sums = keep * sums + weight * row
        day += 1
        if day % EVERY == 0:
            kept.append(sums)
    return Course(course.half_lives, counts, sums, np.array(kept))


def course_of(half_lives: ArrayLike, counts: ArrayLike) -> Course:
    """The course of a whole history.

    Parameters
    ----------
    half_lives : (H,)
        In days.
    counts : (T, K)
        Events by day and stream.
    """
    h = np.asarray(half_lives, np.float64)
    n = np.array(counts, np.float64)  # a copy: nobody else may change it
    start = np.zeros((1, len(h), n.shape[1]))
    return _go_on(Course(h, n[:0], start[0], start), n, 0)


def moved_on(course: Course, counts: ArrayLike) -> Course:
    """The course with the history as it is known now: longer, or changed, or both.

    Parameters
    ----------
    counts : (T', K)
        Of the same first day. Days that differ from those of ``course`` are late or
        revised events: the sums are taken up again at the checkpoint before them.

    Raises
    ------
    ValueError
        When the streams differ, or days are taken away.
    """
    n = np.array(counts, np.float64)
    T = len(course.counts)
    if n.shape[1] != course.counts.shape[1] or len(n) < T:
        msg = f"counts of shape {n.shape} cannot follow counts of {course.counts.shape}"
        raise ValueError(msg)
    changed = np.flatnonzero((n[:T] != course.counts).any(axis=1))
    if not len(changed) and len(n) - T < EVERY:
        return _append(course, n)
    return _go_on(course, n, int(changed[0]) if len(changed) else T)


def _append(course: Course, counts: Floats) -> Course:
    """A few new days, nothing changed: no checkpoint is looked up."""
    keep, weight = (x[:, None] for x in _weights(course.half_lives))
    sums, kept = course.sums, course.checkpoints
    for day in range(len(course.counts), len(counts)):
        sums = keep * sums + weight * counts[day]
        if (day + 1) % EVERY == 0:
            kept = np.concatenate([kept, sums[None]])
    return Course(course.half_lives, counts, sums, kept)


@dataclass(frozen=True)
class Links:
    """Who brings on whom, at which half-lives.

    Attributes
    ----------
    half_lives : (H,)
        All that the responses of a model have, in days, ascending.
    children : (K, H, K)
        Mean children of stream i that a plain event of stream j brings at half-life h.
    """

    half_lives: Floats
    children: Floats


def links_of(model: Model, theta: ArrayLike) -> Links:
    """Links of a model at some numbers, shape (slots,).

    Only plain events: a response to marked events (deadly ones, say) is left out, and
    so is what a mark multiplies; lags count as none.
    """
    at = np.asarray(theta, np.float64)
    parts: list[tuple[int, int, float, float]] = []
    for r in model.responses:
        for clause in r.when.clauses:
            if clause.require & ~model.streams[clause.stream].flags:
                continue
            for part in r.kernel:
                share = 1.0 if part.share == ABSENT else float(at[part.share])
                size = float(at[r.children]) * share
                half = float(at[part.half_life])
                parts.append((r.then.stream, clause.stream, half, size))
    halves = np.unique([p[2] for p in parts]) if parts else np.ones(1)
    children = np.zeros((len(model.streams), len(halves), len(model.streams)))
    for i, j, half, size in parts:
        children[i, int(np.searchsorted(halves, half)), j] += size
    return Links(halves, children)


def excited(links: Links, course: Course) -> Floats:
    """Rate that past events bring when the last day is over, (K,) per day.

    At F = 1: before what holds or raises it.
    """
    per_day = (LN2 / links.half_lives)[:, None] * course.sums
    found: NDArray[Any] = np.einsum("ihj,hj->i", links.children, per_day)
    return np.asarray(found, np.float64)
