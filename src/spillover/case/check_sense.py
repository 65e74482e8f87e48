"""Checks of sense: shares that add up, what an element needs, dates, reasons.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from spillover.case.check_names import stands_for, streams_of
from spillover.case.checking import Checker, several
from spillover.case.number_text import Number
from spillover.case.pattern_text import TextError, parse_pattern
from spillover.case.read import LISTS, MAPPINGS, elements_by_path, numbers_by_path
from spillover.case.schema import Condition, Opens, PastPeak, Raises, Restraint

__all__ = ["check_dates", "check_elements", "check_reasons", "check_shares"]

ID = re.compile(r"[a-z0-9][a-z0-9-]*")


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


def _check_drivers(check: Checker) -> None:
    needs = {
        "walk": ("spread",),
        "decay": ("half_life",),
        "given": ("given",),
        "sum": ("sum_of",),
    }
    owner = {
        "spread": "walk",
        "reverts_to": "walk",
        "reverts_half_life": "walk",
        "jumps": "walk",
        "half_life": "decay",
        "given": "given",
        "sum_of": "sum",
    }
    before: list[str] = []
    for name, d in check.case.drivers.items():
        where = f"drivers.{name}"
        for field in needs.get(d.path, ()):
            if not getattr(d, field):
                check.fault(
                    where, f'a driver with path "{d.path}" has no {field}', f"{field}:"
                )
        for field, path in owner.items():
            if getattr(d, field) and d.path != path:
                check.fault(
                    f"{where}.{field}",
                    f'{field} says nothing for a driver with path "{d.path}"',
                    f"path: {path}, or no {field}",
                )
        if d.reverts_to is not None and d.reverts_half_life is None:
            check.fault(
                where, "reverts_to without reverts_half_life", "how fast it comes back"
            )
        for other in d.sum_of:
            if (
                check.known(f"{where}.sum_of", "driver", other, check.case.drivers)
                and other not in before
            ):
                check.fault(
                    f"{where}.sum_of",
                    f'"{other}" does not stand before "{name}"',
                    "drivers further up in the file",
                    "Put the sum after its parts",
                )
        for day, level in d.given.items():
            if level <= 0:
                check.fault(
                    f"{where}.given.{day}",
                    f"the level {level:g} is not above 0",
                    "a level above 0",
                )
        before.append(name)


def _check_ids(check: Checker) -> None:
    case = check.case
    wanted = "small letters, digits and dashes, such as tehran-word"
    if not ID.fullmatch(case.case):
        check.fault("case", f'"{case.case}" is not an id', wanted)
    for section in (*LISTS, *MAPPINGS, "numbers"):
        for e in getattr(case, section):
            name = e if isinstance(e, str) else e.id
            if not ID.fullmatch(name):
                where = f"{section}.{name}" if name else section
                check.fault(
                    where,
                    f'"{name}" is not an id'
                    if name
                    else f"an element of {section} has no id",
                    wanted,
                )
    if case.zone != "UTC":
        try:
            ZoneInfo(case.zone)
        except (ValueError, OSError, KeyError):
            check.fault(
                "zone",
                f'the zone "{case.zone}" is not known',
                "a zone such as UTC or Asia/Baghdad",
            )
    for name, s in case.sources.items():
        if s.grade and not re.fullmatch("[A-F][1-6]", s.grade):
            check.fault(
                f"sources.{name}.grade",
                f'"{s.grade}" is not a grade',
                "a source grade A to F and an item grade 1 to 6, such as B2",
            )


def _check_yielding(check: Checker, x: Restraint) -> None:
    """Members whose compliance is given take part in what is held."""
    acting = set()
    for held in x.holds:
        try:
            acting |= {s.event.source for s in streams_of(check, parse_pattern(held))}
        except TextError:
            return
    for key, given in (("compliance", x.compliance), ("obeys", x.obeys)):
        for member in given if isinstance(given, dict) else ():
            if (
                member in check.case.actors
                and acting
                and not any(
                    stands_for(check, a, member) or stands_for(check, member, a)
                    for a in acting
                )
            ):
                check.fault(
                    f"restraints.{x.id}.{key}.{member}",
                    f'"{member}" does none of what is held',
                    f"members of {', '.join(sorted(acting))}",
                )


def _check_condition(check: Checker, where: str, c: Condition) -> None:
    said = [key for key in ("state", "restraint", "event", "gauge") if getattr(c, key)]
    if c.not_ is not None:
        said.append("not")
        _check_condition(check, where, c.not_)
    if len(said) != 1:
        check.fault(
            where,
            f"a condition says {len(said)} things",
            "exactly one of state, restraint, event, gauge, not",
        )
    if c.event and c.within is None:
        check.fault(
            where, "a condition on an event has no time", "within: how long ago at most"
        )
    if c.gauge and c.above is None:
        check.fault(where, "a condition on a gauge has no level", "above: a level")


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
    _check_drivers(check)
    _check_ids(check)
    for line in case.red_lines:
        where = f"red_lines.{line.id}"
        if isinstance(line.reach, PastPeak) and line.when.kind != "gauge":
            check.fault(
                f"{where}.reach",
                "times_past_peak is for gauges",
                "a number, or a gauge in when:",
            )
        if line.when.kind == "report":
            check.fault(
                f"{where}.when",
                "a red line counts acts, not claims",
                "the acts that are claimed",
            )
        if isinstance(line.then, Raises):
            factor = line.then.factor
            if factor.kind in ("certain", "unknown") and factor.high <= 1:
                check.fault(
                    f"{where}.then.factor",
                    f'the factor "{factor.text}" does not raise',
                    "a factor above 1; what holds back is a restraint",
                )
            if line.then.cap is not None and line.then.cap < factor.middle:
                check.fault(
                    f"{where}.then.cap",
                    f'the cap {line.then.cap:g} is below the middle of "{factor.text}"',
                    "a cap above the factor",
                )
        if isinstance(line.then, Opens):
            shut = {s.id: s.dormant for s in case.streams}
            if not shut.get(line.then.opens, True):
                check.fault(
                    f"{where}.then.opens",
                    f'"{line.then.opens}" is open already',
                    "a stream with dormant: yes",
                )
    for name, g in case.gauges.items():
        for drive in g.drives:
            if not (drive.holds or drive.raises):
                check.fault(
                    f"gauges.{name}.drives",
                    "it does not say what it drives",
                    "holds: or raises: with patterns",
                )
    for x in case.restraints:
        if not (x.when or x.in_force or x.while_):
            check.fault(
                f"restraints.{x.id}",
                "nothing starts this restraint",
                "when: an act, in_force: a day, or while: a state",
            )
        _check_yielding(check, x)
    for y in case.replies:
        for rule in y.odds_if:
            _check_condition(check, f"replies.{y.id}.odds_if", rule.when)
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
        if (
            w.by is not None
            and w.issued < w.by <= case.origin
            and w.after_deadline is None
            and w.fades is None
        ):
            check.warnings.append(
                f"The deadline of the warning {w.id} passed before the origin: it adds nothing"
            )
    origin = case.origin
    past: list[tuple[str, dt.date | None]] = [("history.begins", case.history.begins)]
    past += [(f"states.{k}.since", s.since) for k, s in case.states.items()]
    for x in case.restraints:
        if x.in_force:
            past.append(
                (f"restraints.{x.id}.in_force", x.in_force.to or x.in_force.since)
            )
            if x.in_force.to and x.in_force.to < x.in_force.since:
                check.fault(
                    f"restraints.{x.id}.in_force",
                    f"{x.in_force.to} is before {x.in_force.since}",
                    "since: the first possible day, to: the last",
                )
        if x.until is not None and x.until < origin:
            check.fault(
                f"restraints.{x.id}.until",
                f"{x.until} is before the origin {origin}",
                "a day on or after the origin",
                "Leave the restraint out if it is over",
            )
    past += [(f"replies.{y.id}.pending", p.on) for y in case.replies for p in y.pending]
    past += [
        (f"red_lines.{z.id}.pending", p.on) for z in case.red_lines for p in z.pending
    ]
    for where, day in past:
        if day is not None and day >= origin:
            check.fault(
                where,
                f"{day} is not before the origin {origin}",
                "a day before the origin",
            )
    spans = [
        (f"streams.{s.id}.observed", o.from_, o.to)
        for s in case.streams
        for o in s.observed
    ]
    spans += [
        (f"actors.{k}.part_of", p.from_, p.to)
        for k, a in case.actors.items()
        if isinstance(a.part_of, tuple)
        for p in a.part_of
    ]
    for where, first, last in spans:
        if first and last and last < first:
            check.fault(
                where, f"{last} is before {first}", "from: the first day, to: the last"
            )


def check_reasons(check: Checker, *, strict: bool) -> None:
    """Every number names its sources or gives its reason."""
    case = check.case
    reasoned: set[str] = set()
    for where, e in elements_by_path(case):
        if e.sources or e.why:
            reasoned.add(where)
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
            f"{several(len(bare), 'number has', 'numbers have')} no source and no reason: {', '.join(bare[:4])}{' ...' if len(bare) > 4 else ''}"
        )
