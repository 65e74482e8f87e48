"""What a lever's effect rests on: the numbers it works through, and what moved them.

This file must never import a page or a command.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.case.fields import Element
from spillover.case.number_text import Number
from spillover.case.read import elements_by_path, numbers_by_path
from spillover.case.schema import Case
from spillover.model.structure import ABSENT, Model, Pattern

__all__ = ["Evidence", "Learned", "Rests", "evidence_of"]

Kind = Literal["data", "one episode, confounded", "judgement", "certain"]
DEPTH = 3
"""Acts that answer acts are followed this far."""


@dataclass(frozen=True)
class Learned:
    """5, 50 and 95 % points of a number as written and as used."""

    written: tuple[float, float, float]
    used: tuple[float, float, float]
    moved: bool


@dataclass(frozen=True)
class Rests:
    """One number a lever works through.

    Attributes
    ----------
    path, text
        Its path and how it is written.
    kind
        ``data``: the fit moved it; ``one episode, confounded``: sourced, but the record
        cannot set it apart; ``judgement``.
    sources, why
        As in the case.
    shift
        How far the fit moved its middle, in spreads of the belief as written.
    narrower
        Width used over width written; below 1: the record narrowed it.
    """

    path: str
    text: str
    kind: Kind
    sources: tuple[str, ...]
    why: str
    shift: float
    narrower: float


@dataclass(frozen=True)
class Evidence:
    """The weakest kind among the numbers that set the size of the effect, and all."""

    kind: Kind
    numbers: tuple[Rests, ...]


def _slots(model: Model, arm: Arm) -> list[int]:
    """Columns that set the size of what a lever does, nearest first."""
    found = [c.target for c in arm.changes]
    found += [a.chance for a in arm.acts]
    streams = {a.act.stream for a in arm.acts}
    # What an armed line of its own lets follow.
    changed = set(found)
    for line in model.red_lines:
        if line.chance in changed and line.act is not None:
            streams.add(line.act.stream)
    done: set[int] = set()
    for _ in range(DEPTH):
        new = streams - done
        done |= new
        for s in sorted(new):
            _add_effects(model, s, found, streams)
    return [s for s in dict.fromkeys(found) if s != ABSENT]


def _met(pattern: Pattern, stream: int) -> bool:
    return any(c.stream == stream for c in pattern.clauses)


def _add_effects(model: Model, s: int, found: list[int], streams: set[int]) -> None:
    """Numbers of what an act of stream ``s`` starts, brings or is answered by."""
    for factor in model.factors:
        if _met(factor.starts, s):
            for row in factor.rows:
                found += [row.factor, row.compliance, row.obeys]
    for response in model.responses:
        if _met(response.when, s):
            found.append(response.children)
    for reply in model.replies:
        if _met(reply.ask, s):
            for answer in reply.answers:
                found.append(answer.chance)
                if answer.act is not None:
                    streams.add(answer.act.stream)


def _shift(
    written: tuple[float, ...], used: tuple[float, ...], *, chance: bool
) -> tuple[float, float]:
    """Move of the middle in spreads as written, and width used over width written."""

    def scale(x: float) -> float:
        x = max(x, 1e-12)
        return math.log(x / (1.0 - min(x, 1.0 - 1e-12))) if chance else math.log(x)

    a, b = [scale(x) for x in written], [scale(x) for x in used]
    width = (a[2] - a[0]) / (2.0 * 1.6448536269514722)
    if width <= 0.0:
        return 0.0, 1.0
    return (b[1] - a[1]) / width, (b[2] - b[0]) / (a[2] - a[0])


def evidence_of(
    case: Case, assembled: Assembled, arm: Arm, learned: Mapping[str, Learned]
) -> Evidence:
    """What a lever's effect rests on.

    Parameters
    ----------
    case, assembled
        The case.
    arm
        The lever.
    learned
        What a fit said of numbers, by path.
    """
    table = assembled.slots
    numbers = numbers_by_path(case)
    elements = dict(elements_by_path(case))
    rests: dict[str, Rests] = {}
    for slot in _slots(assembled.model, arm):
        column = table.columns[slot]
        root = table.columns[column.source] if column.law == "copy" else column
        path = root.path.removesuffix(".median").removesuffix(".spread")
        n = numbers.get(path) or numbers.get(column.path)
        if path in rests or n is None or n.kind in ("certain", "rest"):
            continue
        rests[path] = _rests(path, n, elements, learned.get(path))
    kinds: tuple[Kind, ...] = ("judgement", "one episode, confounded", "data")
    have = {r.kind for r in rests.values()}
    kind: Kind = next((k for k in kinds if k in have), "certain")
    return Evidence(kind, tuple(rests.values()))


def _rests(
    path: str,
    n: Number,
    elements: Mapping[str, Element],
    learned: Learned | None,
) -> Rests:
    element = elements.get(".".join(path.split(".")[:2]))
    cited = element.sources if element is not None else ()
    sources = n.sources or (() if n.why else cited)
    why = n.why or (element.why if element is not None else "")
    basis = n.basis or ("data" if sources else "judgement")
    shift, narrower = 0.0, 1.0
    kind: Kind = "judgement" if basis == "judgement" else "one episode, confounded"
    if learned is not None and learned.moved:
        kind = "data"
        shift, narrower = _shift(
            learned.written, learned.used, chance=n.unit in ("chance", "factor")
        )
    return Rests(path, n.text, kind, sources, why, shift, narrower)
