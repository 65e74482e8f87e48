"""Draws ready to run: their numbers and pasts, resampled by what the past left open.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled
from spillover.assemble.draws import Draws, draw_table
from spillover.assemble.impute import impute
from spillover.assemble.imputed import ImputedPast
from spillover.assemble.resample import resample
from spillover.assemble.stability import bases_matrix
from spillover.engine.branching import buckets_per_day
from spillover.engine.chunk import Past, weigh_chunk
from spillover.engine.program import compile_model
from spillover.engine.tables import Program
from spillover.engine.world import new_world
from spillover.ensemble.warm import compile_ahead, engine_is_compiled
from spillover.keys import id_key

__all__ = ["STEPS", "Drawn", "Progress", "draw", "thread_count"]

Progress = Callable[[int, int, str], None]
Floats = NDArray[np.float64]
STEPS = 3
"""Steps of progress that drawing takes."""


@dataclass(frozen=True)
class Drawn:
    """Numbers and pasts of the draws, and which of them run.

    Attributes
    ----------
    program
        The case compiled.
    table
        Proposals.
    mu : (draws, K)
        Their bases.
    past
        Their pasts.
    index : (draws,)
        Proposal that runs in each slot.
    effective
        Effective number of draws given what the past left unanswered.
    per_day
        Width of the calendar queue.
    """

    program: Program
    table: Draws
    mu: Floats
    past: ImputedPast
    index: NDArray[np.int64]
    effective: float
    per_day: int

    @property
    def tables(self) -> Past:
        """The pasts as the engine takes them."""
        p = self.past
        return Past(p.offsets, p.time, p.stream, p.flags, p.deaths, p.injured, p.key)


def thread_count(wanted: int | None) -> int:
    """Threads to use; all cores without a wish."""
    return max(1, wanted if wanted is not None else (os.cpu_count() or 1))


def draw(
    assembled: Assembled, draws: int, seed: int, threads: int, total: int, say: Progress
) -> Drawn:
    """Draw numbers, fill in pasts, resample by what they left unanswered.

    Reports the first three of ``total`` steps.
    """
    say(0, total, "drawing the uncertain numbers")
    program = compile_model(assembled.model, lever_lines=assembled.lever_lines)
    if not engine_is_compiled():
        compile_ahead()
    table = draw_table(assembled, seed, draws)
    mu = bases_matrix(assembled.model, table.theta)
    say(1, total, "filling in the past")
    past = impute(assembled, table.theta, seed, threads=threads)
    say(2, total, "weighing the draws by what the past left unanswered")
    per_day = buckets_per_day(np.median(mu, axis=0))
    none = np.zeros(0, np.int64)
    proposals = Drawn(program, table, mu, past, none, 0.0, per_day)
    world = new_world(
        program, max_events=1, past_events=past.largest, buckets_per_day=1, nodes=1
    )  # fmt: skip
    weights = np.zeros(draws)
    weigh_chunk(
        program, world, table.theta, mu, np.uint64(id_key("seed", seed)), 0, 0, draws,
        proposals.tables, weights,
    )  # fmt: skip
    found = resample(weights)
    index = np.asarray(found.index, np.int64)
    return Drawn(program, table, mu, past, index, float(found.effective), per_day)
