"""The smallest change of assumptions that turns the order of two levers round.

References
----------
Csiszar (1975), Ann. Probab. 3: the law of least relative entropy under a constraint on
a mean is an exponential tilt.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from spillover.study.indices import basis_of, ranks

__all__ = ["Flip", "Tilt", "flip_of", "flip_weight", "tilt_of"]

Floats = NDArray[np.float64]
DEGREE = 3
EDGE = 0.01


@dataclass(frozen=True)
class Flip:
    """Where one input would have to stand for the other lever to be as good.

    Attributes
    ----------
    name
        The input.
    quantile
        Place in its own belief, nearest the middle; NaN: nowhere in its range.
    value
        The input there.
    """

    name: str
    quantile: float
    value: float


@dataclass(frozen=True)
class Tilt:
    """Reweighting of the draws, as slight as can be, that makes two levers equal.

    Attributes
    ----------
    entropy
        Relative entropy to equal weights, in nats; infinite when no weights do it.
    effective
        Effective share of the draws that is left.
    moved
        Input to how far its mean score moves, in standard deviations; largest first.
    """

    entropy: float
    effective: float
    moved: tuple[tuple[str, float], ...]


def flip_of(name: str, x: Floats, gap: Floats) -> Flip:
    """Smallest move of one input that closes the mean gap between two levers.

    Parameters
    ----------
    x : (D,)
        The input.
    gap : (D,)
        First lever's change less the second's, in each draw.
    """
    basis = basis_of(x, DEGREE)
    X = np.concatenate([np.ones((len(x), 1)), basis], axis=1)
    beta, *_ = np.linalg.lstsq(X, gap, rcond=None)
    order = np.argsort(x, kind="stable")
    u, fitted = ranks(x)[order], (X @ beta)[order]
    inside = (u >= EDGE) & (u <= 1.0 - EDGE)
    side = np.sign(float(gap.mean()))
    turned = inside & (np.sign(fitted) != side)
    if side == 0.0 or not turned.any():
        return Flip(name, math.nan, math.nan)
    at = int(np.flatnonzero(turned)[np.argmin(np.abs(u[turned] - 0.5))])
    return Flip(name, float(u[at]), float(x[order][at]))


def flip_weight(rows: NDArray[np.bool_], gap: Floats) -> float:
    """Weight of a reading at which two levers are equal; NaN where none is.

    Parameters
    ----------
    rows : (D,)
        Draws with the reading.
    """
    if not rows.any() or rows.all():
        return math.nan
    a, b = float(gap[rows].mean()), float(gap[~rows].mean())
    if a == b:
        return math.nan
    w = b / (b - a)
    return w if 0.0 <= w <= 1.0 else math.nan


def tilt_of(inputs: Mapping[str, Floats], gap: Floats) -> Tilt:
    """Reweight draws by exp(-l gap) so that the mean gap is zero.

    Parameters
    ----------
    inputs
        (D,) values by name.
    gap : (D,)
        As in `flip_of`, the noise of finite futures taken out.
    """
    if gap.min() >= 0.0 or gap.max() <= 0.0:
        return Tilt(math.inf, 0.0, ())
    scale = float(np.abs(gap).max())
    g = gap / scale

    def weights(tilt: float) -> Floats:
        z = -tilt * g
        w = np.exp(z - z.max())
        return np.asarray(w / w.sum())

    def mean(tilt: float) -> float:
        return float(weights(tilt) @ g)

    reach = 1.0
    while mean(reach) * mean(-reach) > 0.0 and reach < 1e6:
        reach *= 2.0
    if mean(reach) * mean(-reach) > 0.0:
        return Tilt(math.inf, 0.0, ())
    w = weights(float(brentq(mean, -reach, reach)))
    D = len(g)
    entropy = float((w[w > 0] * np.log(w[w > 0] * D)).sum())
    moved = []
    for name, x in inputs.items():
        u = ranks(x)
        sd = float(u.std())
        moved.append((name, (float(w @ u) - float(u.mean())) / sd if sd > 0 else 0.0))
    moved.sort(key=lambda m: -abs(m[1]))
    return Tilt(entropy, 1.0 / float((w**2).sum()) / D, tuple(moved))
