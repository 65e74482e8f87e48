"""How far counts scatter around their means: sizes of negative binomials, learned.

Variance = m + m^2 / size. A cell's size is drawn to the common one with a spread that
the data choose; recent scatter and the mean move it.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from spillover.inference.roles_kernels import closed_scatter
from spillover.scoring.pmf_kernels import nb_grid, nb_total

__all__ = ["mean_power", "moving_sizes", "rolling", "rolling_sizes", "shrunk_sizes"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
GRID = np.linspace(-5.0, 7.0, 37)
SCATTER_MEMORY = 20.0
"""Half-life in days of recent scatter, to which the horizon is added."""
STIFF = 40.0
"""How strongly the effects of scatter and mean are drawn to none."""
FEWEST = 10
"""Closed windows before anything is learned from them."""


def rolling(
    blocks: Sequence[int], end: int, first: int, lead: int, judged: Bools
) -> list[tuple[int, int, Ints]]:
    """For each block of origins [s, e): the earlier origins whose window closed by s.

    Parameters
    ----------
    blocks
        Starts of the blocks.
    end
        End of the last.
    first
        First origin with a forecast.
    lead
        Length of the window in days.
    judged : (T,)
        Whether the window from each origin was observed whole.
    """
    out = []
    for s, e in zip(blocks, [*blocks[1:], end], strict=True):
        closed = np.arange(first, max(first, s - lead + 1))
        out.append((s, e, closed[judged[closed]]))
    return out


def shrunk_sizes(
    y: Floats, m: Floats, ok: Bools, *, offset: Floats | None = None
) -> Floats:
    """Size of each cell, drawn to the common one by empirical Bayes.

    Parameters
    ----------
    y, m : (T, K)
        Counts and means.
    ok : (T, K)
        Which to use.
    offset : (T, K)
        Added to the log size.

    Returns
    -------
    (K,)
    """
    B = np.zeros_like(m) if offset is None else offset
    return np.exp(_drawn(nb_grid(y, m, B, GRID, ok)))


def _drawn(ll: Floats) -> Floats:
    """Posterior means of log sizes from log likelihoods on the grid, (grid, K)."""
    centre, spread = 0.5, 1.5
    a = np.zeros(ll.shape[1])
    for _ in range(6):
        post = ll - 0.5 * ((GRID[:, None] - centre) / spread) ** 2
        w = np.exp(post - post.max(0))
        w /= w.sum(0)
        a = (w * GRID[:, None]).sum(0)
        va = (w * GRID[:, None] ** 2).sum(0) - a**2
        centre = float(a.mean())
        spread = float(np.sqrt(max(0.02, (va + (a - centre) ** 2).mean())))
    return a


def rolling_sizes(
    y: Floats,
    m: Floats,
    judged: Bools,
    blocks: Sequence[int],
    first: int,
    lead: int,
    *,
    worth: float = 1.0,
) -> Floats:
    """Size of each cell for every origin, from windows closed before its block, (T, K).

    Forecasts once made do not change, so likelihoods are summed as windows close.

    Parameters
    ----------
    y, m : (T, K)
        Sums over the window from each origin, and their forecast means.
    judged, blocks, first, lead
        As in `rolling`.
    worth
        Share of a count that is information (below one for windows that overlap).
    """
    T, K = m.shape
    out = np.full((T, K), 2.0)
    ll = np.zeros((len(GRID), K))
    done = first
    for s, e, c in rolling(blocks, T, first, lead, judged):
        new = c[c >= done]
        if len(new):
            done = int(new[-1]) + 1
            ok = np.ones((len(new), K), np.bool_)
            ll = ll + nb_grid(y[new], m[new], np.zeros((len(new), K)), GRID, ok)
        if len(c) >= FEWEST:
            out[s:e] = np.exp(_drawn(worth * ll))
    return out


def mean_power(y: Floats, m: Floats, ok: Bools) -> float:
    """The common q in log size = a[k] + q log m, by profile likelihood."""
    a = np.log(shrunk_sizes(y, m, ok))
    centre = np.log(m.mean(0))
    zero = np.zeros(1)

    def loss(q: float) -> float:
        B = a + q * (np.log(m) - centre)
        return -float(nb_grid(y, m, B, zero, ok).sum())

    found = optimize.minimize_scalar(
        loss, bounds=(-0.3, 1.0), method="bounded", options={"xatol": 0.02}
    )
    return float(found.x)


def moving_sizes(
    y: Floats,
    m: Floats,
    judged: Bools,
    blocks: Sequence[int],
    first: int,
    lead: int,
    *,
    common: bool = False,
) -> Floats:
    """Sizes for every origin, each learned from windows closed before its block.

    log size = a[k] + x0 + x1 log(recent scatter) + x2 log(m / its usual)
    + x3 (mean log recent scatter of the other cells).

    Parameters
    ----------
    y, m : (T, K)
        Sums over the window from each origin, and their forecast means.
    judged : (T,)
        Whether the window was observed whole.
    blocks, first, lead
        As in `rolling`.
    common
        Whether the other cells' scatter tells anything (a cross-link).

    Returns
    -------
    (T, K)
    """
    T, K = m.shape
    out = rolling_sizes(y, m, judged, blocks, first, lead, worth=lead**-0.5)
    usable = np.broadcast_to(judged[:, None], (T, K)).copy()
    usable[:first] = False
    keep = 0.5 ** (1.0 / (SCATTER_MEMORY + lead))
    x = np.zeros(4 if common and K > 1 else 3)
    for s, e, c in rolling(blocks, T, first, lead, judged):
        if len(c) < FEWEST:
            continue
        a = out[s]
        mc, yc = m[c], y[c]
        V = closed_scatter(
            y[:e], m[:e], np.broadcast_to(a, (e, K)).copy(), usable[:e], lead, keep
        )
        scatter, usual = np.log(V), np.log(m[:e]) - np.log(mc.mean(0))
        base = np.broadcast_to(np.log(a), mc.shape).ravel()
        terms = [np.ones_like(scatter), scatter, usual]
        if len(x) > 3:
            terms.append((scatter.sum(1, keepdims=True) - scatter) / (K - 1))
        Z = np.stack(terms, axis=2)
        x = _effects(
            yc.ravel(),
            mc.ravel(),
            base,
            Z[c].reshape(-1, len(x)),
            STIFF * lead / yc.size,
            x,
        )
        move = Z[s:e] @ x
        out[s:e] = np.exp(np.clip(np.log(a) + move, -5.0, 9.0))
    return out


def _effects(
    y: Floats,
    m: Floats,
    base: Floats,
    Z: Floats,
    stiff: float,
    start: Floats,
) -> Floats:
    """Effects of the terms, drawn to none; searched from an earlier answer."""
    n = len(start)

    def loss(x: Floats) -> float:
        fit = nb_total(y, m, base + Z @ x) / len(y)
        return -float(fit) + stiff * float((x**2).sum())

    again = bool(start.any())
    simplex = start + np.vstack([np.zeros(n), (0.05 if again else 0.2) * np.eye(n)])
    found = optimize.minimize(
        loss,
        start,
        method="Nelder-Mead",
        options={"maxfev": 8 * n if again else 20 * n, "initial_simplex": simplex},
    )
    return np.asarray(found.x, np.float64)
