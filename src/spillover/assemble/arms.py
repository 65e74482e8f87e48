"""Arms: what a lever does, as changes of numbers and acts on dates.

This file must never import a case.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.changes import Change, apply_changes
from spillover.assemble.slots import SlotTable
from spillover.model.structure import ScheduledAct

__all__ = ["Arm"]


@dataclass(frozen=True)
class Arm:
    """One lever, or none.

    Attributes
    ----------
    id, name, kind
        As in the case; ``nothing`` is the factual.
    owners
        Actors who can pull it.
    acts
        Acts on dates, in file order.
    changes
        Changes of numbers.
    table
        The columns they change.
    """

    id: str
    name: str
    kind: str
    table: SlotTable = field(repr=False)
    owners: tuple[str, ...] = ()
    acts: tuple[ScheduledAct, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def numbers(self) -> bool:
        """Whether it changes any number: if not, `apply` returns its argument."""
        return bool(self.changes)

    def apply(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Numbers under this arm, (S,) or (D, S); a lever without changes: the same."""
        if not self.changes:
            return theta
        return apply_changes(self.table, theta, self.changes)
