"""`Assembled`: a case as numbers and structure, ready to draw and to simulate.

This file must never import a case.
"""

from __future__ import annotations

from dataclasses import dataclass

from spillover.assemble.arms import Arm
from spillover.assemble.changes import Change
from spillover.assemble.names import Names
from spillover.assemble.past_data import PastData
from spillover.assemble.posterior import Posterior
from spillover.assemble.slots import SlotTable
from spillover.model.structure import Act, Model, Slot
from spillover.outcomes.question import Question, Tally

__all__ = ["Assembled", "Variant", "VariantChoice"]


@dataclass(frozen=True)
class VariantChoice:
    """One choice of a variant: its weight (a column) and what it changes."""

    id: str
    name: str
    weight: Slot
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Variant:
    """Rival structures, one per draw."""

    id: str
    name: str
    choices: tuple[VariantChoice, ...]


@dataclass(frozen=True)
class AddedAct:
    """An act that would have happened besides, ``day`` days from the origin."""

    what_if: str
    day: int
    act: Act


@dataclass(frozen=True)
class Assembled:
    """A case assembled.

    Attributes
    ----------
    case_id
        Id of the case.
    model
        Its structure.
    slots
        Its numbers: columns of theta.
    tallies, questions
        What is asked; ``Question.tally`` is an index of ``tallies``.
    names
        Ids to indices and flag bits.
    variants
        Rival structures.
    arms
        ``arms[0]`` changes nothing; then the levers in file order.
    past
        Records and counts matched to streams.
    unmatched
        Ids of records that match no stream (context).
    lever_lines
        Red lines from this index on belong to levers (``if ... then``): crossings
        before the origin are not theirs to answer.
    added
        Acts of the case's questions to its history.
    notes
        Sentences for people: what was imputed from the model alone, and such.
    posterior
        What a fit learned of the numbers; None: they are as written.
    """

    case_id: str
    model: Model
    slots: SlotTable
    tallies: tuple[Tally, ...]
    questions: tuple[Question, ...]
    names: Names
    variants: tuple[Variant, ...]
    arms: tuple[Arm, ...]
    past: PastData
    unmatched: tuple[str, ...] = ()
    lever_lines: int = 0
    added: tuple[AddedAct, ...] = ()
    notes: tuple[str, ...] = ()
    posterior: Posterior | None = None
