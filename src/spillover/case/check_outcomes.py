"""Checks of outcomes: a bound, a window, and something that can bring it about.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt

from spillover.case.check_names import check_pattern, streams_of
from spillover.case.checking import Checker
from spillover.case.pattern_text import (
    PatternText,
    QuantityText,
    TextError,
    parse_pattern,
)
from spillover.case.schema import Opens, Outcome, Raises
from spillover.clock import months_within

__all__ = ["check_outcomes"]


def _reachable(check: Checker) -> set[str]:
    """Streams that can have an event: a rate, or something that brings them."""
    case = check.case
    alive = {
        s.id
        for s in case.streams
        for n in (s.baseline, s.level)
        if n is not None and (n.kind == "shared" or n.kind == "median" or n.high > 0)
    }

    def acts(p: PatternText) -> set[str]:
        return {s.id for s in streams_of(check, p)}

    for w in case.warnings:
        alive |= acts(w.event)
    while True:
        more = set(alive)
        for x in case.responses:
            if any(acts(p) & alive for p in x.when):
                more |= acts(x.then)
        for y in case.replies:
            if any(acts(p) & alive for p in y.ask):
                for answer in y.answers:
                    if answer != "none":
                        try:
                            more |= acts(parse_pattern(answer))
                        except TextError:
                            continue
        for z in case.red_lines:
            counted = z.when.kind == "gauge" or any(
                acts(p) & alive for p in z.when.patterns
            )
            if counted and not isinstance(z.then, (Raises, Opens)):
                more |= acts(z.then)
        if more == alive:
            return alive
        alive = more


def _check_bounds(check: Checker, o: Outcome) -> None:
    """An outcome is true at a number, or asks how many; never both ways."""
    where = f"outcomes.{o.id}"
    bounds = [
        k
        for k in ("at_least", "more_than", "at_most", "between")
        if getattr(o, k) is not None
    ]
    if o.any_of or o.all_of or o.sequence:
        if (
            o.of is not None
            or len([x for x in (o.any_of, o.all_of, o.sequence) if x]) > 1
        ):
            check.fault(
                where, "it asks several things", "one of of, any_of, all_of, sequence"
            )
        return
    if o.of is not None and not bounds and not o.count:
        check.fault(
            where,
            "nothing says when it is true",
            "at_least:, more_than:, at_most: or between:",
            "Write count: yes to ask how many",
        )
    if len(bounds) > 1:
        check.fault(
            where,
            f"it has {len(bounds)} bounds ({', '.join(bounds)})",
            "one of them",
            "Use between: [low, high] for both ends",
        )
    if o.between is not None and o.between[0] > o.between[1]:
        check.fault(
            f"{where}.between",
            f"{o.between[0]:g} is above {o.between[1]:g}",
            "[low, high], low first",
        )
    if o.at_least is not None and o.at_least <= 0:
        check.fault(
            f"{where}.at_least",
            f"at least {o.at_least:g} is always true",
            "a number above 0",
        )
    for key in ("more_than", "at_most"):
        value = getattr(o, key)
        if value is not None and value < 0:
            check.fault(f"{where}.{key}", f"{value:g} is negative", "0 or more")
    if o.unmodelled is not None and (
        o.count or o.at_most is not None or o.between is not None
    ):
        check.fault(
            f"{where}.unmodelled",
            "ways that the case does not hold can only add events",
            "unmodelled: only with at_least: or more_than:",
        )


def _check_spans(check: Checker, o: Outcome) -> None:
    where = f"outcomes.{o.id}"
    if not o.in_ or o.until is None or o.until < check.case.origin:
        return
    origin = check.case.origin
    if o.in_ == "any 30 days":
        if (o.until - origin).days + 1 < 30:
            check.fault(
                f"{where}.until",
                f"30 days do not fit between {origin} and {o.until}",
                "a later day",
            )
    elif not months_within(origin, o.until):
        check.fault(
            f"{where}.until",
            f"no whole calendar month lies between {origin} and {o.until}",
            "the last day of a month, or a later day",
        )


def _check_combination(check: Checker, o: Outcome, before: list[str]) -> None:
    for other in (*o.any_of, *o.all_of):
        if other not in before and other in [x.id for x in check.case.outcomes]:
            check.fault(
                f"outcomes.{o.id}",
                f'"{other}" does not stand before "{o.id}"',
                "outcomes further up in the file",
                "Put what combines after its parts",
            )


def _brought_by(check: Checker, q: QuantityText) -> set[str]:
    """Streams that move what is counted; none when a name is unknown."""
    patterns = list(q.patterns)
    if q.kind == "report":
        patterns = [p for r in check.case.reports if r.id == q.name for p in r.of]
    elif q.kind == "gauge" and q.name in check.case.gauges:
        g = check.case.gauges[q.name]
        if g.start is not None or g.at_origin is not None or check.case.records:
            return set()
        try:
            patterns = [parse_pattern(t) for t in g.raised_by]
        except TextError:
            return set()
    return {s.id for p in patterns for s in streams_of(check, p)}


def check_outcomes(check: Checker) -> None:
    """Outcomes ask something that can come about within the horizon."""
    case = check.case
    horizon = case.horizon.low
    alive = _reachable(check)
    before: list[str] = []
    if case.key_outcome:
        check.known(
            "key_outcome", "outcome", case.key_outcome, [o.id for o in case.outcomes]
        )
    for o in case.outcomes:
        where = f"outcomes.{o.id}"
        for n in o.within:
            if n.low > horizon + 1e-9:
                check.fault(
                    f"{where}.within",
                    f'"{n.text}" is longer than the horizon of {horizon:g} days',
                    f"at most {horizon:g} days",
                    "Make the horizon longer",
                )
            elif n.kind != "certain" or n.low < 1 or abs(n.low - round(n.low)) > 1e-9:
                check.fault(
                    f"{where}.within",
                    f'"{n.text}" is not a number of whole days',
                    "whole days",
                )
        for key in ("before", "by", "until"):
            date = getattr(o, key)
            if date is None:
                continue
            days = (date - case.origin).days + (0 if key == "before" else 1)
            if days > horizon:
                last = case.origin + dt.timedelta(
                    days=int(min(horizon, 3653)) - (key != "before")
                )
                check.fault(
                    f"{where}.{key}",
                    f"{date} is after the horizon of {horizon:g} days",
                    f"at latest {last}",
                    "Make the horizon longer",
                )
            if days <= 0:
                check.fault(
                    f"{where}.{key}",
                    f"{date} is not after the origin {case.origin}",
                    "a day after the origin",
                )
        _check_bounds(check, o)
        _check_spans(check, o)
        _check_combination(check, o, before)
        before.append(o.id)
        combined = bool(o.any_of or o.all_of)
        if not combined and o.of is None and o.sequence is None:
            check.fault(
                where,
                "the outcome does not say what it is about",
                "of:, event:, report: or gauge:",
            )
        if not combined and not (o.within or o.before or o.by or o.in_):
            check.fault(
                where, "the outcome has no window", "within:, before:, by: or in:"
            )
        if o.in_ and o.until is None:
            check.fault(where, f'"{o.in_}" needs a last day', "until: a day")
        needed = []
        if (o.of is not None and o.of.kind in ("count", "deaths", "injured")) or (
            o.of is not None and not o.count and o.at_most is None
        ):
            needed = [_brought_by(check, o.of)]
        elif o.sequence is not None:
            for patterns in (o.sequence.first, o.sequence.then):
                for p in patterns:
                    check_pattern(check, f"{where}.sequence", p)
                needed.append({s.id for p in patterns for s in streams_of(check, p)})
            if o.sequence.within.low > horizon + 1e-9:
                check.fault(
                    f"{where}.sequence.within",
                    f'"{o.sequence.within.text}" is longer than the horizon of {horizon:g} days',
                    f"at most {horizon:g} days",
                    "Make the horizon longer",
                )
        for streams in needed:
            if not (check.unsure or o.unmodelled or not streams or streams & alive):
                check.fault(
                    where,
                    f"nothing in the case can bring it about ({', '.join(sorted(streams))})",
                    "a baseline, or something that brings it",
                    "Give the stream a baseline, or the outcome unmodelled:",
                )
