"""Day weights of streams before the origin in many draws, made when first asked for.

This file must never import a case.
"""

from __future__ import annotations

import numpy as np

from spillover.assemble.kernel import Floats
from spillover.assemble.past_plan import Plan
from spillover.assemble.shape import (
    NEVER,
    day_weights,
    factor_times,
    in_force,
    shape_rows,
    state_lasts,
)

__all__ = ["DayShapes"]


class DayShapes:
    """Day weights of streams in every draw, made when first asked for."""

    def __init__(self, plan: Plan, theta: Floats, times: Floats) -> None:
        self.plan, self.theta, self.times = plan, theta, times
        self.made: dict[int, tuple[Floats, Floats]] = {}
        model = plan.model
        self.factors = factor_times(model, theta)
        self.lasts = state_lasts(model, theta)
        inside = [in_force(f) for f in model.factors]
        sizes = np.cumsum([0, *(len(x) for x in inside)])
        self.dated_ptr = sizes.astype(np.int64)
        self.dated = np.array([t for x in inside for t in x], np.float64)
        self.until = np.array(
            [NEVER if f.until is None else f.until for f in model.factors], np.float64
        )
        self.whiles = np.array(
            [-1 if f.while_state is None else f.while_state for f in model.factors],
            np.int64,
        )
        self.initially = np.array([int(s.initially) for s in model.states], np.int64)
        self.since = np.array(
            [-NEVER if s.since is None else s.since for s in model.states], np.float64
        )

    def _week(self, stream: int) -> Floats:
        slots = self.plan.model.streams[stream].weekday
        if not slots:
            return np.ones((len(self.theta), 7))
        week = self.theta[:, list(slots)]
        week = week / np.mean(week, axis=1, keepdims=True)
        return np.ascontiguousarray(np.roll(week, -self.plan.weekday, axis=1))

    def of(self, stream: int) -> tuple[Floats, Floats]:
        """Weights of immigrants and of offspring, (D, days) each."""
        if stream in self.made:
            return self.made[stream]
        plan, D = self.plan, len(self.theta)
        days = -plan.past.begins
        root, child = np.ones((D, days)), np.ones((D, days))
        rows = shape_rows(plan.model, self.theta, stream, plan.reactions)
        week = self._week(stream)
        factor = np.array([r.factor for r in rows], np.int64)
        offspring = np.array([int(r.offspring) for r in rows], np.int64)

        def column(name: str) -> Floats:
            values = [getattr(r, name) for r in rows]
            made = np.stack(values, axis=1) if rows else np.zeros((D, 0))
            return np.ascontiguousarray(made, np.float64)

        amp, chance, power = column("amp"), column("chance"), column("power")
        delay, holds, rate = self.factors
        for d in range(D):
            day_weights(
                root[d],
                child[d],
                plan.past.begins,
                week[d],
                self.times[d],
                plan.reactions.table,
                factor,
                amp[d],
                chance[d],
                power[d],
                offspring,
                delay[d],
                holds[d],
                rate[d],
                self.until,
                self.whiles,
                self.dated_ptr,
                self.dated,
                self.initially,
                self.since,
                self.lasts[d],
            )
        self.made[stream] = (root, child)
        return root, child
