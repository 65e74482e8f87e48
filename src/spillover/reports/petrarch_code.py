"""Code sentences with a user's PETRARCH dictionaries, without a parser.

Actors and agents by the longest match, verbs by their forms; the first verb whose pattern
or code holds between two actors gives the event. Passives swap the sides; "A and B" gives
an event each. This file must never import an actor table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from spillover.reports.petrarch import Dictionaries, Pattern, VerbEntry
from spillover.reports.tokens import Document, tokenise

__all__ = ["Coded", "code_sentence"]

_NONE = ("---", "###", "+++", "")
_BE = frozenset(["IS", "ARE", "WAS", "WERE", "BE", "BEEN", "BEING"])
_BY = "BY"
_SKIP = 4
"""Words that may stand between the parts of a pattern."""


@dataclass(frozen=True)
class Coded:
    """One coded event."""

    source: str
    target: str
    code: str


@dataclass(frozen=True)
class _Noun:
    first: int
    stop: int
    codes: tuple[str, ...]


def code_sentence(
    text: str, dictionaries: Dictionaries, day: date | None = None
) -> list[Coded]:
    """Events of a sentence: (source, target, code), each once, in order."""
    doc = tokenise(text)
    upper = [w.upper() for w in doc.words]
    nouns = _nouns(upper, dictionaries, day)
    taken = {k for n in nouns for k in range(n.first, n.stop)}
    for k in range(len(upper)):
        if k in taken:
            continue
        for size in (3, 2, 1):
            entry = dictionaries.verbs.get(tuple(upper[k : k + size]))
            if entry is not None:
                events = _events(doc, upper, k, size, entry, nouns, dictionaries)
                if events:
                    return events
                break
    return []


def _nouns(
    upper: list[str], dictionaries: Dictionaries, day: date | None
) -> list[_Noun]:
    """Actors with the agents beside them, and agents alone, in order."""
    found: list[_Noun] = []
    k = 0
    while k < len(upper):
        actor = _longest(upper, k, dictionaries.actors)
        agent = _longest(upper, k, dictionaries.agents)
        if actor:
            stop = k + actor
            code = dictionaries.actors[tuple(upper[k:stop])].code(day)
            suffix, end = _agents_after(upper, stop, dictionaries)
            codes = (
                tuple(c + suffix for c in code.split("/")) if code not in _NONE else ()
            )
            found.append(_Noun(k, end, codes))
            k = end
        elif agent:
            stop = k + agent
            entry = dictionaries.agents[tuple(upper[k:stop])]
            owner, end = _owner_after(upper, stop, dictionaries, day)
            code = owner + entry.code if owner or not entry.whole else entry.code
            found.append(_Noun(k, end, (code,) if owner or entry.whole else ()))
            k = end
        else:
            k += 1
    return [n for n in found if n.codes]


def _longest(upper: list[str], k: int, table: Mapping[tuple[str, ...], object]) -> int:
    for size in range(min(7, len(upper) - k), 0, -1):
        if tuple(upper[k : k + size]) in table:
            return size
    return 0


def _agents_after(
    upper: list[str], stop: int, dictionaries: Dictionaries
) -> tuple[str, int]:
    """Agents that follow an actor: "Gondor 's army officers"."""
    suffix = ""
    k = stop
    if k < len(upper) and upper[k] == "'S":
        k += 1
    steps = 0
    while k < len(upper) and steps < 2:
        size = _longest(upper, k, dictionaries.agents)
        if size:
            code = dictionaries.agents[tuple(upper[k : k + size])].code
            if code not in suffix:
                suffix += code
            k += size
            stop = k
            steps = 0
        else:
            k += 1
            steps += 1
            if upper[k - 1] in (",", "AND", "OF", "IN", "."):
                break
    return suffix, stop


def _owner_after(
    upper: list[str], stop: int, dictionaries: Dictionaries, day: date | None
) -> tuple[str, int]:
    """The actor an agent belongs to: "the president of Gondor"."""
    k = stop
    while k < len(upper) and upper[k] in ("OF", "FROM", "IN", "THE"):
        k += 1
    if k == stop:
        return "", stop
    size = _longest(upper, k, dictionaries.actors)
    if not size:
        return "", stop
    code = dictionaries.actors[tuple(upper[k : k + size])].code(day)
    return ("" if code in _NONE else code), k + size


def _events(
    doc: Document,
    upper: list[str],
    at: int,
    size: int,
    entry: VerbEntry,
    nouns: list[_Noun],
    dictionaries: Dictionaries,
) -> list[Coded]:
    del doc
    before = [n for n in nouns if n.stop <= at]
    after = [n for n in nouns if n.first >= at + size]
    code = entry.code
    for pattern in entry.patterns:
        if _fits(pattern, upper, at, at + size, nouns, dictionaries):
            code = pattern.code
            break
    if code in _NONE or not before:
        return []
    forward, _, back = code.partition(":")
    sources = _joined(upper, before, last=True)
    passive = at > 0 and upper[at - 1] in _BE
    targets = _joined(upper, after, last=False)
    if passive:
        by = [n for n in after if _BY in upper[at + size : n.first]]
        sources, targets = (by[:1] or targets), sources
    events = []
    for one in sources:
        for other in targets:
            for s in one.codes:
                for t in other.codes:
                    if s != t and forward not in _NONE:
                        events.append(Coded(s, t, forward))
                        if back:
                            events.append(Coded(t, s, back))
    return list(dict.fromkeys(events))


def _joined(upper: list[str], nouns: list[_Noun], *, last: bool) -> list[_Noun]:
    """The nearest noun and those joined to it by "and" or commas."""
    if not nouns:
        return []
    ordered = list(reversed(nouns)) if last else nouns
    group = [ordered[0]]
    for n in ordered[1:]:
        edge = group[-1]
        between = upper[n.stop : edge.first] if last else upper[edge.stop : n.first]
        if between and all(w in (",", "AND", "THE") for w in between):
            group.append(n)
        else:
            break
    return group


def _fits(
    pattern: Pattern,
    upper: list[str],
    first: int,
    stop: int,
    nouns: list[_Noun],
    dictionaries: Dictionaries,
) -> bool:
    k = first - 1
    for word, adjacent in pattern.before:
        k = _find(word, upper, k, -1, adjacent, nouns, dictionaries)
        if k == -_FAR:
            return False
        k -= 1
    k = stop
    for word, adjacent in pattern.after:
        k = _find(word, upper, k, 1, adjacent, nouns, dictionaries)
        if k == -_FAR:
            return False
        k += 1
    return True


_FAR = 1 << 20


def _find(
    word: str,
    upper: list[str],
    k: int,
    step: int,
    adjacent: bool,
    nouns: list[_Noun],
    dictionaries: Dictionaries,
) -> int:
    """Where the next element of a pattern stands, or -_FAR."""
    room = 1 if adjacent else _SKIP + 1
    for _ in range(room):
        if not 0 <= k < len(upper):
            return -_FAR
        if word in ("$", "+", "%", "^"):
            return k
        for wording in dictionaries.sets.get(word, ((word,),)):
            size = len(wording)
            begin = k if step > 0 else k - size + 1
            if begin >= 0 and _same(upper[begin : begin + size], wording):
                return begin + size - 1 if step > 0 else begin
        k += step
    return -_FAR


def _same(found: list[str], wording: tuple[str, ...]) -> bool:
    if len(found) != len(wording):
        return False
    return all(
        a == b or a == b + "S" or a + "S" == b
        for a, b in zip(found, wording, strict=True)
    )
