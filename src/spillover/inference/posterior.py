"""Posteriors: a smooth log density with its gradient, its mode and its Laplace spread.

A :class:`Problem` is all that `fit_map` and `sample_nuts` know of a model. Everything
positive enters on the log scale, so the space is R^n and nothing needs a bound.

References
----------
MacKay (2003), Information Theory, Inference, and Learning Algorithms, ch. 27.

This file must never import a case or a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from spillover.errors import FitError

__all__ = ["Factor", "MapFit", "Problem", "fit_map", "laplace", "reweighted_draws"]

Floats = NDArray[np.float64]


class Problem(Protocol):
    """A log posterior on R^n."""

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each coordinate."""
        ...

    def logp_grad(self, z: Floats) -> tuple[float, Floats]:
        """Log density (prior included, any constant) and its gradient, shape (n,)."""
        ...


class Factor(Protocol):
    """A covariance too large to be written out."""

    def spread(self) -> Floats:
        """Standard deviations, shape (n,)."""
        ...

    def draws(self, rng: np.random.Generator, number: int) -> Floats:
        """Draws with mean 0, shape (number, n)."""
        ...

    def squares(self, step: Floats) -> Floats:
        """Squared distances from 0 in units of the spread; (m, n) gives (m,)."""
        ...


@dataclass(frozen=True)
class MapFit:
    """A mode and the normal law around it.

    Attributes
    ----------
    names
        Of the coordinates.
    mode : (n,)
        Where the log density is largest.
    covariance : (n, n)
        Inverse of the negative Hessian there; its directions without curvature get the
        spread ``widest`` and are counted in ``flat``. Empty when there is only a
        ``factor``.
    logp
        Log density at the mode.
    evidence
        Laplace approximation of the log of the integral.
    evaluations, converged, flat
        How the search went.
    factor
        The covariance in factors, for problems that have them.
    """

    names: tuple[str, ...]
    mode: Floats
    covariance: Floats
    logp: float
    evidence: float
    evaluations: int
    converged: bool
    flat: int = 0
    factor: Factor | None = None

    @property
    def spread(self) -> Floats:
        """Standard deviations, shape (n,)."""
        if self.factor is not None:
            return self.factor.spread()
        return np.sqrt(np.diag(self.covariance))

    def draws(self, rng: np.random.Generator, number: int) -> Floats:
        """Draws from the normal law, shape (number, n)."""
        if self.factor is not None:
            return self.mode + self.factor.draws(rng, number)
        root = np.linalg.cholesky(self.covariance)
        return self.mode + rng.standard_normal((number, len(self.mode))) @ root.T


def _hessian(problem: Problem, z: Floats, step: float) -> Floats:
    """Central differences of the gradient, made symmetric."""
    n = len(z)
    rows = np.empty((n, n))
    for i in range(n):
        e = np.zeros(n)
        e[i] = step
        rows[i] = (problem.logp_grad(z + e)[1] - problem.logp_grad(z - e)[1]) / (
            2.0 * step
        )
    return 0.5 * (rows + rows.T)


def laplace(
    problem: Problem, mode: Floats, *, step: float = 1e-4, widest: float = 10.0
) -> tuple[Floats, float, int]:
    """Covariance, half log determinant of it, and how many directions are flat.

    Parameters
    ----------
    problem, mode
        Where to look.
    step
        Of the differences of the gradient.
    widest
        Largest spread of a direction: where data and prior say less than that.
    """
    value, axes = np.linalg.eigh(-_hessian(problem, mode, step))
    least = widest**-2
    flat = int(np.sum(value < least))
    value = np.maximum(value, least)
    return (axes / value) @ axes.T, -0.5 * float(np.log(value).sum()), flat


def _polish(
    problem: Problem, mode: Floats, logp: float, covariance: Floats
) -> tuple[Floats, float]:
    """A Newton step or two where L-BFGS stopped, kept while they climb.

    Its tolerance is relative to the height, so with many events it stops a visible
    part of a standard deviation away from the top.
    """
    for _ in range(3):
        step = covariance @ problem.logp_grad(mode)[1]
        higher, _ = problem.logp_grad(mode + step)
        if not np.isfinite(higher) or higher <= logp:
            break
        mode, logp = mode + step, higher
    return mode, logp


def fit_map(
    problem: Problem,
    start: Floats,
    *,
    most: int = 500,
    tolerance: float = 1e-6,
    spread: bool = True,
) -> MapFit:
    """Find the mode by L-BFGS, and the normal law around it.

    Parameters
    ----------
    problem
        What to fit.
    start : (n,)
        Where to begin.
    most
        Most iterations.
    tolerance
        Largest component of the gradient, per unit of ``max(1, |logp|)``, at the end.
    spread
        Whether the covariance is wanted (n more pairs of gradients).

    Raises
    ------
    FitError
        When the log density is not finite at the start.
    """
    first, _ = problem.logp_grad(start)
    if not np.isfinite(first):
        msg = "the log posterior is not finite where the fit starts"
        raise FitError(msg)
    scale = max(1.0, abs(first))

    def loss(z: Floats) -> tuple[float, Floats]:
        value, grad = problem.logp_grad(z)
        if not np.isfinite(value):
            return 1e30, np.zeros_like(z)
        return -value / scale, -grad / scale

    found = optimize.minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": most, "maxcor": 20, "ftol": 1e-13, "gtol": tolerance},
    )
    mode = np.asarray(found.x, np.float64)
    logp = -float(found.fun) * scale
    n = len(mode)
    covariance, half, flat = np.eye(n), 0.0, 0
    if spread:
        covariance, half, flat = laplace(problem, mode)
        mode, logp = _polish(problem, mode, logp, covariance)
    return MapFit(
        names=problem.names,
        mode=mode,
        covariance=covariance,
        logp=logp,
        evidence=logp + half + 0.5 * n * float(np.log(2.0 * np.pi)),
        evaluations=int(found.nfev),
        converged=bool(found.success),
        flat=flat,
    )


def reweighted_draws(
    problem: Problem,
    fit: MapFit,
    rng: np.random.Generator,
    number: int,
    *,
    tried: int = 8000,
    freedom: float = 7.0,
) -> tuple[Floats, float]:
    """Draws around the mode, corrected by the posterior itself.

    The normal law in logs leans the wrong way for numbers the data hardly bound from
    below: its mean of exp(z) is too high, and sums of many such numbers inherit that.
    Draws of a Student law with the same center and spread are weighted by posterior
    over proposal, the largest weights cut at sqrt(tried) times their mean, and
    resampled.

    Parameters
    ----------
    problem, fit
        The posterior, its mode and spread.
    rng
        Generator.
    number
        Draws wanted.
    tried
        Draws weighted.
    freedom
        Degrees of freedom of the Student law.

    Returns
    -------
    draws : (number, n)
        Copies possible.
    effective
        Effective number of weighted draws; below thirty or so, as in many
        dimensions, the weights say nothing: sample instead.

    References
    ----------
    Ionides (2008), Truncated importance sampling, doi:10.1198/106186008X320456.
    """
    n = len(fit.mode)
    step = fit.draws(rng, tried) - fit.mode
    if fit.factor is None:
        root = np.linalg.cholesky(fit.covariance)
        square = np.sum(np.linalg.solve(root, step.T) ** 2, axis=0)
    else:
        square = fit.factor.squares(step)
    stretch = freedom / rng.chisquare(freedom, tried)
    z = fit.mode + np.sqrt(stretch)[:, None] * step
    square = square * stretch
    log_proposal = -0.5 * (freedom + n) * np.log1p(square / freedom)
    height = np.array([problem.logp_grad(row)[0] for row in z])
    logs = np.where(np.isfinite(height), height - log_proposal, -np.inf)
    weight = np.exp(logs - logs.max())
    weight = np.minimum(weight, weight.mean() * np.sqrt(tried))
    weight /= weight.sum()
    # evenly spaced picks: less noise than independent ones
    at = (rng.random() + np.arange(number)) / number
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), at), tried - 1)
    return z[rng.permutation(chosen)], float(1.0 / np.sum(weight**2))
