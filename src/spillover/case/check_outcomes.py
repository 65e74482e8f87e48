"""Checks of outcomes: a bound, a window, and something that can bring it about.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

from spillover.case.check_names import streams_of
from spillover.case.checking import Checker
from spillover.case.pattern_text import PatternText, TextError, parse_pattern
from spillover.case.schema import Opens, Raises

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


def check_outcomes(check: Checker) -> None:
    """Outcomes ask something that can come about within the horizon."""
    case = check.case
    horizon = case.horizon.low
    alive = _reachable(check)
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
            elif abs(n.low - round(n.low)) > 1e-9 or n.kind != "certain":
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
                check.fault(
                    f"{where}.{key}",
                    f"{date} is after the horizon of {horizon:g} days",
                    f"at latest {case.end}",
                    "Make the horizon longer",
                )
            if days <= 0:
                check.fault(
                    f"{where}.{key}",
                    f"{date} is not after the origin {case.origin}",
                    "a day after the origin",
                )
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
        if (
            o.of is not None
            and o.of.kind not in ("gauge", "report")
            and o.unmodelled is None
        ):
            streams = {s.id for p in o.of.patterns for s in streams_of(check, p)}
            if streams and not streams & alive:
                check.fault(
                    where,
                    f"nothing in the case can bring it about ({', '.join(sorted(streams))})",
                    "a baseline, or something that brings it",
                    "Give the stream a baseline, or the outcome unmodelled:",
                )
