"""An arm beside the base arm, future by future: what the coupling is for.

Every sum is an integer, so results do not depend on order, chunks or threads.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.jit import compiled

__all__ = [
    "Pairs",
    "Seen",
    "add_events",
    "add_pair",
    "keep_seen",
    "new_pairs",
    "new_seen",
]


class Pairs(NamedTuple):
    """Sums over pairs of futures: the base arm's and this arm's, of one world.

    Futures that either arm could not finish are left out.
    """

    lost: NDArray[np.int32]  # (D, Q) base yes, arm no
    gained: NDArray[np.int32]  # (D, Q) base no, arm yes
    touched: NDArray[np.int32]  # (D,) futures whose courses differ at all
    squares: NDArray[np.int64]  # (C, 3) of (x1 - x0)^2, x0^2, x1^2
    apart: NDArray[np.int64]  # (2,) events only of the base, only of the arm


class Seen(NamedTuple):
    """What the base arm came to in the futures of one draw."""

    done: NDArray[np.int64]  # (M,) one where it was finished
    answer: NDArray[np.float64]  # (M, Q)
    at: NDArray[np.int64]  # (M + 1,) its events
    time: NDArray[np.float64]
    key: NDArray[np.uint64]


def new_pairs(draws: int, questions: int, counted: int) -> Pairs:
    """Zeros for ``draws`` draws."""
    return Pairs(
        lost=np.zeros((draws, questions), np.int32),
        gained=np.zeros((draws, questions), np.int32),
        touched=np.zeros(draws, np.int32),
        squares=np.zeros((counted, 3), np.int64),
        apart=np.zeros(2, np.int64),
    )


def new_seen(futures: int, questions: int, max_events: int) -> Seen:
    """Room for ``futures`` futures of the base arm."""
    return Seen(
        done=np.zeros(futures, np.int64),
        answer=np.zeros((futures, questions)),
        at=np.zeros(futures + 1, np.int64),
        time=np.zeros(futures * max_events),
        key=np.zeros(futures * max_events, np.uint64),
    )


@compiled
def keep_seen(seen, m, events, n):
    """Remember the base arm's events of future ``m``; futures come in order."""
    start = seen.at[m]
    seen.at[m + 1] = start + n
    for e in range(n):
        seen.time[start + e] = events[e].time
        seen.key[start + e] = events[e].key


@compiled
def add_pair(asked, lost, gained, squares, before, after):
    """Add one future's answers, ``before`` of the base arm and ``after`` of this one."""
    questions = asked.questions
    for q in range(len(questions)):
        if questions[q].mode == 2:
            x0, x1 = int(before[q] + 0.5), int(after[q] + 0.5)
            c = questions[q].count
            squares[c, 0] += (x1 - x0) * (x1 - x0)
            squares[c, 1] += x0 * x0
            squares[c, 2] += x1 * x1
        elif before[q] > after[q]:
            lost[q] += 1
        elif after[q] > before[q]:
            gained[q] += 1


@compiled
def add_events(time, key, events, n, start, apart):
    """Count events that only one of two courses has; returns whether there are any.

    Parameters
    ----------
    time, key : (n0,)
        Events of the base arm.
    events, n
        Events of this arm.
    start
        Events that are known to be the same.
    """
    i = start
    j = start
    before = apart[0] + apart[1]
    while i < len(time) and j < n:
        if key[i] == events[j].key:
            i += 1
            j += 1
        elif time[i] < events[j].time or (
            time[i] == events[j].time and key[i] < events[j].key
        ):
            apart[0] += 1
            i += 1
        else:
            apart[1] += 1
            j += 1
    apart[0] += len(time) - i
    apart[1] += n - j
    return apart[0] + apart[1] > before
