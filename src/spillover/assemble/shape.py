"""Factors in force on each day of the past, as far as dated records tell.

The shape of a stream's rate before the origin: its weekday pattern times the factors
that dated records started (a truce, a word), with delays, plateaus and durations at
their medians, members and marks averaged. Gauges and factors that a red line may have
raised are left out. It only guides where undated events fall.

This file must never import a case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.assemble.kernel import Floats, Ints, inner, kernel
from spillover.assemble.past_data import DatedRecord
from spillover.model.marks import chance_of
from spillover.model.structure import ABSENT, Clause, Factor, Model, Pattern, Varying

__all__ = ["Reactions", "ShapeRow", "day_weights", "reactions_of", "shape_rows"]

LN2 = math.log(2.0)
NEVER = 1e300
START, END, ON, OFF = range(4)


@dataclass(frozen=True)
class Reactions:
    """What each dated record sets off: (n, 3) record, kind, factor or state."""

    table: Ints


def _holds(pattern: Pattern, record: DatedRecord) -> bool:
    return any(
        c.stream == record.stream and c.require & ~record.flags == 0
        for c in pattern.clauses
    )


def reactions_of(model: Model, records: Sequence[DatedRecord]) -> Reactions:
    """List what records start and end, by what is known of them."""
    rows: list[tuple[int, int, int]] = []
    for n, record in enumerate(records):
        if record.stream < 0:
            continue
        for f, factor in enumerate(model.factors):
            if _holds(factor.ends, record):
                rows.append((n, END, f))
            if _holds(factor.starts, record):
                rows.append((n, START, f))
        for s, state in enumerate(model.states):
            if _holds(state.off, record):
                rows.append((n, OFF, s))
            if _holds(state.on, record):
                rows.append((n, ON, s))
    return Reactions(np.array(rows, np.int64).reshape(-1, 3))


@dataclass(frozen=True)
class ShapeRow:
    """Arrays over draws for one row of a factor on a stream; see `day_weights`."""

    factor: int
    amp: Floats
    chance: Floats
    power: Floats
    offspring: bool


def _number(theta: Floats, slot: int, otherwise: float) -> Floats:
    if slot == ABSENT:
        return np.full(len(theta), otherwise)
    return np.ascontiguousarray(theta[:, slot])


def _median(theta: Floats, v: Varying | None, otherwise: float) -> Floats:
    if v is None:
        return np.full(len(theta), otherwise)
    if v.family == "uniform":
        return 0.5 * (_number(theta, v.a, 0.0) + _number(theta, v.b, 0.0))
    return _number(theta, v.a, otherwise)


def shape_rows(
    model: Model, theta: Floats, stream: int, reactions: Reactions
) -> list[ShapeRow]:
    """Rows on ``stream`` of the factors that something in the past may have started."""
    started = {int(f) for _, kind, f in reactions.table if kind == START}
    rows: list[ShapeRow] = []
    for f, factor in enumerate(model.factors):
        if f not in started and not factor.in_force:
            continue
        for row in factor.rows:
            if row.stream != stream:
                continue
            pattern = Pattern((Clause(stream, row.require),))
            chance = np.ones(len(theta))
            if row.require:
                chance = np.asarray(chance_of(model, theta, pattern, stream))
            c = _number(theta, row.compliance, 1.0) * _number(theta, row.obeys, 1.0)
            amp = c * (_number(theta, row.factor, 1.0) - 1.0)
            power = _number(theta, row.power, -1.0)
            rows.append(ShapeRow(f, amp, chance, power, factor.offspring))
    return rows


def factor_times(model: Model, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Median delay, plateau (NEVER: for ever) and fading rate, (D, F) each."""
    D, F = len(theta), len(model.factors)
    delay, holds, rate = np.zeros((D, F)), np.zeros((D, F)), np.zeros((D, F))
    for f, factor in enumerate(model.factors):
        delay[:, f] = _median(theta, factor.delay, 0.0)
        fades = factor.half_life != ABSENT
        holds[:, f] = _median(theta, factor.holds_for, 0.0 if fades else NEVER)
        if fades:
            rate[:, f] = LN2 / np.maximum(_number(theta, factor.half_life, 1.0), 1e-9)
    return delay, holds, rate


def state_lasts(model: Model, theta: Floats) -> Floats:
    """Median duration of each state (NEVER: until turned off), (D, S)."""
    lasts = np.zeros((len(theta), len(model.states)))
    for s, state in enumerate(model.states):
        lasts[:, s] = _median(theta, state.lasts, NEVER)
    return lasts


def in_force(factor: Factor) -> list[float]:
    """Middle of each start that is given as a date."""
    return [0.5 * (a + b) for a, b in factor.in_force]


@inner
def _state_on(
    t: float,
    s: int,
    reactions: Ints,
    times: Floats,
    initially: Ints,
    since: Floats,
    lasts: Floats,
) -> bool:
    on, last = False, -NEVER
    if initially[s] == 1 and t >= since[s]:
        on, last = True, since[s]
    for r in range(len(reactions)):
        at = times[reactions[r, 0]]
        if reactions[r, 2] != s or at >= t or at < last:
            continue
        if reactions[r, 1] == ON:
            on, last = True, at
        elif reactions[r, 1] == OFF:
            on, last = False, at
    return on and (last <= -NEVER or t < last + lasts[s])


@inner
def _strength(
    t: float,
    f: int,
    reactions: Ints,
    times: Floats,
    dated: Floats,
    delay: float,
    holds: float,
    rate: float,
) -> float:
    """g(t) of factor ``f``: its latest start that no end has killed."""
    ended = -NEVER
    for r in range(len(reactions)):
        at = times[reactions[r, 0]]
        if reactions[r, 1] == END and reactions[r, 2] == f and at < t:
            ended = max(ended, at)
    start = -NEVER
    for k in range(len(dated)):
        if ended < dated[k] <= t:
            start = max(start, dated[k])
    for r in range(len(reactions)):
        at = times[reactions[r, 0]]
        mine = reactions[r, 1] == START and reactions[r, 2] == f
        if mine and at > ended and at + delay <= t:
            start = max(start, at + delay)
    if start <= -NEVER:
        return 0.0
    age = t - start
    if age < holds:
        return 1.0
    return math.exp(-rate * (age - holds)) if rate > 0.0 else 0.0


@kernel
def day_weights(
    root: Floats,
    child: Floats,
    begins: int,
    week: Floats,
    times: Floats,
    reactions: Ints,
    row_factor: Ints,
    row_amp: Floats,
    row_chance: Floats,
    row_power: Floats,
    row_offspring: Ints,
    delay: Floats,
    holds: Floats,
    rate: Floats,
    until: Floats,
    while_state: Ints,
    dated_ptr: Ints,
    dated: Floats,
    initially: Ints,
    since: Floats,
    lasts: Floats,
) -> None:
    """Multiply ``root`` and ``child`` (days,) by the factors in force, for one draw.

    Parameters
    ----------
    root, child : (days,)
        What multiplies immigrants and offspring; ``root`` gets the weekday too.
    begins
        Day of their first entry.
    week : (7,)
        Factor of each weekday of ``begins`` + k.
    times : (records,)
        Times of the dated records in this draw.
    reactions
        From `reactions_of`.
    row_* : (rows,)
        Factor rows on the stream, see `ShapeRow`.
    delay, holds, rate, until, while_state, dated_ptr, dated : (factors,) ...
        Shapes of the factors.
    initially, since, lasts : (states,)
        States.
    """
    days = len(root)
    for d in range(days):
        root[d] *= week[d % 7]
    k = 0
    rows = len(row_factor)
    while k < rows:
        f = row_factor[k]
        stop = k
        while stop < rows and row_factor[stop] == f:
            stop += 1
        for d in range(days):
            t = begins + d + 0.5
            if t >= until[f]:
                continue
            inside = dated[dated_ptr[f] : dated_ptr[f + 1]]
            g = _strength(t, f, reactions, times, inside, delay[f], holds[f], rate[f])
            if g <= 0.0:
                continue
            s = while_state[f]
            if s >= 0 and not _state_on(
                t, s, reactions, times, initially, since, lasts
            ):
                continue
            a, b = 1.0, 1.0
            for r in range(k, stop):
                x = max(1.0 + row_amp[r] * g, 0.0)
                if row_power[r] >= 0.0:
                    a += row_chance[r] * (x ** row_power[r] - 1.0)
                    continue
                a += row_chance[r] * (x - 1.0)
                if x <= 1.0 or row_offspring[r] == 1:
                    b += row_chance[r] * (x - 1.0)
            root[d] *= max(a, 0.0)
            child[d] *= max(b, 0.0)
        k = stop
