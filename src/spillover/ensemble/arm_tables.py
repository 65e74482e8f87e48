"""Arms as the tables the compiled ensemble reads, and the numbers each runs with.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.stability import bases_matrix
from spillover.engine.branching import act_table
from spillover.engine.chunk import Arms
from spillover.model.structure import Model

__all__ = ["ArmTables", "arm_tables"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ArmTables:
    """Arms compiled.

    Attributes
    ----------
    tables
        As `engine.chunk.run_chunk` takes them.
    moved
        Arms that change numbers, in order; the first is the base whether it does or
        not. ``tables.theta`` counts in them.
    """

    tables: Arms
    moved: tuple[Arm, ...]

    def numbers(self, model: Model, theta: Floats, mu: Floats) -> tuple[Floats, Floats]:
        """Numbers (V, n, S) and bases (V, n, K) of some draws, (n, S) and (n, K)."""
        thetas = np.stack([arm.apply(theta) for arm in self.moved])
        whole = {int(t) for t in self.tables.theta[self.tables.whole == 1]}
        mus = np.stack(
            [
                bases_matrix(model, thetas[v]) if arm.numbers and v in whole else mu
                for v, arm in enumerate(self.moved)
            ]
        )
        return thetas, mus


def _armed(assembled: Assembled, arm: Arm) -> tuple[int, ...] | None:
    """Red lines that only this arm arms, if it changes no other number."""
    lines = {
        line.chance: x
        for x, line in enumerate(assembled.model.red_lines)
        if x >= assembled.lever_lines
    }
    targets = [change.target for change in arm.changes]
    if arm.numbers and not targets:
        return None
    if not all(t in lines for t in targets):
        return None
    return tuple(lines[t] for t in targets)


def arm_tables(assembled: Assembled, arms: Sequence[Arm]) -> ArmTables:
    """Compile arms.

    An arm departs from the base's course, instead of running whole, when the base is
    the case as it is and the arm only acts on dates or arms red lines of its own.
    """
    plain = not (arms[0].acts or arms[0].numbers)
    moved = [arms[0]]
    lines: list[tuple[int, ...]] = []
    theta, whole = [], []
    for n, arm in enumerate(arms):
        armed = _armed(assembled, arm) if plain and n > 0 else None
        lines.append(armed or ())
        whole.append(int(armed is None))
        if arm.numbers and n > 0:
            moved.append(arm)
            theta.append(len(moved) - 1)
        else:
            theta.append(0 if plain or n == 0 else _plain(moved, arm))
    acts = [act_table(arm.acts) for arm in arms]
    return ArmTables(
        Arms(
            acts=np.concatenate(acts),
            act_at=np.cumsum([0, *map(len, acts)]).astype(np.int64),
            lines=np.array([x for some in lines for x in some], np.int64),
            line_at=np.cumsum([0, *map(len, lines)]).astype(np.int64),
            theta=np.array(theta, np.int64),
            whole=np.array(whole, np.int64),
        ),
        tuple(moved),
    )


def _plain(moved: list[Arm], arm: Arm) -> int:
    """Place of the numbers as they are beside a base that changes some."""
    for v, other in enumerate(moved[1:], start=1):
        if not other.numbers:
            return v
    if not moved[0].numbers:
        return 0
    moved.append(arm)
    return len(moved) - 1
