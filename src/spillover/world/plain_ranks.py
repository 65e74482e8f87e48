"""Ranks by the intensity alone: the plain mode, without candidates or trees.

This file must never import a second stage.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spillover.scoring.ranks import filtered_ranks
from spillover.world.intensity import Parameters
from spillover.world.questions import Questions
from spillover.world.state import State, intensity, toward

__all__ = ["plain_ranks"]


def plain_ranks(
    q: Questions,
    p: Parameters,
    first: int,
    end: int,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> NDArray[np.float64]:
    """Filtered ranks, ties averaged, of the questions of the days [first, end)."""
    state = State.of(q, p.half_lives, first)
    out: list[NDArray[np.float64]] = []
    for day in range(first, end):
        state = state.at(day)
        today = q.between(day, day + 1)
        if progress:
            progress(day - first, end - first, "answering by the intensity")
        if not len(today):
            continue
        asked = np.unique(today.relation)
        base = toward(state, p, asked)
        new = np.ones(len(today), bool)
        new[1:] = (np.diff(today.who) != 0) | (np.diff(today.relation) != 0)
        edge = np.append(np.flatnonzero(new), len(today))
        for a, b in itertools.pairwise(edge):
            row = base[np.searchsorted(asked, today.relation[a])]
            lam = intensity(state, p, int(today.who[a]), int(today.relation[a]), row)
            out.append(filtered_ranks(lam, today.answer[a:b]))
        state = state.add(today)
    return np.concatenate(out) if out else np.zeros(0)
