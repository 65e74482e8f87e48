"""Alert rules with hysteresis: raised at one chance, cleared at a lower one.

A chance that wavers between the two changes nothing. A rule is a state and a step:

    state, told = step(rule, state, chance)      told: "raised", "cleared" or ""

This file must never import a case, a page or a command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["AlertRule", "RuleState", "step"]


TINY = 1e-12
"""Differences of chances are rounded: 33 % less 28 % is 5 points."""


@dataclass(frozen=True)
class AlertRule:
    """One rule.

    Attributes
    ----------
    id
        Outcome and window, or a name of its own.
    question
        Id of the question it watches.
    above, below
        Raised when the chance is at or above the first, cleared when it is at or below
        the second, which is smaller.
    least_rise
        Raised only when the chance stands at least so much above the lowest one since
        the rule was last clear. The first look of a watch has none, and asks only for
        ``above``.
    """

    id: str
    question: str
    above: float
    below: float
    least_rise: float = 0.0


@dataclass(frozen=True)
class RuleState:
    """Where a rule stands.

    Attributes
    ----------
    raised
        Whether it is up.
    lowest
        Lowest chance since it was last clear; None before the first look.
    """

    raised: bool = False
    lowest: float | None = None


def step(rule: AlertRule, state: RuleState, p: float) -> tuple[RuleState, str]:
    """One look: the new state, and ``raised``, ``cleared`` or nothing.

    Parameters
    ----------
    p
        The chance now, 0 to 1.
    """
    if state.raised:
        if p <= rule.below:
            return RuleState(False, p), "cleared"
        return state, ""
    lowest = p if state.lowest is None else min(state.lowest, p)
    risen = state.lowest is None or p - lowest >= rule.least_rise - TINY
    if p >= rule.above and risen:
        return replace(state, raised=True, lowest=lowest), "raised"
    return RuleState(False, lowest), ""
