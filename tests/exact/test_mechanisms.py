"""Every mechanism against a closed form, on both engines (STYLE.md 7.1).

Each ``check_*`` takes an engine, so `test_power` can run it on wrong ones.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.build import Build, fixed, lognormal, records, uniform
from tests.support.engines import Engine, counts, first_times
from tests.support.stat import check_ks, check_mean, check_share

LN2 = math.log(2.0)


def check_opened_for_good(law: Engine) -> None:
    """Poisson(a) opens a factor for good; E N = b [T - (1 - e^{-aT}) / a]."""
    a, rate, T = 0.2, 1.0, 20.0
    b = Build(horizon=T)
    b.stream("key", base=a)
    b.stream("door", base=rate, dormant=True)
    b.red_line("open", "key", fixed(1.0), opens="door", window=None)
    paths = law.futures(*b.build(), 20_000)
    oracle = rate * (T - (1 - math.exp(-a * T)) / a)
    check_mean(counts(paths, 1), oracle, "opened for good", visible=law.visible(0.02))


def check_on_off(law: Engine) -> None:
    """Opens at rate a, closes at rate c: E N = b a/(a+c) [T - (1-e^{-(a+c)T})/(a+c)]."""
    a, c, rate, T = 0.3, 0.5, 2.0, 20.0
    b = Build(horizon=T)
    b.stream("on", base=a)
    b.stream("off", base=c)
    b.stream("event", base=rate)
    b.state("closed", on="off", off="on", initially=True)
    b.factor(
        "shut", [b.row("event", 0.0)], in_force=[(-1.0, -1.0)], while_state="closed"
    )
    paths = law.futures(*b.build(), 20_000)
    oracle = rate * a / (a + c) * (T - (1 - math.exp(-(a + c) * T)) / (a + c))
    check_mean(counts(paths, 2), oracle, "on and off", visible=law.visible(0.02))


def check_restraint_shape(law: Engine) -> None:
    """Plateau, then fading, with compliance: an inhomogeneous Poisson mean."""
    rate, f0, c, hold, half, T = 3.0, 0.2, 0.7, 5.0, 4.0, 20.0
    b = Build(horizon=T)
    b.stream("event", base=rate)
    b.factor(
        "hold",
        [b.row("event", f0, compliance=c)],
        in_force=[(0.0, 0.0)],
        holds_for=hold,
        half_life=half,
    )
    paths = law.futures(*b.build(), 20_000)
    beta = LN2 / half
    left = hold + (1 - math.exp(-beta * (T - hold))) / beta
    check_mean(
        counts(paths, 0),
        rate * (T - c * (1 - f0) * left),
        "restraint",
        visible=law.visible(0.01),
    )


def check_obeys_is_all_or_nothing(law: Engine) -> None:
    """With chance o nothing happens, else everything: P(N = 0) = o + (1 - o) e^{-rT}."""
    o, rate, T = 0.4, 0.5, 10.0
    b = Build(horizon=T)
    b.stream("event", base=rate)
    b.factor("hold", [b.row("event", 0.0, obeys=o)], in_force=[(-1.0, -1.0)])
    paths = law.draws(*b.build(), 6_000)
    check_share(
        counts(paths, 0) == 0,
        o + (1 - o) * math.exp(-rate * T),
        "obeys",
        visible=law.visible(0.04),
    )


def check_factor_above_one(law: Engine) -> None:
    """A factor above one raises immigrants alone: E N = x mu / (1 - n), long run."""
    mu, n, x, T = 0.5, 0.5, 3.0, 40.0
    b = Build(horizon=T)
    b.stream("event", base=mu)
    b.response("event", "event", children=n, half_life=0.2)
    b.factor("front", [b.row("event", x)], in_force=[(-1.0, -1.0)], cap=4.0)
    paths = law.futures(*b.build(), 6_000)
    beta = LN2 / 0.2
    k = beta * (1 - n)
    oracle = x * mu / (1 - n) * (T - n * (1 - math.exp(-k * T)) / k)
    check_mean(counts(paths, 0), oracle, "factor above one", visible=law.visible(0.02))


def check_line_chance_and_delay(law: Engine) -> None:
    """One crossing in a long window, answered with chance q after a log-normal delay."""
    q, T = 0.6, 60.0
    b = Build(horizon=T)
    b.stream("death", base=0.2)
    b.stream("answer")
    b.red_line(
        "line",
        "death",
        fixed(1.0),
        window=1e6,
        chance=q,
        act="answer",
        delay=lognormal(5.0, 0.5),
    )
    # Without answers the line rests for ever; an answer arms it anew, so first ones only.
    paths = law.futures(*b.build(), 20_000)
    deaths, first = first_times(paths, 0), first_times(paths, 1)
    early = deaths < 20.0
    check_share(
        np.isfinite(first[early]), q, "answered at all", visible=law.visible(0.03)
    )
    delay = (first - deaths)[early & np.isfinite(first)]
    from scipy import stats

    check_ks(delay, stats.lognorm(0.5, scale=5.0).cdf, "delay of the answer")


def check_answers_pass_factors(law: Engine) -> None:
    """An act due happens with chance min(F, 1)."""
    f, T = 0.3, 30.0
    b = Build(horizon=T)
    b.stream("death", base=0.3)
    b.stream("answer")
    b.red_line(
        "line",
        "death",
        fixed(1.0),
        window=1e6,
        chance=1.0,
        act="answer",
        delay=fixed(1.0),
    )
    b.factor("hold", [b.row("answer", f)], in_force=[(-1.0, -1.0)])
    paths = law.futures(*b.build(), 20_000)
    crossed = first_times(paths, 0) < 25.0
    # A rejected answer leaves the line resting for ever (window without end).
    some = counts(paths, 1) > 0
    check_share(some[crossed], f, "held answer", visible=law.visible(0.02))


def check_reply(law: Engine) -> None:
    """At most one answer per ask, with its chance, uniform within; exempt from factors."""
    p, within, T = 0.35, 4.0, 30.0
    b = Build(horizon=T)
    b.stream("ask")
    b.stream("yes")
    b.stream("no")
    b.reply("reply", "ask", within, {"yes": p, "no": 0.25, "none": None})
    b.factor("hold", [b.row("yes", 0.0)], in_force=[(-1.0, -1.0)])
    acts = (b.scheduled("ask", 2.0), b.scheduled("ask", 3.0))
    paths = law.futures(*b.build(), 20_000, acts=acts)
    yes, no = counts(paths, 1), counts(paths, 2)
    # The second ask opens another only when the first was answered before it.
    one = p + 0.25
    opened = one * (1.0 / within)
    check_mean(yes, p * (1 + opened), "yes", visible=law.visible(0.05))
    check_mean(no, 0.25 * (1 + opened), "no", visible=law.visible(0.07))
    first = first_times(paths, 1)
    single = (yes + no == 1) & np.isfinite(first) & (first > 3.0)
    from scipy import stats

    check_ks(
        first[single],
        stats.uniform(3.0, within - 1.0).cdf,
        "time of an answer after the second ask",
    )


def check_warning_silence(law: Engine) -> None:
    """Chance p over (issued, by]; of the window r is left: p r / (1 - p + p r), uniform."""
    p, issued, by, T = 0.5, -6.0, 4.0, 10.0
    b = Build(horizon=T)
    b.stream("act")
    b.warning("leak", "act", issued=issued, chance=p, by=by)
    paths = law.futures(*b.build(), 20_000)
    r = by / (by - issued)
    first = first_times(paths, 0)
    check_share(
        np.isfinite(first),
        p * r / (1 - p + p * r),
        "warning",
        visible=law.visible(0.02),
    )
    from scipy import stats

    check_ks(first[np.isfinite(first)], stats.uniform(0, by).cdf, "time of the act")


def check_pending_silence(law: Engine) -> None:
    """A crossing d silent days old: q S(d) / (1 - q + q S(d)), then beyond d."""
    q, d, T = 0.6, 8.0, 400.0
    b = Build(horizon=T)
    b.stream("death")
    b.stream("answer")
    b.red_line(
        "line",
        "death",
        fixed(1.0),
        window=10.0,
        chance=q,
        act="answer",
        delay=lognormal(6.0, 0.8),
    )
    model, theta = b.build()
    past = records(model, [(-d, "death")])
    paths = law.futures(model, theta, 20_000, past=past)
    from scipy import stats

    delay = stats.lognorm(0.8, scale=6.0)
    S = delay.sf(d)
    first = first_times(paths, 1)
    check_share(
        np.isfinite(first),
        q * S / (1 - q + q * S),
        "pending answer",
        visible=law.visible(0.02),
    )
    came = first[np.isfinite(first)]
    check_ks(came, lambda t: 1 - delay.sf(t + d) / S, "time of a pending answer")


def check_umbrella(law: Engine) -> None:
    """A member that is held stops its share, and its share alone."""
    rate, share, T = 2.0, 0.3, 20.0
    b = Build(horizon=T)
    b.stream("event", base=rate, choices={"member": {"one": share, "two": None}})
    b.factor("hold", [b.row("event (one)", 0.1)], in_force=[(-1.0, -1.0)])
    paths = law.futures(*b.build(), 10_000)
    check_mean(
        counts(paths, 0),
        rate * T * (1 - share * 0.9),
        "umbrella",
        visible=law.visible(0.01),
    )


def check_weekday_and_given_driver(law: Engine) -> None:
    """Baseline follows weekday factors and the given path to its elasticity."""
    b = Build(horizon=14.0)
    path = [1.0] * 7 + [4.0] * 7
    b.driver("war", "given", path=path)
    week = [2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    b.stream("event", base=1.0, drivers={"war": 0.5}, weekday=week)
    paths = law.futures(*b.build(), 20_000)
    check_mean(counts(paths, 0, high=7.0), 7.0, "first week", visible=law.visible(0.02))
    check_mean(
        counts(paths, 0, low=7.0), 14.0, "second week", visible=law.visible(0.02)
    )
    monday = 2.0 / (sum(week) / 7)
    check_mean(counts(paths, 0, high=1.0), monday, "Monday", visible=law.visible(0.04))


def check_walk_keeps_its_median(law: Engine) -> None:
    """The log walk has median one and spread s sqrt(t): E level = exp(s^2 t / 2)."""
    s, T = 0.1, 21.0
    b = Build(horizon=T)
    b.driver("war", "walk", spread=s)
    b.stream("event", base=2.0, drivers={"war": 1.0})
    paths = law.futures(*b.build(), 20_000)
    oracle = 2.0 * math.exp(s * s * 20 / 2)
    check_mean(
        counts(paths, 0, low=20.0),
        oracle,
        "last day of a walk",
        visible=law.visible(0.04),
    )


def check_gauge_factor(law: Engine) -> None:
    """A level at the origin that never decays: factor 1 + (x - 1) L / (L + h)."""
    x, level, half_at, T = 0.2, 3.0, 1.0, 20.0
    b = Build(horizon=T)
    b.stream("event", base=2.0)
    b.gauge("strain", 1e9, {}, at_origin=level)
    b.gauge_factor("strain", [b.row("event", x)], half_at)
    paths = law.futures(*b.build(), 10_000)
    f = 1 + (x - 1) * level / (level + half_at)
    check_mean(counts(paths, 0), 2.0 * T * f, "gauge factor", visible=law.visible(0.02))


def check_reports(law: Engine) -> None:
    """Claims per act: claimed + Poisson(claimed (1 / real - 1))."""
    real, claimed, T = 0.6, 0.8, 20.0
    b = Build(horizon=T)
    b.stream("act", base=1.0)
    b.report("claims", "act", real, claimed)
    paths = law.futures(*b.build(), 4_000)
    claims = np.concatenate([h.claims[:, 0] for h in paths]).astype(float)
    check_mean(claims, claimed / real, "claims per act", visible=law.visible(0.02))
    m = claimed * (1 / real - 1)
    variance = claimed * (1 - claimed) + m
    check_mean(
        (claims - claimed / real) ** 2,
        variance,
        "variance of claims",
        visible=law.visible(0.04),
    )


def check_schedule(law: Engine) -> None:
    """A lever's act always happens; an attempted one passes the factors."""
    b = Build(horizon=10.0)
    b.stream("act")
    b.factor("hold", [b.row("act", 0.25)], in_force=[(-1.0, -1.0)])
    sure = b.scheduled("act", 3.0)
    tried = b.scheduled("act", 5.0, attempt=True)
    paths = law.futures(*b.build(), 10_000, acts=(sure, tried))
    n = counts(paths, 0)
    assert n.min() >= 1
    check_share(n == 2, 0.25, "attempted act", visible=law.visible(0.03))


def check_nothing_after_the_end(law: Engine) -> None:
    """No event at or before 0 nor after the horizon; times increase."""
    b = Build(horizon=7.3)
    b.stream("event", base=3.0)
    b.response("event", "event", children=0.6, half_life=4.0)
    for h in law.futures(*b.build(), 500):
        assert (h.time > 0).all()
        assert (h.time <= 7.3).all(), f"an event at {h.time.max()} after the end 7.3"
        assert (np.diff(h.time) >= 0).all()


def check_tail_of_the_past(law: Engine) -> None:
    """Children after 0 of an event before it: n 2^{-age / half-life}."""
    b = Build(horizon=200.0)
    b.stream("cause")
    b.stream("child")
    b.response("cause", "child", children=2.0, half_life=5.0)
    model, theta = b.build()
    paths = law.futures(model, theta, 20_000, past=records(model, [(-7.0, "cause")]))
    check_mean(
        counts(paths, 1),
        2.0 * 2 ** (-7 / 5),
        "tail of the past",
        visible=law.visible(0.05),
    )


CHECKS = {
    name: f
    for name, f in globals().items()
    if name.startswith("check_") and getattr(f, "__module__", "") == __name__
}


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_mechanism(law: Engine, name: str) -> None:
    CHECKS[name](law)


def test_varying_laws_are_used() -> None:
    assert uniform(0, 1).family == "uniform"
