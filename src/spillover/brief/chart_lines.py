"""Chance that a question has come true by each day: one small picture a question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from spillover.brief.chart_fan import month_ticks
from spillover.brief.frame import Frame, Spec, nice_ticks
from spillover.brief.page import Passage
from spillover.brief.theme import EST_TINTS, ESTIMATE, INK2, RULE, WIDE, wrap
from spillover.brief.words import percent

__all__ = ["passages"]

TALL = 56


def passages(rows: Sequence[Passage], origin: dt.date, width: int = WIDE) -> Spec:
    """Draw each passage above a common time axis, all on one scale."""
    left, right = 40, 74
    days = [d for row in rows for d, _ in row.points] + [0.0]
    low, high = min(days), max(max(days), min(days) + 1)
    peak = max(p for row in rows for _, p in row.points)
    top = max(nice_ticks(1.25 * peak, 3)[-1], peak, 0.01)
    y, places = 0.0, []
    for row in rows:
        lines = wrap(row.question, width - 4, 13)
        ground = y + 15 * len(lines) + 8 + TALL
        places.append((row, lines, y + 9, ground))
        y = ground + 16
    height = y + 10
    f = Frame(width, height, (low, high), (height, 0), left, right)
    for row, lines, head, ground in places:
        f.text([{"x": f.ux(0), "y": head, "t": "\n".join(lines)}], size=12.5)
        for value in (0.0, top):
            at = ground - TALL * value / top
            line = [{"x": low, "x2": high, "y": at}]
            f.add("rule", line, stroke=RULE, strokeWidth=0.75)
            share = "0" if value == 0 else f"{100 * value:g} %"
            label = {"x": f.ux(left - 6), "y": at, "t": share, "c": INK2}
            f.text([label], "right")
        curve = [(d, ground - TALL * p / top) for d, p in row.points]
        area = [{"x": d, "y": at, "y2": ground} for d, at in curve]
        f.add("area", area, fill=EST_TINTS[0])
        f.add(
            "line",
            [{"x": d, "y": at} for d, at in curve],
            stroke=ESTIMATE,
            strokeWidth=2,
        )
        end = {"x": f.ux(width - right + 8), "y": curve[-1][1]}
        f.text([{**end, "t": percent(row.points[-1][1])}], size=13, weight="bold")
    ticks = month_ticks(origin, low, high, width - left - right)
    return f.x_ticks(ticks, y - 8).spec()
