"""Draws around a mode, made better where the posterior bends.

A baseline and the children that are born besides it share the same events: given the
children, the baseline is known well, but along a curve, which a normal law around the
mode cuts off: the mean rate then comes out too high. Here the normal law is kept for
all other coordinates, and the given ones are drawn anew from their own conditional
normal law, around their own conditional mode, found for every draw.

References
----------
Rue, Martino & Chopin (2009), Approximate Bayesian inference for latent Gaussian models,
JRSS B 71 (nested Laplace approximations).

This file must never import a case, a page or a particular likelihood.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spillover.inference.posterior import MapFit, Problem

__all__ = ["bent_draws"]

Floats = NDArray[np.float64]


def bent_draws(
    problem: Problem,
    fit: MapFit,
    rng: np.random.Generator,
    number: int,
    part: slice,
    *,
    rounds: int = 4,
    shift: float = 1e-3,
) -> Floats:
    """Draws whose coordinates ``part`` follow the others along the curve.

    Parameters
    ----------
    problem, fit
        Posterior, its mode and Laplace spread.
    rng, number
        For the draws.
    part
        Coordinates to draw anew: logs of baselines, which hardly touch each other given
        everything else (their curvature is taken as diagonal).
    rounds
        Newton steps for each draw.
    shift
        Of the difference that gives the curvature.

    Returns
    -------
    (number, n)
    """
    out = fit.draws(rng, number)
    along = np.zeros(out.shape[1])
    along[part] = shift
    for z in out:
        least = 1.0
        z[part] = fit.mode[part]
        curvature = np.ones(part.stop - part.start)
        for _ in range(rounds):
            up, down = problem.logp_grad(z + along)[1], problem.logp_grad(z - along)[1]
            curvature = -(up - down)[part] / (2.0 * shift)
            curvature = np.maximum(curvature, least)
            step = 0.5 * (up + down)[part] / curvature
            z[part] += np.clip(step, -1.5, 1.5)
            if np.abs(step).max() < 0.02:
                break
        z[part] += rng.standard_normal(len(curvature)) / np.sqrt(curvature)
    return out
