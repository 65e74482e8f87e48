"""Exact-time log-likelihood of exponential Hawkes processes, with its gradient.

    lambda_i(t) = F_i(t) mu_i(t) + F'_i(t) sum_p w_p sum_e b_p exp(-b_p (t - t_e))

over links p from the stream of e to i. Baselines are constant in cells (blocks of time,
days of the week, pieces of the given factor paths F and F'); decays are free. Several
sequences, each watched in a window (start, end] of its own; events before its start
excite and are not scored. An event does not see others of its instant.

References
----------
Ozaki (1979), doi:10.1007/BF02480272 (the recursion).

This file must never import a case, a prior or a sampler.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numba
import numpy as np
from numpy.typing import NDArray

from spillover.errors import ModelError
from spillover.inference import exact_kernels as kernels
from spillover.inference.exact_data import ExactData

__all__ = ["ExactLikelihood", "Links", "exact_likelihood"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALL = 3e6
"""Products below which handing work to a second thread costs more than it saves."""
SHARED_DECAYS = 8
"""With more decays than this, links keep states of their own."""


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
