"""One sentence with what was found in it, as the frames for lines and channels see it.

This file must never import a frame.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spillover.reports.acts import Act, Named
from spillover.reports.claim import Attribution, Party, Span, Status, When
from spillover.reports.cues import Cue
from spillover.reports.dates import Dated
from spillover.reports.tokens import Document

__all__ = ["HOSTILE", "Scene", "Told"]

HOSTILE = frozenset(("ASSAULT", "COERCE", "MOBILIZE", "SANCTION"))


@dataclass(frozen=True, slots=True)
class Told:
    """An act as this sentence tells it."""

    act: Act
    status: Status
    reason: str

    @property
    def first(self) -> int:
        """Token of the cue."""
        return self.act.cue.first


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence.

    Attributes
    ----------
    first, stop
        Its tokens.
    named
        Mentions in it.
    told
        Acts in it, in order.
    dates
        Dates in it.
    cues
        Every word for an act, with parties or without.
    speaker
        Who says it, where that is an actor.
    chain
        Who says so, the nearest first.
    """

    doc: Document
    first: int
    stop: int
    named: tuple[Named, ...]
    told: tuple[Told, ...]
    dates: tuple[Dated, ...]
    cues: tuple[Cue, ...]
    speaker: Party | None
    chain: tuple[Attribution, ...]

    @property
    def lower(self) -> list[str]:
        """Its words in lower case."""
        return self.doc.lower[self.first : self.stop]

    @property
    def span(self) -> Span:
        """Its characters."""
        return Span(*self.doc.span(self.first, self.stop))

    def span_of(self, first: int, stop: int) -> Span:
        """Characters of some of its tokens."""
        return Span(*self.doc.span(first, stop))

    def find(
        self, phrases: Iterable[str], start: int = 0, end: int | None = None
    ) -> int:
        """Token where the first of some phrases begins, or -1."""
        lower = self.doc.lower
        stop = self.stop if end is None else end
        parts = [phrase.split() for phrase in phrases]
        for k in range(max(self.first, start), stop):
            for part in parts:
                if lower[k] == part[0] and lower[k : k + len(part)] == part:
                    return k
        return -1

    def actors(self) -> list[Named]:
        """Mentions that are actors."""
        return [m for m in self.named if not m.place]

    def before(self, token: int) -> Named | None:
        """The last actor before a token."""
        found = [m for m in self.actors() if m.stop <= token]
        return found[-1] if found else None

    def after(self, token: int, within: int = 12) -> Named | None:
        """The first actor after a token."""
        for m in self.actors():
            if token <= m.first <= token + within:
                return m
        return None

    def deadline(self) -> When | None:
        """The day by which, or the window ahead, that the sentence gives."""
        for dated in self.dates:
            if dated.role == "before":
                return dated.ahead
        return None
