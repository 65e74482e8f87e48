"""The case file as frozen models: one class per kind of element.

Attribute docstrings are the reference (docs and JSON Schema are made from them).
Faults of a whole file are collected by `read`; rules across elements are in `check`.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, Tag, model_validator

from spillover.case.fields import (
    Act,
    Chance,
    ChanceRate,
    Count,
    Date,
    Delay,
    Duration,
    Element,
    Factor,
    Frozen,
    Ids,
    Lasting,
    Patterns,
    Plain,
    Positive,
    Quantity,
    Rate,
    Spread,
    Threshold,
    TimeOrText,
    Words,
    Yielding,
    branch,
    fault,
    is_number,
    otherwise,
)
from spillover.case.number_text import Number
from spillover.case.tables import EventRow, IntervalCount, Record

__all__ = [
    "Action",
    "Actor",
    "Case",
    "Condition",
    "Driver",
    "Gauge",
    "Lever",
    "Outcome",
    "Place",
    "RedLine",
    "Reply",
    "Report",
    "Response",
    "Restraint",
    "Source",
    "State",
    "Stream",
    "Tie",
    "Variant",
    "Warn",
]


class Source(Frozen):
    """A text that numbers and records rest on."""

    id: str = ""
    """Key of the source."""
    title: str
    """Title, in own words where it is long."""
    publisher: str = ""
    """Who published it."""
    date: Date | None = None
    """Day of publication."""
    date_note: str = ""
    """What is known of the date where the day is not."""
    grade: str = ""
    """Admiralty grade: source A to F, item 1 to 6; graded apart."""
    url: str = ""
    """Address, if any."""
    note: str = ""
    """Why the grade, or anything else."""


class Place(Frozen):
    """A place; an event in it is also in what it lies in."""

    id: str = ""
    """Key of the place."""
    name: str = ""
    """Name for people."""
    in_: str = Field(default="", alias="in", description="Place it lies in.")


class PartOf(Frozen):
    """Membership with dates."""

    of: str
    """The whole."""
    from_: Date | None = Field(default=None, alias="from", description="First day.")
    to: Date | None = None
    """Last day."""


class Actor(Element):
    """A state, government, armed group, party, organisation."""

    kind: str
    """state, government, armed group, party, party alliance, organisation, force, movement or umbrella."""
    iso3: str = ""
    """Country code."""
    aliases: Words = ()
    """Other names."""
    part_of: str | tuple[PartOf, ...] = ""
    """Actor it is part of, or a list with dates."""
    members: dict[str, Chance] = {}
    """Of an umbrella: members and their shares of its acts."""
    sponsor: str = ""
    """Actor that sponsors it."""

    def wholes(self) -> tuple[str, ...]:
        """Actors it is part of at any time."""
        if isinstance(self.part_of, str):
            return (self.part_of,) if self.part_of else ()
        return tuple(p.of for p in self.part_of)


class Tie(Element):
    """A lasting relation between two actors."""

    from_: str = Field(alias="from", description="Actor it goes out from.")
    to: str
    """Actor it goes to."""
    kind: str
    """sponsor, ally, patron, member, enemy, at war, influence, no relations, ..."""
    control: Chance | None = None
    """How far the first can hold the second back, 0 to 1."""
    since: Date | str | None = None
    """First day, or words."""
    until: Date | str | None = None
    """Last day, or words."""


class Jumps(Frozen):
    """Sudden changes of a driver."""

    rate: Rate
    """How often."""
    times: Factor
    """Factor of one jump."""


class Driver(Element):
    """A level per day, 1 at the origin, that raises baselines."""

    path: Literal["constant", "decay", "walk", "given", "sum"]
    """How it moves."""
    half_life: Duration | None = None
    """Of a decay."""
    spread: Spread | None = None
    """Of a walk: standard deviation of the log per square root of time."""
    reverts_to: Factor | None = None
    """Level a walk comes back to."""
    reverts_half_life: Duration | None = None
    """How fast it comes back."""
    jumps: Jumps | None = None
    """Sudden changes of a walk."""
    floor: Factor | None = None
    """Lowest level."""
    ceiling: Factor | None = None
    """Highest level."""
    given: dict[Date, float] = {}
    """Of a given path: level by day."""
    sum_of: dict[str, Positive] = {}
    """Of a sum: other drivers and their weights."""


class State(Element):
    """Something that is on or off: a war, a truce."""

    on_when: Patterns = ()
    """Events that turn it on."""
    off_when: Patterns = ()
    """Events that turn it off."""
    lasts: Lasting | None = None
    """How long it stays on."""
    initially: bool = False
    """On at the origin."""
    since: Date | None = None
    """On since that day."""

    @model_validator(mode="before")
    @classmethod
    def _on_off(cls, data: Any) -> Any:  # noqa: ANN401 - raw YAML
        if isinstance(data, dict) and data.get("initially") in ("on", "off"):
            return {**data, "initially": data["initially"] == "on"}
        return data


class Harm(Frozen):
    """Deaths, injured or size of an event."""

    chance: Chance | None = None
    """Chance that there is any."""
    given: str = ""
    """Only for events with this mark or result."""
    number: Count | None = None
    """How many when there is any."""


class Marks(Frozen):
    """Marks an event of a stream may carry."""

    yes_no: dict[str, Chance] = {}
    """Yes/no marks and their chances."""
    choices: dict[str, dict[str, Chance]] = {}
    """Marks with several values and their shares; `in` draws the place."""
    deaths: Harm | None = None
    """Deaths."""
    injured: Harm | None = None
    """Injured."""
    size: Harm | None = None
    """Size of a wave."""

    @model_validator(mode="before")
    @classmethod
    def _sort(cls, data: Any) -> Any:  # noqa: ANN401 - raw YAML
        if not isinstance(data, dict) or "yes_no" in data or "choices" in data:
            return data
        sorted_: dict[str, Any] = {"yes_no": {}, "choices": {}}
        for key, value in data.items():
            if key in ("deaths", "injured", "size"):
                sorted_[key] = value
            elif isinstance(value, dict) and not {"is", "median"} & set(value):
                sorted_["choices"][key] = value
            else:
                sorted_["yes_no"][key] = value
        return sorted_


class Observed(Frozen):
    """What share of a stream is seen, by period."""

    share: Chance
    """Share of its events that are reported."""
    from_: Date | None = Field(default=None, alias="from", description="First day.")
    to: Date | None = None
    """Last day."""


class Stream(Element):
    """One kind of event: an actor, an action, a target."""

    event: Act
    """"actor ACTION target", with `from` and `in` places where they are part of it."""
    about: str = ""
    """Tells two words between the same two apart."""
    baseline: Rate | None = None
    """Rate with no provocation."""
    level: Rate | None = None
    """Or the long-run rate of all its events, excited ones included."""
    drivers: dict[str, Plain] = {}
    """Drivers and elasticities: the baseline goes with level to that power."""
    weekday: tuple[Factor, ...] = ()
    """Seven factors, Monday first."""
    marks: Marks = Marks()
    """Marks of its events."""
    dormant: bool = False
    """Nothing happens until a red line opens it."""
    observed: tuple[Observed, ...] = ()
    """What share of it is seen."""


class Report(Element):
    """Claims made of acts: a layer of words."""

    of: Patterns
    """Acts that are claimed."""
    by: str = ""
    """Who claims."""
    real: Chance
    """Share of claims with an act behind it."""
    claimed: Chance | None = None
    """Share of acts that are claimed (all when absent)."""


class KernelPart(Frozen):
    """One part of a memory with several half-lives."""

    half_life: Duration
    """Half-life."""
    share: Chance
    """Share of the children."""


Memory = Annotated[
    Annotated[Duration, Tag("one")] | Annotated[tuple[KernelPart, ...], Tag("several")],
    branch(("several", lambda v: isinstance(v, (list, tuple))), ("one", otherwise)),
]


class Response(Element):
    """An event brings others on."""

    when: Patterns
    """What provokes."""
    then: Act
    """What it brings."""
    children: Positive
    """How many on average, for the plain event."""
    half_life: Memory
    """Half-life of the memory, or several with shares."""
    lag: Duration | None = None
    """Time before the memory begins."""
    when_fatal: Factor | None = None
    """A deadly event counts so many times."""
    times: dict[str, Factor] = {}
    """Marks and how many times an event with it counts; the first that holds applies."""


class Condition(Frozen):
    """What must hold at an ask: one of the kinds."""

    state: str = ""
    """State that is on."""
    restraint: str = ""
    """Restraint that is in force."""
    event: Patterns = ()
    """Event that happened..."""
    within: Duration | None = None
    """... not longer ago than this."""
    gauge: str = ""
    """Gauge that stands..."""
    above: Positive | None = None
    """... above this."""
    not_: Condition | None = Field(
        default=None, alias="not", description="What must not hold."
    )


class OddsRule(Frozen):
    """What shifts the odds of answers."""

    when: Condition
    """What must hold."""
    times: dict[str, Factor]
    """Answers and how many times their odds are multiplied."""


class PendingDay(Frozen):
    """Something before the origin that no record shows."""

    on: Date
    """Its day."""


class Reply(Element):
    """An ask gets at most one of several answers, in time."""

    ask: Patterns
    """What is answered: a request or any act."""
    within: Duration
    """Time in which an answer comes."""
    delay: Delay | None = None
    """How long it takes (any time in `within` when absent)."""
    answers: dict[str, Chance]
    """Acts and their chances; `none` for silence; one may be `rest`."""
    odds_if: tuple[OddsRule, ...] = ()
    """What shifts the odds."""
    weigh_past: bool = True
    """Whether past asks weigh the draws (no: the chances already come from them)."""
    pending: tuple[PendingDay, ...] = ()
    """Open asks that no record shows."""


class InForce(Frozen):
    """A restraint that began before the origin without a record."""

    since: Date
    """Day, or first possible day."""
    to: Date | None = None
    """Last possible day."""


class Restraint(Element):
    """While in force it multiplies streams (or drivers) by a factor below 1."""

    when: Patterns = ()
    """Events that start it."""
    owner: str = ""
    """Who holds back."""
    holds: dict[str, Factor | None]
    """Patterns (or `driver id`) it holds, each with its factor where they differ."""
    factor: Factor | None = None
    """What is left of the rate while all comply."""
    delay: Delay | None = None
    """From the event to the beginning."""
    holds_for: Lasting | None = None
    """Time at full strength."""
    half_life: Duration | None = None
    """Of its fading after that."""
    compliance: Yielding | None = None
    """How far members comply, as a degree: a number, by member, or by control."""
    obeys: Yielding | None = None
    """Chance that a member obeys at all, drawn at each start."""
    ends_when: Patterns = ()
    """Events that end it."""
    until: Date | None = None
    """Day it ends."""
    while_: str = Field(default="", alias="while", description="State that must be on.")
    in_force: InForce | None = None
    """In force since before the origin, without a record."""

    @model_validator(mode="before")
    @classmethod
    def _list(cls, data: Any) -> Any:  # noqa: ANN401 - raw YAML
        if isinstance(data, dict) and isinstance(data.get("holds"), (list, str)):
            held = data["holds"] if isinstance(data["holds"], list) else [data["holds"]]
            return {**data, "holds": dict.fromkeys(map(str, held))}
        return data


class PastPeak(Frozen):
    """A threshold relative to the past."""

    times_past_peak: Factor
    """Times the highest level before the origin."""


class Raises(Frozen):
    """What follows: streams are raised for a time."""

    raises: Words
    """Patterns, or `driver id`."""
    factor: Factor
    """Above 1."""
    for_: Lasting | None = Field(
        default=None, alias="for", description="Time at full strength."
    )
    half_life: Duration | None = None
    """Of its fading."""
    cap: float | None = None
    """Largest value the factor may take."""
    offspring: bool = False
    """Raises answers too, not only baselines."""


class Opens(Frozen):
    """What follows: a dormant stream opens."""

    opens: str
    """The stream."""
    for_: Lasting | None = Field(default=None, alias="for", description="How long.")


class Wears(Frozen):
    """What an unanswered crossing does to the line."""

    reach: Factor | None = None
    """The threshold is multiplied."""
    chance: Factor | None = None
    """The chance is multiplied."""


Reach = Annotated[
    Annotated[Threshold, Tag("threshold")] | Annotated[PastPeak, Tag("peak")],
    branch(
        ("peak", lambda v: isinstance(v, PastPeak) or not is_number(v)),
        ("threshold", otherwise),
    ),
]
Then = Annotated[
    Annotated[Raises, Tag("raises")]
    | Annotated[Opens, Tag("opens")]
    | Annotated[Act, Tag("act")],
    branch(
        (
            "raises",
            lambda v: isinstance(v, Raises) or (isinstance(v, dict) and "raises" in v),
        ),
        ("opens", lambda v: isinstance(v, (Opens, dict))),
        ("act", otherwise),
    ),
]


class RedLine(Element):
    """A quantity reaching an uncertain threshold opens what follows."""

    owner: str
    """Whose line it is."""
    when: Quantity
    """What is counted."""
    reach: Reach
    """Threshold."""
    within: Duration | None = None
    """Window in which it is counted."""
    then: Then
    """An act, a factor, or a stream that opens."""
    chance: Chance
    """Chance that it follows."""
    delay: Delay | None = None
    """After how long."""
    times: Count | None = None
    """How many acts."""
    counts_as_crossing: Chance | None = None
    """Chance that an event counts at all."""
    wears: Wears | None = None
    """What unanswered crossings do."""
    weigh_past: bool = True
    """Whether past crossings weigh the draws."""
    pending: tuple[PendingDay, ...] = ()
    """Crossings before the origin that no record shows."""
    clarity: str = ""
    """How clear the line is, in words."""
    public: bool | None = None
    """Whether it was said in public."""
    tested: str = ""
    """When it was last tested, in words."""


class Speaker(Frozen):
    """Who says so."""

    side: str = ""
    """Side the speakers belong to."""
    n: int | None = None
    """How many."""
    named: bool | None = None
    """Whether they are named."""


class Says(Frozen):
    """Through whom a warning came."""

    speakers: tuple[Speaker, ...] = ()
    """Who says so."""
    via: str = ""
    """Outlet."""


class Warn(Element):
    """One act that may come before a deadline, with a chance."""

    event: Act
    """The act."""
    issued: Date
    """Day of the warning."""
    by: Date | None = None
    """Deadline: the act comes before this day begins."""
    chance: Chance
    """Chance that it comes."""
    after_deadline: Chance | None = None
    """Chance that it comes after the deadline."""
    fades: Duration | None = None
    """Half-life of what has no deadline."""
    says: Says | None = None
    """Who says so, through whom."""


class Drives(Frozen):
    """What a gauge multiplies."""

    holds: Words = ()
    """Patterns whose rate falls as the level rises."""
    raises: Words = ()
    """Patterns whose rate grows as the level rises."""
    factor: Factor
    """Factor at a very high level."""
    half_at: Positive
    """Level at which half of the way is gone."""
    cap: float | None = None
    """Largest value the factor may take."""


class Gauge(Element):
    """A level raised by events and decaying."""

    unit: str = ""
    """Unit, in words."""
    half_life: Duration
    """Half-life of the level."""
    start: Positive | None = None
    """Level at the beginning of the records."""
    at_origin: Positive | None = None
    """Level at the origin, whatever the records say."""
    raised_by: dict[str, Positive]
    """Patterns and steps."""
    drives: tuple[Drives, ...] = ()
    """What it multiplies."""


class Reference(Frozen):
    """A reference class: what the past alone would say."""

    class_: str = Field(alias="class", description="The class, in words.")
    events: int
    """How often it happened."""
    days: float
    """In how many days."""
    sources: Ids = ()
    """Sources."""
    note: str = ""
    """Anything a reader should know."""


class Sequence(Frozen):
    """One event after another."""

    first: Patterns
    """The first."""
    then: Patterns
    """The second."""
    within: Duration
    """At most so long after."""


class Resolves(Frozen):
    """How a forecast of an outcome is decided once its window is over."""

    by: Words = ()
    """Data sets of the store in order, two or more: the second is asked where the first is silent."""
    differ: Literal["first", "higher", "lower"] = "first"
    """Which count holds where they differ."""
    silent: Literal["no", "yes"] = "no"
    """What is decided where all are silent."""
    wait: Duration | None = None
    """How long after the window reports may still come in (14 days when absent)."""
    note: str = ""
    """Anything a reader should know."""


class Outcome(Element):
    """A question with a machine-checkable answer."""

    question: str
    """As one would ask it."""
    of: Quantity | None = None
    """What is counted: a pattern, deaths by one, `gauge id` or `report id`."""
    at_least: float | None = None
    """True when it reaches this."""
    more_than: float | None = None
    """True when it passes this."""
    at_most: float | None = None
    """True when it stays at or below this."""
    between: tuple[float, float] | None = None
    """True when it lies between."""
    count: bool = False
    """Asks how many."""
    first_time: bool = False
    """Asks also when first."""
    within: tuple[Duration, ...] = ()
    """Time from the origin, or several."""
    before: Date | None = None
    """Before this day begins."""
    by: Date | None = None
    """Before this day ends."""
    in_: Literal["", "any calendar month", "every calendar month", "any 30 days"] = (
        Field(default="", alias="in", description="Over which spans.")
    )
    until: Date | None = None
    """Last day of the spans."""
    any_of: Ids = ()
    """True when any of these outcomes is."""
    all_of: Ids = ()
    """True when all of these outcomes are."""
    sequence: Sequence | None = None
    """One event after another."""
    unmodelled: ChanceRate | None = None
    """Chance that it comes about some way the case does not hold."""
    references: tuple[Reference, ...] = ()
    """Base rates."""
    resolves: Resolves | str = ""
    """How it is decided: by data sets, or in words who must say so for it to count."""

    @model_validator(mode="before")
    @classmethod
    def _forms(cls, data: Any) -> Any:  # noqa: ANN401 - raw YAML
        if not isinstance(data, dict):
            return data
        data = dict(data)
        for name, prefix in (("event", ""), ("report", "report "), ("gauge", "gauge ")):
            if name in data:
                if "of" in data:
                    msg = f'both "{name}" and "of" are given'
                    raise fault(msg, "one of them")
                value = data.pop(name)
                data["of"] = f"{prefix}{value}" if prefix else value
        if "within" in data and not isinstance(data["within"], (list, tuple)):
            data["within"] = [data["within"]]
        return data


class Cost(Frozen):
    """What a lever costs."""

    scale: float | None = None
    """0 to 5."""
    note: str = ""
    """In words."""


class Action(Frozen):
    """One thing a lever does: exactly one of act, set, scale, off, if."""

    act: Act | None = None
    """An act on given days."""
    on: tuple[Date, ...] = ()
    """The days."""
    try_: bool = Field(
        default=False, alias="try", description="Restraints may stop it."
    )
    set: dict[str, Any] = {}
    """Numbers by dotted path."""
    scale: dict[str, Positive] = {}
    """Factors on numbers by dotted path."""
    off: str = ""
    """An element, as section.id."""
    if_: Patterns = Field(default=(), alias="if", description="When this happens...")
    then: Act | None = None
    """... this act follows."""
    delay: Delay | None = None
    """After how long."""
    chance: Chance | None = None
    """With what chance it follows, or an act on days is carried out at all."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, data: Any) -> Any:  # noqa: ANN401 - raw YAML
        if not isinstance(data, dict):
            return data
        data = dict(data)
        if "event" in data:
            data["act"] = data.pop("event")
        given = [k for k in ("act", "set", "scale", "off", "if") if data.get(k)]
        if len(given) != 1:
            msg = "a lever's action does not say one thing"
            raise fault(
                msg,
                "exactly one of act, set, scale, off, if",
            )
        if "on" in data and not isinstance(data["on"], (list, tuple)):
            data["on"] = [data["on"]]
        return data


class Lever(Element):
    """A named change of the case: who can pull it, what it does, what it costs."""

    owner: Ids = ()
    """Who can pull it."""
    kind: Literal["none", "diplomatic", "economic", "legal", "protective", "armed"] = (
        "diplomatic"
    )
    """Its kind; armed levers are never recommended."""
    do: tuple[Action, ...] = ()
    """What it does."""
    both: Ids = ()
    """Levers it combines."""
    cost: Cost | str | None = None
    """What it costs."""
    delay: TimeOrText = ""
    """How long until it works: a time, or words."""
    risk: str = ""
    """What may go wrong, in words."""


class HeldState(Frozen):
    """A state that would have lasted."""

    state: str
    """Which."""
    ended: Date | None = None
    """Day on which it did end; without one it lasts as long as the case says."""
    to: Date
    """Day till which it would have held."""


class WhatIf(Element):
    """A question put to the history: one decision changed."""

    decided: Date
    """Day of the decision; what came before it is left as it was."""
    to: Date | None = None
    """Last day looked at (the day before the origin when absent)."""
    without: Ids = ()
    """Records that would not have happened."""
    holds: tuple[HeldState, ...] = ()
    """States that would have lasted."""
    acts: tuple[Action, ...] = ()
    """Acts that would have happened besides, on days."""
    also: Ids = ()
    """Records that may have had the same effect: left out instead, and both together."""
    counts: Ids
    """Streams to count."""


class Choice(Frozen):
    """One of rival structures."""

    weight: Chance
    """How much belief it has."""
    set: dict[str, Any] = {}
    """Numbers by dotted path."""
    off: Ids = ()
    """Elements, as section.id."""
    why: str = ""
    """Its reason."""
    sources: Ids = ()
    """Its sources."""


class Variant(Element):
    """Rival structures with weights; each draw takes one."""

    choices: dict[str, Choice]
    """The rivals."""


class Alternative(Frozen):
    """Another reading of the situation."""

    says: str
    """What it says."""
    against: Words = ()
    """What speaks against it."""
    sources: Ids = ()
    """Sources."""


class Watch(Frozen):
    """An observation that would change the answer."""

    observation: str
    """What to look for."""
    by: Date | None = None
    """Until when."""
    means: str = ""
    """What it would mean."""


class HistoryFiles(Frozen):
    """Tables beside the case."""

    records: str = ""
    """CSV of records."""
    counts: str = ""
    """CSV of interval counts."""
    codebook: str = ""
    """CSV of printed codes."""
    events: str = ""
    """CSV of events by stream and day, written by `spillover fit --events`."""
    fit: str = ""
    """What a fit learned of the numbers, written by `spillover fit`."""
    begins: Date | None = None
    """First day the records cover."""


class Case(Frozen):
    """A whole case."""

    spillover: Literal[1]
    """Version of the format."""
    case: str
    """Id of the case."""
    title: str = ""
    """Title."""
    question: str = ""
    """The question it was written for."""
    summary: str = ""
    """The situation in a few sentences."""
    zone: str = "UTC"
    """Calendar zone of every date."""
    origin: Date
    """What is known is before this day."""
    horizon: Duration
    """How far to look ahead."""
    key_outcome: str = ""
    """Outcome of the bottom line (the first when absent)."""
    history: HistoryFiles = HistoryFiles()
    """Tables beside the case."""
    sources: dict[str, Source] = {}
    """Sources by id."""
    alike: dict[str, float] = {}
    """Groups of correlated numbers and their correlation."""
    numbers: dict[str, Any] = {}
    """Shared numbers."""
    places: dict[str, Place] = {}
    """Places by id."""
    actors: dict[str, Actor] = {}
    """Actors by id."""
    ties: tuple[Tie, ...] = ()
    """Ties between actors."""
    drivers: dict[str, Driver] = {}
    """Drivers by id."""
    states: dict[str, State] = {}
    """States by id."""
    streams: tuple[Stream, ...] = ()
    """Streams."""
    reports: tuple[Report, ...] = ()
    """Layers of claims."""
    responses: tuple[Response, ...] = ()
    """Responses."""
    replies: tuple[Reply, ...] = ()
    """Replies."""
    restraints: tuple[Restraint, ...] = ()
    """Restraints."""
    red_lines: tuple[RedLine, ...] = ()
    """Red lines."""
    warnings: tuple[Warn, ...] = ()
    """Warnings."""
    gauges: dict[str, Gauge] = {}
    """Gauges by id."""
    outcomes: tuple[Outcome, ...] = ()
    """Outcomes."""
    levers: tuple[Lever, ...] = ()
    """Levers."""
    what_ifs: tuple[WhatIf, ...] = ()
    """Decisions of the past to play otherwise."""
    variants: dict[str, Variant] = {}
    """Rival structures."""
    alternatives: tuple[Alternative, ...] = ()
    """Other readings."""
    limits: Words = ()
    """What the case cannot say."""
    watch: tuple[Watch, ...] = ()
    """What would change the answer."""
    records: tuple[Record, ...] = ()
    """Read from the table; not written in the file."""
    counts: tuple[IntervalCount, ...] = ()
    """Read from the table; not written in the file."""
    events: tuple[EventRow, ...] = ()
    """Read from the table; not written in the file."""
    codebook: dict[str, str] = {}
    """Read from the table; not written in the file."""
    shared: dict[str, Number] = {}
    """Shared numbers, parsed where they are used; not written in the file."""

    @property
    def end(self) -> dt.date:
        """Last day of the horizon."""
        return self.origin + dt.timedelta(days=int(self.horizon.low) - 1)
