"""Checks of sense: shares, chances, dates, windows, what can come about at all.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterable

from spillover.case.check_names import stands_for, streams_of
from spillover.case.checking import Checker
from spillover.case.number_text import Number
from spillover.case.pattern_text import PatternText, TextError, parse_pattern
from spillover.case.read import numbers_by_path
from spillover.case.schema import Opens, PastPeak, Raises
from spillover.case.tables import IntervalCount

__all__ = [
    "check_counts",
    "check_dates",
    "check_elements",
    "check_levers",
    "check_outcomes",
    "check_reasons",
    "check_records",
    "check_shares",
]


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


def check_records(check: Checker) -> None:
    """Records lie before the origin and match something."""
    case = check.case
    file = case.history.records
    idle = 0
    for r in case.records:
        if r.last >= case.origin:
            check.table_fault(
                file,
                r.line,
                "date",
                f"{r.last} is not before the origin {case.origin}",
                "records of what was before the origin",
            )
        if r.published is not None and r.published > case.origin:
            check.table_fault(
                file,
                r.line,
                "published",
                f"{r.published} is after the origin {case.origin}",
                "records that were out by the origin",
            )
        for column, actor in (("source", r.source), ("target", r.target)):
            if actor not in case.actors:
                check.table_fault(
                    file,
                    r.line,
                    column,
                    f'"{actor}" is neither an actor nor a code of the codebook',
                    "an actor id",
                    "Add the code to the codebook, or the actor to the case",
                )
        for column, place in (("from", r.place_from), ("in", r.place_in)):
            if place and place not in case.places:
                check.table_fault(
                    file, r.line, column, f'unknown place "{place}"', "an id of places:"
                )
        idle += not any(
            stands_for(check, s.event.source, r.source)
            and s.event.action == r.action
            and stands_for(check, s.event.target, r.target)
            and s.about == r.about
            for s in case.streams
        )
    if idle:
        check.warnings.append(
            f"{idle} of {len(case.records)} records match no stream and stay as context"
        )


def _rows_of(rows: Iterable[IntervalCount]) -> list[list[IntervalCount]]:
    """Ways to choose one row of each rival group."""
    groups: dict[str, list[IntervalCount]] = {}
    fixed: list[IntervalCount] = []
    for r in rows:
        if r.rival:
            groups.setdefault(r.rival, []).append(r)
        else:
            fixed.append(r)
    return [
        fixed + list(c)
        for c in itertools.islice(itertools.product(*groups.values()), 64)
    ]


def contradiction(rows: list[IntervalCount]) -> list[IntervalCount]:
    """Rows that cannot all hold: a negative cycle of difference constraints.

    N(b) - N(a) lies in [low, high] for the cumulative count N at the ends of each row,
    and N never falls; Bellman-Ford finds a cycle of negative length iff no N fits.
    """
    ends = sorted({d for r in rows for d in (r.first, r.last + dt.timedelta(days=1))})
    at = {d: i for i, d in enumerate(ends)}
    edges: list[tuple[int, int, float, IntervalCount | None]] = [
        (i + 1, i, 0.0, None) for i in range(len(ends) - 1)
    ]
    for r in rows:
        a, b = at[r.first], at[r.last + dt.timedelta(days=1)]
        if math.isfinite(r.high):
            edges.append((a, b, r.high, r))
        edges.append((b, a, -r.low, r))
    distance = [0.0] * len(ends)
    before: list[tuple[int, IntervalCount | None]] = [(-1, None)] * len(ends)
    last = -1
    for _ in range(len(ends) + 1):
        last = -1
        for u, v, length, row in edges:
            if distance[u] + length < distance[v] - 1e-9:
                distance[v], before[v], last = distance[u] + length, (u, row), v
        if last < 0:
            return []
    for _ in ends:
        last = before[last][0]
    found: list[IntervalCount] = []
    node = last
    while True:
        node, row = before[node]
        if row is not None and row not in found:
            found.append(row)
        if node == last:
            return sorted(found, key=lambda r: r.line)


def check_counts(check: Checker) -> None:
    """Counts lie before the origin, count something, and do not contradict."""
    case = check.case
    file = case.history.counts
    kept: dict[str, list[IntervalCount]] = {}
    for r in case.counts:
        if r.last >= case.origin:
            check.table_fault(
                file,
                r.line,
                "to",
                f"{r.last} is not before the origin {case.origin}",
                "counts of what was before the origin",
            )
        if r.of.kind == "report":
            if r.of.name not in [x.id for x in case.reports]:
                check.table_fault(
                    file,
                    r.line,
                    "of",
                    f'unknown report "{r.of.name}"',
                    "an id of reports:",
                )
        elif not all(streams_of(check, p) for p in r.of.patterns):
            check.table_fault(
                file,
                r.line,
                "of",
                f'"{r.text}" matches no stream',
                "a stream of this case, or report and its id",
            )
        if r.kind != "missing":
            kept.setdefault(r.text, []).append(r)
    for rows in kept.values():
        for chosen in _rows_of(rows):
            bad = contradiction(chosen)
            if bad:
                said = "; ".join(
                    f"{r.id} ({r.first} to {r.last}: {r.low:g}{'' if r.high == r.low else f' to {r.high:g}'})"
                    for r in bad
                )
                check.table_fault(
                    file,
                    bad[-1].line,
                    "count",
                    f"these counts cannot all hold: {said}",
                    "a part is at most its whole",
                    "Mend a number, or make them rivals",
                )
                break


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


def check_levers(check: Checker) -> None:
    """Levers and variants change what is there, when it can matter."""
    case = check.case
    paths = numbers_by_path(case)
    elements = {
        f"{s}.{e.id}"
        for s in (
            "responses",
            "replies",
            "restraints",
            "red_lines",
            "warnings",
            "streams",
            "reports",
        )
        for e in getattr(case, s)
    }
    elements |= {
        f"{s}.{k}" for s in ("drivers", "gauges", "states") for k in getattr(case, s)
    }
    ids = [x.id for x in case.levers]
    for lever in case.levers:
        where = f"levers.{lever.id}"
        for other in lever.both:
            if check.known(f"{where}.both", "lever", other, ids) and other == lever.id:
                check.fault(f"{where}.both", "a lever combines itself", "other levers")
        for action in lever.do:
            for path in (*action.set, *action.scale):
                check.known(f"{where}.do", "number", path, paths)
            if action.off:
                check.known(f"{where}.do", "element", action.off, elements)
            if action.act is not None and not action.on:
                check.fault(f"{where}.do", "the act has no day", "on: a day or several")
            for day in action.on:
                if day < case.origin or (day - case.origin).days > case.horizon.low:
                    check.fault(
                        f"{where}.do",
                        f"{day} is not within the horizon ({case.origin} to {case.end})",
                        "a day within the horizon",
                    )
    for name, v in case.variants.items():
        for choice in v.choices.values():
            for path in choice.set:
                check.known(f"variants.{name}", "number", path, paths)
            for element in choice.off:
                check.known(f"variants.{name}", "element", element, elements)


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
