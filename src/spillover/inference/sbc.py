"""Simulation-based calibration: a sampler is asked for the posterior it claims.

Draw the truth from the prior, data from the truth, and rank the truth among draws of
the posterior: over many rounds the rank is uniform on 0..L if, and (for the quantities
ranked) only if, prior, simulator, likelihood and sampler agree. Ranks are judged by
their distribution function against bands that hold everywhere at once.

References
----------
Talts, Betancourt, Simpson, Vehtari & Gelman (2018), arXiv:1804.06788. Säilynoja,
Bürkner & Vehtari (2022), Graphical test for discrete uniformity,
doi:10.1007/s11222-022-10090-6. Modrák et al. (2023), doi:10.1214/23-BA1404 (the
log density as a ranked quantity).

This file must never import a case, a page or a particular likelihood.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import threadpool_limits

from spillover.cluster.backend import Backend, open_backend
from spillover.inference.nuts import sample_nuts
from spillover.inference.posterior import MapFit, Problem, fit_map

__all__ = ["Bands", "Ranks", "ecdf_bands", "laplace_sampler", "nuts_sampler", "sbc"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Data = TypeVar("Data")
Sampler = Callable[[Problem, np.random.Generator], Floats]

SIMULATIONS = 20_000
POINTS = 100
PIECE = 1.2
"""Seconds of rounds handed to a worker at a time."""


@dataclass(frozen=True)
class Bands:
    """What the distribution function of uniform ranks leaves with chance 1 - level.

    Attributes
    ----------
    at : (points,)
        Ranks at which the function is looked at.
    low, high : (points,)
        Least and largest number of ranks at or below ``at``.
    number
        How many ranks.
    draws
        Ranks run from 0 to ``draws``.
    level
        Chance that uniform ranks stay inside everywhere.
    worst : (simulations,)
        Smallest tail chance of simulated uniform ranks, sorted.
    """

    at: Ints
    low: Ints
    high: Ints
    number: int
    draws: int
    level: float
    worst: Floats

    def p_value(self, ranks: Ints) -> float:
        """Chance that uniform ranks stray at least as far somewhere."""
        found = _smallest_tail(_counts(ranks[None], self.at), self)
        below = int(np.searchsorted(self.worst, found[0] * (1 + 1e-9), side="right"))
        return (1.0 + below) / (1.0 + len(self.worst))

    def inside(self, ranks: Ints) -> bool:
        """Whether the ranks stay inside everywhere."""
        count = _counts(ranks[None], self.at)[0]
        return bool(np.all((count >= self.low) & (count <= self.high)))


@dataclass(frozen=True)
class Ranks:
    """Ranks of the truth among the draws, one row per round.

    Attributes
    ----------
    names
        Of the ranked quantities.
    ranks : (n, quantities)
        Number of draws below the truth, 0..draws.
    draws
        Draws per round.
    """

    names: tuple[str, ...]
    ranks: Ints
    draws: int

    def p_values(
        self, rng: np.random.Generator, *, simulations: int = SIMULATIONS
    ) -> dict[str, float]:
        """Simultaneous p-value of each quantity, not corrected for their number."""
        bands = ecdf_bands(len(self.ranks), self.draws, rng, simulations=simulations)
        return {
            name: bands.p_value(self.ranks[:, k]) for k, name in enumerate(self.names)
        }

    def uniform(
        self,
        rng: np.random.Generator,
        *,
        level: float = 0.99,
        simulations: int = SIMULATIONS,
    ) -> tuple[bool, str]:
        """Whether all quantities are uniform together, and a sentence with the worst.

        Uniform ranks pass with chance at least ``level`` (Bonferroni over quantities).
        """
        p = self.p_values(rng, simulations=simulations)
        worst = min(p, key=lambda name: p[name])
        least = (1.0 - level) / len(p)
        said = (
            f"{len(self.ranks)} rounds, {len(p)} quantities, least p "
            f"{p[worst]:.2g} ({worst}), needed above {least:.2g}"
        )
        return p[worst] > least, said


def _counts(ranks: Ints, at: Ints) -> Ints:
    """Ranks at or below every point; (m, n) and (points,) give (m, points)."""
    return np.stack([(ranks <= a).sum(axis=1) for a in at], axis=1).astype(np.int64)


def _tails(number: int, draws: int, at: Ints) -> Floats:
    """Twice the smaller tail of every count, shape (points, number + 1)."""
    chance = (at + 1.0) / (draws + 1.0)
    k = np.arange(number + 1)
    below = stats.binom.cdf(k, number, chance[:, None])
    above = stats.binom.sf(k - 1, number, chance[:, None])
    return np.asarray(2.0 * np.minimum(below, above), np.float64)


def _smallest_tail(counts: Ints, bands: Bands) -> Floats:
    tails = _tails(bands.number, bands.draws, bands.at)
    return np.asarray(tails[np.arange(len(bands.at)), counts].min(axis=1), np.float64)


def ecdf_bands(
    number: int,
    draws: int,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    simulations: int = SIMULATIONS,
    points: int = POINTS,
) -> Bands:
    """Simultaneous bands for the distribution function of uniform ranks, by simulation.

    Parameters
    ----------
    number
        How many ranks.
    draws
        Ranks run from 0 to this.
    rng
        For the simulated ranks.
    level
        Chance to stay inside at all points at once.
    simulations
        Sets of uniform ranks simulated; resolution of the level.
    points
        Most points looked at.

    Returns
    -------
    Bands
    """
    # the last rank is left out: everything is at or below it
    at = np.unique(np.linspace(0, draws - 1, min(points, draws)).astype(np.int64))
    chance = np.diff(np.concatenate([[0.0], (at + 1.0) / (draws + 1.0), [1.0]]))
    counts = rng.multinomial(number, chance, size=simulations)[:, :-1].cumsum(axis=1)
    tails = _tails(number, draws, at)
    worst = np.sort(tails[np.arange(len(at)), counts].min(axis=1))
    least = float(worst[int(np.floor((1.0 - level) * simulations))])
    allowed = tails >= least
    low = allowed.argmax(axis=1)
    high = number - allowed[:, ::-1].argmax(axis=1)
    return Bands(at, low, high, number, draws, level, worst)


def nuts_sampler(
    *, keep: int = 99, thin: int = 4, tune: int = 200, start: Floats | None = None
) -> Sampler:
    """One chain from the mode, thinned so that its draws are nearly independent.

    Parameters
    ----------
    keep
        Draws kept.
    thin
        Steps from one kept draw to the next.
    tune
        Steps before the first.
    start : (n,)
        Where the search for the mode begins; absent: zeros.
    """

    def sampler(problem: Problem, rng: np.random.Generator) -> Floats:
        n = len(problem.names)
        fit = fit_map(problem, np.zeros(n) if start is None else start)
        chains = sample_nuts(
            problem,
            seed=int(rng.integers(2**31)),
            start=fit,
            chains=1,
            draws=keep * thin,
            tune=tune,
            unmixed="keep",
        )
        return chains.z[0, thin - 1 :: thin]

    return sampler


def laplace_sampler(*, keep: int = 99, start: Floats | None = None) -> Sampler:
    """Draws from the normal law at the mode: close to the posterior, not equal."""

    def sampler(problem: Problem, rng: np.random.Generator) -> Floats:
        n = len(problem.names)
        fit: MapFit = fit_map(problem, np.zeros(n) if start is None else start)
        return fit.draws(rng, keep)

    return sampler


def sbc(
    simulate_prior: Callable[[np.random.Generator], Floats],
    simulate_data: Callable[[Floats, np.random.Generator], Data],
    make_problem: Callable[[Data], Problem],
    sampler: Sampler,
    n: int,
    rng: np.random.Generator,
    *,
    quantities: dict[str, Callable[[Floats], float]] | None = None,
    density: bool = True,
    cluster: str | Backend | None = None,
) -> Ranks:
    """Rank the truth among draws of its posterior, n times.

    Parameters
    ----------
    simulate_prior
        Truth (parameters,) in the coordinates of the problem.
    simulate_data
        Data given the truth.
    make_problem
        The posterior given data.
    sampler
        Draws (L, parameters) from it; always the same L.
    n
        Rounds.
    rng
        Split into one generator a round.
    quantities
        Functions of the parameters, ranked besides the parameters themselves.
    density
        Whether the log density is ranked too: it sees what single numbers miss.
    cluster
        ``local:4`` or the address of a Dask scheduler: rounds there, the same ranks.

    Returns
    -------
    Ranks
        Ties (of discrete quantities) are broken at random.
    """
    given = _Round(
        simulate_prior, simulate_data, make_problem, sampler, quantities or {}, density
    )
    rounds: dict[int, _Ranked] = {}
    each = rng.spawn(n)
    with open_backend(cluster, threads=1) as backend, threadpool_limits(1):
        begun = time.perf_counter()
        rounds |= enumerate(_rounds(given, each[:1]))
        seconds = time.perf_counter() - begun
        # A piece of work on a cluster takes a second or more.
        size = max(1, math.ceil(PIECE / max(seconds, 1e-3))) if backend.remote else 1
        first = list(range(len(rounds), n, size))

        def done(k: int, found: list[_Ranked]) -> None:
            rounds.update(enumerate(found, start=first[k]))

        def piece(k: int) -> list[np.random.Generator]:
            return each[first[k] : first[k] + size]

        backend.run(_rounds, given, range(len(first)), piece, done)
    names, _, draws = rounds[n - 1] if n else ((), np.zeros(0), 0)
    return Ranks(names, np.array([rounds[k][1] for k in range(n)], np.int64), draws)


@dataclass(frozen=True)
class _Round(Generic[Data]):
    """What all rounds share."""

    simulate_prior: Callable[[np.random.Generator], Floats]
    simulate_data: Callable[[Floats, np.random.Generator], Data]
    make_problem: Callable[[Data], Problem]
    sampler: Sampler
    quantities: dict[str, Callable[[Floats], float]]
    density: bool


_Ranked = tuple[tuple[str, ...], Ints, int]
"""Names of what was ranked, ranks, number of draws."""


def _rounds(
    given: _Round[Data], generators: Sequence[np.random.Generator]
) -> list[_Ranked]:
    """Some rounds, each with its own generator."""
    return [_round(given, own) for own in generators]


def _round(given: _Round[Data], own: np.random.Generator) -> _Ranked:
    truth = given.simulate_prior(own)
    problem = given.make_problem(given.simulate_data(truth, own))
    z = given.sampler(problem, own)
    both = np.concatenate([truth[None], z])
    columns = [both[:, k] for k in range(both.shape[1])]
    columns += [np.array([f(row) for row in both]) for f in given.quantities.values()]
    if given.density:
        columns.append(np.array([problem.logp_grad(row)[0] for row in both]))
    last = ("log density",) if given.density else ()
    ranks = np.array(
        [
            np.sum(c[1:] < c[0]) + own.integers(int(np.sum(c[1:] == c[0])) + 1)
            for c in columns
        ],
        np.int64,
    )
    return (*problem.names, *given.quantities, *last), ranks, len(z)
