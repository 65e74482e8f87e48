"""The risk line of a replay: what was said day by day, and below it what came.

The marks of a day stand at that day in both strips. The script of the page
(`templates/replay.js`) covers what lay ahead: the upper strip beyond the day shown, the
lower one beyond the days whose windows had closed by then. It needs `place`.

This file must never import anything of Spillover but `brief`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from spillover.brief.frame import (
    EST_TINTS,
    ESTIMATE,
    INK,
    INK2,
    PAPER,
    RULE,
    Frame,
    Spec,
)

__all__ = ["place", "replay"]

Rows = Sequence[Mapping[str, Any]]
LEFT, RIGHT, TOP, SPLIT, HEIGHT = 40, 16, 10, 204, 268
STRIP = 222
"""Middle of the lower strip, px from the top."""
WIDE = 500
PAD = 0.5
"""Days left free before the first and after the last."""


def _ends(rows: Rows) -> tuple[float, float]:
    first, last = rows[0]["x"], rows[-1]["x"]
    pad = max(PAD, 0.02 * (last - first))
    return first - pad, last + pad


def place(rows: Rows) -> dict[str, float]:
    """Where days and strips stand, in px and days; the same at every width."""
    first, last = _ends(rows)
    return {
        "left": LEFT, "right": RIGHT, "top": TOP - 6, "split": SPLIT + 6, "end": STRIP + 12,
        "first": first, "last": last,
    }  # fmt: skip


def _ticks(start: dt.date, first: float, last: float, most: int) -> list[tuple[float, str]]:  # fmt: skip
    """Firsts of months, every so many that at most ``most`` are named."""
    days = [start + dt.timedelta(d) for d in range(int(first), int(last) + 1)]
    firsts = [d for d in days if d.day == 1]
    every = next((n for n in (1, 2, 3, 6, 12) if len(firsts) <= n * most), 12)
    shown = [d for d in firsts if (d.month - 1) % every == 0] or days[:1]
    years = {d.year for d in shown}
    return [
        (
            (d - start).days,
            f"{d:%b %Y}" if (d.month == 1 and len(years) > 1) or d == shown[0] else f"{d:%b}",
        )
        for d in shown
    ]  # fmt: skip


def replay(rows: Rows, start: dt.date | str, width: int = 640) -> Spec:
    """Chance with its 90 % band by day, the past alone, and what came.

    Parameters
    ----------
    rows
        By day: x (days after ``start``), p, lo, hi (None: no interval), base (None: not
        known), came ("yes", "no" or "open").
    start
        The day at x = 0.
    width
        In px.
    """
    day = dt.date.fromisoformat(start) if isinstance(start, str) else start
    first, last = _ends(rows)
    f = Frame(width, HEIGHT, (first, last), (0, 1), left=LEFT, right=RIGHT, top=TOP, bottom=HEIGHT - SPLIT)  # fmt: skip
    f.y_ticks([(v / 4, f"{25 * v} %") for v in range(5)])
    f.x_ticks(_ticks(day, first, last, 7 if width > WIDE else 4), STRIP + 12)
    gap = (width - LEFT - RIGHT) / max(1, len(rows))
    bar = max(2.0, min(9.0, 0.55 * gap))
    f.add(
        "rule",
        [
            {"x": r["x"], "y": r["lo"], "y2": r["hi"]}
            for r in rows
            if r["lo"] is not None
        ],
        stroke=EST_TINTS[0],
        strokeWidth=bar,
    )
    based = [{"x": r["x"], "y": r["base"]} for r in rows if r["base"] is not None]
    if len(based) > 1:
        f.add("line", based, stroke=INK2, strokeWidth=1.25, strokeDash=[3, 3])
    f.add("line", [{"x": r["x"], "y": r["p"]} for r in rows], stroke=ESTIMATE, strokeWidth=1.5)  # fmt: skip
    f.add(
        "point", [{"x": r["x"], "y": r["p"]} for r in rows],
        shape="circle", filled=True, fill=ESTIMATE, size=max(14.0, min(60.0, 5 * gap)),
    )  # fmt: skip
    y = f.uy(STRIP)
    f.add("rule", [{"x": first, "x2": last, "y": f.uy(SPLIT + 6)}], stroke=RULE, strokeWidth=0.75)  # fmt: skip
    size = max(14.0, min(64.0, 6 * gap))
    for came, style in (
        ("yes", {"shape": "square", "filled": True, "fill": INK}),
        ("no", {"shape": "circle", "filled": True, "fill": PAPER, "stroke": INK2, "strokeWidth": 1.25}),
        ("open", {"shape": "cross", "filled": True, "fill": INK2}),
    ):  # fmt: skip
        f.add("point", [{"x": r["x"], "y": y} for r in rows if r["came"] == came], size=size, **style)  # fmt: skip
    f.text([{"x": f.ux(0), "y": y, "t": "came", "c": INK2}])
    foot = "square = yes · ring = no · cross = the records leave it open · dashes = the past alone"
    if width <= WIDE:
        foot = "square yes · ring no · cross open · dashes: past alone"
    f.text([{"x": f.ux(0), "y": f.uy(HEIGHT - 8), "t": foot, "c": INK2}], size=10.5)
    return f.chart()
