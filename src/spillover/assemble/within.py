"""The same case looked at for fewer days.

This file must never import a case.
"""

from __future__ import annotations

from dataclasses import replace

from spillover.assemble.assembled import Assembled
from spillover.errors import InputError
from spillover.outcomes.question import Question

__all__ = ["within"]


def within(assembled: Assembled, days: int) -> Assembled:
    """The case with its horizon cut to ``days``.

    Questions that end later are left out, and those that combine them. What happens
    within the days is the same, event by event.

    Raises
    ------
    InputError
        When ``days`` is below one or beyond the horizon, or no question is left.
    """
    horizon = assembled.model.horizon
    if not 1 <= days <= horizon:
        msg = f"within {days} days: expected 1 to {horizon:g}, the horizon of the case"
        raise InputError(msg)
    place: dict[int, int] = {}
    kept: list[Question] = []
    for n, q in enumerate(assembled.questions):
        if any(s.end > days for s in q.spans) or any(p not in place for p in q.parts):
            continue
        place[n] = len(kept)
        kept.append(replace(q, parts=tuple(place[p] for p in q.parts)))
    if not kept:
        ends = [s.end for q in assembled.questions for s in q.spans]
        msg = (
            f"within {days} days: no outcome is asked about so soon; the first window "
            f"ends after {min(ends, default=round(horizon))} days"
        )
        raise InputError(msg)
    model = replace(assembled.model, horizon=float(days))
    return replace(assembled, model=model, questions=tuple(kept))
