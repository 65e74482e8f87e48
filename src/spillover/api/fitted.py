"""A fitted case as a folder: the case, its tables, what was learned.

Must never import `cli` or the web.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from spillover.api.fit_file import write_fit
from spillover.api.model import CaseModel
from spillover.errors import InputError
from spillover.store.runfolder import write_folder

__all__ = ["FIT_FILE", "check_new", "with_history", "write_fitted"]

FIT_FILE = "fit.yaml"


def with_history(text: str, keys: Mapping[str, str]) -> str:
    """The text of a case with keys set under ``history``; all else stays as it is."""
    for key, value in keys.items():
        text = _with_key(text, key, value)
    return text


def _with_key(text: str, key: str, value: str) -> str:
    found = re.search(r"^history:[ \t]*", text, re.MULTILINE)
    if found is None:
        return f"{text.rstrip()}\n\nhistory: {{{key}: {value}}}\n"
    start = found.end()
    if text[start] == "{":
        end = text.index("}", start)
        body, lead = text[start + 1 : end], ", "
    else:
        rest = re.compile(r"(?:[^\n]*\n(?=[ \t]))*[^\n]*\n?").match(text, start)
        end = rest.end() if rest else len(text)
        body, lead = text[start:end].rstrip("\n"), "\n  "
        end = start + len(body)
    old = re.search(rf"\b{key}:[^,}}\n]*", body)
    if old:
        at = start + (text[start] == "{")
        return f"{text[: at + old.start()]}{key}: {value}{text[at + old.end() :]}"
    lead = lead if body.strip() else lead.lstrip(", ")
    return f"{text[:end]}{lead}{key}: {value}{text[end:]}"


def check_new(folder: Path) -> None:
    """Refuse a folder that is there already.

    Raises
    ------
    InputError
        When it is.
    """
    if folder.exists():
        msg = f"{folder} is there already: choose a new folder"
        raise InputError(msg)


def write_fitted(model: CaseModel, folder: Path) -> Path:
    """Write a fitted case into a new folder, whole or not at all.

    Raises
    ------
    InputError
        When the folder is there already, or the case has not been fitted.
    """
    table = model.fit_table
    if table is None:
        msg = f"{model.id} has not been fitted"
        raise InputError(msg)
    check_new(folder)
    text = model.files[model.document.file].decode()
    files = {n: b for n, b in model.files.items() if n != model.document.file}
    files["case.yaml"] = with_history(text, {"fit": FIT_FILE}).encode()
    files[FIT_FILE] = write_fit(table, model.id)
    write_folder(folder, files)
    return folder
