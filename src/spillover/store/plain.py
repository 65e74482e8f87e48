"""Values as JSON that everyone reads: no NaN, no half characters.

This file imports nothing of Spillover.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["plain", "read_json"]


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """A JSON value; whatever is wrong with the text is a ValueError.

    Raises
    ------
    ValueError
        Also for lists nested thousands deep.
    """
    try:
        return json.loads(text)
    except RecursionError:
        msg = "lists are nested thousands deep"
        raise ValueError(msg) from None


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with what JSON does not know as null, and half characters as "?"."""
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value
