"""Outcomes as questions: one per window, in words and in whole days.

Windows: "within n days" is (0, n]; "before" a date ends at its midnight, "by" a date
includes it; calendar months are those that lie whole between the origin and ``until``,
asked again for each earlier month end; "any n days" are all (k, k + n] up to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from spillover.assemble.context import Context
from spillover.assemble.sources import OutcomeSource
from spillover.case.pattern_text import QuantityText
from spillover.clock import in_words, month_ends, months_within
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.structure import ABSENT, Slot
from spillover.outcomes.question import Question, Span, Tally

__all__ = ["Asked", "build_outcomes"]


@dataclass
class Asked:
    """Tallies and questions so far."""

    tallies: list[Tally] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def tally(self, tally: Tally) -> int:
        """Index of a tally, made once."""
        if tally not in self.tallies:
            self.tallies.append(tally)
        return self.tallies.index(tally)


@dataclass(frozen=True)
class _Window:
    """One window: how it is called, its part of the id, and its spans."""

    words: str
    id: str
    spans: tuple[Span, ...]
    every: bool = False


def _windows(ctx: Context, source: OutcomeSource) -> list[_Window]:
    found: list[_Window] = []
    for days in source.within:
        words = f"within {days} day" + ("s" if days != 1 else "")
        found.append(_Window(words, words.removeprefix("within "), (Span(0, days),)))
    if source.before is not None:
        span = Span(0, ctx.day(source.before), closed=False)
        found.append(
            _Window(
                f"before {in_words(source.before)}", f"before {source.before}", (span,)
            )
        )
    if source.by is not None:
        span = Span(0, ctx.day(source.by) + 1, closed=False)
        found.append(_Window(f"by {in_words(source.by)}", f"by {source.by}", (span,)))
    if source.months and source.until is not None:
        months = months_within(ctx.origin, source.until)
        if not months:
            msg = (
                f"outcomes.{source.id}: no whole calendar month lies between "
                f"{in_words(ctx.origin)} and {in_words(source.until)}"
            )
            raise ModelError(msg)
        each = "every" if source.months == "every" else "a"
        spans = tuple(Span(start, end, closed=False) for start, end in months)
        for k, last in enumerate(month_ends(ctx.origin, source.until)):
            found.append(
                _Window(
                    f"in {each} calendar month up to {in_words(last)}",
                    f"months to {last}",
                    spans[: k + 1],
                    source.months == "every",
                )
            )
    if source.any_days and source.until is not None:
        end = ctx.day(source.until) + 1
        spans = tuple(
            Span(k, k + source.any_days) for k in range(end - source.any_days + 1)
        )
        if not spans:
            msg = (
                f"outcomes.{source.id}: {source.any_days} days do not fit before "
                f"{in_words(source.until)}"
            )
            raise ModelError(msg)
        found.append(
            _Window(
                f"in any {source.any_days} days up to {in_words(source.until)}",
                f"any {source.any_days} days to {source.until}",
                spans,
            )
        )
    return found


def _tally(ctx: Context, source: OutcomeSource, of: QuantityText) -> Tally:
    path = f"outcomes.{source.id}"
    if of.kind == "gauge":
        return Tally("gauge", index=ctx.at("gauges", of.name, path))
    if of.kind == "report":
        return Tally("report", index=ctx.at("reports", of.name, path))
    pattern = ctx.pattern(of.patterns)
    if not pattern.clauses:
        msg = f"{path}: no stream can bring it; name a stream that exists"
        raise ModelError(msg)
    if source.first:
        return Tally(
            "sequence",
            pattern,
            first=ctx.pattern(source.first),
            within=source.first_within,
        )
    return Tally(of.kind, pattern)


def _unmodelled(ctx: Context, source: OutcomeSource) -> Slot:
    if source.unmodelled is None:
        return ABSENT
    path = f"outcomes.{source.id}.unmodelled"
    if source.count or source.low <= 0.0 or math.isfinite(source.high):
        msg = (
            f"{path}: only for an outcome that more events can only bring about "
            "(at_least or more_than)"
        )
        raise ModelError(msg)
    return ctx.number(path, source.unmodelled, zero=0.0)


def _check_horizon(ctx: Context, source: OutcomeSource, window: _Window) -> None:
    if window.spans[-1].end > ctx.horizon:
        msg = (
            f"outcomes.{source.id}: the window {window.words} ends on day "
            f"{window.spans[-1].end}, after the horizon of {ctx.horizon:g} days"
        )
        raise ModelError(msg)


def _plain(ctx: Context, source: OutcomeSource, asked: Asked) -> None:
    if source.of is None:
        msg = f"outcomes.{source.id}: nothing is asked of"
        raise ModelError(msg)
    tally = asked.tally(_tally(ctx, source, source.of))
    unmodelled = _unmodelled(ctx, source)
    windows = _windows(ctx, source)
    if not windows:
        msg = f"outcomes.{source.id}: it has no window"
        raise ModelError(msg)
    for window in windows:
        _check_horizon(ctx, source, window)
        asked.questions.append(
            Question(
                id=f"{source.id}@{window.id}",
                outcome=source.id,
                text=source.question,
                window=window.words,
                key=id_key("outcome", source.id),
                mode="count" if source.count else "every" if window.every else "any",
                tally=tally,
                spans=window.spans,
                low=source.low,
                high=source.high,
                unmodelled=unmodelled,
                first_time=source.first_time,
            )
        )


def _combined(ctx: Context, source: OutcomeSource, asked: Asked) -> None:
    """All or any of other outcomes, window by window."""
    path = f"outcomes.{source.id}"
    names = source.all_of or source.any_of
    parts: list[dict[str, int]] = []
    for name in names:
        mine = {q.window: k for k, q in enumerate(asked.questions) if q.outcome == name}
        if not mine:
            msg = f"{path}: outcome {name} must stand before the one that combines it"
            raise ModelError(msg)
        parts.append(mine)
    shared = [w for w in parts[0] if all(w in p for p in parts)]
    own = {w.words: w.id for w in _windows(ctx, source)}
    if own:
        missing = [w for w in own if w not in shared]
        if missing:
            msg = f"{path}: not all of {', '.join(names)} are asked {missing[0]}"
            raise ModelError(msg)
        shared = list(own)
    choices = [(w, [p[w] for p in parts]) for w in shared]
    if not choices:  # no window in common: the last of each
        choices = [("", [list(p.values())[-1] for p in parts])]
    for words, members in choices:
        first = asked.questions[members[0]]
        ending = first.id.partition("@")[2] if words else "all"
        asked.questions.append(
            Question(
                id=f"{source.id}@{ending}",
                outcome=source.id,
                text=source.question,
                window=words,
                key=id_key("outcome", source.id),
                mode="all_of" if source.all_of else "any_of",
                parts=tuple(members),
                first_time=source.first_time,
            )
        )


def build_outcomes(ctx: Context, sources: tuple[OutcomeSource, ...]) -> Asked:
    """Every outcome as questions; those that combine others come after them."""
    asked = Asked()
    for source in sources:
        if source.any_of or source.all_of:
            _combined(ctx, source, asked)
        else:
            _plain(ctx, source, asked)
    return asked
