"""What the past alone would say to each question: the baselines of a forecast.

The windows of a question are laid over the history before the origin, one length back,
two lengths back and so on, and answered there. Climatology is how often they held,
persistence what the last one said; both are fixed when the forecast is made.

This file must never import a page, a command or the web.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled
from spillover.assemble.imputed import ImputedPast
from spillover.model.history import History
from spillover.model.marks import which_match
from spillover.outcomes.question import Question, Span, Tally

__all__ = ["ALWAYS", "PastAnswer", "answer_on", "past_answers"]

ALWAYS = 0.29
"""Share of unread yes/no questions that came out yes: 122 of 423, metaculus.com (2020)."""
DRAWS = 40
"""Filled-in histories looked at: what records leave open differs between them."""
POINTS = np.linspace(0.05, 0.95, 19)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PastAnswer:
    """What the windows before the origin said.

    Attributes
    ----------
    windows
        How many whole windows the history holds.
    climatology
        Chance of a yes: (yes + 1/2) / (windows + 1); None for a count.
    persistence
        The same from the last window alone; None for a count.
    last
        Whether it held (share of filled-in histories), or its count.
    counts
        19 quantiles of the counts of all windows, 5 to 95 %; empty for a chance.
    """

    windows: int
    climatology: float | None
    persistence: float | None
    last: float
    counts: tuple[float, ...] = ()


def past_answers(assembled: Assembled, past: ImputedPast) -> dict[str, PastAnswer]:
    """Answers by question id; questions that no window fits, or that ask of a level, none.

    Parameters
    ----------
    assembled
        The case.
    past
        Histories, times in days before the origin (negative).
    """
    found = {}
    draws = range(min(DRAWS, len(past.offsets) - 1))
    histories = [past.history(d) for d in draws]
    reach = -assembled.past.begins if assembled.past.begins else _reach(histories)
    for q in assembled.questions:
        tally = assembled.tallies[q.tally] if q.tally >= 0 else None
        if q.quiet or tally is None or tally.kind not in ("count", "deaths", "injured"):
            continue
        length = max(s.end for s in q.spans)
        windows = int(reach // length)
        if windows < 1:
            continue
        sums = np.array(
            [
                [answer_on(q, tally, h, (k + 1) * length) for k in range(windows)]
                for h in histories
            ]
        )
        found[q.id] = _summed(q, sums)
    return found


def _reach(histories: list[History]) -> float:
    starts = [-float(h.time[0]) for h in histories if len(h)]
    return max(starts, default=0.0)


def answer_on(q: Question, tally: Tally, history: History, shift: float) -> float:
    """The count of a question, or 1 for a yes, were the origin ``shift`` days earlier."""
    keep = which_match(tally.pattern, history.stream, history.flags)
    times = history.time[keep] + shift
    if tally.kind == "count":
        amount = np.ones(len(times))
    else:
        amount = np.asarray(getattr(history, tally.kind)[keep], np.float64)
    totals = [float(amount[_inside(times, s)].sum()) for s in q.spans]
    if q.mode == "count":
        return totals[0]
    held = [q.low <= x <= q.high for x in totals]
    return float(all(held) if q.mode == "every" else any(held))


def _inside(times: Floats, span: Span) -> NDArray[np.bool_]:
    if span.closed:
        return np.asarray((times > span.start) & (times <= span.end))
    return np.asarray((times >= span.start) & (times < span.end))


def _summed(q: Question, sums: Floats) -> PastAnswer:
    windows = sums.shape[1]
    last = float(sums[:, 0].mean())
    if q.mode == "count":
        values = tuple(float(x) for x in np.quantile(sums, POINTS))
        return PastAnswer(windows, None, None, last, values)
    yes = float(sums.mean(axis=0).sum())
    return PastAnswer(windows, (yes + 0.5) / (windows + 1), (last + 0.5) / 2, last)
