"""The outlook: who acts next toward whom, with what chance, and why.

Rates and the map of chances are learned on what lies before the last weeks and on these
weeks (`world`); the sums are those of the day. This file must never import a page.
"""
# ruff: noqa: E501 - sentences for people

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.errors import EventsError
from spillover.model.facts import Facts
from spillover.world.rates import Rates
from spillover.world.rates_ahead import Ahead, Sums, ahead, rates_of, sums_of
from spillover.world.rates_chance import ChanceMap, fit_map
from spillover.world.rates_fit import FEWEST_DAYS, Fit, fit_rates
from spillover.world.rates_layout import Layout, layout_of, state_at
from spillover.world.rates_shares import Shares, shares_of
from spillover.world.rates_weeks import Stretch, stretch_of

__all__ = ["STRETCHES", "Learned", "Stated", "View", "learn", "lessons", "view_at"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[int, int, str], None]

STRETCHES = 8
"""Stretches of the horizon's length before the day, on which the map is learned."""
FEWEST_STRETCHES = 3


@dataclass(frozen=True)
class Learned:
    """What was learned by a day.

    Attributes
    ----------
    fit
        Rates, from facts before the stretches.
    chances
        The map, from the stretches.
    end, horizon
        The day after the last that was known; days ahead.
    """

    fit: Fit
    chances: ChanceMap
    end: int
    horizon: int

    @property
    def rates(self) -> Rates:
        """The law of rates."""
        return self.fit.rates


def lessons(
    facts: Facts, end: int, *, horizon: int = 7, progress: Progress | None = None
) -> tuple[Fit, list[Stretch]]:
    """Rates from the facts before the last stretches, and these stretches, stated.

    Raises
    ------
    EventsError
        When the facts cover too few days.
    """
    say = progress or (lambda done, total, what: None)
    facts = facts.between(-(2**31) + 1, end)
    known = end - int(facts.day[0]) if len(facts) else 0
    n = min(STRETCHES, (known - 2 * FEWEST_DAYS) // horizon)
    if n < FEWEST_STRETCHES:
        need = 2 * FEWEST_DAYS + FEWEST_STRETCHES * horizon
        msg = f"the facts cover {known} days up to this day: an outlook over {horizon} days needs at least {need}"
        raise EventsError(msg)
    fit = fit_rates(
        facts, end=end - n * horizon, progress=lambda d, t, w: say(d, t + n + 2, w)
    )
    layout = layout_of(facts)
    parts = []
    for k in range(n, 0, -1):
        say(20 + n - k, 22 + n, "stating chances for the weeks before, to see how they came out")  # fmt: skip
        parts.append(
            stretch_of(fit.rates, facts, layout, end - k * horizon, horizon=horizon)
        )
    return fit, parts


def learn(
    facts: Facts, end: int, *, horizon: int = 7, progress: Progress | None = None
) -> Learned:
    """Learn rates and the map of chances from the facts before `end`.

    Raises
    ------
    EventsError
        When the facts cover too few days.
    """
    say = progress or (lambda done, total, what: None)
    fit, parts = lessons(facts, end, horizon=horizon, progress=progress)
    chances = fit_map(parts, actions=len(facts.actions))
    say(20 + len(parts), 22 + len(parts), "looking ahead")
    return Learned(fit, chances, end, horizon)


@dataclass(frozen=True)
class Stated:
    """What is stated of pairs, by act; arrays of shape (n, R).

    Attributes
    ----------
    source, target : shape (n,)
        Pairs; -1 is an actor never seen.
    new : shape (n,)
        The pair never had a fact.
    rate
        Facts a day, on an average weekday.
    expected
        Facts within the horizon before the first.
    chance
        Of at least one within the horizon.
    """

    source: Ints
    target: Ints
    new: NDArray[np.bool_]
    rate: Floats
    expected: Floats
    chance: Floats


@dataclass(frozen=True)
class View:
    """The world at the start of a day, as the learned law sees it."""

    learned: Learned
    facts: Facts
    day: int
    layout: Layout
    shares: Shares
    sums: Sums
    look: Ahead
    known: NDArray[np.bool_]

    def state(self, source: Ints, target: Ints) -> Stated:
        """Rates and chances of pairs."""
        rates = self.learned.rates
        p = self.layout.find(source, target)
        new = (p < 0) | ~self.known[p] if len(self.known) else p < 0
        expected = self.look.expected(rates, self.layout, self.shares, source, target)
        chance = self.learned.chances.chance(expected, new)
        rate = rates_of(rates, self.layout, self.shares, self.sums, source, target)
        return Stated(source, target, new, rate, expected, chance)


def view_at(learned: Learned, facts: Facts, layout: Layout, day: int) -> View:
    """See the world at the start of `day`; facts on or after it do not count."""
    state = state_at(facts, layout, learned.rates.shape, day)
    shares = shares_of(layout, learned.rates.shape, state)
    known = np.zeros(len(layout.key), bool)
    known[layout.cell_pair[layout.fact_cell[facts.day < day]]] = True
    return View(
        learned, facts, day, layout, shares, sums_of(layout, state),
        ahead(learned.rates, layout, shares, state, learned.horizon), known,
    )  # fmt: skip
