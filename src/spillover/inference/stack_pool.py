"""A linear pool of forecasts: shares learned, tilted by what served a cell of late.

Members are negative binomials around different means (slow, fast, with and without
cross-links). Two guards stand beside them, one far above and one far below, so that a
break in the reporting costs a bounded log score. The members' shares come from windows
that had closed (EM, drawn to stated shares); within a cell they follow recent windows
with forgetting, so that after a jump the fast member leads within days. With
cross-links the other cells' windows count too: a front that breaks off seldom does so
in one cell alone.

References
----------
Raftery, Karny and Ettler (2010), Technometrics 52, 52-66, doi:10.1198/TECH.2009.08104
(dynamic model averaging).

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spillover.inference.dispersion import FEWEST, rolling
from spillover.scoring.laws import Laws
from spillover.scoring.pmf_kernels import nb_logpmfs

__all__ = ["GUARDS", "pool_laws"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
GUARDS = ((4.0, 1.0, 0.5), (0.25, 0.01, 1.0))
"""Each guard is NB(a m + b, size) around the leading member's mean m: (a, b, size)."""
GUARD_SHARE = 0.01
FORGET, TILT, WORST = 0.9, 0.1, 3.0
COMMON = 1.0
"""What the mean over all cells weighs beside the cell's own, with cross-links."""
SHARE_MEMORY = 120.0
STRENGTH = 10.0
"""Windows' worth of the stated shares."""
ROUNDS = 10


def pool_laws(
    y: Floats,
    means: Sequence[Floats],
    sizes: Sequence[Floats],
    shares: Sequence[float],
    lead_member: int,
    judged: Bools,
    blocks: Sequence[int],
    first: int,
    lead: int,
    *,
    common: bool = False,
) -> Laws:
    """Pool members into one law per origin and cell.

    Parameters
    ----------
    y : (T, K)
        Sums over the window from each origin.
    means, sizes
        Of each member, (T, K).
    shares
        Stated beforehand, of the members.
    lead_member
        Whose mean the guards stand around.
    judged : (T,)
        Whether the window was observed whole.
    blocks, first, lead
        As in `rolling`.
    common
        Whether other cells' recent windows tilt a cell's shares (a cross-link).
    """
    T, K = y.shape
    J = len(means)
    around = means[lead_member]
    M = np.stack([*means, *(a * around + b for a, b, _ in GUARDS)])
    F = np.stack([*sizes, *(np.full((T, K), z) for *_, z in GUARDS)])
    stated = np.r_[np.asarray(shares) / np.sum(shares), [GUARD_SHARE] * len(GUARDS)]
    stated /= stated.sum()
    known = np.zeros(T, np.bool_)
    known[first:] = judged[first:]
    logp = np.zeros((len(M), T, K))
    at = np.flatnonzero(known)
    flat = (np.ascontiguousarray(a[:, at].reshape(len(M), -1)) for a in (M, F))
    logp[:, at] = nb_logpmfs(y[at].ravel(), *flat).reshape(len(M), len(at), K)
    tilt = _tilts(logp[:J], known, lead, COMMON if common else 0.0)
    W = np.empty_like(M)
    like = np.exp(logp - logp.max(0))
    w = stated
    for s, e, c in rolling(blocks, T, first, lead, known):
        if len(c) >= FEWEST:
            w = _shares(like[:, c], tilt[:, c], stated, w, s - c, lead)
        W[:, s:e] = _tilted(w, tilt[:, s:e])
    W[:, : blocks[0]] = stated[:, None, None]
    return Laws(M, F, W)


def _tilted(w: Floats, tilt: Floats) -> Floats:
    """Shares (J + guards, n, K): members tilted, the guards' shares untouched."""
    J = len(tilt)
    out = np.repeat(
        np.repeat(w[:, None, None], tilt.shape[1], axis=1), tilt.shape[2], axis=2
    )
    out[:J] *= tilt
    out[:J] *= w[:J].sum() / out[:J].sum(0)
    return out


def _tilts(logp: Floats, known: Bools, lead: int, common: float) -> Floats:
    """What recent closed windows say for each member, (J, T, K).

    The cell's own, and ``common`` times their mean over all cells.
    """
    J, T, K = logp.shape
    z = np.zeros((J, K))
    out = np.ones((J, T, K))
    for t in range(T):
        if t >= lead and known[t - lead]:
            score = logp[:, t - lead]
            z = FORGET * z + np.maximum(score - score.max(0), -WORST)
        both = z + common * z.mean(1, keepdims=True)
        out[:, t] = np.exp(TILT * (both - both.max(0)))
    return out


def _shares(
    like: Floats,
    tilt: Floats,
    stated: Floats,
    start: Floats,
    age: NDArray[np.int64],
    lead: int,
) -> Floats:
    """Shares by EM from closed windows, drawn to the stated ones.

    Cells of one day are not independent: together they count as sqrt(K), and a window
    of h days as 1 / h.
    """
    fresh = age < 3.0 * SHARE_MEMORY
    like, tilt = like[:, fresh], tilt[:, fresh]
    K = like.shape[2]
    u = 0.5 ** (age[fresh] / SHARE_MEMORY) / (lead * np.sqrt(K))
    J = len(tilt)
    tilted = tilt * like[:J]
    w = start
    for _ in range(ROUNDS):
        members = np.tensordot(w[:J], tilt, 1)
        r = np.empty_like(like)
        r[:J] = w[:J, None, None] * tilted * (w[:J].sum() / members)
        r[J:] = w[J:, None, None] * like[J:]
        r /= r.sum(0)
        w = (r.sum(2) @ u) + STRENGTH * stated
        w = w / w.sum()
    return np.asarray(w)
