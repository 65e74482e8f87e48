"""Fit exact-time data: mode and spread, the walk of the baselines chosen by evidence.

What a fit is asked for afterwards are functions of the numbers: spectral radius, mean
rate, expected events of the next days. Each is computed draw by draw.

References
----------
MacKay (1992), Bayesian interpolation, doi:10.1162/neco.1992.4.3.415 (evidence).
Da Fonseca & Zaatour (2014), doi:10.1002/fut.21644 (expected counts).

This file must never import a case or a page.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

from spillover.errors import ApproximationWarning, ConvergenceWarning
from spillover.inference.arrow import fit_rows
from spillover.inference.exact_data import ExactData
from spillover.inference.exact_prior import Decoded, ExactPrior, Support
from spillover.inference.exact_problem import ExactProblem, exact_problem
from spillover.inference.posterior import MapFit, reweighted_draws

__all__ = ["WALKS", "ExactFit", "expected_counts", "fit_exact", "mean_rate", "radius"]

Floats = NDArray[np.float64]

WALKS = (0.03, 0.1, 0.2, 0.45)
"""Spreads of a step of the log baseline from one block to the next."""
WRITTEN_OUT = 300
MOST_REWEIGHTED = 60
"""In more dimensions a few weights are all the weight."""
LEAST_EFFECTIVE = 30.0


@dataclass(frozen=True)
class ExactFit:
    """A fitted exact-time model.

    Attributes
    ----------
    problem
        The posterior, with the walk that was chosen.
    fit
        Its mode and spread.
    mode
        The numbers at the mode.
    evidence
        Log evidence by spread of the walk.
    """

    problem: ExactProblem
    fit: MapFit
    mode: Decoded
    evidence: dict[float, float]

    def draws(self, rng: np.random.Generator, number: int) -> Decoded:
        """Numbers of draws around the mode, reweighted where weights can be trusted.

        Warns
        -----
        ApproximationWarning
            When they cannot: plain draws of the normal law in logs lean upward in sums
            of poorly known children.
        """
        if len(self.fit.mode) <= MOST_REWEIGHTED:
            z, effective = reweighted_draws(self.problem, self.fit, rng, number)
            if effective >= LEAST_EFFECTIVE:
                return self.problem.decode(z)
        said = (
            f"draws of {len(self.fit.mode)} numbers are from the normal law at the "
            "mode: rates and radius lean upward; sample with NUTS where that matters"
        )
        warnings.warn(said, ApproximationWarning, stacklevel=2)
        return self.problem.decode(self.fit.draws(rng, number))


def fit_exact(
    data: ExactData,
    support: Support,
    prior: ExactPrior | None = None,
    *,
    walks: Sequence[float] = WALKS,
    stream_names: Sequence[str] | None = None,
    role_names: Sequence[str] | None = None,
    weekdays: bool = False,
    spread: bool = True,
) -> ExactFit:
    """Fit by the mode of the posterior.

    Parameters
    ----------
    data
        From `spillover.inference.exact.prepare`.
    support
        Links that may be there, with their priors.
    prior
        The other priors; absent: the defaults.
    walks
        Spreads of the walk to choose from by evidence; one block of time has none.
    stream_names, role_names, weekdays
        As for `exact_problem`.
    spread
        Whether the spread is wanted where no choice needs it.

    Returns
    -------
    ExactFit

    Warns
    -----
    ConvergenceWarning
        When the search stopped before the mode was reached.
    """
    p = prior or ExactPrior()
    sizes = tuple(walks) if data.blocks > 1 and walks else (p.walk_sd,)
    best: tuple[ExactProblem, MapFit] | None = None
    evidence: dict[float, float] = {}
    start: Floats | None = None
    for sd in sizes:
        problem = exact_problem(
            data,
            support,
            replace(p, walk_sd=sd),
            stream_names=stream_names,
            role_names=role_names,
            weekdays=weekdays,
        )
        fit = fit_rows(
            problem,
            problem.start() if start is None else start,
            spread=spread or len(sizes) > 1,
        )
        start = fit.mode
        evidence[sd] = fit.evidence
        if best is None or fit.evidence > best[1].evidence:
            best = problem, fit
    assert best is not None
    problem, fit = best
    if not fit.converged:
        said = f"the mode was not reached in {fit.evaluations} evaluations"
        warnings.warn(said, ConvergenceWarning, stacklevel=2)
    return ExactFit(problem, fit, problem.decode(fit.mode), evidence)


def radius(numbers: Decoded) -> Floats:
    """Spectral radius of the branching matrix, shape (...)."""
    return np.asarray(np.abs(np.linalg.eigvals(numbers.branching)).max(axis=-1))


def mean_rate(numbers: Decoded) -> Floats:
    """Long-run events per day with the baselines of the last block, shape (..., K).

    (I - G)^-1 mu at factors 1; infinite at or above a spectral radius of one.
    """
    G = numbers.branching
    eye = np.eye(G.shape[-1])
    stable = radius(numbers) < 1.0
    safe = np.where(stable[..., None, None], G, 0.0)
    out = np.linalg.solve(eye - safe, numbers.rate[..., -1][..., None])[..., 0]
    return np.where(stable[..., None], out, np.inf)


def expected_counts(
    problem: ExactProblem, numbers: Decoded, days: float = 1.0, *, sequence: int = -1
) -> Floats:
    """Expected events in the ``days`` after the end of a sequence, given its events.

    The mean intensities of the links follow z' = -b z + lambda, a linear system, so one
    matrix exponential gives the mean exactly. Baselines stay those of the last block;
    weekday factors and given factors are left out.

    Parameters
    ----------
    problem
        Holds the events.
    numbers
        Draws (..., ) or one point.
    days
        Horizon.
    sequence
        Which sequence goes on; the last by default.

    Returns
    -------
    (..., K)
    """
    data, links = problem.data, numbers.links
    K, D = data.streams, numbers.decay.shape[-1]
    which = sequence % len(data.windows)
    end = data.windows[which, 1]
    own = data.sequence == which
    time, stream = data.time[own], data.stream[own]
    states, of = np.unique(links.source * D + links.decay, return_inverse=True)
    source, kind = states // D, states % D
    S = len(states)
    many = numbers.decay.reshape(-1, D)
    weight = numbers.weight.reshape(-1, len(links))
    rate = numbers.rate[..., -1].reshape(-1, K)
    out = np.empty((len(many), K))
    for m, b in enumerate(many):
        # counts (K), states (S), the constant one
        A = np.zeros((K + S + 1, K + S + 1))
        np.add.at(A, (links.target, K + of), weight[m] * b[links.decay])
        A[:K, -1] = rate[m]
        A[K : K + S] = A[source]
        A[K + np.arange(S), K + np.arange(S)] -= b[kind]
        x = np.zeros(K + S + 1)
        x[-1] = 1.0
        for d in range(D):
            now = np.bincount(stream, weights=np.exp(-b[d] * (end - time)), minlength=K)
            x[K : K + S][kind == d] = now[source[kind == d]]
        if len(x) <= WRITTEN_OUT:
            out[m] = (expm(A * days) @ x)[:K]
        else:
            out[m] = expm_multiply(A * days, x)[:K]
    return out.reshape(*numbers.decay.shape[:-1], K)
