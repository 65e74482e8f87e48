"""Statistical assertions with one shape and one failure rate (docs/validation.md).

Every check prints estimate, oracle, standard error, number and seed. A mean is held to
five standard errors; a goodness-of-fit p-value to `FAILURE`. Each check of a mean also
asserts its own *power*: ``visible`` is the smallest relative bias that five standard
errors can see, so a test cannot quietly come to test nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

__all__ = [
    "FAILURE",
    "HEARD",
    "SIGMAS",
    "Heard",
    "check_chances",
    "check_ks",
    "check_mean",
    "check_same_law",
    "check_same_mean",
    "check_share",
    "check_variance",
    "pool",
]

FAILURE = 2e-5
"""Chance that a right engine fails one goodness-of-fit test."""
SIGMAS = 5.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """One comparison that was made: with a standard error, or with a p-value."""

    what: str
    n: int
    estimate: float = math.nan
    oracle: float = math.nan
    se: float = math.nan
    p: float = math.nan


HEARD: list[Heard] = []
"""What was compared in this process; `truth.recorder` takes it after each test."""


def _say(
    what: str, estimate: float, oracle: float, se: float, n: int, seed: object
) -> str:
    HEARD.append(Heard(what, n, estimate, oracle, se))
    z = (estimate - oracle) / se if se > 0.0 else math.inf
    return (
        f"{what}: estimate {estimate:.6g}, oracle {oracle:.6g}, se {se:.3g}, "
        f"z {z:.2f}, n {n}, seed {seed}"
    )


def check_mean(
    values: ArrayLike,
    oracle: float,
    what: str,
    *,
    visible: float = 0.02,
    seed: object = 0,
    scale: float | None = None,
) -> None:
    """The mean of independent values is the oracle, and the test could have seen.

    Parameters
    ----------
    values : (n,)
        One per path.
    oracle
        The mean they should have.
    what
        Named in the message.
    visible
        Smallest bias this check must be able to see, as a share of ``scale``.
    seed
        Printed.
    scale
        What ``visible`` is a share of; absent: the oracle.
    """
    x = np.asarray(values, np.float64)
    n = len(x)
    estimate, se = float(x.mean()), float(x.std(ddof=1)) / math.sqrt(n)
    said = _say(what, estimate, oracle, se, n, seed)
    size = abs(oracle if scale is None else scale)
    seen = SIGMAS * se / size if size > 0.0 else 0.0
    assert seen <= visible, (
        f"{said}: sees only {seen:.2%} of {size:.4g}, not {visible:.2%}"
    )
    # exact zeros (nothing random left) have no error: then the mean must be exact
    assert abs(estimate - oracle) <= SIGMAS * se + 1e-12, said


def check_share(
    hits: ArrayLike,
    oracle: float,
    what: str,
    *,
    visible: float = 0.02,
    seed: object = 0,
) -> None:
    """A share of paths is the oracle; ``visible`` is absolute (in probability)."""
    x = np.asarray(hits, np.float64)
    n = len(x)
    se = math.sqrt(max(oracle * (1.0 - oracle), 1e-12) / n)
    estimate = float(x.mean())
    said = _say(what, estimate, oracle, se, n, seed)
    assert SIGMAS * se <= visible, f"{said}: sees only {SIGMAS * se:.2%} points"
    assert abs(estimate - oracle) <= SIGMAS * se + 1.0 / n, said


def check_variance(
    values: ArrayLike,
    oracle: float,
    what: str,
    *,
    visible: float = 0.1,
    seed: object = 0,
) -> None:
    """The variance of independent values is the oracle (error by fourth moments)."""
    x = np.asarray(values, np.float64)
    n = len(x)
    square = (x - x.mean()) ** 2
    estimate = float(square.sum() / (n - 1))
    se = float(square.std(ddof=1)) / math.sqrt(n)
    said = _say(f"variance of {what}", estimate, oracle, se, n, seed)
    seen = SIGMAS * se / oracle
    assert seen <= visible, f"{said}: sees only {seen:.1%}, not {visible:.1%}"
    assert abs(estimate - oracle) <= SIGMAS * se, said


def check_ks(
    values: ArrayLike,
    law: Callable[[Floats], Floats],
    what: str,
    *,
    least: int = 1000,
    seed: object = 0,
) -> None:
    """Values follow a continuous law (distribution function), by Kolmogorov-Smirnov.

    With n values it sees a gap of about 2.3 / sqrt(n) between the functions.
    """
    x = np.asarray(values, np.float64)
    assert len(x) >= least, f"{what}: only {len(x)} values, wanted {least}"
    found = stats.kstest(x, law)
    HEARD.append(Heard(what, len(x), p=float(found.pvalue)))
    assert found.pvalue > FAILURE, (
        f"{what}: K-S distance {found.statistic:.4f}, p {found.pvalue:.2g}, "
        f"n {len(x)}, seed {seed}"
    )


def pool(
    observed: ArrayLike, expected: ArrayLike, least: float = 8.0
) -> tuple[Floats, Floats]:
    """Join neighbouring cells until each expects at least ``least``."""
    seen, due = [0.0], [0.0]
    for o, e in zip(np.ravel(observed), np.ravel(expected), strict=True):
        if due[-1] >= least:
            seen.append(0.0)
            due.append(0.0)
        seen[-1] += float(o)
        due[-1] += float(e)
    if len(due) > 1 and due[-1] < least:
        rest, rest_due = seen.pop(), due.pop()
        seen[-1] += rest
        due[-1] += rest_due
    return np.array(seen), np.array(due)


def check_chances(
    values: ArrayLike,
    chances: Sequence[float],
    what: str,
    *,
    seed: object = 0,
) -> None:
    """Whole numbers 0, 1, ... have the given chances (the rest: beyond), chi-square."""
    x = np.asarray(values, np.int64)
    p = np.append(
        np.asarray(chances, np.float64), max(0.0, 1.0 - float(np.sum(chances)))
    )
    seen = np.bincount(np.minimum(x, len(p) - 1), minlength=len(p))
    assert not np.any(seen[p <= 0.0]), f"{what}: an impossible value, seed {seed}"
    observed, expected = pool(seen, p * len(x))
    statistic = float(np.sum((observed - expected) ** 2 / expected))
    value = float(stats.chi2.sf(statistic, max(len(observed) - 1, 1)))
    HEARD.append(Heard(what, len(x), p=value))
    assert value > FAILURE, (
        f"{what}: chi-square {statistic:.1f} on {len(observed) - 1}, p {value:.2g}, "
        f"n {len(x)}, seed {seed}, seen {observed}, expected {np.round(expected, 1)}"
    )


def check_same_mean(a: ArrayLike, b: ArrayLike, what: str, *, seed: object = 0) -> None:
    """Two samples have one mean."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    se = math.hypot(
        float(x.std(ddof=1)) / math.sqrt(len(x)),
        float(y.std(ddof=1)) / math.sqrt(len(y)),
    )
    said = _say(what, float(x.mean()), float(y.mean()), se, min(len(x), len(y)), seed)
    assert abs(x.mean() - y.mean()) <= SIGMAS * se + 1e-12, said


def check_same_law(a: ArrayLike, b: ArrayLike, what: str, *, seed: object = 0) -> None:
    """Two samples have one law: chi-square for whole numbers, K-S for times.

    Values at infinity ("never") are compared as a share, the rest by K-S.
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    inf_x, inf_y = np.isinf(x), np.isinf(y)
    if inf_x.any() or inf_y.any():
        _two_cells(inf_x.sum(), len(x), inf_y.sum(), len(y), f"{what} (never)", seed)
        x, y = x[~inf_x], y[~inf_y]
    if min(len(x), len(y)) < 20:
        return
    if np.all(x == np.round(x)) and np.all(y == np.round(y)):
        low = int(min(x.min(), y.min()))
        top = int(max(x.max(), y.max())) - low + 1
        one = np.bincount(x.astype(np.int64) - low, minlength=top)
        two = np.bincount(y.astype(np.int64) - low, minlength=top)
        both = one + two
        cut, _ = pool(both, both * min(len(x), len(y)) / (len(x) + len(y)))
        edges = np.searchsorted(np.cumsum(both), np.cumsum(cut))
        first, second, start = [], [], 0
        for edge in edges:
            first.append(one[start : edge + 1].sum())
            second.append(two[start : edge + 1].sum())
            start = edge + 1
        table = np.array([first, second])
        table = table[:, table.sum(axis=0) > 0]
        if table.shape[1] < 2:
            return
        p = float(stats.chi2_contingency(table, correction=False).pvalue)
        kind = f"chi-square on {table.shape[1]} cells"
    else:
        p = float(stats.ks_2samp(x, y, method="asymp").pvalue)
        kind = "K-S"
    HEARD.append(Heard(what, min(len(x), len(y)), p=p))
    assert p > FAILURE, (
        f"{what}: {kind}, p {p:.2g}, means {x.mean():.5g} and {y.mean():.5g}, "
        f"n {len(x)} and {len(y)}, seed {seed}"
    )


def _two_cells(k: int, n: int, j: int, m: int, what: str, seed: object) -> None:
    if k + j in (0, n + m):
        return
    p = float(stats.fisher_exact([[k, n - k], [j, m - j]]).pvalue)
    HEARD.append(Heard(what, min(n, m), p=p))
    assert p > FAILURE, f"{what}: {k} of {n} and {j} of {m}, p {p:.2g}, seed {seed}"
