"""The model of a case with its past as the time that is played.

Time 0 is the first day of the records. Drivers have no known past: the background of
each stream stands in their place, a level per day that the history is asked for.

This file must never import a case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled
from spillover.assemble.stability import bases_matrix
from spillover.model.structure import ABSENT, Driver, Model

__all__ = ["HistoryModel", "bases_of", "history_model", "walks_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HistoryModel:
    """A model of the past.

    Attributes
    ----------
    model
        Its structure; driver i is the background of stream i, its power one.
    begins
        First day, from the origin (below zero).
    """

    model: Model
    begins: int

    def numbers(self, theta: Floats) -> Floats:
        """Numbers of draws, (D, S), with the power of the backgrounds, (D, S + 1)."""
        return np.concatenate([theta, np.ones((len(theta), 1))], axis=1)


def history_model(assembled: Assembled, days: int) -> HistoryModel:
    """The past of a case for its first ``days`` days.

    Left out: warnings (they look ahead), lines of levers, lines whose threshold is a
    multiple of the highest level before the origin, and crossings and asks that only
    stand in the case because no record shows them.
    """
    model, begins = assembled.model, assembled.past.begins
    one = len(assembled.slots)
    streams = tuple(
        replace(s, drivers=((i, one),)) for i, s in enumerate(model.streams)
    )
    drivers = tuple(
        Driver(f"background {s.id}", i + 1, "constant")
        for i, s in enumerate(model.streams)
    )
    lines = tuple(
        replace(line, pending=())
        for line in model.red_lines[: assembled.lever_lines]
        if line.times_past_peak == ABSENT
    )
    factors = tuple(
        replace(
            f,
            until=None if f.until is None else f.until - begins,
            in_force=_shift(f.in_force, begins),
        )
        for f in model.factors
    )
    states = tuple(
        replace(s, since=None if s.since is None else s.since - begins)
        for s in model.states
    )
    played = replace(
        model,
        streams=streams,
        drivers=drivers,
        factors=factors,
        states=states,
        red_lines=lines,
        replies=tuple(replace(r, pending=()) for r in model.replies),
        warnings=(),
        horizon=float(days),
        weekday_of_origin=(model.weekday_of_origin + begins) % 7,
    )
    return HistoryModel(played, begins)


def _shift(
    starts: tuple[tuple[float, float], ...], begins: int
) -> tuple[tuple[float, float], ...]:
    """Starts before the first day; later ones would need a record of their own."""
    moved = ((a - begins, b - begins) for a, b in starts)
    return tuple((a, b) for a, b in moved if b <= 0.0)


def walks_of(assembled: Assembled, theta: Floats) -> Floats:
    """Walk of each stream's log background: variance a day, return a day, mean; (K, 3).

    The walking drivers of a stream together, each to its power: a jump adds its mean
    square, returns and means are weighed by variance. Streams that share a driver are
    taken as walking apart.
    """
    model = assembled.model
    found = np.zeros((len(model.streams), 3))

    def value(slot: int, absent: float) -> float:
        return absent if slot == ABSENT else float(theta[slot])

    for i, s in enumerate(model.streams):
        for d, power in s.drivers:
            driver = model.drivers[d]
            if driver.kind != "walk":
                continue
            variance = value(driver.spread, 0.0) ** 2
            if driver.jump_times is not None:
                rate = value(driver.jump_rate, 0.0)
                variance += rate * float(np.log(theta[driver.jump_times.a])) ** 2
            variance *= float(theta[power]) ** 2
            half = value(driver.reverts_half_life, np.inf)
            mean = float(theta[power]) * np.log(value(driver.reverts_to, 1.0))
            found[i] += variance * np.array([1.0, np.log(2.0) / half, mean])
    told = found[:, 0] > 0.0
    found[told, 1:] /= found[told, :1]
    return found


def bases_of(assembled: Assembled, theta: Floats) -> Floats:
    """Immigrants per day before the background, (D, K)."""
    return np.asarray(bases_matrix(assembled.model, theta))
