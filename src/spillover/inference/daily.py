"""Daily counts: the day-cluster (Good-Lagrange) likelihood and its gradient.

Every event of stream j has Poisson(G) direct children in stream i, spread over time by
an exponential kernel with decay b. With hours uniform within a day, the share
k = 1 - (1 - exp(-b)) / b of the children falls on the same day, c = 1 - k later. For
links l from j to i, with factors F and states S,

    S_l(d+1) = exp(-b_l) S_l(d) + (1 - exp(-b_l)) n_j(d)
    a_i(d)   = mu_i(d) + F_i(d) sum_l G_l [c_l S_l(d) + k_l n_j(d)]
    eta_ij   = F_i(d) sum_l k_l G_l
    log P(n(d) | past) = sum_i [n_i log a_i - a_i - log n_i!]
                         + log det(I - diag(1/a) eta diag(n))

The determinant runs over the streams active that day. Given the states this is the
exact law of all same-day progeny when each event has Poisson(eta) same-day children
whatever its hour; the only approximation is the hour. One stream alone: the
generalised Poisson law. Several links may join the same two streams (several
half-lives). **Overdispersion** is such a link: from a stream to itself with a half-life
of hours (`BURST_HALF_LIFE`), so that a day's counts come in bursts; the engine
simulates the same link, so the model fitted is the model simulated.

A cell that is not observed is left out of the likelihood; what it feeds to the states
is its expected value, m = (I - eta)^-1 (...) over the open cells of the day, or a value
that is held (`held`). Derivatives run through the expected values.

References
----------
Good (1960), Generalizations to several variables of Lagrange's expansion, Proc. Camb.
Phil. Soc. 56; Consul and Jain (1973), A generalization of the Poisson distribution,
Technometrics 15.

This file must never import a case, a page or the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.inference import daily_kernels

__all__ = [
    "BURST_HALF_LIFE",
    "DailyValue",
    "Law",
    "Links",
    "Ready",
    "daily_loglik_grad",
    "make_ready",
    "run",
    "same_day_share",
    "start_from_counts",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Law = Literal["good", "rowwise"]

BURST_HALF_LIFE = 1.0 / 12.0
"""Days; half-life of the own link that stands for overdispersion (two hours)."""


@dataclass(frozen=True)
class Links:
    """Which stream excites which; two links may join the same two streams.

    Attributes
    ----------
    target, source : (L,)
        Indices of the streams that receive and send.
    """

    target: Ints
    source: Ints

    def __post_init__(self) -> None:
        """Keep plain whole numbers of one length."""
        object.__setattr__(self, "target", np.ascontiguousarray(self.target, np.int64))
        object.__setattr__(self, "source", np.ascontiguousarray(self.source, np.int64))
        assert self.target.shape == self.source.shape
        assert self.target.ndim == 1

    def __len__(self) -> int:
        return len(self.target)

    @classmethod
    def full(cls, K: int) -> Links:
        """Every stream excites every stream; link i * K + j goes from j to i."""
        i, j = np.divmod(np.arange(K * K), K)
        return cls(i, j)

    def matrix(self, values: ArrayLike, K: int) -> Floats:
        """Sum of the links' values in a matrix [target, source], shape (K, K)."""
        out = np.zeros((K, K))
        np.add.at(out, (self.target, self.source), np.asarray(values, np.float64))
        return out


@dataclass(frozen=True)
class DailyValue:
    """Log likelihood and its derivatives; `value` (D, K) is what fed the states."""

    logp: float
    d_mu: Floats
    d_factor: Floats
    d_children: Floats
    d_decay: Floats
    value: Floats


def same_day_share(decay: ArrayLike) -> tuple[Floats, Floats]:
    """k(b) = 1 - (1 - exp(-b)) / b and its derivative.

    With b times a number of days it is the share born within such a block.
    """
    b = np.asarray(decay, np.float64)
    small = np.abs(b) < 1e-3
    x = np.where(small, 1.0, b)
    e = np.exp(-x)
    k = np.where(small, b / 2.0 - b**2 / 6.0 + b**3 / 24.0, 1.0 + np.expm1(-x) / x)
    slope = np.where(
        small, 0.5 - b / 3.0 + b**2 / 8.0, (-np.expm1(-x) - x * e) / (x * x)
    )
    return k, slope


def start_from_counts(
    counts: ArrayLike,
    observed: NDArray[np.bool_] | None,
    links: Links,
    sequence_starts: ArrayLike = (0,),
    *,
    days: int = 30,
) -> Floats:
    """States at the beginnings: the mean of the first days of each stream, (Q, L).

    It stands for the stationary mean where nothing is known of what came before.
    """
    n = np.asarray(counts, np.float64)
    seen = np.ones(n.shape, bool) if observed is None else np.asarray(observed, bool)
    starts = np.append(np.asarray(sequence_starts, np.int64), len(n))
    out = np.zeros((len(starts) - 1, len(links)))
    for q in range(len(starts) - 1):
        part = slice(starts[q], min(starts[q] + days, starts[q + 1]))
        known = seen[part].sum(axis=0)
        total = np.where(seen[part], n[part], 0.0).sum(axis=0)
        out[q] = (total / np.maximum(known, 1))[links.source]
    return out


@dataclass(frozen=True)
class Ready:
    """Arguments as the compiled code wants them (also for `sums`)."""

    counts: Floats
    cell: NDArray[np.int8]
    first: Ints
    begin: Floats
    again: NDArray[np.int8]
    kept: Floats


def make_ready(
    counts: ArrayLike,
    observed: NDArray[np.bool_] | None,
    links: Links,
    start_state: ArrayLike | None,
    sequence_starts: ArrayLike,
    held: ArrayLike | None,
    again: NDArray[np.bool_] | None = None,
    kept: Floats | None = None,
) -> Ready:
    """Check shapes; `again` and `kept` are the second track of `sums`."""
    n = np.array(counts, np.float64, order="C")
    cell = np.zeros(n.shape, np.int8)
    if observed is not None:
        gone = ~np.asarray(observed, bool)
        value = np.full(n.shape, np.nan) if held is None else np.asarray(held)
        cell[gone] = np.where(np.isnan(value[gone]), 2, 1)
        n[gone] = np.where(np.isnan(value[gone]), 0.0, value[gone])
    starts = np.asarray(sequence_starts, np.int64)
    assert len(starts), "no sequence"
    assert starts[0] == 0, "the first sequence begins on the first day"
    first = np.full(len(n), -1, np.int64)
    first[starts] = np.arange(len(starts))
    if start_state is None:
        begin = start_from_counts(n, cell == 0, links, starts)
    else:
        begin = np.broadcast_to(
            np.asarray(start_state, np.float64), (len(starts), len(links))
        )
    twice = again is not None and kept is not None
    return Ready(
        counts=n,
        cell=cell,
        first=first,
        begin=np.ascontiguousarray(begin),
        again=np.asarray(again if twice else np.zeros((0, 0)), np.int8),
        kept=np.ascontiguousarray(kept if twice else np.zeros((0, 0)), np.float64),
    )


def run(
    ready: Ready,
    mu: Floats,
    factor: Floats,
    links: Links,
    children: Floats,
    decay: Floats,
    law: Law,
    value_bar: Callable[[Floats], tuple[float, Floats]] | None = None,
) -> DailyValue:
    """Forward and back; `value_bar(value)` adds a term and gives its derivative."""
    D, K = ready.counts.shape
    k, slope = same_day_share(decay)
    fade = np.exp(-decay)
    far = children * (1.0 - k)
    eta = links.matrix(children * k, K)
    S = np.zeros((D + 1, len(links)))
    H = np.zeros_like(S) if len(ready.again) else S
    v, theta, a, bar, left, factor_bar = (np.zeros((D, K)) for _ in range(6))
    eta_bar = np.zeros((K, K))
    logp = daily_kernels.forward(
        ready.counts, ready.cell, mu, factor, links.target, links.source, far, fade,
        eta, ready.first, ready.begin, law == "good",
        ready.again, ready.kept, S, H, v, theta, a, bar, eta_bar, factor_bar, left,
    )  # fmt: skip
    more, out = value_bar(v) if value_bar is not None else (0.0, None)
    logp += more
    if not math.isfinite(logp):
        none = np.zeros(len(links))
        return DailyValue(-math.inf, np.zeros((D, K)), np.zeros((D, K)), none, none, v)
    far_bar, fade_bar = np.zeros(len(links)), np.zeros(len(links))
    if out is None:
        out = np.zeros((D, K))
    daily_kernels.backward(
        ready.cell, factor, links.target, links.source, far, fade, eta, ready.first,
        ready.again, ready.kept, S, H, v, bar, eta_bar, factor_bar, left, out,
        far_bar, fade_bar,
    )  # fmt: skip
    near = eta_bar[links.target, links.source]
    return DailyValue(
        logp=float(logp),
        d_mu=bar,
        d_factor=factor_bar,
        d_children=near * k + far_bar * (1.0 - k),
        d_decay=children * (near - far_bar) * slope - fade_bar * fade,
        value=v,
    )


def daily_loglik_grad(
    counts: ArrayLike,
    observed: NDArray[np.bool_] | None,
    mu: ArrayLike,
    factor: ArrayLike | None,
    links: Links,
    children: ArrayLike,
    decay: ArrayLike,
    start_state: ArrayLike | None = None,
    *,
    sequence_starts: ArrayLike = (0,),
    held: ArrayLike | None = None,
    openings: NDArray[np.bool_] | None = None,
    afterwards: Floats | None = None,
    law: Law = "good",
) -> DailyValue:
    """Log likelihood of daily counts with its gradient (module docstring).

    Parameters
    ----------
    counts : (D, K)
        Events of each stream on each day.
    observed : (D, K) or None
        Which cells are known; None: all. The others are left out.
    mu : (D, K)
        Baseline per day, its own factors included.
    factor : (D, K) or None
        What multiplies children born on that day in that stream; None: 1.
    links : Links
        L of them.
    children, decay : (L,)
        Direct children per event; decay per day (log 2 / half-life).
    start_state : (L,) or (Q, L) or None
        States S before the first day of every sequence: the decayed mean of past
        daily counts, 0 for an empty past. None: mean of the first 30 days.
    sequence_starts : (Q,)
        Days on which a sequence begins; the first must be 0.
    held : (D, K) or None
        Values of cells not observed that feed the states; NaN or None: expected value.
    openings, afterwards : (D, K) or None
        Where a sum's block begins, and what every cell counts for once its block has
        closed: at each opening the states of the links out of that stream are made anew
        from it. So a sum is not known before its block is over.
    law
        ``"good"``, or ``"rowwise"``: the determinant's diagonal alone, a generalised
        Poisson law per stream. Faster with many active streams; not normalised when
        same-day links run both ways.

    Returns
    -------
    DailyValue
        ``logp`` is -inf and the gradient 0 where the law gives no chance.
    """
    n = np.asarray(counts)
    base = np.ascontiguousarray(np.broadcast_to(np.asarray(mu, np.float64), n.shape))
    F = np.ones(n.shape) if factor is None else np.asarray(factor, np.float64)
    return run(
        make_ready(
            n, observed, links, start_state, sequence_starts, held, openings, afterwards
        ),
        base,
        np.ascontiguousarray(np.broadcast_to(F, n.shape)),
        links,
        np.asarray(children, np.float64),
        np.asarray(decay, np.float64),
        law,
    )
