"""The inputs of the second stage: candidates of each question and what is known of them.

One pass over the days from the first: each day's questions are answered from what was
counted before it, then the day is counted. Whatever is learned (the intensity, the
likeness, countries of those without one in their name) was learned from facts before
the first day asked about.

This file must never import trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.world.acts import act_groups
from spillover.world.book_kernels import count_day
from spillover.world.candidate_kernels import candidates_of_day
from spillover.world.cells import Cells
from spillover.world.counts import (
    Asked,
    Columns,
    Counts,
    Near,
    columns_of,
    empty_candidates,
    empty_counts,
)
from spillover.world.families import FAMILIES, FAMILY_HALF_LIVES, Book, book_of
from spillover.world.fit import fade_table, relation_kinds
from spillover.world.input_kernels import beside, count_answers, rows_of_day
from spillover.world.intensity import Parameters
from spillover.world.intensity_kernels import add_facts, target_part
from spillover.world.labels import Labels, with_countries_of_partners
from spillover.world.likeness import Busy, Likeness
from spillover.world.questions import Questions

__all__ = ["DayRows", "How", "Learned", "input_names", "rows_by_day"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


COMPARED = (
    "X and Y, the same act, half-life 20 days",
    "X and Y, any act, half-life 20 days",
    "X and Y, acts of the group, half-life 20 days",
    "common partners, strength",
    "likeness, log chance",
    "likeness to whom X is busy with",
    "anyone and Y, the same act, half-life 20 days",
    "anyone and Y, any act, half-life 3 days",
    "others of X's country and Y, any act, half-life 20 days",
    "others of X's country and Y, acts of the group, half-life 120 days",
    "others of X's sector and Y, the same act, half-life 120 days",
    "X's sector and Y's sector, the same act, share",
)
"""Inputs that are also compared with those of the other candidates."""


@dataclass(frozen=True)
class How:
    """Where candidates come from.

    Attributes
    ----------
    most
        Candidates of a question.
    first, hop, alike, others
        How many at most by intensity, by two steps, by likeness, and from each family
        of `sources`.
    sources
        Indices of families whose answers are entities.
    """

    most: int = 100
    first: int = 55
    hop: int = 10
    alike: int = 30
    others: int = 8
    sources: tuple[int, ...] = (6, 7, 9)


@dataclass(frozen=True)
class Learned:
    """What was learned from facts before a day."""

    intensity: Parameters
    likeness: Likeness
    labels: Labels


@dataclass(frozen=True)
class DayRows:
    """A day's questions. G questions, n answers, m rows.

    Attributes
    ----------
    question : (n,)
        Index of each answer among the questions as given.
    group : (n,)
        The question, 0..G-1, it answers.
    first_rank : (n,)
        Filtered rank by the intensity alone.
    rest_rank : (n,)
        The rank it has where it is no candidate: below all candidates.
    place : (n,)
        Row of the answer, -1 where it is no candidate.
    edge : (G + 1,)
        Rows of each question.
    entity, is_answer, weight : (m,)
        The candidate, whether it is right, and 1 / its chance to be kept.
    inputs : (m, inputs)
    """

    question: Ints
    group: Ints
    first_rank: Floats
    rest_rank: Floats
    place: Ints
    edge: Ints
    entity: NDArray[np.int32]
    is_answer: NDArray[np.bool_]
    weight: NDArray[np.float32]
    inputs: NDArray[np.float32]


def input_names(half_lives: tuple[float, ...]) -> tuple[str, ...]:
    """Names of the inputs in plain words; X asks, Y is the candidate."""
    names = [
        "intensity, log", "intensity from the pair, log",
        "intensity from what is done to Y, log", "place by intensity",
        "chance by intensity", "intensity beside the largest", "all intensities, log",
        "pair part: the same act, log", "pair part: the same act turned round, log",
        "pair part: other acts that way, log", "pair part: acts the other way, log",
    ]  # fmt: skip
    names += [f"X and Y, the same act, half-life {_days(h)}" for h in half_lives]
    names += [
        "X and Y, the same act, days since", "X and Y, the same act, share on this weekday",
        "common partners, strength", "common partners, number",
        "likeness, log chance", "likeness to whom X is busy with",
        "likeness of the most alike", "likeness beside the most alike",
        "likeness of X and Y", "likeness of Y to who deals with X",
        "likeness of X to who deals with Y", "likeness of X to who did this to Y",
        "likeness of Y to whom this was done by X", "act", "same country", "same entity",
        "same sector", "how often the act repeats", "how often X repeats",
        "how often Y is met again", "activity of Y, log", "activity of X, log",
    ]  # fmt: skip
    for f in FAMILIES:
        names += [f"{f.name}, half-life {_days(h)}" for h in FAMILY_HALF_LIVES]
        names += [f"{f.name}, days since", f"{f.name}, share"]
    names += [f"{x}: place among the candidates" for x in COMPARED]
    names += [f"{x}: beside the largest" for x in COMPARED]
    return tuple(names)


def _days(h: float) -> str:
    return "for ever" if h > 10_000 else f"{h:g} days"


def _unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.sqrt((x * x).sum(1, keepdims=True))
    return np.asarray(x / np.maximum(length, 1e-9), np.float32)


def _chosen(
    number: Ints, right: NDArray[np.bool_],
    keep: int, rng: np.random.Generator | None,
) -> tuple[Ints, Ints, NDArray[np.float32]]:  # fmt: skip
    """Rows kept: all, or the first, the right ones and some of the rest, reweighted."""
    G, K = right.shape
    place = np.arange(K)[None, :]
    there = place < number[:, None]
    weight = np.ones((G, K), np.float32)
    if rng is not None:
        top = keep // 2
        rest = np.maximum(number - top, 1)[:, None]
        chance = np.minimum((keep - top) / rest, 1.0)
        late = there & (place >= top) & ~right
        weight[late] = np.broadcast_to(1.0 / chance, (G, K))[late]
        there &= ~late | (rng.random((G, K)) < chance)
    g, k = np.nonzero(there)
    return g, k, weight[g, k]


def rows_by_day(
    q: Questions,
    learned: Learned,
    busy: Busy,
    first: int,
    end: int,
    *,
    how: How | None = None,
    asked: NDArray[np.bool_] | None = None,
    keep: int = 0,
    rng: np.random.Generator | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[DayRows]:
    """The rows of every day of [first, end), in order.

    Parameters
    ----------
    q
        All facts; those of the days before a question are known to it.
    asked : (n,)
        Which questions to make rows for; all when absent. All answers of one who,
        relation and day must agree.
    keep, rng
        With `rng`, about `keep` candidates of each question (to learn from); else all.
    """
    how = how or How()
    p, like = learned.intensity, learned.likeness
    labels = with_countries_of_partners(learned.labels, q, first)
    cells = Cells.of(q)
    in_pair, in_target = cells.place(q)
    work = _Work(
        q, learned, busy, how, labels, cells, columns_of(cells),
        empty_counts(cells, len(p.half_lives), like.answer.shape[1]),
        book_of(q, labels, act_groups(q, first)), _unit(like.answer),
        fade_table(p.half_lives), fade_table(FAMILY_HALF_LIVES),
    )  # fmt: skip
    counts, book = work.counts, work.book
    origin = int(q.day[0]) if len(q) else 0
    for today in np.split(np.arange(len(q)), np.flatnonzero(np.diff(q.day)) + 1):
        t = int(q.day[today[0]]) if len(today) else end
        if t >= end:
            break
        since, weekday = t - origin, t % 7
        if t >= first:
            at = today if asked is None else today[asked[today]]
            if len(at):
                yield _answer_day(work, at, since, weekday, keep, rng)
            if progress:
                progress(t)
        part = slice(int(today[0]), int(today[-1]) + 1)
        count_answers(
            since, weekday, q.who[part], q.relation[part], q.answer[part],
            in_pair[part], in_target[part], work.fade, work.unit, counts,
        )  # fmt: skip
        add_facts(since, in_pair[part], counts.pair, counts.pair_last, work.fade)
        add_facts(since, in_target[part], counts.target, counts.target_last, work.fade)
        slot = np.ascontiguousarray(book.slot[:, part])
        count_day(since, slot, book.counted, book.last, work.family_fade)


@dataclass(frozen=True)
class _Work:
    """What one pass holds."""

    q: Questions
    learned: Learned
    busy: Busy
    how: How
    labels: Labels
    cells: Cells
    columns: Columns
    counts: Counts
    book: Book
    unit: NDArray[np.float32]
    fade: Floats
    family_fade: Floats


def _asked_of(work: _Work, at: Ints, since: int) -> tuple[Asked, Ints]:
    """The day's questions, and which of them each answer belongs to."""
    q, p, cells, counts = work.q, work.learned.intensity, work.cells, work.counts
    who, relation, answer = q.who[at], q.relation[at], q.answer[at]
    new = np.ones(len(at), bool)
    new[1:] = (np.diff(who) != 0) | (np.diff(relation) != 0)
    begin = np.flatnonzero(new)
    relations = np.unique(relation)
    row = np.full(q.n_relations, -1, np.int64)
    row[relations] = np.arange(len(relations))
    base = np.empty((len(relations), q.n_entities))
    target_part(
        since, relations, cells.target_relation, cells.target_answer,
        counts.target, counts.target_last, work.fade, p.target, p.anyone, base,
    )  # fmt: skip
    top = _largest(base, work.how.most)
    edge = np.append(begin, len(at)).astype(np.int64)
    asked = Asked(who[begin], relation[begin], row, base, top, edge, answer)
    return asked, np.cumsum(new) - 1


def _near_of(work: _Work, asked: Asked, row: Ints) -> Near:
    """The likeness of the day's questions; `row` are their rows of `busy`."""
    like = work.learned.likeness
    weights = work.busy.weights[row]
    query = like.query(asked.who, asked.relation, weights)
    busy = np.asarray(weights @ like.answer, np.float32)
    G = len(query)
    alike = np.empty((G, min(2 * work.how.alike, len(like.bias))), np.int64)
    total, best = np.empty(G, np.float32), np.empty(G, np.float32)
    for i in range(0, G, 512):
        part = slice(i, i + 512)
        z = query[part] @ like.answer.T + like.bias
        alike[part] = _largest(z, alike.shape[1])
        most = z.max(1)
        total[part] = most + np.log(np.exp(z - most[:, None]).sum(1))
        best[part] = most - total[part]
    return Near(query, busy, total, best, alike, like.answer, work.unit, like.bias)


def _answer_day(
    work: _Work, at: Ints, since: int, weekday: int,
    keep: int, rng: np.random.Generator | None,
) -> DayRows:  # fmt: skip
    """Candidates and inputs of the questions at rows `at` of one day."""
    q, how, p = work.q, work.how, work.learned.intensity
    asked, group = _asked_of(work, at, since)
    near = _near_of(work, asked, work.busy.row[at[asked.answer_edge[:-1]]])
    G, K = len(asked.who), min(how.most, q.n_entities)
    c = empty_candidates(G, len(at), K)
    candidates_of_day(
        since, asked, near, p.pair, work.fade, relation_kinds(q.n_relations),
        work.columns, work.counts, work.book, work.family_fade,
        np.array(how.sources, np.int64), np.full(len(how.sources), how.others),
        min(how.first, K), how.hop, how.alike, c,
    )  # fmt: skip
    hit = c.found[group] == asked.answer[:, None]
    hit &= np.arange(K) < c.number[group][:, None]
    right = np.zeros((G, K), bool)
    a, k = np.nonzero(hit)
    right[group[a], k] = True
    names = input_names(p.half_lives)
    row_group, row_place, _ = _chosen(c.number, right, 0, None)
    out = np.zeros((len(row_group), len(names)), np.float32)
    rows_of_day(
        since, weekday, row_group, row_place, asked, near, c, work.columns, work.counts,
        work.fade, work.book, work.family_fade, len(FAMILIES), work.labels.country,
        work.labels.sector, out,
    )  # fmt: skip
    edge = np.searchsorted(row_group, np.arange(G + 1))
    compared = np.array([names.index(x) for x in COMPARED])
    beside(edge, compared, len(names) - 2 * len(compared), out)
    if rng is not None:
        row_of = np.cumsum(c.number) - c.number
        row_group, row_place, weight = _chosen(c.number, right, keep, rng)
        out = out[row_of[row_group] + row_place]
    else:
        weight = np.ones(len(row_group), np.float32)
    row_at = np.full((G, K), -1, np.int64)
    row_at[row_group, row_place] = np.arange(len(row_group))
    place = np.full(len(at), -1, np.int64)
    place[a] = row_at[group[a], k]
    return DayRows(
        at, group, c.rank, c.rest, place, np.searchsorted(row_group, np.arange(G + 1)),
        c.found[row_group, row_place], right[row_group, row_place], weight, out,
    )  # fmt: skip


def _largest(x: NDArray[np.floating], n: int) -> Ints:
    """Columns of the n largest of every row, largest first."""
    n = min(n, x.shape[1])
    at = np.argpartition(-x, n - 1, axis=1)[:, :n]
    order = np.argsort(-np.take_along_axis(x, at, 1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(at, order, 1), np.int64)
