"""Chances and red lines: one row each, label above its bar, number at the right."""

from __future__ import annotations

from collections.abc import Sequence

from spillover.brief.frame import Frame, Row, Spec
from spillover.brief.page import OutcomeRow, RedLineRow
from spillover.brief.theme import (
    ACT,
    EST_TINTS,
    ESTIMATE,
    FAINT,
    INK2,
    PAPER,
    RULE,
    WIDE,
    text_width,
    wrap,
)
from spillover.brief.words import ABOVE, BELOW, likelihood_word, percent

__all__ = ["outcomes", "red_lines"]

#: Words as they fit beside a bar.
_SHORT = {
    BELOW: "model's floor",
    ABOVE: "model's ceiling",
    "roughly even chance": "roughly even",
}
_STRIPES = ((0.0, 0.05), (0.2, 0.45), (0.55, 0.8), (0.95, 1.0))
_NAMES = (
    (0.125, "very unlikely"),
    (0.325, "unlikely"),
    (0.5, "even"),
    (0.675, "likely"),
    (0.875, "very likely"),
)


def _labels(labels: Sequence[str], width: float, y: float = 0.0) -> list[Row]:
    """Return for each row its lines, the y of the first one and the y of its bar."""
    out = []
    for label in labels:
        lines = wrap(label, width, 13)
        out.append({"lines": lines, "text": y + 9, "bar": y + 15 * len(lines) + 12})
        y += 15 * len(lines) + 31
    return out


def outcomes(rows: Sequence[OutcomeRow], width: int = WIDE) -> Spec:
    """Draw chances: dot, 90 % interval, range over draws, base rate as a tick.

    Stripes are the seven steps of the probability words.
    """
    wide = width >= WIDE
    column = 112 if wide else 96
    names = [f"{r.question}, {r.window}" if r.window else r.question for r in rows]
    places = _labels(names, width - column - 4)
    foot = places[-1]["bar"] + 19
    height = foot + (34 if wide else 20)
    f = Frame(width, height, (0, 1), (height, 0), right=column + 8)
    bars = [(row, place["bar"]) for row, place in zip(rows, places, strict=True)]
    for _, y in bars:
        stripes = [{"x": a, "x2": b, "y": y - 8, "y2": y + 8} for a, b in _STRIPES]
        f.add("rect", stripes, fill=FAINT)
        f.add("rule", [{"x": 0, "x2": 1, "y": y}], stroke=RULE, strokeWidth=0.75)
    ranges = [
        {"x": r.p_min, "x2": r.p_max, "y": y}
        for r, y in bars
        if r.p_min is not None and r.p_max is not None
    ]
    f.add("rule", ranges, stroke=ESTIMATE, strokeWidth=1)
    spread = [
        {"x": r.low, "x2": r.high, "y": y}
        for r, y in bars
        if r.low is not None and r.high is not None
    ]
    f.add("rule", spread, stroke=ESTIMATE, strokeWidth=4)
    base = [
        {"x": r.base_rate, "y": y - 7, "y2": y + 10}
        for r, y in bars
        if r.base_rate is not None
    ]
    f.add("rule", base, stroke=INK2, strokeWidth=2)
    dots = [{"x": r.p, "y": y} for r, y in bars]
    dot = {"shape": "circle", "filled": True, "size": 110, "strokeWidth": 1.5}
    f.add("point", dots, fill=ESTIMATE, stroke=PAPER, **dot)
    for place in places:
        at = {"x": 0, "y": place["text"], "t": "\n".join(place["lines"])}
        f.text([at], size=12.5)
    x = f.ux(width - column + 4)
    none = not any(r.key for r in rows)
    for bold in (True, False):
        some = [(r, y) for r, y in bars if (r.key or none) is bold]
        share = [{"x": x, "y": y - 7, "t": percent(r.p)} for r, y in some]
        f.text(share, size=15, weight="bold" if bold else "normal")
    said = [(likelihood_word(r.p), y + 8) for r, y in bars]
    words = [{"x": x, "y": y, "t": _SHORT.get(w, w), "c": INK2} for w, y in said]
    f.text(words, size=11.5)
    edges = (0.05, 0.2, 0.45, 0.55, 0.8, 0.95)
    sign = " %" if wide else ""
    f.x_ticks([(v, f"{v * 100:.0f}{sign}") for v in edges], foot - 2)
    if wide:
        steps = [{"x": v, "y": foot + 21, "t": t, "c": INK2} for v, t in _NAMES]
        f.text(steps, "center", 10.5)
    return f.spec()


def red_lines(rows: Sequence[RedLineRow], width: int = WIDE) -> Spec:
    """Draw where the count stands against belief about where the line lies."""
    said = [
        "crossing not computed"
        if r.crossed is None
        else f"crossed {percent(r.crossed)}"
        for r in rows
    ]
    column = max(text_width(t, 13, bold=True) for t in said) + 8
    y, places = 0.0, []
    for row in rows:
        lines = wrap(row.line, width - 4, 13)
        note = ". ".join(t.rstrip(".") for t in (row.says, row.pending) if t)
        notes = wrap(note, width - 4, 11.5)
        bar = y + 15 * len(lines) + 12
        places.append((row, lines, y + 9, bar, notes))
        y = bar + 13 * len(notes) + 30
    f = Frame(width, y, (0, 1), (y, 0), right=column + 8)
    for (row, lines, top, bar, notes), words in zip(places, said, strict=True):
        unit = 1.12 * max(row.t95, row.now, 1e-9)
        ends = {"y": bar - 6, "y2": bar + 6}
        f.add("rect", [{"x": 0, "x2": 1, **ends}], fill=FAINT)
        pale = {"x": row.t5 / unit, "x2": row.t95 / unit, **ends}
        f.add("rect", [pale], fill=EST_TINTS[0], stroke=EST_TINTS[1], strokeWidth=1)
        dark = {"x": row.t25 / unit, "x2": row.t75 / unit, **ends}
        f.add("rect", [dark], fill=EST_TINTS[1])
        middle = {"x": row.t50 / unit, **ends}
        f.add("rule", [middle], stroke=ESTIMATE, strokeWidth=1.5)
        count = {"x": 0, "x2": row.now / unit, "y": bar - 3, "y2": bar + 3}
        f.add("rect", [count], fill=ACT)
        mark = {"x": row.now / unit, "y": bar - 10, "y2": bar + 10}
        f.add("rule", [mark], stroke=ACT, strokeWidth=2.5)
        f.text([{"x": 0, "y": top, "t": "\n".join(lines)}], size=12.5)
        number = {"x": f.ux(width - column + 4), "y": bar, "t": words}
        f.text([number], size=13, weight="bold")
        under = {"x": 0, "y": bar + 20, "t": "\n".join(notes), "c": INK2}
        f.text([under], size=11)
    return f.spec()
