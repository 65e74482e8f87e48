"""The lexicon of ties, compiled. This file must never import a reading."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from spillover.reports.claim import TieKind

__all__ = ["Cues", "tie_words"]

Cues = dict[str, tuple[tuple[tuple[str, ...], TieKind, bool], ...]]
"""First word to (wording, kind, forward), longest wording first."""


@cache
def tie_words() -> tuple[Cues, Cues, dict[str, TieKind]]:
    """Wordings between two sides, around them, and suffixes of hyphenated words."""
    text = (files("spillover.reports") / "lexicon/ties.txt").read_text("utf-8")
    between: dict[str, list[tuple[tuple[str, ...], TieKind, bool]]] = {}
    around: dict[str, list[tuple[tuple[str, ...], TieKind, bool]]] = {}
    suffixes: dict[str, TieKind] = {}
    kind, place = TieKind.ALLY, ""
    for line in text.splitlines():
        if line.startswith("["):
            name, _, place = line.strip()[1:-1].rpartition(" ")
            kind = TieKind(name)
            continue
        if not line.strip() or line.startswith("#"):
            continue
        for raw in line.split(","):
            cue = raw.strip()
            backward = cue.startswith("<") or place == "whole"
            words = tuple(cue.removeprefix("<").split())
            if place == "suffix":
                suffixes[cue] = kind
            else:
                table = around if place == "around" else between
                table.setdefault(words[0], []).append((words, kind, not backward))
    return _sorted(between), _sorted(around), suffixes


def _sorted(table: dict[str, list[tuple[tuple[str, ...], TieKind, bool]]]) -> Cues:
    return {
        word: tuple(sorted(found, key=lambda f: -len(f[0])))
        for word, found in table.items()
    }
