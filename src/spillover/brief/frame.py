"""A drawing of known width: layers in pixel ranges, as a Vega-Lite specification.

Geometry is made in Python; Vega-Lite only draws. Nothing may vanish: a position or
a text outside the picture raises.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from spillover.brief.theme import (
    ACT,
    ACT_TINTS,
    EST_TINTS,
    ESTIMATE,
    FAINT,
    FONT,
    INK,
    INK2,
    PAPER,
    RESTRAINT,
    RULE,
    SUPPORT,
    dark_css,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    import altair

# The colours and text measures stand here too, for what draws with a `Frame`.
__all__ = [
    "ACT",
    "ACT_TINTS",
    "ESTIMATE",
    "EST_TINTS",
    "FAINT",
    "INK",
    "INK2",
    "PAPER",
    "RESTRAINT",
    "RULE",
    "SUPPORT",
    "Frame",
    "Row",
    "Spec",
    "altair_chart",
    "dark_css",
    "nice_ticks",
    "svg",
    "text_width",
    "wrap",
]

#: Keys: x y x2 y2 c(olour) s(ize) t(ext) a(ngle) o(rder).
Row: TypeAlias = dict[str, Any]
Spec: TypeAlias = dict[str, Any]
Range: TypeAlias = tuple[float, float]

_STROKED = ("line", "rule")


def nice_ticks(top: float, n: int = 4) -> list[float]:
    """Return 0 and at most `n` round steps up to `top`."""
    if top <= 0:
        return [0.0, 1.0]
    sizes = (m * 10.0**e for e in range(-6, 9) for m in (1, 2, 2.5, 5))
    step = next(s for s in sizes if top / s <= n)
    return [round(i * step, 9) for i in range(int(top / step + 1e-9) + 1)]


class Frame:
    """A picture of exactly `width` by `height` px; without domains y runs down."""

    def __init__(
        self,
        width: float,
        height: float,
        x: Range | None = None,
        y: Range | None = None,
        left: float = 0,
        right: float = 0,
        top: float = 0,
        bottom: float = 0,
    ) -> None:
        self.w, self.h = width, height
        self.layers: list[Spec] = []
        self.xd: Range = x or (0, width)
        self.yd: Range = y or (height, 0)
        self.xr: Range = (left, width - right) if x else (0, width)
        self.yr: Range = (height - bottom, top) if y else (height, 0)

    def ux(self, px: float) -> float:
        """Return the data value at a pixel from the left."""
        return _back(px, self.xd, self.xr)

    def uy(self, px: float) -> float:
        """Return the data value at a pixel from the top."""
        return _back(px, self.yd, self.yr)

    def px(self, value: float) -> float:
        """Return the pixel of a data value on the x axis."""
        return _back(value, self.xr, self.xd)

    def py(self, value: float) -> float:
        """Return the pixel of a data value on the y axis."""
        return _back(value, self.yr, self.yd)

    def add(self, kind: str, rows: Sequence[Row], **mark: object) -> Frame:
        """Add a layer of marks; raises `ValueError` where one lies outside."""
        if not rows:
            return self
        for row in rows:
            self._inside(kind, row)
        keys = rows[0].keys()
        encoding: Spec = {}
        for k, domain, span in (("x", self.xd, self.xr), ("y", self.yd, self.yr)):
            if k in keys:
                scale = {"domain": [*domain], "range": [*span], "nice": False}
                scale |= {"zero": False, "clamp": False}
                encoding[k] = {"field": k, "type": "quantitative", "axis": None}
                encoding[k]["scale"] = scale
                if f"{k}2" in keys:
                    encoding[f"{k}2"] = {"field": f"{k}2"}
        stroked = kind in _STROKED or mark.get("filled") is False
        plain = {"c": "stroke" if stroked else "fill", "s": "size", "a": "angle"}
        for k, channel in plain.items():
            if k in keys:
                sort = "nominal" if k == "c" else "quantitative"
                encoding[channel] = {"field": k, "type": sort, "scale": None}
                if k != "a":
                    encoding[channel]["legend"] = None
        if "t" in keys:
            encoding["text"] = {"field": "t", "type": "nominal"}
        if "o" in keys:
            encoding["order"] = {"field": "o", "type": "quantitative"}
        # Vega-Lite draws points at opacity 0.7 unless told otherwise.
        style = {"type": kind, "opacity": 1, **mark}
        layer = {"data": {"values": [*rows]}, "mark": style, "encoding": encoding}
        self.layers.append(layer)
        return self

    def _inside(self, kind: str, row: Row) -> None:
        for key, value in row.items():
            if key not in ("x", "x2", "y", "y2"):
                continue
            across = key[0] == "x"
            domain, size = (self.xd, self.w) if across else (self.yd, self.h)
            at = self.px(value) if across else self.py(value)
            if not -1 <= at <= size + 1:
                ends = f"{min(domain):g} to {max(domain):g}"
                msg = f"{kind} at {key} = {value:g} is outside the picture ({ends})"
                raise ValueError(msg)

    def text(
        self,
        rows: Iterable[Row],
        align: str = "left",
        size: float = 11,
        weight: str = "normal",
        *,
        halo: bool = False,
        baseline: str = "middle",
    ) -> Frame:
        """Add texts; one that runs over the edge raises `ValueError`."""
        rows = [{"c": INK, **row} for row in rows if row["t"]]
        for row in rows:
            bold = weight == "bold"
            lines = row["t"].split("\n")
            wide = max(text_width(t, size, bold=bold) for t in lines)
            part = {"left": 0, "center": wide / 2, "right": wide}[align]
            start = self.px(row["x"]) - part
            if start < -6 or start + wide > self.w + 6:
                msg = f"text {row['t']!r} runs over the edge"
                raise ValueError(msg)
        style: Spec = {"align": align, "fontSize": size, "fontWeight": weight}
        style |= {"baseline": baseline, "lineBreak": "\n", "lineHeight": size + 2}
        if halo:
            bare = [{k: v for k, v in row.items() if k != "c"} for row in rows]
            rim: Spec = {"stroke": PAPER, "strokeWidth": 4, "strokeJoin": "round"}
            self.add("text", bare, fill=PAPER, **rim, **style)
        return self.add("text", rows, **style)

    def x_ticks(self, ticks: Sequence[tuple[float, str]], y_px: float) -> Frame:
        """Add the labels of the x axis, their top at `y_px`."""
        y = self.uy(y_px + 8)
        for value, label in ticks:
            half = text_width(label, 11) / 2
            at = self.px(value)
            align = "left" if at < half else "center"
            align = "right" if at + half > self.w else align
            self.text([{"x": value, "y": y, "t": label, "c": INK2}], align)
        return self

    def y_ticks(self, ticks: Sequence[tuple[float, str]]) -> Frame:
        """Add the lines and labels of the y axis."""
        x, x2 = self.xd
        lines = [{"x": x, "x2": x2, "y": value} for value, _ in ticks]
        self.add("rule", lines, stroke=RULE, strokeWidth=0.75)
        x = self.ux(self.xr[0] - 6)
        labels = [{"x": x, "y": value, "t": t, "c": INK2} for value, t in ticks]
        return self.text(labels, "right")

    def spec(self) -> Spec:
        """Return the whole drawing as a Vega-Lite specification."""
        # One `config`: a second one would throw the first away.
        config = {"font": FONT, "background": "transparent", "view": {"stroke": None}}
        size = {"width": self.w, "height": self.h, "padding": 0}
        return {**size, "layer": self.layers, "config": config}

    def chart(self) -> Spec:
        """Return the drawing, ready for `svg`."""
        return self.spec()


def _back(value: float, to: Range, of: Range) -> float:
    return to[0] + (value - of[0]) / (of[1] - of[0]) * (to[1] - to[0])


def altair_chart(spec: Spec) -> altair.LayerChart:
    """Return a drawing as an Altair chart, for a notebook."""
    import altair

    return altair.LayerChart.from_dict(spec)


_ROLES = re.compile(
    r' (aria-[a-z]+|role|class|xmlns:xlink|pointer-events|stroke-miterlimit)="[^"]*"'
)
_EMPTY = re.compile(r'<path d="M0,0h0v0h0Z"/>|<path d="" display="none"/>')
# What SVG takes for granted anyway, and the font, which the page sets once.
_DEFAULTS = (
    ' opacity="1"',
    ' font-weight="normal"',
    ' text-anchor="start"',
    ' stroke-dasharray="1,0"',
    f' font-family="{FONT}"',
    ' font-family="' + FONT.replace("'", "&apos;") + '"',
)
_COORDINATES = re.compile(r' (?:d|transform|stroke-width)="[^"]*"')
_DECIMALS = re.compile(r"(\.\d)\d+")


def svg(spec: Spec, title: str) -> str:
    """Return a drawing as static SVG: scalable, one name, no role on single marks."""
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(spec)
    drawn = _EMPTY.sub("", _ROLES.sub("", drawn))
    for default in _DEFAULTS:
        drawn = drawn.replace(default, "")
    # Coordinates only: a label must never be rounded.
    drawn = _COORDINATES.sub(lambda m: _DECIMALS.sub(r"\1", m[0]), drawn)
    name = f'role="img" aria-label="{html.escape(title)}"'
    start = f'<svg {name} preserveAspectRatio="xMinYMin meet" '
    return drawn.replace("<svg ", start, 1)
