"""Ties between two sides of a sentence: ally, sponsor, enemy, member, influence.

A tie is read from words between the two ("is a member of"), in a hyphenated word before
the second ("Arland-backed"), or around both ("A and B are allies"). One that is over or
denied is none. This file must never import a reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spillover.reports.actor_table import ActorRow
from spillover.reports.actors import resolve_mention
from spillover.reports.claim import Party, Span, Tie, TieKind
from spillover.reports.tie_words import Cues, tie_words
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["TieRead", "find_ties", "tie_between"]

Tokens = tuple[int, int]

_OVER = words(
    """
    former formerly once no longer ex erstwhile previously ended not n't never neither
    denied denies if would could might may
    """
)
_LASTING = frozenset(
    (
        TieKind.SPONSOR,
        TieKind.MEMBER,
        TieKind.INFLUENCE,
        TieKind.NO_RELATIONS,
        TieKind.AT_WAR,
    )
)
"""Kinds whose words say a lasting tie by themselves."""

_STATES = words(
    """
    ally allies allied alliance partner partners partnership enemy enemies foe foes
    arch-foe arch-foes arch-enemies rival rivals rivalry friend friends coalition
    strategic against hostile patron solidarity alongside backs supports ties
    """
)
"""Words that make an "ally" or "enemy" cue a standing tie and not one act."""

_AROUND = 12
_FAR = 24
_BETWEEN = 2.0


@dataclass(frozen=True, slots=True)
class TieRead:
    """A tie between two mentions.

    Attributes
    ----------
    kind
        Its kind.
    forward
        From the first mention to the second.
    cue
        Its tokens.
    score
        How sure: 2 between, 1 around, 0.5 for a mere list.
    reason
        In words.
    """

    kind: TieKind
    forward: bool
    cue: Tokens
    score: float
    reason: str


def tie_between(
    doc: Document, sentence: Tokens, a: Tokens, b: Tokens
) -> TieRead | None:
    """The tie a sentence states between two mentions, or nothing.

    Parameters
    ----------
    doc
        The text.
    sentence
        Tokens of the sentence.
    a, b
        Tokens of the two mentions, in any order.
    """
    swapped = b[0] < a[0]
    one, other = (b, a) if swapped else (a, b)
    read = _read(doc, sentence, one, other)
    if read is None:
        return None
    return replace(read, forward=read.forward != swapped)


def _read(
    doc: Document, sentence: Tokens, one: Tokens, other: Tokens
) -> TieRead | None:
    between, around, suffixes = tie_words()
    suffix = _suffix(doc, one, other, suffixes)
    if suffix is not None:
        return suffix
    if other[0] >= one[1]:
        found = _scan(doc, between, one[1], other[0])
        lasting = [f for f in found if f[2] in _LASTING]
        hit = (found or lasting)[-1:]
        if hit:
            first, stop, kind, forward = hit[0]
            if _over(doc, max(one[1], first - 4), stop):
                return None
            text = doc.quote(first, stop)
            return TieRead(kind, forward, (first, stop), 2.0, f'"{text}" between them')
    member = _membership(doc, one, other)
    if member is not None:
        return member
    owned = _possessive(doc, sentence, one, other)
    if owned is not None:
        return owned
    for first, last in (
        (max(sentence[0], one[0] - _AROUND), one[0]),
        (other[1], min(sentence[1], other[1] + _AROUND)),
    ):
        found = _scan(doc, around, first, last)
        if found:
            start, stop, kind, forward = found[-1] if last == one[0] else found[0]
            if _over(doc, max(sentence[0], start - 4), stop):
                return None
            text = doc.quote(start, stop)
            return TieRead(kind, forward, (start, stop), 1.0, f'"{text}" beside them')
    joined = doc.lower[one[1] : other[0]]
    if (
        joined
        and len(joined) <= 12
        and joined[-1] in ("and", ",", "the")
        and "and"
        in joined
        + [doc.lower[k] for k in range(other[1], min(sentence[1], other[1] + 4))]
    ):
        return TieRead(TieKind.ALLY, True, (one[1], other[0]), 0.5, "named together")
    return None


_OWNED = {
    "ally": (TieKind.ALLY, True), "partner": (TieKind.ALLY, True),
    "enemy": (TieKind.ENEMY, True), "foe": (TieKind.ENEMY, True),
    "rival": (TieKind.ENEMY, True), "arch-foe": (TieKind.ENEMY, True),
    "arch-enemy": (TieKind.ENEMY, True), "patron": (TieKind.SPONSOR, True),
    "sponsor": (TieKind.SPONSOR, True), "backer": (TieKind.SPONSOR, True),
    "proxy": (TieKind.SPONSOR, False), "proxies": (TieKind.SPONSOR, False),
}  # fmt: skip
"""After "B's": what A is to B, and whether the tie goes from A to B."""


def _possessive(
    doc: Document, sentence: Tokens, one: Tokens, other: Tokens
) -> TieRead | None:
    """As in "A is B's main ally"."""
    lower = doc.lower
    if "is" not in lower[one[1] : other[0]] and "was" not in lower[one[1] : other[0]]:
        return None
    at = other[1]
    if lower[at - 1] != "'s":
        if at >= sentence[1] or lower[at] != "'s":
            return None
        at += 1
    for k in range(at, min(sentence[1], at + 4)):
        if lower[k] in _OWNED and "not" not in lower[one[1] : other[0]]:
            kind, forward = _OWNED[lower[k]]
            return TieRead(kind, forward, (k, k + 1), 2.0, f'"{lower[k]}"')
    return None


_MEMBERS = words(
    """
    spokesman spokeswoman spokesperson commander fighter fighters soldier soldiers members
    member official officials representative director officer officers troops minister
    ministers units unit lawmaker lawmakers wing brigade battalion branch team experts
    envoy delegate leader leaders chief head preservationists graduates students airmen
    """
)


def _membership(doc: Document, one: Tokens, other: Tokens) -> TieRead | None:
    """As in "members of B", "officers from B", "A, B's spokesman", "A (B)"."""
    between = doc.lower[one[1] : other[0]]
    plain = [w for w in between if w not in ("the", "a", "an", "each")]
    tail = doc.lower[one[1] - 1]
    if (
        plain in (["of"], ["from"], ["in"], ["at"], ["for"], ["with"])
        and tail in _MEMBERS
    ):
        kind = (
            TieKind.INFLUENCE
            if tail in ("leader", "commander", "chief", "head")
            else TieKind.MEMBER
        )
        return TieRead(kind, True, (one[1], other[0]), 2.0, f'"{tail} {plain[0]}"')
    if plain == [","] and other[1] < len(doc.lower) and doc.lower[other[1]] == "'s":
        return TieRead(TieKind.MEMBER, True, (one[1], other[0]), 2.0, "in apposition")
    return None


def _suffix(
    doc: Document, one: Tokens, other: Tokens, suffixes: dict[str, TieKind]
) -> TieRead | None:
    """As in "A-backed B": the first mention is inside a hyphenated word."""
    for k in range(one[0], min(other[0] + 1, one[1] + 1)):
        _, dash, tail = doc.lower[k].rpartition("-")
        if dash and tail in suffixes:
            kind = suffixes[tail]
            return TieRead(kind, True, (k, k + 1), 2.0, f'"{doc.words[k]}"')
    return None


def _scan(
    doc: Document, cues: Cues, first: int, stop: int
) -> list[tuple[int, int, TieKind, bool]]:
    """Cues in some tokens, in order; a longer wording hides those inside it."""
    found = []
    k = first
    while k < stop:
        hit = None
        for wording, kind, forward in cues.get(doc.lower[k], ()):
            end = k + len(wording)
            if end <= stop and tuple(doc.lower[k:end]) == wording:
                hit = (k, end, kind, forward)
                break
        if hit:
            found.append(hit)
            k = hit[1]
        else:
            k += 1
    return found


def _over(doc: Document, first: int, stop: int) -> bool:
    """Whether words near a cue say that the tie is past, denied or supposed."""
    lower = doc.lower[first:stop]
    if "no" in lower and "diplomatic" not in lower and "formal" not in lower:
        return "longer" in lower
    return (
        any(word in _OVER - {"no"} for word in lower)
        and "recognise" not in lower
        and ("recognize" not in lower)
    )


def find_ties(
    doc: Document,
    mentions: Sequence[tuple[int, int, Party]],
    *,
    extra: Sequence[ActorRow] = (),
) -> list[Tie]:
    """Standing ties of a text, each once, from the mentions of its sentences.

    Parameters
    ----------
    doc
        The text.
    mentions
        (first, stop, party) of actors, in order.
    extra
        Actors beside the table, for names inside hyphenated words.
    """
    found: dict[tuple[TieKind, str, str], Tie] = {}
    at = 0
    for first, stop in doc.sentences:
        while at < len(mentions) and mentions[at][0] < first:
            at += 1
        end = at
        while end < len(mentions) and mentions[end][0] < stop:
            end += 1
        here = mentions[at:end]
        for tie in _in_sentence(doc, (first, stop), here, extra):
            key = _key(tie)
            found.setdefault(key, tie)
        at = end
    return list(found.values())


def _key(tie: Tie) -> tuple[TieKind, str, str]:
    ends = (tie.source.actor, tie.target.actor)
    if tie.kind in (TieKind.ALLY, TieKind.ENEMY, TieKind.AT_WAR, TieKind.NO_RELATIONS):
        ends = (min(ends), max(ends))
    return tie.kind, *ends


def _in_sentence(
    doc: Document,
    sentence: Tokens,
    here: Sequence[tuple[int, int, Party]],
    extra: Sequence[ActorRow],
) -> list[Tie]:
    ties = list(_hyphenated(doc, sentence, here, extra))
    for n, (a0, a1, one) in enumerate(here):
        for b0, b1, other in here[n + 1 : n + 4]:
            if one.actor == other.actor or b0 - a1 > _FAR:
                continue
            read = tie_between(doc, sentence, (a0, a1), (b0, b1))
            if read is None or read.score < 1.0:
                continue
            if not _belongs(doc, (a0, a1), (b0, b1), read, here):
                continue
            read = _by_a_state(doc, read, one, other)
            if not _standing(doc, read):
                continue
            joined = doc.lower[a1:b0]
            if read.score < _BETWEEN and ("and" not in joined or len(joined) > 3):
                continue
            if read.kind is TieKind.MEMBER and {one.sector, other.sector} <= {"GOV"}:
                continue
            source, target = (one, other) if read.forward else (other, one)
            ties.append(
                Tie(
                    read.kind,
                    replace(source, span=_span_of(doc, here, source)),
                    replace(target, span=_span_of(doc, here, target)),
                    Span(*doc.span(a0, b1)),
                    Span(*doc.span(*read.cue)),
                    reason=read.reason,
                )
            )
    return ties


_SAYS = words("says said say claims")
_BOTH = words("enemies foes rivals allies partners friends arch-enemies arch-foes")
"""What two sides named before are to each other."""
_ARMED = words("UAF REB PRM")


def _by_a_state(doc: Document, read: TieRead, one: Party, other: Party) -> TieRead:
    """An armed group that is backed by a state has a sponsor, not an ally."""
    cue = doc.lower[read.cue[0] : read.cue[1]]
    if read.kind is TieKind.ALLY and cue[-1] == "by":
        first, second = (one, other) if read.forward else (other, one)
        if first.sector in _ARMED and second.sector in ("GOV", "MIL"):
            return replace(read, kind=TieKind.SPONSOR, forward=not read.forward)
    return read


def _belongs(
    doc: Document,
    one: Tokens,
    other: Tokens,
    read: TieRead,
    here: Sequence[tuple[int, int, Party]],
) -> bool:
    """Whether the cue's two sides are these: nothing else named stands nearer.

    Sides joined to them by "and" do not count, nor what stands in an inserted clause.
    """
    cue = read.cue
    if not (one[1] <= cue[0] and cue[1] <= other[0]):
        return True
    hidden = _inserted(doc, one[1], cue[0])
    last = doc.lower[cue[1] - 1]
    if last in _BOTH and doc.lower[cue[1]] not in ("of", "with", "to", "against"):
        return False  # "A and B are enemies, and C ..."
    if cue[0] > one[1] and doc.lower[one[1]] in _SAYS:
        return False  # "which A says is paid by B"
    if other[1] < len(doc.lower) and doc.lower[other[1]] in _SAYS:
        return False  # "A takes orders from B, C says"
    for m0, m1, _ in here:
        if doc.lower[m1 : m1 + 1] and doc.lower[m1] in _SAYS:
            continue
        if m1 <= one[0]:
            around = _inserted(doc, m1, cue[0])
            if around and around[0] <= one[0] < around[1]:
                return False  # named only in a clause about another
        if one[1] <= m0 and m1 <= cue[0]:
            if hidden and hidden[0] <= m0 < hidden[1]:
                continue
            if not _listed(doc, one[1], m0):
                return False
        if cue[1] <= m0 and m1 <= other[0] and not _listed(doc, m1, other[0]):
            return False
    return not any(
        word in (";", "while", "but", "whereas")
        for word in doc.lower[cue[1] : other[0]]
    )


def _listed(doc: Document, first: int, stop: int) -> bool:
    """Whether only words of a list stand between two mentions.

    "A, and B is armed by C" is no list: a comma and "and" begin another clause.
    """
    if doc.lower[first : first + 2] == [",", "and"]:
        return False
    return all(
        word in (",", "and", "or", "the", "both", "as", "well", "a", "of", "members")
        for word in doc.lower[first:stop]
    )


def _inserted(doc: Document, first: int, stop: int) -> Tokens | None:
    """A clause between commas right after a mention."""
    if first < stop and doc.words[first] == ",":
        for k in range(first + 1, stop):
            if doc.words[k] == ",":
                return first, k
    return None


def _span_of(
    doc: Document, here: Sequence[tuple[int, int, Party]], party: Party
) -> Span | None:
    for first, stop, other in here:
        if other is party:
            return Span(*doc.span(first, stop))
    return None


def _standing(doc: Document, read: TieRead) -> bool:
    """Whether the cue says how two sides stand, not what one did once."""
    if read.kind in _LASTING:
        return True
    if doc.lower[read.cue[0]] == "fighting" and doc.lower[read.cue[0] - 1] == "been":
        return True
    return any(word in _STATES for word in doc.lower[read.cue[0] : read.cue[1]]) or (
        "-" in doc.lower[read.cue[0]]
    )


def _hyphenated(
    doc: Document,
    sentence: Tokens,
    here: Sequence[tuple[int, int, Party]],
    extra: Sequence[ActorRow],
) -> list[Tie]:
    """As in "Arland-backed brigades": the word before a mention names the other side.

    Where a plain noun follows ("an umbrella for Arland-backed militias"), whom the noun
    describes is meant: the actor just before.
    """
    _, _, suffixes = tie_words()
    ties = []
    for k in range(*sentence):
        name, dash, tail = doc.words[k].rpartition("-")
        if not dash or tail.lower() not in suffixes or not name[:1].isupper():
            continue
        target = next((m for m in here if k <= m[0] <= k + 3 or m[0] <= k < m[1]), None)
        if target is None:
            before = [m for m in here if m[1] <= k and k - m[1] <= 7]
            described = before and any(
                w in ("a", "an", "the") for w in doc.lower[before[-1][1] : k]
            )
            target = before[-1] if described else None
        source = resolve_mention(name, extra=extra)
        if target is None or not (source.country or source.sector):
            continue
        b0, b1, party = target
        if source.actor == party.actor:
            continue
        start, end = doc.span(k, k + 1)
        ties.append(
            Tie(
                suffixes[tail.lower()],
                replace(source, span=Span(start, start + len(name))),
                replace(party, span=Span(*doc.span(b0, b1))),
                Span(min(start, doc.start[b0]), max(end, doc.end[b1 - 1])),
                Span(start, end),
                reason=f'"{doc.words[k]}"',
            )
        )
    return ties
