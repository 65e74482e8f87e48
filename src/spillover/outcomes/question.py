"""Questions with a machine-checkable answer, compiled from the outcomes of a case.

A *tally* adds up something over time; a *question* asks whether the sum over spans of
whole days lies between two bounds, or how large it is, or when it first got there.
`evaluate` answers it on one `History`; the compiled reducers of `engine` must agree.

This file must never import a case or an engine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from spillover.model.structure import ABSENT, Pattern, Slot

__all__ = ["Question", "Span", "Tally"]


@dataclass(frozen=True)
class Tally:
    """What is added up.

    ``count`` events of the pattern, ``deaths`` or ``injured`` by them, ``report``
    claims of report layer ``index``, ``gauge`` highest level of gauge ``index`` in
    the span, ``sequence`` events of the pattern that come at most ``within`` days
    after an event of ``first``.
    """

    kind: Literal["count", "deaths", "injured", "report", "gauge", "sequence"]
    pattern: Pattern = field(default_factory=Pattern)
    index: int = -1
    first: Pattern = field(default_factory=Pattern)
    within: float = math.inf


@dataclass(frozen=True)
class Span:
    """Whole days from ``start`` to ``end``.

    (start, end] when ``closed`` ("within n days"), [start, end) when not (calendar
    days; "before" a date). They differ only for an act at exactly midnight.
    """

    start: int
    end: int
    closed: bool = True


@dataclass(frozen=True)
class Question:
    """One question.

    ``mode``: ``any`` or ``every`` of the spans has a sum in [low, high]; ``count``
    asks for the sum over the only span; ``all_of`` / ``any_of`` combine the earlier
    questions ``parts``. ``unmodelled`` is a rate per day at which it comes about some
    other way (only for questions that more events can only make truer).
    """

    id: str
    outcome: str
    text: str
    window: str
    key: int
    mode: Literal["any", "every", "count", "all_of", "any_of"]
    tally: int = -1
    spans: tuple[Span, ...] = ()
    low: float = 1.0
    high: float = math.inf
    parts: tuple[int, ...] = ()
    unmodelled: Slot = ABSENT
    first_time: bool = False
    """Also asks when the running sum from the origin first reaches ``low``."""
    quiet: bool = False
    """A count without a fan over time."""
