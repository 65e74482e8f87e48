"""Fit a daily model: mode, Laplace spread, the background's step chosen by evidence.

Order: row-wise law first (cheap, a good start), then the Good law at each step of the
grid looked at, then a Newton polish. Where some streams are known by sums, what stands
for their days in the other streams' past is made anew from the fit, twice.

This file must never import a case or a page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spillover.inference.background import BLOCK_DAYS, GRID, choose_step
from spillover.inference.conditional import bent_draws
from spillover.inference.daily import Law, Links
from spillover.inference.daily_data import DailyData, DailyPrior
from spillover.inference.daily_problem import DailyProblem, Sharing, daily_problem
from spillover.inference.match_law import MatchTable, match_fit
from spillover.inference.posterior import MapFit, fit_map, laplace
from spillover.inference.sums import fill, sums_loglik_grad

__all__ = ["DailyFit", "fit_daily", "hessian", "map_daily"]

Background = Literal["walk", "constant"]
Floats = NDArray[np.float64]

WIDEST = 3.0
"""Largest posterior spread of a coordinate; priors are standard normal or narrower."""
SPREADS = (0.4, 0.8, 1.3, 2.0)
"""Spreads of the logs within roles among which the evidence chooses."""


@dataclass(frozen=True)
class DailyFit:
    """What came out.

    Attributes
    ----------
    problem
        The posterior, with the step chosen.
    fit
        Its mode and Laplace spread.
    step
        Standard deviation of the background's steps; 0: constant.
    evidence
        Of every step looked at.
    match
        The engine's daily law beside the fitted one (`match_law.match_fit`).
    """

    problem: DailyProblem
    fit: MapFit
    step: float
    evidence: dict[float, float]
    match: MatchTable | None = None

    def draws(self, rng: np.random.Generator, number: int) -> Floats:
        """Draws of the coordinates, shape (number, n); see `conditional.bent_draws`."""
        return bent_draws(self.problem, self.fit, rng, number, self.problem.at["level"])


def hessian(problem: DailyProblem, z: Floats, *, step: float = 1e-4) -> Floats:
    """Negative second derivatives of the log posterior, shape (n, n).

    A day's baseline touches that day's chance alone, so one difference serves all
    blocks of a stream at once: K + (links, half-lives, ...) pairs of gradients, not n.
    """
    at, n = problem.at, problem.size
    local = at["walk"].stop
    here = problem.log_mu(z)
    B, K = here.shape
    full = np.zeros((B, K, B, K))
    for i in range(K):
        shift = np.zeros((B, K))
        shift[:, i] = step
        up = problem.loglik(here + shift, z)[1]
        down = problem.loglik(here - shift, z)[1]
        rows = (up - down) / (2.0 * step)
        full[np.arange(B), :, np.arange(B), i] = rows
    full = 0.5 * (full + full.transpose(2, 3, 0, 1))
    out = np.zeros((n, n))
    once = np.stack(
        [problem.pull_back(r) for r in full.reshape(B * K, B, K)]
    )  # (B K, local)
    out[:local, :local] = np.stack([problem.pull_back(c.reshape(B, K)) for c in once.T])
    for c in range(local, n):
        e = np.zeros(n)
        e[c] = step
        _, up, up_grad = problem.loglik(here, z + e)
        _, down, down_grad = problem.loglik(here, z - e)
        column = (up_grad - down_grad) / (2.0 * step)
        column[:local] = problem.pull_back((up - down) / (2.0 * step))
        out[c] = column
        out[:local, c] = column[:local]
    out[local:, local:] = 0.5 * (out[local:, local:] + out[local:, local:].T)
    return np.asarray(-out - np.diag(problem.log_prior(z)[2]), np.float64)


def _spread(problem: DailyProblem, z: Floats) -> tuple[Floats, float]:
    """Covariance and half its log determinant."""
    if not problem.separate_days:
        covariance, half, _ = laplace(problem, z, widest=WIDEST)
        return covariance, half
    value, axes = np.linalg.eigh(hessian(problem, z))
    value = np.maximum(value, WIDEST**-2)
    return (axes / value) @ axes.T, -0.5 * float(np.log(value).sum())


def map_daily(
    problem: DailyProblem, start: Floats | None = None, *, most: int = 1000
) -> MapFit:
    """Mode by L-BFGS from ``start``, Newton steps while they climb, Laplace spread.

    The evidence is that of the data: priors are normalised, so different steps of the
    background compare.
    """
    z = np.zeros(problem.size) if start is None else start
    found = fit_map(problem, z, spread=False, most=most, tolerance=1e-7)
    mode, logp = found.mode, found.logp
    covariance, half = _spread(problem, mode)
    for _ in range(3):
        grad = problem.logp_grad(mode)[1]
        to = mode + covariance @ grad
        higher = problem.logp_grad(to)[0]
        if not higher > logp + 1e-9:
            break
        mode, logp = to, higher
    return replace(
        found, mode=mode, logp=logp, covariance=covariance, evidence=logp + half
    )


def _moved(z: Floats, old: DailyProblem, new: DailyProblem) -> Floats:
    """The point of ``new`` that says what ``z`` says in ``old``."""
    out = np.zeros(new.size)
    for group, part in new.at.items():
        if group != "walk":
            out[part] = z[old.at[group]]
    steps = z[old.at["walk"]]
    if steps.size == out[new.at["walk"]].size and new.walk.step > 0.0:
        out[new.at["walk"]] = steps * old.walk.step / new.walk.step
    return out


def _refilled(problem: DailyProblem, z: Floats) -> DailyData:
    """The data with blocks filled by their expected shape, where that is safe."""
    data = problem.data
    assert data.blocks is not None
    x = problem.numbers(z)
    got = sums_loglik_grad(
        data.counts, data.observed, x.mu, data.factor, problem.links, x.children,
        x.decay, data.blocks, problem.start, sequence_starts=data.starts,
        held=problem.filled,
    )  # fmt: skip
    K = problem.filled.shape[1]
    out_of = np.zeros(K)
    for c in range(K):
        mine = problem.links.source == c
        # shortest memory of what reads this stream: rescaling needs all to be long
        out_of[c] = x.half_life[mine].min() if mine.any() else 0.0
    held = fill(
        data.blocks, *problem.filled.shape, shape=got.value, half_life=out_of,
        expected=got.expected,
    )  # fmt: skip
    return replace(data, held=held)


def fit_daily(
    data: DailyData,
    links: Links,
    prior: DailyPrior | None = None,
    *,
    background: Background = "walk",
    grid: tuple[float, ...] = GRID,
    spreads: tuple[float, ...] = SPREADS,
    sharing: Sharing = "link",
    law: Law = "good",
    block_days: int = BLOCK_DAYS,
    futures: int = 4,
) -> DailyFit:
    """Fit daily counts and sums.

    Parameters
    ----------
    data, links, prior
        See `daily_data`.
    background
        ``"walk"``: a log random walk in blocks, its step chosen from ``grid``;
        ``"constant"``.
    grid
        Standard deviations of the walk's steps.
    spreads
        Spreads within roles to choose from by evidence; empty: the prior's.
    sharing
        Half-lives shared by ``"all"`` links, by those into a ``"row"``, or by none.
    law
        ``"rowwise"`` where most of a hundred streams are active every day.
    block_days
        Length of the walk's blocks.
    futures
        How many courses the engine simulates from the fit, to compare daily laws; 0:
        none.
    """
    given = DailyPrior() if prior is None else prior

    def at(step: float, which: Law, tau: float) -> DailyProblem:
        return daily_problem(
            data, links, replace(given, tau=tau), step=step, sharing=sharing, law=which,
            block_days=block_days,
        )  # fmt: skip

    first = at(0.0, "rowwise", given.tau)
    rough = fit_map(first, np.zeros(first.size), spread=False).mode
    if data.blocks is not None:
        for _ in range(2):
            data = _refilled(first, rough)
            first = at(0.0, "rowwise", given.tau)
            rough = fit_map(first, rough, spread=False).mode

    def fitted(step: float, tau: float, near: DailyFit | None) -> DailyFit:
        problem = at(step, law, tau)
        begin = (
            _moved(rough, first, problem)
            if near is None
            else _moved(near.fit.mode, near.problem, problem)
        )
        fit = map_daily(problem, begin)
        return DailyFit(problem, fit, step, {step: fit.evidence})

    def judge(one: DailyFit) -> float:
        return one.fit.evidence

    def matched(one: DailyFit) -> DailyFit:
        table = match_fit(one.problem, one.fit.mode, futures=futures)
        return replace(one, match=table)

    def pooled(x: float, near: DailyFit | None) -> DailyFit:
        return fitted(0.0, x, near)

    tau = given.tau
    best: DailyFit | None = None
    if given.role is not None and spreads:
        tau, found, _ = choose_step(pooled, judge, grid=spreads)
        best = found
    if background == "constant" or len(data.counts) < 2 * block_days:
        return matched(fitted(0.0, tau, None) if best is None else best)

    def stepped(x: float, near: DailyFit | None) -> DailyFit:
        return fitted(x, tau, near or best)

    step, found, evidence = choose_step(stepped, judge, grid=grid)
    return matched(DailyFit(found.problem, found.fit, step, evidence))
