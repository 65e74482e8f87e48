"""Find the cues of acts in a sentence: verbs, nouns and fixed words, with their voice.

No parser: whether a word that can be both is a verb is read off its neighbours. This file
must never import an actor table.
"""

from __future__ import annotations

from dataclasses import dataclass

from spillover.reports.action_words import (
    VERB,
    Entry,
    action_words,
    match_rest,
)
from spillover.reports.morph import BASE, ING, PARTICIPLE, PAST, THIRD
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["Cue", "find_cues"]

BE = words("is are am was were be been being 's 're gets got get getting")
HAVE = words("has have had having 've")
MODALS = words("will would shall should may might can could must 'll 'd to")
DETERMINERS = words(
    """
    the a an this that these those his her its their our my your any some no every
    each another such all both several many few more most further new fresh 's ' of
    in on at for from with by against over about under after before during since
    amid despite into between two three four five six seven eight nine ten first
    second last next other own previous recent possible major joint military armed
    deadly
    """
)
_ARTICLES = words("the a an this its their his her any another no")
_AFTER_NOUN = words(". , ; : in on by against of and for from after that") | {""}
"""What follows a word that is a noun here, where it could be a verb as well."""
_DO = words("do does did n't")
PRONOUNS = words("i you he she it we they who which that there")
NEGATIONS = words("not n't never no neither nor without")
_ADVERBS = words(
    """
    also already now then often again still just only even not n't never reportedly
    allegedly apparently nearly almost about first once twice later soon ever so far
    further both all
    """
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or phrase that names an act.

    Attributes
    ----------
    first, stop
        Its tokens.
    action
        PLOVER root.
    kind
        ``VERB``, ``NOUN`` or ``ADJECTIVE``.
    form
        Form of the verb; empty for the rest.
    lemma
        As in the lexicon.
    passive
        The subject suffers the act ("was attacked", "came under fire").
    """

    first: int
    stop: int
    action: str
    kind: str
    form: str
    lemma: str
    passive: bool = False


def is_adverb(word: str) -> bool:
    """Whether a word may stand between an auxiliary and its verb."""
    return word in _ADVERBS or (word.endswith("ly") and len(word) > 4)


def auxiliary(lower: list[str], at: int, first: int) -> str:
    """The auxiliary before a verb, past adverbs; nothing when there is none."""
    k = at - 1
    while k >= first and is_adverb(lower[k]):
        k -= 1
    return lower[k] if k >= first else ""


def _verb_form(
    entry: Entry, doc: Document, i: int, first: int, stop: int, *, noun: bool
) -> tuple[str, bool] | None:
    """Form and voice of a verb at token ``i``; nothing when it is no verb here."""
    lower = doc.lower
    tags = entry.forms[lower[i]]
    if not tags:
        return (BASE, False)
    before = auxiliary(lower, i, first)
    after = lower[i + 1] if i + 1 < stop else ""
    direct = lower[i - 1] if i > first else ""
    if PARTICIPLE in tags:
        if before in BE:
            return PARTICIPLE, True
        if before in HAVE:
            return PARTICIPLE, False
        if after == "by":
            return PARTICIPLE, True
        if i == first and (after[:1].isalpha() and after not in DETERMINERS):
            return None  # "Ousted president ..."
        if direct in DETERMINERS and direct not in ("that", "all", "both"):
            return None  # "the wounded soldier"
        return (PAST if PAST in tags else PARTICIPLE), PAST not in tags
    if ING in tags:
        if direct in _ARTICLES:
            return None
        if (
            noun
            and direct in DETERMINERS
            and after in ("of", "in", "by", "on", "", ".", ",")
        ):
            return None
        return ING, False
    if BASE in tags or THIRD in tags or PAST in tags:
        if direct in _ARTICLES or (noun and direct in DETERMINERS):
            return None
        if (
            noun
            and THIRD in tags
            and i > first
            and _people(doc.words[i - 1])
            and after in _AFTER_NOUN
        ):
            return None  # "the Arlandic strikes, ..."
        if BASE in tags and (before in MODALS or before in _DO):
            return BASE, False
        if noun and direct in HAVE | BE:
            return None
        # "rocket attacks on", "under attack": a verb here wants a pronoun or a name.
        name = THIRD in tags and doc.words[i - 1][:1].isupper() and i > first
        if noun and after in _AFTER_NOUN and not (direct in PRONOUNS or name):
            return None
        plural = direct in PRONOUNS or direct.endswith("s") or direct == "and"
        if noun and BASE in tags and i > first and not plural:
            return None
        return (tags[0], False)
    return None


def _auxiliary_only(
    table: dict[str, tuple[Entry, ...]], lower: list[str], i: int, after: int
) -> bool:
    """Whether "have" or "be" only helps a verb that stands in the phrase's gap."""
    return any(
        PARTICIPLE in entry.forms.get(word, ())
        for word in lower[i + 1 : after - 1]
        for entry in table.get(word, ())
    )


def _people(word: str) -> bool:
    """Whether a word is an adjective of a country by its look."""
    return word[:1].isupper() and word.endswith(
        ("i", "an", "ish", "ese", "ic", "ch", "U.S.", "US", "tian")
    )


_FORETOLD = ("will ", "would ", "could ", "may ")


def find_cues(
    doc: Document, first: int, stop: int, *, foretold: bool = True
) -> list[Cue]:
    """Every cue of a sentence, in order; where two overlap the longer one stays.

    Parameters
    ----------
    doc, first, stop
        The text and the tokens of the sentence.
    foretold
        Code "will strike" as the threat it is; a reader that tells status apart wants
        the strike.
    """
    table, lower = action_words(), doc.lower
    found: list[Cue] = []
    free = first  # words of a phrase name no act of their own
    for i in range(first, stop):
        if i < free:
            continue
        entries = table.get(lower[i])
        if not entries:
            continue
        noun = any(entry.kind != VERB and not entry.rest for entry in entries)
        for entry in entries:
            if not foretold and entry.lemma.startswith(_FORETOLD):
                continue
            after = match_rest(entry, lower, i + 1, stop)
            if not after:
                continue
            if entry.kind == VERB:
                read = _verb_form(entry, doc, i, first, stop, noun=noun)
                if read is None:
                    continue
                form, passive = read
                if lower[i] in HAVE | BE and _auxiliary_only(table, lower, i, after):
                    continue
                found.append(
                    Cue(
                        i,
                        after,
                        entry.action,
                        VERB,
                        form,
                        entry.lemma,
                        passive or entry.suffers,
                    )
                )
            else:
                found.append(Cue(i, after, entry.action, entry.kind, "", entry.lemma))
            free = after
            break
    return found
