"""The pictures of a page: which there are, and each drawn for wide and narrow.

This file must never import anything of Spillover but `brief`, `errors` and `store`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from spillover.brief.page import BriefPage

__all__ = ["Drawn", "draw_pictures"]

WIDTHS = (640, 328)
Drawn = dict[tuple[str, int], str]


def _charts(page: BriefPage) -> dict[str, tuple[str, Callable[[int], Any]]]:
    """Pictures of a page by id: name for screen readers, and how to draw at a width."""
    from spillover.brief import charts
    from spillover.brief.actormap import actor_map

    found: dict[str, tuple[str, Callable[[int], Any]]] = {}
    rows = [
        {
            "question": f"{r.question} ({r.window})",
            "p": r.p,
            "lo": r.low,
            "hi": r.high,
            "base": r.base_rate,
        }
        for r in page.outcomes
        if r.charted
    ]
    if rows:
        found["outcomes"] = ("Chances of outcomes", lambda w: charts.outcomes(rows, w))
    if page.passages:
        lines = [{"label": p.question, "points": p.points} for p in page.passages]
        found["passages"] = ("Chance by day", lambda w: charts.passages(lines, w))
    shown = {a.id for a in page.actors}
    ties = [
        {
            "from": t.from_id,
            "to": t.to_id,
            "kind": t.kind,
            "weight": t.weight,
            "note": t.note if len(t.note) < 24 else "",
        }
        for t in page.ties
        if {t.from_id, t.to_id} <= shown
    ]
    tied = {t[k] for t in ties for k in ("from", "to")}
    boxes = [asdict(a) for a in page.actors if a.id in tied]
    if len(boxes) > 1:
        found["map"] = ("Map of actors and ties", lambda w: actor_map(boxes, ties, w))
    if page.timeline:
        events = [
            {"x": e.day, "text": e.text, "kind": e.kind, "lane": e.lane}
            for e in page.timeline
        ]
        found["timeline"] = (
            "Timeline of records",
            lambda w: charts.timeline(events, page.origin, w),
        )
    for n, fan in enumerate(page.fans):
        history = [{"x": d, "y": v} for d, v in fan.history] or [{"x": -1, "y": 0.0}]
        bands = [
            dict(zip(("x", "q5", "q25", "q50", "q75", "q95"), b, strict=True))
            for b in fan.bands
        ]
        mark: dict[str, Any] | None = (
            {
                "x": fan.marks[0][0],
                "text": fan.marks[0][1],
                "short": fan.marks[0][1][:18],
            }
            if fan.marks
            else None
        )
        if mark is not None and len(mark["text"]) > 46:
            mark["text"] = "warning: deadline"
            mark["short"] = "warning"

        def draw(
            w: int,
            h: list[dict[str, float]] = history,
            b: list[dict[str, float]] = bands,
            m: dict[str, Any] | None = mark,
            u: str = fan.unit,
        ) -> Any:  # noqa: ANN401 - a chart of Altair
            return charts.fan(h, b, page.origin, w, warning=m, unit=u)

        found[f"fan-{n}"] = (fan.title, draw)
    lines_ = [asdict(r) for r in page.red_lines if r.charted]
    if lines_:
        found["red-lines"] = ("Red lines", lambda w: charts.red_lines(lines_, w))
    return found


def draw_pictures(page: BriefPage) -> tuple[Drawn, dict[str, str]]:
    """Pictures as SVG by id and width, and their names for screen readers."""
    from spillover.brief.frame import svg

    drawn: Drawn = {}
    names: dict[str, str] = {}
    for name, (label, make) in _charts(page).items():
        names[name] = label
        for width in WIDTHS:
            drawn[name, width] = svg(
                make(width), title=f"{label}; the numbers stand in the annex"
            )
    return drawn, names
