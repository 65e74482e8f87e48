"""The lexicon of acts: its file, compiled to a table by first word.

This file must never import a document's reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from spillover.reports.morph import noun_forms, verb_forms

__all__ = ["ADJECTIVE", "NOUN", "VERB", "Entry", "action_words", "match_rest"]

VERB, NOUN, ADJECTIVE = "verb", "noun", "adjective"
_GAP = 5
"""Words that may stand between the parts of a phrase."""

Words = tuple[str, ...]
Alternatives = dict[str, tuple[Words, ...]]
"""First word to all wordings that begin with it, longest first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cue.

    Attributes
    ----------
    action
        PLOVER root.
    kind
        ``VERB``, ``NOUN`` or ``ADJECTIVE``.
    lemma
        As in the file.
    forms
        What the first word may be (``morph.PAST`` ...), by its form; empty for nouns.
    rest
        What must follow: a wording, after a gap where the flag is set.
    suffers
        The subject suffers the act.
    """

    action: str
    kind: str
    lemma: str
    forms: dict[str, tuple[str, ...]]
    rest: tuple[tuple[bool, Alternatives], ...]
    suffers: bool = False


def _alternatives(wordings: list[Words]) -> Alternatives:
    table: dict[str, list[Words]] = {}
    for words in wordings:
        table.setdefault(words[0], []).append(words)
    return {k: tuple(sorted(v, key=len, reverse=True)) for k, v in table.items()}


def _plurals(noun: str) -> list[Words]:
    *before, last = noun.split()
    return [(*before, form) for form in noun_forms(last)]


@cache
def action_words() -> dict[str, tuple[Entry, ...]]:
    """Every cue by the forms of its first word; longer and earlier ones first."""
    text = (files("spillover.reports") / "lexicon/actions.txt").read_text("utf-8")
    classes: dict[str, list[Words]] = {}
    entries: list[tuple[str, Entry]] = []
    action = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("@"):
            name, _, words = line.partition("=")
            classes[name.strip()] = [
                wording
                for noun in words.split(",")
                for wording in _plurals(noun.strip())
            ]
        elif line.startswith("["):
            action = line.strip()[1:-1]
        else:
            for cue in line[2:].split(","):
                entries.extend(_entries(line[0], cue.strip(), action, classes))
    table: dict[str, list[Entry]] = {}
    for form, entry in entries:
        table.setdefault(form, []).append(entry)
    return {form: tuple(sorted(found, key=_specific)) for form, found in table.items()}


def _specific(entry: Entry) -> tuple[int, int]:
    """Longer phrases first; of equal ones that with fewer wordings."""
    return -len(entry.rest), sum(len(wordings) for _, wordings in entry.rest)


def _entries(
    code: str, cue: str, action: str, classes: dict[str, list[Words]]
) -> list[tuple[str, Entry]]:
    head, *words = cue.split()
    if code == "n":
        if not words:
            noun = Entry(action, NOUN, cue, {}, ())
            return [(form, noun) for form in noun_forms(head)]
        plurals = _alternatives(_plurals(" ".join(words)))
        return [(head, Entry(action, NOUN, cue, {}, ((False, plurals),)))]
    if code == "a":
        rest = tuple((False, _alternatives([(word,)])) for word in words)
        return [(head, Entry(action, ADJECTIVE, cue, {}, rest))]
    parts: list[tuple[bool, Alternatives]] = []
    gap = False
    for word in words:
        if word == "~":
            gap = True
            continue
        if word.startswith("@"):
            parts.append((gap, _alternatives(classes[word])))
        elif gap:  # an object: either number
            parts.append((gap, _alternatives([(w,) for w in noun_forms(word)])))
        else:
            parts.append((False, _alternatives([(word,)])))
        gap = False
    plain = head in ("not", "would", "will", "could", "may")
    forms: dict[str, tuple[str, ...]] = {head: ()} if plain else verb_forms(head)
    entry = Entry(action, VERB, cue, forms, tuple(parts), suffers=code == "x")
    return [(form, entry) for form in forms]


_STOPS = frozenset(",;:.!?\"“”``''()–—") | {"that", "who", "which", "after", "but"}

_AIMS = frozenset(("plan", "plans", "intention", "intentions", "bid", "efforts"))


def match_rest(entry: Entry, lower: list[str], at: int, stop: int) -> int:
    """The token after a cue whose first word stands before ``at``; 0 when it is none."""
    for gapped, wordings in entry.rest:
        for k in range(at, min(stop, at + (_GAP if gapped else 0) + 1)):
            found = 0
            for words in wordings.get(lower[k], ()):
                if len(words) == 1 or tuple(lower[k : k + len(words)]) == words:
                    found = k + len(words)
                    break
            if found:
                at = found
                break
            if lower[k] in _STOPS or (lower[k] == "to" and lower[k - 1] in _AIMS):
                return 0  # "dropped plans to bomb" drops no bomb
        else:
            return 0
    return at
