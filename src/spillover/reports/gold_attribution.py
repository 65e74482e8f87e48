"""Score attributions on `polnear`.

A read attribution meets a gold one when their cues overlap and their sources overlap (or
neither has a source), one to one. A sentence is attributed when any content, cue or
source of an attribution overlaps it. This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spillover.reports.attribution import Said, attributions
from spillover.reports.gold import Scores, from_counts
from spillover.reports.tokens import Document, tokenise

__all__ = ["score_attribution"]

Spans = list[tuple[int, int]]


def _overlap(one: Spans, other: Spans) -> bool:
    return any(a < d and c < b for a, b in one for c, d in other)


def _own(doc: Document, said: Said) -> tuple[Spans, Spans, Spans]:
    source = [doc.span(*said.source)] if said.source else []
    content = [doc.span(a, b) for a, b in said.content if b > a]
    return source, [doc.span(*said.cue)], content


def score_attribution(rows: Iterable[Mapping[str, Any]]) -> dict[str, Scores]:
    """Cue with source, and attributed sentences: precision, recall, F1."""
    right = found = wanted = 0
    s_right = s_found = s_wanted = 0
    for row in rows:
        doc = tokenise(row["text"])
        read = [_own(doc, said) for said in attributions(doc)]
        gold = [
            tuple(
                [tuple(x) for x in a.get(part) or []]
                for part in ("source", "cue", "content")
            )
            for a in row["gold"]["attributions"]
        ]
        # A sentence that runs on repeats its cue: counted once.
        unique: dict[tuple[int, int], tuple[Spans, Spans, Spans]] = {}
        for one in read:
            unique.setdefault(one[1][0], one)
        taken: set[int] = set()
        for source, cue, _ in unique.values():
            for k, (g_source, g_cue, _c) in enumerate(gold):
                same = _overlap(cue, g_cue) and (
                    _overlap(source, g_source) or not (source or g_source)
                )
                if k not in taken and same:
                    taken.add(k)
                    break
        right += len(taken)
        found += len(unique)
        wanted += len(gold)
        ours = [span for parts in read for part in parts for span in part]
        theirs = [span for parts in gold for part in parts for span in part]
        for first, stop in doc.sentences:
            here = [doc.span(first, stop)]
            mine, gold_says = _overlap(ours, here), _overlap(theirs, here)
            s_right += mine and gold_says
            s_found += mine
            s_wanted += gold_says
    return {
        "cue and source": from_counts(right, found, wanted),
        "attributed sentence": from_counts(s_right, s_found, s_wanted),
    }
