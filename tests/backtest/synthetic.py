"""Synthetic daily tables: dyads that answer each other, with breaks to order."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spillover.study.backtest_table import DailyTable

Floats = NDArray[np.float64]
START = dt.date(2031, 1, 1)
CELLS = tuple((a, b) for a in "abcd" for b in "abcd" if a != b)[:8]


def answering(
    seed: int,
    days: int,
    *,
    size: float = 3.0,
    link: float = 0.35,
    level: Callable[[int], Floats] | None = None,
) -> Floats:
    """Counts (days, 8): each dyad has its base, memory, and an answer in kind.

    ``level(t)`` multiplies the base rates of day t.
    """
    rng = np.random.default_rng(seed)
    K = len(CELLS)
    base = np.array([4.0, 3.0, 2.0, 1.5, 1.0, 0.6, 0.4, 0.3])
    back = np.array(
        [
            CELLS.index((b, a)) if (b, a) in CELLS else k
            for k, (a, b) in enumerate(CELLS)
        ]
    )
    y = np.zeros((days, K))
    slow = base.copy()
    for t in range(days):
        own = slow
        answer = y[t - 1][back] if t else base
        scale = np.ones(K) if level is None else level(t)
        m = scale * base * (1.0 - 0.4 - link) + 0.4 * own + link * answer
        m = np.maximum(m, 1e-3)
        y[t] = rng.poisson(rng.gamma(size, 1.0 / size, K) * m)
        slow = 0.8 * slow + 0.2 * y[t]
    return y


def table_of(y: Floats, first_test: int, *, unseen: slice | None = None) -> DailyTable:
    observed = np.ones(len(y), np.bool_)
    y = y.copy()
    if unseen is not None:
        observed[unseen] = False
        y[unseen] = 0.0
    return DailyTable(
        START, y, observed, ("source", "target"), CELLS[: y.shape[1]], first_test
    )


def write_csv(path: Path, y: Floats, *, start: dt.date = START) -> Path:
    """A long table without its zero rows, gzipped when the name says so."""
    out = gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w")  # noqa: SIM115
    with out as f:
        w = csv.writer(f)
        w.writerow(["date", "source", "target", "n"])
        for t, row in enumerate(y):
            day = (start + dt.timedelta(days=t)).isoformat()
            for (a, b), n in zip(CELLS, row, strict=True):
                if n:
                    w.writerow([day, a, b, int(n)])
    return path
