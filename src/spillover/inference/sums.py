"""Streams known only by sums over intervals: weeks, months, "at least twenty".

Stream c is known by sums N_B over blocks B of days. Inside a block its daily count is
replaced by its expected value given the other streams and what came before,

    m_C(d) = (I - eta_CC)^-1 [mu + c G S + eta_CO n_O](d),
    M_B = sum of m_c over the block,  g = F G_cc k(b_c x days of the block)
    N_B ~ generalised Poisson(M_B (1 - g), g)

and when the block closes, what fed the states is replaced by a **filling** that adds up
to N_B: the expected shape rescaled, for blocks up to about two half-lives, or spread
evenly beyond (docs/learning.md). The filling is held: no derivative runs through it,
and the other streams are fitted with it in place of counts. So a stream known by sums
learns from its own sums only (the *cut*): learned jointly, its expected course becomes
a free hidden driver of everything else. Of blocks longer than two half-lives, the links
out of the stream and their half-lives learn nearly nothing: they come from the prior.

References
----------
Consul and Jain (1973), A generalization of the Poisson distribution, Technometrics 15.

This file must never import a case or a page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import FitError
from spillover.inference.daily import (
    DailyValue,
    Links,
    make_ready,
    run,
    same_day_share,
    start_from_counts,
)
from spillover.inference.sums_kernels import log_chances

__all__ = ["Blocks", "SumsValue", "block_sum_law", "fill", "sums_loglik_grad"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """Counts of one stream over several days each.

    Attributes
    ----------
    stream : (B,)
        Index of the stream.
    first, end : (B,)
        The block is the days first <= d < end.
    low, high : (B,)
        The sum lies in [low, high]; equal: known exactly; high infinite: at least.
    """

    stream: Ints
    first: Ints
    end: Ints
    low: Floats
    high: Floats
    day: Ints = field(init=False, repr=False)
    """Every day of every block, and in `which` the block it belongs to."""
    which: Ints = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep plain numbers; blocks of one stream do not overlap."""
        for name in ("stream", "first", "end"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.int64))
        for name in ("low", "high"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        order = np.lexsort((self.first, self.stream))
        same = self.stream[order][1:] == self.stream[order][:-1]
        if np.any(same & (self.first[order][1:] < self.end[order][:-1])):
            msg = "two interval counts of one stream overlap: keep one of them"
            raise FitError(msg)
        if np.any((self.low > self.high) | (self.first >= self.end)):
            msg = "an interval count is empty: its ends are in the wrong order"
            raise FitError(msg)
        which = np.repeat(np.arange(len(self.stream)), self.days)
        before = np.cumsum(self.days) - self.days
        object.__setattr__(self, "which", which)
        day = np.arange(len(which)) - before[which] + self.first[which]
        object.__setattr__(self, "day", day)

    def __len__(self) -> int:
        return len(self.stream)

    @property
    def days(self) -> Ints:
        """Length of each block, shape (B,)."""
        return self.end - self.first

    def cells(self, D: int, K: int) -> NDArray[np.bool_]:
        """Which cells lie in a block, shape (D, K)."""
        out = np.zeros((D, K), bool)
        out[self.day, self.stream[self.which]] = True
        return out

    def openings(self, D: int, K: int) -> NDArray[np.bool_]:
        """Where a block begins, shape (D, K)."""
        out = np.zeros((D, K), bool)
        out[self.first, self.stream] = True
        return out

    def sums(self, values: Floats) -> Floats:
        """Sum of values (D, K) over each block, shape (B,)."""
        inside = values[self.day, self.stream[self.which]]
        return np.asarray(np.bincount(self.which, inside, len(self)), np.float64)

    def spread(self, values: Floats, D: int, K: int) -> Floats:
        """Each block's value (B,) on all its days, 0 elsewhere, shape (D, K)."""
        out = np.zeros((D, K))
        out[self.day, self.stream[self.which]] = values[self.which]
        return out


@dataclass(frozen=True)
class SumsValue(DailyValue):
    """Also: expected sums `expected` (B,) and clustering `g` (B,) of the blocks."""

    expected: Floats
    g: Floats


def fill(
    blocks: Blocks,
    D: int,
    K: int,
    *,
    shape: Floats | None = None,
    half_life: Floats | None = None,
    expected: Floats | None = None,
) -> Floats:
    """Daily values (D, K) that add up to the blocks' sums; NaN outside blocks.

    Parameters
    ----------
    blocks
        A range counts as its middle, "at least" as its least number or the expected
        sum, whichever is larger.
    D, K
        Days and streams.
    shape : (D, K) or None
        Expected daily counts: rescaled to the sum in blocks no longer than two half-
        lives, when given with ``half_life``; else the sum is spread evenly.
    half_life : (K,) or None
        Days, of the links out of each stream.
    expected : (B,) or None
        Expected sums.
    """
    out = np.full((D, K), np.nan)
    for b in range(len(blocks)):
        c, part = blocks.stream[b], slice(blocks.first[b], blocks.end[b])
        days, total = blocks.days[b], 0.5 * (blocks.low[b] + blocks.high[b])
        if not math.isfinite(total):
            total = max(blocks.low[b], 0.0 if expected is None else expected[b])
        out[part, c] = total / days
        if shape is not None and half_life is not None and days <= 2 * half_life[c]:
            whole = shape[part, c].sum()
            if whole > 0.0:
                out[part, c] = shape[part, c] * total / whole
    return out


def block_sum_law(
    blocks: Blocks, links: Links, children: Floats, decay: Floats, factor: Floats
) -> tuple[Floats, NDArray[np.bool_], Floats, Floats]:
    """Clustering g of each block, and what makes it.

    Returns
    -------
    g : (B,)
    own : (B, L)
        Which links run from the block's stream to itself.
    share, slope : (B, L)
        k(b x days) of every link and its derivative in b; both times the block's mean
        factor.
    """
    own = (links.target == blocks.stream[:, None]) & (
        links.source == blocks.stream[:, None]
    )
    k, slope = same_day_share(decay * blocks.days[:, None])
    mean = blocks.sums(factor) / blocks.days
    k, slope = k * mean[:, None], slope * (mean * blocks.days)[:, None]
    return np.where(own, k * children, 0.0).sum(axis=1), own, k, slope


def sums_loglik_grad(
    counts: ArrayLike,
    observed: NDArray[np.bool_] | None,
    mu: ArrayLike,
    factor: ArrayLike | None,
    links: Links,
    children: ArrayLike,
    decay: ArrayLike,
    blocks: Blocks,
    start_state: ArrayLike | None = None,
    *,
    sequence_starts: ArrayLike = (0,),
    held: ArrayLike | None = None,
) -> SumsValue:
    """Log likelihood of the sums alone, with its gradient (module docstring).

    Parameters
    ----------
    counts, observed, mu, factor, links, children, decay, start_state, sequence_starts
        As in `daily.daily_loglik_grad`. Observed cells feed the states and are not
        judged here; cells of a block need not be marked as not observed.
    blocks : Blocks
        The sums.
    held : (D, K) or None
        What feeds the states of later blocks (`fill`); None: spread evenly. Also the
        values of cells that are neither observed nor in a block (NaN: expected value).

    Returns
    -------
    SumsValue
        ``value`` holds the expected daily counts inside the blocks.
    """
    n = np.asarray(counts, np.float64)
    D, K = n.shape
    G, b = np.asarray(children, np.float64), np.asarray(decay, np.float64)
    F = np.ones((D, K)) if factor is None else np.asarray(factor, np.float64)
    F = np.ascontiguousarray(np.broadcast_to(F, (D, K)))
    seen = np.ones((D, K), bool) if observed is None else np.asarray(observed, bool)
    inside = blocks.cells(D, K)
    seen = seen & ~inside
    filling = fill(blocks, D, K) if held is None else np.asarray(held, np.float64)
    values = np.where(seen, n, np.where(inside, np.nan, filling))
    kept = np.where(seen, n, filling)
    kept = np.where(np.isnan(kept), 0.0, kept)
    if start_state is None:
        start_state = start_from_counts(kept, seen | inside, links, sequence_starts)
    g, own, k, slope = block_sum_law(blocks, links, G, b, F)
    out = np.zeros((len(blocks), 3))
    expected = np.zeros(len(blocks))

    def value_bar(value: Floats) -> tuple[float, Floats]:
        expected[:] = blocks.sums(value)
        log_chances(blocks.low, blocks.high, expected * (1.0 - g), g, out)
        bar = blocks.spread(out[:, 1] * (1.0 - g), D, K)
        return float(out[:, 0].sum()), bar

    ready = make_ready(
        values, np.zeros((D, K), bool), links, start_state, sequence_starts, values,
        blocks.openings(D, K), kept,
    )  # fmt: skip
    base = np.ascontiguousarray(np.broadcast_to(np.asarray(mu, np.float64), (D, K)))
    got = run(ready, base, F, links, G, b, "good", value_bar)
    g_bar = np.zeros(len(blocks))
    if math.isfinite(got.logp):
        g_bar = out[:, 2] - expected * out[:, 1]
    mean = blocks.sums(F)
    per = np.divide(g, mean, out=np.zeros(len(blocks)), where=mean > 0.0)
    factor_bar = got.d_factor + blocks.spread(g_bar * per, D, K)
    weight = np.where(own, g_bar[:, None], 0.0)
    return SumsValue(
        logp=got.logp,
        d_mu=got.d_mu,
        d_factor=factor_bar,
        d_children=got.d_children + (weight * k).sum(axis=0),
        d_decay=got.d_decay + G * (weight * slope).sum(axis=0),
        value=got.value,
        expected=expected,
        g=g,
    )
