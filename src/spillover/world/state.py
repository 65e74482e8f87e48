"""The state of the intensity: decayed counts, kept up to date day by day.

Adding a day gives the same counts as counting anew; memory grows with the distinct
facts (about 64 bytes each at five half-lives), not with events.

This file must never import a fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.errors import InputError
from spillover.world.cells import Cells
from spillover.world.fit import fade_table
from spillover.world.intensity import Parameters
from spillover.world.intensity_kernels import add_facts, pair_part, target_part
from spillover.world.questions import Questions

__all__ = ["State", "intensity", "toward"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class State:
    """Counts of all facts before `day`.

    Attributes
    ----------
    cells
        Where they are counted.
    half_lives
        Days, shape (H,).
    pair, target
        Decayed counts as of the day they were last touched, shapes (P, H), (T, H).
    pair_last, target_last
        That day, counted from `origin`; -1 for never.
    origin
        The first day seen.
    day
        The first day not counted yet.
    """

    cells: Cells
    half_lives: tuple[float, ...]
    pair: Floats
    target: Floats
    pair_last: Ints
    target_last: Ints
    origin: int
    day: int

    @classmethod
    def empty(
        cls, n_entities: int, n_relations: int, half_lives: tuple[float, ...], day: int
    ) -> State:
        """Nothing has happened; `day` is the first that may."""
        none = np.zeros(0, np.int64)
        cells = Cells.from_keys(none, none, n_entities, n_relations)
        flat = np.zeros((0, len(half_lives)))
        return cls(cells, half_lives, flat, flat, none, none, day, day)

    @classmethod
    def of(cls, questions: Questions, half_lives: tuple[float, ...], day: int) -> State:
        """Count all questions of the days before `day`."""
        first = int(min(questions.day[0], day)) if len(questions) else day
        empty = cls.empty(
            questions.n_entities, questions.n_relations, half_lives, first
        )
        return empty.add(questions.between(first, day)).at(day)

    def at(self, day: int) -> State:
        """The same counts on a later day: nothing happened in between."""
        if day < self.day:
            msg = f"the state stands at day {self.day}: it cannot go back to day {day}"
            raise InputError(msg)
        return State(
            self.cells, self.half_lives, self.pair, self.target,
            self.pair_last, self.target_last, self.origin, day,
        )  # fmt: skip

    def add(self, questions: Questions) -> State:
        """The state after these questions too.

        Raises
        ------
        InputError
            When some lie on days already counted.
        """
        if not len(questions):
            return self
        if int(questions.day[0]) < self.day:
            msg = (
                f"facts of day {int(questions.day[0])} come after day {self.day - 1} was counted. "
                "Expected days in order; count anew to put earlier facts in"
            )
            raise InputError(msg)
        cells = self.cells.merged(questions)
        pair, pair_last = _moved(
            self.cells.pair_key, cells.pair_key, self.pair, self.pair_last
        )
        target, target_last = _moved(
            self.cells.target_key, cells.target_key, self.target, self.target_last
        )
        in_pair, in_target = cells.place(questions)
        fade = fade_table(self.half_lives)
        edges = np.flatnonzero(np.diff(questions.day)) + 1
        for part in np.split(np.arange(len(questions)), edges):
            since = int(questions.day[part[0]]) - self.origin
            add_facts(since, in_pair[part], pair, pair_last, fade)
            add_facts(since, in_target[part], target, target_last, fade)
        return State(
            cells, self.half_lives, pair, target, pair_last, target_last,
            self.origin, int(questions.day[-1]) + 1,
        )  # fmt: skip


def _moved(old: Ints, new: Ints, count: Floats, last: Ints) -> tuple[Floats, Ints]:
    """Counts carried over to a larger set of cells."""
    if len(old) == len(new):
        return count.copy(), last.copy()
    at = np.searchsorted(new, old)
    c = np.zeros((len(new), count.shape[1]))
    t = np.full(len(new), -1, np.int64)
    c[at], t[at] = count, last
    return c, t


def toward(state: State, p: Parameters, relations: NDArray[np.int32]) -> Floats:
    """What does not depend on who acts: C + the target part, shape (len, E)."""
    out = np.empty((len(relations), state.cells.n_entities))
    target_part(
        state.day - state.origin, relations,
        state.cells.target_relation, state.cells.target_answer,
        state.target, state.target_last, fade_table(p.half_lives),
        p.target, p.anyone, out,
    )  # fmt: skip
    return out


def intensity(
    state: State, p: Parameters, who: int, relation: int, base: Floats | None = None
) -> Floats:
    """lambda(o | who, relation, state.day) for every o, shape (E,).

    `base` is one row of `toward`, when many sources are asked about.
    """
    if base is None:
        base = toward(state, p, np.array([relation], np.int32))[0]
    out = base.copy()
    c = state.cells
    pair_part(
        state.day - state.origin, who, relation, c.of_who, c.pair_relation,
        c.pair_answer, state.pair, state.pair_last, fade_table(p.half_lives),
        p.pair, out,
    )  # fmt: skip
    return out
