"""Actors of a draft case from what event data print: states, their rebels, named groups.

A state's organs are one actor; what is armed or civil in a country and has no name of
its own is one actor each; everything else goes by its name or code. Each comes with
the entry of the codebook that finds it again. This file must never import an engine,
a schema or a page.
"""
# ruff: noqa: E501 - SQL and sentences for people

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from spillover.assemble.event_actors import Printed, country_and_role, folded
from spillover.readers.ontology import country, country_of

__all__ = ["Identity", "identities", "slug"]

GENERIC = re.compile(r"\([^()]+\)\s*$")
KINDS = {"state": "state", "armed": "armed group", "society": "organisation"}


@dataclass(frozen=True)
class Identity:
    """An actor of a draft.

    Attributes
    ----------
    id, name, kind
        As in a case.
    iso3
        Of a state; else empty.
    printed
        Entry of the codebook that finds it.
    """

    id: str
    name: str
    kind: str
    iso3: str
    printed: str


def slug(name: str) -> str:
    """A name as an id: small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:40].strip("-") or "x"


def _own_name(who: Printed, role: str, iso3: str) -> bool:
    """Whether an actor is one of its own, not one of a kind in a country."""
    if not iso3 and not role:
        return True
    if role == "state" and iso3:
        return False
    if who.dataset == "gdelt":
        return not iso3
    if role == "society" and iso3:
        return False
    named = bool(who.name) and not GENERIC.search(who.name)
    return not iso3 or (named and country_of(who.name, "name") is None)


def _identity(who: Printed) -> Identity | None:
    if not (who.name or who.code or who.country):
        return None
    iso3, role = country_and_role(who)
    kind = KINDS.get(role, "organisation")
    if not _own_name(who, role, iso3):
        state = country(iso3)
        name = state.name if state is not None else iso3
        if role == "state":
            return Identity(slug(name), name, "state", iso3, f"iso3:{iso3}")
        role = role or "society"
        words = "Armed groups of" if role == "armed" else "Society of"
        return Identity(
            slug(f"{name} {role}"),
            f"{words} {name}",
            KINDS[role],
            "",
            f"role:{iso3}/{role}",
        )
    if who.dataset == "gdelt" and who.code:
        name = who.name.title() if who.name else who.code
        return Identity(slug(who.code), name, kind, "", f"cameo:{who.code}")
    label = who.name or who.code
    return Identity(
        slug(label), label, kind, "", f"name:{label}" if who.name else label
    )


def identities(printed: Iterable[Printed]) -> dict[Printed, Identity]:
    """Who each printed actor is; blanks are nobody. Ids are each used once.

    Two names that give the same id are one actor only if they give the same entry of
    the codebook; else the later gets a number.
    """
    taken: dict[str, str] = {}
    found: dict[Printed, Identity] = {}
    for who in sorted(
        printed, key=lambda p: (p.dataset, p.name, p.code, p.sector, p.country)
    ):
        made = _identity(who)
        if made is None:
            continue
        entry = folded(made.printed) + made.printed[:5]
        name, k = made.id, 2
        while taken.get(name, entry) != entry:
            name, k = f"{made.id}-{k}", k + 1
        taken[name] = entry
        found[who] = Identity(name, made.name, made.kind, made.iso3, made.printed)
    return found
