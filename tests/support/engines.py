"""The engines under test, behind one adapter.

Every test of law is parametrised over `ENGINES`; an :class:`Engine` knows how many
paths it can afford (``engine.size(n)``: thinning runs a share of them) and runs futures
of one draw (`futures`) or one future in each of many draws (`draws`: what the past
leaves is drawn once per draw).

``branching`` is imported on first use. Without it its tests are skipped, unless the
variable SPILLOVER_NO_SKIP is set: then they fail.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spillover.keys import sub_key
from spillover.model.history import History
from spillover.model.structure import Model, Pattern, ScheduledAct

__all__ = [
    "ENGINES",
    "THINNING",
    "Engine",
    "counts",
    "engine",
    "first_times",
    "matching",
]

SEED = int(os.environ.get("SPILLOVER_TEST_SEED", "1"))
"""The seed of every commit; `python -m truth --short` names another."""

Simulate = Callable[..., list[History]]


@dataclass(frozen=True)
class Engine:
    """One engine with what it can afford."""

    name: str
    run: Simulate
    share: float = 1.0
    """Share of the paths a test asks for that this engine runs."""
    program: Callable[[Model], Any] | None = None
    seed: int = SEED

    def size(self, n: int) -> int:
        """Paths for a test that asks ``n`` of the fast engine."""
        return max(1, round(n * self.share))

    def visible(self, bias: float) -> float:
        """Smallest bias to be seen, given the paths this engine can afford."""
        return bias / self.share**0.5

    def _extra(self, model: Model) -> dict[str, Any]:
        return {} if self.program is None else {"program": self.program(model)}

    def futures(
        self,
        model: Model,
        theta: NDArray[np.float64],
        n: int,
        *,
        past: History | None = None,
        acts: Sequence[ScheduledAct] = (),
        **more: Any,
    ) -> list[History]:
        """``size(n)`` futures of draw 0."""
        return self.run(
            model,
            theta,
            past=past,
            acts=acts,
            seed=self.seed,
            futures=self.size(n),
            **more,
            **self._extra(model),
        )

    def draws(
        self,
        model: Model,
        theta: NDArray[np.float64],
        n: int,
        *,
        past: History | None = None,
        acts: Sequence[ScheduledAct] = (),
    ) -> list[History]:
        """One future in each of ``size(n)`` draws.

        The keys of the past belong to the draw, as those of imputed records do.
        """
        extra = self._extra(model)
        out = []
        for draw in range(self.size(n)):
            out += self.run(
                model,
                theta,
                past=None if past is None else of_draw(past, draw),
                acts=acts,
                seed=self.seed,
                draw=draw,
                max_events=10_000,
                **extra,
            )
        return out


def of_draw(past: History, draw: int) -> History:
    """The same past with the keys it has in another draw."""
    keys = [sub_key(int(k), draw) for k in past.key]
    return replace(past, key=np.array(keys, np.uint64))


@cache
def engine(name: str) -> Engine:
    """Engine by name."""
    if name == "thinning":
        from spillover.engine import thinning

        return Engine("thinning", thinning.simulate, 0.1)
    try:
        from spillover.engine import branching
        from spillover.engine.program import compile_model
    except ImportError as error:
        if os.environ.get("SPILLOVER_NO_SKIP"):
            raise
        pytest.skip(f"no branching engine: {error}")
    program = None
    if "program" in inspect.signature(branching.simulate).parameters:
        program = compile_model
    return Engine("branching", branching.simulate, 1.0, program)


ENGINES = ("thinning", "branching")


def THINNING() -> Engine:
    """The plain engine."""
    return engine("thinning")


def counts(
    paths: Sequence[History],
    stream: int | None = None,
    *,
    low: float = 0.0,
    high: float = np.inf,
) -> NDArray[np.int64]:
    """Events of a stream (absent: all) in (low, high] on every path."""
    out = np.zeros(len(paths), np.int64)
    for m, h in enumerate(paths):
        hit = (h.time > low) & (h.time <= high)
        if stream is not None:
            hit &= h.stream == stream
        out[m] = hit.sum()
    return out


def first_times(paths: Sequence[History], stream: int) -> NDArray[np.float64]:
    """Time of the first event of a stream on every path; inf for never."""
    out = np.full(len(paths), np.inf)
    for m, h in enumerate(paths):
        at = np.flatnonzero(h.stream == stream)
        if len(at):
            out[m] = h.time[at[0]]
    return out


def matching(h: History, pattern: Pattern) -> NDArray[np.bool_]:
    """Which events of a history match a pattern."""
    out = np.zeros(len(h), bool)
    for c in pattern.clauses:
        require = np.uint64(c.require)
        out |= (h.stream == c.stream) & (h.flags & require == require)
    return out
