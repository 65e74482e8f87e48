"""Code sentences with a user's PETRARCH dictionaries, without a parser.

The first verb whose pattern or code holds gives the events, from its subject to what
follows it; "$" and "+" of a pattern say who is source and target; a passive with "by"
swaps them; "A and B" gives an event each, and events between them where the code goes
both ways. This file must never import an actor table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from spillover.reports.petrarch import Dictionaries, Pattern, VerbEntry
from spillover.reports.petrarch_nouns import NO_CODE, Noun, find_nouns
from spillover.reports.tokens import tokenise
from spillover.reports.words import words

__all__ = ["Coded", "code_sentence"]

_BE = words("IS ARE WAS WERE BE BEEN BEING")
_PREPOSITIONS = words("OF IN BETWEEN WITH FROM AGAINST AT ON FOR NEAR")
_SKIP = 6
"""Words that may stand between the parts of a pattern."""
_LOST = -(1 << 20)


@dataclass(frozen=True)
class Coded:
    """One coded event."""

    source: str
    target: str
    code: str


def code_sentence(
    text: str, dictionaries: Dictionaries, day: date | None = None
) -> list[Coded]:
    """Events of a sentence: (source, target, code), each once, in order."""
    upper = [w.upper() for w in tokenise(text).words]
    nouns = find_nouns(upper, dictionaries, day)
    taken = {k for n in nouns for k in range(n.first, n.stop)}
    for k in range(len(upper)):
        if k in taken:
            continue
        for size in (3, 2, 1):
            entry = dictionaries.verbs.get(tuple(upper[k : k + size]))
            if entry is not None:
                events = _Coder(upper, nouns, dictionaries, k, size).events(entry)
                if events:
                    return events
                break
    return []


class _Coder:
    """Codes one verb of one sentence."""

    def __init__(
        self,
        upper: list[str],
        nouns: list[Noun],
        dictionaries: Dictionaries,
        at: int,
        size: int,
    ) -> None:
        self.upper, self.nouns, self.dictionaries = upper, nouns, dictionaries
        self.first, self.stop = at, at + size

    def events(self, entry: VerbEntry) -> list[Coded]:
        """Events of the verb; none when it has no code or no sides."""
        code = entry.code
        roles: dict[str, Noun] = {}
        for pattern in entry.patterns:
            found = self._fits(pattern)
            if found is not None:
                code, roles = pattern.code, found
                break
        forward, _, back = code.partition(":")
        if forward in NO_CODE:
            return []
        sources = [roles["$"]] if "$" in roles else self._subjects()
        if not sources:
            return []
        targets = [roles["+"]] if "+" in roles else self._objects(sources)
        by = self._agent()
        if by and not roles:
            sources, targets = by, sources
        if not targets and len(sources) > 1:  # "A and B met"
            return _pairs(sources, sources, forward, back or forward)
        return _pairs(sources, targets, forward, back)

    def _subjects(self) -> list[Noun]:
        """The nearest noun before the verb that stands in no phrase, and those joined."""
        before = [n for n in self.nouns if n.stop <= self.first]
        if not before:
            return []
        free = [n for n in before if not self._in_phrase(n)]
        return self._joined(free or before, last=True)

    def _in_phrase(self, noun: Noun) -> bool:
        k = noun.first - 1
        while k >= 0 and self.upper[k] in ("THE", "A", "AN"):
            k -= 1
        return k >= 0 and self.upper[k] in _PREPOSITIONS

    def _objects(self, sources: list[Noun]) -> list[Noun]:
        after = [n for n in self.nouns if n.first >= self.stop]
        own = {c for n in sources for c in n.codes}
        other = [n for n in after if not set(n.codes) <= own]
        return self._joined(other, last=False)

    def _agent(self) -> list[Noun]:
        """Who is named after "by" when the verb is passive."""
        near = self.upper[max(0, self.first - 3) : self.first]
        passive = any(w in _BE for w in near) and not self.upper[self.first].endswith(
            "ING"
        )
        if not passive:
            return []
        for n in self.nouns:
            if n.first >= self.stop and "BY" in self.upper[self.stop : n.first][-3:]:
                return [n]
        return []

    def _joined(self, nouns: list[Noun], *, last: bool) -> list[Noun]:
        """The nearest noun and those joined to it by "and" or commas, in order."""
        if not nouns:
            return []
        ordered = list(reversed(nouns)) if last else nouns
        group = [ordered[0]]
        for n in ordered[1:]:
            edge = group[-1]
            between = (
                self.upper[n.stop : edge.first]
                if last
                else self.upper[edge.stop : n.first]
            )
            plain = [w for w in between if w in (",", "AND", "THE")]
            if (
                between
                and len(between) - len(plain) <= 2
                and ("AND" in between or between[0] == ",")
            ):
                group.append(n)
            else:
                break
        return list(reversed(group)) if last else group

    def _fits(self, pattern: Pattern) -> dict[str, Noun] | None:
        """The roles a pattern fixes, or nothing when it does not hold."""
        roles: dict[str, Noun] = {}
        for elements, step in ((pattern.before, -1), (pattern.after, 1)):
            k = self.first - 1 if step < 0 else self.stop
            for word, adjacent in elements:
                k = self._find(word, k, step, adjacent, roles)
                if k == _LOST:
                    return None
        return roles

    def _find(
        self, word: str, k: int, step: int, adjacent: bool, roles: dict[str, Noun]
    ) -> int:
        """The token after (before) the next element of a pattern, or `_LOST`."""
        room = 1 if adjacent else _SKIP + 1
        for _ in range(room):
            if not 0 <= k < len(self.upper):
                return _LOST
            if word in ("$", "+", "^", "%"):
                noun = next((n for n in self.nouns if n.first <= k < n.stop), None)
                if noun is not None:
                    if word in ("$", "+"):
                        roles[word] = noun
                    return noun.stop if step > 0 else noun.first - 1
            else:
                for wording in self.dictionaries.sets.get(word, ((word,),)):
                    size = len(wording)
                    begin = k if step > 0 else k - size + 1
                    if (
                        begin >= 0
                        and tuple(self.upper[begin : begin + size]) == wording
                    ):
                        return begin + size if step > 0 else begin - 1
            k += step
        return _LOST


def _pairs(
    sources: list[Noun], targets: list[Noun], forward: str, back: str
) -> list[Coded]:
    events = []
    for one in sources:
        for other in targets:
            for s in one.codes:
                for t in other.codes:
                    if s != t:
                        events.append(Coded(s, t, forward))
                        if back:
                            events.append(Coded(t, s, back))
    return list(dict.fromkeys(events))
