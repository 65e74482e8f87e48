"""Posteriors whose rows meet only in a few common numbers: curvature, mode and draws.

Given the common numbers (decays, pools) the rows of a Hawkes model are independent, so
the negative Hessian is an arrow: one block a row, a border for the common numbers. It
is factored without fill, ten thousand links cost what a hundred rows of a hundred cost.

References
----------
Rue & Held (2005), Gaussian Markov Random Fields, ch. 2.4 (Cholesky without fill).

This file must never import a case, a page or a particular likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from spillover.errors import FitError
from spillover.inference.posterior import MapFit, Problem

__all__ = ["Arrow", "RowProblem", "arrow_at", "fit_rows"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DENSE = 2000
"""Largest number of coordinates whose covariance is written out."""


class RowProblem(Problem, Protocol):
    """A problem that knows its rows."""

    @property
    def rows(self) -> Ints:
        """Row of each coordinate, -1 for common ones, shape (n,)."""
        ...

    def row_blocks(self, z: Floats, *, safe: bool) -> Sequence[Floats] | None:
        """Negative Hessian of each row that has coordinates; None: not known.

        ``safe``: something positive definite near it.
        """
        ...

    def approach(self, z: Floats) -> tuple[Floats, int]:
        """A point nearer to the mode by cheap steps, and the gradients it took."""
        ...


@dataclass(frozen=True)
class Arrow:
    """A positive definite arrow matrix H in factors, H = L L'.

    Attributes
    ----------
    groups
        Coordinates of each row.
    common : (c,)
        Common coordinates.
    roots
        Inverse Cholesky factor of each block, (m, m).
    cross
        Of each row, ``root @ border``, (m, c).
    tip : (c, c)
        Inverse Cholesky factor of what is left for the common numbers.
    lifted
        Directions that had to be made curved.
    """

    groups: tuple[Ints, ...]
    common: Ints
    roots: tuple[Floats, ...]
    cross: tuple[Floats, ...]
    tip: Floats
    lifted: int

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return sum(len(g) for g in self.groups) + len(self.common)

    def back(self, u: Floats) -> Floats:
        """L'^-1 u, shapes (..., n): standard normal u gets covariance H^-1."""
        out = np.empty_like(u)
        top = u[..., self.common] @ self.tip
        out[..., self.common] = top
        for g, root, cross in zip(self.groups, self.roots, self.cross, strict=True):
            out[..., g] = (u[..., g] - top @ cross.T) @ root
        return out

    def forth(self, grad: Floats) -> Floats:
        """L^-1 grad, shape (n,)."""
        out = np.empty_like(grad)
        rest = grad[self.common].copy()
        for g, root, cross in zip(self.groups, self.roots, self.cross, strict=True):
            out[g] = root @ grad[g]
            rest -= cross.T @ out[g]
        out[self.common] = self.tip @ rest
        return out

    @property
    def half_log_det(self) -> float:
        """Half the log determinant of H^-1."""
        parts = [*self.roots, self.tip]
        return float(sum(np.log(np.diag(r)).sum() for r in parts if len(r)))

    def spread(self) -> Floats:
        """Standard deviations, shape (n,)."""
        out = np.zeros(self.size)
        out[self.common] = np.sum(self.tip**2, axis=0)
        for g, root, cross in zip(self.groups, self.roots, self.cross, strict=True):
            own = np.sum(root**2, axis=0)
            out[g] = own + np.sum((self.tip @ cross.T @ root) ** 2, axis=0)
        return np.sqrt(out)

    def draws(self, rng: np.random.Generator, number: int) -> Floats:
        """Draws with mean 0 and covariance H^-1, shape (number, n)."""
        return self.back(rng.standard_normal((number, self.size)))

    def squares(self, step: Floats) -> Floats:
        """|L' step|^2 of each row of ``step``, shape (m,)."""
        top = step[:, self.common]
        out = np.sum(linalg.solve_triangular(self.tip.T, top.T) ** 2, axis=0)
        for g, root, cross in zip(self.groups, self.roots, self.cross, strict=True):
            own = linalg.solve_triangular(root.T, step[:, g].T) + cross @ top.T
            out = out + np.sum(own**2, axis=0)
        return np.asarray(out, np.float64)

    def covariance(self) -> Floats:
        """H^-1 written out, shape (n, n)."""
        root = self.back(np.eye(self.size))
        return np.asarray(root.T @ root)


def _inverse_root(H: Floats, least: float, *, safe: bool) -> tuple[Floats, int]:
    """Inverse Cholesky factor, and how many directions had to be made curved.

    Directions flatter than ``least`` get that curvature, or, to be ``safe``, the size
    of what they have when that is more: then no step leads far away.
    """
    if not len(H):
        return np.zeros((0, 0)), 0
    lifted = 0
    try:
        L = linalg.cholesky(H, lower=True)
        # a cheap bound from below for the flattest direction
        if 1.0 / np.sum(linalg.lapack.dtrtri(L, lower=1)[0] ** 2) < least:
            raise linalg.LinAlgError
    except linalg.LinAlgError:
        value, axes = np.linalg.eigh(H)
        lifted = int(np.sum(value < least))
        value = np.maximum(np.abs(value) if safe else value, least)
        L = linalg.cholesky((axes * value) @ axes.T, lower=True)
    return np.tril(linalg.lapack.dtrtri(L, lower=1)[0]), lifted


def _differences(
    problem: RowProblem, z: Floats, columns: Sequence[Ints], step: float
) -> list[Floats]:
    """Central differences of the gradient along sums of coordinates."""
    out = []
    for members in columns:
        e = np.zeros(len(z))
        e[members] = step
        up, down = problem.logp_grad(z + e)[1], problem.logp_grad(z - e)[1]
        out.append(-(up - down) / (2.0 * step))
    return out


def arrow_at(
    problem: RowProblem,
    z: Floats,
    *,
    step: float = 1e-4,
    widest: float = 10.0,
    safe: bool = False,
) -> Arrow:
    """The negative Hessian at a point, factored.

    Blocks that the problem does not know come from differences of the gradient, taken
    for one coordinate of every row at a time.

    Parameters
    ----------
    problem, z
        Where to look.
    step
        Of the differences.
    widest
        Largest spread of a direction within a row.
    safe
        Away from the mode: something positive definite of the same size.
    """
    rows = problem.rows
    groups = tuple(np.flatnonzero(rows == r) for r in np.unique(rows[rows >= 0]))
    common = np.flatnonzero(rows < 0)
    border = _differences(
        problem, z, [common[k : k + 1] for k in range(len(common))], step
    )
    table = np.array(border).reshape(len(common), len(z))
    blocks = problem.row_blocks(z, safe=safe)
    if blocks is None:
        most = max((len(g) for g in groups), default=0)
        members = [
            np.array([g[k] for g in groups if k < len(g)], np.int64)
            for k in range(most)
        ]
        columns = _differences(problem, z, members, step)
        blocks = []
        for g in groups:
            block = np.stack([columns[k][g] for k in range(len(g))], axis=1)
            blocks.append(0.5 * (block + block.T))
    least = widest**-2
    roots: list[Floats] = []
    cross: list[Floats] = []
    lifted = 0
    tip = table[:, common]
    tip = 0.5 * (tip + tip.T)
    for g, block in zip(groups, blocks, strict=True):
        root, raised = _inverse_root(block, least, safe=safe)
        roots.append(root)
        cross.append(root @ table[:, g].T)
        lifted += raised
    left = tip - sum((c.T @ c for c in cross), np.zeros_like(tip))
    if safe and len(left) and np.linalg.eigvalsh(left)[0] < least:
        cross, left = [0.0 * c for c in cross], tip
    end, raised = _inverse_root(left, least, safe=safe)
    return Arrow(groups, common, tuple(roots), tuple(cross), end, lifted + raised)


def fit_rows(
    problem: RowProblem,
    start: Floats,
    *,
    rounds: int = 12,
    most: int = 15,
    tolerance: float = 1e-2,
    spread: bool = True,
) -> MapFit:
    """Find the mode by L-BFGS in the coordinates in which the curvature is one.

    Parameters
    ----------
    problem, start
        What to fit, from where.
    rounds, most
        Times the curvature is taken anew; most iterations in each.
    tolerance
        Done when the mode is known to this part of a standard deviation in each of the
        directions in which the curvature is one.
    spread
        Whether the curvature at the end is wanted.

    Raises
    ------
    FitError
        When the log density is not finite at the start.
    """
    first, _ = problem.logp_grad(start)
    if not np.isfinite(first):
        msg = "the log posterior is not finite where the fit starts"
        raise FitError(msg)
    mode, evaluations = problem.approach(start)
    evaluations += 1
    factor = arrow_at(problem, mode, safe=True)
    converged = False
    logp = first
    for _ in range(rounds):
        at, here = mode, factor
        top, _ = problem.logp_grad(at)

        def loss(
            u: Floats, at: Floats = at, here: Arrow = here, top: float = top
        ) -> tuple[float, Floats]:
            value, grad = problem.logp_grad(at + here.back(u))
            if not (np.isfinite(value) and np.all(np.isfinite(grad))):
                return 1e30, np.zeros_like(u)
            return top - value, -here.forth(grad)

        found = optimize.minimize(
            loss,
            np.zeros(len(mode)),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": most,
                "maxcor": 20,
                "ftol": 0.0,
                "gtol": 0.3 * tolerance,
            },
        )
        mode = at + here.back(np.asarray(found.x, np.float64))
        logp = top - float(found.fun)
        evaluations += int(found.nfev)
        grad = problem.logp_grad(mode)[1]
        converged = float(np.abs(here.forth(grad)).max()) < tolerance
        if converged:
            break
        factor = arrow_at(problem, mode, safe=True)
    if spread:
        factor = arrow_at(problem, mode)
    n = len(mode)
    covariance = factor.covariance() if spread and n <= DENSE else np.zeros((0, 0))
    return MapFit(
        names=problem.names,
        mode=mode,
        covariance=covariance,
        logp=logp,
        evidence=logp + factor.half_log_det + 0.5 * n * float(np.log(2.0 * np.pi)),
        evaluations=evaluations,
        converged=converged,
        flat=factor.lifted,
        factor=factor,
    )
