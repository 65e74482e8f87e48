"""Which stream brings on which, from daily counts alone: few links, each tested.

For stream i the null model is a background of its own in blocks of 30 days, a weekday
pattern, and its own past. A link from j is tested by its score: does the recent past
of j stand above its own block when i is above what the null expects? The same score
with the past of j shifted by every whole number of days beyond a month is the placebo:
it gives the spread that chance, bursts and weekdays leave. Benjamini-Hochberg runs over
all pairs of a kind. This file must never import a case, an engine or a page.

References
----------
Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x (rejections among
many tests). The null model is the Hawkes mean in days, fitted by EM steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HALF_LIVES",
    "Fitted",
    "Link",
    "Streams",
    "benjamini_hochberg",
    "discover_links",
    "fit_stream",
]

Floats = NDArray[np.float64]
HALF_LIVES = (1.0, 2.0, 4.0, 8.0)
TESTED = (1.5, 6.0)
STIFF = (1.0, 4.0, 16.0, 64.0, 1000.0)
POWERS = (0.0, 1.0)
BLOCK_DAYS = 30
SHIFT_DAYS = 30
AROUND = (10, 24)
FEWEST = 30
"""Events a stream needs before its links are tested."""


@dataclass(frozen=True)
class Link:
    """A response found, or assumed where data are too thin to test.

    Attributes
    ----------
    source, target
        An event on ``source`` brings others on ``target`` (indices of streams).
    role
        own, returned, same pair, or third party.
    children, spread
        Mean children and the standard deviation of their logarithm.
    half_life, half_life_low, half_life_high
        Days.
    p
        Chance of so strong a score without a link, by the placebo; 1 where not tested.
    basis
        data, or judgement.
    """

    source: int
    target: int
    role: str
    children: float
    spread: float
    half_life: float
    half_life_low: float
    half_life_high: float
    p: float
    basis: str


@dataclass(frozen=True)
class Fitted:
    """Null model of one stream.

    Attributes
    ----------
    mean : array, shape (days,)
        Expected counts.
    background : array, shape (days,)
        Part of the mean that nothing explains.
    children : array, shape (links,)
        By link, own first.
    se : array, shape (links,)
        Standard errors, dispersion included.
    loglik, evidence, dispersion
        Poisson log-likelihood; the same with the background integrated out; mean
        squared Pearson residual, at least 1.
    """

    mean: Floats
    background: Floats
    children: Floats
    se: Floats
    loglik: float
    evidence: float
    dispersion: float


def weekday_factors(daily: Floats) -> Floats:
    """Factor of each day of each stream by its place in the week; mean 1.

    The pattern of all streams together, and each stream's own shrunk to it: 30 and 100
    pseudo-events a weekday. Shape (streams, days).
    """
    days = np.arange(daily.shape[1]) % 7
    in_week = np.stack([np.bincount(days, n, 7) for n in daily])
    share = np.bincount(days, minlength=7) / max(daily.shape[1], 1)
    all_events = in_week.sum()
    common = (in_week.sum(axis=0) + 30.0) / (all_events * share + 30.0)
    own = (in_week + 100.0 * common) / (in_week.sum(axis=1)[:, None] * share + 100.0)
    own /= (own * share).sum(axis=1, keepdims=True)
    return np.asarray(own[:, days])


def state_of(counts: Floats, half_life: float) -> Floats:
    """Expected children today, for one child each, of events on earlier days.

    Hours are taken as uniform in the day: of an event's children a share falls on its
    own day and is not seen here; the rest is what the state carries.
    """
    b = math.log(2.0) / half_life
    fade = math.exp(-b)
    later = (1.0 - fade) / b
    state = np.zeros(counts.size)
    s = 0.0
    for d in range(1, counts.size):
        s = fade * s + (1.0 - fade) * counts[d - 1]
        state[d] = later * s
    return state


def common_level(daily: Floats) -> Floats:
    """Level of all other streams around each day, over its block; (streams, days).

    What moves all at once within weeks (a crisis, the pace of reporting) shows here.
    Each stream counts by its share alike, smoothed over 15 days.
    """
    kernel = np.concatenate([np.arange(1.0, 9.0), np.arange(7.0, 0.0, -1.0)])
    scaled = daily / np.maximum(np.sqrt(daily.mean(axis=1, keepdims=True)), 1e-9)
    ones = np.convolve(np.ones(daily.shape[1]), kernel, "same")
    levels = []
    for i in range(daily.shape[0]):
        rest = scaled.sum(axis=0) - scaled[i]
        smooth = np.convolve(rest, kernel, "same") / ones
        around = _block_means(smooth)
        floor = 0.1 * rest.mean() + 1e-9
        levels.append((smooth + floor) / (around + floor))
    return np.stack(levels)


def _block_of(days: int) -> NDArray[np.int64]:
    """Block of each day; the last is never short. Shape (days,)."""
    count = max(days // BLOCK_DAYS, 1)
    return np.minimum(np.arange(days) // BLOCK_DAYS, count - 1)


def _block_means(x: Floats) -> Floats:
    """Mean of each day's block, day by day."""
    at = _block_of(x.size)
    return np.asarray((np.bincount(at, x) / np.bincount(at))[at])


def _faster(step: Callable[[Floats], Floats], x: Floats, rounds: int) -> Floats:
    """Repeat an EM step with squared extrapolation (SQUAREM; Varadhan, Roland 2008).

    doi:10.1111/j.1467-9469.2007.00585.x. Plain EM crawls where a slow response looks
    like background, and a comparison of half-lives would then favour the fast ones.
    """
    for _ in range(rounds):
        one = step(x)
        two = step(one)
        r, v = one - x, two - 2.0 * one + x
        if float(np.abs(two - one).max()) < 1e-7:
            return two
        length = -min(
            max(float(np.linalg.norm(r) / (np.linalg.norm(v) + 1e-12)), 1.0), 16.0
        )
        far = x - 2.0 * length * r + length**2 * v
        # The extrapolated point is only a place to go on from: kept within reach.
        x = step(np.clip(far, two - 2.0, two + 2.0))
    return step(x)


def fit_stream(
    counts: Floats,
    states: Floats,
    week: Floats,
    level: Floats,
    stiff: float,
    *,
    steps: int = 40,
) -> Fitted:
    """Fit a background in blocks and one number of children for each state.

    The level of each block is Gamma about the mean of all, with shape ``stiff``: free
    blocks would take a third of an own link for background. Penalized EM; the evidence
    is Laplace's over the logarithms of the levels.

    Parameters
    ----------
    counts : array, shape (days,)
    states : array, shape (links, days)
        From `state_of`, own first.
    week : array, shape (days,)
        Weekday factors.
    level : array, shape (days,)
        Common level that raises the background.
    stiff
        Shape of the Gamma; its relative spread is ``stiff ** -0.5``.
    steps
        Rounds of three EM steps at most.
    """
    at = _block_of(counts.size)
    base, x = level * week, states * week
    exposure = np.bincount(at, base)
    total = np.maximum(x.sum(axis=1), 1e-12)
    k = exposure.size
    start = 0.7 * counts.sum() / exposure.sum() + 1e-9
    at_first = np.concatenate([np.full(k + 1, start), np.full(len(states), 0.1)])

    def step(logs: Floats) -> Floats:
        """One step of penalized EM on logarithms of levels, their mean, children."""
        values = np.exp(logs)
        theta, mean, children = values[:k], values[k], values[k + 1 :]
        ratio = counts / np.maximum(theta[at] * base + children @ x, 1e-12)
        explained = theta * np.bincount(at, base * ratio)
        # All levels move together first: held by the prior alone they would creep.
        mean *= explained.sum() / (theta @ exposure)
        theta = (explained + stiff) / (exposure + stiff / mean)
        children = children * (x @ ratio) / total
        new = np.concatenate([theta, [mean], children])
        return np.asarray(np.log(np.maximum(new, 1e-9)))

    values = np.exp(_faster(step, np.log(at_first), steps))
    theta, mean, children = values[:k], float(values[k]), values[k + 1 :]
    background = theta[at] * base
    m = np.maximum(background + children @ x, 1e-12)
    free = max(counts.size - exposure.size - len(states), 1)
    dispersion = max(1.0, float(((counts - m) ** 2 / m).sum()) / free)
    loglik = float(np.sum(counts * np.log(m) - m))
    prior = theta.size * (stiff * math.log(stiff / mean) - math.lgamma(stiff))
    prior += stiff * float(np.sum(np.log(theta) - theta / mean))
    curve = theta**2 * np.bincount(at, counts * (base / m) ** 2) + stiff
    evidence = loglik + prior + 0.5 * float(np.sum(np.log(2.0 * math.pi / curve)))
    scaled = np.stack([np.bincount(at, base * row / m) for row in x]) if len(x) else x
    inner = np.bincount(at, base**2 / m) + stiff / theta**2
    information = (x / m) @ x.T - (scaled / inner) @ scaled.T if len(x) else x @ x.T
    information[np.diag_indices_from(information)] += 1e-9
    variance = np.maximum(np.diag(np.linalg.pinv(information)), 0.0)
    se = np.sqrt(variance * dispersion)
    return Fitted(m, background, children, se, loglik, evidence, dispersion)


def best_half_life(
    counts: Floats,
    others: Floats,
    source: Floats,
    week: Floats,
    level: Floats,
    stiff: float,
) -> tuple[float, float, float, Fitted]:
    """(best, low, high, fit) over the grid of half-lives of one source, put last."""
    fits = []
    for h in HALF_LIVES:
        states = np.concatenate([others, state_of(source, h)[None]])
        fits.append(fit_stream(counts, states, week, level, stiff))
    quality = np.array([f.evidence / f.dispersion for f in fits])
    best = int(quality.argmax())
    near = np.flatnonzero(quality > quality[best] - 1.5)
    states = np.concatenate([others, state_of(source, HALF_LIVES[best])[None]])
    return (
        HALF_LIVES[best],
        HALF_LIVES[near[0]] / 1.5,
        HALF_LIVES[near[-1]] * 1.5,
        fit_stream(counts, states, week, level, stiff),
    )


def _scores(residual: Floats, weight: Floats, x: Floats) -> tuple[float, Floats]:
    """Standardized score of a link, and the same at every placebo shift."""
    days = residual.size
    a = np.fft.rfft(residual * weight)
    b = np.fft.rfft((residual * weight) ** 2)
    top = np.fft.irfft(a * np.conj(np.fft.rfft(x)), days)
    below = np.fft.irfft(b * np.conj(np.fft.rfft(x * x)), days)
    z = top / np.sqrt(np.maximum(below, 1e-12))
    edge = min(SHIFT_DAYS, days // 4)
    return float(z[0]), z[edge : days - edge + 1]


def _local(x: Floats) -> Floats:
    """What stands above the days around: less the mean 10 to 24 days before and after.

    A slow background that two streams share is the same there, so it cancels.
    """
    kernel = np.zeros(2 * AROUND[1] + 1)
    off = np.abs(np.arange(-AROUND[1], AROUND[1] + 1))
    kernel[off >= AROUND[0]] = 1.0
    near = np.convolve(x, kernel, "same") / np.convolve(np.ones(x.size), kernel, "same")
    return np.asarray(x - near)


def link_p(counts: Floats, fitted: Fitted, source: Floats, week: Floats) -> float:
    """Chance of so high a score without a link, over the tested half-lives.

    One-sided; normal with the centre and spread of the placebo shifts (a spread of at
    least 1), and never below what the share of higher placebos allows at a hundredth.
    """
    residual = counts - fitted.mean
    weight = week / fitted.mean
    weight = np.minimum(weight, 20.0 * np.median(weight))
    best = 1.0
    for h in TESTED:
        x = _local(state_of(source, h))
        z, placebo = _scores(residual, weight, x)
        spread = max(1.0, float(placebo.std()))
        t = (z - float(placebo.mean())) / spread
        p = 0.5 * math.erfc(t / math.sqrt(2.0))
        share = (1.0 + float((placebo >= z).sum())) / (1.0 + placebo.size)
        best = min(best, p if share <= 0.01 else max(p, share))
    return min(1.0, len(TESTED) * best)


def benjamini_hochberg(p: Floats, rate: float) -> NDArray[np.bool_]:
    """Which of many tests to believe, with at most ``rate`` false among them."""
    if p.size == 0:
        return np.zeros(0, dtype=bool)
    order = np.argsort(p)
    below = p[order] <= rate * np.arange(1, p.size + 1) / p.size
    keep = np.zeros(p.size, dtype=bool)
    if below.any():
        keep[order[: int(np.flatnonzero(below)[-1]) + 1]] = True
    return keep


def role_between(streams: list[tuple[str, str, str]], i: int, j: int) -> str:
    """Role of a link from stream j to stream i; each is (source, action, target)."""
    a, b = streams[i], streams[j]
    if i == j:
        return "own"
    if (a[0], a[2]) == (b[2], b[0]):
        return "returned in kind" if a[1] == b[1] else "returned otherwise"
    if (a[0], a[2]) == (b[0], b[2]):
        return "same pair, other act"
    return "third party"


@dataclass(frozen=True)
class Streams:
    """Identity and daily counts of streams.

    Attributes
    ----------
    ids
        (source, action, target) of each.
    daily : array, shape (streams, days)
    """

    ids: tuple[tuple[str, str, str], ...]
    daily: Floats


@dataclass
class _Stream:
    """One stream as it is being fitted."""

    counts: Floats
    week: Floats
    level: Floats
    stiff: float
    own: float
    sources: list[int]
    halves: list[float]
    fitted: Fitted

    @property
    def tested(self) -> Floats:
        """Counts less what the weekday makes of them."""
        return self.counts / self.week


def _prepared(streams: Streams) -> list[_Stream]:
    made = []
    weeks = weekday_factors(streams.daily)
    levels = common_level(streams.daily / weeks)
    none = np.zeros((0, streams.daily.shape[1]))
    for n, week, common in zip(streams.daily, weeks, levels, strict=True):
        tried = []
        for power, stiff in itertools.product(POWERS, STIFF):
            level = common**power
            fitted = fit_stream(n, state_of(n / week, 4.0)[None], week, level, stiff)
            quality = fitted.evidence / fitted.dispersion - (power > 0.0)
            tried.append((quality, stiff, level))
        _, stiff, level = max(tried, key=lambda t: t[0])
        half, _, _, fitted = best_half_life(n, none, n / week, week, level, stiff)
        made.append(_Stream(n, week, level, stiff, half, [], [], fitted))
    return made


def _rows(all_streams: list[_Stream], i: int, *, without: int = -1) -> Floats:
    """What explains stream i: its own past, and of each source the past and the day.

    The day itself says nothing of who came first, but without it a source of a source
    would seem to act directly, through what happened within one day.
    """
    s = all_streams[i]
    rows = [] if without == i else [state_of(s.counts / s.week, s.own)]
    for j, h in zip(s.sources, s.halves, strict=True):
        if j != without:
            past = all_streams[j].counts / all_streams[j].week
            rows += [past, state_of(past, h)]
    return np.stack(rows) if rows else np.zeros((0, s.counts.size))


def _test(
    all_streams: list[_Stream], pairs: list[tuple[int, int]], rate: float
) -> dict[tuple[int, int], float]:
    """Pairs (then, when) to believe, with their p."""
    p = np.array(
        [
            link_p(a.counts, a.fitted, b.tested, a.week)
            for a, b in ((all_streams[i], all_streams[j]) for i, j in pairs)
        ]
    )
    keep = benjamini_hochberg(p, rate)
    return {pair: float(q) for pair, q, k in zip(pairs, p, keep, strict=True) if k}


def _add(all_streams: list[_Stream], found: dict[tuple[int, int], float]) -> None:
    """Take links into the models of their streams, each with its best half-life."""
    for i, j in sorted(found, key=lambda ij: found[ij]):
        s, other = all_streams[i], all_streams[j]
        before = np.concatenate(
            [_rows(all_streams, i), (other.counts / other.week)[None]]
        )
        half, _, _, fitted = best_half_life(
            s.counts, before, other.counts / other.week, s.week, s.level, s.stiff
        )
        s.sources.append(j)
        s.halves.append(half)
        s.fitted = fitted


def _prune(
    all_streams: list[_Stream], p: dict[tuple[int, int], float], worst: float
) -> None:
    """Drop links that nothing is left for beside the others of their stream."""
    for i, s in enumerate(all_streams):
        while len(s.sources) > 1:
            left = []
            for j in s.sources:
                states = _rows(all_streams, i, without=j)
                null = fit_stream(s.counts, states, s.week, s.level, s.stiff)
                other = all_streams[j]
                left.append(link_p(s.counts, null, other.counts / other.week, s.week))
            k = int(np.argmax(left))
            if left[k] <= worst:
                break
            p.pop((i, s.sources[k]), None)
            del s.sources[k], s.halves[k]
            s.fitted = fit_stream(
                s.counts, _rows(all_streams, i), s.week, s.level, s.stiff
            )


def discover_links(
    streams: Streams, *, rate: float = 0.05
) -> tuple[tuple[Link, ...], tuple[Fitted, ...]]:
    """Sparse links between streams, by role.

    Own links are always there. Links within a pair of actors are tested first, links
    from third parties beside them, each kind by Benjamini-Hochberg at ``rate``; then
    what the others of a stream explain away is dropped. Where a stream is too thin to
    test, a return in kind is assumed and marked as judgement.

    Parameters
    ----------
    streams
        Identities and daily counts.
    rate
        Share of false links to accept among those found.

    Returns
    -------
    links
    fitted
        Model of each stream.
    """
    made = _prepared(streams)
    ids = list(streams.ids)
    thick = streams.daily.sum(axis=1) >= FEWEST
    cells = [(i, j) for i in range(len(ids)) for j in range(len(ids)) if i != j]
    tested = [(i, j) for i, j in cells if thick[i] and thick[j]]
    near = [(i, j) for i, j in tested if role_between(ids, i, j) != "third party"]
    p = _test(made, near, rate)
    _add(made, p)
    far = [(i, j) for i, j in tested if role_between(ids, i, j) == "third party"]
    third = _test(made, far, rate)
    _add(made, third)
    p |= third
    _prune(made, p, rate / 5.0)
    links = [_own(made, i, thick=bool(thick[i])) for i in range(len(ids))]
    for i, s in enumerate(made):
        for j in s.sources:
            states = np.concatenate(
                [_rows(made, i, without=j), (made[j].counts / made[j].week)[None]]
            )
            other = made[j]
            half, low, high, fit = best_half_life(
                s.counts, states, other.counts / other.week, s.week, s.level, s.stiff
            )
            links.append(
                _link(fit, half, low, high, (j, i), role_between(ids, i, j), p[i, j])
            )
    for i, j in cells:
        thin = not (thick[i] and thick[j])
        if thin and role_between(ids, i, j) == "returned in kind":
            links.append(_assumed((j, i), "returned in kind", 0.14, 0.65))
    return tuple(links), tuple(s.fitted for s in made)


def _assumed(ends: tuple[int, int], role: str, children: float, spread: float) -> Link:
    return Link(*ends, role, children, spread, 5.6, 3.2, 9.7, 1.0, "judgement")


def _link(
    fit: Fitted,
    half: float,
    low: float,
    high: float,
    ends: tuple[int, int],
    role: str,
    p: float,
) -> Link:
    children = max(float(fit.children[-1]), 1e-3)
    spread = float(np.clip(fit.se[-1] / children, 0.15, 0.6))
    return Link(*ends, role, children, spread, half, low, high, p, "data")


def _own(made: list[_Stream], i: int, *, thick: bool) -> Link:
    """Own link: from data where they show it, else judged small and wide."""
    s = made[i]
    if not thick:
        return _assumed((i, i), "own", 0.2, 0.7)
    states = _rows(made, i, without=i)
    half, low, high, fit = best_half_life(
        s.counts, states, s.counts / s.week, s.week, s.level, s.stiff
    )
    if fit.children[-1] < 2.0 * fit.se[-1]:
        top = max(float(fit.children[-1] + fit.se[-1]), 0.01)
        return Link(i, i, "own", 0.5 * top, 0.4, half, low, high, 1.0, "data")
    return _link(fit, half, low, high, (i, i), "own", 0.0)
