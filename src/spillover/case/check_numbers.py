"""Checks of numbers: where `rest`, varying numbers and nothing may stand.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import math
import re

from spillover.case.checking import Checker, several
from spillover.case.number_text import Number
from spillover.case.read import numbers_by_path

__all__ = ["check_numbers"]

_REST = re.compile(
    r"actors\..+\.members\..+|streams\..+\.marks\..+|replies\..+\.answers\..+|variants\..+\.weight"
)
_VARIES = re.compile(
    r"numbers\..+|states\.[^.]+\.lasts|streams\..+\.marks\.(deaths|injured|size)\.number"
    r"|drivers\.[^.]+\.jumps\.times|replies\.[^.]+\.delay|restraints\.[^.]+\.(delay|holds_for)"
    r"|red_lines\.[^.]+\.(delay|reach|times|then\.for)|levers\..+\.delay"
)
_ABOVE_ZERO = re.compile(
    r".+\.(half_life|half_at|within|reverts_half_life|lasts|holds_for|for|fades|reach|times_past_peak)"
    r"|replies\..+\.odds_if\..+\.times\..+"
)
LONGEST = 3653


def check_horizon(check: Checker) -> None:
    """The horizon is certain, whole days, and within the calendar."""
    case = check.case
    days = case.horizon.low
    if case.horizon.kind != "certain" or days != round(days) or days < 1:
        check.fault(
            "horizon",
            f'"{case.horizon.text}" is not a number of whole days',
            'whole days, such as "90 days"',
        )
    elif days > LONGEST:
        check.fault(
            "horizon",
            f'"{case.horizon.text}" is {days:,.0f} days',
            f"at most ten years ({LONGEST:,} days)",
        )
    if not 1900 <= case.origin.year <= 2200:
        check.fault(
            "origin",
            f"the year {case.origin.year} is out of reach",
            "a year from 1900 to 2200",
        )


def check_numbers(check: Checker) -> None:
    """Each number is of a form that its place allows."""
    case = check.case
    check_horizon(check)

    def real(n: Number) -> Number:
        return case.shared.get(n.name, n) if n.kind == "shared" else n

    for path, written in numbers_by_path(case).items():
        if path == "horizon":
            continue
        n = real(written)
        if n.kind == "rest" and not _REST.fullmatch(path):
            check.fault(
                path,
                '"rest" has no meaning here',
                "a number; rest is for shares and answers",
            )
        elif n.kind in ("varying", "median") and not _VARIES.fullmatch(path):
            if path.rpartition(".")[2] in ("median", "spread"):
                continue
            check.fault(
                path,
                f'"{n.text}" varies from time to time',
                "one value",
                "Write low..high for what we do not know",
            )
        elif n.kind == "certain" and n.low == 0 and _ABOVE_ZERO.fullmatch(path):
            check.fault(path, f'"{written.text}" is zero', "a number above 0")
        if written.alike:
            check.known(path, "group", written.alike, case.alike)
    for name, share in case.alike.items():
        if not 0 <= share <= 1:
            check.fault(
                f"alike.{name}",
                f'"{share:g}" is not between 0 and 1',
                "a correlation from 0 to 1",
            )
    idle = [name for name in case.numbers if name not in case.shared]
    if idle:
        check.warnings.append(
            f"{several(len(idle), 'shared number is', 'shared numbers are')} not used: {', '.join(idle[:5])}{' ...' if len(idle) > 5 else ''}"
        )
    for x in case.responses:
        if isinstance(x.half_life, tuple):
            total = math.fsum(real(p.share).middle for p in x.half_life)
            if abs(total - 1) > (
                1e-6
                if all(real(p.share).kind == "certain" for p in x.half_life)
                else 0.05
            ):
                check.fault(
                    f"responses.{x.id}.half_life",
                    f"the shares add up to {total:.3g}",
                    "1 in all",
                )
