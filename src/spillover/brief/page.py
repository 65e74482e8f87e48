"""`BriefPage`: everything a brief shows, as plain values.

The layer above fills it; `render` and the charts only read it. Templates hold no
arithmetic. What is sourced, judged and computed stands in fields of its own.

This file imports nothing of Spillover but `brief.report`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from spillover.brief.report import Block

__all__ = [
    "ActorBox",
    "BriefPage",
    "CountRow",
    "Fan",
    "LeverRow",
    "NumberRow",
    "OutcomeRow",
    "Passage",
    "RedLineRow",
    "RestraintRow",
    "SourceRow",
    "StreamRow",
    "StudyBlocks",
    "TieArrow",
    "TimelineEvent",
    "WarningRow",
    "WatchRow",
]


@dataclass(frozen=True)
class OutcomeRow:
    """One chance; low and high: 90 % over draws, None when no spread beyond chance.

    ``mc_se`` is None where one draw does not tell it.
    """

    id: str
    question: str
    window: str
    p: float
    low: float | None
    high: float | None
    mc_se: float | None
    base_rate: float | None = None
    reference: str = ""
    unmodelled: float | None = None
    p_min: float | None = None
    p_max: float | None = None
    key: bool = False
    charted: bool = True


@dataclass(frozen=True)
class CountRow:
    """One count over all simulated courses."""

    question: str
    window: str
    q5: float
    q25: float
    q50: float
    q75: float
    q95: float
    mean: float


@dataclass(frozen=True)
class Passage:
    """Chance that something has happened by each day."""

    question: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Fan:
    """Counts over time: seen, then (day, 5, 25, 50, 75 and 95 % points); marks are (day, text)."""

    title: str
    unit: str
    history: tuple[tuple[int, float], ...]
    bands: tuple[tuple[float, ...], ...]
    marks: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class ActorBox:
    """An actor on the map."""

    id: str
    name: str
    kind: str


TieKind = Literal["attack", "support", "asked", "refused", "given"]


@dataclass(frozen=True)
class TieArrow:
    """A tie on the map; weight 0 to 1."""

    from_id: str
    to_id: str
    kind: TieKind
    weight: float
    note: str = ""


@dataclass(frozen=True)
class StreamRow:
    """A kind of event and how often it came in the simulated courses."""

    name: str
    per_month: str
    basis: str


@dataclass(frozen=True)
class RedLineRow:
    """A red line: count now against the belief about where the line lies."""

    line: str
    owner: str
    clarity: str
    answer: str
    now: float
    t5: float
    t25: float
    t50: float
    t75: float
    t95: float
    says: str
    pending: str = ""
    charted: bool = True


@dataclass(frozen=True)
class RestraintRow:
    """A restraint."""

    name: str
    owner: str
    holds: str
    in_force: str
    strength: str


@dataclass(frozen=True)
class WarningRow:
    """A warning."""

    event: str
    issued: str
    by: str
    chance: str
    source: str
    says: str


@dataclass(frozen=True)
class WatchRow:
    """An observation that would change the answer."""

    observation: str
    by: str
    means: str


@dataclass(frozen=True)
class LeverRow:
    """A lever, without effects."""

    name: str
    owner: str
    kind: str
    delay: str
    cost: str
    risk: str


@dataclass(frozen=True)
class TimelineEvent:
    """A dated record; day from the origin."""

    day: int
    text: str
    kind: Literal["attack", "support", "restraint", "other"]
    lane: str


@dataclass(frozen=True)
class NumberRow:
    """A number of the case; rests: its sources or its reason."""

    what: str
    value: str
    rests: str
    effect: str = ""


@dataclass(frozen=True)
class FitRow:
    """A number as written, by the records alone (blank: not looked at), as used; why."""

    what: str
    written: str
    alone: str
    used: str
    verdict: str
    learned: bool


@dataclass(frozen=True)
class CheckRow:
    """A stream: events seen beside those the fitted model expects; p-values or words."""

    what: str
    seen: str
    expected: str
    weekdays: str
    gaps: str


@dataclass(frozen=True)
class FitPage:
    """What the history taught about the numbers."""

    summary: str
    rows: tuple[FitRow, ...]
    checks: tuple[CheckRow, ...]


@dataclass(frozen=True)
class SourceRow:
    """A source."""

    id: str
    title: str
    date: str
    grade: str
    note: str = ""


@dataclass(frozen=True)
class StudyBlocks:
    """What studies add to a brief: paragraphs, tables and pictures, by place.

    Attributes
    ----------
    ways
        By which ways the key outcome comes about.
    levers
        What the levers do to it.
    assumptions
        Which assumptions move it, and what turns the levers round.
    history
        Decisions of the past played otherwise.
    """

    ways: tuple[Block, ...] = ()
    levers: tuple[Block, ...] = ()
    assumptions: tuple[Block, ...] = ()
    history: tuple[Block, ...] = ()

    @property
    def all(self) -> tuple[Block, ...]:
        """Every block in order."""
        return (*self.ways, *self.levers, *self.assumptions, *self.history)


@dataclass(frozen=True)
class BriefPage:
    """A whole brief."""

    title: str
    question: str
    summary: str
    case_id: str
    known_to: str
    origin: dt.date
    version: str
    seed: int
    draws: int
    futures: int
    case_digest: str
    data_digest: str
    generated: str
    bottom: str
    why: tuple[str, ...]
    confidence: str
    confidence_reasons: tuple[str, ...]
    alerts: tuple[tuple[str, str], ...]
    outcomes: tuple[OutcomeRow, ...]
    counts: tuple[CountRow, ...]
    passages: tuple[Passage, ...]
    fans: tuple[Fan, ...]
    actors: tuple[ActorBox, ...]
    ties: tuple[TieArrow, ...]
    streams: tuple[StreamRow, ...]
    red_lines: tuple[RedLineRow, ...]
    restraints: tuple[RestraintRow, ...]
    warnings: tuple[WarningRow, ...]
    watch: tuple[WatchRow, ...]
    drivers: tuple[WatchRow, ...]
    levers: tuple[LeverRow, ...]
    timeline: tuple[TimelineEvent, ...]
    sourced: tuple[NumberRow, ...]
    judged: tuple[NumberRow, ...]
    alternatives: tuple[tuple[str, tuple[str, ...]], ...]
    variants: tuple[tuple[str, str, str], ...]
    sources: tuple[SourceRow, ...]
    limits: tuple[str, ...]
    method: tuple[tuple[str, str], ...]
    fit: FitPage | None = None
    studies: StudyBlocks | None = None
    track_record: str = "No forecast has been put on record yet."
