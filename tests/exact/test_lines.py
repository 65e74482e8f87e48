"""Red lines: thresholds, windows, chance, delay, what follows, wear.

Each ``check_*`` takes an engine, so `test_power` can run it on wrong ones.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import lognorm, norm, poisson

from spillover.model.structure import DEADLY
from spillover.model.via import LINE, via
from tests.support.build import Build, lognormal, uniform
from tests.support.engines import Engine, counts, first_times
from tests.support.forms import integral, time_law
from tests.support.stat import (
    check_chances,
    check_ks,
    check_mean,
    check_same_law,
    check_share,
)


def check_chance_and_delay(law: Engine) -> None:
    """One crossing is answered with chance q after a delay of its law."""
    q, med, sd, T = 0.6, 5.0, 0.7, 60.0
    b = Build(horizon=T)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 1.0, chance=q, act="strike", delay=lognormal(med, sd))
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(2.0, "death")])
    first = first_times(paths, 1)
    delay = lognorm(sd, scale=med)
    some = np.isfinite(first)
    check_share(some, q * delay.cdf(T - 2.0), "answered", visible=law.visible(0.018))
    whole = delay.cdf(T - 2.0)
    check_ks(first[some] - 2.0, lambda d: delay.cdf(d) / whole, "delay")
    for h in paths[:200]:
        assert len(h) <= 2
        assert all(h.parent[1:] == 0)
        assert all(h.via[1:] == via(LINE, 0))


def check_threshold(law: Engine) -> None:
    """The threshold is drawn: the k-th act crosses with P(k - 1 < X <= k)."""
    b = Build(horizon=20.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", lognormal(3.0, 0.6), act="strike")
    acts = [b.scheduled(1.0 + k, "death") for k in range(12)]
    paths = law.draws(*b.build(), 8_000, acts=acts)
    first = np.where(np.isfinite(first_times(paths, 1)), first_times(paths, 1), 13.0)
    edges = norm.cdf(np.log(np.arange(1, 13) / 3.0) / 0.6)
    chances = np.diff(np.concatenate([[0.0], edges]))
    check_chances(first, [0.0, *chances], "which act crosses")


def check_deaths(law: Engine) -> None:
    """Deaths add up: the k-th deadly act crosses a fixed number of deaths."""
    b = Build(horizon=20.0)
    b.stream("raid", deaths=(0.5, lognormal(2.5, 0.8)))
    b.stream("strike")
    b.red_line("line", "raid", 6.0, kind="deaths", act="strike")
    acts = [b.scheduled(1.0 + k, "raid") for k in range(8)]
    paths = law.futures(*b.build(), 10_000, acts=acts)
    k = np.arange(0, 400)
    pmf = np.zeros(400)
    upper = norm.cdf(np.log((k[1:] + 0.5) / 2.5) / 0.8)
    pmf[1:] = np.diff(np.concatenate([[0.0], upper]))
    pmf = 0.5 * pmf
    pmf[0] = 0.5
    total, chances, below = np.zeros(6), [0.0], 1.0
    total[0] = 1.0
    for _ in range(8):
        total = np.convolve(total, pmf[:6])[:6]
        chances.append(below - total.sum())
        below = float(total.sum())
    first = np.where(np.isfinite(first_times(paths, 1)), first_times(paths, 1), 9.0)
    check_chances(first, chances, "which raid crosses")
    for h in paths[:300]:
        dead = h.deaths[(h.stream == 0) & (h.flags & np.uint64(DEADLY) > 0)]
        assert np.all(dead >= 1)


def check_window(law: Engine) -> None:
    """Two acts within w days of a Poisson(a) stream: when they first come."""
    a, w, T = 0.3, 2.0, 40.0
    b = Build(horizon=T)
    b.stream("death", base=a)
    b.stream("strike")
    b.red_line("line", "death", 2.0, window=w, act="strike")
    paths = law.futures(*b.build(), 20_000)
    first = first_times(paths, 1)
    survival = pair_survival(a, w)
    oracle = integral(survival, 0.0, T, (w,))
    cut = np.minimum(first, T)
    check_mean(cut, oracle, "first crossing", visible=law.visible(0.035))
    check_share(np.isinf(first), survival(T), "never", visible=law.visible(0.01))


def pair_survival(a: float, w: float):
    """P(no two events of a Poisson(a) process within w by t): gaps all above w.

    P(N = n, all gaps > w) = e^(-at) a^n (t - (n-1) w)^n / n! for (n-1) w < t.
    """

    def survival(t: float) -> float:
        total = math.exp(-a * t)
        n = 1
        while (n - 1) * w < t:
            left = t - (n - 1) * w
            total += math.exp(-a * t + n * math.log(a * left) - math.lgamma(n + 1))
            n += 1
        return total

    return survival


def check_rests_until_answered(law: Engine) -> None:
    """A count without a window rests at a crossing until its answer, then starts anew.

    Deaths Poisson(a), threshold 1, answer after exactly d: renewals of gap 1/a + d.
    """
    a, d, T = 0.5, 3.0, 40.0
    b = Build(horizon=T)
    b.stream("death", base=a)
    b.stream("strike")
    b.red_line("line", "death", 1.0, act="strike", delay=d)
    paths = law.futures(*b.build(), 20_000)
    oracle = 0.0
    n = 1
    while n * d < T:  # P(at least n answers) = P(Gamma(n, a) <= T - n d)
        oracle += float(poisson.sf(n - 1, a * (T - n * d)))
        n += 1
    check_mean(counts(paths, 1), oracle, "answers", visible=law.visible(0.01))


def check_rests_for_good(law: Engine) -> None:
    """Unanswered and without a window it never falls below again: at most one act."""
    q, a, T = 0.4, 0.5, 30.0
    b = Build(horizon=T)
    b.stream("death", base=a)
    b.stream("strike")
    b.red_line("line", "death", 1.0, chance=q, act="strike")
    paths = law.futures(*b.build(), 10_000)
    # answered at once with chance q, and armed again; else it rests for good
    chances = []
    for n in range(12):
        at_least = float(poisson.sf(n - 1, a * T)) if n else 1.0
        more = float(poisson.sf(n, a * T))
        chances.append(q**n * (at_least - more) + q**n * (1 - q) * more)
    check_chances(counts(paths, 1), chances, "answers")


def check_times(law: Engine) -> None:
    """One crossing brings n = round(X) acts, each after its own delay."""
    b = Build(horizon=50.0)
    b.stream("death")
    b.stream("strike")
    b.red_line(
        "line",
        "death",
        1.0,
        act="strike",
        times=uniform(0.0, 4.0),
        delay=uniform(1.0, 7.0),
    )
    paths = law.futures(*b.build(), 10_000, acts=[b.scheduled(2.0, "death")])
    check_chances(counts(paths, 1), [0.0, 0.375, 0.25, 0.25, 0.125], "acts")
    times = np.concatenate([h.time[h.stream == 1] for h in paths])
    check_ks(times - 2.0, lambda d: np.clip((d - 1.0) / 6.0, 0.0, 1.0), "delays")
    two = np.array([h.time[h.stream == 1] for h in paths if len(h) == 3])
    gap = (two[:, 0] + two[:, 1] - 12.0) ** 2
    check_mean(gap, 2.0 * 3.0, "variance of a sum of two", visible=law.visible(0.15))


def check_counts_as_crossing(law: Engine) -> None:
    """Only a share of the acts counts: the first that does is geometric."""
    c = 0.3
    b = Build(horizon=30.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 1.0, act="strike", counts=c)
    acts = [b.scheduled(1.0 + k, "death") for k in range(20)]
    paths = law.futures(*b.build(), 10_000, acts=acts)
    first = np.where(np.isfinite(first_times(paths, 1)), first_times(paths, 1), 21.0)
    k = np.arange(1, 21)
    check_chances(first, [0.0, *(c * (1 - c) ** (k - 1))], "which act counts")


def check_wears_chance(law: Engine) -> None:
    """Each crossing that went unanswered wears the chance: q v^k."""
    q, v = 0.5, 0.6
    b = Build(horizon=60.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 1.0, window=1.0, chance=q, act="strike", wear_chance=v)
    acts = [b.scheduled(3.0 * k, "death") for k in range(1, 13)]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    first = first_times(paths, 1) / 3.0
    first = np.where(np.isfinite(first), first, 13.0)
    chances, left = [0.0], 1.0
    for k in range(12):
        chances.append(left * q * v**k)
        left *= 1.0 - q * v**k
    check_chances(first, chances, "which crossing is answered first")


def check_wears_reach(law: Engine) -> None:
    """Each crossing that went unanswered multiplies later thresholds."""
    q = 0.5
    b = Build(horizon=100.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 1.0, window=2.0, chance=q, act="strike", wear_reach=2.0)
    # groups of 1, then 2, then 4 acts within the window reach 1, 2, 4
    acts = []
    for group, size in enumerate([1, 1, 2, 2, 4, 3]):
        acts += [
            b.scheduled(10.0 * (group + 1) + 0.1 * k, "death") for k in range(size)
        ]
    paths = law.futures(*b.build(), 10_000, acts=acts)
    first = np.floor(first_times(paths, 1) / 10.0)
    first = np.where(np.isfinite(first), first, 7.0)
    # group 1: reach 1. After a no: 1 act < 2; group 3 reaches 2. After a no: reach 4.
    check_chances(
        first, [0.0, q, 0.0, q * (1 - q), 0.0, q * (1 - q) ** 2], "who is answered"
    )


def check_wears_by_rejection(law: Engine) -> None:
    """An act that the factors reject counts as unanswered: once, when all n were."""
    f, v = 0.5, 0.5
    b = Build(horizon=60.0)
    b.stream("death")
    b.stream("strike")
    b.factor("hold", [b.row("strike", f)], in_force=[(-1.0, -1.0)])
    b.red_line("line", "death", 1.0, window=1.0, act="strike", times=2.0, wear_chance=v)
    acts = [b.scheduled(3.0 * k, "death") for k in range(1, 9)]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    none = (1.0 - f) ** 2
    first = first_times(paths, 1) / 3.0
    first = np.where(np.isfinite(first), first, 9.0)
    chances, worn = [0.0], {0: 1.0}
    for _ in range(8):
        chances.append(sum(p * v**k * (1 - none) for k, p in worn.items()))
        # not answered: the chance said no, or all were rejected; either way k + 1
        worn = {k + 1: p * (1.0 - v**k * (1.0 - none)) for k, p in worn.items()}
    check_chances(first, chances, "which crossing is answered first")


def check_acts_pass_factors(law: Engine) -> None:
    """An act due happens iff V <= min(F, 1): held by 0.3 x 2, free above one."""
    b = Build(horizon=10.0)
    b.stream("death")
    b.stream("strike")
    b.stream("raid", dormant=True)
    b.stream("loud")
    b.factor("hold", [b.row("strike", 0.3)], in_force=[(-1.0, -1.0)])
    b.factor(
        "surge",
        [b.row("strike", 2.0), b.row("loud", 3.0)],
        in_force=[(-1.0, -1.0)],
        cap=3.0,
    )
    b.red_line("line", "death", 1.0, act="strike")
    b.red_line("shut", "death", 1.0, act="raid")
    b.red_line("loud", "death", 1.0, act="loud")
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(2.0, "death")])
    check_share(counts(paths, 1), 0.6, "strikes", visible=law.visible(0.018))
    assert counts(paths, 2).max() == 0
    assert counts(paths, 3).min() == counts(paths, 3).max() == 1


def check_raises_a_factor(law: Engine) -> None:
    """A line that starts a factor above one, with a chance, a delay and an end."""
    q, rate, x, T = 0.7, 1.0, 3.0, 20.0
    b = Build(horizon=T)
    b.stream("death")
    b.stream("raid", base=rate)
    b.factor("surge", [b.row("raid", x)], holds_for=6.0, cap=3.0, delay=50.0)
    b.red_line("line", "death", 1.0, chance=q, factor="surge", delay=uniform(1.0, 5.0))
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(3.0, "death")])

    def f(t: float) -> float:
        begun = min(max((t - 4.0) / 4.0, 0.0), 1.0)
        over = min(max((t - 10.0) / 4.0, 0.0), 1.0)
        return 1.0 + q * (x - 1.0) * (begun - over)

    at = (4.0, 8.0, 10.0, 14.0)
    oracle = rate * integral(f, 0.0, T, at)
    check_mean(counts(paths, 1), oracle, "raids", visible=law.visible(0.02))
    times = np.concatenate([h.time[h.stream == 1] for h in paths])
    check_ks(times, time_law(f, T, at), "times of raids")


def check_opens_a_stream(law: Engine) -> None:
    """A dormant stream is shut until opened and shut again after `open_for`."""
    rate, T = 1.5, 20.0
    b = Build(horizon=T)
    b.stream("death")
    b.stream("front", base=rate, dormant=True)
    b.response("death", "front", 1.0, 2.0)
    b.red_line(
        "line",
        "death",
        1.0,
        chance=0.8,
        opens="front",
        open_for=uniform(3.0, 8.0),
        delay=2.0,
    )
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(3.0, "death")])

    def is_open(t: float) -> float:
        if t < 5.0:
            return 0.0
        return 0.8 * (1.0 - min(max((t - 8.0) / 5.0, 0.0), 1.0))

    def f(t: float) -> float:
        child = math.log(2.0) / 2.0 * 2.0 ** (-(t - 3.0) / 2.0) if t > 3.0 else 0.0
        return is_open(t) * (rate + child)

    at = (3.0, 5.0, 8.0, 13.0)
    oracle = integral(f, 0.0, T, at)
    check_mean(counts(paths, 1), oracle, "acts", visible=law.visible(0.03))
    times = np.concatenate([h.time[h.stream == 1] for h in paths])
    check_ks(times, time_law(f, T, at), "times of acts")


def check_gauge_line(law: Engine) -> None:
    """A gauge crosses at the first step that takes it to the threshold."""
    a, h, T = 0.4, 2.0, 30.0
    b = Build(horizon=T)
    b.stream("act", base=a)
    b.stream("strike")
    b.gauge("strain", h, {"act": 1.0})
    b.red_line("line", None, 1.5, gauge="strain", act="strike")
    paths = law.futures(*b.build(), 10_000)
    oracle = gauge_sampler(np.random.default_rng(11), a, h, 1.5, T, 100_000)
    check_same_law(first_times(paths, 1), oracle, "first crossing")


def gauge_sampler(rng, a, h, threshold, T, n):
    """First time that a decaying sum of unit steps reaches a threshold: ten lines."""
    level, t = np.zeros(n), np.zeros(n)
    done = np.full(n, np.inf)
    active = np.ones(n, bool)
    while active.any():
        gap = rng.exponential(1.0 / a, n)
        level = level * 2.0 ** (-gap / h)
        t = t + gap
        crosses = active & (level < threshold) & (level + 1.0 >= threshold)
        done[crosses & (t < T)] = t[crosses & (t < T)]
        level += 1.0
        active &= ~crosses & (t < T)
    return done


def check_line_over_patterns(law: Engine) -> None:
    """Only events that match the pattern count: thinned by a mark."""
    a, T = 0.5, 20.0
    b = Build(horizon=T)
    b.stream("raid", base=a, choices={"place": {"base": 0.3, "town": None}})
    b.stream("strike")
    b.red_line("line", "raid[base]", 2.0, act="strike")
    paths = law.futures(*b.build(), 20_000)
    oracle = [float(poisson.cdf(1, 0.3 * a * T))]
    check_share(
        counts(paths, 1) == 0, oracle[0], "no crossing", visible=law.visible(0.02)
    )


CHECKS = [f for name, f in list(globals().items()) if name.startswith("check_")]
CHECKS = [f for f in CHECKS if f.__module__ == __name__]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_line(law: Engine, check) -> None:
    check(law)
