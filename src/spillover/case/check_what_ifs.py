"""Checks of what-ifs: they change something of the history, while it lasts.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt

from spillover.case.checking import Checker
from spillover.case.schema import WhatIf

__all__ = ["check_what_ifs"]


def check_what_ifs(check: Checker) -> None:
    """What-ifs name what is there and lie within the history."""
    case = check.case
    records = {r.id: r for r in case.records}
    streams = [s.id for s in case.streams]
    begins = case.history.begins or min(
        (r.first for r in case.records), default=case.origin
    )
    for x in case.what_ifs:
        where = f"what_ifs.{x.id}"
        _check_days(check, x, where, begins)
        if not (x.without or x.holds or x.acts):
            check.fault(
                where,
                "nothing would have been otherwise",
                "without: records, holds: states, or acts: acts on days",
            )
        for key in ("without", "also"):
            for name in getattr(x, key):
                if not check.known(f"{where}.{key}", "record", name, records):
                    continue
                if records[name].last < x.decided:
                    check.fault(
                        f"{where}.{key}",
                        f"{name} lies before the decision ({x.decided})",
                        "records on or after that day",
                    )
        both = set(x.without) & set(x.also)
        for name in sorted(both):
            check.fault(f"{where}.also", f"{name} is left out already", "other records")
        for held in x.holds:
            check.known(f"{where}.holds", "state", held.state, case.states)
            if held.ended is not None and held.to <= held.ended:
                check.fault(
                    f"{where}.holds",
                    f"it would have held to {held.to}, but ended on {held.ended}",
                    "a later day",
                )
        for action in x.acts:
            if action.act is None or not action.on:
                check.fault(
                    f"{where}.acts",
                    "this is no act on a day",
                    "act: a stream, on: a day or several",
                )
            if action.try_ or action.chance is not None:
                check.fault(
                    f"{where}.acts",
                    "what would have happened is not certain here",
                    "an act without try: or chance:",
                )
            for day in action.on:
                if not x.decided <= day < case.origin:
                    check.fault(
                        f"{where}.acts",
                        f"{day} is not between the decision and the origin",
                        f"a day from {x.decided} on",
                    )
        for name in x.counts:
            check.known(f"{where}.counts", "stream", name, streams)


def _check_days(check: Checker, x: WhatIf, where: str, begins: dt.date) -> None:
    """The decision lies in the history and the end after it."""
    origin = check.case.origin
    if not begins <= x.decided < origin:
        check.fault(
            f"{where}.decided",
            f"{x.decided} is not within the history ({begins} to {origin - dt.timedelta(1)})",
            "a day within the history",
        )
    if x.to is not None and x.to <= x.decided:
        check.fault(
            f"{where}.to",
            f"{x.to} is not after the decision ({x.decided})",
            "a later day",
        )
    if x.to is not None and x.to >= origin:
        check.fault(
            f"{where}.to",
            f"{x.to} is not before the origin ({origin})",
            "a day of the history",
        )
