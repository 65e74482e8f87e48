"""Variants of the bundled case `iraq-2024`: elements switched off, in a copy of it."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from spillover.api import CaseModel, Run, load
from spillover.case.read import case_folder

__all__ = ["SIZE", "all_of", "simulated", "without"]

SIZE = {"draws": 400, "futures": 10, "seed": 1}


def without(elements: Iterable[str]) -> CaseModel:
    """The case with elements (``restraints.washington-pledge``) switched off.

    Written as a variant of one choice into a copy of the folder: every draw, its past
    and its weight are made without them, with the same keys as in the case.
    """
    folder, file = case_folder("iraq-2024")
    names = ", ".join(elements)
    variant = (
        "variants:\n  switched-off: "
        f"{{choices: {{gone: {{weight: 1, off: [{names}]}}}}}}\n"
    )
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "iraq-2024"
        shutil.copytree(folder, copy)
        text = (copy / file).read_text(encoding="utf-8")
        assert text.count("\nvariants:\n") == 1
        (copy / file).write_text(text.replace("variants:\n", variant), encoding="utf-8")
        return load(copy)


def all_of(*sections: str) -> tuple[str, ...]:
    """Every element of sections of the case."""
    case = load("iraq-2024").case
    found: list[str] = []
    for section in sections:
        value = getattr(case, section)
        items = value.values() if isinstance(value, dict) else value
        found += [f"{section}.{x.id}" for x in items]
    return tuple(found)


@functools.cache
def simulated(*elements: str) -> Run:
    """The case simulated without some elements (none: as it is), same seed and size."""
    model = without(elements) if elements else load("iraq-2024")
    return model.simulate(**SIZE)
