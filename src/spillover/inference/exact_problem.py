"""Exact-time data as a `Problem`: logs of baselines, responses and decays, with priors.

Coordinates, in this order:

* log immigrants per day of every stream in every block of time: the first normal around
  its prior median, the next ones a random walk in logs;
* seven log weekday factors, common to the streams (their mean is divided out);
* log pools of the roles and the log spread around them;
* by link, the log of its expected children, or, in a role, its standardized distance
  from the pool: log G = pool + spread * distance;
* logits of the shares of common half-lives, against the first;
* log decays.

Rows of the model meet only in the common numbers, which `rows` tells `laplace`.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import ModelError
from spillover.inference import exact_kernels as kernels
from spillover.inference.exact import (
    ExactData,
    ExactLikelihood,
    Links,
    exact_likelihood,
)

__all__ = ["Decoded", "ExactPrior", "ExactProblem", "Support", "exact_problem"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LN2 = float(np.log(2.0))
SQRT_2PI = float(np.sqrt(2.0 * np.pi))
COMMON = -1
ENOUGH = 20
MOST_HELD = 8_000_000
"""Numbers of states held at once while the curvature is worked out (64 MB)."""


@dataclass(frozen=True)
class Support:
    """Links that may be there, and what they share.

    Attributes
    ----------
    target, source : (links,)
        Receiving and sending stream.
    role : (links,)
        Pool of the link, -1 for a prior of its own.
    median, sd : (links,)
        Log-normal prior of the expected children of links without a pool.
    decay : (links,) or None
        Which half-life a link has; None: all links spread over all half-lives with
        common shares.
    """

    target: Ints
    source: Ints
    role: Ints
    median: Floats
    sd: Floats
    decay: Ints | None = None

    @classmethod
    def full(
        cls,
        streams: int,
        *,
        median: float = 0.05,
        sd: float = 1.5,
        pooled: bool = False,
        decay: Ints | None = None,
    ) -> Support:
        """All links; pooled, own links are one role and the others another."""
        target, source = np.divmod(np.arange(streams * streams), streams)
        role = np.where(target == source, 0, 1) if pooled else np.full(len(target), -1)
        one = np.ones(len(target))
        return cls(target, source, role, median * one, sd * one, decay)

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class ExactPrior:
    """Priors; medians per day or days, sd of logs.

    Attributes
    ----------
    rate : (K,) or None
        Median immigrants per day in the first block; None: half the mean rate seen.
    rate_sd, walk_sd
        Of the first block; of a step to the next.
    weekday_sd
        Of a log weekday factor.
    half_life : (D,)
        Medians, days.
    half_life_sd
        Of their logs.
    pool, pool_sd
        Median and sd of the expected children at the middle of a role.
    spread, spread_sd
        Median and sd of the log of the spread of links around their pool.
    share_sd
        Of the logits of the shares.
    """

    half_life: tuple[float, ...] = (3.0,)
    half_life_sd: float = 1.5
    rate: Floats | None = None
    rate_sd: float = 1.5
    walk_sd: float = 0.1
    weekday_sd: float = 0.2
    pool: float = 0.05
    pool_sd: float = 1.5
    spread: float = 0.5
    spread_sd: float = 0.5
    share_sd: float = 1.0


@dataclass(frozen=True)
class Decoded:
    """Numbers of one point or of many draws (leading axes ...).

    Attributes
    ----------
    rate : (..., K, blocks)
        Immigrants per day.
    branching : (..., K, K)
        Expected children, half-lives together.
    weight : (..., terms)
        Expected children by link and half-life, in the order of ``links``.
    decay : (..., D)
        Per day.
    weekday : (..., 7)
        Factors with mean 1.
    links
        Target, source and decay of every term.
    """

    rate: Floats
    branching: Floats
    weight: Floats
    decay: Floats
    weekday: Floats
    links: Links

    @property
    def half_life(self) -> Floats:
        """Days, shape (..., D)."""
        return np.asarray(LN2 / self.decay)


@dataclass(frozen=True)
class ExactProblem:
    """A log posterior of exact-time data; see the module for its coordinates.

    Build with `exact_problem`.
    """

    data: ExactData
    support: Support
    prior: ExactPrior
    links: Links
    likelihood: ExactLikelihood
    level_median: Floats
    stream_names: tuple[str, ...]
    role_names: tuple[str, ...]
    weekdays: bool
    at: dict[str, slice] = field(repr=False)

    # ---- coordinates -------------------------------------------------------------

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each coordinate."""
        s, u = self.stream_names, self.support
        B = self.data.blocks
        out = [
            f"log rate of {a}" + (f" in block {k + 1}" if B > 1 else "")
            for a in s
            for k in range(B)
        ]
        if self.weekdays:
            out += [f"log weekday factor {d}" for d in range(7)]
        if self.role_names:
            out += [f"log pool of {r}" for r in self.role_names]
            out += ["log spread around the pools"]
        out += [
            f"{'distance' if r >= 0 else 'log children'} of {s[i]} after {s[j]}"
            for i, j, r in zip(u.target, u.source, u.role, strict=True)
        ]
        D = len(self.prior.half_life)
        out += [f"logit share of half-life {d + 1}" for d in range(1, self._shares + 1)]
        out += [f"log decay {d + 1}" for d in range(D)]
        return tuple(out)

    @property
    def _shares(self) -> int:
        return len(self.prior.half_life) - 1 if self.support.decay is None else 0

    @cached_property
    def rows(self) -> Ints:
        """Row (receiving stream) of each coordinate, -1 for common numbers."""
        out = np.full(self.size, COMMON)
        out[self.at["rate"]] = np.repeat(np.arange(self.data.streams), self.data.blocks)
        out[self.at["link"]] = self.support.target
        D = len(self.prior.half_life)
        if self.support.decay is not None:
            # a decay that one row alone has belongs to that row
            for d in range(D):
                own = np.unique(self.support.target[self.support.decay == d])
                if len(own) == 1:
                    out[self.at["decay"].start + d] = own[0]
        return out

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return int(self.at["decay"].stop)

    def start(self) -> Floats:
        """The middle of the prior."""
        z = np.zeros(self.size)
        z[self.at["rate"]] = np.repeat(self.level_median, self.data.blocks)
        if self.role_names:
            z[self.at["pool"]] = np.log(self.prior.pool)
            z[self.at["spread"]] = np.log(self.prior.spread)
        own = self.support.role < 0
        z[self.at["link"]][own] = np.log(self.support.median[own])
        z[self.at["decay"]] = np.log(LN2 / np.asarray(self.prior.half_life))
        return z

    # ---- prior -------------------------------------------------------------------

    def _prior(self, z: Floats) -> tuple[float, Floats]:
        p, K, B = self.prior, self.data.streams, self.data.blocks
        grad = np.zeros_like(z)
        total = 0.0

        def normal(part: slice, middle: Floats | float, sd: Floats | float) -> float:
            x = (z[part] - middle) / sd
            if not len(x):
                return 0.0
            grad[part] -= x / sd
            logs = np.log(np.asarray(sd) * SQRT_2PI)
            return float(-0.5 * (x @ x) - logs.sum() * (len(x) / logs.size))

        level = z[self.at["rate"]].reshape(K, B)
        g = grad[self.at["rate"]].reshape(K, B)
        x = (level[:, 0] - self.level_median) / p.rate_sd
        step = np.diff(level, axis=1) / p.walk_sd
        total -= 0.5 * float(np.sum(x * x) + np.sum(step * step))
        total -= K * float(np.log(p.rate_sd * SQRT_2PI))
        total -= step.size * float(np.log(p.walk_sd * SQRT_2PI))
        g[:, 0] -= x / p.rate_sd
        g[:, 1:] -= step / p.walk_sd
        g[:, :-1] += step / p.walk_sd
        if self.weekdays:
            total += normal(self.at["weekday"], 0.0, p.weekday_sd)
        if self.role_names:
            total += normal(self.at["pool"], float(np.log(p.pool)), p.pool_sd)
            total += normal(self.at["spread"], float(np.log(p.spread)), p.spread_sd)
        own = self.support.role < 0
        total += normal(
            self.at["link"],
            np.where(own, np.log(self.support.median), 0.0),
            np.where(own, self.support.sd, 1.0),
        )
        total += normal(self.at["share"], 0.0, p.share_sd)
        middle = np.log(LN2 / np.asarray(p.half_life))
        total += normal(self.at["decay"], middle, p.half_life_sd)
        return total, grad

    def draw_prior(self, rng: np.random.Generator) -> Floats:
        """One draw from the prior, shape (n,)."""
        p, K, B = self.prior, self.data.streams, self.data.blocks
        z = self.start()
        step = p.walk_sd * rng.standard_normal((K, B))
        step[:, 0] = p.rate_sd * rng.standard_normal(K)
        z[self.at["rate"]] += step.cumsum(axis=1).ravel()
        own = self.support.role < 0
        for part, sd in (
            ("weekday", p.weekday_sd),
            ("pool", p.pool_sd),
            ("spread", p.spread_sd),
            ("link", np.where(own, self.support.sd, 1.0)),
            ("share", p.share_sd),
            ("decay", p.half_life_sd),
        ):
            here = self.at[part]
            z[here] += sd * rng.standard_normal(here.stop - here.start)
        return z

    # ---- from coordinates to numbers and back --------------------------------------

    def _log_children(self, z: Floats) -> Floats:
        """Log of expected children by link, shape (..., links)."""
        out = np.array(z[..., self.at["link"]])
        if self.role_names:
            role = self.support.role
            has = role >= 0
            pool = z[..., self.at["pool"]][..., role[has]]
            spread = np.exp(z[..., self.at["spread"]])
            out[..., has] = pool + spread * out[..., has]
        return out

    def _log_shares(self, z: Floats) -> Floats:
        """Log shares of the common half-lives, shape (..., D)."""
        part = z[..., self.at["share"]]
        logit = np.concatenate([np.zeros((*part.shape[:-1], 1)), part], axis=-1)
        return np.asarray(logit - np.log(np.exp(logit).sum(axis=-1, keepdims=True)))

    def _week(self, z: Floats) -> Floats:
        if not self.weekdays:
            return np.ones((*z.shape[:-1], 7))
        week = np.exp(z[..., self.at["weekday"]])
        return np.asarray(week / week.mean(axis=-1, keepdims=True))

    def _weight(self, z: Floats) -> Floats:
        log_children = self._log_children(z)
        if self.support.decay is not None:
            return np.exp(log_children)
        shares = self._log_shares(z)
        both = shares[..., :, None] + log_children[..., None, :]
        return np.exp(both).reshape(*z.shape[:-1], -1)

    def decode(self, z: ArrayLike) -> Decoded:
        """Numbers at points z, shape (..., n)."""
        x = np.asarray(z, np.float64)
        K, B = self.data.streams, self.data.blocks
        weight = self._weight(x)
        branching = np.zeros((*x.shape[:-1], K * K))
        flat = self.links.target * K + self.links.source
        np.add.at(branching.T, flat, weight.T)
        return Decoded(
            rate=np.exp(x[..., self.at["rate"]]).reshape(*x.shape[:-1], K, B),
            branching=branching.reshape(*x.shape[:-1], K, K),
            weight=weight,
            decay=np.exp(x[..., self.at["decay"]]),
            weekday=self._week(x),
            links=self.links,
        )

    def base(self, z: Floats) -> Floats:
        """Immigrants per day in every cell, shape (K, cells)."""
        d = self.data
        rate = np.exp(z[self.at["rate"]]).reshape(d.streams, d.blocks)
        day = self._week(z)[d.cell_day]
        return rate[:, d.cell_block] * day * d.baseline_factor[:, d.cell_column]

    def log_likelihood(self, z: Floats) -> tuple[float, Floats]:
        """Log-likelihood alone and its gradient, shape (n,)."""
        d = self.data
        base, weight = self.base(z), self._weight(z)
        decay = np.exp(z[self.at["decay"]])
        value, g_base, g_weight, g_decay = self.likelihood.value_grad(
            base, weight, decay
        )
        grad = np.zeros_like(z)
        flow = g_base * base
        by_block = np.zeros((d.blocks, d.streams))
        np.add.at(by_block, d.cell_block, flow.T)
        grad[self.at["rate"]] = by_block.T.ravel()
        if self.weekdays:
            by_day = np.bincount(d.cell_day, weights=flow.sum(axis=0), minlength=7)
            grad[self.at["weekday"]] = by_day - self._week(z) / 7.0 * by_day.sum()
        by_term = g_weight * weight
        by_link = by_term
        if self.support.decay is None:
            table = by_term.reshape(-1, len(self.support))
            by_link = table.sum(axis=0)
            by_share = table.sum(axis=1)
            shares = np.exp(self._log_shares(z))
            grad[self.at["share"]] = (by_share - shares * by_share.sum())[1:]
        grad[self.at["link"]] = by_link
        if self.role_names:
            role = self.support.role
            has = role >= 0
            spread = float(np.exp(z[self.at["spread"]])[0])
            distance = z[self.at["link"]]
            grad[self.at["pool"]] = np.bincount(
                role[has], weights=by_link[has], minlength=len(self.role_names)
            )
            grad[self.at["spread"]] = spread * float(by_link[has] @ distance[has])
            grad[self.at["link"]] = np.where(has, spread * by_link, by_link)
        grad[self.at["decay"]] = g_decay * decay
        return value, grad

    # ---- for the search: rows, curvature, cheap steps ------------------------------

    def _own_precision(self) -> Floats:
        """Prior precision of the links, shape (links,)."""
        own = self.support.role < 0
        return np.where(own, self.support.sd, 1.0) ** -2.0

    def _stretch(self, z: Floats) -> Floats:
        """Derivative of log children by the coordinate, shape (links,)."""
        if not self.role_names:
            return np.ones(len(self.support))
        spread = np.exp(z[self.at["spread"]])
        return np.where(self.support.role >= 0, spread, 1.0)

    def row_blocks(self, z: Floats, *, safe: bool) -> Sequence[Floats] | None:
        """Negative Hessian of every row, from its states at its events.

        Only where decays are common; elsewhere differences have to do. ``safe`` leaves
        out what may make it indefinite away from the mode, and looks at a sample of the
        events: steps need the size of the curvature only.
        """
        if self.likelihood.kind != "shared" or np.any(
            self.rows[self.at["decay"]] != COMMON
        ):
            return None
        d, B, K = self.data, self.data.blocks, self.data.streams
        _, grad = self.log_likelihood(z)
        inverse = np.array(self.likelihood.scratch["inverse"], np.float64)
        base, weight = self.base(z), self._weight(z)
        decay, stretch = np.exp(z[self.at["decay"]]), self._stretch(z)
        precision = self._own_precision()
        chosen, times = self._sample() if safe else (d.scored, np.ones(K))
        inverse *= np.sqrt(times)[d.stream]
        size = inverse * d.offspring_factor[d.stream, d.column]
        immigrant = inverse * base[d.stream, d.cell]
        block = d.cell_block[d.cell]
        counts = np.bincount(d.stream[chosen], minlength=K)
        column = self.links.decay * K + self.links.source
        walk = self._walk_precision()

        def of_group(group: Ints) -> list[Floats]:
            blocks: list[Floats] = []
            slot = np.full(K, -1)
            begin = np.concatenate([[0], np.cumsum(counts[group])])
            slot[group] = begin[:-1]
            states = np.empty((begin[-1], len(decay), K))
            which = np.empty(begin[-1], np.int64)
            kernels.row_states(
                d.time, d.stream, d.sequence, chosen, size, decay, slot, states, which
            )
            for i, low, high in zip(group, begin[:-1], begin[1:], strict=True):
                S = states[low:high].reshape(high - low, len(decay) * K)
                at = which[low:high]
                # derivatives of log lambda by log rates: one block at a time
                X = np.zeros((high - low, B))
                X[np.arange(high - low), block[at]] = immigrant[at]
                links = np.flatnonzero(self.support.target == i)
                H = np.zeros((B + len(links), B + len(links)))
                H[:B, :B] = X.T @ X + walk
                SS, XS = S.T @ S, X.T @ S
                terms = links[None, :]
                if self.support.decay is None:
                    terms = links + len(self.support) * np.arange(len(decay))[:, None]
                for p in terms:
                    u = weight[p] * stretch[links]
                    H[:B, B:] += XS[:, column[p]] * u
                    for q in terms:
                        v = weight[q] * stretch[links]
                        H[B:, B:] += SS[np.ix_(column[p], column[q])] * np.outer(u, v)
                H[B:, :B] = H[:B, B:].T
                own = np.concatenate(
                    [np.arange(i * B, (i + 1) * B), self.at["link"].start + links]
                )
                bend = np.concatenate([np.ones(B), stretch[links]]) * grad[own]
                H[np.diag_indices(len(H))] -= np.minimum(bend, 0.0) if safe else bend
                H[np.arange(B, len(H)), np.arange(B, len(H))] += precision[links]
                blocks.append(H)
            return blocks

        groups = _batches(counts, MOST_HELD // (len(decay) * K))
        if len(groups) == 1:
            return of_group(groups[0])
        with ThreadPoolExecutor(numba.get_num_threads()) as pool:
            return [H for blocks in pool.map(of_group, groups) for H in blocks]

    def _sample(self) -> tuple[NDArray[np.bool_], Floats]:
        """Scored events that tell the curvature well enough, and what each stands for.

        Evenly spaced in each row, ENOUGH of them for each number it has.
        """
        d, K = self.data, self.data.streams
        numbers = np.bincount(self.support.target, minlength=K) + d.blocks
        times = np.maximum(d.scored_counts // (ENOUGH * numbers), 1)
        row = d.stream[d.place]
        rank = np.arange(len(row)) - d.offset[row, 0]
        chosen = np.empty(len(row), np.bool_)
        chosen[d.place] = rank % times[row] == 0
        return chosen & d.scored, times.astype(np.float64)

    def _walk_precision(self) -> Floats:
        """Prior precision of the log rates of a stream, shape (blocks, blocks)."""
        p, B = self.prior, self.data.blocks
        D = np.eye(B) - np.eye(B, k=-1)
        sd = np.full(B, p.walk_sd)
        sd[0] = p.rate_sd
        return np.asarray(D.T @ (D / sd[:, None] ** 2))

    def approach(self, z: Floats, *, sweeps: int = 10) -> tuple[Floats, int]:
        """Steps of EM kind: who brought each event, then new rates and children.

        Weekdays and shares stay. A step that does not climb ends it.
        """
        z = np.array(z)
        precision = self._own_precision()
        tight = np.tile(np.diag(self._walk_precision()), self.data.streams)
        rate, link = self.at["rate"], self.at["link"]
        value, grad = self.log_likelihood(z)
        prior, g_prior = self._prior(z)
        for done in range(sweeps):
            decay = np.exp(z[self.at["decay"]])
            terms = self.likelihood.children(decay) * self._weight(z)
            due = terms.reshape(-1, len(self.support)).sum(axis=0)
            by_block = np.zeros((self.data.blocks, self.data.streams))
            due_cells = self.base(z) * self.data.cell_length
            np.add.at(by_block, self.data.cell_block, due_cells.T)
            own = by_block.T.ravel()
            stretch = self._stretch(z)
            # events each number is credited with: what is due and what is missing
            brought = np.maximum(due + grad[link] / stretch, due)
            own = np.maximum(own + grad[rate], own)
            total = grad + g_prior
            new = z.copy()
            new[rate] += np.clip(total[rate] / (own + tight), -1.0, 1.0)
            move = total[link] / (stretch**2 * brought + precision)
            new[link] += np.clip(move, -1.0, 1.0)
            slope = total[self.at["decay"]]
            aged = np.bincount(self.links.decay, weights=terms, minlength=len(slope))
            aged = np.maximum(aged, np.maximum(1.0, 2.0 * slope))
            new[self.at["decay"]] -= np.clip(np.log1p(-slope / aged), -1.0, 1.0)
            self._center(new)
            after, g_after = self.log_likelihood(new)
            prior_after, g_prior_after = self._prior(new)
            if not after + prior_after > value + prior:
                return z, done + 2
            z, value, grad = new, after, g_after
            prior, g_prior = prior_after, g_prior_after
        return z, sweeps + 1

    def _center(self, z: Floats) -> None:
        """Move pools and spread so that distances have mean 0 and size 1, in place.

        The responses stay what they are.
        """
        if not self.role_names:
            return
        role, distance = self.support.role, z[self.at["link"]]
        has = role >= 0
        n = np.maximum(np.bincount(role[has], minlength=len(self.role_names)), 1)
        mean = np.bincount(role[has], weights=distance[has], minlength=len(n)) / n
        z[self.at["pool"]] += np.exp(z[self.at["spread"]]) * mean
        distance[has] -= mean[role[has]]
        size = float(np.sqrt(np.mean(distance[has] ** 2)))
        if size > 0.0:
            distance[has] /= size
            z[self.at["spread"]] += np.log(size)

    def logp_grad(self, z: Floats) -> tuple[float, Floats]:
        """Log posterior density and its gradient."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, grad = self.log_likelihood(z)
            prior, g_prior = self._prior(z)
        return value + prior, grad + g_prior


def _batches(counts: Ints, most: int) -> list[Ints]:
    """Rows in groups of at most ``most`` events (or one row)."""
    groups: list[list[int]] = [[]]
    held = 0
    for i, n in enumerate(counts):
        if groups[-1] and held + n > most:
            groups.append([])
            held = 0
        groups[-1].append(i)
        held += int(n)
    return [np.array(g) for g in groups]


def exact_problem(
    data: ExactData,
    support: Support,
    prior: ExactPrior | None = None,
    *,
    stream_names: Sequence[str] | None = None,
    role_names: Sequence[str] | None = None,
    weekdays: bool = False,
) -> ExactProblem:
    """Put data, links and priors together.

    Parameters
    ----------
    data
        From `spillover.inference.exact.prepare`.
    support
        Links that may be there.
    prior
        Absent: the defaults, one half-life.
    stream_names, role_names
        For messages; absent: numbers.
    weekdays
        Whether baselines have weekday factors (then ``weekday_of_zero`` was given).

    Raises
    ------
    ModelError
        When a link names a half-life or pool there is not.
    """
    p = prior or ExactPrior()
    K, D = data.streams, len(p.half_life)
    if p.rate is None:
        counts = data.scored_counts
        p = replace(p, rate=0.5 * np.maximum(counts, 0.5) / data.watched)
    assert p.rate is not None
    pools = int(support.role.max(initial=-1)) + 1
    roles = tuple(role_names or (f"role {r + 1}" for r in range(pools)))
    if len(roles) < pools:
        msg = f"links name {pools} roles, {len(roles)} have names"
        raise ModelError(msg)
    if support.decay is None:
        many = len(support)
        links = Links(
            np.tile(support.target, D),
            np.tile(support.source, D),
            np.repeat(np.arange(D), many),
        )
    else:
        if len(support) and support.decay.max() >= D:
            msg = f"a link names half-life {support.decay.max() + 1}, there are {D}"
            raise ModelError(msg)
        links = Links(support.target, support.source, support.decay)
    sizes = {
        "rate": K * data.blocks,
        "weekday": 7 if weekdays else 0,
        "pool": len(roles),
        "spread": 1 if roles else 0,
        "link": len(support),
        "share": D - 1 if support.decay is None else 0,
        "decay": D,
    }
    ends = np.cumsum(list(sizes.values()))
    at = {
        name: slice(int(end) - size, int(end))
        for (name, size), end in zip(sizes.items(), ends, strict=True)
    }
    return ExactProblem(
        data=data,
        support=support,
        prior=p,
        links=links,
        likelihood=exact_likelihood(data, links, decays=D),
        level_median=np.log(np.broadcast_to(p.rate, (K,))).astype(np.float64),
        stream_names=tuple(stream_names or (f"stream {i + 1}" for i in range(K))),
        role_names=roles,
        weekdays=weekdays,
        at=at,
    )
