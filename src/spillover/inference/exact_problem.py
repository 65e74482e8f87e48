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
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import ModelError
from spillover.inference.exact import ExactLikelihood, Links, exact_likelihood
from spillover.inference.exact_data import ExactData
from spillover.inference.exact_prior import Decoded, ExactPrior, Support
from spillover.inference.exact_search import COMMON, approach, row_blocks

__all__ = ["ExactProblem", "exact_problem"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LN2 = float(np.log(2.0))
SQRT_2PI = float(np.sqrt(2.0 * np.pi))


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

    def log_prior(self, z: Floats) -> tuple[float, Floats]:
        """Log prior density and its gradient, shape (n,)."""
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

    def weights(self, z: Floats) -> Floats:
        """Expected children of every term, shape (..., terms)."""
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
        weight = self.weights(x)
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
        base, weight = self.base(z), self.weights(z)
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

    def row_blocks(self, z: Floats, *, safe: bool) -> Sequence[Floats] | None:
        """Curvature of every row, for the search; see `exact_search`."""
        return row_blocks(self, z, safe=safe)

    def approach(self, z: Floats, *, sweeps: int = 10) -> tuple[Floats, int]:
        """Cheap first steps, for the search; see `exact_search`."""
        return approach(self, z, sweeps=sweeps)

    def logp_grad(self, z: Floats) -> tuple[float, Floats]:
        """Log posterior density and its gradient."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            value, grad = self.log_likelihood(z)
            prior, g_prior = self.log_prior(z)
        return value + prior, grad + g_prior


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
