"""Worlds whose numbers are known, and how often intervals hold them.

For recovery and coverage studies (`benchmarks/recovery.py`, `benchmarks/intervals.py`)
and their tests. Events are simulated by the engine in exact time and then seen as
clock times, as daily counts or as monthly sums.

This file must never import a case or a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spillover.engine.branching import simulate
from spillover.inference.daily import Links
from spillover.inference.daily_answers import mean_rate, spectral_radius
from spillover.inference.daily_plain import simulate_days
from spillover.inference.match_law import engine_model

__all__ = ["Seen", "World", "inside", "log_ou", "look", "random_world", "summary"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class World:
    """A truth: `mu` (D, K) per day, links with their children and decay (L,)."""

    mu: Floats
    links: Links
    children: Floats
    decay: Floats

    @property
    def radius(self) -> float:
        """Spectral radius."""
        return spectral_radius(self.links, self.children, self.mu.shape[1])

    @property
    def rate(self) -> Floats:
        """Events per day in the long run at the mean baseline, shape (K,)."""
        return mean_rate(self.links, self.children, self.mu.mean(axis=0))


@dataclass(frozen=True)
class Seen:
    """One simulated course: `time`, `stream` (n,) in order, and `counts` (D, K)."""

    time: Floats
    stream: Ints
    counts: Floats


def log_ou(
    rng: np.random.Generator, D: int, K: int, *, sd: float, days: float
) -> Floats:
    """K levels of mean 1 whose log is a stationary Ornstein-Uhlenbeck path, (D, K).

    Parameters
    ----------
    sd
        Standard deviation of the log.
    days
        Time in which its correlation falls to 1 / e.
    """
    keep = float(np.exp(-1.0 / days))
    x = np.empty((D, K))
    x[0] = rng.normal(0.0, sd, K)
    for d in range(1, D):
        x[d] = keep * x[d - 1] + rng.normal(0.0, sd * np.sqrt(1.0 - keep**2), K)
    return np.asarray(np.exp(x - 0.5 * sd**2), np.float64)


def random_world(
    rng: np.random.Generator,
    *,
    K: int,
    D: int,
    radius: float,
    events: float,
    half_lives: tuple[float, float] = (2.0, 7.0),
    share: float = 0.25,
    sharing: Literal["row", "link"] = "link",
    background: tuple[float, float] | None = None,
) -> World:
    """A random truth.

    Parameters
    ----------
    rng
        Draws it.
    K, D
        Streams and days.
    radius
        Spectral radius, reached by scaling all children.
    events
        Expected number in D days in the long run.
    half_lives
        Days; log-uniform.
    sharing
        One half-life per receiving stream (``"row"``) or per link.
    share
        Chance that a link between two different streams exists; own links all do.
    background
        (sd, days) of a `log_ou` level of each stream; None: constant.
    """
    there = (rng.random((K, K)) < share) | np.eye(K, dtype=bool)
    target, source = np.nonzero(there)
    links = Links(target, source)
    children = rng.gamma(2.0, 1.0, len(links))
    children *= radius / spectral_radius(links, children, K)
    low, high = np.log(half_lives)
    decay = LN2 / np.exp(rng.uniform(low, high, len(links)))
    if sharing == "row":
        decay = decay[np.searchsorted(target, target)]
    mu = rng.uniform(0.5, 1.5, K)
    mu *= events / D / mean_rate(links, children, mu).sum()
    level = np.ones((D, K))
    if background is not None:
        level = log_ou(rng, D, K, sd=background[0], days=background[1])
    return World(mu * level, links, children, decay)


def look(world: World, seed: int, *, extra_days: int = 0, own: bool = False) -> Seen:
    """Simulate a world from no past, by the engine or by the daily law itself.

    Parameters
    ----------
    world, seed
        What and which.
    extra_days
        Days simulated after the last one, at its baseline.
    own
        By the daily law (`daily_plain.simulate_days`); then there are no times.
    """
    mu = np.vstack([world.mu, np.repeat(world.mu[-1:], extra_days, axis=0)])
    D, K = mu.shape
    if own:
        rng = np.random.default_rng(seed)
        counts = simulate_days(
            rng, mu, np.ones((D, K)), world.links.target, world.links.source,
            world.children, world.decay, np.zeros(len(world.links)),
        )  # fmt: skip
        return Seen(np.zeros(0), np.zeros(0, np.int64), counts)
    model, theta = engine_model(mu, world.links, world.children, world.decay)
    most = int(20 * mu.sum() / max(1.0 - world.radius, 0.05)) + 10_000
    path = simulate(model, theta, seed=seed, max_events=most)[0]
    counts = np.zeros((D, K))
    np.add.at(counts, (np.minimum(path.time.astype(int), D - 1), path.stream), 1.0)
    return Seen(path.time, path.stream, counts)


def inside(
    draws: Floats,
    truth: float,
    *,
    level: float = 0.9,
    rng: np.random.Generator | None = None,
) -> float:
    """Whether the central interval of the draws holds the truth, 0 or 1.

    Parameters
    ----------
    draws : (M,)
        Of the posterior or of a forecast.
    truth
        What happened.
    level
        Of the interval.
    rng
        For counts: ends are randomised, so that a perfect forecast covers exactly
        ``level`` of the time; absent: ties count half.
    """
    below, ties = np.mean(draws < truth), np.mean(draws == truth)
    u = 0.5 if rng is None else rng.random()
    place = below + u * ties
    return float(0.5 - level / 2.0 < place < 0.5 + level / 2.0)


def summary(error: Floats) -> tuple[float, float, float]:
    """Bias, its standard error, and root mean square, of errors (n,)."""
    e = np.asarray(error, np.float64)
    se = float(e.std(ddof=1) / np.sqrt(len(e))) if len(e) > 1 else float("nan")
    return float(e.mean()), se, float(np.sqrt(np.mean(e**2)))
