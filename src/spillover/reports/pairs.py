"""Which act a sentence tells of, and which one side did toward another.

The two sides are given by their places, or left open. No parser: cues are weighed by
kind, by where they stand between the sides, and by what stands between. This file must
never import an actor table.
"""

from __future__ import annotations

from collections.abc import Sequence

from spillover.reports.action_words import NOUN, VERB, action_words
from spillover.reports.cues import NEGATIONS, Cue, find_cues, is_adverb
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["action_between", "as_said"]

Tokens = tuple[int, int]

KIND_ACTS = frozenset(
    ("AGREE", "CONSULT", "SUPPORT", "COOPERATE", "AID", "CONCEDE", "RETREAT")
)
"""Roots of the friendly half: refusing one of them is an act of its own."""

_PROMISED = KIND_ACTS - {"AGREE"}
_THREATENED = frozenset(("SANCTION", "COERCE", "ASSAULT", "PROTEST"))
_FUTURE = words("will 'll would may might could shall")
_INTENDS = words(
    """
    is are was were plans planned plan intends intended intend ready willing set due
    prepared decided decides decide expected scheduled hopes hoped wants wanted
    seeks sought about going likely determined keen eager promised vowed aims
    """
)
_SUBORDINATE = words(
    """
    after following when while since because as amid despite during before if unless
    over for that whether who which whose where although though
    """
)
_HEADLINE = 4
"""Words into which the subject of a headline reaches."""
_GOVERNED = frozenset(("to", "must", "should"))

# Weights, set on sentences of our own and checked on the open gold sets. A verb outweighs
# a noun anywhere in the clause; standing between the sides outweighs being a phrase.
_KIND = {VERB: 3.0, NOUN: 1.2}
_OTHER_KIND = 2.0
_SUBJECT, _SUBJECT_FAR = 2.0, 0.04
_OBJECT, _OBJECT_FAR = 1.0, 0.03
_CLAUSE, _COMMA, _LATER_VERB, _INFINITIVE = 0.7, 0.3, 0.8, 1.5
_PHRASE = 0.6


def action_between(
    doc: Document,
    source: Sequence[tuple[int, int]],
    target: Sequence[tuple[int, int]],
) -> tuple[str, Cue] | None:
    """PLOVER root of the act of one side toward another, and its cue.

    Parameters
    ----------
    doc
        One sentence.
    source, target
        Character spans of the two sides; either may be empty: then the main act of the
        sentence is meant.
    """
    sources = [doc.tokens_of(a, b) for a, b in source]
    targets = [doc.tokens_of(a, b) for a, b in target]
    best, most = None, float("-inf")
    cues = find_cues(doc, 0, len(doc.words))
    for n, cue in enumerate(cues):
        score = weigh(doc, cue, cues[:n], sources, targets)
        if score > most:
            best, most = cue, score
    return (as_said(doc, best), best) if best else None


def as_said(doc: Document, cue: Cue) -> str:
    """PLOVER root of an act as it is told: announced, it is a promise or a threat.

    PLOVER codes what is done by saying it: help that will come is AGREE, a strike that
    will come is THREATEN, a step that is refused is REJECT.
    """
    lower, action = doc.lower, cue.action
    if cue.kind != VERB:
        return action
    if action == "AGREE" and lower[cue.stop - 1] == "to":  # "plans to impose"
        hostile = cue.stop < len(lower) and _hostile(lower[cue.stop])
        return "THREATEN" if hostile else action
    k = cue.first - 1
    while k >= 0 and is_adverb(lower[k]) and lower[k] not in NEGATIONS:
        k -= 1
    near = lower[max(0, k - 2) : k + 1]
    if any(word in NEGATIONS for word in near) or (near and near[-1] == "cannot"):
        return "REJECT" if action in KIND_ACTS else action
    word = near[-1] if near else ""
    if cue.passive and word == "be" and k > 0:
        word = lower[k - 1]
    if word in _FUTURE or (word == "to" and k > 0 and _intends(doc, k - 1)):
        if action in _PROMISED:
            return "AGREE"
        if action in _THREATENED:
            return "THREATEN"
    return action


def _hostile(word: str) -> bool:
    """Whether a verb names an act of the unfriendly half, whatever follows it."""
    acts = {e.action for e in action_words().get(word, ()) if e.kind == VERB}
    return bool(acts) and acts <= _THREATENED


def _intends(doc: Document, at: int) -> bool:
    """Whether the word before "to" says that the act is still to come."""
    headline = at < _HEADLINE and doc.words[at][:1].isupper()  # "Arland to free ..."
    return doc.lower[at] in _INTENDS or headline


def weigh(
    doc: Document,
    cue: Cue,
    before: Sequence[Cue],
    sources: Sequence[Tokens],
    targets: Sequence[Tokens],
) -> float:
    """How well a cue names the act of one side toward the other; higher is better."""
    lower = doc.lower
    score = _KIND.get(cue.kind, _OTHER_KIND)
    subjects, objects = (targets, sources) if cue.passive else (sources, targets)
    left = [stop for _, stop in subjects if stop <= cue.first]
    right = [first for first, _ in objects if first >= cue.first]
    begin = max(left) if left else 0
    if left or not subjects:
        between = lower[begin : cue.first]
        score += _SUBJECT - _SUBJECT_FAR * len(between)
        score -= _CLAUSE * sum(word in _SUBORDINATE for word in between)
        score -= _COMMA * sum(word in (",", ";") for word in between)
        governors = sum(c.kind != NOUN and c.first >= begin for c in before)
        score -= _LATER_VERB * governors
        if (
            governors
            and cue.kind == VERB
            and cue.first
            and lower[cue.first - 1] in _GOVERNED
        ):
            score -= _INFINITIVE  # what is agreed, asked or refused, not what is done
    if right:
        score += _OBJECT - _OBJECT_FAR * (min(right) - cue.first)
    if len(cue.lemma.split()) > 1:
        score += _PHRASE
    return score
