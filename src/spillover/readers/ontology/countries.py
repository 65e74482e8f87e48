"""Codes and names of states and territories, as ISO 3166 codes of three letters.

FIPS 10-4 and ISO differ where it hurts: IS is Israel in one and Iceland in the other,
IZ is Iraq, AS Australia, AU Austria. So a code is never read without its system. This
file must never import a case, a model or a page.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from spillover.readers.ontology.tables import table

__all__ = ["Country", "CountrySystem", "countries", "country", "country_of"]

CountrySystem = Literal["iso3", "iso2", "fips", "gw", "cow", "cameo", "name"]
SYSTEMS: tuple[CountrySystem, ...] = get_args(CountrySystem)


@dataclass(frozen=True)
class Country:
    """A state or territory and its codes; the first of several is the one in use.

    Attributes
    ----------
    iso3, iso2
        ISO 3166; XKX and XK for Kosovo, which has none.
    name
        Short English name.
    gw, cow
        Numbers of Gleditsch and Ward and of the Correlates of War; empty for none.
    fips, cameo
        FIPS 10-4 and the country codes of CAMEO.
    """

    iso3: str
    name: str
    gw: tuple[str, ...]
    cow: tuple[str, ...]
    fips: tuple[str, ...]
    cameo: tuple[str, ...]
    iso2: str


def _several(cell: str) -> tuple[str, ...]:
    return tuple(c for c in cell.split(";") if c)


@cache
def countries() -> tuple[Country, ...]:
    """Every state and territory of the table, by ISO code."""
    return tuple(
        Country(
            r["iso3"],
            r["name"],
            _several(r["gw"]),
            _several(r["cow"]),
            _several(r["fips"]),
            _several(r["cameo"]),
            r["iso2"],
        )
        for r in table("countries")
    )


def _folded(name: str) -> str:
    """Letters and digits only, without accents and case."""
    flat = unicodedata.normalize("NFKD", name.casefold())
    flat = "".join(c for c in flat if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", flat))


@cache
def _index(system: CountrySystem) -> dict[str, str]:
    """Code to ISO code; where two states share one, the one that uses it now."""
    found: dict[str, str] = {}
    rank: dict[str, int] = {}
    for c in countries():
        codes: tuple[str, ...] = {
            "iso3": (c.iso3,),
            "iso2": (c.iso2,),
            "fips": c.fips,
            "gw": c.gw,
            "cow": c.cow,
            "cameo": c.cameo,
            "name": (_folded(c.name),),
        }[system]
        for k, code in enumerate(codes):
            if code not in found or k < rank[code]:
                found[code], rank[code] = c.iso3, k
    if system == "name":
        for r in table("names"):
            found.setdefault(_folded(r["name"]), r["iso3"])
    return found


def country_of(code: str | int, system: CountrySystem) -> str | None:
    """ISO code of three letters of a code or name; None for one that is not known.

    Parameters
    ----------
    code
        As printed. In ``cameo`` the country may be followed by roles (``"IRQREB"``).
    system
        Whose code it is.

    Raises
    ------
    KeyError
        For a system that is none of them.

    Examples
    --------
    >>> country_of("IS", "fips"), country_of("IS", "iso2")
    ('ISR', 'ISL')
    >>> country_of(645, "gw"), country_of("IRQREB", "cameo")
    ('IRQ', 'IRQ')
    >>> country_of("Yemen (North Yemen)", "name")
    'YEM'
    """
    text = str(code).strip()
    if system not in SYSTEMS:
        raise KeyError(system)
    if system == "name":
        return _index("name").get(_folded(text))
    if system in ("gw", "cow"):
        return _index(system).get(text.removesuffix(".0").lstrip("0"))
    text = text.upper()
    if system == "cameo":
        text = text[:3]
    return _index(system).get(text)


@cache
def _by_iso3() -> dict[str, Country]:
    return {c.iso3: c for c in countries()}


def country(iso3: str) -> Country | None:
    """The state or territory of an ISO code."""
    return _by_iso3().get(iso3.upper())
