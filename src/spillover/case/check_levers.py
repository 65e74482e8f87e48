"""Checks of levers and variants: they change what is there, when it can matter.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

from spillover.case.checking import Checker
from spillover.case.read import numbers_by_path

__all__ = ["check_levers"]


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
