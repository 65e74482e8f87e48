"""Scalar laws of the plain engine: things that vary, marks, claims, driver paths.

Written to be read beside docs/model.md, and shared with nothing: the compiled engine
has its own, and the tests hold the two equal in law.

This file must never import a case or the compiled engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from spillover.model.structure import ABSENT, Driver, Model, Stream, Varying

__all__ = [
    "beyond",
    "cdf",
    "claims_of",
    "driver_levels",
    "log_density",
    "marks_of",
    "matches",
    "quantile",
    "survival",
    "whole",
]

NORMAL = NormalDist()
TINY = 1e-300


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _expit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else 0.0


def _score(v: Varying, theta: Sequence[float], x: float) -> float:
    """Standard normal score of ``x`` (log-normal and logit-normal only)."""
    a, b = theta[v.a], theta[v.b]
    if v.family == "lognormal":
        if x <= 0.0:
            return -math.inf
        y = math.log(x) - math.log(a)
    else:
        if not 0.0 < x < 1.0:
            return -math.inf if x <= 0.0 else math.inf
        y = _logit(x) - _logit(a)
    if b <= 0.0:
        return math.copysign(math.inf, y) if y != 0.0 else 0.0
    return y / b


def _value(v: Varying, theta: Sequence[float], z: float) -> float:
    """Value with standard normal score ``z``."""
    a, b = theta[v.a], theta[v.b]
    if v.family == "lognormal":
        return a * math.exp(b * z)
    return _expit(_logit(a) + b * z)


def quantile(v: Varying, theta: Sequence[float], u: float) -> float:
    """Value at probability ``u`` in (0, 1]."""
    if v.family == "fixed":
        return theta[v.a]
    if v.family == "uniform":
        return theta[v.a] + (theta[v.b] - theta[v.a]) * u
    return _value(v, theta, NORMAL.inv_cdf(min(max(u, TINY), 1.0 - 1e-16)))


def cdf(v: Varying, theta: Sequence[float], x: float) -> float:
    """P(X <= x)."""
    if v.family == "fixed":
        return 1.0 if x >= theta[v.a] else 0.0
    if v.family == "uniform":
        a, b = theta[v.a], theta[v.b]
        return 1.0 if x >= b else max(0.0, (x - a) / (b - a))
    return 0.5 * math.erfc(-_score(v, theta, x) / math.sqrt(2.0))


def survival(v: Varying, theta: Sequence[float], x: float) -> float:
    """P(X > x), accurate far out."""
    if v.family in ("fixed", "uniform"):
        return 1.0 - cdf(v, theta, x)
    return 0.5 * math.erfc(_score(v, theta, x) / math.sqrt(2.0))


def beyond(v: Varying, theta: Sequence[float], d: float, u: float) -> float:
    """Value at the upper-tail probability ``u`` in (0, 1] given that X > d."""
    if v.family == "fixed":
        return theta[v.a]
    if v.family == "uniform":
        low = max(theta[v.a], d)
        return low + (theta[v.b] - low) * u
    tail = max(u * survival(v, theta, d), TINY)
    return max(d, _value(v, theta, -NORMAL.inv_cdf(min(tail, 1.0 - 1e-16))))


def log_density(v: Varying, theta: Sequence[float], x: float) -> float:
    """Log density at ``x``; zero for a fixed value (a point mass)."""
    if v.family == "fixed":
        return 0.0
    a, b = theta[v.a], theta[v.b]
    if v.family == "uniform":
        return -math.log(b - a) if a <= x <= b else math.log(1e-12)
    if b <= 0.0:
        return 0.0
    z = _score(v, theta, x)
    if not math.isfinite(z):
        return math.log(1e-12)
    normal = -0.5 * z * z - 0.5 * math.log(2.0 * math.pi) - math.log(b)
    if v.family == "lognormal":
        return normal - math.log(x)
    return normal - math.log(x) - math.log(1.0 - x)


def whole(v: Varying | None, theta: Sequence[float], rng: np.random.Generator) -> int:
    """One number of people or acts: rounded half up, at least one."""
    if v is None:
        return 1
    return max(1, math.floor(quantile(v, theta, 1.0 - rng.random()) + 0.5))


def matches(masks: Sequence[int], flags: int) -> bool:
    """Whether ``flags`` hold every bit of one of the masks."""
    return any(flags & mask == mask for mask in masks)


def marks_of(
    stream: Stream, theta: Sequence[float], forced: int, rng: np.random.Generator
) -> tuple[int, int, int]:
    """Draw the marks of one event: (flags, deaths, injured)."""
    flags = stream.flags | forced
    for choice in stream.choices:
        if any(o.flags and flags & o.flags == o.flags for o in choice.options):
            continue
        shares = [0.0 if o.share == ABSENT else theta[o.share] for o in choice.options]
        if choice.options[-1].share == ABSENT:
            shares[-1] = 1.0 - sum(shares)
        u = rng.random() * (sum(shares) if choice.normalise else 1.0)
        for option, share in zip(choice.options, shares, strict=True):
            u -= share
            if u < 0.0:
                flags |= option.flags
                break
    people = {"deaths": 0, "injured": 0, "size": 0}
    for amount in stream.amounts:
        if flags & amount.given != amount.given:
            continue
        sure = amount.flag & flags != 0
        if sure or rng.random() < theta[amount.chance]:
            people[amount.id] += whole(amount.number, theta, rng)
            flags |= amount.flag
    return flags, people["deaths"], people["injured"]


def claims_of(
    model: Model,
    theta: Sequence[float],
    stream: int,
    flags: int,
    rng: np.random.Generator,
) -> list[int]:
    """Claims made of one event, one number per report layer."""
    out = []
    for report in model.reports:
        masks = [c.require for c in report.pattern.clauses if c.stream == stream]
        if not matches(masks, flags):
            out.append(0)
            continue
        claimed = 1.0 if report.claimed == ABSENT else theta[report.claimed]
        empty = claimed * (1.0 / theta[report.real] - 1.0)
        out.append(int(rng.random() < claimed) + int(rng.poisson(empty)))
    return out


def driver_levels(
    drivers: Sequence[Driver],
    theta: Sequence[float],
    days: int,
    rng: np.random.Generator,
) -> list[list[float]]:
    """Level of every driver on every day of one future."""
    levels: list[list[float]] = []
    for d in drivers:
        low = 0.0 if d.floor == ABSENT else theta[d.floor]
        high = math.inf if d.ceiling == ABSENT else theta[d.ceiling]
        if d.kind == "decay":
            path = [2.0 ** (-day / theta[d.half_life]) for day in range(days)]
        elif d.kind == "given":
            path = [d.path[min(day, len(d.path) - 1)] for day in range(days)]
        elif d.kind == "sum":
            sums = [
                sum(theta[slot] * levels[part][day] for part, slot in d.parts)
                for day in range(days)
            ]
            path = [s / sums[0] for s in sums]
        elif d.kind == "walk":
            levels.append(_walk(d, theta, days, low, high, rng))
            continue
        else:
            path = [1.0] * days
        levels.append([min(max(level, low), high) for level in path])
    return levels


def _walk(
    d: Driver,
    theta: Sequence[float],
    days: int,
    low: float,
    high: float,
    rng: np.random.Generator,
) -> list[float]:
    spread = 0.0 if d.spread == ABSENT else theta[d.spread]
    home = 0.0 if d.reverts_to == ABSENT else math.log(theta[d.reverts_to])
    half = math.inf if d.reverts_half_life == ABSENT else theta[d.reverts_half_life]
    pull = 1.0 - 2.0 ** (-1.0 / half)
    jumps = 0.0 if d.jump_rate == ABSENT else 1.0 - math.exp(-theta[d.jump_rate])
    level = min(max(1.0, low), high)
    path = [level]
    for _ in range(1, days):
        x = math.log(level)
        x += pull * (home - x) + spread * rng.standard_normal()
        if d.jump_times is not None and rng.random() < jumps:
            x += math.log(quantile(d.jump_times, theta, 1.0 - rng.random()))
        level = min(max(math.exp(x), low), high)
        path.append(level)
    return path
