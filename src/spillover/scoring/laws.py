"""Laws of counts and their scores: observation first, forecast second.

Standard forms come from `scoringrules`; mixtures of negative binomials are summed here
(`pmf_kernels`) and tested against it.

References
----------
Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, 359-378,
doi:10.1198/016214506000001437. Czado, Gneiting and Held (2009), Biometrics 65,
1254-1261, doi:10.1111/j.1541-0420.2009.01191.x (counts).

This file must never import a case, a model or a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from spillover.scoring.pmf_kernels import below, score_mixtures

__all__ = ["Laws", "Scores", "cdf_ends", "score_laws"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Laws:
    """Mixtures of negative binomials, one per origin and cell.

    Attributes
    ----------
    means, sizes, shares : (J, T, K)
        Of the members; shares sum to one over J.
    slopes : (T, B) or None
        Recalibration: slopes of the map of the distribution function.
    edges : (B + 1,)
        Where the slopes change.
    """

    means: Floats
    sizes: Floats
    shares: Floats
    slopes: Floats | None = None
    edges: Floats = field(default_factory=lambda: np.array([0.0, 1.0]))

    @classmethod
    def single(cls, means: Floats, sizes: Floats) -> Laws:
        """One negative binomial each; ``means``, ``sizes`` of shape (T, K)."""
        m = means[None]
        return cls(m, np.broadcast_to(sizes, means.shape)[None].copy(), np.ones_like(m))

    def recalibrated(self, slopes: Floats, edges: Floats) -> Laws:
        """Seen through a map of the distribution function."""
        return replace(self, slopes=slopes, edges=edges)

    def flat(self, t: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Shares, means and sizes at origins ``t``, each (J, len(t) * K)."""
        J = len(self.means)
        w, m, f = (
            np.ascontiguousarray(a[:, t].reshape(J, -1))
            for a in (self.shares, self.means, self.sizes)
        )
        return w, m, f

    def slopes_at(self, t: NDArray[np.int64]) -> Floats:
        """Slopes at origins ``t`` for each cell, (len(t) * K, B)."""
        K = self.means.shape[2]
        if self.slopes is None:
            return np.ones((len(t) * K, len(self.edges) - 1))
        return np.repeat(self.slopes[t], K, axis=0)


@dataclass(frozen=True)
class Scores:
    """Scores of forecasts, each array of shape (n, K).

    Attributes
    ----------
    log
        Log probability of what came (higher is better).
    crps
        Continuous ranked probability score (lower is better).
    below, upto
        P(Y < y) and P(Y <= y), recalibrated.
    low, high
        Ends of the central interval.
    perfect
        What the plain interval covers by its own law: above the level, since counts
        are discrete.
    any_event, exceeds
        P(Y >= 1), P(Y > threshold).
    mean
        Of the forecast.
    """

    log: Floats
    crps: Floats
    below: Floats
    upto: Floats
    low: Floats
    high: Floats
    perfect: Floats
    any_event: Floats
    exceeds: Floats
    mean: Floats


def score_laws(
    obs: Floats,
    laws: Laws,
    t: NDArray[np.int64],
    threshold: Floats,
    *,
    level: float = 0.9,
) -> Scores:
    """Score the forecasts made at origins ``t``.

    Parameters
    ----------
    obs : (T, K)
        What came, for every origin.
    laws
        The forecasts.
    t : (n,)
        Which origins.
    threshold : (K,)
        For the chance of exceeding.
    level
        Of the central interval.
    """
    K = obs.shape[1]
    w, m, f = laws.flat(t)
    out = score_mixtures(
        obs[t].ravel(),
        w,
        m,
        f,
        laws.slopes_at(t),
        laws.edges,
        level,
        np.tile(threshold, len(t)),
    ).reshape(len(t), K, -1)
    return Scores(*(out[..., i] for i in range(10)))


def cdf_ends(obs: Floats, laws: Laws, t: NDArray[np.int64]) -> Floats:
    """P(Y < y) and P(Y <= y) before recalibration, shape (len(t), K, 2)."""
    w, m, f = laws.flat(t)
    return np.asarray(below(obs[t].ravel(), w, m, f)).reshape(len(t), -1, 2)
