"""Two runs side by side: every answer of both, and what made them differ.

Must never import `cli` or the web.
"""

from __future__ import annotations

import difflib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spillover.errors import InputError
from spillover.store.plain import read_json

__all__ = ["TwoRuns", "two_runs"]

_DAMAGED = (
    *(KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration),
    *(OSError, OverflowError, zipfile.BadZipFile),
)
MOST_LINES = 400
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class TwoRuns:
    """Run folders compared.

    Attributes
    ----------
    first, second
        Their manifests.
    paired
        Same seed and size: the courses of one belong to those of the other, so that the
        simulation error of a difference is that of the difference alone.
    rows
        By question: both chances with their intervals, difference, simulation error.
    changed
        Lines of the case that differ, "-" first, "+" second.
    reasons
        What may have made the difference, in sentences.
    """

    first: dict[str, Any]
    second: dict[str, Any]
    paired: bool
    rows: tuple[dict[str, Any], ...]
    changed: tuple[str, ...]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "schema_version": 1,
            "first": self.first,
            "second": self.second,
            "paired": self.paired,
            "rows": list(self.rows),
            "changed": list(self.changed),
            "reasons": list(self.reasons),
        }


def two_runs(first: Path, second: Path) -> TwoRuns:
    """Compare two run folders of one case.

    Raises
    ------
    InputError
        When they are of different cases, or one is no whole run folder.
    """
    try:
        return _compared(first, second)
    except _DAMAGED:
        msg = f"{first} and {second}: one of them is no whole run folder: a file is missing or was changed. Run the case again"
        raise InputError(msg) from None


def _compared(first: Path, second: Path) -> TwoRuns:
    manifests = [_json(f / "manifest.json") for f in (first, second)]
    a, b = manifests
    if a["case"] != b["case"]:
        msg = f"these runs are of different cases, {a['case']} and {b['case']}: choose two of one case"
        raise InputError(msg)
    size = ("seed", "draws", "futures_per_draw")
    paired = all(a[k] == b[k] for k in size)
    answers = [
        _json(f / "outcomes.json")["arms"][0]["outcomes"] for f in (first, second)
    ]
    hits = [_hits(f) for f in (first, second)] if paired else []
    place = {x["id"]: n for n, x in enumerate(answers[1])}
    rows = []
    for n, x in enumerate(answers[0]):
        if x["kind"] != "chance" or x["id"] not in place:
            continue
        m = place[x["id"]]
        y = answers[1][m]
        known = x["mc_se"] is not None and y["mc_se"] is not None
        error = float(np.hypot(x["mc_se"], y["mc_se"])) if known else None
        if hits:
            gap = (hits[1][:, m] - hits[0][:, n]) / a["futures_per_draw"]
            error = (
                float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else error
            )
        change = y["p"] - x["p"]
        rows.append(
            {
                "id": x["id"], "question": x["question"], "window": x["window"],
                "p0": x["p"], "low0": x["p_low"], "high0": x["p_high"],
                "p1": y["p"], "low1": y["p_low"], "high1": y["p_high"],
                "change": change, "error": error,
                "beyond_chance": error is not None
                and abs(change) > Z90 * error
                and abs(change) >= 0.005,
            }
        )  # fmt: skip
    before, after = (
        (f / "case" / "case.yaml").read_text("utf-8").splitlines()
        for f in (first, second)
    )
    changed = [
        line
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    return TwoRuns(
        a,
        b,
        paired,
        tuple(rows),
        tuple(changed[:MOST_LINES]),
        tuple(_reasons(a, b, paired)),
    )


def _reasons(a: dict[str, Any], b: dict[str, Any], paired: bool) -> list[str]:
    found = []
    if a["case_digest"] != b["case_digest"]:
        found.append("The case was edited between the two.")
    if a["data_digest"] != b["data_digest"]:
        found.append("The tables beside the case changed: records, counts or events.")
    if a["fitted_numbers"] != b["fitted_numbers"]:
        found.append("Other numbers were moved by the history.")
    if a["versions"] != b["versions"]:
        found.append(
            "They were made by different versions of the program or its libraries."
        )
    if not found:
        found.append("Case, tables and versions are the same.")
    if not paired:
        found.append(
            "Seed or size differ, so part of each difference is chance of simulation; the simulation error says how much."
        )
    return found


def _json(path: Path) -> dict[str, Any]:
    found = read_json(path.read_bytes())
    if not isinstance(found, dict):
        raise TypeError
    return found


def _hits(folder: Path) -> NDArray[np.float64]:
    """Courses with a yes, (draws, questions)."""
    with np.load(folder / "results.npz") as held:
        name = next(n for n in held.files if n.endswith("/hits"))
        return np.asarray(held[name], np.float64)
