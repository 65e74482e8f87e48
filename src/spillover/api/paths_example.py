"""One simulated course as a readable timeline.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.engine.branching import simulate
from spillover.ensemble.drawn import draw
from spillover.model.history import History
from spillover.model.via import LEVER, kind_of
from spillover.outcomes.evaluate import evaluate
from spillover.study.paths import steps_of

if TYPE_CHECKING:
    from spillover.api.paths import Paths
    from spillover.ensemble.paths import Chain

__all__ = ["example_of"]


def example_of(paths: Paths, chain: Chain) -> list[dict[str, Any]]:
    """Events of the first course that came by ``chain``, to its end and no further.

    Each has its day, date, kind, how it came, and whether it lies on the way.
    """
    a, (slot, future) = paths.assembled, chain.example
    drawn = draw(a, paths.draws, paths.seed, 1, 1, lambda *_: None)
    d = int(drawn.index[slot])
    arm = next(x for x in a.arms if x.id == (paths.lever or a.arms[0].id))
    theta = arm.apply(drawn.table.theta[d : d + 1])[0]
    history = simulate(
        a.model, theta, past=drawn.past.history(d), acts=arm.acts, seed=paths.seed,
        draw=d, slot=slot, futures=1, first_future=future,
    )[0]  # fmt: skip
    end = None
    if steps_of(a.model, chain)[0].how != "some other way":
        end = _completing(paths, history, drawn.past.history(d), theta)
    way: set[int] = set()
    at = -1 if end is None else end
    while at >= 0:
        way.add(at)
        at = int(history.parent[at])
    origin = paths.model.case.origin
    rows = []
    for e in range(len(history)):
        if end is not None and e > end:
            break
        t = float(history.time[e])
        rows.append(
            {
                "day": t,
                "date": (origin + dt.timedelta(days=int(t))).isoformat(),
                "stream": a.model.streams[int(history.stream[e])].id,
                "what": paths.stream(a.model.streams[int(history.stream[e])].id),
                "deaths": int(history.deaths[e]),
                "on_the_way": e in way,
                "by_lever": kind_of(int(history.via[e])) == LEVER,
            }
        )
    return rows


def _completing(
    paths: Paths, history: History, past: History, theta: NDArray[np.float64]
) -> int:
    """The event that brings the yes: more events can only make it truer."""
    a = paths.assembled
    at = [q.id for q in a.questions].index(paths.question)

    def holds(n: int) -> bool:
        first = History(*(getattr(history, f.name)[:n] for f in fields(History)))
        answers = evaluate(a.model, theta, a.tallies, a.questions, first, past=past)
        return answers[at].holds

    low, high = 0, len(history)  # no with `low` events, yes with `high`
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high - 1
