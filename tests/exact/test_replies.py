"""Replies: one answer at most, in time, exempt from factors, with odds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import lognorm

from spillover.model.via import REPLY, via
from tests.support.build import Build, lognormal
from tests.support.engines import Engine, counts, first_times
from tests.support.stat import check_chances, check_ks, check_mean, check_share


def check_answers(law: Engine) -> None:
    """Each answer with its chance; the time is the delay cut to `within`."""
    med, sd, within = 5.0, 0.9, 6.0
    b = Build(horizon=20.0)
    b.stream("ask")
    b.stream("yes", dormant=True)
    b.stream("no")
    b.factor("hold", [b.row("no", 0.0)], in_force=[(-1.0, -1.0)])
    b.reply("talk", "ask", within, {"yes": 0.35, "no": 0.25}, delay=lognormal(med, sd))
    paths = law.futures(*b.build(), 20_000, acts=[b.scheduled(2.0, "ask")])
    answer = counts(paths, 1) + 2 * counts(paths, 2)
    check_chances(answer, [0.4, 0.35, 0.25, 0.0], "which answer")
    delay = lognorm(sd, scale=med)
    whole = delay.cdf(within)
    for i in (1, 2):
        first = first_times(paths, i)
        check_ks(
            first[np.isfinite(first)] - 2.0,
            lambda d: np.minimum(delay.cdf(d) / whole, 1.0),
            f"time of answer {i}",
            least=300,
        )
    for h in paths[:200]:
        assert all(h.parent[1:] == 0)
        assert all(h.via[1:] == via(REPLY, 0))


def check_second_ask(law: Engine) -> None:
    """While an answer may still come, an ask opens no other; uniform without a delay.

    Asks at 1 and 3 with within 5: the second counts iff the first was answered by 3.
    """
    p, within = 0.5, 5.0
    b = Build(horizon=20.0)
    b.stream("ask")
    b.stream("yes")
    b.reply("talk", "ask", within, {"yes": p})
    acts = [b.scheduled(1.0, "ask"), b.scheduled(3.0, "ask")]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    soon = p * 2.0 / within
    check_chances(
        counts(paths, 1), [1 - p, p - soon + soon * (1 - p), soon * p], "answers"
    )
    first = first_times(paths, 1)
    first = first[np.isfinite(first)]
    check_ks(
        first,
        lambda t: np.clip((t - 1.0) / within, 0.0, 1.0),
        "first answer",
        least=800,
    )


def check_silence_stays_open(law: Engine) -> None:
    """An ask that nobody will answer still stands for `within`: asks every 2 days."""
    p, within = 0.3, 5.0
    b = Build(horizon=30.0)
    b.stream("ask")
    b.stream("yes")
    b.reply("talk", "ask", within, {"yes": p, "-": 0.5}, delay=1.0)
    acts = [b.scheduled(2.0 * k, "ask") for k in range(1, 7)]  # 2, 4, ..., 12
    paths = law.futures(*b.build(), 20_000, acts=acts)
    # answered after 1 day: the next ask counts; silent: the asks at +2, +4 do not
    yes = {0: {0: 1.0}}  # asks used -> number of answers -> chance
    done: dict[int, float] = {}
    while yes:
        used = min(yes)
        for n, chance in yes.pop(used).items():
            if used >= 6:
                done[n] = done.get(n, 0.0) + chance
                continue
            for step, more, q in ((1, 1, p), (3, 0, 1 - p)):
                at = yes.setdefault(used + step, {})
                at[n + more] = at.get(n + more, 0.0) + chance * q
    check_chances(counts(paths, 1), [done.get(n, 0.0) for n in range(7)], "answers")


def check_odds(law: Engine) -> None:
    """While a condition holds the odds of an answer are multiplied: p k / (rest + p k).

    The rest answers too when it has no chance of its own.
    """
    b = Build(horizon=30.0)
    b.stream("ask", deaths=(0.4, 1.0))
    b.stream("yes")
    b.stream("no")
    b.stream("war")
    b.state("war", on="war")
    b.reply(
        "talk",
        "ask",
        2.0,
        {"yes": 0.3, "no": None},
        odds=[(b.when("state", "war"), 0, 5.0), (b.when("state", "war"), 1, 0.5)],
    )
    acts = [
        b.scheduled(1.0, "ask"),
        b.scheduled(5.0, "war"),
        b.scheduled(6.0, "ask"),
    ]
    paths = law.futures(*b.build(), 20_000, acts=acts)
    check_share(
        counts(paths, 1, high=4.0), 0.3, "before the war", visible=law.visible(0.018)
    )
    odds = 0.3 * 5.0 / (0.3 * 5.0 + 0.7 * 0.5)
    check_share(
        counts(paths, 1, low=4.0), odds, "in the war", visible=law.visible(0.018)
    )
    assert np.all(counts(paths, 1) + counts(paths, 2) == 2)


def check_odds_of_every_kind(law: Engine) -> None:
    """Conditions on a state (not), a factor, an event within and a gauge above."""
    p = 0.3
    cases = {
        "not the state": ("state", "talks", {"negate": True}, [True, False, True]),
        "the factor": ("factor", "hold", {}, [False, True, False]),
        "the event": ("event", "word", {"within": 3.0}, [False, True, False]),
        "the gauge": ("gauge", "strain", {"above": 0.6}, [False, True, False]),
    }
    for name, (kind, what, more, holds) in cases.items():
        b = Build(horizon=30.0)
        b.stream("ask")
        b.stream("yes")
        b.stream("word")
        b.state("talks", on="word", lasts=4.0)
        b.factor("hold", [b.row("ask", 0.5)], starts="word", holds_for=4.0)
        b.gauge("strain", 4.0, {"word": 1.0})
        b.reply(
            "talk", "ask", 1.0, {"yes": p}, odds=[(b.when(kind, what, **more), 0, 4.0)]
        )
        acts = [
            b.scheduled(1.0, "ask"),
            b.scheduled(4.0, "word"),
            b.scheduled(6.0, "ask"),
            b.scheduled(12.0, "ask"),
        ]
        paths = law.futures(*b.build(), 8_000, acts=acts)
        for k, (low, high) in enumerate([(0.0, 3.0), (5.0, 8.0), (11.0, 14.0)]):
            oracle = 4.0 * p / (1.0 - p + 4.0 * p) if holds[k] else p
            check_share(
                counts(paths, 1, low=low, high=high),
                oracle,
                f"{name} at ask {k}",
                visible=law.visible(0.03),
            )


def check_odds_just_before(law: Engine) -> None:
    """Odds are read just before the ask: what the ask itself does is not seen."""
    p = 0.25
    b = Build(horizon=20.0)
    b.stream("ask")
    b.stream("yes")
    b.state("asked", on="ask")
    b.factor("held", [b.row("yes", 0.5)], starts="ask")
    b.gauge("strain", 100.0, {"ask": 1.0})
    for n, condition in enumerate(
        [
            b.when("state", "asked"),
            b.when("factor", "held"),
            b.when("gauge", "strain", above=0.5),
            b.when("event", "ask"),
        ]
    ):
        b.reply(f"talk-{n}", "ask", 1.0, {"yes": p}, odds=[(condition, 0, 9.0)])
    acts = [b.scheduled(1.0, "ask"), b.scheduled(5.0, "ask")]
    paths = law.futures(*b.build(), 10_000, acts=acts)
    check_mean(
        counts(paths, 1, high=4.0), 4 * p, "first ask", visible=law.visible(0.06)
    )
    oracle = 4 * 9.0 * p / (1.0 - p + 9.0 * p)
    check_mean(counts(paths, 1, low=4.0), oracle, "second", visible=law.visible(0.03))


def check_acts_can_be_asked(law: Engine) -> None:
    """Any event is an ask: answers answer answers, a geometric chain."""
    p = 0.6
    b = Build(horizon=400.0)
    b.stream("ping")
    b.stream("pong")
    b.reply("there", "ping", 2.0, {"pong": p})
    b.reply("back", "pong", 2.0, {"ping": p})
    paths = law.futures(*b.build(), 10_000, acts=[b.scheduled(1.0, "ping")])
    chances = [0.0, *((1 - p) * p**k for k in range(40))]
    check_chances(counts(paths), chances, "length of the exchange")


CHECKS = [f for name, f in list(globals().items()) if name.startswith("check_")]
CHECKS = [f for f in CHECKS if f.__module__ == __name__]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_reply(law: Engine, check) -> None:
    check(law)
