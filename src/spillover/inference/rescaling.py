"""Time rescaling: the compensator turns the events of a right model into Poisson ones.

Each event moves to the integral of the intensity up to its time; the gaps are then
exponential with mean 1. Sequences are laid end to end: the clock of the next starts at
the whole integral of the last, so the gap that a window cuts off runs on into the next.
(Pooling the gaps of many short sequences rejects a right model: the last gap of each
is missing.)

References
----------
Ogata (1988), doi:10.1080/01621459.1988.10478560. Brown et al. (2002),
doi:10.1162/08997660252741149.

This file must never import a case, a page or a sampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from spillover.inference.exact import Links
from spillover.inference.exact_data import ExactData
from spillover.inference.exact_kernels import clock_pass
from spillover.inference.exact_problem import ExactProblem

__all__ = [
    "Clock",
    "Rescaled",
    "clock",
    "lay_end_to_end",
    "rescale",
    "rescale_exact",
    "weekday_residuals",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rescaled:
    """Events of one stream, or of all, on their Poisson clock.

    Attributes
    ----------
    name
        Whose.
    gaps : (n,)
        Between events on the clock; exponential with mean 1 under the right model.
    events, expected
        Events seen, and the whole integral.
    ks, p_value
        Kolmogorov-Smirnov distance from the exponential law and its p-value.
    serial_p
        Whether neighbouring gaps are of one size (rank correlation, two-sided).
    """

    name: str
    gaps: Floats
    events: int
    expected: float
    ks: float
    p_value: float
    serial_p: float


def lay_end_to_end(at: ArrayLike, sequence: ArrayLike, total: ArrayLike) -> Floats:
    """Gaps between events on one clock that runs through all sequences.

    Parameters
    ----------
    at : (n,)
        Compensator at each event, from the start of its sequence.
    sequence : (n,)
        Which sequence.
    total : (sequences,)
        Compensator at the end of each.

    Returns
    -------
    (n,)
        The first counted from the start of the first sequence.
    """
    begun = np.concatenate([[0.0], np.cumsum(np.asarray(total, np.float64))])
    clock = np.sort(begun[np.asarray(sequence, np.int64)] + np.asarray(at, np.float64))
    return np.diff(clock, prepend=0.0)


def _judge(name: str, gaps: Floats, expected: float) -> Rescaled:
    n = len(gaps)
    ks, p, near = 0.0, 1.0, 1.0
    if n:
        test = stats.kstest(gaps, stats.expon.cdf)
        ks, p = float(test.statistic), float(test.pvalue)
    if n > 10:
        near = float(stats.spearmanr(gaps[:-1], gaps[1:]).pvalue)
    return Rescaled(name, gaps, n, expected, ks, p, near)


def rescale(
    own: Floats,
    whole: Floats,
    total: Floats,
    stream: ArrayLike,
    sequence: ArrayLike,
    names: Sequence[str],
) -> tuple[Rescaled, ...]:
    """Rescale each stream by its own compensator, and all events by the sum.

    Parameters
    ----------
    own, whole : (n,)
        Compensator of the event's own stream and of all streams at each event, from
        the start of its sequence.
    total : (sequences, K)
        Compensators at the end of each sequence.
    stream, sequence : (n,)
        Of the events.
    names : (K,)
        Of the streams.

    Returns
    -------
    tuple of Rescaled
        One per stream, then all together.
    """
    s, g = np.asarray(stream, np.int64), np.asarray(sequence, np.int64)
    out = []
    for i, name in enumerate(names):
        here = s == i
        gaps = lay_end_to_end(own[here], g[here], total[:, i])
        out.append(_judge(name, gaps, float(total[:, i].sum())))
    gaps = lay_end_to_end(whole, g, total.sum(axis=1))
    out.append(_judge("all", gaps, float(total.sum())))
    return tuple(out)


@dataclass(frozen=True)
class Clock:
    """Compensators of an exact-time model.

    Attributes
    ----------
    own, whole : (scored events,)
        Of the event's stream and of all streams, in the order of
        ``data.time[data.scored]``.
    total : (sequences, K)
        At the end of each sequence.
    expected : (K, cells)
        Over each cell.
    """

    own: Floats
    whole: Floats
    total: Floats
    expected: Floats


def clock(
    data: ExactData, links: Links, base: Floats, weight: Floats, decays: Floats
) -> Clock:
    """Integrate the intensity of an exact-time model.

    Parameters
    ----------
    data, links
        Of the likelihood.
    base : (K, cells)
        Immigrants per day.
    weight : (links,)
        Expected children.
    decays : (D,)
        Per day.
    """
    K, D = data.streams, len(decays)
    G = np.zeros((D, K, K))
    np.add.at(G, (links.decay, links.target, links.source), weight)
    own, whole = np.empty(len(data.time)), np.empty(len(data.time))
    expected = np.empty((K, len(data.cell_length)))
    clock_pass(
        data.time,
        data.stream,
        data.sequence,
        data.windows,
        data.cell_first,
        data.cell_start,
        data.cell_length,
        data.cell_column,
        base,
        data.offspring_factor,
        decays,
        G,
        own,
        whole,
        expected,
    )
    total = np.add.reduceat(expected, data.cell_first[:-1], axis=1).T
    return Clock(own[data.scored], whole[data.scored], total, expected)


def rescale_exact(problem: ExactProblem, z: Floats) -> tuple[Rescaled, ...]:
    """Residuals of a fitted exact-time model: by stream, then all together."""
    data, numbers = problem.data, problem.decode(z)
    found = clock(data, problem.links, problem.base(z), numbers.weight, numbers.decay)
    return rescale(
        found.own,
        found.whole,
        found.total,
        data.stream[data.scored],
        data.sequence[data.scored],
        problem.stream_names,
    )


def weekday_residuals(problem: ExactProblem, z: Floats) -> tuple[Floats, Floats]:
    """Events seen less expected by day of the week, in standard deviations.

    The count less its compensator is a martingale whose variance is the compensator's
    mean, so the residuals are about standard normal under the right model (a little
    less with fitted numbers).

    Parameters
    ----------
    problem
        Its data were prepared with ``weekday_of_zero``.
    z : (n,)
        Where.

    Returns
    -------
    residual, expected : (K, 7)
        Monday first.
    """
    data, numbers = problem.data, problem.decode(z)
    found = clock(data, problem.links, problem.base(z), numbers.weight, numbers.decay)
    due, seen = np.zeros((7, data.streams)), np.zeros((7, data.streams))
    np.add.at(due, data.cell_day, found.expected.T)
    own = data.scored
    np.add.at(seen, (data.cell_day[data.cell[own]], data.stream[own]), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.where(due > 0.0, (seen - due) / np.sqrt(due), 0.0)
    return residual.T, due.T
