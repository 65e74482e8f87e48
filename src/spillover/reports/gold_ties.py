"""Score ties on `re3d`.

Given the pair: of relations AlliesOf and FightingAgainst (one sentence), which of the two
we say; nothing said counts as wrong. End to end: ties read among the document's entities
in one sentence against AlliesOf and Likes (ally), FightingAgainst and Dislikes (enemy),
BelongsTo (member), InChargeOf (influence; a sponsor counts as influence), each pair and
kind once. This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spillover.reports.claim import TieKind
from spillover.reports.gold import Scores, class_scores, from_counts
from spillover.reports.ties import tie_between
from spillover.reports.tokens import Document, tokenise

__all__ = ["score_ties"]

Row = Mapping[str, Any]

_GIVEN = {"AlliesOf": "ally", "FightingAgainst": "enemy"}
_KINDS = {
    "AlliesOf": "ally", "Likes": "ally", "FightingAgainst": "enemy", "Dislikes": "enemy",
    "BelongsTo": "member", "InChargeOf": "influence",
}  # fmt: skip
_OURS = {
    TieKind.ALLY: "ally", TieKind.ENEMY: "enemy", TieKind.AT_WAR: "enemy",
    TieKind.MEMBER: "member", TieKind.INFLUENCE: "influence",
    TieKind.SPONSOR: "influence", TieKind.NO_RELATIONS: "enemy",
}  # fmt: skip
_PARTIES = ("Organisation", "Person", "Nationality")
_NEAR = 1
"""Entities further on that are paired with one."""
_GAP = 12
"""Tokens between the two."""
_SURE = 2.0
"""Only what stands between the two."""


def _sentence(doc: Document, at: int) -> tuple[int, int]:
    return next(((a, b) for a, b in doc.sentences if a <= at < b), (0, len(doc.words)))


def score_ties(rows: Iterable[Row]) -> dict[str, Scores]:
    """Ally or enemy given the pair (macro-F1), and ties end to end (F1)."""
    pairs: list[tuple[str, str | None]] = []
    right = found = wanted = 0
    for row in rows:
        doc = tokenise(row["text"])
        gold: set[tuple[str, int, int]] = set()
        for relation in row["gold"]["relations"]:
            a = doc.tokens_of(relation["sourceBegin"], relation["sourceEnd"])
            b = doc.tokens_of(relation["targetBegin"], relation["targetEnd"])
            kind = relation["type"]
            if kind in _KINDS:
                ends = (
                    sorted((a[0], b[0]))
                    if _KINDS[kind] in ("ally", "enemy")
                    else (a[0], b[0])
                )
                gold.add((_KINDS[kind], ends[0], ends[1]))
            if kind in _GIVEN:
                first = _sentence(doc, min(a[0], b[0]))
                last = _sentence(doc, max(a[0], b[0]))
                read = tie_between(doc, (first[0], last[1]), a, b)
                said = _OURS[read.kind] if read else None
                pairs.append(
                    (_GIVEN[kind], said if said in ("ally", "enemy") else None)
                )
        ours = _end_to_end(doc, row)
        right += len(ours & gold)
        found += len(ours)
        wanted += len(gold)
    return {
        "ally or enemy, pair given": class_scores(pairs),
        "end to end": from_counts(right, found, wanted),
    }


def _end_to_end(doc: Document, row: Row) -> set[tuple[str, int, int]]:
    spans = sorted(
        {
            doc.tokens_of(e["begin"], e["end"])
            for e in row["gold"]["entities"]
            if e["type"] in _PARTIES
        },
        key=lambda s: (s[0], -s[1]),
    )
    ours: set[tuple[str, int, int]] = set()
    for first, stop in doc.sentences:
        here = [e for e in spans if first <= e[0] < stop]
        for n, a in enumerate(here):
            after = [b for b in here[n + 1 :] if b[0] >= a[1]]
            for b in after[:_NEAR]:
                if b[0] - a[1] > _GAP:
                    continue
                read = tie_between(doc, (first, stop), a, b)
                if read is None or read.score < _SURE:
                    continue
                kind = _OURS[read.kind]
                one, other = (a, b) if read.forward else (b, a)
                key = (one[0], other[0])
                if kind in ("ally", "enemy"):
                    key = (min(key), max(key))
                ours.add((kind, *key))
    return ours
