"""A case as the builders take it: parsed words, dates, numbers in model units.

Plain frozen dataclasses, one per section; `from_case` fills them from the schema, tests
by hand. Fields are those of the case format; see its reference for their meaning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from spillover.assemble.patterns import StreamWords
from spillover.assemble.relations import Relations
from spillover.case.number_text import Number
from spillover.case.pattern_text import PatternText, QuantityText

__all__ = [
    "ActionSource",
    "AmountSource",
    "CaseSource",
    "ChoiceSource",
    "ConditionSource",
    "CountSource",
    "DriverSource",
    "DrivesSource",
    "EventSource",
    "GaugeSource",
    "Hold",
    "LeverSource",
    "LineSource",
    "MarkSource",
    "OutcomeSource",
    "RaisesSource",
    "RecordSource",
    "ReplySource",
    "ReportSource",
    "ResponseSource",
    "RestraintSource",
    "StateSource",
    "StreamSource",
    "TieSource",
    "VariantSource",
    "WarningSource",
    "Yielding",
]

Patterns = tuple[PatternText, ...]


@dataclass(frozen=True)
class AmountSource:
    """Deaths, injured or size."""

    chance: Number
    given: str = ""
    number: Number | None = None


@dataclass(frozen=True)
class MarkSource:
    """Marks of a stream: choices (name to value to share), yes/no marks, amounts."""

    choices: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
    yes_no: Mapping[str, Number] = field(default_factory=dict)
    amounts: Mapping[str, AmountSource] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamSource:
    """A stream; ``observed`` is (share, from, to) with None for an open end."""

    words: StreamWords
    name: str = ""
    baseline: Number | None = None
    level: Number | None = None
    drivers: Mapping[str, Number] = field(default_factory=dict)
    weekday: tuple[Number, ...] = ()
    marks: MarkSource = field(default_factory=MarkSource)
    dormant: bool = False
    observed: tuple[tuple[Number, dt.date | None, dt.date | None], ...] = ()


@dataclass(frozen=True)
class ReportSource:
    """A layer of claims."""

    id: str
    of: Patterns
    real: Number
    claimed: Number | None = None


@dataclass(frozen=True)
class DriverSource:
    """A driver; ``given`` and ``sum_of`` for those paths."""

    id: str
    path: Literal["constant", "decay", "walk", "given", "sum"]
    half_life: Number | None = None
    spread: Number | None = None
    reverts_to: Number | None = None
    reverts_half_life: Number | None = None
    jump_rate: Number | None = None
    jump_times: Number | None = None
    floor: Number | None = None
    ceiling: Number | None = None
    given: tuple[tuple[dt.date, float], ...] = ()
    sum_of: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True)
class StateSource:
    """A state."""

    id: str
    on_when: Patterns = ()
    off_when: Patterns = ()
    lasts: Number | None = None
    initially: bool = False
    since: dt.date | None = None


@dataclass(frozen=True)
class ResponseSource:
    """A response.

    ``kernel`` is (half-life, share) with None for the only part, ``times`` maps a mark
    to how often a parent with it counts.
    """

    id: str
    when: Patterns
    then: PatternText
    children: Number
    kernel: tuple[tuple[Number, Number | None], ...]
    lag: Number | None = None
    when_fatal: Number | None = None
    times: tuple[tuple[tuple[str, str], Number], ...] = ()


@dataclass(frozen=True)
class ConditionSource:
    """What must hold at an ask: exactly one of the four, maybe negated."""

    text: str
    state: str = ""
    restraint: str = ""
    gauge: str = ""
    event: Patterns = ()
    within: Number | None = None
    above: Number | None = None
    negate: bool = False


@dataclass(frozen=True)
class ReplySource:
    """A reply; ``answers`` maps the act's text to its words (None: no answer)."""

    id: str
    ask: Patterns
    within: Number
    answers: tuple[tuple[str, PatternText | None, Number], ...]
    delay: Number | None = None
    odds_if: tuple[tuple[ConditionSource, Mapping[str, Number]], ...] = ()
    weigh_past: bool = True
    pending: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class Hold:
    """One target of what holds or raises: events, or a driver.

    ``key`` is its text, which stands for it in paths; ``factor`` is None when the
    element's own applies.
    """

    key: str
    words: Patterns = ()
    driver: str = ""
    factor: Number | None = None


@dataclass(frozen=True)
class Yielding:
    """Compliance or obedience: one number, by member, or by the owner's control."""

    number: Number | None = None
    members: Mapping[str, Number] = field(default_factory=dict)
    by_control: bool = False


@dataclass(frozen=True)
class RestraintSource:
    """A restraint."""

    id: str
    holds: tuple[Hold, ...]
    when: Patterns = ()
    owner: str = ""
    factor: Number | None = None
    delay: Number | None = None
    holds_for: Number | None = None
    half_life: Number | None = None
    compliance: Yielding = field(default_factory=Yielding)
    obeys: Yielding = field(default_factory=Yielding)
    ends_when: Patterns = ()
    until: dt.date | None = None
    while_state: str = ""
    in_force: tuple[dt.date, dt.date | None] | None = None


@dataclass(frozen=True)
class RaisesSource:
    """A factor that a red line starts."""

    holds: tuple[Hold, ...]
    factor: Number | None
    lasts: Number | None = None
    half_life: Number | None = None
    cap: float | None = None
    offspring: bool = False


@dataclass(frozen=True)
class LineSource:
    """A red line: exactly one of ``act``, ``raises`` and ``opens``."""

    id: str
    owner: str
    when: QuantityText
    chance: Number
    reach: Number | None = None
    times_past_peak: Number | None = None
    within: Number | None = None
    act: PatternText | None = None
    raises: RaisesSource | None = None
    opens: str = ""
    opens_for: Number | None = None
    delay: Number | None = None
    times: Number | None = None
    counts: Number | None = None
    wear_reach: Number | None = None
    wear_chance: Number | None = None
    weigh_past: bool = True
    pending: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class WarningSource:
    """A warning."""

    id: str
    act: PatternText
    issued: dt.date
    chance: Number
    by: dt.date | None = None
    after: Number | None = None
    fades: Number | None = None


@dataclass(frozen=True)
class DrivesSource:
    """What a gauge multiplies."""

    holds: tuple[Hold, ...]
    factor: Number | None
    half_at: Number
    cap: float | None = None


@dataclass(frozen=True)
class GaugeSource:
    """A gauge; ``raised_by`` maps a text to its patterns and step."""

    id: str
    half_life: Number
    raised_by: tuple[tuple[str, Patterns, Number], ...]
    start: Number | None = None
    at_origin: Number | None = None
    drives: tuple[DrivesSource, ...] = ()


@dataclass(frozen=True)
class OutcomeSource:
    """An outcome; bounds are on whole numbers unless it asks about a gauge."""

    id: str
    question: str
    of: QuantityText | None = None
    low: float = 1.0
    high: float = float("inf")
    count: bool = False
    first_time: bool = False
    within: tuple[int, ...] = ()
    before: dt.date | None = None
    by: dt.date | None = None
    months: Literal["", "any", "every"] = ""
    any_days: int = 0
    until: dt.date | None = None
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    first: Patterns = ()
    first_within: float = float("inf")
    unmodelled: Number | None = None


@dataclass(frozen=True)
class ActionSource:
    """One thing a lever does; ``kind`` says which fields count.

    ``numbers`` are as written: their unit is known once their path is found.
    """

    kind: Literal["act", "set", "scale", "off", "if"]
    act: PatternText | None = None
    on: tuple[dt.date, ...] = ()
    attempt: bool = False
    numbers: Mapping[str, object] = field(default_factory=dict)
    element: str = ""
    condition: Patterns = ()
    delay: Number | None = None
    chance: Number | None = None


@dataclass(frozen=True)
class LeverSource:
    """A lever."""

    id: str
    name: str
    kind: str = "none"
    owners: tuple[str, ...] = ()
    do: tuple[ActionSource, ...] = ()
    both: tuple[str, ...] = ()


@dataclass(frozen=True)
class AddedActSource:
    """An act that would have happened besides, in a question put to the history."""

    what_if: str
    day: dt.date
    act: PatternText


@dataclass(frozen=True)
class ChoiceSource:
    """One choice of a variant."""

    id: str
    weight: Number
    numbers: Mapping[str, object] = field(default_factory=dict)
    off: tuple[str, ...] = ()


@dataclass(frozen=True)
class VariantSource:
    """A variant."""

    id: str
    name: str
    choices: tuple[ChoiceSource, ...]


@dataclass(frozen=True)
class TieSource:
    """A tie with control."""

    id: str
    source: str
    target: str
    control: Number


@dataclass(frozen=True)
class RecordSource:
    """A record with its codes resolved to actors; blanks are empty, numbers None."""

    id: str
    date: dt.date
    date_to: dt.date
    source: str
    action: str
    target: str
    place_from: str = ""
    place_in: str = ""
    about: str = ""
    deaths: int | None = None
    injured: int | None = None
    marks: tuple[tuple[str, str], ...] = ()
    order: int | None = None


@dataclass(frozen=True)
class EventSource:
    """Events of one stream on a day, or on days of a range (both inclusive)."""

    stream: str
    date: dt.date
    date_to: dt.date
    count: int


@dataclass(frozen=True)
class CountSource:
    """A count row; ``to`` is its last day. Bounds as printed, None where blank."""

    id: str
    since: dt.date
    to: dt.date
    of: Patterns
    report: str
    text: str
    kind: str
    count: int | None = None
    low: int | None = None
    high: int | None = None
    rival: str = ""
    weight: float | None = None


@dataclass(frozen=True)
class CaseSource:
    """A whole case."""

    id: str
    origin: dt.date
    horizon: float
    begins: dt.date | None = None
    relations: Relations = field(default_factory=Relations)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    alike: Mapping[str, float] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
    ties: tuple[TieSource, ...] = ()
    drivers: tuple[DriverSource, ...] = ()
    states: tuple[StateSource, ...] = ()
    streams: tuple[StreamSource, ...] = ()
    reports: tuple[ReportSource, ...] = ()
    responses: tuple[ResponseSource, ...] = ()
    replies: tuple[ReplySource, ...] = ()
    restraints: tuple[RestraintSource, ...] = ()
    red_lines: tuple[LineSource, ...] = ()
    warnings: tuple[WarningSource, ...] = ()
    gauges: tuple[GaugeSource, ...] = ()
    outcomes: tuple[OutcomeSource, ...] = ()
    levers: tuple[LeverSource, ...] = ()
    added: tuple[AddedActSource, ...] = ()
    variants: tuple[VariantSource, ...] = ()
    records: tuple[RecordSource, ...] = ()
    counts: tuple[CountSource, ...] = ()
    events: tuple[EventSource, ...] = ()
