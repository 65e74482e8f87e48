"""`backtest` as a function: tables in, scored forecasts out.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from spillover.errors import InputError
from spillover.study.backtest import Backtest, backtest_table
from spillover.study.backtest_table import TableQuery, read_table

__all__ = ["backtest"]


def backtest(
    files: str | Path | Sequence[str | Path],
    *,
    keys: Sequence[str] = (),
    count: str = "",
    cells: int = 200,
    test_from: str | dt.date | None = None,
    horizons: Sequence[int] = (1, 7, 30),
    date: str = "date",
    where: str = "",
    derive: Mapping[str, str] | None = None,
    melt: Sequence[str] = (),
    seed: int = 1,
    cluster: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Backtest:
    """Forecast daily counts from rolling origins and score them beside baselines.

    Parameters
    ----------
    files
        Daily tables of one form, read as one series: CSV (also .gz) or Parquet.
    keys
        Columns that name a cell, such as ``("source", "target")``.
    count
        Column of counts; empty when each row is one event.
    cells
        The busiest so many cells before the test.
    test_from
        First day scored; None: the last fifth of the days.
    horizons
        Days ahead: the sum over the next h days is forecast.
    date, where, derive, melt
        See `TableQuery`.
    seed
        Of bootstraps and randomized PITs.
    cluster
        ``local:4`` or the address of a Dask scheduler (the extra ``cluster``).
    progress
        Called with (done, total, what).

    Returns
    -------
    Backtest
        Scores, contrasts with their intervals, calibration, notes and warnings.

    Raises
    ------
    InputError
        Tables or choices that cannot be used.
    """
    paths = [files] if isinstance(files, (str, Path)) else list(files)
    if isinstance(test_from, str):
        try:
            test_from = dt.date.fromisoformat(test_from)
        except ValueError:
            msg = f'--test-from "{test_from}": expected a date such as 2018-08-29'
            raise InputError(msg) from None
    query = TableQuery(
        files=tuple(Path(p) for p in paths),
        keys=tuple(keys),
        count=count,
        cells=cells,
        test_from=test_from,
        date=date,
        where=where,
        derive=tuple((derive or {}).items()),
        melt=tuple(melt),
    )
    return backtest_table(
        read_table(query),
        tuple(horizons),
        seed=seed,
        cluster=cluster,
        progress=progress,
    )
