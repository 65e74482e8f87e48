"""State of a watch on disk: what its last update was made from, to the last bit.

Must never import `cli` or the web.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.api.ahead import Known
from spillover.api.fit_file import FitTable, read_fit, write_fit
from spillover.errors import InputError
from spillover.store.runfolder import csv_bytes, json_bytes

if TYPE_CHECKING:
    from spillover.api.model import CaseModel

__all__ = ["Before", "made_with", "read_state", "state_files"]

FIT = "fit.yaml"


@dataclass(frozen=True)
class Before:
    """The last update.

    Attributes
    ----------
    n, origin
        Its number and its origin.
    model, fit, fitted
        The case as it was, what its last fit learned, and the origin of that fit.
    known
        Events put in.
    hits
        Futures with a yes in each draw, by question.
    made_with
        Size, seed and versions.
    counts, half_lives, begins
        Course of the streams: events by day, half-lives, first day.
    body
        Its line.
    """

    n: int
    origin: dt.date
    model: CaseModel
    fit: FitTable | None
    fitted: dt.date | None
    known: tuple[Known, ...]
    hits: dict[str, NDArray[np.int32]]
    made_with: dict[str, Any]
    course: dict[str, NDArray[np.float64]]
    begins: dt.date | None
    body: dict[str, Any]


def made_with(draws: int, futures: int, seed: int) -> dict[str, Any]:
    """What must be equal for two runs to be the same to the last bit."""
    import numba

    from spillover import __version__

    return {
        "draws": draws, "futures_per_draw": futures, "seed": seed,
        "spillover": __version__, "numpy": np.__version__, "numba": numba.__version__,
        "processor": platform.machine(),
    }  # fmt: skip


def state_files(
    model: CaseModel,
    fit: FitTable | None,
    fitted: dt.date | None,
    known: Sequence[Known],
    hits: dict[str, NDArray[np.int32]],
    origin: dt.date,
    size: dict[str, Any],
    course: dict[str, NDArray[np.float64]],
    begins: dt.date | None,
) -> dict[str, bytes]:
    """Files of a state, by name."""
    packed = io.BytesIO()
    arrays: dict[str, Any] = {f"hits/{k}": v for k, v in hits.items()}
    arrays |= {f"course/{k}": v for k, v in course.items()}
    np.savez_compressed(packed, **arrays)
    rows = [
        {
            "stream": k.stream,
            "date": k.first.isoformat(),
            "date_to": k.last.isoformat(),
            "count": k.count,
        }
        for k in known
    ]
    files = {f"case/{n}": b for n, b in model.files.items()}
    files["state.json"] = json_bytes(
        {
            "schema_version": 1,
            "origin": origin.isoformat(),
            "fitted": None if fitted is None else fitted.isoformat(),
            "begins": None if begins is None else begins.isoformat(),
            "document": model.document.file,
            "made_with": size,
        }
    )
    files["known.csv"] = csv_bytes(rows)
    files["numbers.npz"] = packed.getvalue()
    if fit is not None:
        files[FIT] = write_fit(fit, model.id)
    return files


def read_state(folder: Path, n: int, body: dict[str, Any]) -> Before:
    """Read a state.

    Raises
    ------
    InputError
        When it is damaged.
    """
    from spillover.api.model import load

    try:
        told = json.loads((folder / "state.json").read_text("utf-8"))
        model = load(folder / "case" / told["document"])
        fit = None
        if (folder / FIT).exists():
            fit = read_fit(FIT, (folder / FIT).read_bytes(), model.assembled)
        with np.load(folder / "numbers.npz") as arrays:
            numbers = {k: arrays[k] for k in arrays.files}
        text = (folder / "known.csv").read_text("utf-8")
        known = tuple(
            Known(
                r["stream"],
                dt.date.fromisoformat(r["date"]),
                dt.date.fromisoformat(r["date_to"]),
                int(r["count"]),
            )
            for r in csv.DictReader(io.StringIO(text))
        )
        day = dt.date.fromisoformat
        return Before(
            n,
            day(told["origin"]),
            model,
            fit,
            day(told["fitted"]) if told["fitted"] else None,
            known,
            _under(numbers, "hits/"),
            told["made_with"],
            _under(numbers, "course/"),
            day(told["begins"]) if told["begins"] else None,
            body,
        )
    except (OSError, ValueError, KeyError) as e:
        msg = f"{folder}: the state of the last update is damaged ({type(e).__name__}), so this watch cannot go on. Begin a new one with --out, or put the folder back"
        raise InputError(msg) from None


def _under(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}  # fmt: skip
