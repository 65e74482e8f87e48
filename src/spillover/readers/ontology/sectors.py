"""Roles of actors: organs of a state, armed groups, society.

Codes of CAMEO and PLOVER, words of ICEWS and ACLED. This file must never import a
case, a model or a page.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

from spillover.readers.ontology.tables import table

__all__ = ["Role", "role_of", "sector_name", "sector_of"]

Role = Literal["state", "armed", "society", ""]
ROLES: dict[str, Role] = {"state": "state", "armed": "armed", "society": "society"}


@cache
def _sectors() -> dict[str, tuple[Role, str]]:
    return {
        r["sector"].casefold(): (ROLES.get(r["role"], ""), r["name"])
        for r in table("sectors")
    }


def _threes(code: str) -> list[str]:
    return [code[k : k + 3] for k in range(0, len(code), 3)]


@lru_cache(maxsize=8192)
def role_of(sectors: str) -> Role:
    """What kind of actor a list of sectors means; empty where it does not say.

    Parameters
    ----------
    sectors
        Codes or words parted by ``;`` or ``,``, or roles of CAMEO run together.

    Notes
    -----
    An armed word beside a state's is a rebel with an office: armed. Society speaks only
    where neither does.

    Examples
    --------
    >>> role_of("Executive,Foreign Ministry,Government"), role_of("REB"), role_of("CVL")
    ('state', 'armed', 'society')
    """
    found: set[Role] = set()
    for token in re.split(r"[;,]", sectors):
        word = token.strip()
        known = _sectors().get(word.casefold())
        if known is None and re.fullmatch(r"(?:[A-Z]{3}){2,}", word):
            parts = (_sectors().get(p.casefold()) for p in _threes(word))
            found |= {p[0] for p in parts if p is not None}
        elif known is None and word.casefold().endswith(" ministry"):
            found.add("state")
        elif known is not None:
            found.add(known[0])
    order: tuple[Role, ...] = ("armed", "state", "society")
    return next((r for r in order if r in found), "")


def sector_of(code: str) -> str:
    """First known role in a CAMEO actor code after its country; empty for none.

    Examples
    --------
    >>> sector_of("IRQREB"), sector_of("IRQ"), sector_of("USAGOVHLH")
    ('REB', '', 'GOV')
    """
    parts = _threes(code.upper())
    return next((p for p in parts[1:] if p.casefold() in _sectors()), "")


def sector_name(sector: str) -> str:
    """Name of a role in words; the code itself when it is not known."""
    return _sectors().get(sector.casefold(), ("", sector))[1]
