"""What a backtest leaves behind: a summary as plain data, a table of scores, draws.

This file must never import a page or a command.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.scoring.laws import Laws
from spillover.store.atomic import write_json, write_text
from spillover.study.backtest import Backtest, Judged, Lead
from spillover.study.backtest_models import DEFAULT
from spillover.study.backtest_questions import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import DataclassInstance

__all__ = ["as_data", "questions_data", "scores_csv", "write_folder"]

DRAWS = 200
SCHEMA = 1


def as_data(b: Backtest) -> dict[str, Any]:
    """The summary as JSON data."""
    t = b.table
    return {
        "schema_version": SCHEMA,
        "data": {
            "first_day": t.day(0).isoformat(),
            "last_day": t.day(len(t.counts) - 1).isoformat(),
            "observed_days": int(t.observed.sum()),
            "test_from": t.day(t.first_test).isoformat(),
            "keys": list(t.keys),
            "cells": [list(c) for c in t.cells],
            "events": int(t.counts.sum()),
            "refits": len(b.setup.blocks),
        },
        "notes": list(b.notes),
        "warnings": list(b.warnings),
        "default": DEFAULT,
        "leads": [_lead(b, lead) for lead in b.leads],
    }


def questions_data(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Yes/no questions as JSON data."""
    return [
        {**dataclasses.asdict(a), "bins_within_band": a.reliability.within}
        for a in asked
    ]


def _lead(b: Backtest, lead: Lead) -> dict[str, Any]:
    return {
        "days_ahead": lead.days,
        "origins": len(lead.origins),
        "forecasters": {n: _judged(j) for n, j in lead.judged.items()},
        "default_against": {
            c.against: {
                "log_gain": dataclasses.asdict(c.log),
                "crps_drop": dataclasses.asdict(c.crps),
                "crps_drop_share": c.crps_share,
            }
            for c in lead.contrasts
        },
        "by_cell": [
            {
                "cell": list(cell),
                "log": float(lead.judged[DEFAULT].by_cell[k, 0]),
                "crps": float(lead.judged[DEFAULT].by_cell[k, 1]),
            }
            for k, cell in enumerate(b.table.cells)
        ],
    }


def _judged(j: Judged) -> dict[str, Any]:
    def plain(x: DataclassInstance | None) -> dict[str, Any] | None:
        return None if x is None else dataclasses.asdict(x)

    return {
        "all": plain(j.all),
        "onset": plain(j.onset),
        "continuation": plain(j.continuation),
        "pit": plain(j.pit),
        "reliability_any_event": [plain(x) for x in j.reliability],
        "rolling_coverage_off": [
            {"from": a.isoformat(), "to": z.isoformat(), "worst": x}
            for a, z, x in j.off
        ],
    }


def scores_csv(b: Backtest) -> str:
    """Every forecast's scores, one row each, as CSV."""
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    keys = list(b.table.keys)
    w.writerow(
        [
            *("days_ahead", "origin", *keys, "forecaster", "came", "mean"),
            *("log_score", "crps", "p_any", "p_below", "p_upto", "low", "high"),
        ]
    )
    for lead in b.leads:
        y = lead.window.sums[lead.origins]
        for name, j in lead.judged.items():
            s = j.scores
            for i, t in enumerate(lead.origins):
                day = b.table.day(int(t)).isoformat()
                for k, cell in enumerate(b.table.cells):
                    w.writerow(
                        [
                            *(lead.days, day, *cell, name, int(y[i, k])),
                            *(f"{s.mean[i, k]:.5g}", f"{s.log[i, k]:.5f}"),
                            *(f"{s.crps[i, k]:.5f}", f"{s.any_event[i, k]:.5f}"),
                            *(f"{s.below[i, k]:.5f}", f"{s.upto[i, k]:.5f}"),
                            *(int(s.low[i, k]), int(s.high[i, k])),
                        ]
                    )
    return out.getvalue()


def draw_counts(
    rng: np.random.Generator, laws: Laws, t: NDArray[np.int64], number: int
) -> NDArray[np.int64]:
    """Draws from the laws at origins ``t``, shape (number, len(t), K).

    The map of the distribution function enters as quantiles: of five times as many
    draws, sorted, those are kept that stand where the inverse map puts a uniform one.
    """
    w, m, f = (a[:, t] for a in (laws.shares, laws.means, laws.sizes))
    J, n, K = m.shape
    many = 5 * number
    out = np.empty((number, n, K), np.int64)
    upto = np.cumsum(w, axis=0)
    for i in range(n):
        pick = (rng.uniform(size=(many, 1, K)) > upto[:, i]).sum(1)
        at = (np.minimum(pick, J - 1), i, np.arange(K))
        drawn = np.sort(rng.poisson(rng.gamma(f[at]) * m[at] / f[at]), axis=0)
        u = rng.uniform(size=(number, K))
        if laws.slopes is not None:
            mapped = np.r_[0.0, np.cumsum(laws.slopes[t[i]] * np.diff(laws.edges))]
            u = np.interp(u, mapped / mapped[-1], laws.edges)
        rank = np.minimum((u * many).astype(np.int64), many - 1)
        out[:, i] = np.take_along_axis(drawn, rank, axis=0)
    return out


def write_folder(b: Backtest, folder: Path, *, seed: int = 1) -> list[Path]:
    """Write backtest.json, scores.csv and, per lead time, draws as VIEWS-style Parquet.

    The Parquet files have columns unit, origin (date), draw, outcome; the unit is the
    cell's keys joined by " | "; ``actuals`` hold what came.
    """
    import duckdb

    files = [folder / "backtest.json", folder / "scores.csv"]
    write_json(files[0], as_data(b))
    write_text(files[1], scores_csv(b))
    units = [" | ".join(c) for c in b.table.cells]
    for lead in b.leads:
        rng = np.random.default_rng([seed, lead.days, 3])
        draws = draw_counts(rng, lead.laws[DEFAULT], lead.origins, DRAWS)
        days = np.array([b.table.day(int(t)) for t in lead.origins], "datetime64[D]")
        n, K = len(days), len(units)
        columns = {
            "unit": np.tile(np.array(units), DRAWS * n),
            "origin": np.tile(np.repeat(days, K), DRAWS).astype("datetime64[s]"),
            "draw": np.repeat(np.arange(DRAWS), n * K),
            "outcome": draws.ravel(),
        }
        came = {
            "unit": np.tile(np.array(units), n),
            "origin": np.repeat(days, K).astype("datetime64[s]"),
            "outcome": lead.window.sums[lead.origins].ravel().astype(np.int64),
        }
        for name, table in (("draws", columns), ("actuals", came)):
            file = folder / f"{name}-{lead.days}d.parquet"
            part = file.with_suffix(".part")
            with duckdb.connect(":memory:") as db:
                select = ", ".join(
                    f"CAST({c} AS DATE) AS {c}" if c == "origin" else c for c in table
                )
                db.register("given", table)
                db.execute(
                    f"COPY (SELECT {select} FROM given) TO '{str(part).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)"
                )
            part.replace(file)
            files.append(file)
    return files
