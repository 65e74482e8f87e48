"""Events in exact time, cut and sorted for the likelihood: windows, cells, stretches.

Baselines are constant in cells: blocks of time, days of the week, pieces of given
factor paths. This file must never import a case, a prior or a sampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import ModelError

__all__ = ["ExactData", "prepare"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TASKS = 16
TASK_EVENTS = 4000


@dataclass(frozen=True)
class ExactData:
    """Events and windows in the order the sums need.

    Attributes
    ----------
    streams
        K.
    time, stream, sequence : (n,)
        Events sorted by sequence, then time.
    scored, cell, column : (n,)
        Whether inside the window; which cell of the baseline; which column of the
        factors.
    edges
        Where the stretches for parallel work begin.
    place, sorted_time : (n,)
        Order by stream, sequence, time; the times in it.
    offset : (K, sequences + 1)
        Where the events of a stream in a sequence begin in that order.
    windows : (sequences, 2)
        Start and end, days.
    cell_start, cell_length, cell_block, cell_day, cell_column : (cells,)
        Days; block of time; day of the week (0 for none); column of the factors.
    cell_first : (sequences + 1,)
        Where the cells of each sequence begin.
    blocks
        Number of blocks.
    borders, stretches : (m, 2)
        Stretches of constant offspring factors: ends in days; sequence, whether first.
    stretch_column : (m,)
        Their column of the factors.
    baseline_factor, offspring_factor : (K, columns)
        F and F'.
    """

    streams: int
    time: Floats
    stream: NDArray[np.int32]
    sequence: NDArray[np.int32]
    scored: NDArray[np.bool_]
    cell: NDArray[np.int32]
    column: NDArray[np.int32]
    edges: Ints
    place: NDArray[np.int32]
    sorted_time: Floats
    offset: Ints
    windows: Floats
    cell_start: Floats
    cell_length: Floats
    cell_block: Ints
    cell_day: Ints
    cell_column: Ints
    cell_first: Ints
    blocks: int
    borders: Floats
    stretches: Ints
    stretch_column: Ints
    baseline_factor: Floats
    offspring_factor: Floats

    @property
    def scored_counts(self) -> Ints:
        """Scored events of every stream, shape (K,)."""
        return np.bincount(self.stream[self.scored], minlength=self.streams)

    @property
    def watched(self) -> float:
        """Days watched, all windows together."""
        return float(np.sum(self.windows[:, 1] - self.windows[:, 0]))


def _cut(windows: Floats, points: Floats) -> tuple[Floats, Ints, Ints]:
    """Cut windows at points: (m, 2) ends, sequence, whether first of its sequence."""
    ends, owner, first = [], [], []
    for g, (start, end) in enumerate(windows):
        inside = points[(points > start) & (points < end)]
        at = np.concatenate([[start], inside, [end]])
        ends.append(np.stack([at[:-1], at[1:]], axis=1))
        owner.append(np.full(len(at) - 1, g))
        first.append(np.arange(len(at) - 1) == 0)
    return np.concatenate(ends), np.concatenate(owner), np.concatenate(first)


def _split(time: Floats, sequence: NDArray[np.int32], tasks: int) -> Ints:
    """Edges of stretches of events, never between events of one instant."""
    n = len(time)
    edges = [0]
    for k in range(1, tasks):
        at = max(k * n // tasks, edges[-1])
        while 0 < at < n and (time[at], sequence[at]) == (
            time[at - 1],
            sequence[at - 1],
        ):
            at += 1
        if edges[-1] < at < n:
            edges.append(at)
    return np.array([*edges, n], np.int64)


def prepare(
    time: ArrayLike,
    stream: ArrayLike,
    *,
    streams: int,
    windows: Sequence[tuple[float, float]] | Floats,
    sequence: ArrayLike | None = None,
    block_edges: ArrayLike = (),
    weekday_of_zero: int | None = None,
    factor_edges: ArrayLike = (),
    baseline_factor: ArrayLike | None = None,
    offspring_factor: ArrayLike | None = None,
    tasks: int | None = None,
) -> ExactData:
    """Put events in order and cut the windows into cells.

    Parameters
    ----------
    time : (n,)
        Days.
    stream, sequence : (n,)
        Which stream, which sequence (absent: one sequence).
    streams
        K.
    windows : (sequences, 2)
        Start and end of what is watched, (start, end].
    block_edges : (blocks - 1,)
        Days at which baselines change.
    weekday_of_zero
        Day of the week of day 0 (Monday 0); absent: no weekday factors.
    factor_edges : (columns - 1,)
        Days at which given factors change, the same for all sequences.
    baseline_factor, offspring_factor : (K, columns)
        Given factors on immigrants and on offspring; absent: 1.
    tasks
        Stretches for parallel work; absent: by the number of events. They touch the
        last digits of results, so are not tied to the number of threads.

    Returns
    -------
    ExactData

    Raises
    ------
    ModelError
        When events, windows or factors do not fit together.
    """
    t = np.asarray(time, np.float64)
    s = np.asarray(stream, np.int32)
    g = np.zeros(len(t), np.int32) if sequence is None else np.asarray(sequence)
    g = g.astype(np.int32)
    w = np.asarray(windows, np.float64).reshape(-1, 2)
    changes = np.asarray(factor_edges, np.float64)
    columns = len(changes) + 1
    F, G = (
        np.ones((streams, columns)) if x is None else np.asarray(x, np.float64)
        for x in (baseline_factor, offspring_factor)
    )
    _check(t, s, g, w, streams, (F, G), columns)
    order = np.lexsort((t, g))
    t, s, g = t[order], s[order], g[order]
    blocks = np.asarray(block_edges, np.float64)
    days = np.zeros(0)
    if weekday_of_zero is not None:
        days = np.arange(np.floor(w.min()), np.ceil(w.max()) + 1.0)
    points = np.unique(np.concatenate([blocks, changes, days]))
    cells, owner, _ = _cut(w, points)
    middle = cells.mean(axis=1)
    weekday = np.zeros(len(cells), np.int64)
    if weekday_of_zero is not None:
        weekday = (np.floor(middle).astype(np.int64) + weekday_of_zero) % 7
    first = np.searchsorted(owner, np.arange(len(w) + 1))
    cell = np.zeros(len(t), np.int32)
    for k in range(len(w)):
        own = slice(*np.searchsorted(g, [k, k + 1]))
        at = np.searchsorted(cells[first[k] : first[k + 1], 0], t[own], side="right")
        cell[own] = first[k] + np.clip(at - 1, 0, first[k + 1] - first[k] - 1)
    borders, which, begins = _cut(w, changes)
    place = np.lexsort((t, g, s)).astype(np.int32)
    keys = s[place].astype(np.int64) * len(w) + g[place]
    bounds = np.searchsorted(keys, np.arange(streams * len(w) + 1))
    offset = np.stack(
        [bounds[j * len(w) : (j + 1) * len(w) + 1] for j in range(streams)]
    )
    cell_column = np.searchsorted(changes, middle, side="right")
    return ExactData(
        streams=streams,
        time=t,
        stream=s,
        sequence=g,
        scored=t > w[g, 0],
        cell=cell,
        column=cell_column[cell].astype(np.int32),
        edges=_split(t, g, tasks or min(TASKS, 1 + len(t) // TASK_EVENTS)),
        place=place,
        sorted_time=t[place],
        offset=offset,
        windows=w,
        cell_start=cells[:, 0].copy(),
        cell_length=cells[:, 1] - cells[:, 0],
        cell_block=np.searchsorted(blocks, middle, side="right"),
        cell_day=weekday,
        cell_column=cell_column,
        cell_first=first,
        blocks=len(blocks) + 1,
        borders=borders,
        stretches=np.stack([which, begins], axis=1).astype(np.int64),
        stretch_column=np.searchsorted(changes, borders.mean(axis=1), side="right"),
        baseline_factor=F,
        offspring_factor=G,
    )


def _check(
    t: Floats,
    s: NDArray[np.int32],
    g: NDArray[np.int32],
    w: Floats,
    streams: int,
    factors: tuple[Floats, Floats],
    columns: int,
) -> None:
    if not len(w) or np.any(w[:, 1] <= w[:, 0]) or not np.all(np.isfinite(w)):
        msg = "every sequence needs a window that ends after it starts"
        raise ModelError(msg)
    if not np.all(np.isfinite(t)):
        msg = f"{np.sum(~np.isfinite(t))} events have no time"
        raise ModelError(msg)
    if len(s) and (s.min() < 0 or s.max() >= streams):
        msg = f"events name stream {s.max()}, there are {streams}"
        raise ModelError(msg)
    if len(g) and (g.min() < 0 or g.max() >= len(w)):
        msg = f"events name sequence {g.max()}, there are {len(w)} windows"
        raise ModelError(msg)
    late = t > w[g, 1]
    if late.any():
        msg = f"{late.sum()} events lie after the end of their window"
        raise ModelError(msg)
    for name, factor in zip(("baseline", "offspring"), factors, strict=True):
        if factor.shape != (streams, columns) or np.any(factor < 0.0):
            msg = (
                f"the {name} factor has shape {factor.shape} or negative values; "
                f"wanted ({streams}, {columns}), none below 0"
            )
            raise ModelError(msg)
