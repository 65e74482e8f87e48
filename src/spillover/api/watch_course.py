"""How busy each stream is, from a state that is moved on day by day.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.model.decaying import Course, course_of, excited, links_of, moved_on

if TYPE_CHECKING:
    from spillover.api.model import CaseModel
    from spillover.api.watch_state import Before
    from spillover.assemble.assembled import Assembled

__all__ = ["activity_of", "daily_counts"]

WEEK, LONG = 7, 90


def daily_counts(assembled: Assembled) -> NDArray[np.float64]:
    """Dated events by day and stream, (days, K); one dated to a span is spread over it.

    What only counts of a span tell is in no day, and not here.
    """
    past = assembled.past
    counts = np.zeros((-past.begins, len(assembled.model.streams)))
    for r in past.records:
        if r.stream < 0:
            continue
        first = int(np.floor(r.low)) - past.begins
        last = max(int(np.ceil(r.high)) - past.begins, first + 1)
        counts[first:last, r.stream] += 1.0 / (last - first)
    return counts


def activity_of(
    model: CaseModel, before: Before | None
) -> tuple[dict[str, NDArray[np.float64]], dt.date, list[dict[str, Any]]]:
    """The course to keep, its first day, and a row for each stream that was active."""
    from spillover.assemble.draws import middle_numbers

    assembled = model.assembled
    counts = daily_counts(assembled)
    begins = model.case.origin + dt.timedelta(days=assembled.past.begins)
    theta = middle_numbers(assembled, fitted=True)
    links = links_of(assembled.model, theta)
    course = None
    if before is not None and before.begins == begins:
        kept = Course(**before.course)
        streams = kept.counts.shape[1:] == counts.shape[1:]
        if (
            streams
            and np.array_equal(kept.half_lives, links.half_lives)
            and len(kept.counts) <= len(counts)
        ):
            course = moved_on(kept, counts)
    if course is None:
        course = course_of(links.half_lives, counts)
    now = excited(links, course)
    rows: list[dict[str, Any]] = []
    for k, stream in enumerate(assembled.model.streams):
        week = float(counts[-WEEK:, k].sum())
        earlier = counts[-LONG - WEEK : -WEEK, k]
        usual = WEEK * float(earlier.mean()) if len(earlier) else 0.0
        if week > 0.0 or usual > 0.0 or now[k] >= 0.005:
            rows.append(
                {
                    "stream": stream.id, "last_7_days": week,
                    "usual_in_7_days": usual, "brought_on_per_day": float(now[k]),
                }
            )  # fmt: skip
    rows.sort(key=lambda r: (-r["last_7_days"], r["stream"]))
    return vars(course), begins, rows
