"""What tests of law compared, as tables, and how seldom a right engine would fail them.

A mean is held to five standard errors, a p-value to `FAILURE` (tests/support/stat.py).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from scipy import stats

from tests.support.stat import FAILURE, SIGMAS
from truth.tables import Table

__all__ = ["by_file", "false_alarm", "in_full"]

Row = dict[str, Any]


def _z(heard: Row) -> float | None:
    if "estimate" not in heard or not heard["se"] > 0.0:
        return None
    return float((heard["estimate"] - heard["oracle"]) / heard["se"])


def _compared(rows: list[Row]) -> list[Row]:
    """Comparisons of right engines: those of wrong ones are meant to fail."""
    return [h for r in rows if "test_power" not in r["test"] for h in r["heard"]]


def false_alarm(rows: list[Row]) -> float:
    """At most how likely one of these comparisons fails though everything is right."""
    compared = _compared(rows)
    means = sum("p" not in h for h in compared)
    mean_fails = 2.0 * float(stats.norm.sf(SIGMAS))
    return means * mean_fails + (len(compared) - means) * FAILURE


def by_file(rows: list[Row]) -> Table:
    """One line a file: tests, comparisons, the worst of them."""
    files: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        files[row["test"].split("::")[0]].append(row)
    head = ["file", "tests", "failed", "compared", "largest z", "smallest p", "seconds"]
    table = Table(head, title="Tests by file")
    for file, some in sorted(files.items()):
        compared = _compared(some)
        z = [abs(v) for v in map(_z, compared) if v is not None]
        p = [h["p"] for h in compared if "p" in h]
        table.rows.append(
            [
                f"`{file}`",
                str(len(some)),
                str(sum(r["outcome"] == "failed" for r in some)),
                str(len(compared)) if compared else "",
                f"{max(z):.1f}" if z else "",
                f"{min(p):.1g}" if p else "",
                f"{sum(r['seconds'] for r in some):.0f}",
            ]
        )
    return table


def in_full(rows: list[Row], part: str) -> Table:
    """Every comparison of the files whose name holds ``part``."""
    head = ["law", "engine", "compared", "found", "known", "standard error", "z or p"]
    table = Table([*head, "n"], title=f"Every comparison of {part}")
    for row in rows:
        if part not in row["test"]:
            continue
        name = row["test"].split("::")[1].removeprefix("test_")
        law, _, engine = name.rstrip("]").partition("[")
        engine, _, check = engine.partition("-check_")
        for h in row["heard"]:
            z = _z(h)
            shown = (
                f"p {h['p']:.2g}" if "p" in h else "exact" if z is None else f"{z:+.1f}"
            )
            numbers = [
                f"{h[k]:.4g}" if k in h else "" for k in ("estimate", "oracle", "se")
            ]
            said = [
                (check or law).replace("_", " "),
                engine,
                h["what"],
                *numbers,
                shown,
            ]
            table.rows.append([*said, f"{h['n']:,}"])
    return table
