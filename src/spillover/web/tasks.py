"""What a worker can do, by name: `TASKS[name](desk, told, **params)`.

A task leaves what it makes on the desk, whole or not at all, and returns little: ids,
numbers, the page to look at. This file must never import a page of the desk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spillover.web import (
    task_cases,
    task_forecasts,
    task_outlook,
    task_replays,
    task_runs,
    task_sources,
)

__all__ = ["TASKS"]

TASKS: dict[str, Callable[..., Any]] = {
    name: getattr(file, name)
    for file in (
        task_cases,
        task_sources,
        task_runs,
        task_forecasts,
        task_outlook,
        task_replays,
    )
    for name in file.__all__
}
