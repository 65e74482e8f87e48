"""Checks of levers and variants: they change what is there, when it can matter.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spillover.case.checking import Checker
from spillover.case.number_text import Number, NumberError, parse_number
from spillover.case.read import numbers_by_path

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
    for name, v in case.variants.items():
        for choice in v.choices.values():
            _check_set(check, f"variants.{name}", choice.set, paths)
            for element in choice.off:
                check.known(f"variants.{name}", "element", element, elements)
