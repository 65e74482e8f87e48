"""Who acts and who is acted upon, for each cue of a sentence.

No parser: the nearest fitting mention within the clause, with the voice of the verb, "by",
genitives ("Arland's attack on"), verbs that share a subject, and relative clauses. This
file must never import an actor table: mentions come with their party.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spillover.reports.action_words import ADJECTIVE, NOUN, VERB
from spillover.reports.claim import Party
from spillover.reports.cues import Cue, is_adverb
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["Act", "Named", "find_acts"]

_IN_PHRASE = words("of in on at from against near by with for to toward towards over")
"""Before a mention: it belongs to a phrase, and is no subject."""

_RELATIVE = words("which who that whose")
_CLAUSE_ENDS = words(
    """
    ; : . ! ? that after before while when because although though if
    """
)
_NO_GENITIVE = (
    _IN_PHRASE
    | _CLAUSE_ENDS
    | words(
        "and or but , the a an said says told has had have is was were are will would"
    )
)
_JOINED = words("and or but")
_TOWARD = words(
    """
    on against at upon toward towards to into with over of for between from
    """
)
HARM = frozenset(("ASSAULT", "COERCE"))
_MUTUAL = frozenset(("CONSULT", "AGREE", "COOPERATE"))
_CLASHES = frozenset(
    ("clash", "battle", "skirmish", "fight", "exchange ~ fire", "trade ~ fire")
)
_OBJECT_ENDS = words("; : , after while because although if but as when ” \" ''")
_REACH = 14
"""Tokens a noun's own parties may stand away."""


@dataclass(frozen=True, slots=True)
class Named:
    """A mention: its tokens and who that is."""

    first: int
    stop: int
    party: Party
    place: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """A cue with its parties; ``shared`` when the subject is an earlier verb's."""

    cue: Cue
    source: Named | None
    target: Named | None
    reason: str


def find_acts(
    doc: Document,
    sentence: tuple[int, int],
    cues: Sequence[Cue],
    mentions: Sequence[Named],
) -> list[Act]:
    """The acts of one sentence, in order; parties that cannot be told are left out."""
    here = [m for m in mentions if sentence[0] <= m.first < sentence[1]]
    acts: list[Act] = []
    for n, cue in enumerate(cues):
        if cue.kind == NOUN:
            act = _noun(doc, sentence, cue, here)
        elif cue.kind == ADJECTIVE:
            continue
        else:
            act = _verb(doc, sentence, cue, cues, n, here, acts)
        if act.source or act.target:
            acts.append(act)
    return _shared(doc, here, _completed(doc, acts))


def _shared(doc: Document, here: Sequence[Named], acts: list[Act]) -> list[Act]:
    """As in "A and B bombed C": an act of each."""
    done: list[Act] = []
    for act in acts:
        done.append(act)
        source, target = act.source, act.target
        if act.cue.kind != VERB or source is None or act.cue.passive:
            continue
        for m in here:
            joined = doc.lower[m.stop : source.first]
            if (
                not m.place
                and joined in (["and"], ["and", "the"])
                and m.party.actor != source.party.actor
                and (target is None or m.party.actor != target.party.actor)
            ):
                done.append(replace(act, source=m))
    return done


def _completed(doc: Document, acts: list[Act]) -> list[Act]:
    """Targets that stand with another act: "threatened to attack B", "asked B ... refused"."""
    done: list[Act] = []
    for n, act in enumerate(acts):
        if act.target is None and act.source is not None and act.cue.kind == VERB:
            later = acts[n + 1] if n + 1 < len(acts) else None
            if (
                later is not None
                and later.target is not None
                and "to" in doc.lower[act.cue.stop - 1 : later.cue.first]
                and later.cue.first - act.cue.stop <= 3
                and later.target.party.actor != act.source.party.actor
            ) or (
                act.cue.action == "THREATEN"
                and later is not None
                and later.target is not None
                and later.source is not None
                and later.source.party.actor == act.source.party.actor
                and any(
                    w in ("will", "would")
                    for w in doc.lower[act.cue.stop : later.cue.first]
                )
            ):
                act = replace(act, target=later.target)
            elif act.cue.action in ("REJECT", "AGREE"):
                asks = [
                    a for a in acts[:n]
                    if a.cue.action == "REQUEST" and a.source and a.target
                    and act.source and a.target.party.actor == act.source.party.actor
                ]  # fmt: skip
                if asks:
                    act = replace(act, target=asks[-1].source)
        done.append(act)
    return done


def _verb(
    doc: Document,
    sentence: tuple[int, int],
    cue: Cue,
    cues: Sequence[Cue],
    n: int,
    here: Sequence[Named],
    acts: Sequence[Act],
) -> Act:
    begin = _clause_begin(doc, sentence[0], cue)
    end = _object_end(doc, sentence[1], cue, cues, n)
    subject, why = _subject(doc, begin, cue, here)
    earlier = _verb_before(acts, cue, sentence[0])
    if earlier and _shares(doc, cue, earlier, subject):
        shared = earlier.target if earlier.cue.passive else earlier.source
        asked = doc.lower[cue.first - 1] == "to" and earlier.cue.action == "REQUEST"
        accused = doc.lower[cue.first - 1] == "of" and earlier.cue.action == "ACCUSE"
        if asked or accused:
            shared = earlier.target or shared
        joined = doc.lower[cue.first - 1] in _JOINED
        subject = shared if joined else shared or subject
        why = f'subject of "{earlier.cue.lemma}"'
    if cue.passive:
        agent = _by(doc, cue, here, sentence[1])
        return Act(cue, agent, subject, "passive" if not agent else 'passive with "by"')
    if cue.form == "ing" and subject is None and earlier:
        subject = earlier.source
        why = f'goes with "{earlier.cue.lemma}"'
    target = _object(doc, cue, end, here, subject)
    if target is None and (cue.action in _MUTUAL or cue.lemma in _CLASHES):
        subject, target = _both(doc, subject, here, cue, begin, target)
    return Act(cue, subject, target, why or "subject before the verb")


def _clause_begin(doc: Document, first: int, cue: Cue) -> int:
    """Where the clause of a verb begins: after the last break before it."""
    depth = 0
    for k in range(cue.first - 1, first - 1, -1):
        word = doc.lower[k]
        if word in (")", "”"):
            depth += 1
        elif word in ("(", "“"):
            depth -= 1
        if (
            depth <= 0
            and word in _CLAUSE_ENDS
            and not (word == "that" and k + 1 < cue.first and _close(doc, k, cue))
        ):
            return k + 1
    return first


def _close(doc: Document, at: int, cue: Cue) -> bool:
    """Whether only adverbs and auxiliaries stand between "that" and the verb."""
    return all(
        is_adverb(doc.lower[k]) or doc.lower[k] in _AUXILIARIES
        for k in range(at + 1, cue.first)
    )


_AUXILIARIES = words(
    "has have had is are was were be been being will would may might could can should "
    "shall must do does did not n't to"
)


def _subject(
    doc: Document, begin: int, cue: Cue, here: Sequence[Named]
) -> tuple[Named | None, str]:
    """The nearest mention before the verb that can be its subject."""
    before = [
        m for m in here if m.stop <= cue.first and m.first >= begin and not m.place
    ]
    k = cue.first - 1
    while k >= begin and (is_adverb(doc.lower[k]) or doc.lower[k] in _AUXILIARIES):
        k -= 1
    if k >= begin and doc.lower[k] in _RELATIVE:
        nearest = [m for m in before if k - 2 <= m.stop <= k]
        return (nearest[-1], "relative clause") if nearest else (None, "")
    free = [m for m in before if not _in_phrase(doc, m)]
    # An inserted clause between commas hides its own mentions.
    if k >= begin and doc.words[k] == ",":
        opening = _opening_comma(doc, begin, k)
        outside = [m for m in free if m.stop <= opening] or [
            m for m in before if m.stop <= opening
        ]
        if outside:
            return outside[-1], "subject before an inserted clause"
    chosen = free[-1:] or before[-1:]
    return (chosen[0], "") if chosen else (None, "")


def _opening_comma(doc: Document, begin: int, close: int) -> int:
    for k in range(close - 1, begin - 1, -1):
        if doc.words[k] == ",":
            return k
    return begin


def _in_phrase(doc: Document, mention: Named) -> bool:
    k = mention.first - 1
    while k >= 0 and doc.lower[k] in ("the", "a", "an", "its", "their"):
        k -= 1
    return k >= 0 and doc.lower[k] in _IN_PHRASE


def _verb_before(acts: Sequence[Act], cue: Cue, first: int) -> Act | None:
    before = [
        a for a in acts if a.cue.kind == VERB and first <= a.cue.first < cue.first
    ]
    return before[-1] if before else None


def _shares(doc: Document, cue: Cue, earlier: Act, subject: Named | None) -> bool:
    """Whether a verb has the subject of the verb before it: "attacked A and shelled B"."""
    k = cue.first - 1
    while k > earlier.cue.first and (
        is_adverb(doc.lower[k]) or doc.lower[k] in _AUXILIARIES - {"to"}
    ):
        k -= 1
    if subject is not None and subject.stop == k + 1:
        return False
    word = doc.lower[k]
    if word in _JOINED or word == "to":
        return True
    if word == "of" and earlier.cue.action == "ACCUSE":
        return True
    if word == "," and cue.form == "ing":
        return True
    return subject is None or (
        earlier.target is not None
        and subject.first == earlier.target.first
        and word not in _RELATIVE
    )


def _object_end(doc: Document, stop: int, cue: Cue, cues: Sequence[Cue], n: int) -> int:
    """Where what a verb acts on must have come: before the next verb or break."""
    end = stop
    for k in range(cue.stop, stop):
        if doc.lower[k] in _OBJECT_ENDS:
            end = k
            break
    for other in cues[n + 1 :]:
        if other.kind == VERB and other.first < end:
            end = other.first
            break
    return end


def _object(
    doc: Document, cue: Cue, end: int, here: Sequence[Named], subject: Named | None
) -> Named | None:
    """The first mention after the verb that is not a mere place or time."""
    after = [m for m in here if m.first >= cue.first + 1 and m.first < end]
    after = [m for m in after if not _opens_clause(doc, m, end)]
    if subject is not None:
        after = [m for m in after if m.party.actor != subject.party.actor]
    people = [m for m in after if not m.place]
    chosen = people or [m for m in after if _toward(doc, m)]
    if not chosen and cue.action == "ASSAULT":
        chosen = after
    return chosen[0] if chosen else None


def _opens_clause(doc: Document, mention: Named, end: int) -> bool:
    """As in "... and B fired": a mention after "and" with the next verb right behind it."""
    joined = mention.first > 0 and doc.lower[mention.first - 1] in _JOINED
    return joined and 0 <= end - mention.stop <= 3


def _toward(doc: Document, mention: Named) -> bool:
    k = mention.first - 1
    while k >= 0 and doc.lower[k] in ("the", "a", "an"):
        k -= 1
    return k >= 0 and doc.lower[k] in _TOWARD


def _by(doc: Document, cue: Cue, here: Sequence[Named], stop: int) -> Named | None:
    """Who is named after "by"."""
    for m in here:
        if not m.place and cue.stop <= m.first < min(stop, cue.stop + _REACH):
            between = doc.lower[cue.stop : m.first]
            if "by" in between and "," not in between[between.index("by") :]:
                return m
    return None


def _both(
    doc: Document,
    subject: Named | None,
    here: Sequence[Named],
    cue: Cue,
    begin: int,
    target: Named | None,
) -> tuple[Named | None, Named | None]:
    """As in "A and B met": the two that are joined before the verb."""
    if subject is None:
        return subject, target
    before = [m for m in here if begin <= m.first and m.stop <= subject.first]
    if before and doc.lower[subject.first - 1] in ("and", "the"):
        joined = doc.lower[before[-1].stop : subject.first]
        if joined in (["and"], ["and", "the"]):
            return before[-1], subject
    return subject, target


def _noun(
    doc: Document, sentence: tuple[int, int], cue: Cue, here: Sequence[Named]
) -> Act:
    """Parties of a noun: "Arland's attack on B", "the attack by A on B", "talks between"."""
    source = target = None
    why = ""
    before = [m for m in here if m.stop <= cue.first and cue.first - m.stop <= 4]
    if before:
        m = before[-1]
        between = doc.lower[m.stop : cue.first]
        plain = [w for w in between if w not in ("'s", "'")]
        if not any(w in _NO_GENITIVE for w in plain):
            genitive = "'s" in between or "'" in between
            source, why = m, "genitive" if genitive else "stands before the noun"
    end = min(sentence[1], cue.stop + _REACH)
    last = cue.stop
    for m in here:
        if not cue.stop <= m.first < end:
            continue
        between = doc.lower[last : m.first]
        if any(w in _CLAUSE_ENDS or w == "," for w in between):
            break
        word = next(
            (w for w in reversed(between) if w in _TOWARD | {"by", "and", "in"}), ""
        )
        if word == "by":
            source, why = m, '"by"'
        elif word == "from" and m.place:
            pass
        elif word in ("between",) and source is None:
            source, why = m, '"between"'
        elif word == "and" and source is not None and target is None:
            target = m
        elif word in ("from",) and source is None and not m.place:
            source, why = m, '"from"'
        elif word in ("of",) and source is None and cue.action not in HARM:
            source, why = m, '"of"'
        elif word in _TOWARD and target is None and not (m.place and word == "in"):
            target = m
        last = m.stop
    return Act(cue, source, target, why or "noun")
