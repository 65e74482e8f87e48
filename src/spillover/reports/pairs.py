"""Which act a sentence says one side did toward another, when both are pointed out.

This file must never import an actor table: the two sides are given by their places.
"""

from __future__ import annotations

from collections.abc import Sequence

from spillover.reports.action_words import NOUN, VERB
from spillover.reports.cues import NEGATIONS, Cue, find_cues, is_adverb
from spillover.reports.tokens import Document

__all__ = ["action_between"]

_SUBORDINATE = frozenset(
    ["after", "following", "when", "while", "since", "because", "as", "amid", "despite", "during", "before", "if", "unless", "over", "for", "that", "whether", "who", "which", "whose", "where", "although", "though"]
)
_SAID = frozenset(["said", "says", "say", "told", "added", "announced", "reported", "reports"])


def action_between(
    doc: Document,
    source: Sequence[tuple[int, int]],
    target: Sequence[tuple[int, int]],
) -> tuple[str, Cue] | None:
    """PLOVER root of the act of one side toward another, and its cue.

    Parameters
    ----------
    doc
        The sentence.
    source, target
        Character spans of the two sides; the target may be missing.
    """
    sources = [(doc.token_at(a), doc.token_at(max(a, b - 1)) + 1) for a, b in source]
    targets = [(doc.token_at(a), doc.token_at(max(a, b - 1)) + 1) for a, b in target]
    best, most = None, -1e9
    cues = find_cues(doc, 0, len(doc.words))
    for n, cue in enumerate(cues):
        score = _score(doc, cue, cues[:n], sources, targets)
        if score > most:
            best, most = cue, score
    return (as_said(doc, best), best) if best else None


def as_said(doc: Document, cue: Cue) -> str:
    """The root of an act as it is told: announced, it is a promise or a threat.

    PLOVER codes what is done by saying it: help that will come is AGREE, a strike that
    will come is THREATEN, a step that is refused is REJECT.
    """
    lower, action = doc.lower, cue.action
    helps = action in KIND
    k = cue.first - 1
    while k >= 0 and is_adverb(lower[k]) and lower[k] not in NEGATIONS:
        k -= 1
    near = lower[max(0, k - 2) : k + 1]
    if cue.kind != VERB:
        return action
    if any(w in NEGATIONS for w in near) or (near and near[-1] == "cannot"):
        return "REJECT" if helps else action
    word = near[-1] if near else ""
    if cue.passive and word == "be" and k > 0:
        word = lower[k - 1]
    if word in ("will", "'ll", "would", "may", "might", "could", "shall") or (
        word == "to" and k > 0 and _intends(doc, k - 1)
    ):
        if action in ("CONSULT", "AID", "COOPERATE", "CONCEDE", "RETREAT", "SUPPORT"):
            return "AGREE"
        if action in ("SANCTION", "COERCE", "ASSAULT", "PROTEST"):
            return "THREATEN"
    return action


KIND = frozenset(
    ("AGREE", "CONSULT", "SUPPORT", "COOPERATE", "AID", "CONCEDE", "RETREAT")
)
_INTENDS = frozenset(
    ["is", "are", "was", "were", "plans", "planned", "plan", "intends", "intended", "intend", "ready", "willing", "set", "due", "prepared", "decided", "decides", "decide", "expected", "scheduled", "hopes", "hoped", "wants", "wanted", "seeks", "sought", "about", "going", "likely", "determined", "keen", "eager", "promised", "vowed", "aims"]
)


def _intends(doc: Document, at: int) -> bool:
    """Whether the word before "to" says that the act is still to come."""
    word = doc.words[at]
    return doc.lower[at] in _INTENDS or word[:1].isupper()  # headline: "Iran to free"


def _score(doc, cue, before, sources, targets) -> float:
    lower = doc.lower
    score = {VERB: 3.0, NOUN: 1.2}.get(cue.kind, 2.0)
    subject, other = (targets, sources) if cue.passive else (sources, targets)
    left = [b for a, b in subject if b <= cue.first]
    right = [a for a, b in other if a >= cue.first]
    if left:
        near = cue.first - max(left)
        score += 2.0 - 0.04 * near
        between = lower[max(left) : cue.first]
        score -= 0.7 * sum(w in _SUBORDINATE for w in between)
        score -= 0.3 * sum(w in (",", ";") for w in between)
        verbs = [c for c in before if c.kind != NOUN and c.first >= max(left)]
        score -= 0.8 * len(verbs)
        if (
            verbs
            and cue.kind == VERB
            and cue.first
            and lower[cue.first - 1] in ("to", "must", "should")
        ):
            score -= 1.5  # what is agreed, asked or refused, not what is done
    if right:
        score += 1.0 - 0.03 * (min(right) - cue.first)
    if len(cue.lemma.split()) > 1:
        score += 0.6
    return score
