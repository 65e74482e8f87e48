"""The claim ledger: what several reports say of the same act, for and against.

Claims are never merged: a statement groups them, and says how many independent reports
stand behind it and which contradict it. Copies of one wire text count once. The
reliability of a source is the analyst's grade (A to F); the credibility of an item is
proposed from support and contradiction alone (1 to 6): the two are graded apart, as in
the Admiralty code. This file must never import a page or a case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from spillover.reports.claim import (
    Channel,
    Claim,
    Reading,
    RedLine,
    Status,
    Tie,
    Warning,
    When,
)
from spillover.reports.report import Report

__all__ = ["Contradiction", "Ledger", "Statement", "credibility"]

_SAYS_SO = (Status.HAPPENED, Status.ONGOING)
_FAR = 3
"""Days by which two windows may miss each other and still mean the same act."""


@dataclass(frozen=True)
class Statement:
    """One act as told by one or several claims.

    Attributes
    ----------
    key
        Source, action, target.
    support, against
        Claims that say it happened, claims that deny it.
    independent
        Reports behind `support`, copies of one text counted once.
    """

    key: tuple[str, str, str]
    support: tuple[Claim, ...]
    against: tuple[Claim, ...]
    independent: int

    @property
    def words(self) -> str:
        """In words: "iran ASSAULT israel"."""
        return " ".join(part for part in self.key if part)


@dataclass(frozen=True)
class Contradiction:
    """Two things that are said and cannot both hold."""

    says: str
    against: str
    reports: tuple[str, ...]
    claims: tuple[Claim, ...]


def credibility(statement: Statement) -> tuple[int, str]:
    """Admiralty credibility of an item (1 to 6), and why.

    1 confirmed: three independent reports and nobody denies; 2 probably true: two; 3
    possibly true: one, with a named speaker or on the report's own word; 4 doubtful: one
    with unnamed speakers only, or denied by a side; 5 improbable: denied by more
    independent voices than say so; 6 cannot be judged: nothing says that it happened.
    """
    said, denied = statement.independent, len({_report(c) for c in statement.against})
    if not statement.support:
        return 6, "nothing says that it happened"
    if denied > said:
        return 5, f"denied in {denied} reports, said in {said}"
    if denied:
        return 4, f"said in {said}, denied in {denied}"
    if said >= 3:
        return 1, f"{said} independent reports, no denial"
    if said == 2:
        return 2, "two independent reports, no denial"
    unnamed = all(
        c.chain and not any(a.named for a in c.chain) for c in statement.support
    )
    if unnamed:
        return 4, "one report, unnamed speakers only"
    return 3, "one report"


def _report(claim: Claim) -> str:
    return claim.id.rpartition("-")[0]


@dataclass(frozen=True)
class Ledger:
    """Readings of several reports.

    Attributes
    ----------
    readings
        Reports with what was read from them, in order.
    grades
        Admiralty grade by report id ("B2"); none where nobody has graded.
    copies
        Report id to the id of the text it repeats.
    """

    readings: tuple[tuple[Report, Reading], ...]
    grades: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """Reports that are no copy of another."""
        return tuple(r for r, _ in self.readings if self.copies.get(r.id, r.id) == r.id)

    def _kept(self) -> Iterator[tuple[Report, Reading]]:
        own = {r.id for r in self.reports}
        return ((r, reading) for r, reading in self.readings if r.id in own)

    def claims(self) -> Iterator[tuple[Report, Claim]]:
        """Claims, report by report."""
        return ((r, c) for r, reading in self._kept() for c in reading.claims)

    def ties(self) -> Iterator[tuple[Report, Tie]]:
        """Ties, report by report."""
        return ((r, t) for r, reading in self._kept() for t in reading.ties)

    def lines(self) -> Iterator[tuple[Report, RedLine]]:
        """Red lines, report by report."""
        return ((r, x) for r, reading in self._kept() for x in reading.lines)

    def channels(self) -> Iterator[tuple[Report, Channel]]:
        """Channels, report by report."""
        return ((r, x) for r, reading in self._kept() for x in reading.channels)

    def warnings(self) -> Iterator[tuple[Report, Warning]]:
        """Warnings, report by report."""
        return ((r, x) for r, reading in self._kept() for x in reading.warnings)

    def statements(self) -> list[Statement]:
        """Acts that are said to have happened or not, each with its claims."""
        groups: list[tuple[tuple[str, str, str], list[Claim]]] = []
        by_key: dict[tuple[str, str, str], list[list[Claim]]] = {}
        for _, claim in self.claims():
            if claim.status not in (*_SAYS_SO, Status.DENIED):
                continue
            target = claim.target.actor if claim.target else ""
            key = (claim.source.actor, claim.action, target)
            for group in by_key.setdefault(key, []):
                if any(_same_time(claim.when, other.when) for other in group):
                    group.append(claim)
                    break
            else:
                group = [claim]
                by_key[key].append(group)
                groups.append((key, group))
        found = []
        for key, group in groups:
            support = tuple(c for c in group if c.status in _SAYS_SO)
            against = tuple(c for c in group if c.status is Status.DENIED)
            independent = len({_report(c) for c in support})
            found.append(Statement(key, support, against, independent))
        return found

    def contradictions(self) -> list[Contradiction]:
        """Claims that cannot both hold: said and denied; tolls that exclude each other."""
        found = []
        for statement in self.statements():
            if statement.support and statement.against:
                claims = (statement.support[0], statement.against[0])
                says = f"{statement.words} ({_who(claims[0])})"
                against = f"{statement.words} is denied ({_who(claims[1])})"
                found.append(_contradiction(says, against, claims))
            dated = [c for c in statement.support if c.deaths and c.when.first]
            for n, one in enumerate(dated):
                for other in dated[n + 1 :]:
                    if _exclude(one, other):
                        says = f"{statement.words}: {_toll(one)} dead ({_who(one)})"
                        against = f"{_toll(other)} dead ({_who(other)})"
                        found.append(_contradiction(says, against, (one, other)))
        return found


def _exclude(one: Claim, other: Claim) -> bool:
    """Whether two tolls of the same day cannot both hold, told by different voices."""
    assert one.deaths is not None
    assert other.deaths is not None
    apart = one.deaths[1] < other.deaths[0] or other.deaths[1] < one.deaths[0]
    return apart and _who(one) != _who(other) and one.when.first == other.when.first


def _contradiction(says: str, against: str, claims: tuple[Claim, ...]) -> Contradiction:
    reports = tuple(dict.fromkeys(_report(c) for c in claims))
    return Contradiction(says, against, reports, claims)


def _who(claim: Claim) -> str:
    return f"says {claim.chain[0].speaker}" if claim.chain else "says the report"


def _toll(claim: Claim) -> str:
    low, high = claim.deaths or (0, 0)
    return str(low) if low == high else f"{low} to {high}"


def _same_time(one: When, other: When) -> bool:
    """Whether two windows may mean the same act; unknown ones may mean any."""
    a, b = _window(one), _window(other)
    if a is None or b is None:
        return True
    return (a[0] - b[1]).days <= _FAR and (b[0] - a[1]).days <= _FAR


def _window(when: When) -> tuple[date, date] | None:
    if when.first is None:
        return None
    return when.first, when.last or when.first
