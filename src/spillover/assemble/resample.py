"""Systematic resampling of draws by their weights, moving as few as can be.

References
----------
Kitagawa (1996), Monte Carlo filter and smoother for non-Gaussian nonlinear state space
models, J. Comput. Graph. Stat. 5, doi:10.1080/10618600.1996.10474692.

This file must never import a case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import RunError
from spillover.keys import id_key, uniform

__all__ = ["Resampled", "resample"]


@dataclass(frozen=True)
class Resampled:
    """Which proposal stands in which slot.

    Attributes
    ----------
    index : (D,)
        Proposal of every slot. One that is kept at all keeps its own slot.
    counts : (D,)
        How often each proposal is used.
    effective
        Effective number of draws, (sum w)^2 / sum w^2.
    """

    index: NDArray[np.int64]
    counts: NDArray[np.int64]
    effective: float


def resample(log_weights: ArrayLike, *, seed: int = 0) -> Resampled:
    """Resample proposals in proportion to their weights.

    Proposal d is used floor or ceil of D w_d / sum w times (systematic resampling with
    one uniform that belongs to the seed). When it is used at all it keeps slot d; its
    further copies fill the slots left empty, in order.

    Parameters
    ----------
    log_weights : (D,)
        Logs of the weights; minus infinity for a proposal that cannot be.
    seed
        Seed of the run.

    Returns
    -------
    Resampled

    Raises
    ------
    RunError
        When no proposal has a weight, or one is not a number.

    Examples
    --------
    >>> resample([0.0, float("-inf"), 0.0]).index.tolist()
    [0, 0, 2]
    """
    logs = np.asarray(log_weights, np.float64)
    D = len(logs)
    if np.isnan(logs).any() or not D or np.max(logs) in (-np.inf, np.inf):
        msg = (
            "no draw fits the records: every weight given the past is zero or not a "
            "number"
        )
        raise RunError(msg)
    w = np.exp(logs - np.max(logs))
    total = float(np.sum(w))
    effective = total * total / float(np.sum(w * w))
    shift = 1.0 - uniform(id_key("resample", seed))
    edges = np.floor(np.cumsum(w) / total * D + shift).astype(np.int64)
    edges[-1] = D
    edges = np.minimum(edges, D)
    counts = np.diff(edges, prepend=0)
    index = np.where(counts > 0, np.arange(D), -1)
    extra = np.repeat(np.arange(D), np.maximum(counts - 1, 0))
    index[index < 0] = extra
    return Resampled(index.astype(np.int64), counts, effective)
