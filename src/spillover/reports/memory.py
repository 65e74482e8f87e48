"""Memory of a text: what "the group", "it" or an abbreviation in brackets stands for.

This file must never import a claim's reader.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from spillover.reports.actors import Mention, apposed_name
from spillover.reports.claim import Party
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["Memory"]

_GROUPS = words("UAF REB PRM PTY OPP NGO IGO IMG CRM")
_PHRASES: dict[str, frozenset[str]] = {
    "group": _GROUPS, "militia": words("UAF PRM REB"), "movement": _GROUPS,
    "rebels": words("REB UAF"), "militants": words("UAF REB"), "faction": _GROUPS,
    "organisation": _GROUPS, "organization": _GROUPS, "brigades": words("UAF PRM"),
    "party": words("PTY"), "kingdom": words("GOV"), "country": words("GOV"),
    "government": words("GOV"), "army": words("GOV MIL"), "military": words("GOV MIL"),
    "premier": words("GOV"), "chancellor": words("GOV"), "secretary": words("GOV"), "president": words("GOV"), "minister": words("GOV"),
    "fighters": words("UAF REB PRM"), "militiamen": words("UAF PRM"),
    "forces": words("MIL GOV REB"), "alliance": words("IGO IMG"), "bloc": words("IGO PTY"),
    "insurgents": words("REB UAF"), "republic": words("GOV"), "coalition": words("IMG"),
    "capital": frozenset(), "militias": words("UAF PRM REB"), "groups": words("UAF REB PRM"),
    "factions": words("UAF PRM PTY"), "ministry": words("GOV"), "troops": words("MIL GOV"),
}  # fmt: skip
"""Words after "the" that stand for someone named before, by sector."""

_PRONOUNS = words("it they he she")
_OWNERS = words("the their his her its")
_PRONOUN_REACH = 60
_PHRASE_REACH = 400


class Memory:
    """Looks back through the mentions of a text."""

    def __init__(self, mentions: Sequence[Mention], doc: Document) -> None:
        self.doc = doc
        self.actors = [m for m in mentions if m.kind == "actor"]
        self.starts = [first for first, _ in doc.sentences]
        self.firsts = [m.first for m in self.actors]
        self._carried = [
            *self._short_forms(), *self._stand_ins(), *self._pairs()
        ]  # fmt: skip
        self._carried += self._surnames()

    def carried(self) -> list[tuple[int, int, Party]]:
        """Tokens that stand for someone named before, and whom."""
        return sorted(self._carried, key=lambda c: c[0])

    def _short_forms(self) -> list[tuple[int, int, Party]]:
        """Abbreviations in brackets, and the first two words of a longer name."""
        doc, found = self.doc, []
        short: dict[str, Party] = {}
        begins: dict[tuple[str, str], Party] = {}
        for m in self.actors:
            k = m.stop
            if (
                k + 2 < len(doc.words)
                and doc.words[k] == "("
                and doc.words[k + 2] == ")"
            ):
                word = doc.words[k + 1]
                if word.isupper() and len(word) > 1:
                    short.setdefault(word, replace(m.party, resolved="alias"))
            head = doc.words[m.first : m.first + 2]
            if (
                m.stop - m.first >= 3
                and m.party.sector in _GROUPS
                and all(word[:1].isupper() for word in head)
            ):
                begins.setdefault(
                    (head[0], head[1]), replace(m.party, resolved="alias")
                )
        if begins:
            taken = {k for m in self.actors for k in range(m.first, m.stop)}
            for k in range(len(doc.words) - 1):
                party = begins.get((doc.words[k], doc.words[k + 1]))
                if party is not None and k not in taken:
                    found.append((k, k + 2, party))
        if short:
            taken = {k for m in self.actors for k in range(m.first, m.stop)}
            for k, word in enumerate(doc.words):
                if word in short and k not in taken:
                    found.append((k, k + 1, short[word]))
        return found

    def _surnames(self) -> list[tuple[int, int, Party]]:
        """Later surnames of "its premier, Odo Finn,"."""
        known: dict[str, Party] = {}
        for _, stop, party in self._carried:
            surname = apposed_name(self.doc, stop)
            if surname:
                known.setdefault(surname, party)
        return [
            (k, k + 1, known[word])
            for k, word in enumerate(self.doc.words)
            if word in known
        ]

    def _stand_ins(self) -> list[tuple[int, int, Party]]:
        """Pronouns that open a sentence or clause, and "the group"."""
        doc, found = self.doc, []
        heads = set(self.starts)
        position = 0
        taken = {k for m in self.actors for k in range(m.first, m.stop)}
        for k, word in enumerate(doc.lower):
            while position < len(self.actors) and self.actors[position].first <= k:
                position += 1
            if k in taken:
                continue
            if position and word in _PRONOUNS and (k in heads or _opens_clause(doc, k)):
                party = self._subject_before(k, word)
                if party is not None:
                    found.append((k, k + 1, replace(party, resolved="pronoun")))
            elif (
                word in _OWNERS
                and k + 1 < len(doc.lower)
                and doc.lower[k + 1] in _PHRASES
            ):
                if k + 2 < len(doc.lower) and doc.lower[k + 2] == "of":
                    continue
                sectors = _PHRASES[doc.lower[k + 1]]
                party = None
                if word != "the":  # "her country": of whom the sentence speaks
                    party = self._in_sentence(k, sectors)
                party = party or self._latest(sectors, k)
                if party is not None:
                    found.append((k, k + 2, replace(party, resolved="carried")))
        return found

    def _pairs(self) -> list[tuple[int, int, Party]]:
        """As in "The two factions": the last two groups that were named together."""
        doc, found = self.doc, []
        lower = doc.lower
        for k in range(len(lower) - 2):
            both = lower[k] == "both"
            if not both and (lower[k] != "the" or lower[k + 1] not in ("two", "both")):
                continue
            size = 2 if both else 3
            sectors = _PHRASES.get(lower[k + size - 1])
            if not sectors:
                continue
            before = [
                m
                for m in self._between(k - _PHRASE_REACH, k)
                if m.party.sector in sectors
            ]
            for a, b in zip(reversed(before[:-1]), reversed(before[1:]), strict=True):
                if lower[a.stop : b.first] in (["and"], ["and", "the"], ["or"]):
                    found += [
                        (k, k + size, replace(m.party, resolved="carried"))
                        for m in (a, b)
                    ]
                    break
        return found

    def _between(self, first: int, stop: int) -> list[Mention]:
        """Actors that begin in some tokens."""
        return self.actors[
            bisect_left(self.firsts, first) : bisect_left(self.firsts, stop)
        ]

    def _sentence_start(self, token: int) -> int:
        at = bisect_right(self.starts, token) - 1
        return self.starts[at] if at >= 0 else 0

    def _subject_before(self, token: int, word: str) -> Party | None:
        """The first actor of the sentence, or of the one before: the subject as a rule."""
        before = self._between(token - _PRONOUN_REACH, token)
        if word in ("he", "she"):
            people = [m for m in before if m.person]
            if people:
                return people[-1].party
        same = self._between(self._sentence_start(token), token)
        if same:
            return self._fits(same[0].party, word)
        if not before:
            return None
        last = self._sentence_start(before[-1].first)
        first = next(m for m in before if m.first >= last)
        return self._fits(first.party, word)

    @staticmethod
    def _fits(party: Party, word: str) -> Party | None:
        if word == "it" and party.sector in ("CVL", "ELI"):
            return None
        return party

    def _in_sentence(self, token: int, sectors: frozenset[str]) -> Party | None:
        """The first fitting actor of the sentence."""
        for m in self._between(self._sentence_start(token), token):
            if m.party.sector in sectors:
                return m.party
        return None

    def _latest(self, sectors: frozenset[str], token: int) -> Party | None:
        near = [
            m
            for m in reversed(self._between(token - _PHRASE_REACH, token))
            if m.party.sector in sectors
        ]
        if "MIL" not in sectors:
            return near[0].party if near else None
        # "The army": an army named before, else a government of another sentence, else an
        # army named later.
        sentence = self._sentence_start(token)
        own = [m for m in near if m.party.sector == "MIL"]
        other = [m for m in near if m.first < sentence]
        later = [
            m
            for m in self._between(token, token + _PHRASE_REACH)
            if m.party.sector == "MIL"
        ]
        chosen = own[:1] or other[:1] or later[:1]
        return chosen[0].party if chosen else None


_OPENERS = words("that , and but if because said")


def _opens_clause(doc: Document, k: int) -> bool:
    return k > 0 and doc.lower[k - 1] in _OPENERS
