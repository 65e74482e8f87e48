"""Dated acts in lanes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from spillover.brief.chart_fan import month_ticks
from spillover.brief.frame import Frame, Row, Spec
from spillover.brief.page import TimelineEvent
from spillover.brief.theme import (
    ACT,
    INK,
    INK2,
    PAPER,
    RESTRAINT,
    RULE,
    SUPPORT,
    WIDE,
    clip,
    text_width,
)

__all__ = ["timeline"]

#: Events drawn at each width, the latest ones; the table holds all of them.
MOST_EVENTS = {True: 24, False: 14}
_MARKS = {
    "attack": ("triangle-up", ACT),
    "support": ("circle", SUPPORT),
    "restraint": ("square", RESTRAINT),
    "other": ("diamond", INK2),
}


def timeline(
    events: Sequence[TimelineEvent], origin: dt.date, width: int = WIDE
) -> Spec:
    """Draw acts in lanes; a label takes the first row of its lane that is free."""
    events = sorted(events, key=lambda e: (e.day, e.lane, e.text))
    events = events[-MOST_EVENTS[width >= WIDE] :]
    low = min(0, events[0].day) - 2
    high = max(0, events[-1].day) + 2

    def pixel(day: float) -> float:
        return 6 + (width - 12) * (day - low) / (high - low)

    y, heads, placed = 0.0, [], []
    for lane in dict.fromkeys(e.lane for e in events):
        rows: list[list[tuple[float, float]]] = []
        for event in (e for e in events if e.lane == lane):
            x = pixel(event.day)
            text = clip(event.text, max(width - x, x) - 16, 11.5)
            wide = text_width(text, 11.5) + 8
            after = x + 8 + wide <= width
            span = (x - 6, x + 8 + wide) if after else (x - 8 - wide, x + 6)
            k = next((k for k, row in enumerate(rows) if _free(span, row)), len(rows))
            if k == len(rows):
                rows.append([])
            rows[k].append(span)
            placed.append((event, x, y + 32 + 19 * k, after, text))
        heads.append((lane, y))
        y += 34 + 19 * len(rows)
    f = Frame(width, y + 24)
    ticks = month_ticks(origin, low, high, width - 12)
    now = pixel(0)
    lines = [{"x": pixel(day), "y": 0, "y2": y} for day, _ in ticks]
    f.add("rule", lines, stroke=RULE, strokeWidth=0.75)
    f.add("rule", [{"x": now, "y": 0, "y2": y}], stroke=INK, strokeWidth=1)
    months = [
        {"x": pixel(day), "y": y + 12, "t": label, "c": INK2}
        for day, label in ticks
        if 16 < pixel(day) < width - 16 and abs(pixel(day) - now) > 50
    ]
    f.text(months, "center")
    today: Row = {"x": now, "y": y + 12, "t": f"{origin.day} {origin:%b}"}
    f.text([today], "right" if now > 60 else "left", weight="bold")
    rules = [{"x": 0, "x2": width, "y": at + 2} for _, at in heads]
    f.add("rule", rules, stroke=RULE, strokeWidth=0.75)
    names = [{"x": 0, "y": at + 14, "t": t, "c": INK2} for t, at in heads]
    f.text(names, weight="bold", halo=True)
    for kind, (shape, colour) in _MARKS.items():
        dots = [{"x": x, "y": at} for e, x, at, _, _ in placed if e.kind == kind]
        edge = {"stroke": PAPER, "strokeWidth": 1, "size": 62, "filled": True}
        f.add("point", dots, shape=shape, fill=colour, **edge)
    for after, align, gap in ((True, "left", 8), (False, "right", -8)):
        some = [(x + gap, at, t) for _, x, at, side, t in placed if side is after]
        f.text([{"x": x, "y": at, "t": t} for x, at, t in some], align, halo=True)
    return f.spec()


def _free(span: tuple[float, float], row: list[tuple[float, float]]) -> bool:
    return all(span[1] < start or span[0] > end for start, end in row)
