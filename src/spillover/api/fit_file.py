"""The file that keeps what a fit learned: reviewable YAML beside a case.

The table at its top is for people; the rows of `law` at its end are what a draw uses.
A number whose range was changed since the fit is refused by name.

Must never import `cli` or the web.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from spillover.assemble.assembled import Assembled
from spillover.assemble.draws import value_of
from spillover.assemble.posterior import Posterior
from spillover.assemble.slots import Z90, Column
from spillover.errors import CaseError, Fault, nearest
from spillover.inference.case_checks import Check
from spillover.inference.case_fit import LEARNED, CaseFit

__all__ = ["FitRow", "FitTable", "fit_table", "read_fit", "write_fit"]

_DAMAGED = (
    *(YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError, IndexError),
    *(AttributeError, AssertionError, OverflowError, RecursionError),
)
HEAD = """\
# What the history taught about the numbers of the case, written by `spillover fit`.
# Take out the key `fit` under `history` in the case to go back to the numbers as
# written. `low` and `high` hold the central 90 %, `middle` is the median.
"""


@dataclass(frozen=True)
class FitRow:
    """One number: as written, by the records alone, and as used.

    Each of the triples is (5 % point, median, 95 % point) in units of the model: days,
    per day. ``alone`` is empty where the fit could not look at the number.
    """

    path: str
    kind: str
    written: tuple[float, float, float]
    alone: tuple[float, ...]
    used: tuple[float, float, float]
    verdict: str

    @property
    def learned(self) -> bool:
        """Whether the fit moved it."""
        return self.verdict == LEARNED


@dataclass(frozen=True)
class FitTable:
    """A fit as a table, with the law a draw uses."""

    rows: tuple[FitRow, ...]
    posterior: Posterior
    how: dict[str, float | int | str]
    checks: tuple[Check, ...] = ()


def _points(column: Column, mean: float, spread: float) -> tuple[float, float, float]:
    z = mean + Z90 * spread * np.array([-1.0, 0.0, 1.0])
    low, middle, high = value_of(column, z)
    return float(low), float(middle), float(high)


def fit_table(assembled: Assembled, fit: CaseFit, seed: int) -> FitTable:
    """A fit as a table, learned numbers first, in the order of the case."""
    table, law = assembled.slots, fit.posterior
    at = {p: k for k, p in enumerate(law.paths)}
    rows = []
    for path, verdict in fit.told.items():
        column = table.columns[table.index[path]]
        written = _points(column, 0.0, 1.0)
        alone = _points(column, *fit.alone[path]) if path in fit.alone else ()
        used = written
        if path in at:
            k = at[path]
            used = _points(column, float(law.mean[k]), float(law.spread[k]))
        rows.append(FitRow(path, column.kind, written, alone, used, verdict))
    rows.sort(key=lambda r: (not r.learned, table.index[r.path]))
    how: dict[str, float | int | str] = {
        "seed": seed,
        "histories": fit.histories,
        "rounds": fit.rounds,
        "events_in_a_history": round(fit.events, 1),
        "last_move_in_spreads": round(fit.shift, 3),
    }
    return FitTable(tuple(rows), law, how, fit.checks)


def _triple(values: tuple[float, ...]) -> dict[str, float]:
    names = ("low", "middle", "high")
    return {n: float(f"{v:.4g}") for n, v in zip(names, values, strict=True)}


def write_fit(table: FitTable, case_id: str) -> bytes:
    """The file's content."""
    yaml = YAML(pure=True)
    yaml.default_flow_style = None
    yaml.width = 4096
    numbers = []
    for r in table.rows:
        row: dict[str, object] = {"number": r.path, "as_written": _triple(r.written)}
        if r.alone:
            row["records_alone"] = _triple(r.alone)
        row["used"] = _triple(r.used)
        row["verdict"] = r.verdict
        numbers.append(row)
    law = [
        {
            "number": p,
            "mean": float(table.posterior.mean[k]),
            "root": [float(x) for x in table.posterior.root[k, : k + 1]],
        }
        for k, p in enumerate(table.posterior.paths)
    ]
    text = io.StringIO()
    yaml.dump(
        {
            "spillover_fit": 1,
            "case": case_id,
            "how": dict(table.how),
            "numbers": numbers,
            "checks": [
                {k: _plain(v) for k, v in vars(check).items()} for check in table.checks
            ],
            "law": law,
        },
        text,
    )
    return (HEAD + text.getvalue()).encode()


def _plain(value: float | str) -> float | str | None:
    if isinstance(value, str):
        return value
    return None if np.isnan(value) else float(f"{value:.4g}")


def _fault(file: str, where: str, found: str, expected: str = "") -> CaseError:
    mend = "Fit the case again: spillover fit"
    return CaseError([Fault(file, 0, 0, where, found, expected, mend)])


def read_fit(file: str, content: bytes, assembled: Assembled) -> FitTable:
    """Read the file beside a case.

    Raises
    ------
    CaseError
        When it is no such file, or names numbers that the case has not or that were
        changed since.
    """
    try:
        data = YAML(typ="safe", pure=True).load(content.decode())
        if data["spillover_fit"] != 1:
            raise KeyError
        rows = [_row(n, assembled) for n in data["numbers"]]
        law = data["law"]
        paths = tuple(str(x["number"]) for x in law)
        mean = np.array([float(x["mean"]) for x in law])
        root = np.zeros((len(law), len(law)))
        for k, x in enumerate(law):
            root[k, : k + 1] = [float(v) for v in x["root"]]
        how = dict(data["how"])
        if not (np.isfinite(mean).all() and np.isfinite(root).all()):
            raise ValueError
        checks = tuple(
            Check(
                str(c["stream"]),
                *(
                    np.nan if c[k] is None else float(c[k])
                    for k in ("seen", "expected", "weekday", "gaps")
                ),
            )
            for c in data["checks"]
        )
    except _DAMAGED:
        raise _fault(
            file, "", "this is not a file that `spillover fit` wrote"
        ) from None
    table = assembled.slots
    drawn = {c.path for c in table.columns if c.drawn}
    for path in [*paths, *(r.path for r in rows if r.path not in table.index)]:
        if path not in drawn:
            near = nearest(path, drawn)
            hint = f", most like {near}" if near else ""
            raise _fault(
                file, path, f"the case has no uncertain number of this path{hint}"
            )
    for row in rows:
        column = table.columns[table.index[row.path]]
        now = _points(column, 0.0, 1.0)
        if not np.allclose(now, row.written, rtol=2e-3):
            raise _fault(
                file,
                row.path,
                f"the number was {row.written[0]:.4g}..{row.written[2]:.4g} when it was fitted and is {now[0]:.4g}..{now[2]:.4g} now",
            )
    return FitTable(tuple(rows), Posterior(paths, mean, root), how, checks)


def _row(n: dict[str, object], assembled: Assembled) -> FitRow:
    def triple(key: str) -> tuple[float, float, float]:
        x = n[key]
        assert isinstance(x, dict)
        return float(x["low"]), float(x["middle"]), float(x["high"])

    path = str(n["number"])
    table = assembled.slots
    kind = table.columns[table.index[path]].kind if path in table.index else "plain"
    alone = triple("records_alone") if "records_alone" in n else ()
    return FitRow(
        path, kind, triple("as_written"), alone, triple("used"), str(n["verdict"])
    )
