"""Checks of sense: shares that add up, what an element needs, dates, reasons.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from spillover.case.checking import Checker
from spillover.case.number_text import Number
from spillover.case.read import numbers_by_path
from spillover.case.schema import Opens, PastPeak

__all__ = ["check_dates", "check_elements", "check_reasons", "check_shares"]


def _sum(
    check: Checker, where: str, numbers: Iterable[Number], what: str, *, whole: bool
) -> None:
    """Shares or chances: at most one in all, or exactly one when ``whole``."""
    listed = list(numbers)
    rests = sum(n.kind == "rest" for n in listed)
    if rests > 1:
        check.fault(where, f"{rests} {what} are rest", "rest at most once")
    resolved = [
        check.case.shared.get(n.name, n) if n.kind == "shared" else n
        for n in listed
        if n.kind != "rest"
    ]
    total = math.fsum(n.middle for n in resolved if not math.isnan(n.middle))
    certain = all(n.kind == "certain" for n in resolved)
    if total > 1 + (1e-6 if certain else 0.05):
        check.fault(where, f"the {what} add up to {total:.3g}", "at most 1 in all")
    elif whole and not rests and abs(total - 1) > (1e-6 if certain else 0.05):
        check.fault(
            where, f"the {what} add up to {total:.3g}", "1 in all, or one of them rest"
        )


def check_shares(check: Checker) -> None:
    """Members, marks, replies, variants: shares and chances that must add up."""
    for name, actor in check.case.actors.items():
        if actor.members:
            _sum(
                check,
                f"actors.{name}.members",
                actor.members.values(),
                "member shares",
                whole=True,
            )
    for s in check.case.streams:
        for mark, values in s.marks.choices.items():
            _sum(
                check,
                f"streams.{s.id}.marks.{mark}",
                values.values(),
                "shares",
                whole=False,
            )
    for r in check.case.replies:
        _sum(
            check,
            f"replies.{r.id}.answers",
            r.answers.values(),
            "chances of the answers",
            whole=False,
        )
    for name, v in check.case.variants.items():
        _sum(
            check,
            f"variants.{name}.choices",
            [c.weight for c in v.choices.values()],
            "weights",
            whole=True,
        )


def check_elements(check: Checker) -> None:
    """What single elements need: factors, driver fields, thresholds, weekdays."""
    case = check.case
    if not case.streams:
        check.fault(
            "case", "the case has no stream", "streams: at least one kind of event"
        )
    if not case.outcomes:
        check.fault(
            "case", "the case has no outcome", "outcomes: at least one question"
        )
    for s in case.streams:
        if s.baseline is not None and s.level is not None:
            check.fault(
                f"streams.{s.id}", "both baseline and level are given", "one of them"
            )
        if s.weekday and len(s.weekday) != 7:
            check.fault(
                f"streams.{s.id}.weekday",
                f"{len(s.weekday)} weekday factors",
                "seven, Monday first",
            )
    for x in case.restraints:
        if x.factor is None and any(f is None for f in x.holds.values()):
            check.fault(
                f"restraints.{x.id}",
                "no factor is given",
                "factor:, or one for each pattern under holds:",
            )
        for f in (x.factor, *x.holds.values()):
            if (
                f is not None
                and f.kind != "shared"
                and (f.high if f.kind != "median" else 0) > 1
            ):
                check.fault(
                    f"restraints.{x.id}",
                    f'the factor "{f.text}" is above 1',
                    "a factor from 0 to 1; what raises is a red line or a gauge",
                )
    needs = {
        "walk": ("spread",),
        "decay": ("half_life",),
        "given": ("given",),
        "sum": ("sum_of",),
    }
    for name, d in case.drivers.items():
        for field in needs.get(d.path, ()):
            if not getattr(d, field):
                check.fault(
                    f"drivers.{name}",
                    f'a driver with path "{d.path}" has no {field}',
                    f"{field}:",
                )
        for other in d.sum_of:
            check.known(f"drivers.{name}.sum_of", "driver", other, case.drivers)
    for line in case.red_lines:
        if isinstance(line.reach, PastPeak) and line.when.kind != "gauge":
            check.fault(
                f"red_lines.{line.id}.reach",
                "times_past_peak is for gauges",
                "a number, or when: gauge ...",
            )
    opened = {x.then.opens for x in case.red_lines if isinstance(x.then, Opens)}
    for s in case.streams:
        if s.dormant and s.id not in opened:
            check.fault(
                f"streams.{s.id}.dormant",
                "nothing opens this dormant stream",
                "a red line with then: {opens: ...}",
            )


def check_dates(check: Checker) -> None:
    """Nothing known is younger than the origin."""
    case = check.case
    for name, s in case.sources.items():
        if s.date is not None and s.date > case.origin:
            check.fault(
                f"sources.{name}.date",
                f"{s.date} is after the origin {case.origin}",
                "sources that were out by the origin",
            )
    for w in case.warnings:
        if w.issued >= case.origin:
            check.fault(
                f"warnings.{w.id}.issued",
                f"{w.issued} is not before the origin {case.origin}",
                "a warning that was out before the origin",
            )
        if w.by is not None and w.by <= w.issued:
            check.fault(
                f"warnings.{w.id}.by",
                f"the deadline {w.by} is not after {w.issued}",
                "a day after the warning",
            )
        if w.by is None and w.fades is None:
            check.fault(
                f"warnings.{w.id}",
                "neither deadline nor fading is given",
                "by: a day, or fades: a half-life",
            )


def check_reasons(check: Checker, *, strict: bool) -> None:
    """Every number names its sources or gives its reason."""
    case = check.case
    reasoned: set[str] = set()
    for section in (
        "actors",
        "ties",
        "drivers",
        "states",
        "streams",
        "reports",
        "responses",
        "replies",
        "restraints",
        "red_lines",
        "warnings",
        "gauges",
        "outcomes",
        "levers",
        "variants",
    ):
        value = getattr(case, section)
        for e in value.values() if isinstance(value, dict) else value:
            if e.sources or e.why:
                reasoned.add(f"{section}.{e.id}")
    for w in case.variants.values():
        if all(c.why for c in w.choices.values()):
            reasoned.add(f"variants.{w.id}")
    bare = []
    for path, n in numbers_by_path(case).items():
        if (
            n.kind in ("rest", "shared")
            or path == "horizon"
            or path.endswith((".median", ".spread"))
        ):
            continue
        own = ".".join(path.split(".")[:2])
        if n.kind == "certain" and (
            n.low in (0.0, 1.0) or path.startswith(("outcomes.", "levers."))
        ):
            continue
        if not (n.sources or n.why or own in reasoned):
            bare.append(path)
    if strict:
        for path in bare:
            check.fault(
                path, "the number has no source and no reason", "sources: or why:"
            )
    elif bare:
        check.warnings.append(
            f"{len(bare)} numbers have no source and no reason: {', '.join(bare[:4])}{' ...' if len(bare) > 4 else ''}"
        )
