"""Charts of reports: levers, cost against risk, strength, flows, tornado, counts.

Each takes plain rows and a width and returns a specification; see LOOK in `frame`.

This file must never import anything of Spillover but `brief`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
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
    Frame,
    Spec,
    nice_ticks,
    text_width,
    wrap,
)
from spillover.brief.replay_chart import replay

__all__ = ["CHARTS"]

Rows = Sequence[Mapping[str, Any]]
WIDE = 500
RESTRAINT_TINT = "#a5d3c8"


def _layout(
    rows: Rows, label: str, width: float, size: float = 12.5
) -> tuple[list[tuple[float, list[str], float]], float]:
    """Top of each label, its lines, and the middle of its bar; and the whole height."""
    y = 0.0
    out = []
    for r in rows:
        lines = wrap(r[label], width - 4, size)
        out.append((y + 9, lines, y + 15 * len(lines) + 12))
        y += 15 * len(lines) + 31
    return out, y


def _signed(v: float) -> str:
    text = f"{v * 100:+.1f}" if abs(v) < 0.0995 else f"{v * 100:+.0f}"
    return "0" if float(text) == 0.0 else text.replace("-", "\u2212")


def levers(rows: Rows, width: int = 640) -> Spec:
    """Paired change of a chance: name, d, lo, hi, tie (same number: tied)."""
    col = 124 if width > WIDE else 104
    lay, y = _layout(rows, "name", width - col - 16)
    lo = min(0.0, *(r["lo"] for r in rows), *(r["d"] for r in rows))
    hi = max(0.0, *(r["hi"] for r in rows), *(r["d"] for r in rows))
    lo, hi = math.floor(lo * 20 - 0.2) / 20, math.ceil(hi * 20 + 0.2) / 20
    f = Frame(width, y + 36, (lo, hi), (y + 36, 0), left=16, right=col + 14)
    step = 0.1 if hi - lo > 0.3 else 0.05
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    marks = [round(i * step, 2) for i in range(first, last + 1)]
    f.x_ticks([(v, "no change" if v == 0 else _signed(v)) for v in marks], y + 4)
    bars = [(r, yb) for r, (_, _, yb) in zip(rows, lay, strict=True)]
    f.add(
        "rule", [{"x": lo, "x2": hi, "y": yb} for _, yb in bars],
        stroke=RULE, strokeWidth=0.75,
    )  # fmt: skip
    f.add(
        "rule", [{"x": 0, "y": yb - 6, "y2": yb + 10} for _, yb in bars],
        stroke=INK, strokeWidth=1,
    )  # fmt: skip

    def paint(r: Mapping[str, Any]) -> str:
        return RESTRAINT if r["hi"] < 0 else ACT if r["lo"] > 0 else INK2

    f.add(
        "rule",
        [{"x": r["lo"], "x2": r["hi"], "y": yb, "c": paint(r)} for r, yb in bars],
        strokeWidth=4,
    )
    f.add(
        "point",
        [
            {"x": r["d"], "y": yb, "c": paint(r)}
            for r, yb in bars
            if paint(r) != INK2
        ],
        shape="circle", filled=True, size=110, stroke=PAPER, strokeWidth=1.5,
    )  # fmt: skip
    f.add(
        "point",
        [{"x": r["d"], "y": yb} for r, yb in bars if paint(r) == INK2],
        shape="circle", filled=True, fill=PAPER, size=70, stroke=INK2, strokeWidth=2,
    )  # fmt: skip
    f.text(
        [{"x": f.ux(16), "y": yt, "t": "\n".join(ls)} for yt, ls, _ in lay], size=12.5
    )
    x = f.ux(width - col + 4)
    f.text(
        [
            {"x": x, "y": yb - 7, "t": f"{_signed(r['d'])} points", "c": paint(r)}
            for r, yb in bars
        ],
        size=13,
        weight="bold",
    )
    f.text(
        [
            {
                "x": x,
                "y": yb + 8,
                "t": f"{_signed(r['lo'])} to {_signed(r['hi'])}",
                "c": INK2,
            }
            for r, yb in bars
        ],
        size=11.5,
    )
    ends = [(r.get("tie"), at) for r, at in zip(rows, lay, strict=True)]
    for tie, some in itertools.groupby(ends, key=lambda g: g[0]):
        group = list(some)
        if tie and len(group) > 1:
            left, t, e = f.ux(4), group[0][1][0] - 7, group[-1][1][2] + 9
            f.add(
                "rule", [{"x": left, "x2": left, "y": t, "y2": e}],
                stroke=INK2, strokeWidth=1.5,
            )  # fmt: skip
            f.add(
                "rule", [{"x": left, "x2": f.ux(9), "y": v} for v in (t, e)],
                stroke=INK2, strokeWidth=1.5,
            )  # fmt: skip
    foot = "bracket = tied, order not established · hollow = may be no change"
    if width <= WIDE:
        foot = "bracket = tied · hollow = may be no change"
    f.text([{"x": f.ux(16), "y": y + 28, "t": foot, "c": INK2}], size=10.5)
    return f.chart()


def frontier(points: Rows, width: int = 640) -> Spec:
    """Cost (x) against chance (y): name, short, cost, p, on (on the frontier)."""
    height = 330 if width > WIDE else 380
    top = max(1.0, max(p["cost"] for p in points))
    p_low = max(0.0, min(p["p"] for p in points) - 0.03)
    p_high = min(1.0, max(p["p"] for p in points) + 0.03)
    f = Frame(
        width, height, (0, top * 1.02), (p_low, p_high), left=40, right=14, top=26,
        bottom=40,
    )  # fmt: skip
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if (p_high - p_low) / s <= 6)
    first = math.ceil(p_low / step)
    ticks = [round(i * step, 4) for i in range(first, int(p_high / step) + 1)]
    f.y_ticks([(v, f"{v * 100:.0f} %") for v in ticks])
    f.x_ticks([(v, f"{v:g}") for v in nice_ticks(top, 6)], height - 38)
    f.text(
        [
            {
                "x": f.ux(40),
                "y": f.uy(height - 6),
                "t": "price, 0 to 5 for each lever",
                "c": INK2,
            }
        ]
    )
    f.text([{"x": f.ux(0), "y": f.uy(9), "t": "chance with the lever", "c": INK2}])
    on = sorted((p for p in points if p["on"]), key=lambda p: p["cost"])
    steps = []
    for a, b in itertools.pairwise(on):
        steps += [(a["cost"], a["p"]), (b["cost"], a["p"]), (b["cost"], b["p"])]
    for (xa, ya), (xb, yb) in itertools.pairwise(steps):
        f.add(
            "rule", [{"x": xa, "x2": xb, "y": ya, "y2": yb}],
            stroke=RESTRAINT, strokeWidth=2,
        )  # fmt: skip
    for p in points:
        f.add(
            "point", [{"x": p["cost"], "y": p["p"]}], shape="circle", filled=True,
            fill=RESTRAINT if p["on"] else PAPER, size=80 if p["on"] else 60,
            stroke=RESTRAINT if p["on"] else INK2, strokeWidth=1.5,
        )  # fmt: skip
    taken: list[tuple[float, float, float, float]] = []
    labelled = [p for p in points if p["on"] or len(points) < 20]
    for p in sorted(labelled, key=lambda p: (not p["on"], p["p"])):
        name = p["name"] if width > WIDE else p["short"]
        wide = text_width(name, 11, bold=p["on"])
        x, y = f.px(p["cost"]), f.py(p["p"])
        for dx, dy, align in (
            (9, 0, "left"), (-9, 0, "right"), (9, -13, "left"), (9, 13, "left"),
            (-9, -13, "right"), (-9, 13, "right"), (0, -14, "center"), (0, 15, "center"),
        ):  # fmt: skip
            start = {"left": x + dx, "right": x + dx - wide}.get(align, x - wide / 2)
            box = (start, y + dy - 7, start + wide, y + dy + 7)
            inside = (
                box[0] >= 0 and box[2] <= width and box[1] > 16 and box[3] < height - 36
            )
            free = all(
                box[2] < a or box[0] > c or box[3] < b or box[1] > d
                for a, b, c, d in taken
            )
            if inside and free:
                taken.append(box)
                f.text(
                    [
                        {
                            "x": f.ux(x + dx),
                            "y": f.uy(y + dy),
                            "t": name,
                            "c": INK if p["on"] else INK2,
                        }
                    ],
                    align,
                    weight="bold" if p["on"] else "normal",
                    halo=True,
                )
                break
    return f.chart()


def curves(lines: Rows, width: int = 640) -> Spec:
    """Chance against strength: name, points [(share, p)]."""
    height = 250
    every = [p for line in lines for _, p in line["points"]]
    low, high = max(0.0, min(every) - 0.02), min(1.0, max(every) + 0.02)
    room = max(text_width(wrap(x["name"], 130, 11)[0], 11) for x in lines) + 12
    room = min(max(room, 60), 146)
    f = Frame(
        width, height, (0, 1), (low, high), left=40, right=room, top=24, bottom=36
    )  # fmt: skip
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / s <= 6)
    ticks = [
        round(i * step, 4) for i in range(math.ceil(low / step), int(high / step) + 1)
    ]
    f.y_ticks([(v, f"{v * 100:.0f} %") for v in ticks])
    f.x_ticks([(v, f"{v * 100:.0f} %") for v in (0, 0.25, 0.5, 0.75, 1)], height - 34)
    f.text(
        [
            {
                "x": f.ux(40),
                "y": f.uy(height - 5),
                "t": "strength of the lever",
                "c": INK2,
            }
        ]
    )
    f.text([{"x": f.ux(0), "y": f.uy(9), "t": "chance", "c": INK2}])
    last = -99.0
    for line in sorted(lines, key=lambda x: -x["points"][-1][1]):
        rows = [{"x": s, "y": p} for s, p in line["points"]]
        f.add("line", rows, stroke=ESTIMATE, strokeWidth=2)
        f.add("point", rows, shape="circle", filled=True, fill=ESTIMATE, size=40)
        text = wrap(line["name"], 130, 11)
        y = max(f.py(line["points"][-1][1]), last + 14)
        last = y + 13 * (len(text) - 1)
        f.text(
            [
                {
                    "x": f.ux(width - room + 8),
                    "y": f.uy(min(y, height - 44 - 13 * (len(text) - 1))),
                    "t": "\n".join(text),
                }
            ]
        )
    return f.chart()


def flow(nodes: Rows, flows: Rows, width: int = 640) -> Spec:
    """Chains that reach an outcome; ribbon height = share of the courses that do.

    ``nodes``: id, col, name; ``flows``: from, to, share, kind (act, restraint, "").
    """
    cols = 1 + max(n["col"] for n in nodes)
    bar, gap = 10, 46 if width > WIDE else 56

    def whole(node: str) -> float:
        into = sum(w["share"] for w in flows if w["to"] == node)
        out = sum(w["share"] for w in flows if w["from"] == node)
        return float(max(into, out))

    size = {n["id"]: whole(n["id"]) for n in nodes}
    deepest = max(sum(n["col"] == c for n in nodes) for c in range(cols))
    height = max(300 if width > WIDE else 360, 90 * deepest)
    f = Frame(width, height)
    most = max(sum(size[n["id"]] for n in nodes if n["col"] == c) for c in range(cols))
    tall = (height - 8 - gap * deepest) / most
    at: dict[str, tuple[float, float]] = {}
    room = (width - bar) / max(cols - 1, 1) - 26
    for c in range(cols):
        mine = [n for n in nodes if n["col"] == c]
        y = (height - sum(size[n["id"]] * tall + gap for n in mine)) / 2
        for n in mine:
            at[n["id"]] = ((width - bar) * c / max(cols - 1, 1), y + gap)
            y += size[n["id"]] * tall + gap
    out, into = dict.fromkeys(at, 0.0), dict.fromkeys(at, 0.0)
    ribbons, drawn = [], []
    for w in flows:
        (xa, ya), (xb, yb), h = at[w["from"]], at[w["to"]], w["share"] * tall
        ya, yb = ya + out[w["from"]], yb + into[w["to"]]
        out[w["from"]] += h
        into[w["to"]] += h
        bend = [(t / 14, (t / 14) ** 2 * (3 - 2 * t / 14)) for t in range(15)]
        band = [
            {
                "x": xa + bar + (xb - xa - bar) * t,
                "y": ya + (yb - ya) * e,
                "y2": ya + (yb - ya) * e + h,
            }
            for t, e in bend
        ]
        tint = {"act": ACT_TINTS[1], "restraint": RESTRAINT_TINT}.get(
            w["kind"], EST_TINTS[0]
        )
        drawn.append((h, tint, band))
        if h > 14:
            ribbons.append(((xa + bar, ya), (xb, yb), h, w["share"]))
    for _, tint, band in sorted(drawn, key=lambda d: -d[0]):  # thin ones on top
        f.add("area", band, fill=tint)
        for edge in ("y", "y2"):
            f.add(
                "line", [{"x": p["x"], "y": p[edge]} for p in band],
                stroke=PAPER, strokeWidth=1.5,
            )  # fmt: skip
    f.add(
        "rect",
        [
            {"x": x, "x2": x + bar, "y": y, "y2": y + max(size[k] * tall, 1)}
            for k, (x, y) in at.items()
        ],
        fill=INK,
    )
    taken: list[tuple[float, float, float, float]] = []
    for n in nodes:
        first, final = n["col"] == 0, n["col"] == cols - 1
        align = "left" if first else "right" if final else "center"
        shift = {"left": 0, "center": bar / 2, "right": bar}[align]
        lines = wrap(n["name"], room * (0.58 if cols > 2 else 1.0), 11.5)
        if len(lines) > 3:
            lines = [*lines[:2], f"{lines[2]} \u2026"]
        x, y = at[n["id"]]
        x, y_top = x + shift, max(8.0, y - 8 - 13 * (len(lines) - 1))
        f.text([{"x": x, "y": y_top, "t": "\n".join(lines)}], align, 11, halo=True)
        wide = max(text_width(t, 11) for t in lines)
        left = x - {"left": 0.0, "center": 0.5, "right": 1.0}[align] * wide
        taken.append((left, left + wide, y_top - 8, y_top + 13 * len(lines) - 6))
    labels: list[dict[str, Any]] = []
    for start, end, h, share in sorted(ribbons, key=lambda r: -r[2]):
        x, y = _free_place(start, end, h, taken)
        taken.append((x - 14, x + 14, y - 7, y + 7))
        labels.append({"x": x, "y": y, "t": f"{share * 100:.0f} %"})
    f.text(labels, "center", 11, "bold")
    return f.chart()


def _free_place(
    start: tuple[float, float],
    end: tuple[float, float],
    h: float,
    taken: Sequence[tuple[float, float, float, float]],
) -> tuple[float, float]:
    """Middle of a ribbon where a label meets nothing; if nowhere, a third of the way."""
    for share in (0.33, 0.5, 0.66, 0.2, 0.58, 0.42, 0.75, 0.85, 0.1):
        eased = share**2 * (3 - 2 * share)
        x = start[0] + (end[0] - start[0]) * share
        y = start[1] + (end[1] - start[1]) * eased + h / 2
        if all(
            x + 16 < a or x - 16 > b or y + 8 < c or y - 8 > d for a, b, c, d in taken
        ):
            return x, y
    return start[0] + (end[0] - start[0]) * 0.33, start[1] + h / 2


def tornado(rows: Rows, middle: float, width: int = 640) -> Spec:
    """Chance with each number low and high: name, low, high, says."""
    says = max(text_width(r["says"], 12, bold=True) for r in rows)
    col = max(118 if width > WIDE else 92, math.ceil(says) + 12)
    lay, y = _layout(rows, "name", width - col - 8)
    ends = [v for r in rows for v in (r["low"], r["high"])] + [middle]
    lo, hi = max(0.0, min(ends) - 0.01), min(1.0, max(ends) + 0.01)
    f = Frame(width, y + 36, (lo, hi), (y + 36, 0), left=0, right=col + 8)
    most = 7 if width > WIDE else 4
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if (hi - lo) / s <= most)
    marks = [
        round(i * step, 4)
        for i in range(math.ceil(lo / step), int(hi / step + 1e-9) + 1)
    ]
    f.x_ticks([(v, f"{v * 100:.0f} %") for v in marks], y + 4)
    for r, (_, _, yb) in zip(rows, lay, strict=True):
        f.add("rule", [{"x": lo, "x2": hi, "y": yb}], stroke=RULE, strokeWidth=0.75)
        for end, tint in (("low", EST_TINTS[1]), ("high", ESTIMATE)):
            a, b = sorted((middle, r[end]))
            f.add("rect", [{"x": a, "x2": b, "y": yb - 7, "y2": yb + 7}], fill=tint)
    f.add(
        "rule", [{"x": middle, "y": 2, "y2": y}], stroke=INK, strokeWidth=1
    )  # fmt: skip
    f.text(
        [{"x": f.ux(0), "y": yt, "t": "\n".join(ls)} for yt, ls, _ in lay],
        size=12.5,
        halo=True,
    )
    f.text(
        [
            {"x": f.ux(width - col + 4), "y": yb, "t": r["says"]}
            for r, (_, _, yb) in zip(rows, lay, strict=True)
        ],
        size=12,
        weight="bold",
    )
    f.text(
        [
            {
                "x": f.ux(0),
                "y": y + 28,
                "t": "faint: the number low · strong: high · line: as it stands",
                "c": INK2,
            }
        ],
        size=10.5,
    )
    return f.chart()


def counts(rows: Rows, observed: float, width: int = 640) -> Spec:
    """Events that would have been: name, q5, q25, q50, q75, q95; the observed as a line."""
    col = 112 if width > WIDE else 92
    lay, y = _layout(rows, "name", width - col - 8)
    top = nice_ticks(max(observed, max(r["q95"] for r in rows)) * 1.03, 5)
    hi = max(top[-1], observed, max(r["q95"] for r in rows)) * 1.01 or 1.0
    f = Frame(width, y + 40, (0, hi), (y + 40, 0), left=0, right=col + 8)
    f.x_ticks([(v, f"{v:g}") for v in top], y + 4)
    for r, (_, _, yb) in zip(rows, lay, strict=True):
        f.add("rect", [{"x": 0, "x2": hi, "y": yb - 7, "y2": yb + 7}], fill=FAINT)
        f.add(
            "rect", [{"x": r["q5"], "x2": max(r["q95"], r["q5"] + hi / 300), "y": yb - 7, "y2": yb + 7}],
            fill=EST_TINTS[0],
        )  # fmt: skip
        f.add(
            "rect", [{"x": r["q25"], "x2": max(r["q75"], r["q25"] + hi / 300), "y": yb - 7, "y2": yb + 7}],
            fill=EST_TINTS[1],
        )  # fmt: skip
        f.add(
            "point", [{"x": r["q50"], "y": yb}], shape="circle", filled=True,
            fill=ESTIMATE, size=90, stroke=PAPER, strokeWidth=1.5,
        )  # fmt: skip
        f.add(
            "rule", [{"x": observed, "y": yb - 11, "y2": yb + 11}], stroke=INK, strokeWidth=2
        )  # fmt: skip
    f.text(
        [{"x": f.ux(0), "y": yt, "t": "\n".join(ls)} for yt, ls, _ in lay], size=12.5
    )
    x = f.ux(width - col + 4)
    f.text(
        [
            {"x": x, "y": yb - 7, "t": f"{r['q50']:g}"}
            for r, (_, _, yb) in zip(rows, lay, strict=True)
        ],
        size=13,
        weight="bold",
    )
    f.text(
        [
            {"x": x, "y": yb + 8, "t": f"{r['q5']:g} to {r['q95']:g}", "c": INK2}
            for r, (_, _, yb) in zip(rows, lay, strict=True)
        ],
        size=11.5,
    )
    f.text(
        [
            {
                "x": f.ux(0),
                "y": y + 32,
                "t": f"line: what was, {observed:g} · strong 50 %, faint 90 %",
                "c": INK2,
            }
        ],
        size=10.5,
    )
    return f.chart()


CHARTS: dict[str, Callable[..., Spec]] = {
    "levers": levers,
    "frontier": frontier,
    "curves": curves,
    "flow": flow,
    "tornado": tornado,
    "counts": counts,
    "replay": replay,
}
