"""A case to start from: the tutorial's, commented, under a new id, with its schema.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from spillover.case.json_schema import json_schema
from spillover.errors import InputError
from spillover.store.atomic import write_text

__all__ = ["new_case"]

MODELINE = "# yaml-language-server: $schema=case.schema.json\n"
TABLES = ("records.csv", "counts.csv", "codebook.csv")


def new_case(folder: Path, case_id: str) -> tuple[Path, ...]:
    """Write a commented case and its schema into ``folder``.

    Parameters
    ----------
    folder
        Made when missing; nothing in it is overwritten.
    case_id
        Id of the case: small letters, digits and dashes.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    InputError
        When a file is there already or the id cannot be one.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", case_id):
        msg = (
            f'"{case_id}" is not an id: use small letters, digits and dashes, with --id'
        )
        raise InputError(msg)
    source = files("spillover") / "cases" / "strait-demo"
    case = (source / "case.yaml").read_text(encoding="utf-8")
    texts = {
        "case.yaml": MODELINE + case.replace("case: strait-demo", f"case: {case_id}", 1)
    }
    texts |= {name: (source / name).read_text(encoding="utf-8") for name in TABLES}
    texts["case.schema.json"] = (
        json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    )
    there = [name for name in texts if (folder / name).exists()]
    if there:
        msg = f"{folder / there[0]} is there already: choose a new folder"
        raise InputError(msg)
    for name, text in texts.items():
        write_text(folder / name, text)
    return tuple(folder / name for name in texts)
