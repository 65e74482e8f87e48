"""Who an actor of an event data set is in a case: codebook, then names, then states.

Data sets print actors each in their own way: a code (``IRQREB``), a name (``Government
of Iraq``, ``Military Forces of Iraq (2014-)``), a sector and a country. The codebook of
a case says who is meant; `docs/codebook.md` has its forms. What it does not name is met
by the actor's own name and, for states, by its country. Pure functions of text: this
file must never import a case, an engine or a store.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal, get_args

from spillover.errors import nearest
from spillover.readers.ontology import Role, country, country_of, role_of

__all__ = [
    "Book",
    "CaseActor",
    "Printed",
    "compile_book",
    "country_and_role",
    "folded",
    "propose",
]

CodeSystem = Literal["iso3", "gw", "cow", "fips"]
CODE_SYSTEMS: tuple[CodeSystem, ...] = get_args(CodeSystem)
ROLES: tuple[Role, ...] = ("state", "armed", "society")
DATASETS = ("gdelt", "ucdp", "acled", "icews", "polecat", "plain")
PREFIX = re.compile(
    r"^(iso3|gw|cow|fips|role|cameo|name|gdelt|ucdp|acled|icews|polecat|plain):\s*(.+)$"
)
STATE_OF = re.compile(
    r"^(?:the )?(?:government|military forces|police forces|armed forces|military|"
    r"police|army|navy|air force)(?: and (?:military|police) forces)?"
    r" of (?:the )?(.+)$",
    re.IGNORECASE,
)
TRAILING = re.compile(r"^(.*?)\s*\(([^()]*)\)$")


@lru_cache(maxsize=1 << 16)
def folded(text: str) -> str:
    """Letters and digits only, without accents and case."""
    flat = text.casefold()
    if not flat.isascii():
        flat = unicodedata.normalize("NFKD", flat)
        flat = "".join(c for c in flat if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", flat))


@dataclass(frozen=True)
class Printed:
    """An actor as a data set prints it; blanks are empty."""

    dataset: str
    name: str = ""
    code: str = ""
    sector: str = ""
    country: str = ""

    @property
    def label(self) -> str:
        """What a person would copy into the codebook."""
        if self.dataset == "gdelt" and self.code:
            return self.code
        return self.name or self.code or "blank"


@dataclass(frozen=True)
class CaseActor:
    """An actor of a case: its id, its names, its country if it is a state."""

    id: str
    names: tuple[str, ...] = ()
    iso3: str = ""


def _state_named(name: str) -> str:
    """ISO code of the state whose government or forces a name is; empty for none."""
    found = STATE_OF.match(name)
    if not found:
        return ""
    rest = found.group(1)
    whole = country_of(rest, "name")
    return whole or country_of(rest.partition(" (")[0], "name") or ""


def country_and_role(who: Printed) -> tuple[str, Role]:
    """ISO code and role of a printed actor; empty where nothing says it.

    Examples
    --------
    >>> country_and_role(Printed("gdelt", code="IRQREB"))
    ('IRQ', 'armed')
    >>> country_and_role(Printed("ucdp", name="Government of Yemen (North Yemen)"))
    ('YEM', 'state')
    >>> country_and_role(Printed("icews", name="Citizen (Iraq)", sector="Social"))
    ('IRQ', 'society')
    """
    state = _state_named(who.name)
    if state:
        return state, "state"
    iso3 = who.country if country(who.country) else ""
    role = role_of(who.sector)
    if who.dataset == "gdelt":
        iso3 = country_of(who.code, "cameo") or iso3
        if who.code[3:]:
            role = role_of(f"UNK{who.code[3:]}") or role or "society"
        elif iso3 and not role:
            role = "state"
        return iso3, role
    plain = country_of(who.name, "name") or country_of(who.code, "iso3") or ""
    if plain and not role:
        return plain, "state"
    trailing = TRAILING.match(who.name)
    if trailing and not iso3:
        iso3 = country_of(trailing.group(2), "name") or ""
    if not role and who.dataset in ("ucdp", "acled"):
        civil = folded(who.name).startswith(("civilians", "protesters", "rioters"))
        role = "society" if civil else "armed"
    if not role and who.dataset == "icews" and who.sector:
        role = "society"
    return iso3 or plain, role


@dataclass(frozen=True)
class Book:
    """A codebook and the actors of a case, ready to be asked.

    Attributes
    ----------
    exact
        (data set or empty, "name" or "code", folded text) to actor.
    wild
        The same with a pattern of ``*`` and ``?``, the longest first.
    groups
        (ISO code, role) to actor.
    blank
        Who is meant where nothing is printed; empty for nobody.
    actors
        The actors of the case.
    """

    exact: Mapping[tuple[str, str, str], str]
    wild: tuple[tuple[str, str, str], ...]
    groups: Mapping[tuple[str, Role], str]
    own_names: Mapping[str, str]
    own_states: Mapping[str, str]
    blank: str
    actors: tuple[CaseActor, ...]

    def actor_of(self, who: Printed) -> str:
        """Actor of the case that a printed actor is; empty for none."""
        if not (who.name or who.code or who.country):
            return self.blank
        name, code = folded(who.name), who.code.casefold()
        for dataset in (who.dataset, ""):
            for kind, text in (("name", name), ("code", code)):
                if text and (dataset, kind, text) in self.exact:
                    return self.exact[dataset, kind, text]
        texts = tuple(t for t in (who.name.casefold(), code) if t)
        for dataset, pattern, actor in self.wild:
            if dataset in ("", who.dataset) and any(
                fnmatchcase(t, pattern) for t in texts
            ):
                return actor
        if name in self.own_names:
            return self.own_names[name]
        iso3, role = country_and_role(who)
        if (iso3, role) in self.groups:
            return self.groups[iso3, role]
        return self.own_states.get(iso3, "") if role == "state" else ""


def _group(prefix: str, text: str) -> tuple[str, Role] | None:
    """(ISO code, role) of a code of a state or of ``role:IRQ/armed``."""
    system: CodeSystem | None = next((s for s in CODE_SYSTEMS if s == prefix), None)
    if system is not None:
        iso3 = country_of(text, system)
        return (iso3, "state") if iso3 else None
    if prefix == "role":
        code, _, word = text.partition("/")
        iso3 = country_of(code, "iso3")
        role = next((r for r in ROLES if r == word.strip()), None)
        return (iso3, role) if iso3 and role else None
    return None


def compile_book(
    codebook: Mapping[str, str], actors: Iterable[CaseActor]
) -> tuple[Book, tuple[str, ...]]:
    """Make a codebook ready.

    Parameters
    ----------
    codebook
        Printed to actor id, as read from the case.
    actors
        Actors of the case.

    Returns
    -------
    Book
    tuple of str
        Notes on entries that can match nothing, in words.
    """
    exact: dict[tuple[str, str, str], str] = {}
    wild: list[tuple[str, str, str]] = []
    groups: dict[tuple[str, Role], str] = {}
    notes: list[str] = []
    blank = ""
    for printed, actor in codebook.items():
        found = PREFIX.match(printed)
        prefix, text = found.groups() if found else ("", printed.strip())
        if prefix in (*CODE_SYSTEMS, "role"):
            group = _group(prefix, text)
            if group is None:
                notes.append(
                    f'codebook: "{printed}" is no known code: it matches nothing'
                )
            else:
                groups.setdefault(group, actor)
            continue
        if not prefix and text == "blank":
            blank = actor
            continue
        dataset = prefix if prefix in DATASETS else ""
        if "*" in text or "?" in text:
            wild.append((dataset, text.casefold(), actor))
            continue
        if prefix != "cameo":
            exact.setdefault((dataset, "name", folded(text)), actor)
        if prefix != "name":
            exact.setdefault((dataset, "code", text.casefold()), actor)
        if not prefix:
            short = len(text) == 3 and text.isupper()
            iso3 = country_of(text, "iso3" if short else "name")
            if iso3:
                groups.setdefault((iso3, "state"), actor)
    listed = tuple(actors)
    names: dict[str, str] = {}
    states: dict[str, str] = {}
    for a in listed:
        for name in (*a.names, a.id):
            names.setdefault(folded(name), a.id)
        iso3 = a.iso3 or _own_state(a)
        if iso3:
            states.setdefault(iso3, a.id)
    wild.sort(key=lambda w: -len(w[1]))
    return Book(exact, tuple(wild), groups, names, states, blank, listed), tuple(notes)


def _own_state(actor: CaseActor) -> str:
    """Country whose code or name an actor carries; empty for none."""
    if len(actor.id) == 3 and country_of(actor.id, "iso3"):
        return str(country_of(actor.id, "iso3"))
    words = (actor.id.replace("-", " "), *actor.names)
    return next((c for c in (country_of(w, "name") for w in words) if c), "")


def propose(who: Printed, actors: Sequence[CaseActor]) -> tuple[str, str]:
    """Nearest actor of a case to a printed one, and on what ground; empty for none."""
    texts = {folded(t): a.id for a in actors for t in (*a.names, a.id)}
    name = folded(who.name) if who.name != who.code else ""
    near = nearest(name, texts) if len(name) > 4 else ""  # short: chance likeness
    inside = [t for t in texts if len(t) > 3 and name and (t in name or name in t)]
    iso3, role = country_and_role(who)
    state = country(iso3) if iso3 else None
    if near or (inside and state is None):
        return texts[near or max(inside, key=len)], "similar name"
    if state is None:
        return "", ""
    own = folded(state.name)
    why = f"same country, {state.name}"
    if role != "state":
        for text, actor in texts.items():
            if own in text and own != text:
                return actor, why
    for text, actor in texts.items():
        if own == text:
            return actor, why
    return next(((a.id, why) for a in actors if a.iso3 == iso3), ("", ""))
