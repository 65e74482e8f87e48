"""Forms of English verbs and nouns, for the cues of the lexicon.

Regular endings by rule, the rest from a table. This file must never import a lexicon.
"""

from __future__ import annotations

from spillover.reports.words import words

__all__ = [
    "BASE",
    "ING",
    "PARTICIPLE",
    "PAST",
    "THIRD",
    "is_base",
    "noun_forms",
    "verb_forms",
]

BASE, THIRD, PAST, PARTICIPLE, ING = "base", "third", "past", "participle", "ing"

_IRREGULAR = {
    line.split()[0]: tuple(line.split()[1:])
    for line in """
    be was been
    beat beat beaten
    become became become
    begin began begun
    blow blew blown
    break broke broken
    bring brought brought
    build built built
    burn burned burned
    buy bought bought
    catch caught caught
    choose chose chosen
    come came come
    cut cut cut
    deal dealt dealt
    do did done
    draw drew drawn
    drive drove driven
    fall fell fallen
    fight fought fought
    find found found
    flee fled fled
    fly flew flown
    forbid forbade forbidden
    forgive forgave forgiven
    get got got
    give gave given
    go went gone
    grow grew grown
    hang hanged hanged
    have had had
    hear heard heard
    hide hid hidden
    hit hit hit
    hold held held
    hurt hurt hurt
    keep kept kept
    know knew known
    lay laid laid
    lead led led
    leave left left
    lend lent lent
    let let let
    lose lost lost
    make made made
    mean meant meant
    meet met met
    overthrow overthrew overthrown
    pay paid paid
    put put put
    quit quit quit
    read read read
    retake retook retaken
    rise rose risen
    run ran run
    say said said
    see saw seen
    seek sought sought
    sell sold sold
    send sent sent
    set set set
    shake shook shaken
    shoot shot shot
    shut shut shut
    sink sank sunk
    slay slew slain
    speak spoke spoken
    spend spent spent
    split split split
    spread spread spread
    stand stood stood
    steal stole stolen
    strike struck struck
    swear swore sworn
    take took taken
    teach taught taught
    tear tore torn
    tell told told
    think thought thought
    throw threw thrown
    undertake undertook undertaken
    upset upset upset
    uphold upheld upheld
    wage waged waged
    win won won
    withdraw withdrew withdrawn
    withhold withheld withheld
    withstand withstood withstood
    write wrote written
    overrun overran overrun
    forgo forwent forgone
    rebuild rebuilt rebuilt
    broadcast broadcast broadcast
    shed shed shed
    """.strip().splitlines()
}
_DOUBLED = words(
    """
    ban stab stop plan kidnap permit commit admit rebut submit rob slam rap grab
    plot step cap drop shun spar chat rebel expel repel compel dispel fulfil control
    regret rig whip hug trap strip wrap ram nab chop tip prod defer refer transfer
    confer deter debar bar mar spur scrap snub log blog flog dig jam gun omit pin
    trim cancel travel signal label quarrel
    """
)
_VOWELS = "aeiou"


def verb_forms(verb: str) -> dict[str, tuple[str, ...]]:
    """Every form of a verb and what it may be; a form may be both past and participle."""
    if verb == "be":
        return {
            **dict.fromkeys(("is", "are", "am"), (THIRD,)),
            **dict.fromkeys(("was", "were"), (PAST,)),
            **{"be": (BASE,), "been": (PARTICIPLE,), "being": (ING,)},
        }
    stem = verb
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        stem = verb[:-1]
    elif verb in _DOUBLED:
        stem = verb + verb[-1]
    elif verb.endswith("e"):  # agree, agreed, agreeing
        stem = verb
    ing = (verb[:-2] + "y" if verb.endswith("ie") else stem) + "ing"
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        third, past = verb[:-1] + "ies", verb[:-1] + "ied"
    elif verb.endswith(("s", "x", "z", "ch", "sh")) or verb in ("go", "do", "veto"):
        third, past = verb + "es", stem + "ed"
    else:
        third, past = verb + "s", stem + ("d" if stem.endswith("e") else "ed")
    if verb == "have":
        third = "has"
    done = past
    if verb in _IRREGULAR:
        past, done = _IRREGULAR[verb]
    forms: dict[str, tuple[str, ...]] = {}
    for form, tag in (
        (verb, BASE),
        (third, THIRD),
        (past, PAST),
        (done, PARTICIPLE),
        (ing, ING),
    ):
        forms[form] = (*forms.get(form, ()), tag)
    return forms


_CHANGED = frozenset(
    form for base, forms in _IRREGULAR.items() for form in forms if form != base
) - set(_IRREGULAR)


def is_base(word: str) -> bool:
    """Whether a verb may be a base form: no ending of the past, of -ing or of -s."""
    if word.endswith("eed") or word in _IRREGULAR:
        return True
    third = word.endswith("s") and not word.endswith("ss")
    return not (third or word.endswith(("ed", "ing")) or word in _CHANGED)


def noun_forms(noun: str) -> tuple[str, ...]:
    """Singular and plural."""
    if noun.endswith("s") and not noun.endswith("ss"):
        return (noun,)
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return noun, noun[:-1] + "ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun, noun + "es"
    return noun, noun + "s"
