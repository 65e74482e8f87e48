"""The model as structure: what can happen, what answers what, what holds what.

A :class:`Model` names no number. Every numeric field is a *slot*: a column of the
parameter table ``theta`` (draws x slots), so one structure serves every draw, every
variant and every lever. `assemble` builds it from a case; both engines read it.

This file must never import a case, a reader or an engine.

Units: times are float days from the origin, rates are per day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "ABSENT",
    "DEADLY",
    "INJURING",
    "Act",
    "Amount",
    "Answer",
    "Choice",
    "Clause",
    "Condition",
    "Driver",
    "Factor",
    "FactorRow",
    "Gauge",
    "GaugeFactor",
    "KernelPart",
    "Model",
    "OddsRule",
    "Option",
    "Pattern",
    "Quantity",
    "RedLine",
    "Reply",
    "Report",
    "Response",
    "ScheduledAct",
    "Slot",
    "State",
    "Stream",
    "Varying",
    "Warn",
    "WeightRule",
]

Slot = int
"""A column of theta."""
ABSENT: Slot = -1
"""The number is not given."""

DEADLY = 1 << 0
"""Flag of an event with at least one death."""
INJURING = 1 << 1
"""Flag of an event with at least one injured."""


@dataclass(frozen=True)
class Varying:
    """A thing that varies: one value per occurrence.

    ``lognormal``: median ``theta[a]``, standard deviation of the log ``theta[b]``.
    ``logitnormal``: median ``theta[a]``, standard deviation of the logit ``theta[b]``.
    ``uniform``: between ``theta[a]`` and ``theta[b]``.
    ``fixed``: always ``theta[a]`` (``b`` is ABSENT).
    """

    family: Literal["fixed", "lognormal", "logitnormal", "uniform"]
    a: Slot
    b: Slot = ABSENT


@dataclass(frozen=True)
class Clause:
    """Events of one stream whose flags hold every bit of ``require``."""

    stream: int
    require: int = 0


@dataclass(frozen=True)
class Pattern:
    """Events that match any of the clauses (an event counts once)."""

    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True)
class Act:
    """What happens: an event of ``stream``; ``flags`` are forced marks."""

    stream: int
    flags: int = 0


# ---- marks -----------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One value of a :class:`Choice`: the flags it sets and its share."""

    flags: int
    share: Slot
    """ABSENT: what is left to one (only the last option)."""


@dataclass(frozen=True)
class Choice:
    """A mark that takes one of several values (result, place, acting member, yes/no).

    The options are tried in order against one keyed uniform; shares are divided by
    their sum when ``normalise`` (members of an umbrella). A forced flag of an act
    that belongs to one of the options replaces the draw.
    """

    id: str
    key: int
    options: tuple[Option, ...]
    normalise: bool = False


@dataclass(frozen=True)
class Amount:
    """Deaths, injured or size: zero unless its chance comes up, then a number.

    The chance applies to events whose flags hold ``given``. The number is rounded to
    the nearest integer and is at least one; ``flag`` is set when it is.
    """

    id: Literal["deaths", "injured", "size"]
    key: int
    chance: Slot
    number: Varying | None = None
    given: int = 0
    flag: int = 0


@dataclass(frozen=True)
class Report:
    """Claims made of the acts of a stream: a layer of words, not of acts.

    Each act is claimed with chance ``claimed`` (ABSENT: always); empty claims come on
    top, Poisson with mean claimed * (1 / real - 1) at each act, so that a share
    ``real`` of all claims has an act behind it.
    """

    id: str
    key: int
    pattern: Pattern
    real: Slot
    claimed: Slot = ABSENT


# ---- streams and what raises them --------------------------------------------------


@dataclass(frozen=True)
class Stream:
    """One kind of event."""

    id: str
    key: int
    name: str
    base: Slot = ABSENT
    """Immigrants per day at F = 1, drivers 1, mean weekday."""
    level: Slot = ABSENT
    """Or all events per day, excited ones included; the base is solved from it."""
    drivers: tuple[tuple[int, Slot], ...] = ()
    """(driver, elasticity) pairs."""
    weekday: tuple[Slot, ...] = ()
    """Seven factors, Monday first, or none."""
    choices: tuple[Choice, ...] = ()
    amounts: tuple[Amount, ...] = ()
    flags: int = 0
    """Flags that every event of the stream has."""
    dormant: bool = False
    """Nothing happens (F = 0) until something opens it."""


@dataclass(frozen=True)
class KernelPart:
    """One exponential part of a memory: half-life in days and its share."""

    half_life: Slot
    share: Slot = ABSENT
    """ABSENT: the only part (share one)."""


@dataclass(frozen=True)
class WeightRule:
    """An event whose flags hold ``require`` counts ``times`` times."""

    require: int
    times: Slot


@dataclass(frozen=True)
class Response:
    """An event matching ``when`` brings on average ``children`` events ``then``."""

    id: str
    key: int
    when: Pattern
    then: Act
    children: Slot
    kernel: tuple[KernelPart, ...]
    lag: Slot = ABSENT
    weights: tuple[WeightRule, ...] = ()
    """The first rule that holds applies; none: weight one."""


@dataclass(frozen=True)
class Driver:
    """A level per day, one at the origin, that raises baselines.

    ``walk``: x[d+1] = x[d] + k (m - x[d]) + s z[d] + jump, level = exp(x), with
    k = 1 - 2^(-1 / reverts_half_life), m = log(reverts_to), s = spread per sqrt day
    and, with daily chance 1 - exp(-jump_rate), a jump of log(jump_times).
    ``decay``: level 2^(-d / half_life). ``given``: ``path`` (one level a day).
    ``sum``: sum of other drivers' levels times their weights, divided by its value
    at the origin. Floor and ceiling cut the level (and a walk's x) after each step.
    """

    id: str
    key: int
    kind: Literal["constant", "decay", "walk", "given", "sum"]
    half_life: Slot = ABSENT
    spread: Slot = ABSENT
    """Standard deviation of the log per sqrt day."""
    reverts_to: Slot = ABSENT
    reverts_half_life: Slot = ABSENT
    jump_rate: Slot = ABSENT
    jump_times: Varying | None = None
    floor: Slot = ABSENT
    ceiling: Slot = ABSENT
    path: tuple[float, ...] = ()
    parts: tuple[tuple[int, Slot], ...] = ()


# ---- factors ---------------------------------------------------------------------


@dataclass(frozen=True)
class FactorRow:
    """One target of a factor: candidates of ``stream`` whose flags hold ``require``.

    While in force the candidate's rate is multiplied by f(t) = 1 + c o (x - 1) g(t):
    ``factor`` x, ``compliance`` c (ABSENT: one), o = 0 or 1 drawn at each start with
    chance ``obeys`` (ABSENT: one), g the shape (one on the plateau, then fading).
    Rows of one factor exclude each other (at most one matches a candidate).
    """

    stream: int
    factor: Slot
    require: int = 0
    compliance: Slot = ABSENT
    obeys: Slot = ABSENT
    obeys_key: int = 0
    power: Slot = ABSENT
    """Given: f(t)^power, immigrants only (a driver that is held)."""


@dataclass(frozen=True)
class Factor:
    """A restraint or what a red line raises: multiplies named streams while in force.

    A start renews it (never stacks): an event matching ``starts`` after ``delay``,
    a red line that names it, or ``in_force`` dates before the origin. It ends at an
    event matching ``ends`` (which also voids starts still waiting for their delay),
    at ``until``, and rests while ``while_state`` is off.
    g(t) = 1 for ``holds_for`` (absent: no plateau when there is a half-life, for ever
    when there is none), then 2^(-age / half_life), or 0 when there is no half-life.
    """

    id: str
    key: int
    rows: tuple[FactorRow, ...]
    starts: Pattern = field(default_factory=Pattern)
    ends: Pattern = field(default_factory=Pattern)
    delay: Varying | None = None
    holds_for: Varying | None = None
    half_life: Slot = ABSENT
    until: float | None = None
    while_state: int | None = None
    in_force: tuple[tuple[float, float], ...] = ()
    """Starts before the origin as (earliest, latest) time; equal: known."""
    owner: str = ""
    offspring: bool = False
    """Multiplies offspring too although above one."""
    cap: float = 1.0
    """Largest value f(t) may take; at most one for a restraint."""


@dataclass(frozen=True)
class Gauge:
    """A level raised by events and decaying by its half-life."""

    id: str
    key: int
    half_life: Slot
    steps: tuple[tuple[Pattern, Slot], ...]
    start: Slot = ABSENT
    """Level at the beginning of the records (ABSENT: zero)."""
    at_origin: Slot = ABSENT
    """Level at the origin, whatever the records say."""


@dataclass(frozen=True)
class GaugeFactor:
    """f = 1 + (factor - 1) level / (level + half_at) on each row's stream."""

    id: str
    gauge: int
    rows: tuple[FactorRow, ...]
    half_at: Slot
    offspring: bool = False
    cap: float = 1.0


@dataclass(frozen=True)
class State:
    """Something that is on or off: turned by events, may end by itself."""

    id: str
    key: int
    on: Pattern = field(default_factory=Pattern)
    off: Pattern = field(default_factory=Pattern)
    lasts: Varying | None = None
    initially: bool = False
    since: float | None = None


# ---- what follows ------------------------------------------------------------------


@dataclass(frozen=True)
class Quantity:
    """What a red line counts: events, deaths or injured of a pattern, or a gauge."""

    kind: Literal["count", "deaths", "injured", "gauge"]
    pattern: Pattern = field(default_factory=Pattern)
    gauge: int = -1


@dataclass(frozen=True)
class RedLine:
    """A quantity reaching a threshold opens what follows.

    Exactly one of ``act``, ``factor`` (index) and ``opens`` (stream) is given.
    """

    id: str
    key: int
    owner: str
    quantity: Quantity
    chance: Slot
    reach: Varying | None = None
    times_past_peak: Slot = ABSENT
    """Or, for a gauge: threshold = this times its highest value before the origin."""
    window: Slot = ABSENT
    """Days; ABSENT: for ever (or a gauge)."""
    act: Act | None = None
    factor: int | None = None
    opens: int | None = None
    open_for: Varying | None = None
    delay: Varying | None = None
    times: Varying | None = None
    counts: Slot = ABSENT
    """Chance that a matching event counts as a crossing act; ABSENT: one."""
    wear_reach: Slot = ABSENT
    wear_chance: Slot = ABSENT
    weigh_past: bool = True
    pending: tuple[float, ...] = ()
    """Crossings before the origin that no record shows (times, unanswered)."""


@dataclass(frozen=True)
class Condition:
    """Holds or not just before an event."""

    kind: Literal["state", "factor", "event", "gauge"]
    index: int = -1
    pattern: Pattern = field(default_factory=Pattern)
    within: Slot = ABSENT
    above: Slot = ABSENT
    negate: bool = False


@dataclass(frozen=True)
class OddsRule:
    """While ``when`` holds at the ask, the odds of ``answer`` are multiplied."""

    when: Condition
    answer: int
    times: Slot


@dataclass(frozen=True)
class Answer:
    """One answer: an act, or None for silence."""

    act: Act | None
    chance: Slot
    """ABSENT: what is left to one."""


@dataclass(frozen=True)
class Reply:
    """An ask gets at most one of several answers, in time.

    The time is ``delay`` cut to ``within`` (redrawn by inversion inside it), or
    uniform in (0, within] without a delay. While an answer may still come (an open
    ask) a second ask opens no other.
    """

    id: str
    key: int
    ask: Pattern
    within: Slot
    answers: tuple[Answer, ...]
    delay: Varying | None = None
    odds: tuple[OddsRule, ...] = ()
    weigh_past: bool = True
    pending: tuple[float, ...] = ()


@dataclass(frozen=True)
class Warn:
    """One act that may come before a deadline, with a chance.

    With ``chance`` one candidate: uniform in (issued, by] when there is a deadline,
    else at issued plus an exponential with half-life ``fades``. With ``after`` one
    more candidate, exponential with half-life ``fades`` after the deadline. What of
    it lies before the origin did not happen (silence is evidence).
    """

    id: str
    key: int
    act: Act
    issued: float
    chance: Slot
    by: float | None = None
    after: Slot = ABSENT
    fades: Slot = ABSENT


@dataclass(frozen=True)
class ScheduledAct:
    """An act that a lever schedules; it happens whatever the factors say.

    With ``attempt`` it carries a level and passes the factors like any candidate.
    Of several at one time the earlier in the list comes first.
    """

    time: float
    act: Act
    key: int
    attempt: bool = False
    lever: int = 0
    chance: Slot = ABSENT
    """Chance that it is carried out at all; ABSENT: it is."""
    share: float = 1.0
    """Multiplies that chance (a lever below full strength)."""
    depth: int = 100
    """Factors it starts go this share of the way from one, in per cent."""


@dataclass(frozen=True)
class Model:
    """The whole structure. Axis order of every per-stream array is ``streams``."""

    streams: tuple[Stream, ...]
    responses: tuple[Response, ...] = ()
    drivers: tuple[Driver, ...] = ()
    factors: tuple[Factor, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    gauge_factors: tuple[GaugeFactor, ...] = ()
    states: tuple[State, ...] = ()
    red_lines: tuple[RedLine, ...] = ()
    replies: tuple[Reply, ...] = ()
    warnings: tuple[Warn, ...] = ()
    reports: tuple[Report, ...] = ()
    flag_names: tuple[str, ...] = ("deadly", "injuring")
    """Name of each flag bit, for messages."""
    horizon: float = 90.0
    weekday_of_origin: int = 0
    """0 = Monday."""
