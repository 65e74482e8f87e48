"""Fitting the law of rates: expectation and maximization, each step never worse.

First every table of children is a product (half-life x act brought x act of the past
fact, the same act and others apart), which is fitted; then each entry may leave that
product as far as its data carry it: a gamma prior of weight `prior` facts at the
product. Both climb: the first the likelihood, the second the penalized one.

This file must never import a store or a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.errors import EventsError
from spillover.model.facts import Facts
from spillover.world.rates import KERNELS, Rates, Shape
from spillover.world.rates_exposure import exposure, mass_of
from spillover.world.rates_kernels import expect, push
from spillover.world.rates_layout import Layout, State, added, layout_of, start
from spillover.world.rates_shares import Shares, shares_of

__all__ = ["Fit", "fit_rates"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[int, int, str], None]

FEWEST_DAYS = 28
"""Days of facts a fit needs at least before the window, and in it."""


@dataclass(frozen=True)
class Fit:
    """A fitted law.

    Attributes
    ----------
    rates
        The law.
    climbed
        Log-likelihood after each round of the first part, then log-likelihood plus
        log prior after each of the second.
    facts
        Facts in the window.
    first, end
        The window, days.
    """

    rates: Rates
    climbed: tuple[tuple[float, ...], tuple[float, ...]]
    facts: int
    first: int
    end: int


@dataclass(frozen=True)
class _Block:
    first: int
    days: tuple[Ints, ...]
    factors: Floats
    shares: Shares


def _cells_by_day(facts: Facts, layout: Layout, first: int, end: int) -> list[Ints]:
    """Cells with a fact on each day, rising."""
    cut = np.searchsorted(facts.day, np.arange(first, end + 1))
    return [np.sort(layout.fact_cell[cut[k] : cut[k + 1]]) for k in range(end - first)]


def _weekday(facts: Facts, first: int, end: int) -> Floats:
    """Factor of each weekday over whole weeks before the end, mean 1."""
    weeks = (end - first) // 7
    use = facts.between(end - 7 * weeks, end)
    counts = np.bincount(use.day % 7, minlength=7) + 10.0
    return np.asarray(counts / counts.mean())


def _blocks(
    layout: Layout, shape: Shape, state: State, days: list[Ints], weekday: Floats
) -> tuple[list[_Block], Floats, Floats]:
    """Blocks between readings of the shares; exposures summed over them."""
    R, H = layout.actions, len(shape.half_lives)
    X, XB = np.zeros((len(KERNELS), R, R, H)), np.zeros(R)
    blocks = []
    k = 0
    while k < len(days):
        stop = min(k + shape.refresh - state.day % shape.refresh, len(days))
        now = days[k:stop]
        factors = weekday[(state.day + np.arange(len(now))) % 7]
        shares = shares_of(layout, shape, state)
        more = exposure(
            layout, shares, mass_of(shape, state, factors, now), factors.sum()
        )
        X += more[0]
        XB += more[1]
        blocks.append(_Block(state.day, tuple(now), factors, shares))
        for cells in now:
            state = state.add(shape, cells)
        k = stop
    return blocks, X, XB


@dataclass
class _Sums:
    """Lazy sums for the compiled pass."""

    D: Floats
    D_at: Ints
    S: Floats
    S_at: Ints
    T: Floats
    T_at: Ints


def _sums(layout: Layout, state: State) -> _Sums:
    E, R, H = layout.entities, layout.actions, state.decayed.shape[1]
    pair, act = layout.cell_pair, layout.cell_action
    S, T = np.zeros((E, R, H)), np.zeros((E, R, H))
    for out, end in ((S, layout.source), (T, layout.target)):
        for h in range(H):
            out[:, :, h] = added(
                end[pair] * R + act, state.decayed[:, h], E * R
            ).reshape(E, R)
    at = np.full(E, state.day, np.int64)
    C = len(act)
    return _Sums(
        state.decayed.copy(), np.full(C, state.day, np.int64), S, at, T, at.copy()
    )


def _pass(
    layout: Layout,
    shape: Shape,
    state: State,
    blocks: list[_Block],
    children: Floats,
    background: Floats,
) -> tuple[float, Floats, Floats]:
    """Facts' part of the log-likelihood, and expected facts of every number."""
    R, H = layout.actions, len(shape.half_lives)
    N, NB = np.zeros_like(children), np.zeros(R)
    feature = np.zeros((len(KERNELS), R, H))
    end = blocks[-1].first + len(blocks[-1].days)
    power = np.ascontiguousarray(
        shape.rho[:, None] ** np.arange(end - state.day + 2)[None, :]
    )
    m = _sums(layout, state)
    total = 0.0
    for b in blocks:
        w = b.shares
        for k, cells in enumerate(b.days):
            day = b.first + k
            total += expect(
                cells, day, b.factors[k], layout.entities,
                layout.cell_ptr, layout.cell_pair, layout.cell_action, layout.key,
                layout.source, layout.target, layout.reverse, layout.out_ptr,
                power, m.D, m.D_at, m.S, m.S_at, m.T, m.T_at,
                w.of_source, w.of_target, w.doing, w.meeting, w.link_to, w.link,
                children, background, feature, N, NB,
            )  # fmt: skip
            push(
                cells, day, layout.cell_pair, layout.cell_action, layout.source,
                layout.target, power, shape.rho, m.D, m.D_at, m.S, m.S_at, m.T, m.T_at,
            )  # fmt: skip
    return total, N, NB


@dataclass
class _Product:
    """children[k, r, q, h] = size[same, k, h] x brought[same, k, r] x past[k, q]."""

    size: Floats
    brought: Floats
    past: Floats

    def table(self, R: int) -> Floats:
        eye = np.eye(R)[None, :, :, None]
        same = self.size[0][:, None, None, :] * self.brought[0][:, :, None, None]
        other = (
            self.size[1][:, None, None, :]
            * self.brought[1][:, :, None, None]
            * self.past[:, None, :, None]
        )
        return np.asarray(eye * same + (1.0 - eye) * other)

    def step(self, N: Floats, X: Floats, tiny: float = 1e-12) -> None:
        """Maximize over each factor in turn, the others held."""
        R = N.shape[1]
        eye = np.eye(R)[None, :, :, None]
        for j, mask in enumerate((eye, 1.0 - eye)):
            n, x = N * mask, X * mask
            c = self.past if j else np.ones_like(self.past)

            def fresh(above: Floats, below: Floats, old: Floats) -> Floats:
                return np.where(below > tiny, above / np.maximum(below, tiny), old)

            a = self.brought[j]
            below = (x * a[:, :, None, None] * c[:, None, :, None]).sum((1, 2))
            self.size[j] = fresh(n.sum((1, 2)), below, self.size[j])
            g = self.size[j]
            below = (x * g[:, None, None, :] * c[:, None, :, None]).sum((2, 3))
            self.brought[j] = fresh(n.sum((2, 3)), below, a)
            if j:
                a = self.brought[j]
                below = (x * g[:, None, None, :] * a[:, :, None, None]).sum((1, 3))
                self.past = fresh(n.sum((1, 3)), below, self.past)


def fit_rates(
    facts: Facts,
    *,
    shape: Shape | None = None,
    window: int = 180,
    end: int | None = None,
    rounds: tuple[int, int] = (12, 8),
    prior: float = 100.0,
    progress: Progress | None = None,
) -> Fit:
    """Fit the law to the last days before `end`.

    Parameters
    ----------
    facts
        Without facts of one actor toward itself. Facts on or after `end` are not used.
    shape
        What is fixed.
    window
        Days of the likelihood, at most; a third of the days at least only fill the sums.
    end
        The day after the last that counts; after the last fact when absent.
    rounds
        Rounds of the product, and of the free tables.
    prior
        Weight of the product when entries may leave it, in facts.
    progress
        Called with (done, total, what).

    Raises
    ------
    EventsError
        With fewer than 28 days of facts before the window and in it.
    """
    shape = shape or Shape()
    say = progress or (lambda done, total, what: None)
    stop = end if end is not None else (int(facts.day[-1]) + 1 if len(facts) else 0)
    facts = facts.between(-(2**31) + 1, stop)
    known = stop - int(facts.day[0]) if len(facts) else 0
    if known < 2 * FEWEST_DAYS:
        msg = f"the facts cover {known} days: rates need at least {2 * FEWEST_DAYS}"
        raise EventsError(msg)
    first = max(stop - window, int(facts.day[0]) + max(FEWEST_DAYS, known // 3))
    layout = layout_of(facts)
    say(0, sum(rounds), "reading the past")
    state = start(layout, shape, int(facts.day[0]))
    for cells in _cells_by_day(facts, layout, state.day, first):
        state = state.add(shape, cells)
    weekday = _weekday(facts, first, stop)
    days = _cells_by_day(facts, layout, first, stop)
    blocks, X, XB = _blocks(layout, shape, state, days, weekday)
    R, H = layout.actions, len(shape.half_lives)
    n = sum(len(d) for d in days)
    K = len(KERNELS)
    product = _Product(
        np.full((2, K, H), 0.1 / H), np.ones((2, K, R)), np.full((K, R), 1.0 / R)
    )
    background = np.full(R, 0.1 * n / R) / np.maximum(XB, 1e-12)
    climbed: tuple[list[float], list[float]] = ([], [])
    children = product.table(R)

    def climb(part: int) -> tuple[Floats, Floats]:
        done = len(climbed[0]) + len(climbed[1])
        say(done, sum(rounds), "fitting the rates")
        total, N, NB = _pass(layout, shape, state, blocks, children, background)
        ll = total - float((children * X).sum() + (background * XB).sum())
        if part:
            ll += float(
                np.sum(prior * (pool * np.log(np.maximum(children, 1e-300)) - children))
            )
        climbed[part].append(ll)
        return N, NB

    for _ in range(rounds[0]):
        N, NB = climb(0)
        product.step(N, X)
        children = product.table(R)
        background = (NB + 1e-9) / (XB + 1e-9)
    pool = children
    for _ in range(rounds[1]):
        N, NB = climb(1)
        children = (N + prior * pool) / (X + prior)
        background = (NB + 1e-9) / (XB + 1e-9)
    say(sum(rounds), sum(rounds), "fitting the rates")
    rates = Rates(facts.actions, shape, children, background, weekday)
    return Fit(rates, (tuple(climbed[0]), tuple(climbed[1])), n, first, stop)
