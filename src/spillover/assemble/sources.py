"""A case as the builders take it: parsed words, dates, numbers in model units.

Plain frozen dataclasses, one per section; `from_case` fills them from the schema, tests
by hand. Fields are those of the case format; see its reference for their meaning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from spillover.assemble.patterns import StreamWords, Words
from spillover.assemble.relations import Relations
from spillover.assemble.values import Value

__all__ = [
    "ActionSource",
    "AmountSource",
    "CaseSource",
    "ChoiceSource",
    "ConditionSource",
    "CountSource",
    "DriverSource",
    "DrivesSource",
    "GaugeSource",
    "Hold",
    "LeverSource",
    "LineSource",
    "MarkSource",
    "OutcomeSource",
    "QuantitySource",
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

Patterns = tuple[Words, ...]


@dataclass(frozen=True)
class AmountSource:
    """Deaths, injured or size."""

    chance: Value
    given: str = ""
    number: Value | None = None


@dataclass(frozen=True)
class MarkSource:
    """Marks of a stream: choices (name to value to share), yes/no marks, amounts."""

    choices: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    yes_no: Mapping[str, Value] = field(default_factory=dict)
    amounts: Mapping[str, AmountSource] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamSource:
    """A stream; ``observed`` is (share, from, to) with None for an open end."""

    words: StreamWords
    name: str = ""
    baseline: Value | None = None
    level: Value | None = None
    drivers: Mapping[str, Value] = field(default_factory=dict)
    weekday: tuple[Value, ...] = ()
    marks: MarkSource = field(default_factory=MarkSource)
    dormant: bool = False
    observed: tuple[tuple[Value, dt.date | None, dt.date | None], ...] = ()


@dataclass(frozen=True)
class ReportSource:
    """A layer of claims."""

    id: str
    of: Patterns
    real: Value
    claimed: Value | None = None


@dataclass(frozen=True)
class DriverSource:
    """A driver; ``given`` and ``sum_of`` for those paths."""

    id: str
    path: Literal["constant", "decay", "walk", "given", "sum"]
    half_life: Value | None = None
    spread: Value | None = None
    reverts_to: Value | None = None
    reverts_half_life: Value | None = None
    jump_rate: Value | None = None
    jump_times: Value | None = None
    floor: Value | None = None
    ceiling: Value | None = None
    given: tuple[tuple[dt.date, float], ...] = ()
    sum_of: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class StateSource:
    """A state."""

    id: str
    on_when: Patterns = ()
    off_when: Patterns = ()
    lasts: Value | None = None
    initially: bool = False
    since: dt.date | None = None


@dataclass(frozen=True)
class ResponseSource:
    """A response.

    ``kernel`` is (half-life, share) with None for the only part, ``times`` (mark, value)
    to how often a parent with it counts.
    """

    id: str
    when: Patterns
    then: Words
    children: Value
    kernel: tuple[tuple[Value, Value | None], ...]
    lag: Value | None = None
    when_fatal: Value | None = None
    times: tuple[tuple[tuple[str, str], Value], ...] = ()


@dataclass(frozen=True)
class ConditionSource:
    """What must hold at an ask: exactly one of the four, maybe negated."""

    text: str
    state: str = ""
    restraint: str = ""
    gauge: str = ""
    event: Patterns = ()
    within: Value | None = None
    above: Value | None = None
    negate: bool = False


@dataclass(frozen=True)
class ReplySource:
    """A reply; ``answers`` maps the act's text to its words (None: no answer)."""

    id: str
    ask: Patterns
    within: Value
    answers: tuple[tuple[str, Words | None, Value], ...]
    delay: Value | None = None
    odds_if: tuple[tuple[ConditionSource, Mapping[str, Value]], ...] = ()
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
    factor: Value | None = None


@dataclass(frozen=True)
class Yielding:
    """Compliance or obedience: one number, by member, or by the owner's control."""

    number: Value | None = None
    members: Mapping[str, Value] = field(default_factory=dict)
    by_control: bool = False


@dataclass(frozen=True)
class RestraintSource:
    """A restraint."""

    id: str
    holds: tuple[Hold, ...]
    when: Patterns = ()
    owner: str = ""
    factor: Value | None = None
    delay: Value | None = None
    holds_for: Value | None = None
    half_life: Value | None = None
    compliance: Yielding = field(default_factory=Yielding)
    obeys: Yielding = field(default_factory=Yielding)
    ends_when: Patterns = ()
    until: dt.date | None = None
    while_state: str = ""
    in_force: tuple[dt.date, dt.date | None] | None = None


@dataclass(frozen=True)
class QuantitySource:
    """What a red line or an outcome counts."""

    kind: Literal["count", "deaths", "injured", "gauge", "report"]
    words: Patterns = ()
    name: str = ""


@dataclass(frozen=True)
class RaisesSource:
    """A factor that a red line starts."""

    holds: tuple[Hold, ...]
    factor: Value | None
    lasts: Value | None = None
    half_life: Value | None = None
    cap: float | None = None
    offspring: bool = False


@dataclass(frozen=True)
class LineSource:
    """A red line: exactly one of ``act``, ``raises`` and ``opens``."""

    id: str
    owner: str
    when: QuantitySource
    chance: Value
    reach: Value | None = None
    times_past_peak: Value | None = None
    within: Value | None = None
    act: Words | None = None
    raises: RaisesSource | None = None
    opens: str = ""
    opens_for: Value | None = None
    delay: Value | None = None
    times: Value | None = None
    counts: Value | None = None
    wear_reach: Value | None = None
    wear_chance: Value | None = None
    weigh_past: bool = True
    pending: tuple[dt.date, ...] = ()


@dataclass(frozen=True)
class WarningSource:
    """A warning."""

    id: str
    act: Words
    issued: dt.date
    chance: Value
    by: dt.date | None = None
    after: Value | None = None
    fades: Value | None = None


@dataclass(frozen=True)
class DrivesSource:
    """What a gauge multiplies."""

    holds: tuple[Hold, ...]
    factor: Value | None
    half_at: Value
    cap: float | None = None


@dataclass(frozen=True)
class GaugeSource:
    """A gauge; ``raised_by`` maps a text to its patterns and step."""

    id: str
    half_life: Value
    raised_by: tuple[tuple[str, Patterns, Value], ...]
    start: Value | None = None
    at_origin: Value | None = None
    drives: tuple[DrivesSource, ...] = ()


@dataclass(frozen=True)
class OutcomeSource:
    """An outcome; bounds are on whole numbers unless it asks about a gauge."""

    id: str
    question: str
    of: QuantitySource | None = None
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
    unmodelled: Value | None = None


@dataclass(frozen=True)
class ActionSource:
    """One thing a lever does; ``kind`` says which fields count."""

    kind: Literal["act", "set", "scale", "off", "if"]
    act: Words | None = None
    on: tuple[dt.date, ...] = ()
    attempt: bool = False
    numbers: Mapping[str, Value] = field(default_factory=dict)
    element: str = ""
    condition: Patterns = ()
    delay: Value | None = None
    chance: Value | None = None


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
class ChoiceSource:
    """One choice of a variant."""

    id: str
    weight: Value
    numbers: Mapping[str, Value] = field(default_factory=dict)
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
    control: Value


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
    numbers: Mapping[str, Value] = field(default_factory=dict)
    alike: Mapping[str, float] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
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
    variants: tuple[VariantSource, ...] = ()
    records: tuple[RecordSource, ...] = ()
    counts: tuple[CountSource, ...] = ()
