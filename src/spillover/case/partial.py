"""A case of which not everything can be read: what the rest of it gets wrong.

Faults are told all at once. What cannot be read is taken out, step by step, until the
rest is a case; then its names and shares are checked as those of any other. Nothing that
leans on what was taken out is called a fault.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import copy
from typing import Any

from pydantic import ValidationError

from spillover.case.check import faults_of
from spillover.case.schema import Case
from spillover.case.yaml_text import Document
from spillover.errors import Fault

__all__ = ["faults_of_the_rest"]

ROUNDS = 8
STAND_INS: dict[str, Any] = {
    "spillover": 1,
    "case": "case",
    "origin": "2000-01-01",
    "horizon": "36500 days",
}
"""Values for what a case must have, good enough to check names by."""


def _take_out(
    data: dict[str, Any], location: tuple[str | int, ...], *, whole: bool
) -> str:
    """Remove what an error is about: its key, or the element it stands in.

    Returns the name of the section or the id of the element that went, or nothing.
    """
    if not location:
        return ""
    path: list[Any] = list(location[:2]) if whole else list(location)
    node: Any = data
    found: list[Any] = []
    for part in path:  # unions put names of their own into locations
        if (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        ):
            found.append(part)
            node = node[part]
    if not found:
        return ""
    parent: Any = data
    for part in found[:-1]:
        parent = parent[part]
    last = found[-1]
    gone = parent[last]
    if len(found) == 1 and last in STAND_INS:
        parent[last] = STAND_INS[str(last)]
    elif isinstance(parent, list):
        parent[last] = None  # others keep their places; emptied below
    else:
        del parent[last]
    if len(found) == 1:
        return str(last)
    named = isinstance(gone, dict) and len(found) == 2
    return str(gone.get("id") or last) if named else ""


def _tidy(node: Any) -> Any:  # noqa: ANN401 - raw YAML
    if isinstance(node, dict):
        return {k: _tidy(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_tidy(v) for v in node if v is not None]
    return node


def faults_of_the_rest(
    data: dict[str, Any], error: ValidationError, document: Document
) -> list[Fault]:
    """Faults of names and shares in what can be read of a case.

    Parameters
    ----------
    data
        Raw data with ids, as it was validated.
    error
        Why it is no case.
    document
        Where keys stand.
    """
    rest = copy.deepcopy(data)
    removed: set[str] = set()
    for step in range(ROUNDS):
        for e in error.errors():
            location = tuple(e["loc"])
            missing = e["type"] == "missing"
            if missing and len(location) == 1:
                name = str(location[0])
                if name not in STAND_INS:
                    return []
                rest[name] = STAND_INS[name]
                continue
            whole = missing or step > 1
            removed.add(_take_out(rest, location, whole=whole))
        rest = _tidy(rest)
        try:
            case = Case.model_validate(rest)
        except ValidationError as again:
            error = again
            continue
        gone = frozenset(removed - {""})
        return faults_of(case, document, partial=True, removed=gone)
    return []
