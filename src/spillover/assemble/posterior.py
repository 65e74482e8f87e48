"""What a fit learned of a case's numbers, as a change of their normal scores.

Every uncertain number has a standard normal score before it is fitted (its log or
logit, from its middle, in units of its spread). A fit gives the scores of the numbers
it touched a joint normal law. A draw keeps its own keyed scores and moves them:

    z = mean + root R^-1 z0,   R the Cholesky root of the prior correlation of z0

so draws stay coupled between levers and versions of a case, and a number about which
nothing was learned keeps its value to the last bit.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.slots import SlotTable
from spillover.errors import InputError, nearest

__all__ = ["Posterior", "move_scores", "prior_correlation"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """Joint normal law of the scores of some numbers.

    Attributes
    ----------
    paths
        Dotted paths of the numbers, in order.
    mean : (n,)
        Of their scores; zero: the middle of the number as written.
    root : (n, n)
        Lower triangular; covariance is root root'.
    """

    paths: tuple[str, ...]
    mean: Floats
    root: Floats

    @property
    def spread(self) -> Floats:
        """Standard deviation of each score, shape (n,); one: nothing was learned."""
        return np.asarray(np.sqrt(np.sum(self.root**2, axis=1)), np.float64)


def prior_correlation(table: SlotTable, columns: Sequence[int]) -> Floats:
    """Correlation of the scores of some columns: numbers that are `alike` share some.

    Returns
    -------
    (n, n)
    """
    n = len(columns)
    group = [table.columns[c].group for c in columns]
    R = np.eye(n)
    for a in range(n):
        for b in range(a):
            if group[a] and group[a] == group[b]:
                R[a, b] = R[b, a] = table.alike.get(group[a], 0.0)
    return R


def move_scores(table: SlotTable, posterior: Posterior, z: Floats) -> Floats:
    """Scores of many draws, (D, S), moved to the posterior.

    Raises
    ------
    InputError
        When the fit names a number that the case has not, or that is not uncertain.
    """
    columns = []
    for path in posterior.paths:
        if path not in table.index or not table.columns[table.index[path]].drawn:
            near = nearest(path, [c.path for c in table.columns if c.drawn])
            hint = f'; did you mean "{near}"?' if near else ""
            msg = (
                f"the fit names the number {path}, which is no uncertain number of "
                f"this case{hint} Fit the case again: spillover fit"
            )
            raise InputError(msg)
        columns.append(table.index[path])
    # Draw by draw and in a fixed order, never by a matrix product: those round a draw
    # differently beside other draws, and its numbers must not depend on its company.
    R = np.linalg.cholesky(prior_correlation(table, columns))
    plain = np.zeros((len(columns), len(z)))
    moved = z.copy()
    for i, c in enumerate(columns):
        plain[i] = z[:, c]
        for j in np.flatnonzero(R[i, :i]):
            plain[i] -= R[i, j] * plain[j]
        plain[i] /= R[i, i]
    for i, c in enumerate(columns):
        value = np.full(len(z), posterior.mean[i])
        for j in np.flatnonzero(posterior.root[i]):
            value += posterior.root[i, j] * plain[j]
        moved[:, c] = value
    return moved
