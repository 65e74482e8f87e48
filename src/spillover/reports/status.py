"""Whether what a word tells took place: its status, read off the words around it.

Only the words of the same sentence count, from the act outward: auxiliaries and
negation, what governs it ("vowed to", "urged ... to", "fears of"), the clause it stands
in ("if", "to prevent"). When in doubt an act has not happened: a feared strike that is
taken for a past one is the worst error a reader can make. This file must never import an
actor table.
"""

from __future__ import annotations

from spillover.reports import status_words as w
from spillover.reports.claim import Status
from spillover.reports.cues import is_adverb
from spillover.reports.morph import is_base
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["factuality", "status_of"]

Read = tuple[Status, str]

_BACK = 14
"""Tokens before the act that are looked at for what governs it."""
_BREAKS = frozenset('.;:!?"“”()–—') | words("but while although though whereas ``")
_IMPLICATIVE = words(
    """
    had managed manages helped used continued continues began begun started proved
    proven rushed turned forced came happened happens appears seems seemed appeared
    reported said believed alleged known
    """
)
"""Before "to": what follows did take place, or is said to have."""
_OFF = words("delayed cancelled canceled postponed averted foiled scrapped thwarted")
"""After a noun: it did not come to that."""
_SUBJECTS = words("he she it they we you i who which that this there")
_ARTICLES = words("the a an this that these those its their his her any some such more")


def status_of(
    doc: Document, sentence: tuple[int, int], at: int, *, noun: bool = False
) -> Read:
    """Status of the act named at a token, and why.

    Parameters
    ----------
    doc, sentence
        The text and the tokens of the sentence.
    at
        Token of the verb or noun.
    noun
        It is a noun ("attack", "talks").
    """
    first, stop = sentence
    if not noun and _imperative(doc, first, at):
        return Status.HYPOTHETICAL, "an imperative"
    read = _condition(doc, first, stop, at)
    if read is not None:
        return read
    if noun:
        return _noun(doc, first, at)
    return _verb(doc, first, stop, at)


def factuality(
    doc: Document, sentence: tuple[int, int], at: int, *, certain: bool = False
) -> int:
    """1, 0 or -1 for any word, as corpora of factuality ask it.

    Parameters
    ----------
    doc, sentence, at
        As in `status_of`.
    certain
        False: did it take place by then (what is planned, asked for or supposed did
        not)? True: how sure is the writer of it, whenever it is (what will be is sure).
    """
    noun = _looks_like_noun(doc, sentence[0], at)
    status, reason = status_of(doc, sentence, at, noun=noun)
    if status is Status.DENIED:
        return -1
    if certain:
        if any(w in reason for w in ("stop", "cease", "asked not to")):
            return -1
        unsure = status in (Status.CONDITIONAL, Status.DEMANDED)
        return 0 if unsure and "whether" not in reason else 1
    if status in (Status.HAPPENED, Status.ONGOING):
        return 1
    return 0 if any(w in reason for w in _OPEN) else -1


_OPEN = ("might", "may", "possib", "whether", "perhaps", "a purpose")


def _looks_like_noun(doc: Document, first: int, at: int) -> bool:
    word = doc.lower[at]
    if word.endswith(("tion", "ment", "sion", "ance", "ence", "ity", "ness", "ions")):
        return True
    before = doc.lower[at - 1] if at > first else ""
    return before in _ARTICLES or before in ("of", "'s") or before in w.PLAN_NOUNS


def _condition(doc: Document, first: int, stop: int, at: int) -> Read | None:
    """The act stands in an if-clause, or in the main clause of one with "would"."""
    lower = doc.lower
    for k in range(at - 1, max(first, at - 2 * _BACK) - 1, -1):
        word = lower[k]
        if word in w.CONDITIONS:
            if word == "whether":
                return Status.HYPOTHETICAL, 'after "whether"'
            return Status.CONDITIONAL, f'after "{word}"'
        if word in ("in",) and lower[k + 1 : k + 3] in (
            ["case", "of"],
            ["the", "event"],
        ):
            return Status.CONDITIONAL, 'after "in case"'
        if word in (".", ";", ":", "but", ",", "and") and k < at - 1:
            break
    while first < at and not lower[first][0].isalnum():
        first += 1  # a quotation mark
    if lower[first] in ("should", "were", "had") and at - first <= _BACK:
        comma = next((k for k in range(first, stop) if lower[k] == ","), stop)
        if at < comma and lower[stop - 1] != "?":
            return Status.CONDITIONAL, f'sentence opens with "{lower[first]}"'
    if lower[stop - 1] == "?" and _asked(lower, first, at):
        return Status.HYPOTHETICAL, "a question"
    return None


_ONCE = words("when once until before")


def _yet_to_come(lower: list[str], first: int, at: int) -> str:
    """The word of "when it attacks" or "once they attack", or nothing."""
    third = lower[at].endswith("s") and not lower[at].endswith("ss")
    if not third and not is_base(lower[at]):
        return ""
    for k in range(at - 1, max(first, at - _BACK) - 1, -1):
        if lower[k] in _ONCE:
            return lower[k]
        if lower[k] in _BREAKS or lower[k] in (",", "and"):
            break
    return ""


def _imperative(doc: Document, first: int, at: int) -> bool:
    """A bare verb that opens the sentence, or follows "please" or "let ... "."""
    lower, word = doc.lower, doc.lower[at]
    if word.endswith(("ed", "ing", "s")) or word in _AUXILIARIES | {"want", "need"}:
        return False
    k = at - 1
    while k >= first and (
        lower[k] in ("please", "plz", "``", '"', "(", "-", "so", "then")
        or lower[k] in ("do", "n't", "not")
    ):
        k -= 1
    if k < first:
        return at - first < 4
    return lower[k] in ("let", "lets") or (
        lower[k] == "me" and k > first and lower[k - 1] == "let"
    )


def _asked(lower: list[str], first: int, at: int) -> bool:
    """Whether the verb is what the question asks: an auxiliary opens it, nothing parts them."""
    opening = [k for k in range(first, min(first + 5, at)) if lower[k] in _AUXILIARIES]
    if not opening:
        return False
    return not any(x in _PARTED for x in lower[opening[0] + 1 : at])


_PARTED = words("that who which when where because after before if as , ; : - what how")


def _verb(doc: Document, first: int, stop: int, at: int) -> Read:
    lower = doc.lower
    helpers, k = _helpers(lower, first, at)
    here = set(helpers)
    said = _not_done(lower, first, at, here)
    if said is not None:
        return said
    if at > first and lower[at - 1] in ("nearly", "almost"):
        return Status.DENIED, f'"{lower[at - 1]}"'
    if "would" in here and _reported(lower, first, k):
        return Status.PLANNED, 'reported "will"'
    if here & w.MODALS_MAYBE:
        modal = next(iter(here & w.MODALS_MAYBE))
        return Status.HYPOTHETICAL, f'modal "{modal}"'
    if here & w.MODALS_OUGHT:
        return Status.DEMANDED, f'modal "{next(iter(here & w.MODALS_OUGHT))}"'
    if here & w.MODALS_AHEAD:
        return Status.PLANNED, f'modal "{next(iter(here & w.MODALS_AHEAD))}"'
    if "to" in helpers:
        before = set(helpers[helpers.index("to") + 1 :])
        return _is_to(before) if before else _infinitive(doc, first, at, k)
    if lower[at].endswith("ing") and not here & w.BE_NOW:
        other = _joined_to(doc, first, at, k)
        if other is None and k > first and lower[k] in ("by", "into"):
            other = _means_of(doc, first, k)
        return (
            _gerund(lower, first, at, k)
            if other is None
            else _verb(doc, first, stop, other)
        )
    outer = _governed_clause(lower, first, at, k)
    if outer is not None:
        return outer
    other = None if helpers else _joined_to(doc, first, at, k)
    if other is not None:
        status, reason = _verb(doc, first, stop, other)
        return status, f'{reason}, with "{lower[other]}"'
    if lower[at].endswith("ing") and here & {"is", "are", "'re", "am"}:
        return Status.ONGOING, "present continuous"
    if not helpers and (word := _yet_to_come(lower, first, at)):
        return Status.PLANNED, f'after "{word}", in the present'
    if _bare(lower, at, helpers, k, first):
        return Status.HYPOTHETICAL, "bare form: a demand or a plan"
    return Status.HAPPENED, "stated as a fact"


def _joined_to(doc: Document, first: int, at: int, k: int) -> int | None:
    """The earlier verb a verb is joined to, as in "to strike and destroy"; both share a status.

    Parameters
    ----------
    k
        Token before the verb and its adverbs.
    """
    lower, word = doc.lower, doc.lower[at]
    if k <= first or lower[k] not in ("and", "or", ","):
        return None
    gerund, base = word.endswith("ing"), is_base(word)
    if lower[k] == "," and not base:
        return None  # "may not be used, warned Baghdad"; "fired, killing ten"
    for j in range(k - 1, max(first, k - _BACK) - 1, -1):
        if lower[j] in _BREAKS or lower[j] in ("that", "who", "which", "said"):
            break
        if gerund:
            if lower[j].endswith("ing") and k - j < 7:
                return j
        elif base:
            if lower[j] in _BEFORE_BASE and (verb := _after(doc, j, k)) is not None:
                return verb
        elif lower[j] in ("be", "been") and k - j < 7:
            return _after(doc, j, k)
    return None


def _means_of(doc: Document, first: int, by: int) -> int | None:
    """The verb that governs "by V-ing" or "into V-ing", where that is planned, asked or possible."""
    lower = doc.lower
    for j in range(by - 1, max(first, by - _BACK) - 1, -1):
        if lower[j] in _BREAKS or lower[j] in ("that", "who", "which", "and"):
            return None
        governed = (
            lower[j - 1] in w.PLANNED_VERBS | w.DEMAND_VERBS if j > first else False
        )
        if lower[j] in _BEFORE_BASE and (lower[j] != "to" or governed):
            return _after(doc, j, by)
    return None


_BEFORE_BASE = w.MODALS_AHEAD | w.MODALS_MAYBE | w.MODALS_OUGHT | {"to"}


def _after(doc: Document, j: int, stop: int) -> int | None:
    """The verb after "to", a modal or "be"; nothing when no verb can stand there."""
    v = j + 1
    while v < stop and (
        is_adverb(doc.lower[v]) or doc.lower[v] in w.NEGATIONS | {"be"}
    ):
        v += 1
    plain = v < stop and doc.words[v].islower() and doc.lower[v] not in _ARTICLES
    return v if plain and doc.lower[v] not in _AUXILIARIES else None


def _reported(lower: list[str], first: int, k: int) -> bool:
    """As in "said they would": the speaker's own "will", told by another."""
    before = lower[max(first, k - 3) : k + 1]
    own = before and before[-1] in ("they", "he", "she", "it", "we")
    said = any(word in _SAYING for word in before)
    return bool(own and said)


_SAYING = words(
    """
    said says vowed promised warned announced declared pledged insisted added
    """
)


def _helpers(lower: list[str], first: int, at: int) -> tuple[list[str], int]:
    """Auxiliaries, negations and "to" straight before a verb; the token before them."""
    found: list[str] = []
    k = at - 1
    while k >= first:
        word = lower[k]
        if word in _AUXILIARIES or word in w.NEGATIONS:
            found.append(word)
        elif not is_adverb(word) and word not in ("be", "have"):
            break
        k -= 1
    # "will the group attack": a modal before the subject is read by the question rule.
    return found, k


_AUXILIARIES = (
    w.MODALS_AHEAD
    | w.MODALS_MAYBE
    | w.MODALS_OUGHT
    | w.BE_NOW
    | words("has have had having do does did to be get got")
)


def _not_done(lower: list[str], first: int, at: int, here: set[str]) -> Read | None:
    if here & w.NEGATIONS:
        word = next(iter(here & w.NEGATIONS))
        if "to" in here and any(
            x in w.DEMAND_VERBS for x in lower[max(first, at - _BACK) : at]
        ):
            return Status.HYPOTHETICAL, "asked not to"
        return Status.DENIED, f'negated by "{word}"'
    if "have" in here and here & {"would", "could", "might", "should"}:
        return Status.DENIED, "would have: it did not come to that"
    # "no group attacked", "neither side struck"
    k = at - 1
    reach = 0
    while k >= first and reach < 6:
        word = lower[k]
        if word in ("no", "neither", "nobody", "none") and not _closed(lower, k, at):
            return Status.DENIED, f'subject with "{word}"'
        if word in _BREAKS or word == ",":
            break
        k -= 1
        reach += 1
    return None


def _closed(lower: list[str], start: int, at: int) -> bool:
    return any(x in (",", "that", "who", "which", "and") for x in lower[start:at])


def _is_to(before: set[str]) -> Read:
    """As in "is to V", "was about to V", "has to V"; only what one "had to" do was done."""
    if "had" in before:
        return Status.HAPPENED, '"had to"'
    if before & w.BE_NOW:
        return Status.PLANNED, '"is to"'
    return Status.DEMANDED, '"has to"'


def _infinitive(doc: Document, first: int, at: int, k: int) -> Read:
    """As in "to V": what stands before decides."""
    lower = doc.lower
    if k >= first and lower[k] in _IMPLICATIVE:
        return Status.HAPPENED, f'"{lower[k]} to"'
    back = k
    while back >= first and k - back < _BACK:
        word = lower[back]
        if word in w.NOT_DONE:
            return Status.DENIED, f'governed by "{word} to"'
        if word in w.AVOIDED:
            return Status.HYPOTHETICAL, f'governed by "{word}"'
        if word in w.PLANNED_VERBS and word not in w.DEMAND_VERBS:
            if any(x in w.NEGATIONS for x in lower[max(first, back - 3) : back]):
                return Status.DENIED, f'negated "{word} to"'
            return Status.PLANNED, f'governed by "{word} to"'
        if word in w.DEMAND_VERBS:
            return Status.DEMANDED, f'governed by "{word} ... to"'
        if word in w.PURPOSE:
            return Status.HYPOTHETICAL, "a purpose"
        if word in _BREAKS:
            break
        back -= 1
    if k - first < 4 and k >= first and doc.words[k][:1].isupper():
        return Status.PLANNED, 'headline: "to" and a verb'
    return Status.HYPOTHETICAL, "an infinitive: a purpose or a plan"


def _gerund(lower: list[str], first: int, at: int, k: int) -> Read:
    """As in "V-ing" after a preposition or another verb."""
    before = lower[k] if k >= first else ""
    around = lower[max(first, k - 4) : k + 1]
    if before in ("without",) or (
        before == "from" and any(x in w.AVOIDED for x in around)
    ):
        return Status.DENIED, f'after "{before}"'
    for word in reversed(around):
        if word in w.DENIALS:
            return Status.DENIED, f'governed by "{word}"'
        if word in w.AVOIDED:
            return Status.HYPOTHETICAL, f'governed by "{word}"'
        if word in w.FEAR_WORDS:
            return Status.HYPOTHETICAL, f'governed by "{word}"'
        if word in _NOT_YET and "of" in around:
            return Status.HYPOTHETICAL, f'after "{word} of"'
        if word in w.PLANNED_VERBS and before in ("of", "on", "at", "for", word):
            return Status.PLANNED, f'governed by "{word}"'
        if word in w.ONGOING_VERBS:
            return Status.ONGOING, f'governed by "{word}"'
        if word in _BREAKS or word == ",":
            break
    if before == "of" and any(
        x in words("accused accuses accuse accusing suspected blamed")
        for x in lower[max(first, k - 9) : k]
    ):
        return Status.HYPOTHETICAL, "alleged"
    outside = lower[k - 1] if k > first else ""
    if before == "of" and outside in _NOT_YET:
        return Status.HYPOTHETICAL, f'after "{outside} of"'
    if f"{outside} {before}" in _PUT_OFF:
        return Status.HYPOTHETICAL, f'after "{outside} {before}"'
    if before in ("against",):
        return Status.HYPOTHETICAL, 'after "against"'
    if before in ("for", "at", "toward", "towards", "in") and any(
        x in w.FEAR_WORDS | w.PURPOSE | w.DEMAND_VERBS for x in around
    ):
        return Status.HYPOTHETICAL, f'after "{before}"'
    outer = _governed_clause(lower, first, at, k)
    if outer is not None:
        return outer
    return Status.HAPPENED, "stated as a fact"


_NOT_YET = words(
    """
    capable incapable out possibility risk prospect idea option dream verge brink cusp
    chance chances odds likelihood probability danger threat
    """
)
"""Before "of V-ing": it has not come to that."""
_PUT_OFF = {
    f"{verb} {particle}"
    for verbs, particle in (
        ("rule rules ruled ruling", "out"),
        ("hold holds held holding put puts putting", "off"),
        ("hint hints hinted hinting", "at"),
    )
    for verb in words(verbs)
}


def _governed_clause(lower: list[str], first: int, at: int, k: int) -> Read | None:
    """A clause after "fear that", "denied that", "demanded that"; a future participle."""
    that = next(
        (n for n in range(k, max(first, at - 2 * _BACK) - 1, -1) if lower[n] == "that"),
        -1,
    )
    if that > first:
        before = lower[max(first, that - 3) : that]
        for word in reversed(before):
            if word in w.DENIALS:
                return Status.DENIED, f'after "{word} that"'
            if word in (
                "fear",
                "fears",
                "feared",
                "worry",
                "worried",
                "possibility",
                "risk",
                "hope",
                "hopes",
                "hoped",
                "chance",
                "doubt",
                "doubts",
            ):
                return Status.HYPOTHETICAL, f'after "{word} that"'
            if word in (
                "demand",
                "demands",
                "demanded",
                "insist",
                "insisted",
                "request",
                "requested",
                "propose",
                "proposed",
            ):
                return Status.DEMANDED, f'after "{word} that"'
        said = _thought_false(lower, first, that, at)
        if said is not None:
            return said
        for n in range(max(first, that - 3), that):
            if lower[n] in w.NEGATIONS and any(
                x in words("evidence sign indication proof suggestion reason")
                for x in lower[n:that]
            ):
                return Status.DENIED, "no sign that"
    return None


def _thought_false(lower: list[str], first: int, that: int, at: int) -> Read | None:
    """As in "nobody believes that", "reports that ... are false"."""
    ahead = lower[max(first, that - 5) : that]
    if lower[that - 1] in _THINKING and any(
        x in w.NEGATIONS or x in ("no", "nobody", "none", "few") for x in ahead
    ):
        return Status.HYPOTHETICAL, f'nobody "{lower[that - 1]}"'
    if lower[that - 1] in _TALES:
        for word in lower[at + 1 : at + 12]:
            if word in _FALSE:
                return Status.DENIED, f'"{lower[that - 1]}" called "{word}"'
            if word in _BREAKS or word in (",", "and"):
                break
    return None


_THINKING = words("believe believes believed think thinks thought say says said claim")
_TALES = words(
    "report reports claim claims allegation allegations rumor rumors rumour rumours"
)
_FALSE = words(
    "false untrue denied denies wrong baseless unfounded rejected dismissed fabricated"
)


def _bare(lower: list[str], at: int, helpers: list[str], k: int, first: int) -> bool:
    """A base form without helper after "let", "help", "make" is no report of a fact."""
    del helpers, at
    return k >= first and lower[k] in ("let", "lets", "please")


_AHEAD = words("imminent likely unlikely inevitable possible expected planned feared")
_SEEMS = w.BE_NOW | words("appears appeared seems seemed looks looked remains remained")
_LOOMS = words("looms loomed looming")
_SUPPOSED = words(
    """
    future potential possible any would-be mock simulated simulates simulating
    rehearsed rehearses rehearsing
    """
)
_POSTPONES = _OFF | words(
    "delay delays cancel cancels postpone postpones postponing scrap scraps"
)
_PLANNING = words(
    """
    expects expected expect anticipates anticipated anticipate foresees predicts predicted
    awaits weighing weighed weighs mulling mulls debating
    plan plans planning intends vowed threatened threatens promised pledged preparing
    prepares considering seeking seeks sought wants proposed
    """
)


def _noun(doc: Document, first: int, at: int) -> Read:
    lower = doc.lower
    after = lower[at + 1 : at + 3]
    if after and (after[0] in _OFF or (after[0] in w.BE_NOW and after[-1] in _OFF)):
        return Status.DENIED, "called off or put off"
    for k in range(at + 1, min(at + 9, len(lower))):
        if lower[k] in ("would", "could", "might", "may"):
            return Status.HYPOTHETICAL, f'followed by "{lower[k]}"'
        if (lower[k] in _AHEAD and lower[k - 1] in _SEEMS) or lower[k] in _LOOMS:
            return Status.HYPOTHETICAL, f'followed by "{lower[k]}"'
        if lower[k] in _BREAKS or lower[k] in (",", "that", "who", "which", "and"):
            break
    k = at - 1
    steps = 0
    while k >= first and steps < 8:
        word = lower[k]
        if word in w.NEGATIONS:
            return Status.DENIED, f'negated by "{word}"'
        if word in w.PLAN_NOUNS and steps < 4:
            return Status.PLANNED, f'"{word}" before it'
        if steps < 3 and word in _POSTPONES:
            return Status.DENIED, f'governed by "{word}"'
        if steps < 3 and word in _SUPPOSED:
            return Status.HYPOTHETICAL, f'"{word}" before it'
        if word in w.DENIALS:
            return Status.DENIED, f'governed by "{word}"'
        if word in w.AVOIDED:
            return Status.HYPOTHETICAL, f'governed by "{word}"'
        if word in w.FEAR_WORDS:
            return Status.HYPOTHETICAL, f'governed by "{word}"'
        if word in ("for", "against") and any(
            x in w.DEMAND_VERBS
            or x
            in ("ready", "braced", "prepare", "preparing", "prepared", "retaliation")
            for x in lower[max(first, k - 3) : k]
        ):
            ahead = lower[max(first, k - 3) : k]
            if any(x in w.DEMAND_VERBS for x in ahead):
                return Status.DEMANDED, "called for"
            return Status.PLANNED, "prepared for"
        if word in w.DEMAND_VERBS and steps < 5:
            return Status.DEMANDED, f'governed by "{word}"'
        if word in _BREAKS or word in (",", "that", "who", "which"):
            break
        if word in w.MODALS_MAYBE:
            return Status.HYPOTHETICAL, f'modal "{word}"'
        if word in w.MODALS_AHEAD:
            return Status.PLANNED, f'modal "{word}"'
        planned = word in _PLANNING and lower[k + 1 : k + 2] != ["by"]
        if planned and steps < 6:
            return Status.PLANNED, f'governed by "{word}"'
        k -= 1
        steps += 1
    return Status.HAPPENED, "a noun, taken as a fact"
