"""Which uncertain input moves an answer most: first-order shares of its variance.

Work on the draws already made: the mean of the answer given one input is fitted by
Legendre polynomials of its rank, coefficient by coefficient (random-sampling HDMR), and
what chance adds to each squared coefficient is taken away. Finite futures add noise to
the answer of each draw; it is taken out of the variance that is shared out.

References
----------
Sobol (1993), Math. Model. Comput. Exp. 1. Li, Wang & Rabitz (2002), J. Phys. Chem. A
106 (random sampling HDMR). Plischke (2010), Reliab. Eng. Syst. Saf. 95 (given data).

This file must never import a case, a page or a command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy import special

__all__ = ["Index", "basis_of", "group_index", "indices_of", "latent_variance", "ranks"]

Floats = NDArray[np.float64]
DEGREE = 8
LEVEL = 0.01
"""An input passes by chance in so many of all runs, whatever their number of inputs."""


@dataclass(frozen=True)
class Index:
    """Share of the variance of the answer that one input explains by itself.

    Attributes
    ----------
    name
        The input.
    share
        First-order Sobol index; may pass one or zero by its error.
    se
        Its standard error, over draws.
    seen
        Whether it is more than chance would give (Bonferroni over the inputs).
    """

    name: str
    share: float
    se: float
    seen: bool


def ranks(x: Floats) -> Floats:
    """Mid-ranks of (D,) values as numbers in (0, 1); ties share theirs."""
    from scipy import stats  # slow to load

    return np.asarray((stats.rankdata(x) - 0.5) / len(x))


def basis_of(x: Floats, degree: int = DEGREE) -> Floats:
    """Orthonormal Legendre polynomials of the rank, (D, degree), without the constant.

    An input of few values (a rival reading) gets one indicator for each but the first,
    made orthonormal.
    """
    values = np.unique(x)
    if len(values) <= degree:
        parts = np.stack([(x == v).astype(float) for v in values[1:]], axis=1)
        parts = parts - parts.mean(axis=0)
        q, r = np.linalg.qr(parts)
        kept = np.abs(np.diag(r)) > 1e-9
        return np.asarray(q[:, kept] * np.sqrt(len(x)))
    u = 2.0 * ranks(x) - 1.0
    norms = np.sqrt(2.0 * np.arange(1, degree + 1) + 1.0)
    return np.asarray(legendre.legvander(u, degree)[:, 1:] * norms)


def latent_variance(y: Floats, within: float) -> float:
    """Variance of the answer over draws without the noise of finite futures.

    Parameters
    ----------
    y : (D,)
        Answer in each draw.
    within
        Mean variance of ``y`` given the draw.
    """
    return max(0.0, float(np.var(y, ddof=1)) - within)


def _squared(y: Floats, basis: Floats) -> tuple[float, float, int]:
    """Sum of squared coefficients without their bias, its error, their number."""
    D = len(y)
    z = y - y.mean()
    each = z[:, None] * basis
    c = each.mean(axis=0)
    var = each.var(axis=0, ddof=1) / D
    total = float((c**2 - var).sum())
    # Influence of each draw on the sum of squares (delta method).
    moved = (2.0 * (each - c) @ c).std(ddof=1) / np.sqrt(D)
    se = float(np.hypot(moved, np.sqrt(2.0 * (var**2).sum())))
    return total, se, basis.shape[1]


def indices_of(
    bases: Mapping[str, Floats], y: Floats, within: float = 0.0
) -> tuple[Index, ...]:
    """First-order indices of every input, the largest first.

    Parameters
    ----------
    bases
        Polynomials of each input (`basis_of`) by name; they serve any answer.
    y : (D,)
        Answer in each draw.
    within
        Mean variance of ``y`` given the draw: noise to be taken out.
    """
    whole = latent_variance(y, within)
    spread = float(np.var(y, ddof=1))
    if whole <= 0.0 or not bases:
        return tuple(Index(name, 0.0, 0.0, seen=False) for name in bases)
    found = []
    for name, basis in bases.items():
        total, se, k = _squared(y, basis)
        c = ((y - y.mean())[:, None] * basis).mean(axis=0)
        p = float(special.gammaincc(k / 2, len(y) * float((c**2).sum()) / spread / 2))
        seen = p < LEVEL / len(bases)
        found.append(Index(name, total / whole, se / whole, seen))
    return tuple(sorted(found, key=lambda i: -i.share))


def group_index(xs: Sequence[Floats], y: Floats, within: float = 0.0) -> float:
    """Share that a group of inputs explains together, correlated or not.

    Adjusted R^2 of a regression on the polynomials of all of them, their products of
    first order included.
    """
    whole = latent_variance(y, within)
    if whole <= 0.0:
        return 0.0
    parts = [basis_of(x) for x in xs]
    first = [p[:, :1] for p in parts]
    cross = [a * b for n, a in enumerate(first) for b in first[n + 1 :]]
    X = np.concatenate([np.ones((len(y), 1)), *parts, *cross], axis=1)
    left = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    D, k = len(y), int(np.linalg.matrix_rank(X))
    explained = float(np.var(y, ddof=1)) - float(left @ left) / (D - k)
    return explained / whole
