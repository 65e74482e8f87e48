"""Who says so: sources, words of saying and what is said, over a whole text.

No parser: a verb of saying with the noun phrase before or after it, "according to", and
quotations that run on. What is said is the clause after the verb, the quoted words, or
the rest of the sentence before ", X said". This file must never import an actor table.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from spillover.reports.claim import Attribution, Span
from spillover.reports.cues import is_adverb
from spillover.reports.morph import PARTICIPLE, PAST, THIRD
from spillover.reports.numbers import number_at
from spillover.reports.speech_words import SpeechWords, speech_words
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["Said", "attributions", "chain_at", "to_attribution"]

Tokens = tuple[int, int]

_HELPERS = words(
    """
    has have had was were is are be been being will would could should may might must can
    did does do n't not to also then later again
    """
)
_OPEN, _CLOSE = frozenset('“"') | {"``"}, frozenset('”"') | {"''"}
_NP_ENDS = words(
    """
    that which who whom where when while because as if but and or , ; : ( ) - -- — –
    . ? !
    """
)
_NOT_HEADS = words(
    """
    it this that there what which to in on at by for from with of and or but
    """
)
_PRONOUNS = words("he she they it we i you who")
_FIRST_HAND = words(
    """
    witness witnesses resident residents survivor survivors reporter correspondent
    neighbour neighbours villager villagers
    """
)
_TOLD = words("told citing quoting cited quoted relayed heard briefed")
_OBJECT_STOPS = words("that , . ; : to in on at during")


@dataclass(frozen=True, slots=True)
class Said:
    """One attribution.

    Attributes
    ----------
    source
        Tokens of who says so; nothing for "it is believed".
    cue
        Tokens of the word of saying.
    content
        Ranges of tokens of what is said.
    sentence
        Index of the sentence of the cue.
    hearer
        Tokens of whom it is told to, if any ("told Reuters").
    quoted
        Cited by another speaker ("citing two officials"): nearer than that one.
    """

    source: Tokens | None
    cue: Tokens
    content: tuple[Tokens, ...]
    sentence: int
    hearer: Tokens | None = None
    quoted: bool = False


def attributions(doc: Document) -> list[Said]:
    """Every attribution of a text, in order of the cues."""
    lexicon = speech_words()
    quotes = _quotes(doc)
    found: list[Said] = []
    for n, (first, stop) in enumerate(doc.sentences):
        here = _sentence(doc, n, first, stop, lexicon, quotes)
        found.extend(here)
        if not here:
            said = _runs_on(doc, n, first, stop, quotes, found)
            if said is not None:
                found.append(said)
    return found


def chain_at(said: list[Said], token: int) -> list[Said]:
    """The attributions that hold at a token, the nearest speaker first."""
    over = [s for s in said if any(first <= token < stop for first, stop in s.content)]
    return sorted(over, key=lambda s: (not s.quoted, sum(b - a for a, b in s.content)))


def to_attribution(doc: Document, said: Said) -> Attribution:
    """The link of a claim's chain."""
    lexicon = speech_words()
    if said.source is None:
        speaker, count, named = "not said", 1, False
        span = None
    else:
        first, stop = said.source
        speaker = doc.quote(first, stop)
        count, named = (
            _count(doc, first, stop, lexicon),
            _named(doc, first, stop, lexicon),
        )
        span = Span(*doc.span(first, stop))
    lower = doc.lower[said.source[0] : said.source[1]] if said.source else []
    told = doc.lower[said.cue[0]] in _TOLD
    outlet = ""
    if said.hearer is not None:
        words_ = doc.quote(*said.hearer)
        heard = words_.lower().removeprefix("the ")
        if any(part in lexicon.outlets for part in (heard, *heard.split())):
            outlet = words_
    second = not (any(word in _FIRST_HAND for word in lower) or named)
    return Attribution(
        speaker=speaker,
        count=count,
        named=named,
        hand=2 if second and (told or any(w in lexicon.outlets for w in lower)) else 1,
        through=outlet,
        source_span=span,
        cue_span=Span(*doc.span(*said.cue)),
    )


def _named(doc: Document, first: int, stop: int, lexicon: SpeechWords) -> bool:
    """A name, or a body that speaks in its own name; not "officials"."""
    lower = doc.lower[first:stop]
    if lower[0] in _PRONOUNS:
        return True
    proper = [
        k for k in range(first, stop)
        if doc.words[k][:1].isupper() and (k > first or lower[0] not in _OBJECT_STOPS)
    ]  # fmt: skip
    anonymous = any(word in lexicon.anonymous for word in lower)
    if not anonymous:
        return bool(proper)
    # "Foreign Minister Ola Berg" is named; "Western officials", "an Arland diplomat" not.
    tail = doc.words[stop - 1][:1].isupper() and stop - first > 1
    return tail and lower[-1] not in lexicon.anonymous


def _count(doc: Document, first: int, stop: int, lexicon: SpeechWords) -> int:
    """How many speakers: a number said, 2 for a plural without one."""
    for k in range(first, stop):
        number = number_at(doc, k, stop)
        if number is not None and number.low > 1:
            return number.low
    lower = doc.lower[first:stop]
    plural = any(
        word in lexicon.anonymous and word.endswith("s") and not word.endswith("ss")
        for word in lower
    ) or lower[0] in ("they", "we")
    return 2 if plural else 1


def _quotes(doc: Document) -> list[Tokens]:
    """Quoted ranges of tokens; a quotation that is never closed ends with its paragraph."""
    found, opened = [], -1
    for k, word in enumerate(doc.words):
        if opened < 0 and word in _OPEN:
            opened = k
        elif opened >= 0 and word in _CLOSE:
            found.append((opened, k + 1))
            opened = -1
        elif opened >= 0 and "\n\n" in doc.text[doc.end[k - 1] : doc.start[k]]:
            found.append((opened, k))
            opened = k if word in _OPEN else -1
    if opened >= 0:
        found.append((opened, len(doc.words)))
    return found


def _sentence(
    doc: Document,
    n: int,
    first: int,
    stop: int,
    lexicon: SpeechWords,
    quotes: list[Tokens],
) -> list[Said]:
    found: list[Said] = []
    k = first
    while k < stop:
        said = None
        word = doc.lower[k]
        if word in ("citing", "quoting"):
            end = _phrase_end(doc, k + 1, stop)
            rest = (end + 1 if end < stop and doc.words[end] == "," else end, stop)
            if rest[1] - rest[0] < 3:
                rest = (first, k)
            said = (
                Said((k + 1, end), (k, k + 1), (rest,), n, quoted=True)
                if end > k + 1
                else None
            )
        elif word == "according" and k + 1 < stop and doc.lower[k + 1] == "to":
            said = _according(doc, n, first, stop, k)
        elif (
            word in lexicon.nouns
            and k + 1 < stop
            and doc.lower[k + 1] in ("that", "of", "about")
        ):
            said = _noun(doc, n, first, stop, k)
        elif word in lexicon.verbs and not _inside(quotes, k):
            said = _verb(doc, n, first, stop, k, lexicon, quotes)
        if said is not None:
            found.append(said)
            k = max(k + 1, said.cue[1])
        else:
            k += 1
    return found


def _inside(quotes: list[Tokens], k: int) -> bool:
    at = bisect_right(quotes, (k, 1 << 60)) - 1
    return at >= 0 and quotes[at][0] < k < quotes[at][1]


def _according(doc: Document, n: int, first: int, stop: int, k: int) -> Said:
    end = _phrase_end(doc, k + 2, stop)
    source = (k + 2, end) if end > k + 2 else None
    if k - first <= 1:
        begin = end + 1 if end < stop and doc.words[end] == "," else end
        content = ((begin, stop),)
    else:
        content = ((first, k),)
    return Said(source, (k, k + 2), content, n)


def _noun(doc: Document, n: int, first: int, stop: int, k: int) -> Said | None:
    """As in "Arland's claim that C": the owner of the noun says C."""
    j = k - 1
    while (
        j > first
        and doc.lower[j] not in ("'s", "'", "their", "his", "her", "its")
        and k - j < 4
    ):
        j -= 1
    if doc.lower[j] in ("their", "his", "her", "its") and j >= first:
        return Said((j, j + 1), (k, k + 1), ((k + 1, stop),), n)
    if j > first and doc.lower[j] in ("'s", "'"):
        source = _subject(doc, first, j)
        if source is not None:
            return Said(source, (k, k + 1), ((k + 1, stop),), n)
    return None


def _phrase_end(doc: Document, k: int, stop: int) -> int:
    """Where a noun phrase that begins at a token ends."""
    begin = k
    while k < stop and k - begin < 14:
        word = doc.lower[k]
        if word in _NP_ENDS or doc.words[k] in _OPEN | _CLOSE:
            break
        if k > begin and word in words(
            "said says told has have had is was were are will would"
        ):
            break
        k += 1
    return k


def _verb(
    doc: Document,
    n: int,
    first: int,
    stop: int,
    k: int,
    lexicon: SpeechWords,
    quotes: list[Tokens],
) -> Said | None:
    lower = doc.lower
    tags = lexicon.verbs[lower[k]]
    if k > first and doc.words[k][:1].isupper() and doc.words[k - 1] not in _OPEN:
        return None  # "the United States"
    after = lower[k + 1] if k + 1 < stop else ""
    before = lower[k - 1] if k > first else ""
    strong = lower[k] in lexicon.strong
    clause = after == "that" or (doc.words[k + 1] if k + 1 < stop else "") in _OPEN
    ended = before in (",", "”", '"', "''") or (
        k > first and doc.words[k - 1] in _CLOSE
    )
    if not strong and not clause and not ended and after != "to":
        person = k > first and (
            doc.words[k - 1][:1].isupper() or before in ("he", "she", "they", "i", "we")
        )
        if not person:
            return None
    if before in (
        "the",
        "a",
        "an",
        "of",
        "'s",
        "in",
        "for",
        "their",
        "his",
        "her",
        "its",
        "no",
        "this",
    ):
        return None
    if lower[k] in ("call", "calls", "called") and after in ("by",):
        return None
    # "C, said X" and "C", X said
    if ended and _source_follows(doc, k, stop, tags):
        end = _phrase_end(doc, k + 1, stop)
        if end > k + 1:
            return Said((k + 1, end), (k, k + 1), ((first, k),), n)
    if lower[k] in ("respond", "comment", "reply") and doc.lower[k - 1] in (
        "not",
        "n't",
    ):
        return None  # silence is no statement
    passive = _passive(doc, first, k, tags)
    source = None if passive else _subject(doc, first, k)
    if source is None and not passive:
        return None
    hearer = None
    begin = k + 1
    if lower[k] in (
        "told",
        "tell",
        "tells",
        "informed",
        "reminded",
        "warned",
        "assured",
    ):
        end = _hearer_end(doc, k + 1, stop)
        if end > k + 1:
            hearer, begin = (k + 1, end), end
    content = _content(doc, first, stop, k, begin, source, quotes)
    if content is None:
        return None
    return Said(source, (k, k + 1), content, n, hearer)


def _source_follows(doc: Document, k: int, stop: int, tags: tuple[str, ...]) -> bool:
    """Whether the verb is followed by its subject: `", said the minister`."""
    if k + 1 >= stop or not {PAST, THIRD} & set(tags):
        return False
    word, low = doc.words[k + 1], doc.lower[k + 1]
    if low in ("that", "to", "it"):
        return False
    return word[:1].isupper() or low in words(
        "a an the one two three his her their its another senior"
    )


def _passive(doc: Document, first: int, k: int, tags: tuple[str, ...]) -> bool:
    if PARTICIPLE not in tags:
        return False
    j = k - 1
    while j >= first and is_adverb(doc.lower[j]):
        j -= 1
    return j >= first and doc.lower[j] in words("is are was were been being be 's")


def _subject(doc: Document, first: int, k: int) -> Tokens | None:
    """The noun phrase before a verb, past helpers and inserted clauses."""
    lower = doc.lower
    j = k - 1
    while j >= first and (lower[j] in _HELPERS or is_adverb(lower[j])):
        j -= 1
    if j > first and lower[j] == "turn" and lower[j - 1] == "in":
        j -= 2
        while j >= first and lower[j] in _HELPERS:
            j -= 1
    if j >= first and doc.words[j] in (",", ")"):
        opening = _opening(doc, first, j)
        if opening > first:
            j = opening - 1
    if j < first or doc.words[j] in _OPEN | _CLOSE or lower[j] in _NP_ENDS - {"who"}:
        if j >= first and lower[j] in ("and", "but") and lower[j - 1 : j] != [","]:
            return None
        return None
    if lower[j] == "who" and j > first:
        j -= 1
        if doc.words[j] == ",":
            j -= 1
    end = j + 1
    begin = j
    while begin > first and end - begin < 14:
        word = lower[begin - 1]
        if word in _NP_ENDS or doc.words[begin - 1] in _OPEN | _CLOSE:
            break
        if word in _VERBISH:
            break
        begin -= 1
    if lower[begin] in ("and", "but", "in", "on", "at"):
        begin += 1
    if begin >= end:
        return None
    if end - begin == 1 and lower[begin] in _NOT_HEADS - {"it"}:
        return None
    return begin, end


_VERBISH = words("said says told is are was were has have had will would can could")


def _opening(doc: Document, first: int, close: int) -> int:
    """The comma or bracket that opens the clause closed at a token."""
    want = "(" if doc.words[close] == ")" else ","
    for j in range(close - 1, max(first, close - 25) - 1, -1):
        if doc.words[j] == want:
            return j
    return first


def _hearer_end(doc: Document, k: int, stop: int) -> int:
    """Where whom it is told to ends: "told Reuters on Tuesday that"."""
    end = k
    while (
        end < stop
        and end - k < 7
        and doc.lower[end] not in _OBJECT_STOPS
        and doc.words[end] not in _OPEN
    ):
        end += 1
    return end


def _content(
    doc: Document,
    first: int,
    stop: int,
    k: int,
    begin: int,
    source: Tokens | None,
    quotes: list[Tokens],
) -> tuple[Tokens, ...] | None:
    """What is said: before ", X said", or after the verb."""
    del quotes
    lower = doc.lower
    head = source[0] if source else k
    tail = stop - begin
    comma = head > first and (
        doc.words[head - 1] in (",", "—", "–") or doc.words[head - 1] in _CLOSE
    )
    short = (
        begin >= stop
        or lower[begin] in (".", ",")
        or (
            lower[begin]
            in ("on", "in", "at", "during", "late", "early", "yesterday", "today")
            and tail < 9
        )
    )
    if comma and (short or tail < 6):
        ranges: list[Tokens] = [(first, head - 1)]
        if tail > 5:
            ranges.append((begin, stop))
        return tuple(ranges)
    if begin < stop and tail > 1:
        if comma and doc.words[head - 1] in _CLOSE:
            return ((first, head - 1), (begin, stop))
        return ((begin, stop),)
    return None


def _runs_on(
    doc: Document,
    n: int,
    first: int,
    stop: int,
    quotes: list[Tokens],
    found: list[Said],
) -> Said | None:
    """A sentence in quotation marks after an attributed one has the same speaker."""
    inside = [q for q in quotes if q[0] <= first + 1 and q[1] >= stop - 1]
    if not inside or not found:
        return None
    last = found[-1]
    if n - last.sentence > 3:
        return None
    return Said(last.source, last.cue, ((first, stop),), n)
