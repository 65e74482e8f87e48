"""Spillover: reporting on a crisis turned into a model that runs.

    import spillover as sp
    run = sp.load("iraq-2024").simulate(members=10_000)
    print(run.outcomes())

Names are imported when first used, so `import spillover` is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spillover.api.model import CaseModel, load
    from spillover.api.run import Run, open_run
    from spillover.api.verbs import check, new, run
    from spillover.api.views import Outcomes

__version__ = "0.1.0"
__all__ = ["CaseModel", "Outcomes", "Run", "check", "load", "new", "open_run", "run"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from spillover import api

        return getattr(api, name)
    msg = f"module 'spillover' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
