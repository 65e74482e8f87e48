"""Whole numbers of events per period that keep to counts reported over intervals.

Boundaries t_0 < ... < t_n cut the past into atoms; x_k = events before t_k. A count
over [t_i, t_j) says low <= x_j - x_i <= high, dated records say x_(k+1) - x_k >= their
number: difference constraints. `close` works out every implied bound (Floyd-Warshall)
and tells whether any numbers keep to them; `walk` draws numbers by Metropolis moves on
the lattice against a prior of independent atoms: Poisson, or binomial out of a known
total. Boundaries whose difference is implied move together; with those fused, the set
is connected by steps of one (solutions of difference constraints form a distributive
lattice), so the walk reaches all of it.

This file must never import a case.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.assemble.kernel import Floats, Ints, Rng, draw, inner, kernel, poisson

__all__ = ["BINOMIAL", "FAR", "POISSON", "close", "walk"]

FAR = 1 << 40
"""No bound."""
POISSON, BINOMIAL = 0, 1


@kernel
def close(
    far: Ints, lower: Ints, upper: Ints, first: Ints, last: Ints, low: Ints, high: Ints
) -> bool:
    """Fill ``far[u, v]``, the largest possible x_v - x_u; False when nothing fits.

    Parameters
    ----------
    far : (n + 1, n + 1)
        Overwritten.
    lower, upper : (n,)
        Bounds of each atom (FAR: none).
    first, last, low, high : (rows,)
        Counts: low <= x[last] - x[first] <= high.
    """
    n = len(lower) + 1
    far[:] = FAR
    for k in range(n):
        far[k, k] = 0
    for k in range(n - 1):
        far[k, k + 1] = min(far[k, k + 1], upper[k])
        far[k + 1, k] = min(far[k + 1, k], -lower[k])
    for r in range(len(first)):
        i, j = first[r], last[r]
        far[i, j] = min(far[i, j], high[r])
        far[j, i] = min(far[j, i], -low[r])
    for m in range(n):
        for u in range(n):
            a = far[u, m]
            if a >= FAR:
                continue
            for v in range(n):
                b = far[m, v]
                if b < FAR and a + b < far[u, v]:
                    far[u, v] = a + b
    fits = True
    for k in range(n):
        if far[k, k] < 0:
            fits = False
    return fits


@inner
def log_prior(kind: int, x: int, fixed: int, a: float, b: float) -> float:
    """Log chance of ``x`` events in an atom, up to a constant.

    POISSON: mean ``a``. BINOMIAL: ``fixed`` and, of the other ``a - fixed`` (a whole
    number), each with chance ``b``.
    """
    if kind == POISSON:
        return x * math.log(a) - math.lgamma(x + 1.0)
    n = a - fixed
    k = float(x - fixed)
    if k < 0.0 or k > n:
        return -math.inf
    if b <= 0.0:
        return 0.0 if k == 0.0 else -1e6 * k
    if b >= 1.0:
        return 0.0 if k == n else -1e6 * (n - k)
    choose = math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)
    return choose + k * math.log(b) + (n - k) * math.log1p(-b)


@inner
def _window(far: Ints, x: Ints, v: int, inside: Ints, part: int) -> tuple[int, int]:
    """Smallest and largest shift of the component ``part`` that ``v`` stands for."""
    low, high = -FAR, FAR
    for u in range(len(x)):
        if inside[u] == part:
            continue
        if far[v, u] < FAR:
            low = max(low, x[u] - far[v, u] - x[v])
        if far[u, v] < FAR:
            high = min(high, x[u] + far[u, v] - x[v])
    return low, high


@inner
def _change(
    x: Ints,
    inside: Ints,
    part: int,
    shift: int,
    kind: Ints,
    fixed: Ints,
    a: Floats,
    b: Floats,
) -> float:
    """Log prior ratio of shifting a component."""
    total = 0.0
    for k in range(len(x) - 1):
        left, right = inside[k] == part, inside[k + 1] == part
        if left == right:
            continue
        now = x[k + 1] - x[k]
        new = now + shift if right else now - shift
        total += log_prior(kind[k], new, fixed[k], a[k], b[k])
        total -= log_prior(kind[k], now, fixed[k], a[k], b[k])
    return total


@kernel
def walk(
    counts: Ints,
    far: Ints,
    kind: Ints,
    fixed: Ints,
    a: Floats,
    b: Floats,
    sweeps: int,
    rng: Rng,
) -> None:
    """Draw atom counts given the closed constraints; writes ``counts``.

    Parameters
    ----------
    counts : (n,)
        Overwritten with the numbers drawn.
    far : (n + 1, n + 1)
        From `close`.
    kind, fixed, a, b : (n,)
        Prior of each atom, see `log_prior`.
    sweeps
        Metropolis sweeps over the components.
    rng
        Stream of uniforms.
    """
    n = len(far)
    x = np.zeros(n, np.int64)
    inside = np.zeros(n, np.int64)
    width = np.zeros(n)
    # start: boundary by boundary near a draw of the prior, inside what is implied
    for v in range(1, n):
        low, high = -FAR, FAR
        for u in range(v):
            if far[v, u] < FAR:
                low = max(low, x[u] - far[v, u])
            if far[u, v] < FAR:
                high = min(high, x[u] + far[u, v])
        mean = a[v - 1]
        if kind[v - 1] == BINOMIAL:
            mean = fixed[v - 1] + (a[v - 1] - fixed[v - 1]) * b[v - 1]
        width[v] = 1.5 * math.sqrt(mean + 1.0)
        x[v] = min(max(x[v - 1] + poisson(rng, mean), low), high)
        inside[v] = v
        for u in range(v):
            if far[u, v] < FAR and far[v, u] < FAR and far[u, v] + far[v, u] == 0:
                inside[v] = inside[u]
                break
    for sweep in range(sweeps):
        for v in range(1, n):
            if inside[v] != v:
                continue  # fixed to the beginning, or moved with an earlier boundary
            low, high = _window(far, x, v, inside, v)
            if low >= high:
                continue
            step = 1
            if sweep % 2 == 1:
                step += int(draw(rng) * width[v])
            shift = step if draw(rng) <= 0.5 else -step
            if shift < low or shift > high:
                continue
            ratio = _change(x, inside, v, shift, kind, fixed, a, b)
            if ratio >= 0.0 or math.log(draw(rng)) < ratio:
                for u in range(v, n):
                    if inside[u] == v:
                        x[u] += shift
    for k in range(n - 1):
        counts[k] = x[k + 1] - x[k]
