"""Roles of actors in CAMEO and PLOVER: which are organs of a state, and their names.

This file must never import a case, a model or a page.
"""

from __future__ import annotations

from functools import cache

from spillover.readers.ontology.tables import table

__all__ = ["is_state", "sector_name", "sector_of"]


@cache
def _sectors() -> dict[str, tuple[bool, str]]:
    return {r["sector"]: (r["state"] == "yes", r["name"]) for r in table("sectors")}


def sector_of(code: str) -> str:
    """First known role in a CAMEO actor code after its country; empty for none.

    Examples
    --------
    >>> sector_of("IRQREB"), sector_of("IRQ"), sector_of("USAGOVHLH")
    ('REB', '', 'GOV')
    """
    parts = [code[k : k + 3].upper() for k in range(0, len(code), 3)]
    return next((p for p in parts[1:] if p in _sectors()), "")


def is_state(sector: str) -> bool:
    """Whether a role acts for the state; no role at all does."""
    return not sector or _sectors().get(sector.upper(), (False, ""))[0]


def sector_name(sector: str) -> str:
    """Name of a role in words; the code itself when it is not known."""
    return _sectors().get(sector.upper(), (False, sector))[1]
