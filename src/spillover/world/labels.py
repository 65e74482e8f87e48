"""What an entity's name says: "Police (Philippines)" is a sector of a country.

An entity without a country in its name is given the one most of its partners have, as
of a day, so that nothing later is used. This file must never import a model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spillover.world.questions import Questions

__all__ = ["Labels", "labels_of", "with_countries_of_partners"]

Ints = NDArray[np.int32]
NAME = re.compile(r"^(.*?)\s*\(([^()]*)\)\s*$")
ENOUGH = 0.4
"""Share of an entity's facts that must be with one country to call it its own."""


@dataclass(frozen=True)
class Labels:
    """Country and sector by entity, shape (E,); 0 is none.

    Attributes
    ----------
    countries, sectors
        Their names; the first is "".
    """

    country: Ints
    sector: Ints
    countries: tuple[str, ...]
    sectors: tuple[str, ...]


def labels_of(entities: tuple[str, ...]) -> Labels:
    """Read countries and sectors from names.

    Examples
    --------
    >>> x = labels_of(("Police_(Chad)", "Chad", "A. Person"))
    >>> x.country.tolist(), x.sector.tolist(), x.sectors
    ([1, 1, 0], [1, 2, 0], ('', 'Police', 'country'))
    """
    country = np.zeros(len(entities), np.int32)
    sector = np.zeros(len(entities), np.int32)
    countries, sectors = {"": 0}, {"": 0}
    names = [e.replace("_", " ") for e in entities]
    for i, name in enumerate(names):
        if m := NAME.match(name):
            country[i] = countries.setdefault(m.group(2), len(countries))
            sector[i] = sectors.setdefault(m.group(1), len(sectors))
    for i, name in enumerate(names):
        if country[i] == 0 and name in countries:
            country[i] = countries[name]
            sector[i] = sectors.setdefault("country", len(sectors))
    return Labels(country, sector, tuple(countries), tuple(sectors))


def with_countries_of_partners(labels: Labels, q: Questions, day: int) -> Labels:
    """Give those without a country that of most of their facts before `day`."""
    known = (q.day < day) & (labels.country[q.answer] > 0)
    shape = (len(labels.country), len(labels.countries))
    table = csr_matrix(
        (np.ones(known.sum()), (q.who[known], labels.country[q.answer[known]])), shape
    )
    most = np.asarray(table.max(axis=1).todense()).ravel()
    which = np.asarray(table.argmax(axis=1)).ravel()
    total = np.asarray(table.sum(axis=1)).ravel()
    take = (labels.country == 0) & (most > 0) & (most >= ENOUGH * total)
    country = np.where(take, which, labels.country).astype(np.int32)
    return Labels(country, labels.sector, labels.countries, labels.sectors)
