"""What a comparison counts besides the questions of the case: events and deaths.

This file must never import a page or a command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.keys import id_key
from spillover.model.structure import Clause, Pattern
from spillover.outcomes.question import Question, Span, Tally

__all__ = ["Counted", "headline", "with_counts"]

HEADLINE_DAYS = 90


@dataclass(frozen=True)
class Counted:
    """A case with the extra counts.

    Attributes
    ----------
    assembled
        The case; the first questions are its own, in order.
    events
        Question of the case to the count of its events: index to index.
    deaths
        Question that counts deaths in every act.
    own_deaths
        Armed lever to the question that counts deaths in the acts it schedules.
    """

    assembled: Assembled
    events: dict[int, int]
    deaths: int
    own_deaths: dict[str, int]


def headline(assembled: Assembled, key: str) -> int:
    """Question of the key outcome with the window nearest 90 days, else of any."""
    asked = [
        (abs(_length(q) - HEADLINE_DAYS), n)
        for n, q in enumerate(assembled.questions)
        if q.mode != "count" and q.outcome == key
    ] or [
        (abs(_length(q) - HEADLINE_DAYS), n)
        for n, q in enumerate(assembled.questions)
        if q.mode != "count"
    ]
    return min(asked)[1] if asked else -1


def _length(q: Question) -> int:
    return max((s.end for s in q.spans), default=HEADLINE_DAYS)


def with_counts(assembled: Assembled, arms: tuple[Arm, ...], days: int) -> Counted:
    """Add counts of events in each question's window, and of deaths within ``days``."""
    questions = list(assembled.questions)
    tallies = list(assembled.tallies)
    events: dict[int, int] = {}

    def add(name: str, tally: int, spans: tuple[Span, ...]) -> int:
        questions.append(
            Question(
                name,
                name,
                name,
                "",
                id_key("counted", name),
                "count",
                tally,
                spans,
                quiet=True,
            )
        )
        return len(questions) - 1

    for n, q in enumerate(assembled.questions):
        plain = q.mode == "any" and len(q.spans) == 1
        if plain and assembled.tallies[q.tally].kind in ("count", "deaths", "sequence"):
            events[n] = add(f"events in {q.id}", q.tally, q.spans)
    streams = assembled.model.streams

    def deaths_in(name: str, which: tuple[int, ...]) -> int:
        pattern = Pattern(tuple(Clause(s) for s in which))
        tallies.append(Tally("deaths", pattern))
        return add(name, len(tallies) - 1, (Span(0, days),))

    deaths = deaths_in("deaths", tuple(range(len(streams))))
    own = {
        arm.id: deaths_in(
            f"deaths by {arm.id}", tuple(sorted({a.act.stream for a in arm.acts}))
        )
        for arm in arms
        if arm.kind == "armed" and arm.acts
    }
    counted = replace(assembled, tallies=tuple(tallies), questions=tuple(questions))
    return Counted(counted, events, deaths, own)
