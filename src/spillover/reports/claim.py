"""What a reading holds: claims, ties, red lines, channels and warnings, each with spans.

One set of types for every backend. This file must never import a backend or a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

__all__ = [
    "Attribution",
    "Channel",
    "Claim",
    "Party",
    "Place",
    "Reading",
    "RedLine",
    "Span",
    "Status",
    "Tie",
    "TieKind",
    "Warning",
    "When",
]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters ``start`` to before ``end`` of the report's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words."""
        return text[self.start : self.end]


class Status(StrEnum):
    """Whether what is told took place."""

    HAPPENED = "happened"
    ONGOING = "ongoing"
    PLANNED = "planned"
    CONDITIONAL = "conditional"
    HYPOTHETICAL = "hypothetical"
    DENIED = "denied"
    DEMANDED = "demanded"


@dataclass(frozen=True, slots=True)
class Party:
    """Someone who acts, is acted upon or speaks.

    Attributes
    ----------
    actor
        Identifier: of the table of actors ("iran", "kataib-hezbollah"), else made from
        the words.
    country, sector
        ISO3 and sector code (GOV, MIL, REB ...); empty where unknown.
    span
        Where it is named; none when it was carried over from an earlier sentence.
    resolved
        How: "named", "alias", "pronoun", "carried".
    """

    actor: str
    country: str = ""
    sector: str = ""
    span: Span | None = None
    resolved: str = "named"


@dataclass(frozen=True, slots=True)
class Place:
    """Where: the country and the words."""

    name: str
    country: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A window of days.

    Attributes
    ----------
    first, last
        Days, inclusive; nothing when it cannot be said.
    expression
        Words it was read from; empty when none.
    inferred
        True: the report does not print this date (it was reckoned from its own date, or
        only a window is known).
    """

    first: date | None = None
    last: date | None = None
    expression: str = ""
    inferred: bool = True
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """One link of the chain of who says so.

    Attributes
    ----------
    speaker
        The words that name the source.
    party
        Who that is, where known.
    count
        How many: 1, a number said, 2 where several are meant and no number is said.
    named
        False for "officials", "sources".
    partisan
        True when the speaker is on a side of the claim.
    hand
        1 for one who saw or did it, 2 for one who was told.
    through
        Outlet it came through, if another one.
    source_span, cue_span
        Where the speaker and the word of saying stand.
    """

    speaker: str
    party: Party | None = None
    count: int = 1
    named: bool = True
    partisan: bool = False
    hand: int = 1
    through: str = ""
    source_span: Span | None = None
    cue_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who did what to whom, when, where, and who says so.

    Attributes
    ----------
    id
        Stable within a report: its digest and a number.
    action
        PLOVER root.
    source, target
        Parties; the target may be missing.
    deaths, injured
        Lowest and highest number said, or nothing.
    span, cue
        The clause, and the word that names the act.
    chain
        Attributions, the nearest speaker first; empty when the report itself says so.
    reason
        In words: why it was read so.
    """

    id: str
    action: str
    source: Party
    target: Party | None
    status: Status
    when: When
    span: Span
    cue: Span
    place: Place | None = None
    deaths: tuple[int, int] | None = None
    injured: tuple[int, int] | None = None
    chain: tuple[Attribution, ...] = ()
    reason: str = ""


class TieKind(StrEnum):
    """How two actors stand to each other."""

    ALLY = "ally"
    SPONSOR = "sponsor"
    ENEMY = "enemy"
    AT_WAR = "at war"
    MEMBER = "member"
    NO_RELATIONS = "no diplomatic relations"
    INFLUENCE = "influence"


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie, from one actor to another ("member": of)."""

    kind: TieKind
    source: Party
    target: Party
    span: Span
    cue: Span
    chain: tuple[Attribution, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RedLine:
    """A line someone has drawn: when ``actor`` does ``action``, ``answer`` follows.

    Attributes
    ----------
    owner
        Who drew it.
    actor, action, target
        What crosses it; action is a PLOVER root, or "deaths" for deaths of a side.
    answer, answer_target
        What is threatened, and against whom; empty where only "a red line" is said.
    inferred
        True when no words such as "red line" or "if ... will" say so.
    """

    owner: Party
    action: str
    span: Span
    actor: Party | None = None
    target: Party | None = None
    answer: str = ""
    answer_target: Party | None = None
    public: bool = True
    inferred: bool = False
    chain: tuple[Attribution, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """Who asked whom about whom, and how it went.

    Attributes
    ----------
    outcome
        "asked" (no answer told), "agreed", "refused", "acted", "worked", "failed".
    """

    asker: Party
    asked: Party
    outcome: str
    span: Span
    about: Party | None = None
    through: Party | None = None
    what: str = ""
    when: When = field(default_factory=When)
    chain: tuple[Attribution, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Warning:
    """An act that someone says is coming, with the day by which.

    Attributes
    ----------
    by
        Deadline; its last day is the day by which.
    words
        Words of likelihood as said ("imminent", "likely"), never turned into a number.
    """

    action: str
    source: Party | None
    target: Party | None
    span: Span
    by: When
    place: Place | None = None
    words: str = ""
    chain: tuple[Attribution, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read from one report.

    Attributes
    ----------
    report
        Identifier: digest of its text.
    backend
        Which reader.
    notes
        What the reader wants the analyst to know.
    """

    report: str
    backend: str
    claims: tuple[Claim, ...] = ()
    ties: tuple[Tie, ...] = ()
    lines: tuple[RedLine, ...] = ()
    channels: tuple[Channel, ...] = ()
    warnings: tuple[Warning, ...] = ()
    notes: tuple[str, ...] = ()
