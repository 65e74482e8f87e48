"""Arms: what a lever does, as changes of numbers and acts on dates.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.changes import Change, apply_changes
from spillover.assemble.slots import SlotTable
from spillover.errors import InputError, ModelError
from spillover.model.structure import Clause, Model, Pattern, ScheduledAct

__all__ = ["Arm", "at_strength", "combined"]


ODD = 0x9E3779B97F4A7C15
"""Steps the key of a second act of one stream and day."""
MASK = (1 << 64) - 1


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


def combined(arms: Sequence[Arm], *, id: str = "", name: str = "") -> Arm:
    """Several levers pulled together, as one arm.

    Parameters
    ----------
    arms
        At least one; an act that two of them schedule on one day happens twice.
    id, name
        Its own; by default theirs joined.

    Raises
    ------
    ModelError
        When two of them set one number to different values.
    """
    changes: dict[int, tuple[str, Change]] = {}
    for arm in arms:
        for c in arm.changes:
            who, other = changes.setdefault(c.target, (arm.id, c))
            if who != arm.id and other != c:
                path = arm.table.columns[c.target].path
                msg = (
                    f"{who} and {arm.id} contradict each other: both change {path}, "
                    "each to a value of its own; combine levers that agree"
                )
                raise ModelError(msg)
    acts = sorted((a for arm in arms for a in arm.acts), key=lambda a: a.time)
    armed = any(a.kind == "armed" for a in arms)
    return Arm(
        id or "+".join(a.id for a in arms),
        name or " and ".join(a.name for a in arms),
        "armed" if armed else arms[0].kind,
        arms[0].table,
        tuple(dict.fromkeys(o for a in arms for o in a.owners)),
        tuple(_told_apart(acts)),
        tuple(dict.fromkeys(c for arm in arms for c in arm.changes)),
    )


def _told_apart(acts: Sequence[ScheduledAct]) -> list[ScheduledAct]:
    """Acts of one stream and day under keys of their own."""
    seen: dict[int, int] = {}
    made = []
    for act in acts:
        n = seen.get(act.key, 0)
        seen[act.key] = n + 1
        made.append(act if n == 0 else replace(act, key=(act.key + n * ODD) & MASK))
    return made


def at_strength(model: Model, arm: Arm, share: float) -> Arm:
    """A lever pulled only so far.

    Numbers it changes go that share of the way, and an act that does nothing but start
    restraints starts them at that share of their depth. What is yes or no (an ask, a
    state, an attack) happens with that chance instead; what happens at one strength
    happens at any greater one.

    Parameters
    ----------
    model
        The structure, to see what an act sets off.
    arm
        The lever.
    share
        0 (nothing) to 1 (the lever itself); acts take whole per cents.

    Raises
    ------
    InputError
        When ``share`` is not between 0 and 1.
    """
    if not 0.0 <= share <= 1.0:
        msg = f"strength {share:g} of {arm.id}: expected a number from 0 to 1"
        raise InputError(msg)
    per_cent = round(100.0 * share)
    acts = []
    for act in arm.acts if per_cent else ():
        if _only_restrains(model, act):
            acts.append(replace(act, depth=per_cent))
        else:
            acts.append(replace(act, share=act.share * share))
    changes = tuple(replace(c, share=c.share * share) for c in arm.changes)
    return replace(
        arm,
        id=f"{arm.id}@{per_cent}%",
        name=f"{arm.name}, at {per_cent} %",
        acts=tuple(acts),
        changes=changes if per_cent else (),
    )


def _only_restrains(model: Model, act: ScheduledAct) -> bool:
    """Whether an act does nothing but start factors."""

    def met(pattern: Pattern) -> bool:
        return any(_may(c, act) for c in pattern.clauses)

    others = [s for state in model.states for s in (state.on, state.off)]
    others += [r.when for r in model.responses]
    others += [r.ask for r in model.replies]
    others += [line.quantity.pattern for line in model.red_lines]
    others += [p for g in model.gauges for p, _ in g.steps]
    others += [f.ends for f in model.factors]
    return any(met(f.starts) for f in model.factors) and not any(map(met, others))


def _may(clause: Clause, act: ScheduledAct) -> bool:
    """Whether an event of the act may match: marks are drawn when it happens."""
    return clause.stream == act.act.stream
