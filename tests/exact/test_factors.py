"""Restraints and raises: shape, compliance, obedience, starts, ends, masks, offspring.

Each ``check_*`` takes an engine, so `test_power` can run it on wrong ones.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from spillover.errors import RunError
from tests.support.build import Build, lognormal, uniform
from tests.support.engines import Engine, counts
from tests.support.forms import (
    hawkes_mean,
    integral,
    poisson_mixture,
    time_law,
)
from tests.support.stat import check_chances, check_ks, check_mean, check_share


def times_of(paths, stream):
    return np.concatenate([h.time[h.stream == stream] for h in paths])


def check_restraint(law: Engine) -> None:
    """Delay, plateau, fading by half-life, compliance: an inhomogeneous Poisson law."""
    rate, f0, c, T = 1.5, 0.2, 0.7, 20.0
    start, hold, half = 4.5, 4.0, 3.0

    def f(t: float) -> float:
        if t < start:
            return 1.0
        fade = 1.0 if t < start + hold else 2.0 ** (-(t - start - hold) / half)
        return 1.0 + c * (f0 - 1.0) * fade

    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.stream("word")
    b.factor(
        "truce",
        [b.row("raid", f0, compliance=c)],
        starts="word",
        delay=1.5,
        holds_for=hold,
        half_life=half,
    )
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(3.0, "word")])
    at = (start, start + hold)
    mean = rate * integral(f, 0.0, T, at)
    check_mean(counts(paths, 0), mean, "raids", visible=law.visible(0.01))
    check_chances(counts(paths, 0), poisson_mixture([mean], [1.0]), "raids")
    check_ks(times_of(paths, 0), time_law(f, T, at), "times of raids")


def check_opened_for_good(law: Engine) -> None:
    """Opened by a Poisson(a) stream, then rate b: E N = b [T - (1 - e^(-aT)) / a]."""
    a, rate, T = 0.1, 1.5, 20.0
    b = Build(horizon=T)
    b.stream("key", base=a)
    b.stream("door", base=rate, dormant=True)
    b.red_line("open", "key", 1.0, opens="door")
    paths = law.futures(*b.build(), 30_000)
    oracle = rate * (T - (1.0 - math.exp(-a * T)) / a)
    check_mean(counts(paths, 1), oracle, "behind the door", visible=law.visible(0.02))


def check_on_off(law: Engine) -> None:
    """Opens at rate a, closes at rate c, closed at 0:

    E N = b a/(a+c) [T - (1 - e^(-(a+c)T)) / (a+c)].
    """
    a, c, rate, T = 0.3, 0.5, 2.0, 20.0
    b = Build(horizon=T)
    b.stream("open", base=a)
    b.stream("close", base=c)
    b.stream("raid", base=rate)
    b.state("closed", on="close", off="open", initially=True)
    b.factor(
        "shut", [b.row("raid", 0.0)], in_force=[(-1.0, -1.0)], while_state="closed"
    )
    paths = law.futures(*b.build(), 20_000)
    gone = (1.0 - math.exp(-(a + c) * T)) / (a + c)
    oracle = rate * a / (a + c) * (T - gone)
    check_mean(counts(paths, 2), oracle, "while open", visible=law.visible(0.025))


def check_starts_and_ends(law: Engine) -> None:
    """The same law with a factor that events start and end (not a state)."""
    a, c, rate, T = 0.3, 0.5, 2.0, 20.0
    b = Build(horizon=T)
    b.stream("start", base=c)
    b.stream("end", base=a)
    b.stream("raid", base=rate)
    b.factor("hold", [b.row("raid", 0.0)], starts="start", ends="end")
    paths = law.futures(*b.build(), 20_000)
    held = c / (a + c) * (T - (1.0 - math.exp(-(a + c) * T)) / (a + c))
    oracle = rate * (T - held)
    check_mean(counts(paths, 2), oracle, "when not held", visible=law.visible(0.025))


def check_obeys(law: Engine) -> None:
    """All or nothing, drawn anew at each start: a mixture of Poisson laws."""
    o, rate = 0.4, 0.8
    b = Build(horizon=12.0)
    b.stream("raid", base=rate)
    b.stream("word")
    b.factor("hold", [b.row("raid", 0.1, obeys=o)], starts="word")
    acts = [b.scheduled(2.0, "word"), b.scheduled(7.0, "word")]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    first, second = counts(paths, 0, low=2.0, high=7.0), counts(paths, 0, low=7.0)
    both = poisson_mixture([0.5 * rate, 5.0 * rate], [o, 1.0 - o])
    check_chances(first, both, "after the first word")
    check_chances(second, both, "after the second word")
    covariance = (first - first.mean()) * (second - second.mean())
    check_mean(
        covariance,
        0.0,
        "obeyed anew",
        visible=law.visible(0.1),
        scale=0.2 * rate**2 * 25,
    )


def check_obeys_by_row(law: Engine) -> None:
    """Two rows of one factor obey or not independently."""
    b = Build(horizon=10.0)
    b.stream("a", base=0.7)
    b.stream("b", base=0.7)
    b.stream("word")
    b.factor(
        "hold", [b.row("a", 0.0, obeys=0.5), b.row("b", 0.0, obeys=0.5)], starts="word"
    )
    paths = law.futures(*b.build(), 10_000, acts=[b.scheduled(0.001, "word")])
    none = math.exp(-7.0)
    quiet = [
        counts(paths, 0, low=0.001) == 0,
        counts(paths, 1, low=0.001) == 0,
    ]
    one = 0.5 + 0.5 * none
    check_share(quiet[0] & quiet[1], one**2, "both quiet", visible=law.visible(0.03))


def check_dated_obedience(law: Engine) -> None:
    """A factor in force since before the origin obeys or not once per draw."""
    o, rate, T = 0.4, 0.5, 10.0
    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.factor("hold", [b.row("raid", 0.0, obeys=o)], in_force=[(-1.0, -1.0)])
    paths = law.draws(*b.build(), 8_000)
    check_chances(
        counts(paths, 0), poisson_mixture([0.0, rate * T], [o, 1 - o]), "obeys"
    )


def check_delay_law(law: Engine) -> None:
    """The delay of each start is drawn: E N = b E[min(D, T)]."""
    rate, T, med, sd = 1.0, 20.0, 5.0, 0.8
    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.stream("word")
    b.factor("hold", [b.row("raid", 0.0)], starts="word", delay=lognormal(med, sd))
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(1e-9, "word")])

    def alive(t: float) -> float:
        return float(norm.sf(math.log(max(t, 1e-12) / med) / sd))

    oracle = rate * integral(alive, 0.0, T)
    check_mean(counts(paths, 0), oracle, "before the hold", visible=law.visible(0.035))
    check_ks(times_of(paths, 0), time_law(alive, T), "times before the hold")


def check_plateau_law(law: Engine) -> None:
    """``holds_for`` is drawn per start and, with no half-life, ends at once."""
    rate, T = 1.0, 20.0
    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.stream("word")
    b.factor("hold", [b.row("raid", 0.25)], starts="word", holds_for=uniform(2.0, 9.0))
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(5.0, "word")])

    def f(t: float) -> float:
        if t < 5.0:
            return 1.0
        return 1.0 - 0.75 * min(max((14.0 - t) / 7.0, 0.0), 1.0)

    oracle = rate * integral(f, 0.0, T, (5.0, 7.0, 14.0))
    check_mean(counts(paths, 0), oracle, "raids", visible=law.visible(0.02))
    check_ks(times_of(paths, 0), time_law(f, T, (5.0, 7.0, 14.0)), "times of raids")


def check_renewal(law: Engine) -> None:
    """A new start renews and never stacks; P(in force at t) is that of renewals.

    Starts are Poisson(a), each holds h: in force at t iff one lies in (t - h, t].
    """
    a, h, t = 0.25, 3.0, 11.0
    b = Build(horizon=12.0)
    b.stream("word", base=a)
    b.stream("probe")
    b.factor("hold", [b.row("probe", 0.3)], starts="word", holds_for=h)
    acts = [b.scheduled(t, "probe", attempt=True)]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    held = 1.0 - math.exp(-a * h)
    check_share(
        counts(paths, 1), 1.0 - 0.7 * held, "the probe", visible=law.visible(0.02)
    )


def check_fading_renewal(law: Engine) -> None:
    """Fading from the last start only: E f(t) over Poisson starts."""
    a, half, x, t = 0.3, 2.0, 0.1, 10.0
    b = Build(horizon=t)
    b.stream("word", base=a)
    b.stream("probe")
    b.factor("hold", [b.row("probe", x)], starts="word", half_life=half)
    acts = [b.scheduled(t, "probe", attempt=True)]
    paths = law.futures(*b.build(), 20_000, acts=acts)

    def weight(age: float) -> float:
        return a * math.exp(-a * age) * 2.0 ** (-age / half)

    oracle = 1.0 + (x - 1.0) * integral(weight, 0.0, t)
    check_share(counts(paths, 1), oracle, "the probe", visible=law.visible(0.02))


def check_dated_range(law: Engine) -> None:
    """A start dated to an interval is uniform in it: E f over the age."""
    b = Build(horizon=1.0)
    b.stream("probe")
    b.factor("hold", [b.row("probe", 0.0)], in_force=[(-6.0, -1.0)], half_life=3.0)
    acts = [b.scheduled(0.5, "probe", attempt=True)]
    paths = law.draws(*b.build(), 8_000, acts=acts)
    mean = integral(lambda age: 2.0 ** (-age / 3.0) / 5.0, 1.5, 6.5)
    check_share(counts(paths, 0), 1.0 - mean, "the probe", visible=law.visible(0.03))


def check_raise(law: Engine) -> None:
    """A factor above one raises immigrants only; their offspring stay offspring."""
    mu, n, half, x, T = 0.3, 0.5, 1.0, 3.0, 20.0

    def f(t: float) -> float:
        if t < 4.0:
            return 1.0
        fade = 1.0 if t < 9.0 else 2.0 ** (-(t - 9.0) / 2.0)
        return 1.0 + (x - 1.0) * fade

    b = Build(horizon=T)
    b.stream("raid", base=mu)
    b.stream("front")
    b.response("raid", "raid", n, half)
    b.factor(
        "surge",
        [b.row("raid", x)],
        starts="front",
        holds_for=5.0,
        half_life=2.0,
        cap=4.0,
    )
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(4.0, "front")])
    oracle = hawkes_mean(mu, n, half, T, f, lambda t: 1.0, (4.0, 9.0))
    check_mean(counts(paths, 0), oracle, "raids", visible=law.visible(0.02))
    peak = counts(paths, 0, low=4.0, high=9.0)
    part = hawkes_mean(mu, n, half, 9.0, f, lambda t: 1.0, (4.0,)) - hawkes_mean(
        mu, n, half, 4.0, f, lambda t: 1.0
    )
    check_mean(peak, part, "raids on the plateau", visible=law.visible(0.03))


def check_raised_offspring(law: Engine) -> None:
    """With `offspring` it multiplies them too: here beyond a radius of one (1.24)."""
    mu, n, half, x, T = 0.3, 0.4, 1.0, 3.1, 6.0
    b = Build(horizon=T)
    b.stream("raid", base=mu)
    b.response("raid", "raid", n, half)
    b.factor(
        "surge", [b.row("raid", x)], in_force=[(-1.0, -1.0)], cap=3.2, offspring=True
    )
    paths = law.futures(*b.build(), 30_000)
    oracle = hawkes_mean(mu, n, half, T, lambda t: x, lambda t: x)
    check_mean(counts(paths, 0), oracle, "raids", visible=law.visible(0.05))


def check_restrained_offspring(law: Engine) -> None:
    """A restraint holds offspring too, and what is held has none of its own."""
    mu, n, half, x, T = 1.0, 0.8, 1.5, 0.5, 15.0

    def f(t: float) -> float:
        return x if 3.0 <= t < 11.0 else 1.0

    b = Build(horizon=T)
    b.stream("raid", base=mu)
    b.stream("word")
    b.response("raid", "raid", n, half)
    b.factor("hold", [b.row("raid", x)], starts="word", holds_for=8.0)
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(3.0, "word")])
    oracle = hawkes_mean(mu, n, half, T, f, f, (3.0, 11.0))
    check_mean(counts(paths, 0), oracle, "raids", visible=law.visible(0.03))


def check_product(law: Engine) -> None:
    """Factors multiply; one above and one below one leave F' below one."""
    mu, n, half, T = 0.5, 0.4, 1.0, 12.0
    b = Build(horizon=T)
    b.stream("raid", base=mu)
    b.response("raid", "raid", n, half)
    b.factor("hold", [b.row("raid", 0.6)], in_force=[(-1.0, -1.0)])
    b.factor("surge", [b.row("raid", 2.5)], in_force=[(-1.0, -1.0)], cap=2.5)
    b.factor("more", [b.row("raid", 1.7)], in_force=[(-1.0, -1.0)], cap=1.7)
    paths = law.futures(*b.build(), 20_000)
    f, kept = 0.6 * 2.5 * 1.7, 0.6
    oracle = hawkes_mean(mu, n, half, T, lambda t: f, lambda t: kept)
    check_mean(counts(paths, 0), oracle, "raids", visible=law.visible(0.02))


def check_held_driver(law: Engine) -> None:
    """A row with a power is f^power on immigrants alone: not offspring, not acts due."""
    mu, n, half, x, e, T = 0.6, 0.5, 1.0, 0.3, 1.7, 12.0
    b = Build(horizon=T)
    b.stream("raid", base=mu)
    b.stream("probe")
    b.response("raid", "raid", n, half)
    b.factor(
        "hold",
        [b.row("raid", x, power=e), b.row("probe", x, power=e)],
        in_force=[(-1.0, -1.0)],
    )
    acts = [b.scheduled(3.0, "probe", attempt=True)]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    oracle = hawkes_mean(mu, n, half, T, lambda t: x**e, lambda t: 1.0)
    check_mean(counts(paths, 0), oracle, "raids", visible=law.visible(0.06))
    assert counts(paths, 1).min() == 1


def check_raised_driver(law: Engine) -> None:
    """A raise with a power above one: f^power, under a cap that holds it."""
    mu, x, e, T = 0.5, 2.0, 1.5, 10.0
    b = Build(horizon=T)
    b.stream("raid", base=mu)
    b.factor("surge", [b.row("raid", x, power=e)], in_force=[(-1.0, -1.0)], cap=x**e)
    paths = law.futures(*b.build(), 10_000)
    check_mean(counts(paths, 0), mu * x**e * T, "raids", visible=law.visible(0.02))


def check_until_and_while(law: Engine) -> None:
    """`until` and `while` mask a factor; its age runs on under the mask."""
    rate, T, half = 1.5, 16.0, 5.0
    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.stream("word")
    b.stream("talks")
    b.state("talks-on", on="talks", lasts=uniform(2.0, 4.0))
    b.factor(
        "hold",
        [b.row("raid", 0.1)],
        starts="word",
        half_life=half,
        until=12.5,
        while_state="talks-on",
    )
    acts = [
        b.scheduled(1.0, "word"),
        b.scheduled(4.0, "talks"),
        b.scheduled(11.0, "talks"),
    ]
    paths = law.futures(*b.build(), 20_000, acts=acts)

    def on(t: float, since: float) -> float:
        if t < since:
            return 0.0
        return min(max((since + 4.0 - t) / 2.0, 0.0), 1.0)

    def f(t: float) -> float:
        held = max(on(t, 4.0), on(t, 11.0)) if t < 12.5 else 0.0
        return 1.0 - 0.9 * held * 2.0 ** (-(t - 1.0) / half)

    at = (4.0, 6.0, 8.0, 11.0, 12.5)
    mean = rate * integral(f, 0.0, T, at)
    check_mean(counts(paths, 0), mean, "raids", visible=law.visible(0.01))
    check_ks(times_of(paths, 0), time_law(f, T, at), "times of raids")


CHECKS = [f for name, f in list(globals().items()) if name.startswith("check_")]
CHECKS = [f for f in CHECKS if f.__module__ == __name__]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_factor(law: Engine, check) -> None:
    check(law)


def test_a_factor_above_its_cap_is_an_error(law: Engine) -> None:
    b = Build(horizon=20.0)
    b.stream("raid", base=1.0)
    b.factor("surge", [b.row("raid", 3.0)], in_force=[(-1.0, -1.0)], cap=2.0)
    with pytest.raises(RunError, match="above its cap"):
        law.futures(*b.build(), 10)


def test_more_events_than_allowed_is_an_error(law: Engine) -> None:
    b = Build(horizon=20.0)
    b.stream("raid", base=5.0)
    with pytest.raises(RunError, match="events"):
        law.futures(*b.build(), 10, max_events=20)
