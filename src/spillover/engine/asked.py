"""Questions as tables that the compiled reducers read.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.tables import Table
from spillover.model.structure import Model, Pattern
from spillover.outcomes.question import Question, Tally

__all__ = ["FAN_DAYS", "Asked", "compile_questions"]

KINDS = {"count": 0, "deaths": 1, "injured": 2, "report": 3, "gauge": 4, "sequence": 5}
MODES = {"any": 0, "every": 1, "count": 2, "all_of": 3, "any_of": 4}
FAN_DAYS = 7
"""A fan shows sums over this many days."""

ADDED = np.dtype(
    [("kind", "i8"), ("index", "i8"), ("closed", "i8"), ("within", "f8")], align=True
)
ADD_ROW = np.dtype(
    [("tally", "i8"), ("first", "i8"), ("m0", "i8"), ("m1", "i8")], align=True
)
QUESTION = np.dtype(
    [
        ("mode", "i8"),
        ("tally", "i8"),
        ("s0", "i8"),
        ("s1", "i8"),
        ("p0", "i8"),
        ("p1", "i8"),
        ("low", "f8"),
        ("high", "f8"),
        ("key", "u8"),
        ("unmodelled", "i8"),
        ("first", "i8"),
        ("count", "i8"),
    ],
    align=True,
)


class Asked(NamedTuple):
    """Compiled questions; tallies are split by whether their spans are closed."""

    tallies: Table
    rows: Table  # by stream
    row_at: NDArray[np.int64]  # (K + 1,)
    masks: NDArray[np.uint64]
    questions: Table
    spans: NDArray[np.int64]  # (n, 2)
    parts: NDArray[np.int64]
    fans: NDArray[np.int64]  # tallies drawn as fans


def compile_questions(
    model: Model, tallies: Sequence[Tally], questions: Sequence[Question]
) -> Asked:
    """Flatten questions for the reducers.

    Questions that ask whether a running sum reaches a number get a first passage; a
    tally that is counted gets a fan.
    """
    pairs: dict[tuple[int, bool], int] = {}
    q_rows: list[tuple[float, ...]] = []
    spans: list[tuple[int, int]] = []
    parts: list[int] = []
    counted = 0
    fans: dict[int, None] = {}
    for q in questions:
        at = -1
        s0, p0 = len(spans), len(parts)
        if q.tally >= 0 and q.spans:
            at = pairs.setdefault((q.tally, q.spans[0].closed), len(pairs))
        spans += [(s.start, s.end) for s in q.spans]
        parts += q.parts
        passage = (
            q.mode == "any"
            and len(q.spans) == 1
            and q.spans[0].start == 0
            and q.high == np.inf
        )
        count = -1
        if q.mode == "count":
            count, counted = counted, counted + 1
            if tallies[q.tally].kind != "gauge" and not q.quiet:
                fans[at] = None
        q_rows.append(
            (
                MODES[q.mode],
                at,
                s0,
                len(spans),
                p0,
                len(parts),
                q.low,
                q.high,
                q.key,
                q.unmodelled,
                int(passage),
                count,
            )
        )
    added = [
        (KINDS[tallies[t].kind], tallies[t].index, int(closed), tallies[t].within)
        for t, closed in pairs
    ]
    masks: list[int] = []
    table: list[list[tuple[int, int, int, int]]] = [[] for _ in model.streams]

    def add(pattern: Pattern, at: int, first: int) -> None:
        by_stream: dict[int, list[int]] = {}
        for clause in pattern.clauses:
            by_stream.setdefault(clause.stream, []).append(clause.require)
        for stream, required in by_stream.items():
            start = len(masks)
            masks.extend([0] if 0 in required else required)
            table[stream].append((at, first, start, len(masks)))

    for (t, _), at in pairs.items():
        tally = tallies[t]
        if tally.kind == "report":
            add(model.reports[tally.index].pattern, at, 0)
        elif tally.kind != "gauge":
            add(tally.pattern, at, 0)
    for (t, _), at in pairs.items():
        if tallies[t].kind == "sequence":
            add(tallies[t].first, at, 1)
    return Asked(
        tallies=np.array(added, ADDED),
        rows=np.array([r for rows in table for r in rows], ADD_ROW),
        row_at=np.cumsum([0, *(len(r) for r in table)]).astype(np.int64),
        masks=np.array(masks or [0], np.uint64),
        questions=np.array(q_rows, QUESTION),
        spans=np.array(spans, np.int64).reshape(-1, 2),
        parts=np.array(parts, np.int64),
        fans=np.array(list(fans), np.int64),
    )
