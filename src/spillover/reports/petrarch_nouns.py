"""Actors and agents of a sentence by a user's PETRARCH dictionaries.

This file must never import the coder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from spillover.reports.petrarch import Dictionaries

__all__ = ["NO_CODE", "Noun", "find_nouns"]

NO_CODE = ("---", "###", "+++", "")
"""Codes that mean: do not code."""

_OWNED = ("OF", "FROM", "IN")
_LONGEST = 7


@dataclass(frozen=True)
class Noun:
    """Tokens that name one or several coded actors."""

    first: int
    stop: int
    codes: tuple[str, ...]


def find_nouns(
    upper: list[str], dictionaries: Dictionaries, day: date | None
) -> list[Noun]:
    """Actors with the agents beside them, and agents with their owners, in order."""
    found: list[Noun] = []
    k = 0
    while k < len(upper):
        noun = _actor(upper, k, dictionaries, day) or _agents(
            upper, k, dictionaries, day
        )
        if noun is None:
            k += 1
            continue
        # "Freedonia's prime minister Firefly": one and the same.
        last = found[-1] if found else None
        base = noun.codes[0][:3] if noun.codes else ""
        if (
            last
            and last.stop == noun.first
            and last.codes
            and last.codes[0][:3] == base
        ):
            found[-1] = Noun(last.first, noun.stop, last.codes)
        else:
            found.append(noun)
        k = noun.stop
    return [n for n in found if n.codes]


def _longest(upper: list[str], k: int, table: Mapping[tuple[str, ...], object]) -> int:
    for size in range(min(_LONGEST, len(upper) - k), 0, -1):
        if tuple(upper[k : k + size]) in table:
            return size
    return 0


def _with(code: str, suffix: str) -> str:
    """A code with a role behind it, once."""
    return code if code.endswith(suffix) else code + suffix


def _actor(
    upper: list[str], k: int, dictionaries: Dictionaries, day: date | None
) -> Noun | None:
    size = _longest(upper, k, dictionaries.actors)
    if not size:
        return None
    stop = k + size
    code = dictionaries.actors[tuple(upper[k:stop])].code(day)
    if code in NO_CODE:
        return Noun(k, stop, ())
    suffix, end = _roles_after(upper, stop, dictionaries)
    return Noun(
        k, end, tuple(_with(c, suffix) if suffix else c for c in code.split("/"))
    )


def _roles_after(
    upper: list[str], stop: int, dictionaries: Dictionaries
) -> tuple[str, int]:
    """Roles that follow an actor: "Freedonia 's army officers"."""
    suffix, end, k, steps = "", stop, stop, 0
    if k < len(upper) and upper[k] == "'S":
        k += 1
    while k < len(upper) and steps < 2:
        size = _longest(upper, k, dictionaries.agents)
        if size:
            entry = dictionaries.agents[tuple(upper[k : k + size])]
            if not entry.whole and entry.code not in suffix:
                suffix += entry.code
            k += size
            end, steps = k, 0
        else:
            if upper[k] in (",", "AND", "OF", "IN", ".", "IS", "ARE", "WAS", "WERE"):
                break
            if tuple(upper[k : k + 1]) in dictionaries.verbs:
                break
            k += 1
            steps += 1
    return suffix, end


def _agents(
    upper: list[str], k: int, dictionaries: Dictionaries, day: date | None
) -> Noun | None:
    """Roles, joined by "and", with whom they belong to: "clerics and soldiers of A and B"."""
    first = k
    roles = []
    while size := _longest(upper, k, dictionaries.agents):
        roles.append(dictionaries.agents[tuple(upper[k : k + size])])
        k += size
        if not (
            k < len(upper)
            and upper[k] == "AND"
            and _longest(upper, k + 1, dictionaries.agents)
        ):
            break
        k += 1
    if not roles:
        return None
    stop = k
    owners: list[str] = []
    direct = _longest(upper, k, dictionaries.actors)
    if k < len(upper) and upper[k] in _OWNED:
        k += 1
    elif not (direct and roles[0].prefix):
        whole = tuple(r.code for r in roles if r.whole)
        return Noun(first, stop, whole)
    while k < len(upper):
        while (
            k < len(upper)
            and upper[k] == "THE"
            and not _longest(upper, k, dictionaries.actors)
        ):
            k += 1
        size = _longest(upper, k, dictionaries.actors)
        if not size:
            break
        noun = _actor(upper, k, dictionaries, day)
        if noun is None:
            break
        owners.extend(noun.codes)
        stop = k = noun.stop
        if (
            k < len(upper)
            and upper[k] in (",", "AND")
            and _longest(
                upper, k + 1 + (upper[k + 1 : k + 2] == ["THE"]), dictionaries.actors
            )
        ):
            k += 1
            continue
        break
    codes = [
        r.code + o if r.prefix else _with(o, r.code) for r in roles for o in owners
    ]
    return Noun(first, stop, tuple(codes))
