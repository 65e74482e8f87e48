"""Find mentions of actors and places in a text, and say who each is.

A mention is put together: "Iraqi" + "army", "Prime Minister" + a name, a group's own
name. A country or capital after "in" or "near" is a place. This file must never import a
claim's reader.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from spillover.reports.actor_table import (
    CAPITAL,
    CITY,
    COUNTRY,
    DEMONYM,
    GROUP,
    PERSON,
    ROLE,
    STATE_SECTORS,
    ActorRow,
    Entry,
    Table,
    actor_table,
    slug,
)
from spillover.reports.claim import Party
from spillover.reports.tokens import Document, tokenise
from spillover.reports.words import words

__all__ = ["Mention", "apposed_name", "find_actors", "resolve_mention"]

_PLACING = words(
    """
    in near inside outside around across within throughout from at toward towards into
    over through via off south north east west northern southern eastern western central
    """
)
_MODIFIERS = words(
    """
    senior top former ex state local regional armed national federal interim acting
    then deputy new current veteran elite young ordinary hardline ruling central chief
    powerful leading retired unarmed suspected alleged outgoing incoming high-ranking
    high-level pro-government exiled main deposed ousted special military civilian
    political foreign interior defence defense finance security prime vice caretaker
    nuclear air naval ground opposition unnamed unidentified
    """
)
_GROUND = words("soil territory airspace skies waters border borders coast")
"""After an adjective: a place ("from Arland soil")."""
_SEATED = words("based owned flagged registered operated")
_FORMER = words("former ex ousted deposed retired exiled late")
_TITLES = words(
    """
    president minister premier chancellor king queen general colonel ambassador secretary
    prince emir sultan sheikh ayatollah spokesman spokeswoman spokesperson commander
    leader chief envoy governor mayor senator judge mr mrs ms dr gen col lt sgt maj adm
    prime foreign captain admiral brigadier lieutenant marshal director commissioner
    coordinator speaker lawmaker deputy official negotiator
    """
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens that name someone or some place."""

    first: int
    stop: int
    party: Party
    kind: str = "actor"
    person: bool = False


def find_actors(
    doc: Document, *, on: date | None = None, extra: Sequence[ActorRow] = ()
) -> list[Mention]:
    """Mentions of a whole text, in order and apart from each other.

    Parameters
    ----------
    doc
        The text.
    on
        Its day: names and offices hold between years.
    extra
        Actors beside the table.
    """
    table = actor_table(extra)
    found: list[Mention] = []
    i, count = 0, len(doc.words)
    while i < count:
        entry = _match(table, doc, i, count, on)
        if entry is None:
            based = _based(table, doc, i, count, on)
            if based is not None:
                found.append(based)
            i = based.stop if based else i + 1
            continue
        mention = _compose(table, doc, i, entry, count, on)
        if mention is None:
            i += len(entry.words)
            continue
        found.append(mention)
        i = mention.stop
    return _with_surnames(doc, found)


def _based(
    table: Table, doc: Document, i: int, count: int, on: date | None
) -> Mention | None:
    """As in "Arland-based rebels": a role with the country it is seated in."""
    name, _, tail = doc.words[i].partition("-")
    if tail not in _SEATED:
        return None
    own = tokenise(name)
    entry = _match(table, own, 0, len(own.words), on) if own.words else None
    if tail != "based":  # "an Arland-flagged ship"
        if entry is None or entry.kind not in (COUNTRY, DEMONYM):
            return None
        return Mention(i, i + 1, Party(entry.row.id, entry.row.country, "BUS"))
    role = _role_after(table, doc, i + 1, count)
    if entry is None or role is None or entry.kind not in (COUNTRY, DEMONYM, CAPITAL):
        return None
    stop, sector, word = role
    return Mention(i, stop, Party(f"{entry.row.id}-{word}", entry.row.country, sector))


def _match(
    table: Table, doc: Document, i: int, count: int, on: date | None
) -> Entry | None:
    """The longest wording that stands at a token and holds on the day."""
    for entry in table.by_word.get(doc.lower[i], ()):
        size = len(entry.words)
        if i + size > count:
            continue
        if entry.kind == ROLE:
            if doc.lower[i : i + size] == list(entry.words):
                return entry
            continue
        if not all(
            _same(w, doc.words[i + k], entry.exact) for k, w in enumerate(entry.words)
        ):
            continue
        if entry.kind == GROUP and not _holds(entry.row, on):
            continue
        return entry
    return None


def _same(word: str, found: str, exact: bool) -> bool:
    if word == found:
        return True
    if exact or word.isupper():
        return False
    plain = found.replace("’", "'")
    if plain.lower() != word.lower():
        return False
    return plain[0].isupper() or not word[0].isupper()


def _holds(row: ActorRow, on: date | None) -> bool:
    if on is None:
        return True
    return (not row.first_year or on.year >= row.first_year) and (
        not row.last_year or on.year <= row.last_year
    )


def _compose(
    table: Table, doc: Document, i: int, entry: Entry, count: int, on: date | None
) -> Mention | None:
    """The whole mention that begins with a wording."""
    stop = i + len(entry.words)
    row = entry.row
    if entry.kind == ROLE:
        return _role_first(table, doc, i, entry, count, on)
    if entry.kind == PERSON:
        sector = row.sector if _holds(row, on) else "ELI"
        return Mention(i, stop, Party(row.id, row.country, sector), person=True)
    if entry.kind == GROUP:
        stop = _over_roles(table, doc, stop, count)
        return Mention(i, stop, Party(row.id, row.country, row.sector))
    role = _role_after(table, doc, stop, count)
    if role is not None:
        return _with_role(table, doc, i, row, role, count)
    if entry.kind == CITY:
        return Mention(i, stop, Party(row.id, row.country, ""), "place")
    dateline = stop < count and doc.words[stop] in ("-", "—", "–", "(")
    dateline = dateline and all(word.isupper() for word in doc.words[i:stop])
    if entry.kind in (COUNTRY, CAPITAL) and (_is_place(doc, i) or dateline):
        return Mention(i, stop, Party(row.id, row.country, ""), "place")
    if entry.kind == DEMONYM:
        return _people_of(doc, i, stop, row, count)
    return Mention(i, stop, Party(row.id, row.country, row.sector or "GOV"))


def _people_of(
    doc: Document, i: int, stop: int, row: ActorRow, count: int
) -> Mention | None:
    """An adjective alone: people ("Iranians"), or a thing of that country ("Iranian drones")."""
    word = doc.lower[stop - 1]
    if stop < count and doc.lower[stop] in _GROUND:
        return Mention(i, stop + 1, Party(row.id, row.country, ""), "place")
    named = stop < count and doc.words[stop][:1].isupper() and doc.words[stop] != "I"
    if named:
        k = stop
        while k < count and k - stop < 3 and doc.words[k][:1].isupper():
            k += 1
        return Mention(i, k, Party(row.id, row.country, "GOV"))
    plural = word.endswith("s") and not word.endswith(("ss", "us"))
    if plural:
        return Mention(i, stop, Party(row.id, row.country, "CVL"))
    return Mention(i, stop, Party(row.id, row.country, "GOV"))


def _is_place(doc: Document, i: int) -> bool:
    """Whether a country or capital stands where a place stands."""
    k = i - 1
    while k >= 0 and doc.lower[k] in ("the", "-"):
        k -= 1
    return k >= 0 and doc.lower[k] in _PLACING


def _role_after(
    table: Table, doc: Document, i: int, count: int
) -> tuple[int, str, str] | None:
    """A role that follows, past modifiers: the token after it, its sector, its word."""
    k, former = i, False
    if k < count and doc.lower[k] == "'s":
        k += 1
    while k < count and k - i < 4:
        role = _role_at(table, doc, k, count)
        if role is not None:
            stop, sector, word = role
            again = _role_at(table, doc, stop, count)
            while again is not None:  # "army chief", "defence ministry spokesman"
                stop, sector, word = again[0], _stronger(sector, again[1]), again[2]
                again = _role_at(table, doc, stop, count)
            return stop, "ELI" if former and sector == "GOV" else sector, word
        if doc.lower[k] not in _MODIFIERS and not doc.lower[k].startswith(
            ("pro-", "anti-")
        ):
            return None
        former = former or doc.lower[k] in _FORMER
        k += 1
    return None


def _stronger(first: str, second: str) -> str:
    """Of two roles in a row the one that says more: "army spokesman" is the army's."""
    if second in ("GOV", "CVL", "PTY") or first == second:
        return first
    return second


def _role_at(
    table: Table, doc: Document, k: int, count: int
) -> tuple[int, str, str] | None:
    if k >= count:
        return None
    for entry in table.by_word.get(doc.lower[k], ()):
        size = len(entry.words)
        if entry.kind == ROLE and doc.lower[k : k + size] == list(entry.words):
            return k + size, entry.row.sector, entry.row.id
    return None


def _over_roles(table: Table, doc: Document, stop: int, count: int) -> int:
    """Roles after a group's name belong to the mention: "Houthi rebels", "Taliban fighters"."""
    role = _role_at(table, doc, stop, count)
    return role[0] if role and doc.words[stop][:1].islower() else stop


def _with_role(
    table: Table,
    doc: Document,
    i: int,
    row: ActorRow,
    role: tuple[int, str, str],
    count: int,
) -> Mention:
    stop, sector, word = role
    person = doc.lower[stop - 1] in _TITLES and not doc.lower[stop - 1].endswith("s")
    stop = _over_name(doc, stop, count, table)
    ident = row.id if sector in STATE_SECTORS or not sector else f"{row.id}-{word}"
    return Mention(i, stop, Party(ident, row.country, sector), person=person)


def _over_name(doc: Document, stop: int, count: int, table: Table) -> int:
    """Take in a personal name after a title: "Prime Minister Mohammed Shia al-Sudani"."""
    if stop >= count or doc.lower[stop - 1] not in _TITLES:
        return stop
    k = stop
    while (
        k < count
        and k - stop < 5
        and (
            doc.words[k][:1].isupper()
            or doc.lower[k].startswith(("al-", "bin", "el-", "von", "de"))
        )
        and doc.words[k][:1].isalpha()
    ):
        k += 1
    return k


def _role_first(
    table: Table, doc: Document, i: int, entry: Entry, count: int, on: date | None
) -> Mention | None:
    """A role before its owner: "the president of Arland", "soldiers from B", a title and name."""
    stop = i + len(entry.words)
    sector, word = entry.row.sector, entry.row.id
    if stop + 1 < count and doc.lower[stop] in ("of", "from"):
        k = stop + 1
        while k < count and doc.lower[k] in ("the", "a"):
            k += 1
        owner = _match(table, doc, k, count, on) if k < count else None
        if owner is not None and owner.kind in (COUNTRY, CAPITAL, GROUP):
            row = owner.row
            state = sector in STATE_SECTORS or owner.kind == GROUP
            ident = row.id if state else f"{row.id}-{word}"
            sector = row.sector if owner.kind == GROUP else sector
            return Mention(i, k + len(owner.words), Party(ident, row.country, sector))
    if doc.words[i][:1].isupper() and stop < count:
        person = _match(table, doc, stop, count, on)
        if person is not None and person.kind == PERSON:
            row = person.row
            holds = row.sector if _holds(row, on) else "ELI"
            return Mention(
                i, stop + len(person.words), Party(row.id, row.country, holds)
            )
    return None


def apposed_name(doc: Document, stop: int) -> str:
    """The surname in "Arland's president, Ana Holt,"; nothing when none follows."""
    if stop >= len(doc.words) or doc.words[stop] != ",":
        return ""
    k = stop + 1
    while k < len(doc.words) and k - stop < 6 and doc.words[k][:1].isupper():
        k += 1
    ended = k < len(doc.words) and doc.words[k] in (",", ".")
    return doc.words[k - 1] if ended and k - stop > 2 else ""


def _with_surnames(doc: Document, found: list[Mention]) -> list[Mention]:
    """Later bare surnames of people named with office before: "Sudani said"."""
    known: dict[str, Party] = {}
    taken: set[int] = set()
    for m in found:
        taken.update(range(m.first, m.stop))
        tail = doc.words[m.stop - 1]
        apposed = apposed_name(doc, m.stop) if doc.lower[m.stop - 1] in _TITLES else ""
        if m.kind == "actor" and apposed:
            known.setdefault(apposed, m.party)
        if m.kind == "actor" and m.stop - m.first >= 3 and tail[:1].isupper():
            known.setdefault(tail, m.party)
    if not known:
        return found
    extra = [
        Mention(k, k + 1, known[word], person=True)
        for k, word in enumerate(doc.words)
        if word in known and k not in taken
    ]
    return sorted([*found, *extra], key=lambda m: m.first)


def resolve_mention(
    mention: str,
    context: str = "",
    on: date | None = None,
    extra: Sequence[ActorRow] = (),
) -> Party:
    """Who a given mention is: by itself, else by its sentence.

    Parameters
    ----------
    mention
        The words, as a coder marked them.
    context
        The sentence, if any.
    on
        Day of the text.
    """
    doc = tokenise(mention)
    mentions = find_actors(doc, on=on, extra=extra)
    table = actor_table(extra)
    role = next(
        (
            r
            for k in range(len(doc.words))
            if (r := _role_at(table, doc, k, len(doc.words)))
        ),
        None,
    )
    if mentions:
        best = max(mentions, key=lambda m: (bool(m.party.sector), m.stop - m.first))
        party = best.party
        if role and party.sector in ("", "GOV") and best.stop - best.first == 1:
            party = Party(party.actor, party.country, role[1])
        return party
    sector = role[1] if role else ""
    near = _misspelt(doc, table)
    if near is not None:
        return Party(near.id, near.country, sector or "CVL")
    around = find_actors(tokenise(context), on=on, extra=extra) if context else []
    country = _nearest_country(context, mention, around)
    if country:
        return Party(slug(mention), country, sector)
    return Party(slug(mention), "", sector)


def _misspelt(doc: Document, table: Table) -> ActorRow | None:
    """A capitalised word that is nearly the name of a country or its people."""
    names = [
        word
        for word, entries in table.by_word.items()
        if any(e.kind in (COUNTRY, DEMONYM) and len(e.words) == 1 for e in entries)
    ]
    for word in doc.words:
        if word[:1].isupper() and len(word) >= 5:
            close = difflib.get_close_matches(word.lower(), names, 1, 0.84)
            if close:
                return next(
                    e.row
                    for e in table.by_word[close[0]]
                    if e.kind in (COUNTRY, DEMONYM)
                )
    return None


def _nearest_country(context: str, mention: str, around: list[Mention]) -> str:
    """The country named nearest to a mention in its sentence."""
    doc = tokenise(context)
    at = context.find(mention)
    token = doc.token_at(max(0, at))
    placed = [m for m in around if m.party.country]
    if not placed:
        return ""
    return min(placed, key=lambda m: abs(m.first - token)).party.country
