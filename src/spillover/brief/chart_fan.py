"""A rate through time: what was seen, then how far the futures spread."""

from __future__ import annotations

import datetime as dt

from spillover.brief.frame import Frame, Spec, nice_ticks
from spillover.brief.page import Fan
from spillover.brief.theme import ACT, ACT_TINTS, INK, INK2, WIDE, text_width, wrap

__all__ = ["fan", "month_ticks"]

#: Marks drawn at each width; the table holds all of them.
MOST_MARKS = {True: 6, False: 3}


def month_ticks(
    origin: dt.date, low: float, high: float, room: float
) -> list[tuple[float, str]]:
    """Return (day, label) of months' first days, as many as `room` px can hold."""
    days = (origin + dt.timedelta(days=d) for d in range(int(low), int(high) + 1))
    firsts = [day for day in days if day.day == 1]
    every = next((n for n in (1, 2, 3, 6, 12) if len(firsts) / n * 58 <= room), 12)
    ticks = [
        ((day - origin).days, f"{day:%b}" + (f" {day:%Y}" if day.month == 1 else ""))
        for day in firsts
        if (day.month - 1) % every == 0
    ]
    return ticks or [(0, f"{origin.day} {origin:%b}")]


def fan(row: Fan, origin: dt.date, width: int = WIDE) -> Spec:
    """Draw history before the origin, 90 and 50 % bands and the median after it."""
    wide = width >= WIDE
    points = row.history
    days = [0.0, *(d for d, _ in points), *(b[0] for b in row.bands)]
    days += [d for d, _ in row.marks]
    low, high = min(days), max(days)
    high = max(high, low + 1)
    peak = max([0.0, *(v for _, v in points), *(max(b[1:]) for b in row.bands)])
    floor = min([0.0, *(v for _, v in points), *(min(b[1:]) for b in row.bands)])
    ticks = nice_ticks(1.05 * peak)
    top = max(ticks[-1], peak)
    left = 12 + max(text_width(f"{v:g}", 11) for v in ticks)
    end = row.bands[-1] if row.bands else None
    names = ("5 %", "25 %", "median", "75 %", "95 %")
    labels = (
        [f"{n}: {_short(v)}" for n, v in zip(names, end[1:], strict=True)]
        if end
        else []
    )
    right = 6 + max([0.0, *(text_width(t, 11, bold=True) for t in labels)])

    def pixel(day: float) -> float:
        return left + (width - left - right) * (day - low) / (high - low)

    marks = []
    y = 42.0
    for day, text in sorted(row.marks)[: MOST_MARKS[wide]]:
        at = pixel(day)
        after = width - at >= at
        lines = wrap(text, max(width - at, at) - 14, 11)
        marks.append((day, y, after, "\n".join(lines)))
        y += 13 * len(lines) + 5
    head = y + 4 if marks else 44
    height = head + 190
    f = Frame(width, height, (low, high), (floor, top), left, right, head, 22)
    f.y_ticks([(v, f"{v:g}") for v in ticks])
    f.x_ticks(month_ticks(origin, low, high, width - left - right), height - 18)
    for a, b, tint in ((1, 5, 1), (2, 4, 2)):
        band = [{"x": q[0], "y": q[a], "y2": q[b]} for q in row.bands]
        f.add("area", band, fill=ACT_TINTS[tint])
    median = [{"x": q[0], "y": q[3]} for q in row.bands]
    f.add("line", median, stroke=ACT, strokeWidth=2)
    seen = [{"x": d, "y": v} for d, v in points]
    f.add("line", seen, stroke=INK, strokeWidth=1.5)
    f.add("rule", [{"x": 0, "y": floor, "y2": f.uy(20)}], stroke=INK, strokeWidth=1)
    known = f"known to {origin.day} {origin:%b}"
    before = text_width(known, 11) + 5 <= f.px(0)
    x = f.ux(f.px(0) + (-5 if before else 5))
    f.text([{"x": x, "y": f.uy(26), "t": known}], "right" if before else "left")
    f.text([{"x": f.ux(0), "y": f.uy(8), "t": row.unit, "c": INK2}])
    for day, at, after, text in marks:
        line = {"x": day, "y": floor, "y2": f.uy(at)}
        f.add("rule", [line], stroke=INK, strokeWidth=1, strokeDash=[2, 2])
        dot = {"x": day, "y": f.uy(at)}
        f.add("point", [dot], shape="diamond", filled=True, fill=INK, size=60)
        x = f.ux(f.px(day) + (8 if after else -8))
        label = {"x": x, "y": f.uy(at), "t": text}
        f.text([label], "left" if after else "right", halo=True)
    last = -99.0
    # Direct labels, pushed apart, never reordered.
    for k in (4, 3, 2, 1, 0) if end else ():
        assert end is not None
        last = max(f.py(end[k + 1]), last + 13)
        x, colour = f.ux(width - right + 4), ACT if k == 2 else INK2
        label = {"x": x, "y": f.uy(min(last, height - 6)), "t": labels[k], "c": colour}
        f.text([label], weight="bold" if k == 2 else "normal")
    return f.spec()


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 20 else f"{value:.1f}"
