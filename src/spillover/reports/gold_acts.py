"""Score the coding of acts on the gold sets `plv` and `plover_gsr`.

Columns as in the sets' README: `text`, `gold.root`, and for `plv` the two sides marked
in `marked`. This file must never import a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from spillover.reports.gold import Scores, class_scores
from spillover.reports.pairs import action_between
from spillover.reports.tokens import tokenise

__all__ = ["QUADS", "score_gsr", "score_plv"]

Row = Mapping[str, Any]

QUADS = {
    **dict.fromkeys(("AGREE", "CONSULT", "SUPPORT"), "verbal cooperation"),
    **dict.fromkeys(
        ("COOPERATE", "AID", "CONCEDE", "RETREAT", "YIELD"), "material cooperation"
    ),
    **dict.fromkeys(("REQUEST", "ACCUSE", "REJECT", "THREATEN"), "verbal conflict"),
    **dict.fromkeys(
        ("PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT"), "material conflict"
    ),
}
"""PLOVER root to quad class."""

_PENTA = {
    1: "verbal cooperation",
    2: "material cooperation",
    3: "verbal conflict",
    4: "material conflict",
}
_OLD_ROOTS = {
    "FIGHT": "ASSAULT",
    "DEMAND": "REQUEST",
    "DISAPPROVE": "ACCUSE",
    "INVESTIGATE": "ACCUSE",
}
_MARK = re.compile(r"(</?[st]>)")


def _unmark(marked: str) -> tuple[str, dict[str, list[tuple[int, int]]]]:
    """The plain text, and the spans of source ("s") and target ("t")."""
    text, start = "", 0
    spans: dict[str, list[tuple[int, int]]] = {"s": [], "t": []}
    for part in _MARK.split(marked):
        if part in ("<s>", "<t>"):
            start = len(text)
        elif part in ("</s>", "</t>"):
            spans[part[2]].append((start, len(text)))
        else:
            text += part
    return text, spans


def _merged(root: str | None) -> str | None:
    """CONCEDE and RETREAT are one class (YIELD) in `plv`."""
    return "YIELD" if root in ("CONCEDE", "RETREAT") else root


def score_plv(rows: Iterable[Row]) -> dict[str, Scores]:
    """Root (15 classes) and quad of the act between two given sides, macro-F1."""
    roots, quads = [], []
    for row in rows:
        text, spans = _unmark(row["marked"])
        found = action_between(tokenise(text), spans["s"], spans["t"])
        read = _merged(found[0]) if found else None
        roots.append((row["gold"]["root"], read))
        quads.append((_PENTA[int(row["gold"]["penta"])], QUADS.get(read or "")))
    return {"root": class_scores(roots), "quad": class_scores(quads)}


def score_gsr(rows: Iterable[Row]) -> dict[str, Scores]:
    """Root of the main act of a sentence, sides not given, macro-F1 (2021 roots)."""
    pairs = []
    for row in rows:
        gold = row["gold"]["root"]
        found = action_between(tokenise(row["text"]), (), ())
        pairs.append((_OLD_ROOTS.get(gold, gold), found[0] if found else None))
    return {"root": class_scores(pairs)}
