"""Charts of the brief: rows and a width in pixels in, an Altair chart out.

Geometry is plain Python; Vega-Lite only draws. The caption is the finding and stands on
the page, not in the picture.

This file must never import anything of Spillover but `brief.frame` and `brief.words`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from spillover.brief.frame import (
    ACT,
    ACT_TINTS,
    EST_TINTS,
    ESTIMATE,
    FAINT,
    INK,
    INK2,
    PAPER,
    RESTRAINT,
    RULE,
    SUPPORT,
    Frame,
    text_width,
    wrap,
)
from spillover.brief.words import likelihood_word, percent

__all__ = ["fan", "outcomes", "passages", "red_lines", "timeline"]

Row = dict[str, Any]
Rows = Sequence[Row]


def nice_ticks(top: float, n: int = 4) -> list[float]:
    step = next(
        s
        for s in (m * 10**e for e in range(-3, 7) for m in (1, 2, 2.5, 5))
        if top / s <= n
    )
    return [round(i * step, 6) for i in range(int(top / step) + 1)]


def month_ticks(
    origin: dt.date, lo: int, hi: int, every: int = 1
) -> list[tuple[int, str]]:
    firsts = [
        d
        for d in (origin + dt.timedelta(days=i) for i in range(lo, hi + 1))
        if d.day == 1 and (d.month - 1) % every == 0
    ]
    return [
        ((d - origin).days, f"{d:%b}" + (f" {d:%Y}" if d.month == 1 else ""))
        for d in firsts
    ]


def fan(
    history: Rows,
    bands: Rows,
    origin: dt.date,
    width: int = 640,
    height: int = 250,
    warning: Row | None = None,
    unit: str = "a week",
) -> Any:
    """History before the origin, then 90 and 50 % bands and the median.

    The deadline of a warning is marked.
    """
    lo, hi = min(h["x"] for h in history), max(b["x"] for b in bands)
    ticks = nice_ticks(
        1.05 * max([b["q95"] for b in bands] + [h["y"] for h in history])
    )
    top = max(ticks[-1], max(b["q95"] for b in bands), max(h["y"] for h in history))
    f = Frame(width, height, (lo, hi), (0, top), left=26, right=74, top=46, bottom=22)
    f.y_ticks([(v, f"{v:g}") for v in ticks]).x_ticks(
        month_ticks(origin, lo, hi, 1 if width > 500 else 2), height - 18
    )
    f.add(
        "area",
        [{"x": b["x"], "y": b["q5"], "y2": b["q95"]} for b in bands],
        fill=ACT_TINTS[1],
    )
    f.add(
        "area",
        [{"x": b["x"], "y": b["q25"], "y2": b["q75"]} for b in bands],
        fill=ACT_TINTS[2],
    )
    f.add(
        "line", [{"x": b["x"], "y": b["q50"]} for b in bands], stroke=ACT, strokeWidth=2
    )
    f.add(
        "line",
        [{"x": h["x"], "y": h["y"]} for h in history],
        stroke=INK,
        strokeWidth=1.5,
    )
    f.add("rule", [{"x": 0, "y": 0, "y2": f.uy(24)}], stroke=INK, strokeWidth=1)
    x0 = f.xr[0] + (f.xr[1] - f.xr[0]) * -lo / (hi - lo)
    known = f"known to {origin.day} {origin:%b}"
    # Left of its line, or right of it where the history is too short for the words.
    left = x0 - 5 - text_width(known, 11) > 0
    at = f.ux(x0 - 5 if left else x0 + 5)
    f.text(
        [{"x": at, "y": f.uy(30 if left else 44), "t": known, "c": INK}],
        "right" if left else "left",
    )
    f.text([{"x": f.ux(0), "y": f.uy(8), "t": unit, "c": INK2}])
    if warning:
        xw = x0 + (f.xr[1] - f.xr[0]) * warning["x"] / (hi - lo)
        f.add(
            "rule",
            [{"x": warning["x"], "y": 0, "y2": f.uy(30)}],
            stroke=INK,
            strokeWidth=1,
            strokeDash=[2, 2],
        )
        f.add(
            "point",
            [{"x": warning["x"], "y": f.uy(30), "s": 60}],
            shape="diamond",
            filled=True,
            fill=INK,
        )
        f.text(
            [
                {
                    "x": f.ux(xw + 8),
                    "y": f.uy(30),
                    "t": warning["text"] if width > 500 else warning["short"],
                }
            ],
            halo=True,
        )
    end = bands[-1]
    names = [
        ("q95", "95 %", INK2),
        ("q75", "75 %", INK2),
        ("q50", "median", ACT),
        ("q25", "25 %", INK2),
        ("q5", "5 %", INK2),
    ]
    # Direct labels, pushed apart, never reordered: down from the first, then up from the
    # foot where values close to zero would push them out of the picture.
    ys: list[float] = []
    for k, _, _ in names:
        y = f.yr[0] + (f.yr[1] - f.yr[0]) * end[k] / top
        ys.append(max(y, ys[-1] + 13) if ys else y)
    for n in range(len(ys)):
        ys[-1 - n] = min(ys[-1 - n], f.yr[0] - 13 * n)
    for (k, t, c), y in zip(names, ys, strict=True):
        f.text(
            [{"x": f.ux(width - 70), "y": f.uy(y), "t": f"{t}: {end[k]:.1f}", "c": c}],
            weight="bold" if k == "q50" else "normal",
        )
    return f.chart()


def _row_layout(
    rows: Rows, label: str, width: int, col: float, size: float = 12
) -> tuple[list[tuple[float, list[str], float]], float]:
    y = 0.0
    out: list[tuple[float, list[str], float]] = []
    for r in rows:
        lines = wrap(r[label], width - col - 4, size + 0.5)
        out.append((y + 9, lines, y + 15 * len(lines) + 12))
        y += 15 * len(lines) + 31
    return out, y


def beside(p: float) -> str:
    """Likelihood word as it fits beside a bar at 328 px."""
    if not 0.01 <= p <= 0.99:
        return "below 1 in 100" if p < 0.01 else "above 99 in 100"
    return (
        likelihood_word(p).removesuffix(" chance")
        if 0.4 < p < 0.6
        else likelihood_word(p)
    )


def outcomes(rows: Rows, width: int = 640) -> Any:
    """Chance of each outcome, 90 % interval, the past alone as a tick; stripes: seven ICD 203 words."""
    col = 112 if width > 500 else 96
    lay, y = _row_layout(rows, "question", width, col)
    foot = 34 if width > 560 else 20
    f = Frame(width, y + foot, (0, 1), (y + foot, 0), left=0, right=col + 8)
    for _, _, yb in lay:
        f.add(
            "rect",
            [
                {"x": a, "x2": b, "y": yb - 8, "y2": yb + 8}
                for a, b in ((0.0, 0.05), (0.2, 0.45), (0.55, 0.8), (0.95, 1))
            ],
            fill=FAINT,
        )
        f.add("rule", [{"x": 0, "x2": 1, "y": yb}], stroke=RULE, strokeWidth=0.75)
    b = [(r, yb) for r, (_, _, yb) in zip(rows, lay, strict=False)]
    f.add(
        "rule",
        [{"x": r["lo"], "x2": r["hi"], "y": yb} for r, yb in b if r["lo"] is not None],
        stroke=ESTIMATE,
        strokeWidth=4,
        strokeCap="butt",
    )
    f.add(
        "rule",
        [
            {"x": r["base"], "y": yb - 6, "y2": yb + 10}
            for r, yb in b
            if r.get("base") is not None
        ],
        stroke=INK2,
        strokeWidth=2,
    )
    f.add(
        "point",
        [{"x": r["p"], "y": yb} for r, yb in b],
        shape="circle",
        filled=True,
        fill=ESTIMATE,
        size=110,
        stroke=PAPER,
        strokeWidth=1.5,
    )
    f.text(
        [
            {"x": 0 - 0.0, "y": yt, "t": "\n".join(ls)}
            for _, (yt, ls, _) in zip(rows, lay, strict=False)
        ],
        size=12.5,
        baseline="middle",
    )
    f.text(
        [
            {"x": f.ux(width - col + 4), "y": yb - 7, "t": percent(r["p"])}
            for r, yb in b
        ],
        size=15,
        weight="bold",
    )
    f.text(
        [
            {"x": f.ux(width - col + 4), "y": yb + 8, "t": beside(r["p"]), "c": INK2}
            for r, yb in b
        ],
        size=11.5,
    )
    f.x_ticks(
        [
            (v, f"{v * 100:.0f}" + (" %" if width > 500 or v == 0.05 else ""))
            for v in (0.05, 0.2, 0.45, 0.55, 0.8, 0.95)
        ],
        y - 2,
    )
    if width > 560:
        f.text(
            [
                {"x": v, "y": y + 21, "t": t, "c": INK2}
                for v, t in (
                    (0.125, "very unlikely"),
                    (0.325, "unlikely"),
                    (0.5, "even"),
                    (0.675, "likely"),
                    (0.875, "very likely"),
                )
            ],
            "center",
            10.5,
        )
    return f.chart()


def red_lines(rows: Rows, width: int = 640) -> Any:
    """Count so far against the belief about the line: pale 90 %, dark 50 % of where it may lie."""
    col = max(104, *(text_width(r["says"], 11) + 8 for r in rows))
    lay, y = _row_layout(rows, "line", width, col)
    f = Frame(width, y + 4, (0, 1), (y + 4, 0), left=0, right=col + 8)
    for r, (yt, ls, yb) in zip(rows, lay, strict=True):
        most = 1.12 * max(r["t95"], r["now"])
        u = {k: r[k] / most for k in ("t5", "t25", "t75", "t95", "now")}
        f.add("rect", [{"x": 0, "x2": 1, "y": yb - 6, "y2": yb + 6}], fill=FAINT)
        f.add(
            "rect",
            [{"x": u["t5"], "x2": u["t95"], "y": yb - 6, "y2": yb + 6}],
            fill=EST_TINTS[0],
            stroke=EST_TINTS[1],
            strokeWidth=1,
        )
        f.add(
            "rect",
            [{"x": u["t25"], "x2": u["t75"], "y": yb - 6, "y2": yb + 6}],
            fill=EST_TINTS[1],
        )
        f.add("rect", [{"x": 0, "x2": u["now"], "y": yb - 3, "y2": yb + 3}], fill=ACT)
        f.add(
            "rule",
            [{"x": u["now"], "y": yb - 10, "y2": yb + 10}],
            stroke=ACT,
            strokeWidth=2.5,
        )
        f.text([{"x": 0, "y": yt, "t": "\n".join(ls)}], size=12.5)
        f.text(
            [
                {
                    "x": f.ux(width - col + 4),
                    "y": yb - 7,
                    "t": f"now {r['now']:.1f}",
                    "c": INK,
                }
            ],
            size=13,
            weight="bold",
        )
        f.text([{"x": f.ux(width - col + 4), "y": yb + 8, "t": r["says"], "c": INK2}])
    return f.chart()


def timeline(events: Rows, origin: dt.date, width: int = 640) -> Any:
    """Dated acts in lanes; labels take the first free row of their lane, to the right of the dot or, where that fails, to its left."""
    lo, hi = min(e["x"] for e in events) - 2, max(0, *(e["x"] for e in events)) + 2

    def X(d: float) -> float:
        return float(6 + (width - 12) * (d - lo) / (hi - lo))

    lanes = list(dict.fromkeys(e["lane"] for e in events))
    y = 0.0
    dots: list[tuple[Row, float, float, bool]] = []
    tops: list[float] = []
    heads: list[tuple[str, float]] = []
    for lane in lanes:
        rows: list[list[tuple[float, float]]] = []
        head = y
        for e in sorted((e for e in events if e["lane"] == lane), key=lambda e: e["x"]):
            x, tw = X(e["x"]), text_width(e["text"], 11.5) + 8
            right = x + 8 + tw <= width
            span = (x - 6, x + 8 + tw) if right else (x - 8 - tw, x + 6)
            k = next(
                (
                    k
                    for k, r in enumerate(rows)
                    if all(span[1] < a or span[0] > b for a, b in r)
                ),
                len(rows),
            )
            rows += [[]] if k == len(rows) else []
            rows[k].append(span)
            dots.append((e, x, head + 32 + 19 * k, right))
        tops.append(head + 2)
        y += 34 + 19 * len(rows)
        heads.append((lane, head + 14))
    f = Frame(width, y + 24)
    ticks = month_ticks(origin, lo, hi) or [(0, f"{origin:%b}")]
    f.add(
        "rule",
        [{"x": X(d), "y": 0, "y2": y} for d, _ in ticks],
        stroke=RULE,
        strokeWidth=0.75,
    )
    f.add("rule", [{"x": X(0), "y": 0, "y2": y}], stroke=INK, strokeWidth=1)
    f.text(
        [
            {"x": X(d), "y": y + 12, "t": t, "c": INK2}
            for d, t in ticks
            if 12 < X(d) < X(0) - 40
        ],
        "center",
    ).text(
        [{"x": X(0) + 4, "y": y + 12, "t": f"{origin.day} {origin:%b}"}],
        "right",
        weight="bold",
    )
    f.text(
        [{"x": 0, "y": yy, "t": lane, "c": INK2} for lane, yy in heads],
        size=11,
        weight="bold",
        halo=True,
    )
    f.add(
        "rule",
        [{"x": 0, "x2": width, "y": yy} for yy in tops],
        stroke=RULE,
        strokeWidth=0.75,
    )
    shapes = {
        "attack": ("triangle-up", ACT),
        "support": ("circle", SUPPORT),
        "restraint": ("square", RESTRAINT),
        "other": ("diamond", INK2),
    }
    for kind, (shape, colour) in shapes.items():
        f.add(
            "point",
            [{"x": x, "y": yy} for e, x, yy, _ in dots if e["kind"] == kind],
            shape=shape,
            filled=True,
            fill=colour,
            size=62,
            stroke=PAPER,
            strokeWidth=1,
        )
    for right, align, d in ((True, "left", 8), (False, "right", -8)):
        f.text(
            [
                {"x": x + d, "y": yy, "t": e["text"]}
                for e, x, yy, r in dots
                if r is right
            ],
            align,
            halo=True,
        )
    return f.chart()


def _stacked(
    wanted: list[float], tall: list[float], gap: float, bottom: float
) -> list[float]:
    """Places near the wanted ones (from the top down), apart and above ``bottom``."""
    places: list[float] = []
    for y, _ in zip(wanted, tall, strict=True):
        below = places[-1] + tall[len(places) - 1] + gap if places else y
        places.append(max(y, below))
    for k in range(len(places) - 1, -1, -1):
        places[k] = min(places[k], bottom - tall[k])
        bottom = places[k] - gap
    return places


def passages(rows: Rows, width: int = 640, height: int = 230) -> Any:
    """Chance that each thing has happened by each day; labels at the line's end."""
    top_p = max(p for r in rows for _, p in r["points"])
    ticks = nice_ticks(min(1.0, max(0.05, top_p * 1.05)))
    top = max(ticks[-1], top_p)
    hi = max(d for r in rows for d, _ in r["points"])
    col = 210 if width > 500 else 118
    f = Frame(width, height, (0, hi), (0, top), left=40, right=col, top=16, bottom=24)
    f.y_ticks([(v, f"{v * 100:g} %") for v in ticks])
    f.x_ticks(
        [
            (d, f"day {d}")
            for d in (0, 30, 60, 90, 120, 150, 180)
            if d <= hi and (width > 500 or d % 60 == 0)
        ],
        height - 20,
    )
    ends = []
    dashes = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
    for n, r in enumerate(rows):
        f.add(
            "line",
            [{"x": d, "y": p} for d, p in ((0, 0.0), *r["points"])],
            stroke=ESTIMATE,
            strokeWidth=2 if n == 0 else 1.4,
            strokeDash=dashes[n % 4],
        )
        ends.append((f.yr[0] + (f.yr[1] - f.yr[0]) * r["points"][-1][1] / top, r, n))
    labels = [
        wrap(f"{percent(r['points'][-1][1])}: {r['label']}", col - 26, 11)[:3]
        for _, r, _ in ends
    ]
    tall = [13.0 * len(x) for x in labels]
    order = sorted(range(len(ends)), key=lambda k: ends[k][0])
    places = _stacked(
        [ends[k][0] for k in order], [tall[k] for k in order], 6.0, height - 17.0
    )
    for y, k in zip(places, order, strict=True):
        n = ends[k][2]
        f.text(
            [
                {
                    "x": f.ux(width - col + 6),
                    "y": f.uy(y),
                    "t": "\n".join(labels[k]),
                    "c": INK if n == 0 else INK2,
                }
            ],
            weight="bold" if n == 0 else "normal",
        )
    return f.chart()
