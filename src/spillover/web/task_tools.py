"""What tasks share: cases kept in memory, patience with the store, pages written, errors.

This file must never import a page of the desk.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spillover.errors import (
    CaseError,
    EventsError,
    Fault,
    FitError,
    InputError,
    SpilloverError,
)
from spillover.store.atomic import write_text
from spillover.store.plain import plain
from spillover.web.desk import Desk

if TYPE_CHECKING:
    from spillover.api.model import CaseModel
    from spillover.brief.report import Report

__all__ = [
    "Cancelled",
    "Told",
    "beside",
    "error_of",
    "model_of",
    "of_run",
    "patient",
    "put_page",
    "report_page",
    "same_id",
]

WAIT = 30.0
"""Seconds to wait for the store while another piece of work holds it."""

T = TypeVar("T")

_models: OrderedDict[tuple[str, int, bool], CaseModel] = OrderedDict()


class Cancelled(Exception):
    """A person stopped it."""


@dataclass(frozen=True)
class Told:
    """How a task speaks: ``progress(done, total, what)`` and ``partial(numbers)``."""

    progress: Callable[[int, int, str], None]
    partial: Callable[[dict[str, Any]], None]


def model_of(
    folder: Path, told: Told | None = None, *, fitted: bool = False
) -> CaseModel:
    """A case, read once as long as no file of it changes; the last few are kept."""
    from spillover.api.model import load

    written = max(p.stat().st_mtime_ns for p in folder.iterdir() if p.is_file())
    key = (str(folder), written, fitted)
    if key not in _models:
        model = model_of(folder) if fitted else load(folder)
        if fitted:
            with contextlib.suppress(FitError):  # nothing to fit
                model = model.fit(progress=told.progress if told else None)
        _models[key] = model
    _models.move_to_end(key)
    while len(_models) > 6:
        _models.popitem(last=False)
    return _models[key]


def same_id(model: CaseModel, case: str) -> None:
    """Refuse a file that names another case than the desk does."""
    if model.id != case:
        line, column = model.document.locate(("case",))
        found = f'the file says "{model.id}", the desk knows this case as "{case}"'
        mend = f"Write  case: {case}  or copy the case under the new id"
        raise CaseError([Fault("case.yaml", line, column, "case", found, mend=mend)])


def of_run(desk: Desk, run: str, told: Told) -> tuple[Path, CaseModel, dict[str, Any]]:
    """Folder, case and size of a run; fitted as the run was."""
    folder = desk.run_folder(run)
    manifest = desk.run(run)
    model = model_of(folder / "case", told, fitted=bool(manifest["fitted_numbers"]))
    return folder, model, {
        "draws": manifest["draws"], "futures": manifest["futures_per_draw"],
        "seed": manifest["seed"], "as_written": True,
    }  # fmt: skip


def patient(work: Callable[[], T]) -> T:
    """Do something with the store, waiting while another process has it."""
    end = time.monotonic() + WAIT
    while True:
        try:
            return work()
        except EventsError as e:
            if "in use by another process" not in str(e) or time.monotonic() > end:
                raise
            time.sleep(0.1)


def put_page(folder: Path, name: str, page: Mapping[str, Any]) -> None:
    """Write what a page of a run shows."""
    text = json.dumps(plain(page), ensure_ascii=False, default=str)
    write_text(folder / "desk" / f"{name}.json", text)


def beside(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a run folder, each whole."""
    from spillover.store.atomic import write_bytes

    for name, data in contents.items():
        write_bytes(folder / name, data)


def report_page(report: Report, **more: object) -> dict[str, Any]:
    """A report as a page: its content, its pictures, what else the page needs."""
    from spillover.brief.report_html import draw_blocks, pictures_of

    blocks = [b for section in report.sections for b in section.blocks]
    kinds = {id(p) for p in pictures_of(blocks)}
    plain = asdict(report)
    flat = (b for section in plain["sections"] for b in section["blocks"])
    for block, body in zip(blocks, flat, strict=True):
        if id(block) in kinds:
            body.pop("data")  # what the picture was drawn from: its table says it
    art = {f"{i}-{w}": svg for (i, w), svg in draw_blocks(blocks).items()}
    return {"report": plain, "art": art, **more}


def error_of(error: Exception) -> dict[str, Any]:
    """An error as the desk shows it; faults with their places."""
    if isinstance(error, Cancelled):
        return {"message": "It was cancelled.", "faults": [], "kind": "cancelled"}
    if isinstance(error, SpilloverError):
        faults = error.faults if isinstance(error, InputError) else ()
        shown = [
            {
                "line": f.line,
                "column": f.column,
                "where": f.where,
                "file": f.file,
                "text": str(f),
            }
            for f in faults
        ]
        kind = "failed" if not isinstance(error, InputError) else "input"
        return {"message": str(error), "faults": shown, "kind": kind}
    name = type(error).__name__
    return {
        "message": f"An error of the program, not of your case: {name}: {error}. Nothing that was saved is lost; please report it.",
        "faults": [],
        "kind": "program",
    }
