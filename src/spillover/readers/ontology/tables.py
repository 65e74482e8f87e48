"""The code tables that ship with Spillover, read once on first use.

Facts about codes, written for this project; see the notes in the tables. This file
must never import a case, a model or a page.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

__all__ = ["table"]


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of ``name``.csv, in the order of the file, cells as text."""
    text = (files(__package__) / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
