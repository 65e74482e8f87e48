"""Posterior of a model of daily counts, as a `Problem`.

`DailyProblem.numbers` turns a point z of R^n into the model's numbers:

    log mu_i(d)  = level_i + walk of the block of d + weekday
    G_l          = centre softplus(z_l), centre from the prior or the pool of its role
    log half-life: one for all, one per receiving stream, or one per link

Children have log-normal priors: log(G / centre) ~ N(0, spread). Their coordinate is not
the log, because what weak links can be is nearly normal in G, not in log G: on logs the
Laplace spread of a hundred weak links raised a spectral radius of .6 by .16; the
softplus runs as the log far below the centre and as G itself above. All other
coordinates are standard normal a priori.

Likelihood: `daily.daily_loglik_grad` for what is counted by the day, plus
`sums.sums_loglik_grad` for what is known by sums.

This file must never import a case or a page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from spillover.inference.background import BLOCK_DAYS, Walk, walk_blocks
from spillover.inference.daily import (
    Law,
    Links,
    daily_loglik_grad,
    start_from_counts,
)
from spillover.inference.daily_data import USUAL, DailyData, DailyPrior
from spillover.inference.sums import sums_loglik_grad

__all__ = [
    "DailyProblem",
    "Numbers",
    "Sharing",
    "daily_problem",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sharing = Literal["all", "row", "link"]
LN2 = math.log(2.0)


@dataclass(frozen=True)
class Numbers:
    """`block_mu` (B, K), `mu` (D, K), `children` and `decay` (L,), `weekday` (7,)."""

    block_mu: Floats
    mu: Floats
    children: Floats
    decay: Floats
    weekday: Floats

    @property
    def half_life(self) -> Floats:
        """Days, shape (L,)."""
        return LN2 / self.decay


@dataclass(frozen=True)
class DailyProblem:
    """Posterior of `DailyData` under `DailyPrior`; made by `daily_problem`.

    Attributes
    ----------
    data, links, prior, law
        As given.
    walk
        Blocks of the background.
    at
        Where each group of coordinates lies: level, walk, children, pool,
        half_life, weekday.
    start
        States at the beginnings of sequences.
    seen, filled, during, openings
        `DailyData.seen`, `filled`, `during`; where blocks begin.
    centre
        Prior means of the logs of levels (K,), children (L,), half-lives (L,).
    half_of : (L,)
        Which half-life coordinate a link has; -1: fixed.
    half_sd
        Prior sd of each of them.
    block_days, sharing
        As given.
    """

    data: DailyData
    links: Links
    prior: DailyPrior
    law: Law
    walk: Walk
    at: dict[str, slice]
    start: Floats
    seen: NDArray[np.bool_]
    filled: Floats
    during: Floats
    openings: NDArray[np.bool_] | None
    centre: dict[str, Floats]
    half_of: Ints
    half_sd: Floats
    block_days: int
    sharing: Sharing

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return int(self.at["weekday"].stop)

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each coordinate: its group and its number in it."""
        return tuple(
            f"{group}[{k}]"
            for group, part in self.at.items()
            for k in range(part.stop - part.start)
        )

    @property
    def separate_days(self) -> bool:
        """Whether a day's baseline touches that day's chance only (no open cells)."""
        return self.data.blocks is None and not bool(np.isnan(self.filled).any())

    def log_mu(self, z: Floats) -> Floats:
        """Log baseline of every block, shape (B, K)."""
        K = self.filled.shape[1]
        level = self.centre["level"] + self.prior.level_sd * z[self.at["level"]]
        steps = z[self.at["walk"]].reshape(K, self.walk.blocks - 1)
        return level + self.walk.step * (self.walk.effect @ steps.T)

    def numbers(self, z: Floats) -> Numbers:
        """The model's numbers at a point."""
        return self.inner_numbers(self.log_mu(z), z)

    def inner_numbers(self, log_mu: Floats, z: Floats) -> Numbers:
        """The same with the baseline given by blocks; z's level and walk are unused."""
        at = self.at
        children = self.scale(z) * np.logaddexp(0.0, z[at["children"]])
        log_half = self.centre["half_life"].copy()
        free = self.half_of >= 0
        log_half[free] += (self.half_sd * z[at["half_life"]])[self.half_of[free]]
        weekday = np.exp(self.prior.weekday_sd * z[at["weekday"]])
        mu = np.exp(log_mu)[self.walk.block]
        if self.data.baseline_factor is not None:
            mu = mu * self.data.baseline_factor
        if self.data.weekday is not None:
            mu = mu * weekday[self.data.weekday][:, None]
        return Numbers(np.exp(log_mu), mu, children, LN2 * np.exp(-log_half), weekday)

    def scale(self, z: Floats) -> Floats:
        """Prior median of every link's children, the pools of roles at z, (L,)."""
        if self.prior.role is None:
            return np.exp(self.centre["children"])
        pool = self.centre["pool"] + self.centre["pool_sd"] * z[self.at["pool"]]
        return np.asarray(np.exp(pool[self.prior.role]), np.float64)

    @property
    def links_sd(self) -> Floats | float:
        """Spread of the log of the links' children around their medians."""
        return self.centre["children_sd"] if self.prior.role is None else self.prior.tau

    def loglik(self, log_mu: Floats, z: Floats) -> tuple[float, Floats, Floats]:
        """Log likelihood, its gradient in log_mu (B, K) and in z (level, walk: 0)."""
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            return self._loglik(log_mu, z)

    def _loglik(self, log_mu: Floats, z: Floats) -> tuple[float, Floats, Floats]:
        x = self.inner_numbers(log_mu, z)
        none = -math.inf, np.zeros_like(log_mu), np.zeros(self.size)
        if not (np.isfinite(x.mu).all() and np.isfinite(x.children).all()):
            return none
        if not (np.all(x.decay > 0.0) and np.all(x.decay < 1e6)):
            return none
        data = self.data
        got = daily_loglik_grad(
            data.counts, self.seen, x.mu, data.factor, self.links, x.children, x.decay,
            self.start, sequence_starts=data.starts, held=self.during, law=self.law,
            openings=self.openings, afterwards=None if self.openings is None else
            np.nan_to_num(self.filled),
        )  # fmt: skip
        logp, d_mu = got.logp, got.d_mu
        d_children, d_decay = got.d_children, got.d_decay
        if data.blocks is not None:
            more = sums_loglik_grad(
                data.counts, data.observed, x.mu, data.factor, self.links, x.children,
                x.decay, data.blocks, self.start, sequence_starts=data.starts,
                held=self.filled,
            )  # fmt: skip
            logp += more.logp
            d_mu = d_mu + more.d_mu
            d_children = d_children + more.d_children
            d_decay = d_decay + more.d_decay
        if not math.isfinite(logp):
            return none
        d_log_mu = d_mu * x.mu
        d_block = np.zeros_like(log_mu)
        np.add.at(d_block, self.walk.block, d_log_mu)
        grad = np.zeros(self.size)
        at, w = self.at, z[self.at["children"]]
        grad[at["children"]] = d_children * self.scale(z) * special.expit(w)
        if self.prior.role is not None:
            along, pools = d_children * x.children, len(self.centre["pool"])
            pool = np.bincount(self.prior.role, along, pools)
            grad[at["pool"]] = pool * self.centre["pool_sd"]
        free = self.half_of >= 0
        by_half = np.bincount(
            self.half_of[free], -(d_decay * x.decay)[free], len(self.half_sd)
        )
        grad[at["half_life"]] = by_half * self.half_sd
        if data.weekday is not None:
            by_day = np.bincount(data.weekday, d_log_mu.sum(axis=1), 7)
            grad[at["weekday"]] = by_day * self.prior.weekday_sd
        return logp, d_block, grad

    def pull_back(self, d_block: Floats) -> Floats:
        """Gradient in the coordinates of level and walk, from that in log_mu."""
        level = d_block.sum(axis=0) * self.prior.level_sd
        steps = self.walk.step * (d_block.T @ self.walk.effect)
        return np.concatenate([level, steps.ravel()])

    def log_prior(self, z: Floats) -> tuple[float, Floats, Floats]:
        """Log prior density less the constant of a standard normal, and two slopes.

        Returns
        -------
        value, slope (n,), curvature (n,)
            The second derivatives are diagonal.
        """
        part, sd = self.at["children"], self.links_sd
        w = z[part]
        soft, on = np.logaddexp(0.0, w), special.expit(w)
        q = on / soft  # slope of log softplus
        bend = on * (1.0 - on) / soft - q * q
        u = np.log(soft) / sd
        slope, curvature = -z, np.full(len(z), -1.0)
        slope[part] = -u * q / sd + (1.0 - on) - q
        curvature[part] = -((q / sd) ** 2) - u * bend / sd - on * (1.0 - on) - bend
        rest = float(z @ z - w @ w + u @ u)
        sds = np.broadcast_to(np.log(sd), w.shape)
        value = -0.5 * rest + float(np.sum(special.log_expit(w) - np.log(soft) - sds))
        return value, slope, curvature

    def from_normal(self, u: Floats) -> Floats:
        """The point whose prior chances are those of standard normal numbers u (n,)."""
        z = np.array(u, np.float64)
        part = self.at["children"]
        x = np.exp(self.links_sd * u[part])
        z[part] = x + np.log(-np.expm1(-x))
        return z

    def logp_grad(self, z: Floats) -> tuple[float, Floats]:
        """Log posterior (less the constant of a standard normal) and its gradient."""
        z = np.asarray(z, np.float64)
        logp, d_block, grad = self.loglik(self.log_mu(z), z)
        if not math.isfinite(logp):
            return -math.inf, np.zeros(self.size)
        grad[: self.at["walk"].stop] = self.pull_back(d_block)
        value, slope, _ = self.log_prior(z)
        return logp + value, grad + slope


def daily_problem(
    data: DailyData,
    links: Links,
    prior: DailyPrior | None = None,
    *,
    step: float = 0.0,
    sharing: Sharing = "link",
    law: Law = "good",
    block_days: int = BLOCK_DAYS,
) -> DailyProblem:
    """Lay out the posterior.

    Parameters
    ----------
    data, links, prior
        What was counted, which stream may excite which, what is known before.
    step
        Standard deviation of the walk's steps (`background`); 0: constant.
    sharing
        Half-lives shared by ``"all"`` links, by those into a ``"row"``, or by none
        (``"link"``).
    law
        Of the daily likelihood.
    block_days
        Length of the walk's blocks.
    """
    D, K = np.shape(data.counts)
    L, p = len(links), DailyPrior() if prior is None else prior
    filled = data.filled()
    known = ~np.isnan(filled)
    mean = (np.nansum(filled, axis=0) + 0.5) / np.maximum(known.sum(axis=0), 1)
    into = np.maximum(np.bincount(links.target, minlength=K), 1)[links.target]

    def full(value: Floats | float, n: int) -> Floats:
        return np.array(np.broadcast_to(value, (n,)), np.float64)

    half_sd = full(p.half_life_sd, L)
    free = half_sd > 0.0
    rows = {"all": np.zeros(L, np.int64), "row": links.target, "link": np.arange(L)}
    _, lead, group = np.unique(
        rows[sharing][free], return_index=True, return_inverse=True
    )
    half_of = np.full(L, -1)
    half_of[free] = group
    children = full(USUAL / into if p.children is None else p.children, L)
    children_sd = full(p.children_sd, L)
    roles = np.zeros(0, np.int64)
    if p.role is not None:
        _, roles = np.unique(p.role, return_index=True)
        assert len(roles) == p.role.max() + 1, "a number of a role is not used"
    walk = walk_blocks(D, step=step, days=block_days)
    sizes = {
        "level": K,
        "walk": K * (walk.blocks - 1),
        "children": L,
        "pool": len(roles),
        "half_life": len(lead),
        "weekday": 0 if data.weekday is None else 7,
    }
    ends = np.cumsum(list(sizes.values()))
    start = data.start_state
    if start is None:
        start = start_from_counts(np.nan_to_num(filled), known, links, data.starts)
    return DailyProblem(
        data=data,
        links=links,
        prior=p,
        law=law,
        walk=walk,
        at={
            name: slice(int(end) - size, int(end))
            for (name, size), end in zip(sizes.items(), ends, strict=True)
        },
        start=start,
        seen=data.seen(),
        filled=filled,
        during=data.during(),
        openings=None if data.blocks is None else data.blocks.openings(D, K),
        centre={
            "level": np.log(full(0.5 * mean if p.level is None else p.level, K)),
            "children": np.log(children),
            "children_sd": children_sd,
            "pool": np.log(children[roles]),
            "pool_sd": children_sd[roles],
            "half_life": np.log(full(p.half_life, L)),
        },
        half_of=half_of,
        half_sd=half_sd[free][lead],
        block_days=block_days,
        sharing=sharing,
    )
