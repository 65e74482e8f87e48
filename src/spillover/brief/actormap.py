"""Actor map: boxes, and bowed ties routed one by one, the heaviest first."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np

from spillover.brief.frame import Frame, Row, Spec
from spillover.brief.page import ActorBox, TieArrow
from spillover.brief.placing import Box, Point, curve, inside, place
from spillover.brief.theme import (
    FAINT,
    INK2,
    PAPER,
    TIE_STYLE,
    WIDE,
    text_width,
    wrap,
)

__all__ = ["actor_map", "shown"]

MOST_ACTORS, MOST_TIES = 14, 34
#: Seed of the layout: the map shows ties, the places mean nothing.
SEED = 7
_KEY = (
    ("acts against", "attack"),
    ("supports", "support"),
    ("asks to hold back", "asked"),
    ("asked, refused", "refused"),
    ("holds back", "given"),
)
_TRIANGLE, _CHEVRON = "M0,0L-2,-.8L-2,.8Z", "M-1.2,-.9L0,0L-1.2,.9"
_BAR, _CROSS = "M0,-1L0,1", "M-1,-1L1,1M-1,1L1,-1"
_HEADS = {"attack": _TRIANGLE, "support": _TRIANGLE, "given": _BAR}
_BENDS = (0.08, -0.08, 0.18, -0.18, 0.3, -0.3, 0.45, -0.45)


def shown(
    actors: Sequence[ActorBox], ties: Sequence[TieArrow]
) -> tuple[tuple[ActorBox, ...], tuple[TieArrow, ...]]:
    """Return the actors with the heaviest ties and the heaviest ties among them."""
    weight = dict.fromkeys((a.id for a in actors), 0.0)
    for tie in ties:
        for end in (tie.from_id, tie.to_id):
            if end not in weight:
                msg = f"a tie names {end!r}, which is no actor of the map"
                raise ValueError(msg)
            weight[end] += tie.weight
    ranked = sorted(actors, key=lambda a: -weight[a.id])[:MOST_ACTORS]
    kept = {a.id for a in ranked}
    drawn = [t for t in ties if t.from_id in kept and t.to_id in kept]
    drawn = [t for t in drawn if t.from_id != t.to_id]
    drawn = sorted(drawn, key=lambda t: -t.weight)[:MOST_TIES]
    return tuple(a for a in actors if a.id in kept), tuple(drawn)


def actor_map(
    actors: Sequence[ActorBox | Row], ties: Sequence[TieArrow | Row], width: int = WIDE
) -> Spec:
    """Draw actors as boxes and ties as arrows; a label only where it has room.

    Triangle = acts against, hollow triangle = supports, dashes = asks to hold back,
    cross = refused, bar = holds back. Plain rows are taken too; a tie's row names
    its ends `from` and `to`.
    """
    boxes = [ActorBox(**a) if isinstance(a, dict) else a for a in actors]
    arrows = [_arrow(t) if isinstance(t, dict) else t for t in ties]
    return _actor_map(*shown(boxes, arrows), width)


def _arrow(row: Row) -> TieArrow:
    ends = {"from_id": row["from"], "to_id": row["to"]}
    return TieArrow(**ends, kind=row["kind"], weight=row["weight"], note=row["note"])


@functools.lru_cache(maxsize=16)
def _actor_map(
    actors: tuple[ActorBox, ...], ties: tuple[TieArrow, ...], width: int
) -> Spec:
    wide = width >= WIDE
    boxes, bottom = _boxes(actors, ties, width)
    height = bottom + (34 if wide else 52)
    f = Frame(width, height)
    ways: list[tuple[TieArrow, list[Point]]] = []
    heads: list[tuple[str, bool, Row]] = []
    for tie in ties:
        a, b = boxes[tie.from_id], boxes[tie.to_id]
        others = [c for k, c in boxes.items() if k not in (tie.from_id, tie.to_id)]
        way = _route(a, b, others, [w for _, w in ways], (width, height - 30))
        ways.append((tie, [*way[::6], way[-1]]))
        heads += _draw_tie(f, tie, way, 3.7 if wide else 2.7)
    _draw_heads(f, heads)
    _draw_boxes(f, actors, boxes)
    _draw_notes(f, ways, boxes, width)
    _draw_key(f, width, height - (8 if wide else 26))
    return f.spec()


def _boxes(
    actors: Sequence[ActorBox], ties: Sequence[TieArrow], width: int
) -> tuple[dict[str, Box], float]:
    wide = width >= WIDE
    columns = 4 if wide else 3
    step = width / columns
    w = min(122.0, step - 25)
    h = 8.0 + 13 * max(2, *(len(wrap(a.name, w - 8, 12)) for a in actors), 2)
    rows = math.ceil((1.6 if wide else 1.5) * len(actors) / (columns - 0.5))
    down = h + (58 if wide else 54)
    slots = [
        ((c + 0.5 + (r % 2) * 0.5) * step, r * down + h / 2 + 3)
        for r in range(rows)
        for c in range(columns - r % 2)
    ]
    pairs = [(t.from_id, t.to_id) for t in ties]
    at = place([a.id for a in actors], pairs, slots, (w, h), SEED)
    top = min(y for _, y in at.values()) - h / 2 - 3
    left, right = min(x for x, _ in at.values()), max(x for x, _ in at.values())
    # The full width, whatever slots were taken.
    stretch = (width - w - 4) / (right - left) if right > left else 1
    boxes = {
        name: (w / 2 + 2 + (x - left) * stretch, y - top, w, h)
        for name, (x, y) in at.items()
    }
    return boxes, max(box[1] for box in boxes.values()) + h / 2


def _route(
    a: Box,
    b: Box,
    others: Sequence[Box],
    drawn: Sequence[Sequence[Point]],
    room: tuple[float, float],
) -> list[Point]:
    """Return the best of 24 bows: under no box, near no other tie, heads apart."""

    def between(bend: float, shift: float, n: int) -> list[Point]:
        way = curve(a[:2], b[:2], bend, shift, n)
        return [p for p in way if not inside(p, a, 1) and not inside(p, b, 4)]

    boxes = np.array(others, np.float64).reshape(len(others), 4)
    lines = [np.array(o, np.float64) for o in drawn]
    options = []
    for bend, shift in itertools.product(_BENDS, (0, 9, -9)):
        way = between(bend, shift, 48)
        if len(way) < 6:
            continue
        out = sum(not (3 < x < room[0] - 3 and 3 < y < room[1]) for x, y in way)
        at = np.array(way)
        off = np.abs(at[:, None, :] - boxes[None, :, :2])
        hit = int(np.all(off < boxes[None, :, 2:] / 2 + 5, axis=2).sum())
        inner = at[2:-1:2, None, :]
        near = sum(
            int((((inner - o) ** 2).sum(axis=2).min(axis=1) < 64).sum())
            for o in lines
            if len(o)
        )
        crowd = sum(math.dist(way[-1], o[-1]) < 16 for o in drawn)
        score = 8 * hit + 3 * near + 12 * abs(bend) + abs(shift) / 9 + 8 * crowd
        options.append((out, score, bend, shift))
    _, _, bend, shift = min(options, default=(0, 0.0, 0.08, 0))
    # Fine steps, so that the head sits on its shaft.
    fine = between(bend, shift, 400)
    return [(min(max(x, 1), room[0] - 1), max(y, 1)) for x, y in fine]


def _draw_tie(
    f: Frame, tie: TieArrow, way: list[Point], most: float
) -> list[tuple[str, bool, Row]]:
    colour, dash = TIE_STYLE[tie.kind]
    thick = 1.3 + most * math.sqrt(tie.weight)
    size = 6 + 1.5 * thick
    tip = way[-1]
    back = next((p for p in reversed(way) if math.dist(p, tip) > size), way[0])
    angle = math.degrees(math.atan2(tip[1] - back[1], tip[0] - back[0]))
    solid = tie.kind in ("attack", "support")
    stop = size * 0.8 if solid else 1
    shaft = [p for p in way if math.dist(p, tip) > stop]
    shaft = shaft[: -1 : max(1, len(shaft) // 14)] + shaft[-1:]
    line = [{"x": x, "y": y, "o": k} for k, (x, y) in enumerate(shaft)]
    f.add("line", line, stroke=colour, strokeWidth=thick, strokeDash=[*dash])
    area = (size if solid else 10) ** 2
    head = {"x": tip[0], "y": tip[1], "a": angle, "s": area, "c": colour}
    heads = [(_HEADS.get(tie.kind, _CHEVRON), tie.kind == "attack", head)]
    if tie.kind == "refused":
        x, y = way[len(way) // 2]
        heads.append((_CROSS, False, {"x": x, "y": y, "a": 0, "s": 90, "c": colour}))
    return heads


def _draw_heads(f: Frame, heads: list[tuple[str, bool, Row]]) -> None:
    heads = sorted(heads, key=lambda head: head[:2])
    for (shape, filled), group in itertools.groupby(heads, key=lambda head: head[:2]):
        hollow = shape == _TRIANGLE and not filled
        style = {"strokeWidth": 0 if filled else 1.6 if hollow else 2.4}
        fill = {"fill": PAPER} if hollow else {}
        rows = [row for _, _, row in group]
        f.add("point", rows, shape=shape, filled=filled, **style, **fill)


def _draw_boxes(f: Frame, actors: Sequence[ActorBox], boxes: dict[str, Box]) -> None:
    for actor in actors:
        x, y, w, h = boxes[actor.id]
        state = actor.kind == "state"
        side = {"x": x - w / 2, "x2": x + w / 2, "y": y - h / 2, "y2": y + h / 2}
        edge = {"stroke": INK2, "strokeWidth": 1, "cornerRadius": 3}
        f.add("rect", [side], fill=FAINT if state else PAPER, **edge)
        lines = wrap(actor.name, w - 8, 12)
        row = {"x": x, "y": y - 6.5 * (len(lines) - 1) + 1, "t": "\n".join(lines)}
        f.text([row], "center", 11, "bold" if state else "normal")


def _draw_notes(
    f: Frame,
    ways: Sequence[tuple[TieArrow, list[Point]]],
    boxes: dict[str, Box],
    width: int,
) -> None:
    """Write each note beside its own tie, or not at all: the table has it too."""
    taken: list[Box] = [(x, y, w + 4, h + 4) for x, y, w, h in boxes.values()]
    for tie, way in ways:
        if tie.kind == "refused":
            taken.append((*way[len(way) // 2], 16, 16))
    for tie, way in ways:
        wide = text_width(tie.note, 10.5) + 4
        others = [w for _, w in ways if w is not way]
        free: list[tuple[float, Box]] = []
        for spot in _spots(way, wide) if tie.note else ():
            fits = wide / 2 < spot[0] < width - wide / 2 and spot[1] > 8
            own = _gap(spot, way)
            far = min((_gap(spot, other) for other in others), default=99.0)
            clear = not any(_overlap(spot, box) for box in taken)
            if fits and clear and far > own + 2 and own > 1:
                free.append((min(far, 9), spot))
        if free:
            spot = max(free, key=lambda option: option[0])[1]
            taken.append(spot)
            colour = TIE_STYLE[tie.kind][0]
            row = {"x": spot[0], "y": spot[1], "t": tie.note, "c": colour}
            f.text([row], "center", 10.5, halo=True)


def _spots(way: list[Point], wide: float) -> list[Box]:
    spots = []
    shares = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18)
    for share, side in itertools.product(shares, (1, -1)):
        k = int((len(way) - 2) * share)
        (xa, ya), (xb, yb) = way[k], way[k + 1]
        step = math.dist((xa, ya), (xb, yb)) or 1
        nx, ny = (ya - yb) / step * side, (xb - xa) / step * side
        x = xa + nx * (abs(nx) * wide / 2 + abs(ny) * 7 + 5)
        y = ya + ny * (abs(nx) * wide / 2 * abs(ny) + 12)
        spots.append((x, y, wide, 13.0))
    return spots


def _gap(box: Box, way: Sequence[Point]) -> float:
    x, y, w, _ = box
    return min(
        math.hypot(max(abs(px - x) - w / 2, 0), max(abs(py - y) - 6, 0))
        for px, py in way
    )


def _overlap(a: Box, b: Box) -> bool:
    across = abs(a[0] - b[0]) < (a[2] + b[2]) / 2
    return across and abs(a[1] - b[1]) < (a[3] + b[3]) / 2


def _draw_key(f: Frame, width: float, y: float) -> None:
    x = 2.0
    for label, kind in _KEY:
        if x + 34 + text_width(label, 11) > width:
            x, y = 2.0, y + 18
        colour, dash = TIE_STYLE[kind]
        solid = kind in ("attack", "support")
        line = {"x": x, "x2": x + (18 if solid else 25), "y": y}
        f.add("rule", [line], stroke=colour, strokeWidth=2.2, strokeDash=[*dash])
        row = {"x": x + 26, "y": y, "a": 0, "s": 90, "c": colour}
        _draw_heads(f, [(_HEADS.get(kind, _CHEVRON), kind == "attack", row)])
        if kind == "refused":
            _draw_heads(f, [(_CROSS, False, {**row, "x": x + 11, "s": 60})])
        f.text([{"x": x + 33, "y": y + 0.5, "t": label}])
        x += 33 + text_width(label, 11) + 16
