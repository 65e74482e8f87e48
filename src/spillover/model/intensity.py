"""Intensity and compensator of a `History`.

For models whose course is all chance of events and nothing else: bases, weekdays,
fixed driver paths, responses, and factors and gauges that follow from the events. Used
for time rescaling and for fitting checks.

Mechanisms that are random themselves (red lines, replies, warnings, walking drivers,
random delays or obedience, states) are refused.

References
----------
Ogata (1988), Statistical models for earthquake occurrences and residual analysis for
point processes, JASA 83, doi:10.1080/01621459.1988.10478560.

This file must never import a case, a reader or an engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spillover.errors import ModelError
from spillover.model.closed_forms import bases
from spillover.model.history import History
from spillover.model.marks import mark_law, matches
from spillover.model.structure import (
    ABSENT,
    Factor,
    FactorRow,
    GaugeFactor,
    Model,
    Pattern,
    Response,
    Varying,
)

__all__ = ["compensator", "intensity"]

Floats = NDArray[np.float64]
NODES = 16
LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class _Course:
    """The events of past and history together."""

    model: Model
    theta: Floats
    mu: Floats
    time: Floats
    stream: NDArray[np.int64]
    flags: list[int]

    def of(self, pattern: Pattern) -> NDArray[np.bool_]:
        """Which events match."""
        return np.array(
            [
                matches(pattern, int(s), f)
                for s, f in zip(self.stream, self.flags, strict=True)
            ],
            bool,
        ).reshape(len(self.time))


def _number(v: Varying | None, theta: Floats, what: str, absent: float) -> float:
    if v is None:
        return absent
    if v.family != "fixed":
        msg = f"{what} varies by itself: the intensity is not a function of the events"
        raise ModelError(msg)
    return float(theta[v.a])


def _course(
    model: Model, theta: ArrayLike, history: History, past: History | None
) -> _Course:
    theta = np.asarray(theta, np.float64)
    for what in ("red_lines", "replies", "warnings"):
        if getattr(model, what):
            msg = f"the model has {what}: its intensity is not a function of the events"
            raise ModelError(msg)
    for driver in model.drivers:
        if driver.kind == "walk":
            msg = f"driver {driver.id} walks: fix its path first"
            raise ModelError(msg)
    for stream in model.streams:
        if stream.dormant:
            msg = f"stream {stream.id} is dormant and nothing can open it here"
            raise ModelError(msg)
    for factor in model.factors:
        fixed = all(low == high for low, high in factor.in_force)
        obeyed = all(row.obeys == ABSENT for row in factor.rows)
        if factor.while_state is not None or not fixed or not obeyed:
            msg = f"factor {factor.id} does not follow from the events alone"
            raise ModelError(msg)
    parts = [history] if past is None else [past, history]
    return _Course(
        model,
        theta,
        bases(model, theta),
        np.concatenate([h.time for h in parts]),
        np.concatenate([h.stream for h in parts]),
        [int(f) for h in parts for f in h.flags],
    )


def _driver_paths(model: Model, theta: Floats, days: int) -> list[Floats]:
    paths: list[Floats] = []
    day = np.arange(days, dtype=np.float64)
    for d in model.drivers:
        low = 0.0 if d.floor == ABSENT else theta[d.floor]
        high = np.inf if d.ceiling == ABSENT else theta[d.ceiling]
        if d.kind == "decay":
            path = 2.0 ** (-day / theta[d.half_life])
        elif d.kind == "given":
            given = np.asarray(d.path, np.float64)
            path = given[np.minimum(np.arange(days), len(given) - 1)]
        elif d.kind == "sum":
            path = sum((theta[w] * paths[k] for k, w in d.parts), np.zeros(days))
            path = path / path[0]
        else:
            path = np.ones(days)
        paths.append(np.clip(path, low, high))
    return paths


def _immigrants(c: _Course, t: Floats) -> Floats:
    """mu_i at times t, shape (n, K), at F = 1."""
    model, theta = c.model, c.theta
    days = int(np.ceil(model.horizon)) + 1
    paths = _driver_paths(model, theta, days)
    day = np.clip(np.floor(t).astype(np.int64), 0, days - 1)
    out = np.tile(c.mu, (len(t), 1))
    for i, stream in enumerate(model.streams):
        if stream.weekday:
            week = theta[list(stream.weekday)]
            out[:, i] *= (week / week.mean())[(model.weekday_of_origin + day) % 7]
        for d, elasticity in stream.drivers:
            out[:, i] *= paths[d][day] ** theta[elasticity]
    return out


def _excitation(c: _Course, response: Response, t: Floats) -> Floats:
    """Expected children per day of a response at times t (events before t only)."""
    theta = c.theta
    sizes = np.zeros(len(c.time))
    for k, hit in enumerate(c.of(response.when)):
        if hit:
            sizes[k] = theta[response.children]
            for rule in response.weights:
                if rule.require & ~c.flags[k] == 0:
                    sizes[k] *= theta[rule.times]
                    break
    lag = 0.0 if response.lag == ABSENT else theta[response.lag]
    chosen = sizes > 0.0
    age = t[:, None] - c.time[chosen] - lag
    total = np.zeros(len(t))
    for part in response.kernel:
        beta = LN2 / theta[part.half_life]
        share = 1.0 if part.share == ABSENT else theta[part.share]
        density = np.where(age > 0.0, beta * np.exp(-beta * np.maximum(age, 0.0)), 0.0)
        total += share * density @ sizes[chosen]
    return total


def _starts(c: _Course, factor: Factor) -> tuple[Floats, Floats]:
    """Times at which a factor starts (delay over, not voided) and ends."""
    delay = _number(factor.delay, c.theta, f"the delay of {factor.id}", 0.0)
    ends = c.time[c.of(factor.ends)]
    begun = c.time[c.of(factor.starts)]
    starts = [low for low, _ in factor.in_force]
    for s in begun:
        if not np.any((ends > s) & (ends < s + delay)):
            starts.append(s + delay)
    return np.sort(np.asarray(starts, np.float64)), ends


def _shape(c: _Course, factor: Factor, t: Floats) -> Floats:
    """G of a factor just before times t."""
    starts, ends = _starts(c, factor)
    if not len(starts):
        return np.zeros(len(t))
    at = np.searchsorted(starts, t, side="left") - 1
    last = np.where(at >= 0, starts[np.maximum(at, 0)], np.inf)
    over = np.zeros(len(t), bool)
    if len(ends):
        end = np.searchsorted(ends, t, side="left") - 1
        over = (end >= 0) & (ends[np.maximum(end, 0)] > last)
    whole = 0.0 if factor.half_life != ABSENT else np.inf
    holds = _number(factor.holds_for, c.theta, f"what {factor.id} holds for", whole)
    age = t - last - holds
    fading = np.zeros(len(t))
    if factor.half_life != ABSENT:
        fading = 2.0 ** (-np.maximum(age, 0.0) / c.theta[factor.half_life])
    g = np.where(age <= 0.0, 1.0, fading)
    g = np.where((at >= 0) & ~over, g, 0.0)
    return g if factor.until is None else np.where(t > factor.until, 0.0, g)


def _gauge(c: _Course, item: GaugeFactor, t: Floats) -> Floats:
    """Saturation level / (level + half_at) just before times t."""
    gauge = c.model.gauges[item.gauge]
    half = c.theta[gauge.half_life]
    begin = min(float(c.time[0]), 0.0) if len(c.time) else 0.0
    start = 0.0 if gauge.start == ABSENT else float(c.theta[gauge.start])
    since = begin
    if gauge.at_origin != ABSENT:
        start, since = float(c.theta[gauge.at_origin]), 0.0
    level = start * 2.0 ** (-(t - since) / half)
    for pattern, step in gauge.steps:
        times = c.time[c.of(pattern)]
        if gauge.at_origin != ABSENT:
            times = times[times >= 0.0]
        age = t[:, None] - times
        level += c.theta[step] * np.sum(
            np.where(age > 0.0, 2.0 ** (-np.maximum(age, 0.0) / half), 0.0), axis=1
        )
    return np.asarray(level / (level + c.theta[item.half_at]), np.float64)


Rows = list[tuple[FactorRow, bool, Floats]]


def _values(c: _Course, i: int, t: Floats) -> Rows:
    """(row, offspring, value at t) of every row on stream ``i``."""
    rows: Rows = []
    items: list[tuple[Factor | GaugeFactor, Floats]] = []
    items += [(f, _shape(c, f, t)) for f in c.model.factors]
    items += [(g, _gauge(c, g, t)) for g in c.model.gauge_factors]
    for item, g in items:
        for row in item.rows:
            if row.stream == i:
                comply = 1.0 if row.compliance == ABSENT else c.theta[row.compliance]
                size = comply * (c.theta[row.factor] - 1.0)
                rows.append((row, item.offspring, 1.0 + size * g))
    return rows


def _product(
    c: _Course, i: int, forced: int, kind: Literal["immigrant", "offspring"], t: Floats
) -> Floats:
    """Mean of F over the mark law of stream ``i``."""
    rows = _values(c, i, t)
    total = np.zeros(len(t))
    for outcome in mark_law(c.model, c.theta, i, forced):
        F = np.full(len(t), float(outcome.chance))
        for row, offspring, value in rows:
            if row.require & ~outcome.flags:
                continue
            if kind == "immigrant":
                F *= value ** (1.0 if row.power == ABSENT else c.theta[row.power])
            elif row.power == ABSENT:
                F *= value if offspring else np.minimum(value, 1.0)
        total += F
    return total


def _rates(c: _Course, t: Floats) -> Floats:
    out = _immigrants(c, t)
    for i in range(len(c.model.streams)):
        out[:, i] *= _product(c, i, 0, "immigrant", t)
    for response in c.model.responses:
        i, forced = response.then.stream, response.then.flags
        F = _product(c, i, forced, "offspring", t)
        out[:, i] += _excitation(c, response, t) * F
    return out


def intensity(
    model: Model,
    theta: ArrayLike,
    history: History,
    t: ArrayLike,
    *,
    past: History | None = None,
) -> Floats:
    """lambda_i(t) given the events before t, per day.

    lambda_i = F_i mu_i + F'_i sum_e G[i, s(e)] w(e) phi(t - t_e), with F averaged over
    the marks of the next event.

    Parameters
    ----------
    model
        The structure, without mechanisms that are random themselves.
    theta : (slots,)
        The numbers.
    history
        Events after the origin.
    t : (n,)
        Days.
    past
        Events before the origin.

    Returns
    -------
    (n, K)

    Raises
    ------
    ModelError
        When the intensity is not a function of the events.
    """
    c = _course(model, theta, history, past)
    return _rates(c, np.atleast_1d(np.asarray(t, np.float64)))


def _breaks(c: _Course, end: float) -> Floats:
    """Where the intensity may bend: between two of them it is smooth."""
    at = [np.arange(0.0, end + 1.0), np.array([end]), c.time]
    halves = [c.theta[p.half_life] for r in c.model.responses for p in r.kernel]
    for r in c.model.responses:
        if r.lag != ABSENT:
            at.append(c.time + c.theta[r.lag])
    for f in c.model.factors:
        starts, ends = _starts(c, f)
        holds = _number(f.holds_for, c.theta, f"what {f.id} holds for", 0.0)
        at += [starts, starts + holds, ends]
        if f.until is not None:
            at.append(np.array([f.until]))
        if f.half_life != ABSENT:
            halves.append(c.theta[f.half_life])
    halves += [c.theta[g.half_life] for g in c.model.gauges]
    step = 2.0 * min(halves, default=1.0)
    if step < 1.0:
        at.append(np.arange(0.0, end, step))
    points = np.unique(np.concatenate(at))
    return points[(points >= 0.0) & (points <= end)]


def compensator(
    model: Model,
    theta: ArrayLike,
    history: History,
    t: ArrayLike | None = None,
    *,
    past: History | None = None,
) -> Floats:
    """Lambda_i(t), the intensity integrated from 0 to t.

    Gauss-Legendre quadrature between all points where the intensity can bend; the
    error is far below 1e-9 for half-lives above a minute.

    Parameters
    ----------
    model, theta, history, past
        As for `intensity`.
    t : (n,)
        Days; absent: the times of the events.

    Returns
    -------
    (n, K)
    """
    c = _course(model, theta, history, past)
    at = np.asarray(history.time if t is None else t, np.float64)
    K = len(model.streams)
    if not len(at):
        return np.zeros((0, K))
    points = np.unique(np.concatenate([_breaks(c, float(np.max(at))), at, [0.0]]))
    left, right = points[:-1], points[1:]
    x, w = np.polynomial.legendre.leggauss(NODES)
    nodes = (left + right)[:, None] / 2.0 + (right - left)[:, None] / 2.0 * x
    rates = _rates(c, nodes.ravel()).reshape(len(left), NODES, K)
    pieces = np.einsum("n,pnk->pk", w, rates) * (right - left)[:, None] / 2.0
    sums = np.concatenate([np.zeros((1, K)), np.cumsum(pieces, axis=0)])
    return np.asarray(sums[np.searchsorted(points, at)], np.float64)
