"""What codes of actions, states and roles mean, as small tables and pure lookups.

This package must never import a case, a model or a page.
"""

from spillover.readers.ontology.actions import Mapped, action_of
from spillover.readers.ontology.countries import (
    Country,
    countries,
    country,
    country_of,
)
from spillover.readers.ontology.sectors import Role, role_of, sector_name, sector_of

__all__ = [
    "Country",
    "Mapped",
    "Role",
    "action_of",
    "countries",
    "country",
    "country_of",
    "role_of",
    "sector_name",
    "sector_of",
]
