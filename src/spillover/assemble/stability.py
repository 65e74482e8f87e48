"""Stability of many draws at once: radii, matrices and solved bases, without raising.

Thin over `spillover.model.closed_forms`, which works on (draws, slots) too; here a bad
draw is marked, so that it can be drawn again.

This file must never import a case.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spillover.model.closed_forms import (
    branching_matrix,
    radius,
    spectral_radius,
    type_matrix,
    types,
)
from spillover.model.structure import ABSENT, Model

__all__ = [
    "bases_matrix",
    "branching_matrices",
    "mean_rates",
    "radii",
    "spectral_radii",
]

Floats = NDArray[np.float64]


def branching_matrices(model: Model, theta: Floats) -> Floats:
    """Branching matrix of every draw, (D, K, K): [receives, sends]."""
    return branching_matrix(model, theta)


def spectral_radii(matrices: Floats) -> Floats:
    """Spectral radius of every matrix, (D,)."""
    return spectral_radius(matrices)


def radii(model: Model, theta: Floats) -> Floats:
    """Spectral radius of every draw at F = 1, (D,), with marks, replies, lines."""
    return radius(model, theta)


def _reach(model: Model, theta: Floats, *, closed: bool) -> Floats:
    """B (D, K, K) with rates r = B mu; NaN where I - G is singular."""
    M = type_matrix(model, theta, closed=closed)
    K, U = len(model.streams), M.shape[-1]
    A = np.eye(U) - M
    singular = np.abs(np.linalg.det(A)) < 1e-12
    A[singular] = np.eye(U)
    reach = np.linalg.solve(A, np.broadcast_to(np.eye(U)[:, :K], (*A.shape[:-1], K)))
    reach[singular] = np.nan
    B = np.zeros((*M.shape[:-2], K, K))
    for child, (stream, _) in enumerate(types(model)):
        B[..., stream, :] += reach[..., child, :]
    return B


def bases_matrix(model: Model, theta: Floats) -> Floats:
    """Immigrants per day of every stream and draw, with levels solved.

    The same as `closed_forms.bases` draw by draw, except that a level that cannot be
    had gives a negative or NaN base instead of an error.

    Parameters
    ----------
    model
        The structure.
    theta : (D, S)
        The numbers; the radius of every draw should be below one.

    Returns
    -------
    (D, K)
    """
    streams = model.streams
    mu = np.zeros((len(theta), len(streams)))
    wanted = np.zeros_like(mu)
    for i, s in enumerate(streams):
        if s.level != ABSENT:
            wanted[:, i] = theta[:, s.level]
        elif s.base != ABSENT:
            mu[:, i] = theta[:, s.base]
    levels = [i for i, s in enumerate(streams) if s.level != ABSENT]
    dormant = [i for i, s in enumerate(streams) if s.dormant]
    for closed in (True, False):
        at = [i for i in levels if streams[i].dormant != closed]
        if not at:
            continue
        B = _reach(model, theta, closed=closed)
        present = mu.copy()
        if closed:
            present[:, dormant] = 0.0
        others = [i for i in range(len(streams)) if i not in at]
        known = np.einsum("dij,dj->di", B[:, at][:, :, others], present[:, others])
        left = B[:, at][:, :, at]
        bad = ~np.isfinite(left).all(axis=(1, 2)) | (
            np.abs(np.linalg.det(left)) < 1e-300
        )
        left[bad] = np.eye(len(at))
        solved = np.linalg.solve(left, (wanted[:, at] - known)[..., None])[..., 0]
        solved[bad] = np.nan
        mu[:, at] = solved
    return mu


def mean_rates(model: Model, theta: Floats, mu: Floats) -> Floats:
    """Long-run events per day at F = 1 and drivers 1, dormant streams shut, (D, K).

    Parameters
    ----------
    model, theta
        Structure and numbers, (D, S).
    mu : (D, K)
        Solved bases.
    """
    open_mu = mu.copy()
    open_mu[:, [i for i, s in enumerate(model.streams) if s.dormant]] = 0.0
    return np.asarray(
        np.einsum("dij,dj->di", _reach(model, theta, closed=True), open_mu)
    )
