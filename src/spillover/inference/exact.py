"""Exact-time log-likelihood of exponential Hawkes processes, with its gradient.

    lambda_i(t) = F_i(t) mu_i(t) + F'_i(t) sum_p w_p sum_e b_p exp(-b_p (t - t_e))

over links p from the stream of e to i. Baselines are constant in cells (blocks of time,
days of the week, pieces of the given factor paths F and F'); decays are free. Several
sequences, each watched in a window (start, end] of its own; events before its start
excite and are not scored. An event does not see others of its instant.

References
----------
Ozaki (1979), doi:10.1007/BF02480272 (the recursion). SYSTEM.md 3 (the model).

This file must never import a case, a prior or a sampler.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import ModelError
from spillover.inference import exact_kernels as kernels

__all__ = ["ExactData", "ExactLikelihood", "Links", "exact_likelihood", "prepare"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TASKS = 16
TASK_EVENTS = 4000
SMALL = 3e6
"""Products below which handing work to a second thread costs more than it saves."""
SHARED_DECAYS = 8
"""With more decays than this, links keep states of their own."""


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


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads that wait without spinning; anew in a forked process."""
    return ThreadPoolExecutor(threads, thread_name_prefix="likelihood")


def _share(run: Callable[[int, int], None], parts: int, work: float) -> None:
    """Do parts 0..parts, on several threads when there is enough to do.

    The result is the same for any number: what the parts give is added up later, in
    their order.
    """
    threads = numba.get_num_threads()
    if threads == 1 or parts == 1 or work < SMALL:
        run(0, parts)
        return
    # a few parts at once: calls cost, but threads should end together
    size = max(1, parts // (4 * threads))
    starts = range(0, parts, size)
    jobs = [
        _pool(threads, os.getpid()).submit(run, k, min(k + size, parts)) for k in starts
    ]
    for job in jobs:
        job.result()


@dataclass(frozen=True)
class Links:
    """Who excites whom, and which decay each link has.

    Attributes
    ----------
    target, source, decay : (links,)
        Receiving stream, sending stream, index of the decay.
    """

    target: Ints
    source: Ints
    decay: Ints

    @classmethod
    def dense(cls, streams: int, decays: int = 1) -> Links:
        """Every stream excites every stream at every decay."""
        q, i, j = np.meshgrid(
            np.arange(decays), np.arange(streams), np.arange(streams), indexing="ij"
        )
        return cls(i.ravel(), j.ravel(), q.ravel())

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class ExactLikelihood:
    """The log-likelihood of data as a function of baselines, weights and decays.

    Build with `exact_likelihood`. Holds scratch memory: not for several threads at
    once.
    """

    data: ExactData
    links: Links
    kind: Literal["shared", "links"]
    decays: int
    order: Ints
    state_source: Ints
    state_decay: Ints
    state_of: Ints
    work: float
    scratch: dict[str, NDArray[np.generic]]

    def value_grad(
        self, base: Floats, weight: Floats, decays: Floats
    ) -> tuple[float, Floats, Floats, Floats]:
        """Log-likelihood and its derivatives.

        Parameters
        ----------
        base : (K, cells)
            Immigrants per day in each cell, given factors included.
        weight : (links,)
            Expected children of an event, by link.
        decays : (D,)
            Per day.

        Returns
        -------
        value, (K, cells), (links,), (D,)
        """
        run = self._shared if self.kind == "shared" else self._own
        value, g_weight, g_decays = run(base, weight, decays)
        left, slope = self._children(decays)
        g_base = np.empty_like(base)
        data = self.data
        kernels.spread_back(data.stream, data.cell, self.scratch["inverse"], g_base)
        value -= float(np.sum(base @ data.cell_length))
        g_base -= data.cell_length
        value -= float(weight @ left)
        g_weight -= left
        g_decays -= np.bincount(
            self.links.decay, weights=weight * slope, minlength=self.decays
        )
        return value, g_base, g_weight, g_decays

    def intensities(self, base: Floats, weight: Floats, decays: Floats) -> Floats:
        """Lambda of its own stream at every scored event (nan elsewhere), (n,)."""
        run = self._shared if self.kind == "shared" else self._own
        run(base, weight, decays)
        inverse = np.asarray(self.scratch["inverse"], np.float64)
        out = np.full(len(inverse), np.nan)
        np.divide(1.0, inverse, out=out, where=inverse > 0.0)
        return out

    def children(self, decays: Floats) -> Floats:
        """Children in the windows by link, were its weight 1; shape (links,)."""
        return self._children(decays)[0]

    def _children(self, decays: Floats) -> tuple[Floats, Floats]:
        """Children in the windows by link of weight 1, and d/d decay; (links,)."""
        data = self.data
        shape = (len(self.state_source), len(data.borders))
        left, slope = np.empty(shape), np.empty(shape)

        def run(low: int, high: int) -> None:
            kernels.border_sums(
                low,
                high,
                data.sorted_time,
                data.offset,
                data.borders,
                data.stretches,
                decays,
                self.state_decay,
                self.state_source,
                left,
                slope,
            )

        # only what lies near a border costs anything
        _share(run, len(left), left.size * len(data.time) / data.streams / 100.0)
        if np.all(data.offspring_factor == 1.0):
            return left.sum(axis=1)[self.state_of], slope.sum(axis=1)[self.state_of]
        F = data.offspring_factor[:, data.stretch_column]
        pair = (self.state_of, self.links.target)
        return (left @ F.T)[pair], (slope @ F.T)[pair]

    def _shared(
        self, base: Floats, weight: Floats, decays: Floats
    ) -> tuple[float, Floats, Floats]:
        data, s = self.data, self.scratch
        links = self.links
        at = (links.decay, links.target, links.source)
        W = np.zeros((self.decays, data.streams, data.streams))
        W[at] = weight
        R, P, fresh = s["R"], s["P"], s["fresh"]
        tasks = len(data.edges) - 1

        def leave(low: int, high: int) -> None:
            kernels.shared_open(
                low,
                high,
                data.time,
                data.stream,
                data.sequence,
                data.edges,
                decays,
                R,
                P,
                fresh,
            )

        def run(low: int, high: int) -> None:
            kernels.shared_pass(
                low,
                high,
                data.time,
                data.stream,
                data.sequence,
                data.scored,
                data.cell,
                base,
                data.column,
                data.offspring_factor,
                data.edges,
                decays,
                W,
                R,
                P,
                s["inverse"],
                s["value"],
                s["gW"],
                s["gb"],
            )

        if tasks > 1:
            _share(leave, tasks, self.work / 10.0)
        self._carry(decays)
        _share(run, tasks, self.work)
        g_weight = np.asarray(s["gW"]).sum(axis=0)[at]
        value = float(np.asarray(s["value"]).sum())
        return value, g_weight, np.asarray(s["gb"]).sum(axis=0)

    def _carry(self, decays: Floats) -> None:
        """From what each task leaves to what each task finds, in place."""
        data = self.data
        R, P = np.asarray(self.scratch["R"]), np.asarray(self.scratch["P"])
        fresh = np.asarray(self.scratch["fresh"])
        last = data.edges[1:] - 1
        b = decays[:, None]
        for c in range(1, len(last)):
            if not fresh[c]:
                gap = data.time[last[c]] - data.time[last[c - 1]]
                shrink = np.exp(-b * gap)
                P[c] += shrink * (P[c - 1] - gap * R[c - 1])
                R[c] += shrink * R[c - 1]
        R[1:], P[1:] = R[:-1].copy(), P[:-1].copy()
        R[0], P[0] = 0.0, 0.0

    def _own(
        self, base: Floats, weight: Floats, decays: Floats
    ) -> tuple[float, Floats, Floats]:
        data, s = self.data, self.scratch
        order, links = self.order, self.links
        source, decay, size = links.source[order], links.decay[order], weight[order]

        def run(low: int, high: int) -> None:
            kernels.links_pass(
                low,
                high,
                data.sorted_time,
                data.offset,
                data.place,
                data.scored,
                data.cell,
                base,
                data.column,
                data.offspring_factor,
                s["first"],
                source,
                decay,
                decays,
                size,
                s["inverse"],
                s["value"],
                s["gw"],
                s["gb"],
            )

        _share(run, data.streams, self.work)
        g_weight = np.empty(len(links))
        g_weight[order] = s["gw"]
        own = np.asarray(s["gb"], np.float64)
        g_decays = np.zeros(self.decays)
        np.add.at(g_decays, links.decay[order], own)
        return float(np.asarray(s["value"]).sum()), g_weight, g_decays


def exact_likelihood(
    data: ExactData,
    links: Links,
    *,
    decays: int | None = None,
    kind: Literal["auto", "shared", "links"] = "auto",
) -> ExactLikelihood:
    """Choose the way through the sums and set memory aside.

    Parameters
    ----------
    data
        From `prepare`.
    links
        No two alike.
    decays
        How many decays there are; absent: as many as the links name.
    kind
        ``shared``: states shared by all rows, best for few decays and many links;
        ``links``: states of their own, best for few links; ``auto`` weighs the work.

    Raises
    ------
    ModelError
        When two links are the same.
    """
    K = data.streams
    D = decays or int(links.decay.max(initial=0)) + 1
    pair = links.source * D + links.decay
    if len(np.unique(pair * K + links.target)) < len(links):
        msg = "two links have the same source, target and decay"
        raise ModelError(msg)
    states, state_of = np.unique(pair, return_inverse=True)
    n = np.bincount(data.stream, minlength=K).astype(np.float64)
    own = float(np.sum(8.0 * n[links.target] + 12.0 * n[links.source]))
    together = float(n.sum()) * K * D
    if kind == "auto":
        kind = "shared" if D <= SHARED_DECAYS and together < own else "links"
    work = together if kind == "shared" else own
    order = np.lexsort((links.source, links.decay, links.target))
    tasks = len(data.edges) - 1
    scratch: dict[str, NDArray[np.generic]] = {"inverse": np.zeros(len(data.time))}
    if kind == "shared":
        scratch |= {
            "R": np.zeros((tasks, D, K)),
            "P": np.zeros((tasks, D, K)),
            "fresh": np.zeros(tasks, np.bool_),
            "value": np.zeros(tasks),
            "gW": np.zeros((tasks, D, K, K)),
            "gb": np.zeros((tasks, D)),
        }
    else:
        scratch |= {
            "first": np.searchsorted(links.target[order], np.arange(K + 1)),
            "value": np.zeros(K),
            "gw": np.zeros(len(links)),
            "gb": np.zeros(len(links)),
        }
    return ExactLikelihood(
        data, links, kind, D, order, states // D, states % D, state_of, work, scratch
    )
