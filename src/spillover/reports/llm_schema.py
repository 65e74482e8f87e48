"""What a language model may answer: quotes from the text and labels from fixed lists.

No field holds a likelihood or a date: days, counts and actors are worked out by us from
the quoted words. The order of the labels can be changed, to see whether it matters. This
file must never import a backend.
"""

from __future__ import annotations

import random
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from spillover.reports.claim import Status, TieKind

__all__ = ["ROOTS", "answer_model"]

ROOTS = (
    "AGREE", "CONSULT", "SUPPORT", "COOPERATE", "AID", "CONCEDE", "RETREAT", "REQUEST",
    "ACCUSE", "REJECT", "THREATEN", "PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT",
)  # fmt: skip
_OUTCOMES = ("asked", "agreed", "refused", "acted", "worked", "failed")
_QUOTE = "exact words of the text"


class _Answer(BaseModel):
    model_config = {"extra": "forbid"}


def _labels(values: tuple[str, ...], seed: int | None) -> Any:  # noqa: ANN401 - a type
    order = list(values)
    if seed is not None:
        random.Random(seed).shuffle(order)
    return Literal[tuple(order)]


def _quote(*, optional: bool = False) -> Any:  # noqa: ANN401 - a field
    if optional:
        return (str, Field(default="", description=_QUOTE, max_length=600))
    return (str, Field(description=_QUOTE, min_length=1, max_length=600))


def answer_model(order: int | None = None) -> type[BaseModel]:
    """The type of an answer; ``order`` shuffles the lists of labels."""
    action = _labels(ROOTS, order)
    claim = create_model(
        "ReadClaim", __base__=_Answer,
        clause=_quote(), cue=_quote(), source=_quote(), action=(action, ...),
        target=_quote(optional=True),
        status=(_labels(tuple(s.value for s in Status), order), ...),
        date=_quote(optional=True), place=_quote(optional=True),
        deaths=_quote(optional=True), injured=_quote(optional=True),
        speaker=_quote(optional=True),
    )  # fmt: skip
    tie = create_model(
        "ReadTie", __base__=_Answer,
        clause=_quote(), cue=_quote(), source=_quote(), target=_quote(),
        kind=(_labels(tuple(k.value for k in TieKind), order), ...),
    )  # fmt: skip
    line = create_model(
        "ReadLine", __base__=_Answer,
        clause=_quote(), owner=_quote(), actor=_quote(optional=True),
        target=_quote(optional=True), action=(_labels((*ROOTS, "deaths"), order), ...),
        answer=(_labels((*ROOTS, "not said"), order), "not said"),
    )  # fmt: skip
    channel = create_model(
        "ReadChannel", __base__=_Answer,
        clause=_quote(), asker=_quote(), asked=_quote(), about=_quote(optional=True),
        outcome=(_labels(_OUTCOMES, order), ...),
    )  # fmt: skip
    warning = create_model(
        "ReadWarning", __base__=_Answer,
        clause=_quote(), source=_quote(), action=(action, ...),
        target=_quote(optional=True), deadline=_quote(optional=True),
    )  # fmt: skip

    def many(kind: type[BaseModel]) -> Any:  # noqa: ANN401 - a field
        return (list[kind], Field(default_factory=list, max_length=200))  # type: ignore[valid-type]  # made above

    return create_model(
        "ReadReport", __base__=_Answer,
        claims=many(claim), ties=many(tie), lines=many(line), channels=many(channel),
        warnings=many(warning),
    )  # fmt: skip
