"""What stands at the origin: what is owing, what was seen before it.

Looks at a sample of draws: enough for a page, not for a score.

This file must never import a page or a command.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled
from spillover.assemble.imputed import ImputedPast
from spillover.assemble.stability import bases_matrix
from spillover.engine.asked import FAN_DAYS
from spillover.engine.branching import draw_key
from spillover.engine.past import settle_past
from spillover.engine.prepare import prepare
from spillover.engine.program import compile_model
from spillover.engine.world import new_world
from spillover.ensemble.run import Ensemble
from spillover.model.structure import Pattern

__all__ = ["Owing", "owing", "seen_before"]

SAMPLE = 200


@dataclass(frozen=True)
class Owing:
    """Something unanswered at the origin.

    Attributes
    ----------
    kind
        ``line``, ``ask`` or ``warning``.
    id
        Of the element.
    days
        Mean days since the crossing or ask.
    chance
        Mean chance, given the silence, that the answer still comes.
    share
        Share of draws in which it is open at all.
    """

    kind: str
    id: str
    days: float
    chance: float
    share: float


def owing(assembled: Assembled, ensemble: Ensemble) -> tuple[Owing, ...]:
    """Lines, asks and warnings that are open at the origin."""
    model = assembled.model
    program = compile_model(model, lever_lines=assembled.lever_lines)
    past = ensemble.past
    world = new_world(
        program, max_events=1, past_events=past.largest, buckets_per_day=1
    )
    slots = range(0, ensemble.draws, max(1, ensemble.draws // SAMPLE))
    mu = bases_matrix(model, ensemble.theta)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for slot in slots:
        d = int(ensemble.index[slot])
        at = slice(int(past.offsets[d]), int(past.offsets[d + 1]))
        prepare(program, world.numbers, ensemble.theta[slot], mu[slot])
        settle_past(
            program,
            world,
            ensemble.theta[slot],
            draw_key(ensemble.seed, d),
            past.time[at],
            past.stream[at],
            past.flags[at],
            past.deaths[at],
            past.injured[at],
            past.key[at],
        )
        for e in range(int(world.pending.n[0])):
            entry = world.pending.entries[e]
            if entry["kind"] == 1:
                name = ("line", model.red_lines[entry["index"]].id)
                found.setdefault(name, []).append((-entry["time"], entry["chance"]))
            elif entry["kind"] == 2:
                name = ("ask", model.replies[entry["index"]].id)
                acts = float(world.pending.answers[e].sum())
                found.setdefault(name, []).append((-entry["time"], acts))
        for v, warning in enumerate(model.warnings):
            chance = float(world.pending.warn[v].sum())
            found.setdefault(("warning", warning.id), []).append(
                (-warning.issued, chance)
            )
    return tuple(
        Owing(
            kind,
            name,
            float(np.mean([d for d, _ in values])),
            float(np.mean([c for _, c in values])),
            min(1.0, len(values) / len(slots)),
        )
        for (kind, name), values in found.items()
    )


def _matching(past: ImputedPast, pattern: Pattern) -> NDArray[np.bool_]:
    found = np.zeros(len(past.time), bool)
    for clause in pattern.clauses:
        need = np.uint64(clause.require)
        found |= (past.stream == clause.stream) & ((past.flags & need) == need)
    return found


def seen_before(
    assembled: Assembled, ensemble: Ensemble, tally: int, days: int = 180
) -> tuple[tuple[int, float], ...]:
    """Sums over seven days up to each day before the origin, mean over draws."""
    past, what = ensemble.past, assembled.tallies[tally]
    if what.kind == "report":
        at = _matching(past, assembled.model.reports[what.index].pattern)
        value = past.claims[:, what.index].astype(np.float64)
    else:
        at = _matching(past, what.pattern)
        amounts = {"deaths": past.deaths, "injured": past.injured}
        value = amounts.get(what.kind, np.ones(len(past.time), np.int64)).astype(
            np.float64
        )
    day = np.floor(past.time).astype(np.int64) + days + FAN_DAYS
    keep = at & (day >= 0)
    by_day = np.bincount(day[keep], value[keep], minlength=days + FAN_DAYS)
    weekly = np.convolve(by_day / len(past), np.ones(FAN_DAYS), "full")[
        : days + FAN_DAYS
    ]
    return tuple(
        (d - days, float(weekly[d + FAN_DAYS - 1])) for d in range(1, days + 1)
    )
