"""The model fitted is the model simulated: whether that holds.

The engine runs the fitted numbers in exact time; its events are counted by the day; the
likelihood, given each simulated past, says what mean, variance and chance of no event
the next day has. Over many days the three must agree. What the daily law leaves out is
only the hour of an event, so a difference means that fit and engine do not read a
number in the same way (a half-life, the direction of a link, a burst left out).

References
----------
Given the past, count minus mean and squared residual minus variance are martingale
differences: their sums over their own standard errors are the z-scores shown.

This file must never import a case or a page.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.engine.branching import simulate
from spillover.errors import ApproximationWarning
from spillover.inference.daily import Links, same_day_share
from spillover.inference.daily_answers import daily_law, daily_theta, spectral_radius
from spillover.inference.daily_problem import DailyProblem
from spillover.keys import id_key
from spillover.model.structure import (
    Act,
    Clause,
    Driver,
    KernelPart,
    Model,
    Pattern,
    Response,
    Stream,
)

__all__ = [
    "MatchRow",
    "MatchTable",
    "engine_counts",
    "engine_model",
    "match_fit",
    "match_law",
    "match_table",
]

Floats = NDArray[np.float64]

LN2 = math.log(2.0)
SIGMAS = 4.5
"""z-score from which a difference is beyond chance (three numbers per stream)."""
SLACK = 0.03
"""Relative difference that the missing hour may make."""


@dataclass(frozen=True)
class MatchRow:
    """One quantity of one stream: fitted and simulated per day, and their z-score."""

    stream: str
    quantity: str
    fitted: float
    simulated: float
    z: float

    @property
    def flagged(self) -> bool:
        """Beyond chance and beyond what the missing hour can make."""
        size = max(abs(self.fitted), 1e-12)
        return abs(self.z) > SIGMAS and abs(self.simulated - self.fitted) > SLACK * size


@dataclass(frozen=True)
class MatchTable:
    """Three rows per stream: mean, variance, share of days with none."""

    rows: tuple[MatchRow, ...]
    days: int

    @property
    def flagged(self) -> tuple[MatchRow, ...]:
        """Rows that do not match."""
        return tuple(row for row in self.rows if row.flagged)

    @property
    def worst(self) -> float:
        """Largest z-score in size."""
        return max(abs(row.z) for row in self.rows)

    def __str__(self) -> str:
        lines = [
            f"{'stream':<20} {'quantity':<12} {'fitted':>9} {'simulated':>9} {'z':>6}"
        ]
        lines += [
            f"{r.stream:<20.20} {r.quantity:<12} {r.fitted:9.4f} {r.simulated:9.4f} "
            f"{r.z:6.2f}{'  differs' if r.flagged else ''}"
            for r in self.rows
        ]
        return "\n".join(lines)


def engine_model(
    mu: Floats, links: Links, children: Floats, decay: Floats
) -> tuple[Model, Floats]:
    """The numbers as a model for the engine: streams, one driver each, responses.

    Parameters
    ----------
    mu : (D, K)
        Baseline per day; the horizon is D days.
    links, children, decay
        As in `daily`.

    Returns
    -------
    model, theta
    """
    numbers: list[float] = [1.0]

    def slot(value: float) -> int:
        numbers.append(float(value))
        return len(numbers) - 1

    D, K = mu.shape
    level = np.maximum(mu[0], 1e-12)
    drivers, streams = [], []
    for i in range(K):
        moves = bool(np.ptp(mu[:, i]) > 0.0)
        if moves:
            drivers.append(
                Driver(
                    f"d{i}",
                    id_key("driver", i),
                    "given",
                    path=tuple((mu[:, i] / level[i]).tolist()),
                )
            )
        streams.append(
            Stream(
                f"s{i}",
                id_key("stream", i),
                f"s{i}",
                base=slot(level[i]),
                drivers=((len(drivers) - 1, 0),) if moves else (),
            )
        )
    responses = tuple(
        Response(
            f"r{k}", id_key("response", k), Pattern((Clause(int(links.source[k])),)),
            Act(int(links.target[k])), slot(children[k]),
            (KernelPart(slot(LN2 / decay[k])),),
        )
        for k in range(len(links))
        if children[k] > 0.0
    )  # fmt: skip
    model = Model(tuple(streams), responses, drivers=tuple(drivers), horizon=float(D))
    return model, np.array(numbers)


def engine_counts(
    mu: Floats,
    links: Links,
    children: Floats,
    decay: Floats,
    *,
    seed: int,
    futures: int = 1,
    max_events: int = 200_000,
) -> Floats:
    """Daily counts (futures, D, K) of events simulated in exact time, from no past."""
    model, theta = engine_model(mu, links, children, decay)
    D, K = mu.shape
    paths = simulate(model, theta, seed=seed, futures=futures, max_events=max_events)
    out = np.zeros((futures, D, K))
    for m, path in enumerate(paths):
        day = np.minimum(path.time.astype(np.int64), D - 1)
        np.add.at(out[m], (day, path.stream), 1.0)
    return out


def match_table(
    counts: Floats,
    mu: Floats,
    links: Links,
    children: Floats,
    decay: Floats,
    *,
    names: Sequence[str] | None = None,
) -> MatchTable:
    """Compare simulated counts (M, D, K), from no past, with the daily law."""
    M, D, K = counts.shape
    theta = daily_theta(counts, mu, None, links, children, decay, np.zeros(len(links)))
    k, _ = same_day_share(decay)
    mean, variance, none = daily_law(theta, links.matrix(children * k, K))
    residual = counts - mean
    rows = []
    for i in range(K):
        name = f"stream {i}" if names is None else names[i]
        r, v, p = residual[..., i], variance[..., i], none[..., i]
        square, empty = r**2, counts[..., i] == 0
        z_mean = r.sum() / math.sqrt(v.sum())
        z_variance = (square - v).sum() / math.sqrt(((square - v) ** 2).sum())
        z_none = (empty - p).sum() / math.sqrt(max((p * (1.0 - p)).sum(), 1e-12))
        rows += [
            MatchRow(name, "mean", mean[..., i].mean(), counts[..., i].mean(), z_mean),
            MatchRow(name, "variance", v.mean(), square.mean(), z_variance),
            MatchRow(name, "days of none", p.mean(), empty.mean(), z_none),
        ]
    return MatchTable(tuple(rows), M * D)


def match_law(
    mu: Floats,
    links: Links,
    children: Floats,
    decay: Floats,
    *,
    seed: int = 0,
    futures: int = 4,
    names: Sequence[str] | None = None,
) -> MatchTable:
    """Simulate fitted numbers by the engine and compare with the likelihood's law.

    Parameters
    ----------
    mu : (D, K)
        Fitted baseline per day.
    links, children, decay
        Fitted links (`daily_problem.Numbers`).
    seed, futures
        Of the engine.
    names : (K,)
        Of the streams.
    """
    counts = engine_counts(mu, links, children, decay, seed=seed, futures=futures)
    return match_table(counts, mu, links, children, decay, names=names)


def match_fit(
    problem: DailyProblem,
    z: Floats,
    *,
    seed: int = 0,
    futures: int = 4,
    names: Sequence[str] | None = None,
) -> MatchTable | None:
    """`match_law` at a point of a posterior, with a warning when something differs.

    None where there is nothing to simulate: factors on children (restraints) are not
    rebuilt here, and from spectral radius 1 events beget events without end.

    Warns
    -----
    ApproximationWarning
        Naming the rows that differ.
    """
    x, links = problem.numbers(z), problem.links
    K = problem.filled.shape[1]
    if problem.data.factor is not None or futures < 1:
        return None
    if not spectral_radius(links, x.children, K) < 1.0:
        return None
    table = match_law(
        x.mu, links, x.children, x.decay, seed=seed, futures=futures, names=names
    )
    if table.flagged:
        said = "; ".join(
            f"{r.stream}: {r.quantity} {r.fitted:.3g} fitted, "
            f"{r.simulated:.3g} simulated"
            for r in table.flagged
        )
        warnings.warn(
            f"the simulated daily law is not the fitted one: {said}",
            ApproximationWarning,
            stacklevel=2,
        )
    return table
