"""Outcomes as questions that can be put on record and resolved by machine.

    question  := measure of ACTS (in WINDOW | in any/every of WINDOWS) bound | how many
    ACTS      := actor ACT target [from place] [in place], several joined by "or"
    WINDOW    := first day to last day, both inclusive, UTC
    bound     := at least n | at most n | between n and m
    decided   := data sets in order, what holds where they differ, what in silence

Every question of a case compiles to one (`questions_of`) and stands on record whole: it
is resolved as it was asked, however the case is edited since. Who belongs to a group,
and how data sets print its name, is read from the case when it is resolved.
`void_risks` says what may keep it from being resolved.

This file must never import a page, a command or the web.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from spillover.case.pattern_text import PatternText
from spillover.case.schema import Case, Outcome, Resolves
from spillover.outcomes.question import Question, Span

__all__ = ["Acts", "ForecastQuestion", "questions_of", "void_risks"]

WAIT = 14
"""Days after a window in which reports may still come in, where the case sets none."""


@dataclass(frozen=True)
class Acts:
    """Acts that count: "*" for anyone or anything, "" for anywhere."""

    source: str
    action: str
    target: str
    place_from: str = ""
    place_in: str = ""
    marks: tuple[tuple[str, str], ...] = ()
    stream: str = ""


@dataclass(frozen=True)
class ForecastQuestion:
    """A question on record.

    Attributes
    ----------
    id, case, outcome, text
        Which it is, and as a person asked it.
    measure
        "count" (the store can decide it), "deaths", "injured", "sequence", "report"
        (claims, decided by hand), or "gauge", which nobody can look up.
    acts, before
        What counts; of a sequence also what comes first, at most ``gap`` days before.
    windows
        (first day, last day), both inclusive, UTC.
    mode
        "any" or "every" of the windows; "count" asks how many.
    low, high
        Bounds of a yes, inclusive; high is None without an upper bound.
    all_of, any_of
        Ids of questions it combines instead.
    decided_by
        Data sets in order; empty: by hand, with a cited source.
    differ, silent
        What holds where they differ ("first", "higher", "lower"), and where all are
        silent ("no", "yes").
    from_day
        First day on which it may be resolved.
    words
        Who must say so, where it is decided by hand.
    """

    id: str
    case: str
    outcome: str
    text: str
    measure: str
    acts: tuple[Acts, ...]
    windows: tuple[tuple[str, str], ...]
    mode: Literal["any", "every", "count", "all_of", "any_of"]
    low: float = 1.0
    high: float | None = None
    before: tuple[Acts, ...] = ()
    gap: float | None = None
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()
    differ: str = "first"
    silent: str = "no"
    from_day: str = ""
    words: str = ""

    @property
    def hard(self) -> bool:
        """Whether event data decide it."""
        marked = any(a.marks for a in self.acts)
        single = self.mode in ("any", "every", "count")
        return (
            bool(self.decided_by) and self.measure == "count" and single and not marked
        )

    @property
    def open_to_record(self) -> bool:
        """Whether it can be looked up at all."""
        return self.measure != "gauge"

    @property
    def opens(self) -> dt.date:
        """First day of its first window."""
        return min(dt.date.fromisoformat(first) for first, _ in self.windows)

    @property
    def closes(self) -> dt.date:
        """Last day of its last window."""
        return max(dt.date.fromisoformat(last) for _, last in self.windows)

    @property
    def days(self) -> int:
        """Days from the first to the last of them."""
        return (self.closes - self.opens).days + 1

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as they stand on record."""
        return asdict(self)

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> ForecastQuestion:
        """A question as it stands on record.

        Raises
        ------
        KeyError, TypeError, ValueError
            When it is none.
        """

        def acts(rows: Any) -> tuple[Acts, ...]:  # noqa: ANN401 - plain values
            return tuple(
                Acts(**{**r, "marks": tuple(tuple(m) for m in r["marks"])})
                for r in rows
            )

        plain = dict(held)
        for key in ("acts", "before"):
            plain[key] = acts(plain[key])
        plain["windows"] = tuple(tuple(w) for w in plain["windows"])
        for key in ("all_of", "any_of", "decided_by"):
            plain[key] = tuple(plain[key])
        made = cls(**plain)
        if made.opens > made.closes or not isinstance(made.id, str):
            msg = f"the question {made.id} has no window"
            raise ValueError(msg)
        dt.date.fromisoformat(made.from_day)
        return made


def _window(span: Span, origin: dt.date) -> tuple[str, str]:
    """Whole days of a span: (0, n] and [0, n) are both days 0 to n - 1."""
    first = origin + dt.timedelta(days=span.start)
    last = origin + dt.timedelta(days=span.end - 1)
    return first.isoformat(), last.isoformat()


def _acts(patterns: Iterable[PatternText]) -> tuple[Acts, ...]:
    return tuple(
        Acts(p.source, p.action, p.target, p.place_from, p.place_in, p.marks, p.stream)
        for p in patterns
    )


def questions_of(
    case: Case, asked: tuple[Question, ...]
) -> tuple[ForecastQuestion, ...]:
    """Every question of a case, in its order.

    Parameters
    ----------
    case
        The case.
    asked
        Its questions as assembled: windows in days from the origin.
    """
    outcomes = {o.id: o for o in case.outcomes}
    made = []
    for q in asked:
        o = outcomes[q.outcome]
        rule = o.resolves if isinstance(o.resolves, Resolves) else Resolves()
        words = o.resolves if isinstance(o.resolves, str) else o.resolves.note
        windows = tuple(_window(s, case.origin) for s in _spans(q, asked))
        wait = WAIT if rule.wait is None else math.ceil(rule.wait.middle)
        last = max(dt.date.fromisoformat(x) for _, x in windows)
        parts = tuple(asked[p].id for p in q.parts)
        made.append(
            ForecastQuestion(
                id=q.id, case=case.case, outcome=q.outcome, text=q.text,
                measure=o.of.kind if o.of else "sequence" if o.sequence else "count",
                acts=_stream_acts(case, _counted(o)),
                windows=windows, mode=q.mode,
                low=q.low, high=q.high if math.isfinite(q.high) else None,
                before=_stream_acts(case, o.sequence.first) if o.sequence else (),
                gap=o.sequence.within.middle if o.sequence else None,
                all_of=parts if q.mode == "all_of" else (),
                any_of=parts if q.mode == "any_of" else (),
                decided_by=rule.by, differ=rule.differ, silent=rule.silent,
                from_day=(last + dt.timedelta(days=wait + 1)).isoformat(), words=words,
            )
        )  # fmt: skip
    return tuple(made)


def _counted(o: Outcome) -> tuple[PatternText, ...]:
    if o.sequence is not None:
        return o.sequence.then
    return o.of.patterns if o.of is not None else ()


def _stream_acts(case: Case, patterns: Iterable[PatternText]) -> tuple[Acts, ...]:
    """Acts of patterns; one that names a stream by its id is written out."""
    streams = {s.id: s for s in case.streams}
    written = []
    for p in _acts(patterns):
        if p.stream in streams:
            e = streams[p.stream].event
            written.append(
                Acts(
                    e.source,
                    e.action,
                    e.target,
                    e.place_from,
                    e.place_in,
                    p.marks,
                    p.stream,
                )
            )
        else:
            written.append(p)
    return tuple(written)


def _spans(q: Question, asked: tuple[Question, ...]) -> tuple[Span, ...]:
    if q.spans:
        return q.spans
    return tuple(dict.fromkeys(s for p in q.parts for s in _spans(asked[p], asked)))


def void_risks(q: ForecastQuestion) -> tuple[str, ...]:
    """What may keep a question from being resolved, a sentence each."""
    found = []
    if q.measure == "gauge":
        found.append("it asks about a level inside the model, which nobody can look up")
    if q.all_of or q.any_of:
        return tuple(found)
    if not q.decided_by:
        found.append(
            "no data set decides it: it must be resolved by hand, with a cited source"
        )
    elif len(q.decided_by) == 1:
        found.append(
            f"only {q.decided_by[0]} decides it: name a second data set, "
            "or a gap in the first decides"
        )
    if q.decided_by and any(m for a in q.acts for m in a.marks):
        found.append(
            "it counts only acts with a mark, which event data do not tell: "
            "it must be resolved by hand"
        )
    if len(set(q.decided_by)) < len(q.decided_by):
        found.append("a data set is named twice")
    if q.mode != "count" and q.high is not None and q.high < q.low:
        found.append("no number fits between its bounds")
    return tuple(found)
