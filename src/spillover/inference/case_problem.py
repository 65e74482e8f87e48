"""The posterior of a case's numbers given one exact history.

Coordinates are the standard normal scores of the numbers that the history can speak of
(see `assemble.posterior`), then the log background of every stream whose driver walks,
in blocks of 30 days back from the origin, where it is zero.

References
----------
Ogata (1988), JASA 83, doi:10.1080/01621459.1988.10478560. Mohler (2013), AOAS 7,
arXiv:1311.7279: a background that cannot move inflates the responses.

This file must never import a case.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.slots import Column, SlotTable
from spillover.assemble.stability import bases_matrix
from spillover.inference.case_links import LinkTable, link_table
from spillover.inference.history_data import HistoryData
from spillover.inference.history_kernels import (
    history_excitation,
    history_loglik_kept,
    link_room,
)
from spillover.model.structure import ABSENT, Model

__all__ = ["CaseProblem", "case_problem"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BLOCK = 30
"""Days of a block of the background."""
STEP = 1e-4
OTHER = 1e-5
"""Events per day that come some other way, so that none is impossible."""


@dataclass(frozen=True)
class _Map:
    """Scores of columns to values and their slopes."""

    columns: Ints
    logs: NDArray[np.bool_]
    middle: Floats
    spread: Floats

    def value(self, z: Floats) -> tuple[Floats, Floats]:
        """Values and d value / d z."""
        x = self.middle + self.spread * z
        e = np.exp(np.clip(x, -700.0, 700.0))
        p = 1.0 / (1.0 + np.exp(-np.clip(x, -700.0, 700.0)))
        value = np.where(self.logs, e, p)
        return value, self.spread * np.where(self.logs, e, p * (1.0 - p))


def _map(columns: Sequence[int], table: SlotTable) -> _Map:
    picked: list[Column] = [table.columns[c] for c in columns]
    logs = np.array([c.law == "lognormal" for c in picked])
    middle = [
        math.log(c.median if c.law == "lognormal" else c.median / (1.0 - c.median))
        for c in picked
    ]
    return _Map(
        np.array(columns, np.int64),
        logs,
        np.array(middle),
        np.array([c.spread for c in picked]),
    )


@dataclass(frozen=True)
class CaseProblem:
    """A `Problem`: scores of columns, then backgrounds; see the module."""

    model: Model
    data: HistoryData
    theta: Floats
    map: _Map
    follows: tuple[Ints, Ints]
    """Copies: their columns, and the position of the column each copies (or -1)."""
    base: Floats
    slope: Floats
    """(K, n): d log base / d score, for streams whose base is solved from a level."""
    precision: Floats
    walks: tuple[int, ...]
    blocks: Ints
    """(D,): block of each day, 0 nearest to the origin."""
    steps: Floats
    """(walks,): standard deviation of the log background per sqrt day."""
    reference: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def names(self) -> tuple[str, ...]:
        """Columns by number, then backgrounds."""
        own = [f"column {c}" for c in self.map.columns]
        own += [f"background {w}.{b}" for w in self.walks for b in range(self._many)]
        return tuple(own)

    @property
    def _many(self) -> int:
        return int(self.blocks.max()) + 1

    @property
    def numbers(self) -> int:
        """How many coordinates are scores of numbers."""
        return len(self.map.columns)

    @cached_property
    def _links(self) -> LinkTable:
        return link_table(self.data.links)

    @cached_property
    def _rooms(self) -> dict[int, tuple[Floats, ...]]:
        return {}

    def _room(self) -> tuple[Floats, ...]:
        """What the likelihood keeps between calls; one for each thread."""
        thread = threading.get_ident()
        if thread not in self._rooms:
            data = self.data
            made = link_room(data.pointer, self._links.target, data.days)
            self._rooms[thread] = tuple(made)
        return self._rooms[thread]

    @cached_property
    def _bases(self) -> tuple[Ints, Ints]:
        """Streams with a base of their own, and where in theta it stands."""
        own = [
            (i, s.base) for i, s in enumerate(self.model.streams) if s.base != ABSENT
        ]
        at = np.array(own, np.int64).reshape(-1, 2)
        return at[:, 0], at[:, 1]

    def _fill(self, z: Floats) -> tuple[Floats, Floats]:
        """Theta at scores z, and d theta_c / d z_c for each position."""
        theta = self.theta.copy()
        value, slope = self.map.value(z)
        theta[self.map.columns] = value
        copies, at = self.follows
        theta[copies] = value[at]
        return theta, slope

    def logp_grad(self, z: Floats) -> tuple[float, Floats]:
        """Log posterior and gradient at ``z``: (numbers + backgrounds,)."""
        n = self.numbers
        score, w = z[:n], z[n:].reshape(len(self.walks), self._many)
        theta, slope = self._fill(score)
        data = self.data
        d_theta = np.zeros(len(theta))
        grad = np.zeros(len(z))

        mu = self._immigrants(theta, score, w)
        log_f, log_o, parts = self._factors(theta)
        factor, offspring = np.exp(log_f), np.exp(log_o)

        links = self._links
        children, decay = links.values(theta)
        value, d_mu, d_factor, d_off, d_children, d_decay = history_loglik_kept(
            data.time, data.pointer, data.observed, mu, factor, offspring,
            links.target, data.source_pointer, data.source, children, decay,
            *self._room(),
        )  # fmt: skip
        if not np.isfinite(value):
            return -math.inf, grad

        d_log_mu = d_mu * (mu - OTHER)
        by_stream = d_log_mu.sum(axis=1)
        streams, slots = self._bases
        above = theta[slots] > 0.0
        streams, slots = streams[above], slots[above]
        np.add.at(d_theta, slots, by_stream[streams] / theta[slots])
        grad[:n] += self.slope.T @ by_stream
        d_w = np.zeros_like(w)
        for row, i in enumerate(self.walks):
            np.add.at(d_w[row], self.blocks, d_log_mu[i])
        self._add_factor_slopes(
            d_theta, theta, parts, d_factor * factor, d_off * offspring
        )
        links.add_slopes(d_theta, theta, d_children, d_decay, decay)
        grad[:n] += self._to_scores(d_theta, slope)
        value += self._add_prior(score, w, grad, d_w)
        grad[n:] += d_w.ravel()
        return float(value), grad

    def expected(self, z: Floats) -> Floats:
        """Expected events in each cell given those before them, (K, D)."""
        n, data = self.numbers, self.data
        score, w = z[:n], z[n:].reshape(len(self.walks), self._many)
        theta, _ = self._fill(score)
        log_f, log_o, _ = self._factors(theta)
        children, decay = self._links.values(theta)
        inside = history_excitation(
            data.time, data.pointer, data.days, self._links.target,
            data.source_pointer, data.source, children, decay,
        )  # fmt: skip
        mu = self._immigrants(theta, score, w)
        return np.asarray(np.exp(log_f) * mu + np.exp(log_o) * inside, np.float64)

    def _immigrants(self, theta: Floats, score: Floats, w: Floats) -> Floats:
        """Immigrants per day at F = 1, (K, D)."""
        base = self.base.copy()
        streams, slots = self._bases
        base[streams] = theta[slots]
        base *= np.exp(self.slope @ (score - self.reference))
        mu = base[:, None] * self.data.week
        for row, i in enumerate(self.walks):
            mu[i] *= np.exp(w[row])[self.blocks]
        return np.asarray(mu + OTHER, np.float64)

    # ---- pieces ------------------------------------------------------------------

    def _factors(
        self, theta: Floats
    ) -> tuple[Floats, Floats, list[tuple[float, Floats]]]:
        K, D = len(self.model.streams), self.data.days
        log_f, log_o = np.zeros((K, D)), np.zeros((K, D))
        parts = []
        for shape in self.data.shapes:
            size = 0.0
            for share, factor, comply, obeys in shape.rows:
                c = 1.0 if comply == ABSENT else theta[comply]
                c *= 1.0 if obeys == ABSENT else theta[obeys]
                size += share * c * (theta[factor] - 1.0)
            level = np.maximum(1.0 + size * shape.g, 1e-9)
            log_f[shape.stream] += np.log(level)
            both = size <= 0.0 or shape.offspring
            if both:
                log_o[shape.stream] += np.log(level)
            parts.append((size, shape.g / level))
        return log_f, log_o, parts

    def _add_factor_slopes(
        self,
        d_theta: Floats,
        theta: Floats,
        parts: list[tuple[float, Floats]],
        d_log_f: Floats,
        d_log_o: Floats,
    ) -> None:
        for shape, (size, ratio) in zip(self.data.shapes, parts, strict=True):
            d_size = float(d_log_f[shape.stream] @ ratio)
            if size <= 0.0 or shape.offspring:
                d_size += float(d_log_o[shape.stream] @ ratio)
            for share, factor, comply, obeys in shape.rows:
                c = 1.0 if comply == ABSENT else theta[comply]
                o = 1.0 if obeys == ABSENT else theta[obeys]
                x = theta[factor] - 1.0
                d_theta[factor] += d_size * share * c * o
                if comply != ABSENT:
                    d_theta[comply] += d_size * share * o * x
                if obeys != ABSENT:
                    d_theta[obeys] += d_size * share * c * x

    def _to_scores(self, d_theta: Floats, slope: Floats) -> Floats:
        copies, at = self.follows
        d_value = d_theta[self.map.columns].copy()
        np.add.at(d_value, at, d_theta[copies])
        return d_value * slope

    def _add_prior(self, score: Floats, w: Floats, grad: Floats, d_w: Floats) -> float:
        pull = self.precision @ score
        grad[: len(score)] -= pull
        value = -0.5 * float(score @ pull)
        if not len(self.walks):
            return value
        sd = self.steps[:, None]
        first = w[:, :1] / (sd * math.sqrt(BLOCK / 3.0))
        step = np.diff(w, axis=1) / (sd * math.sqrt(BLOCK))
        value -= 0.5 * float((first**2).sum() + (step**2).sum())
        d_w[:, :1] -= first / (sd * math.sqrt(BLOCK / 3.0))
        d_w[:, 1:] -= step / (sd * math.sqrt(BLOCK))
        d_w[:, :-1] += step / (sd * math.sqrt(BLOCK))
        return value


def _level_slopes(
    model: Model, theta: Floats, problem_fill: CaseProblem, score: Floats
) -> tuple[Floats, Floats]:
    """Bases at ``score`` and d log base / d score of streams with a level."""
    n, K = len(score), len(model.streams)
    levels = [i for i, s in enumerate(model.streams) if s.level != ABSENT]
    rows = [problem_fill._fill(score)[0]]
    slope = np.zeros((K, n))
    if not levels:
        return np.zeros(K), slope
    for c in range(n):
        moved = score.copy()
        moved[c] += STEP
        rows.append(problem_fill._fill(moved)[0])
    mu = bases_matrix(model, np.array(rows))
    base = np.zeros(K)
    for i in levels:
        base[i] = max(mu[0, i], 1e-6)
        if mu[0, i] > 1e-6:
            slope[i] = (np.log(np.maximum(mu[1:, i], 1e-6)) - math.log(base[i])) / STEP
    return base, slope


def _steps(model: Model, theta: Floats) -> tuple[tuple[int, ...], Floats]:
    """Streams whose drivers walk, and how far their log goes per sqrt day."""
    walks, steps = [], []
    for i, s in enumerate(model.streams):
        total = 0.0
        for d, elasticity in s.drivers:
            if model.drivers[d].kind == "walk":
                total += float(theta[elasticity] * theta[model.drivers[d].spread]) ** 2
        if total > 0.0:
            walks.append(i)
            steps.append(math.sqrt(total))
    return tuple(walks), np.array(steps)


def case_problem(
    model: Model,
    table: SlotTable,
    data: HistoryData,
    theta: Floats,
    columns: Sequence[int],
    prior: Floats,
    score: Floats,
) -> CaseProblem:
    """The posterior given one history.

    Parameters
    ----------
    model, table
        The case.
    data
        The history.
    theta : (S,)
        Numbers it was imputed for; those not in ``columns`` are held.
    columns
        Numbers to learn.
    prior : (n, n)
        Covariance of their scores.
    score : (n,)
        Where bases solved from levels are made linear.
    """
    at = {c: k for k, c in enumerate(columns)}
    copies = [
        (i, at[c.source])
        for i, c in enumerate(table.columns)
        if c.law == "copy" and c.source in at
    ]
    walks, steps = _steps(model, theta)
    blocks = (data.days - 1 - np.arange(data.days)) // BLOCK
    n = len(columns)
    plain = CaseProblem(
        model=model,
        data=data,
        theta=theta,
        map=_map(columns, table),
        follows=(
            np.array([c for c, _ in copies], np.int64),
            np.array([k for _, k in copies], np.int64),
        ),
        base=np.zeros(len(model.streams)),
        slope=np.zeros((len(model.streams), n)),
        precision=np.asarray(np.linalg.inv(prior), np.float64),
        walks=walks,
        blocks=blocks,
        steps=steps,
        reference=score,
    )
    base, slope = _level_slopes(model, theta, plain, score)
    return replace(plain, base=base, slope=slope)
