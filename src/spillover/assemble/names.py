"""Names met with numbers: ids to indices, and one bit per mark that matters.

Only marks that some pattern, act, choice or stream names get a bit (at most 60):
deadly, injuring, members of umbrellas, values of choices, yes/no marks, and places
with every place they lie in, so an event in Anbar has the bit of Iraq too.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spillover.errors import ModelError

__all__ = ["MOST_BITS", "Names"]

MOST_BITS = 60


@dataclass(frozen=True)
class Names:
    """Indices and bits of a case.

    Attributes
    ----------
    index
        Section ("streams", "drivers", "states", "factors", "gauges", "reports",
        "responses", "replies", "red_lines", "warnings", "questions") to id to index.
        A restraint's index in "factors" is its first factor.
    bits
        Mark to flag: ``deadly``, ``injuring``, ``by: nujaba``, ``in: iraq``,
        ``result: landed``, ``large``.
    """

    index: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    bits: Mapping[str, int] = field(default_factory=dict)

    def of(self, section: str, element: str) -> int:
        """Index of an element.

        Raises
        ------
        ModelError
            When there is none.
        """
        found = self.index.get(section, {})
        if element not in found:
            msg = f"{section}.{element}: there is no such element"
            raise ModelError(msg)
        return found[element]

    @property
    def flag_names(self) -> tuple[str, ...]:
        """Marks in the order of their bits."""
        return tuple(sorted(self.bits, key=lambda name: self.bits[name]))
