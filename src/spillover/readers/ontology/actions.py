"""Codes of actions as the 16 actions of PLOVER.

CAMEO by its longest known prefix, ACLED by event and sub-event type, UCDP by type of
violence; POLECAT writes PLOVER already. Pure functions of text. This file must never
import a case or a page; of `model` only the names of the actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, get_args

from spillover.model.actions import ACTIONS
from spillover.readers.ontology.tables import table

__all__ = ["ActionSystem", "Mapped", "action_of"]

ActionSystem = Literal["cameo", "acled", "ucdp", "plover", "plain"]
SYSTEMS: tuple[ActionSystem, ...] = get_args(ActionSystem)


@dataclass(frozen=True)
class Mapped:
    """What a code of an action means.

    Attributes
    ----------
    action
        One of the 16 actions of PLOVER.
    sure
        False where the table is our judgement, not PLOVER's own.
    matched
        The part of the code, or the entry, that decided.
    note
        Why, where there is something to say.
    """

    action: str
    sure: bool
    matched: str
    note: str = ""


@lru_cache(maxsize=4096)
def action_of(code: str, system: ActionSystem) -> Mapped | None:
    """What the code of an action means; None for one that is not known.

    Parameters
    ----------
    code
        As printed. CAMEO with its leading zero (``"043"``); ACLED an event type, a
        sub-event type, or both parted by a slash, colon, bar or semicolon; UCDP the
        type of violence (1 to 3); PLOVER and plain the name of an action.
    system
        Whose code it is.

    Raises
    ------
    KeyError
        For a system that is none of them.

    Examples
    --------
    >>> action_of("191", "cameo").action, action_of("195", "cameo").action
    ('COERCE', 'ASSAULT')
    >>> action_of("Battles/Armed clash", "acled").action
    'ASSAULT'
    >>> action_of("99", "cameo") is None
    True
    """
    read = {
        "cameo": _cameo,
        "acled": _acled,
        "ucdp": _ucdp,
        "plover": _plover,
        "plain": _plover,
    }[system]
    return read(code.strip())


@cache
def _prefixes() -> dict[str, Mapped]:
    return {
        r["prefix"]: Mapped(r["action"], r["sure"] == "yes", r["prefix"], r["note"])
        for r in table("cameo")
    }


def _cameo(code: str) -> Mapped | None:
    if not (code.isascii() and code.isdigit() and 2 <= len(code) <= 4):
        return None
    known = _prefixes()
    return next((known[code[:n]] for n in (4, 3, 2) if code[:n] in known), None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@cache
def _acled_tables() -> tuple[dict[str, Mapped], dict[str, dict[str, Mapped]]]:
    """Entries by sub-event type, and by event type and sub-event type."""
    alone: dict[str, Mapped] = {}
    both: dict[str, dict[str, Mapped]] = {}
    for r in table("acled"):
        kind, sub = r["event_type"], r["sub_event_type"]
        made = Mapped(r["action"], r["sure"] == "yes", sub or kind, r["note"])
        both.setdefault(_plain(kind), {})[_plain(sub)] = made
        if sub:
            alone[_plain(sub)] = made
    return alone, both


def _acled(code: str) -> Mapped | None:
    text = _plain(code)
    alone, both = _acled_tables()
    if text in alone:
        return alone[text]
    if text in both:
        return both[text].get("")
    for kind, subs in both.items():
        if text.startswith(kind):
            rest = text.removeprefix(kind).strip()
            if rest[:1] in ("/", ":", "|", ";"):
                return subs.get(rest[1:].strip(), subs.get(""))
    return None


def _ucdp(code: str) -> Mapped | None:
    notes = {
        "1": "state-based conflict",
        "2": "fighting between groups",
        "3": "one-sided violence against civilians",
    }
    note = notes.get(code)
    return None if note is None else Mapped("ASSAULT", True, code, note)


def _plover(code: str) -> Mapped | None:
    name = code.upper()
    return Mapped(name, True, name) if name in ACTIONS else None
