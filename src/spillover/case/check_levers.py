"""Checks of levers and variants: they change what is there, when it can matter.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from spillover.case.checking import Checker
from spillover.case.number_text import Number, NumberError, parse_number
from spillover.case.read import numbers_by_path
from spillover.case.schema import Lever

__all__ = ["check_levers"]


def _check_set(
    check: Checker, where: str, given: Mapping[str, object], paths: Mapping[str, Number]
) -> None:
    """What numbers are set to fits where they stand."""
    for path, raw in given.items():
        if check.known(where, "number", path, paths):
            try:
                value = parse_number(
                    raw,
                    paths[path].unit,
                    varies=paths[path].kind in ("varying", "median"),
                )
            except NumberError as e:
                check.fault(f"{where}", f"{path}: {e.found}", e.expected, e.mend)
                continue
            if value.kind == "shared" and value.name not in check.case.numbers:
                check.fault(
                    where,
                    f'{path}: "{value.name}" is neither a number nor a name under numbers:',
                    "a number",
                )


def _combined(lever: str, combines: Mapping[str, Sequence[str]]) -> set[str]:
    """Every lever that a lever combines, directly or not."""
    found: set[str] = set()
    waiting = list(combines.get(lever, ()))
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += combines.get(other, ())
    return found


def _check_agreement(check: Checker, lever: Lever) -> None:
    """A lever, with all it combines, does not work against itself."""
    known = {x.id: x for x in check.case.levers}
    parts = [lever, *(known[x] for x in sorted(_combined_of(lever, known)))]
    where = f"levers.{lever.id}"
    wanted: dict[str, tuple[str, str]] = {}
    off: dict[str, str] = {}
    for part in parts:
        for action in part.do:
            given = [(p, f"sets it to {v}") for p, v in action.set.items()]
            given += [(p, f"scales it by {v.text}") for p, v in action.scale.items()]
            for path, how in given:
                who, before = wanted.setdefault(path, (part.id, how))
                if before != how:
                    check.fault(
                        where,
                        f"it contradicts itself: {who} {before} and {part.id} {how} ({path})",
                        "one change of a number",
                    )
            if action.off:
                off[action.off] = part.id
    for element, who in off.items():
        for path, (other, _) in wanted.items():
            if path.startswith(f"{element}."):
                check.fault(
                    where,
                    f"it contradicts itself: {who} switches {element} off and {other} changes {path}",
                    "the one or the other",
                )
        for part in parts:
            for action in part.do:
                act = action.act or action.then
                if act is not None and element == f"streams.{act.stream}":
                    check.fault(
                        where,
                        f"it contradicts itself: {who} switches {element} off and {part.id} acts on it",
                        "the one or the other",
                    )
    _check_days(check, where, parts)


def _check_days(check: Checker, where: str, parts: Sequence[Lever]) -> None:
    """It does not start and end the same restraint on one day."""
    for restraint in check.case.restraints:
        starts = {p.stream for p in restraint.when}
        ends = {p.stream for p in restraint.ends_when}
        days: dict[str, set[dt.date]] = {"start": set(), "end": set()}
        for part in parts:
            for action in part.do:
                if action.act is None:
                    continue
                if action.act.stream in starts:
                    days["start"] |= set(action.on)
                if action.act.stream in ends:
                    days["end"] |= set(action.on)
        for day in sorted(days["start"] & days["end"]):
            check.fault(
                where,
                f"it contradicts itself: it starts and ends the restraint {restraint.id} on {day}",
                "different days, or one of them",
            )


def _combined_of(lever: Lever, known: Mapping[str, Lever]) -> set[str]:
    """Levers it combines that are there, itself left out."""
    combines = {k: x.both for k, x in known.items()}
    return {x for x in _combined(lever.id, combines) if x in known and x != lever.id}


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
    combines = {x.id: x.both for x in case.levers}
    for lever in case.levers:
        where = f"levers.{lever.id}"
        if not (lever.do or lever.both or lever.kind == "none"):
            check.fault(
                where, "the lever does nothing", "do: what it does, or both: levers"
            )
        if lever.id == "factual":
            check.fault(
                where,
                'the id "factual" is kept for a lever that does nothing',
                "another id",
            )
        for other in lever.both:
            check.known(f"{where}.both", "lever", other, ids)
        if lever.id in _combined(lever.id, combines):
            check.fault(f"{where}.both", "the lever combines itself", "other levers")
        for action in lever.do:
            for path in action.scale:
                check.known(f"{where}.do", "number", path, paths)
            _check_set(check, f"{where}.do", action.set, paths)
            if action.if_ and action.then is None:
                check.fault(
                    f"{where}.do",
                    "the action does not say what follows",
                    "then: an act",
                )
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
        _check_agreement(check, lever)
    for name, v in case.variants.items():
        for choice in v.choices.values():
            _check_set(check, f"variants.{name}", choice.set, paths)
            for element in choice.off:
                check.known(f"variants.{name}", "element", element, elements)
