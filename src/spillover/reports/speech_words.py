"""The lexicon of saying, compiled. This file must never import a reading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from spillover.reports.morph import verb_forms

__all__ = ["SpeechWords", "speech_words"]


@dataclass(frozen=True)
class SpeechWords:
    """Words of saying.

    Attributes
    ----------
    verbs
        Every form, to what it may be (``morph.PAST`` ...).
    strong
        Forms that are saying whatever follows.
    nouns
        "statement", "claim".
    anonymous
        Heads of sources without a name.
    outlets
        Outlets, in lower case.
    """

    verbs: dict[str, tuple[str, ...]]
    strong: frozenset[str]
    nouns: frozenset[str]
    anonymous: frozenset[str]
    outlets: frozenset[str]


@cache
def speech_words() -> SpeechWords:
    """The lexicon of saying."""
    text = (files("spillover.reports") / "lexicon/speech.txt").read_text("utf-8")
    parts: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip()[1:-1]
        elif line.strip() and not line.startswith("#"):
            parts.setdefault(name, []).extend(w.strip() for w in line.split(","))
    verbs: dict[str, tuple[str, ...]] = {}
    for verb in parts["verb"]:
        if " " not in verb:
            for form, tags in verb_forms(verb).items():
                verbs[form] = tuple(dict.fromkeys(verbs.get(form, ()) + tags))
    strong = {form for verb in parts["strong"] for form in verb_forms(verb)}
    nouns = {form for noun in parts["noun"] for form in (noun, noun + "s")}
    return SpeechWords(
        verbs,
        frozenset(strong),
        frozenset(nouns),
        frozenset(parts["anonymous"]),
        frozenset(outlet.lower() for outlet in parts["outlet"]),
    )
