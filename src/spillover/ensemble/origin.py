"""What stands at the origin: what is owing, what was seen before it.

Looks at some of the draws: enough for a page, not for a score. So the pasts of a large
ensemble need not be held at once.

This file must never import a page or a command.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
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
from spillover.model.structure import Pattern

__all__ = ["LookBack", "Owing", "look_back"]

SAMPLE = 200
"""Slots whose open lines, asks and warnings are looked at."""
LOOK = 2000
"""Draws whose pasts are summed up: the first."""


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


@dataclass(frozen=True)
class LookBack:
    """What an ensemble keeps of its pasts, which are let go.

    Attributes
    ----------
    owing
        What is unanswered at the origin.
    seen
        By tally: (day, sum over the seven days up to it), mean over draws looked at.
    counted
        By red line: what its window holds at the origin, mean over them.
    events
        Events before the origin in a draw, on average.
    filled_in
        Share of them that no record shows.
    digest
        SHA-256 of the pasts looked at.
    """

    owing: tuple[Owing, ...]
    seen: dict[int, tuple[tuple[int, float], ...]]
    counted: dict[str, float]
    events: float
    filled_in: float
    digest: str


def look_back(
    assembled: Assembled,
    pasts: Callable[[NDArray[np.int64]], ImputedPast],
    theta: NDArray[np.float64],
    index: NDArray[np.int64],
    seed: int,
) -> LookBack:
    """Sum up the pasts of an ensemble.

    Parameters
    ----------
    assembled
        The case.
    pasts
        Gives the imputed pasts of some proposals.
    theta : (draws, slots)
        Numbers of the draw in each slot.
    index : (draws,)
        Proposal that runs in each slot.
    seed
        Of the ensemble.
    """
    past = pasts(np.arange(min(LOOK, len(index))))
    counts = {q.tally for q in assembled.questions if q.mode == "count"}
    kinds = {"gauge", "sequence"}
    seen = {
        t: _seen_before(assembled, past, t)
        for t in sorted(counts)
        if assembled.tallies[t].kind not in kinds
    }
    counted = {}
    for line in assembled.model.red_lines:
        if line.quantity.kind == "gauge":
            continue
        window = np.median(theta[:, line.window]) if line.window >= 0 else np.inf
        at = _matching(past, line.quantity.pattern) & (past.time > -window)
        amounts = {"deaths": past.deaths, "injured": past.injured}
        value = amounts.get(line.quantity.kind, np.ones(len(past.time), np.int64))
        counted[line.id] = float(value[at].sum()) / max(1, len(past))
    digest = hashlib.sha256()
    for array in (past.offsets, past.time, past.key, past.flags, past.deaths):
        digest.update(np.ascontiguousarray(array).tobytes())
    return LookBack(
        _owing(assembled, pasts, theta, index, seed),
        seen,
        counted,
        len(past.time) / max(1, len(past)),
        float((past.record < 0).mean()) if len(past.record) else 0.0,
        digest.hexdigest(),
    )


def _owing(
    assembled: Assembled,
    pasts: Callable[[NDArray[np.int64]], ImputedPast],
    theta: NDArray[np.float64],
    index: NDArray[np.int64],
    seed: int,
) -> tuple[Owing, ...]:
    """Lines, asks and warnings that are open at the origin."""
    model = assembled.model
    program = compile_model(model, lever_lines=assembled.lever_lines)
    slots = np.arange(0, len(index), max(1, len(index) // SAMPLE))
    draws = np.unique(index[slots])
    past = pasts(draws)
    world = new_world(
        program, max_events=1, past_events=past.largest, buckets_per_day=1
    )
    mu = bases_matrix(model, theta[slots])
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for k, slot in enumerate(slots):
        d = int(index[slot])
        n = int(np.searchsorted(draws, d))
        at = slice(int(past.offsets[n]), int(past.offsets[n + 1]))
        prepare(program, world.numbers, theta[slot], mu[k])
        settle_past(
            program,
            world,
            theta[slot],
            draw_key(seed, d),
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


def _seen_before(
    assembled: Assembled, past: ImputedPast, tally: int, days: int = 180
) -> tuple[tuple[int, float], ...]:
    """Sums over seven days up to each day before the origin, mean over draws."""
    what = assembled.tallies[tally]
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
