"""The past: what it leaves in force, what it brings, and what its silence says.

Each ``check_*`` takes an engine, so `test_power` can run it on wrong ones.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import lognorm, norm, poisson

from tests.support.build import Build, lognormal, records, uniform
from tests.support.engines import Engine, counts, first_times
from tests.support.forms import integral
from tests.support.stat import check_chances, check_ks, check_mean, check_share


def check_pending_answer(law: Engine) -> None:
    """A crossing d silent days old: q S(d) / (1 - q + q S(d)), then beyond d."""
    q, d = 0.6, 8.0
    delay = lognorm(0.8, scale=6.0)
    b = Build(horizon=400.0)
    b.stream("death")
    b.stream("strike")
    b.red_line(
        "line",
        "death",
        1.0,
        window=10.0,
        chance=q,
        act="strike",
        delay=lognormal(6.0, 0.8),
    )
    past = records(b, [(-d, "death")])
    paths = law.draws(*b.build(), 10_000, past=past)
    S = float(delay.sf(d))
    first = first_times(paths, 1)
    some = np.isfinite(first)
    check_share(some, q * S / (1 - q + q * S), "still comes", visible=law.visible(0.03))
    whole = float(delay.sf(d))
    check_ks(
        first[some], lambda t: 1.0 - delay.sf(t + d) / whole, "when it comes", least=200
    )


def check_recorded_crossing(law: Engine) -> None:
    """`pending`: a crossing that no record shows is silent in the same way."""
    q, d = 0.5, 5.0
    delay = lognorm(0.6, scale=7.0)
    b = Build(horizon=200.0)
    b.stream("death")
    b.stream("strike")
    b.red_line(
        "line",
        "death",
        3.0,
        chance=q,
        act="strike",
        delay=lognormal(7.0, 0.6),
        pending=[-d],
    )
    paths = law.draws(*b.build(), 8_000)
    S = float(delay.sf(d))
    check_share(
        counts(paths, 1), q * S / (1 - q + q * S), "comes", visible=law.visible(0.03)
    )


def check_pending_times(law: Engine) -> None:
    """n acts: the first beyond d, the others after delays of their own from it."""
    d = 4.0
    b = Build(horizon=400.0)
    b.stream("death")
    b.stream("strike")
    b.red_line(
        "line",
        "death",
        1.0,
        chance=0.7,
        act="strike",
        delay=uniform(1.0, 11.0),
        times=3.0,
    )
    paths = law.draws(*b.build(), 14_000, past=records(b, [(-d, "death")]))
    left = 0.7 * 0.7 / (0.3 + 0.7 * 0.7)
    n = counts(paths, 1)
    assert set(np.unique(n)) == {0, 3}
    check_share(n == 3, left, "comes", visible=law.visible(0.03))
    times = np.array([h.time for h in paths if len(h)])
    first = times[:, 0]
    check_ks(first, lambda t: np.clip(t / 7.0, 0, 1), "first act", least=400)
    gaps = (times[:, 1:] - first[:, None]).mean(axis=1)
    check_mean(gaps, 6.0, "later acts", visible=law.visible(0.025))


def check_answered(law: Engine) -> None:
    """An event that matches the act in its time is the answer: nothing is owed."""
    b = Build(horizon=100.0)
    b.stream("death")
    b.stream("strike")
    b.red_line(
        "line", "death", 1.0, chance=0.6, act="strike", delay=lognormal(6.0, 0.5)
    )
    past = records(b, [(-9.0, "death"), (-4.0, "strike")])
    assert counts(law.draws(*b.build(), 2_000, past=past)).max() == 0


def check_a_late_answer_arms_the_line(law: Engine) -> None:
    """The answer to a crossing before the origin is one: the count starts anew.

    Answer at d - 1, then renewals of gap 1/a + d, in every course alike: what the
    course before counted in the same memory is forgotten.
    """
    a, d, T = 0.5, 3.0, 40.0
    b = Build(horizon=T)
    b.stream("death", base=a)
    b.stream("strike")
    b.red_line("line", "death", 1.0, act="strike", delay=d)
    paths = law.futures(*b.build(), 10_000, past=records(b, [(-1.0, "death")]))
    left, oracle, n = T - (d - 1.0), 1.0, 1
    while n * d < left:  # P(n more answers) = P(Gamma(n, a) <= left - n d)
        oracle += float(poisson.sf(n - 1, a * (left - n * d)))
        n += 1
    check_mean(counts(paths, 1), oracle, "answers", visible=law.visible(0.015))


def check_answers_are_used_once(law: Engine) -> None:
    """Two crossings, one answer: the second crossing is silent."""
    q, d = 0.6, 3.0
    delay = lognorm(0.5, scale=6.0)
    b = Build(horizon=300.0)
    b.stream("death")
    b.stream("strike")
    b.red_line(
        "line",
        "death",
        1.0,
        window=2.0,
        chance=q,
        act="strike",
        delay=lognormal(6.0, 0.5),
    )
    past = records(b, [(-9.0, "death"), (-d, "death"), (-2.0, "strike")])
    paths = law.draws(*b.build(), 8_000, past=past)
    S = float(delay.sf(d))
    oracle = q * S / (1 - q + q * S)
    check_share(counts(paths, 1), oracle, "comes", visible=law.visible(0.03))


def check_count_carries_over(law: Engine) -> None:
    """Two of three deaths inside the window lie before 0; one is too old."""
    b = Build(horizon=5.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 3.0, window=10.0, act="strike")
    past = records(b, [(-20.0, "death"), (-7.0, "death"), (-1.0, "death")])
    model, theta = b.build()
    near = law.draws(model, theta, 50, past=past, acts=[b.scheduled(1.0, "death")])
    far = law.draws(model, theta, 50, past=past, acts=[b.scheduled(4.0, "death")])
    assert counts(near, 1).min() == 1
    assert counts(far, 1).max() == 0


def check_answer_arms_again(law: Engine) -> None:
    """An answer in the past set the count to zero; without one the line rests."""
    b = Build(horizon=5.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 2.0, act="strike", delay=1.0)
    acts = [b.scheduled(1.0, "death"), b.scheduled(2.0, "death")]
    model, theta = b.build()
    answered = [(-9.0, "death"), (-8.0, "death"), (-7.5, "strike")]
    again = law.draws(model, theta, 50, past=records(b, answered), acts=acts)
    assert all(first_times(again, 1) == 3.0)
    once = law.draws(model, theta, 50, past=records(b, answered[:2]), acts=acts)
    assert counts(once, 1).max() == 0


def check_silence_wears(law: Engine) -> None:
    """A crossing in the past that went unanswered wears the next chance."""
    b = Build(horizon=10.0)
    b.stream("death")
    b.stream("strike")
    b.red_line(
        "line",
        "death",
        1.0,
        window=2.0,
        chance=0.8,
        act="strike",
        delay=1.0,
        wear_chance=0.5,
    )
    model, theta = b.build()
    past = records(b, [(-9.0, "death"), (-5.0, "death")])
    acts = [b.scheduled(1.0, "death")]
    paths = law.draws(model, theta, 8_000, past=past, acts=acts)
    check_share(counts(paths, 1), 0.2, "worn twice", visible=law.visible(0.03))


def check_threshold_of_the_past(law: Engine) -> None:
    """The threshold in force belongs to the draw, so the past can have crossed it.

    One death in the past: crossed if X <= 1 (answered by silence), else the next one
    crosses if X <= 2.
    """
    med, sd = 1.5, 0.5
    b = Build(horizon=10.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", lognormal(med, sd), act="strike", delay=0.5)
    model, theta = b.build()
    past = records(b, [(-3.0, "death")])
    paths = law.draws(model, theta, 8_000, past=past, acts=[b.scheduled(1.0, "death")])
    one, two = (norm.cdf(math.log(k / med) / sd) for k in (1, 2))
    check_share(counts(paths, 1), two - one, "crossed now", visible=law.visible(0.03))


def check_factor_of_a_line(law: Engine) -> None:
    """A past crossing whose factor began, or still waits, with chance q."""
    q, rate, x = 0.6, 0.8, 0.0
    b = Build(horizon=6.0)
    b.stream("death")
    b.stream("raid", base=rate)
    b.factor("fear", [b.row("raid", x)], holds_for=5.0)
    b.red_line("line", "death", 1.0, chance=q, factor="fear", delay=uniform(1.0, 5.0))
    paths = law.draws(*b.build(), 8_000, past=records(b, [(-3.0, "death")]))

    def held(t: float) -> float:  # start uniform in (-2, 2), in force for 5 days
        begun = min(max((t + 2.0) / 4.0, 0.0), 1.0)
        over = min(max((t - 3.0) / 4.0, 0.0), 1.0)
        return 1.0 - q * (begun - over)

    oracle = rate * integral(held, 0.0, 6.0, (2.0, 3.0))
    check_mean(counts(paths, 1), oracle, "raids", visible=law.visible(0.05))


def check_stream_of_a_line(law: Engine) -> None:
    """A past crossing that opened a stream, for a time."""
    q, rate = 0.6, 1.2
    b = Build(horizon=6.0)
    b.stream("death")
    b.stream("front", base=rate, dormant=True)
    b.red_line("line", "death", 1.0, chance=q, opens="front", open_for=5.0, delay=1.0)
    paths = law.draws(*b.build(), 8_000, past=records(b, [(-3.0, "death")]))
    check_mean(counts(paths, 1), q * rate * 3.0, "acts", visible=law.visible(0.06))


def check_pending_reply(law: Engine) -> None:
    """An open ask, d days old: p S / (1 - P + P S) each, the time beyond d, cut."""
    d, within, med, sd = 2.0, 6.0, 3.0, 0.7
    delay = lognorm(sd, scale=med)
    b = Build(horizon=20.0)
    b.stream("ask")
    b.stream("yes")
    b.stream("no")
    b.reply("talk", "ask", within, {"yes": 0.5, "no": 0.3}, delay=lognormal(med, sd))
    model, theta = b.build()
    past = records(b, [(-d, "ask")])
    acts = [b.scheduled(1.0, "ask")]  # opens another only once the first is over
    paths = law.draws(model, theta, 10_000, past=past)
    S = 1.0 - delay.cdf(d) / delay.cdf(within)
    whole = 0.2 + 0.8 * S
    answer = counts(paths, 1) + 2 * counts(paths, 2)
    check_chances(answer, [0.2 / whole, 0.5 * S / whole, 0.3 * S / whole], "answers")
    first = np.concatenate([h.time for h in paths])

    def cut(t):
        beyond = delay.cdf(np.minimum(t + d, within)) - delay.cdf(d)
        return beyond / (delay.cdf(within) - delay.cdf(d))

    check_ks(first, cut, "time", least=400)
    again = law.draws(model, theta, 4_000, past=past, acts=acts)
    soon = 0.8 * S / whole * float(cut(1.0))
    oracle = 0.8 * S / whole + soon * 0.8
    got = counts(again, 1) + counts(again, 2)
    check_mean(got, oracle, "two asks", visible=law.visible(0.09))


def check_uniform_reply(law: Engine) -> None:
    """Without a delay the answer is uniform over what is left."""
    b = Build(horizon=20.0)
    b.stream("ask")
    b.stream("yes")
    b.reply("talk", "ask", 8.0, {"yes": 0.5})
    paths = law.draws(*b.build(), 8_000, past=records(b, [(-2.0, "ask")]))
    S = 0.75
    check_share(
        counts(paths, 1), 0.5 * S / (0.5 + 0.5 * S), "yes", visible=law.visible(0.03)
    )
    first = np.concatenate([h.time for h in paths])
    check_ks(first, lambda t: np.clip(t / 6.0, 0, 1), "time", least=200)


def check_answered_reply(law: Engine) -> None:
    """A record answers the ask; an old ask is over; one pending unrecorded ask."""
    b = Build(horizon=20.0)
    b.stream("ask")
    b.stream("yes")
    b.stream("beg")
    b.stream("aye")
    b.reply("talk", "ask", 5.0, {"yes": 0.5})
    b.reply("other", "beg", 8.0, {"aye": 0.5}, pending=[-2.0])
    model, theta = b.build()
    past = records(b, [(-4.0, "ask"), (-3.0, "yes")])
    paths = law.draws(model, theta, 8_000, past=past, acts=[b.scheduled(0.5, "ask")])
    check_share(counts(paths, 1), 0.5, "asked anew", visible=law.visible(0.03))
    check_share(counts(paths, 3), 0.375 / 0.875, "owed", visible=law.visible(0.03))


def check_odds_of_the_past(law: Engine) -> None:
    """The odds of an open ask are those of its time."""
    b = Build(horizon=20.0)
    b.stream("ask")
    b.stream("yes")
    b.stream("war")
    b.state("war", on="war", lasts=2.0)
    b.reply("talk", "ask", 8.0, {"yes": 0.3}, odds=[(b.when("state", "war"), 0, 4.0)])
    past = records(b, [(-3.0, "war"), (-2.0, "ask")])
    paths = law.draws(*b.build(), 8_000, past=past)
    p = 1.2 / 1.9
    oracle = p * 0.75 / (1.0 - p + p * 0.75)
    check_share(counts(paths, 1), oracle, "yes", visible=law.visible(0.03))


def check_tail(law: Engine) -> None:
    """Children after 0 of events before it: the rest of every kernel."""
    b = Build(horizon=60.0)
    b.stream("raid", deaths=(0.5, 1.0))
    b.stream("strike")
    b.response("raid", "strike", 3.0, [(1.0, 0.4), (8.0, 0.6)], weights={"deadly": 2.0})
    b.response("raid", "raid", 0.5, 2.0, lag=5.0)
    past = records(b, [(-7.0, "raid"), (-2.0, "raid", 3, 0)])
    paths = law.futures(*b.build(), 20_000, past=past)
    own = [[h.parent < 0 for h in paths], 0]
    tail = 0.0
    for age, w in ((7.0, 1.0), (2.0, 2.0)):
        tail += 3.0 * w * (0.4 * 2.0**-age + 0.6 * 2.0 ** (-age / 8.0))
    strikes = [
        int((h.stream[o] == 1).sum()) for h, o in zip(paths, own[0], strict=True)
    ]
    check_mean(strikes, tail * (1 - 2.0**-7.5), "strikes", visible=law.visible(0.03))
    raids = [int((h.stream[o] == 0).sum()) for h, o in zip(paths, own[0], strict=True)]
    check_mean(
        raids, 0.5 + 0.5 * 2.0 ** (-2.0 / 2.0), "raids", visible=law.visible(0.08)
    )
    assert min(h.time[0] for h in paths if len(h)) > 0.0


def check_restraint_of_the_past(law: Engine) -> None:
    """A restraint begun before 0 goes on fading; one still waits for its delay."""
    rate, T = 1.0, 15.0
    b = Build(horizon=T)
    b.stream("raid", base=rate)
    b.stream("strike", base=rate)
    b.stream("word")
    b.stream("breach")
    b.factor("old", [b.row("raid", 0.1)], starts="word", holds_for=3.0, half_life=4.0)
    b.factor("late", [b.row("strike", 0.1)], starts="word", delay=9.0)
    b.factor("void", [b.row("strike", 0.0)], starts="word", ends="breach", delay=5.5)
    past = records(b, [(-5.0, "word"), (-1.0, "breach")])
    paths = law.draws(*b.build(), 8_000, past=past)

    def fades(t: float) -> float:
        return 1.0 - 0.9 * 2.0 ** (-(t + 2.0) / 4.0)

    check_mean(
        counts(paths, 0),
        rate * integral(fades, 0.0, T),
        "raids",
        visible=law.visible(0.03),
    )
    check_mean(
        counts(paths, 1), rate * (4.0 + 1.1), "strikes", visible=law.visible(0.03)
    )


def check_gauge_of_the_past(law: Engine) -> None:
    """Steps before 0 raise the level; a line may stand at its peak times x."""
    b = Build(horizon=10.0)
    b.stream("act")
    b.stream("probe")
    b.stream("strike")
    b.gauge("strain", 4.0, {"act": 1.0}, start=2.0)
    b.gauge_factor("strain", [b.row("probe", 0.0)], 1.0)
    b.red_line("peak", None, None, gauge="strain", times_past_peak=0.75, act="strike")
    past = records(b, [(-8.0, "act"), (-2.0, "act")])
    model, theta = b.build()
    acts = [b.scheduled(2.0, "probe", attempt=True)]
    paths = law.draws(model, theta, 8_000, past=past, acts=acts)
    level = 3.0 * 2.0 ** (-10.0 / 4.0) + 2.0**-1.0
    check_share(
        counts(paths, 1), 1.0 / (1.0 + level), "probe", visible=law.visible(0.03)
    )
    # peak 3 at -8, threshold 2.25; two quick acts reach 1.06 + 2 at 1
    acts = [b.scheduled(1.0, "act"), b.scheduled(1.1, "act")]
    once = law.draws(model, theta, 20, past=past, acts=acts[:1])
    twice = law.draws(model, theta, 20, past=past, acts=acts)
    assert counts(once, 2).max() == 0
    assert counts(twice, 2).min() == 1


def check_state_of_the_past(law: Engine) -> None:
    """Turned on before 0, off before 0, lapsed, and on again from `since`."""
    b = Build(horizon=10.0)
    b.stream("on")
    b.stream("off")
    for n in range(3):
        b.stream(f"probe-{n}")
    b.state("long", on="on", lasts=9.0)
    b.state("short", on="on", lasts=3.0)
    b.state("dated", off="off", initially=True, since=-2.0)
    for n, state in enumerate(["long", "short", "dated"]):
        b.factor(
            f"hold-{n}",
            [b.row(f"probe-{n}", 0.0)],
            in_force=[(-9.0, -9.0)],
            while_state=state,
        )
    acts = [b.scheduled(1.0, f"probe-{n}", attempt=True) for n in range(3)]
    past = records(b, [(-5.0, "on"), (-4.0, "off")])
    paths = law.draws(*b.build(), 20, past=past, acts=acts)
    assert [int(counts(paths, i).sum()) for i in (2, 3, 4)] == [0, len(paths), 0]


CHECKS = [f for name, f in list(globals().items()) if name.startswith("check_")]
CHECKS = [f for f in CHECKS if f.__module__ == __name__]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_past(law: Engine, check) -> None:
    check(law)
