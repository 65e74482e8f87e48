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

__all__ = ["mean_power", "moving_sizes", "rolling", "shrunk_sizes"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
GRID = np.linspace(-5.0, 7.0, 37)
SCATTER_MEMORY = 20.0
"""Half-life in days of recent scatter, to which the horizon is added."""
STIFF = 10.0
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
    y: Floats,
    m: Floats,
    ok: Bools,
    *,
    offset: Floats | None = None,
    worth: float = 1.0,
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
    worth
        Share of a count that is information (below one for windows that overlap).

    Returns
    -------
    (K,)
    """
    B = np.zeros_like(m) if offset is None else offset
    ll = worth * nb_grid(y, m, B, GRID, ok)
    centre, spread = 0.5, 1.5
    a = np.zeros(m.shape[1])
    for _ in range(6):
        post = ll - 0.5 * ((GRID[:, None] - centre) / spread) ** 2
        w = np.exp(post - post.max(0))
        w /= w.sum(0)
        a = (w * GRID[:, None]).sum(0)
        va = (w * GRID[:, None] ** 2).sum(0) - a**2
        centre = float(a.mean())
        spread = float(np.sqrt(max(0.02, (va + (a - centre) ** 2).mean())))
    return np.exp(a)


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
    moves: bool = True,
) -> Floats:
    """Sizes for every origin, each learned from windows closed before its block.

    log size = a[k] + x0 + x1 log(recent scatter) + x2 log(m / its usual).

    Parameters
    ----------
    y, m : (T, K)
        Sums over the window from each origin, and their forecast means.
    judged : (T,)
        Whether the window was observed whole.
    blocks, first, lead
        As in `rolling`.
    moves
        False: a[k] alone.

    Returns
    -------
    (T, K)
    """
    T, K = m.shape
    out = np.full((T, K), 2.0)
    usable = np.broadcast_to(judged[:, None], (T, K)).copy()
    usable[:first] = False
    keep = 0.5 ** (1.0 / (SCATTER_MEMORY + lead))
    for s, e, c in rolling(blocks, T, first, lead, judged):
        if len(c) < FEWEST:
            continue
        mc, yc = m[c], y[c]
        a = shrunk_sizes(yc, mc, usable[c], worth=lead**-0.5)
        out[s:e] = a
        if not moves:
            continue
        V = closed_scatter(y, m, np.broadcast_to(a, m.shape).copy(), usable, lead, keep)
        scatter, usual = np.log(V), np.log(m) - np.log(mc.mean(0))
        base = np.broadcast_to(np.log(a), mc.shape).ravel()
        q, r = scatter[c].ravel(), usual[c].ravel()
        ys, ms, n = yc.ravel(), mc.ravel(), yc.size
        x = _effects(ys, ms, base, q, r, STIFF * lead / n)
        move = x[0] + x[1] * scatter[s:e] + x[2] * usual[s:e]
        out[s:e] = np.exp(np.clip(np.log(a) + move, -5.0, 9.0))
    return out


def _effects(
    y: Floats, m: Floats, base: Floats, q: Floats, r: Floats, stiff: float
) -> Floats:
    """The effects (x0, x1, x2), drawn to none."""

    def loss(x: Floats) -> float:
        fit = nb_total(y, m, base + x[0] + x[1] * q + x[2] * r) / len(y)
        return -float(fit) + stiff * float((x**2).sum())

    found = optimize.minimize(
        loss, np.zeros(3), method="Nelder-Mead", options={"maxfev": 60}
    )
    return np.asarray(found.x, np.float64)
