"""Laws of things that vary from one occurrence to the next, as array functions.

Every function takes a :class:`~spillover.model.structure.Varying` and ``theta`` of
shape (..., slots); results broadcast over the leading axes of ``theta``.

This file must never import a case, a reader or an engine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from spillover.model.structure import Varying

__all__ = ["below", "cdf", "mean_whole", "quantile", "whole_law"]

Floats = NDArray[np.float64]
MOST_WHOLE = 4096


def _standard(v: Varying, theta: Floats, x: Floats) -> Floats:
    """Standard normal score of ``x`` for the normal-based families."""
    a, b = theta[..., v.a], theta[..., v.b]
    with np.errstate(divide="ignore", invalid="ignore"):
        if v.family == "lognormal":
            score = (np.log(np.maximum(x, 0.0)) - np.log(a)) / b
        else:
            inside = np.clip(x, 0.0, 1.0)
            score = (special.logit(inside) - special.logit(a)) / b
    at_median = np.where(x < a, -np.inf, np.where(x > a, np.inf, 0.0))
    return np.where(b > 0.0, score, at_median)


def cdf(v: Varying, theta: Floats, x: ArrayLike) -> Floats:
    """P(X <= x).

    Parameters
    ----------
    v
        The law.
    theta : (..., slots)
        The numbers.
    x : broadcastable to (...)
        Where.

    Returns
    -------
    (...)
    """
    x = np.asarray(x, np.float64)
    a = theta[..., v.a]
    if v.family == "fixed":
        return np.asarray(x >= a, np.float64)
    b = theta[..., v.b]
    if v.family == "uniform":
        width = np.maximum(b - a, 1e-300)
        return np.asarray(np.clip((x - a) / width, 0.0, 1.0), np.float64)
    return np.asarray(special.ndtr(_standard(v, theta, x)), np.float64)


def below(v: Varying, theta: Floats, x: ArrayLike) -> Floats:
    """P(X < x): differs from `cdf` only for a fixed value."""
    if v.family == "fixed":
        return np.asarray(theta[..., v.a] < np.asarray(x), np.float64)
    return cdf(v, theta, x)


def quantile(v: Varying, theta: Floats, u: ArrayLike) -> Floats:
    """Inverse of `cdf` at ``u`` in (0, 1)."""
    a = theta[..., v.a]
    if v.family == "fixed":
        return np.asarray(a + 0.0 * np.asarray(u), np.float64)
    b = theta[..., v.b]
    if v.family == "uniform":
        return np.asarray(a + (b - a) * np.asarray(u), np.float64)
    z = b * special.ndtri(np.asarray(u, np.float64))
    if v.family == "lognormal":
        return np.asarray(a * np.exp(z), np.float64)
    return np.asarray(special.expit(special.logit(a) + z), np.float64)


def whole_law(v: Varying | None, theta: Floats) -> Floats:
    """Law of N = max(1, floor(X + 1/2)): how amounts and repeats are counted.

    Parameters
    ----------
    v
        The law of X; None: N = 1.
    theta : (..., slots)

    Returns
    -------
    (..., most)
        Chance of 1, 2, ..., most; the last holds the tail beyond (at most 1e-9
        unless N reaches into the thousands).
    """
    if v is None:
        return np.ones((*theta.shape[:-1], 1))
    top = float(np.max(quantile(v, theta, 1.0 - 1e-9))) if theta.size else 1.0
    most = int(np.clip(np.ceil(top + 1.0), 1, MOST_WHOLE))
    edges = np.arange(1, most) + 0.5
    under = below(v, theta[..., None, :], edges)
    zero, one = np.zeros((*under.shape[:-1], 1)), np.ones((*under.shape[:-1], 1))
    return np.asarray(np.diff(np.concatenate([zero, under, one], axis=-1)))


def mean_whole(v: Varying | None, theta: Floats) -> Floats:
    """Mean of N = max(1, floor(X + 1/2)); see `whole_law`."""
    law = whole_law(v, theta)
    return np.asarray(law @ np.arange(1.0, law.shape[-1] + 1.0), np.float64)
