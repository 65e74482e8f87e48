"""Warnings: one act that may come, silence so far, after the deadline, thinned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spillover.model.via import WARNING, via
from tests.support.build import Build, records
from tests.support.engines import Engine, counts, first_times
from tests.support.stat import check_chances, check_ks, check_share

LN2 = math.log(2.0)


def check_deadline(law: Engine) -> None:
    """With chance p one act, uniform in (issued, by], on top of the baseline."""
    p, issued, by = 0.6, 2.0, 9.0
    b = Build(horizon=20.0)
    b.stream("strike")
    b.warning("word", "strike", issued, p, by=by)
    paths = law.futures(*b.build(), 20_000)
    first = first_times(paths, 0)
    some = np.isfinite(first)
    check_share(some, p, "came", visible=law.visible(0.018))
    check_ks(first[some], lambda t: np.clip((t - issued) / (by - issued), 0, 1), "time")
    assert counts(paths).max() == 1
    assert all(
        h.via[0] == via(WARNING, 0) and h.parent[0] == -1 for h in paths if len(h)
    )


def check_silence(law: Engine) -> None:
    """Nothing of a running window so far: p r / (1 - p + p r), uniform in the rest."""
    p, issued, by = 0.5, -6.0, 4.0
    b = Build(horizon=10.0)
    b.stream("strike")
    b.warning("word", "strike", issued, p, by=by)
    paths = law.draws(*b.build(), 8_000)
    r = by / (by - issued)
    first = first_times(paths, 0)
    some = np.isfinite(first)
    check_share(some, p * r / (1 - p + p * r), "came", visible=law.visible(0.03))
    check_ks(first[some], lambda t: np.clip(t / by, 0, 1), "time", least=150)


def check_without_deadline(law: Engine) -> None:
    """No deadline: exponential with its half-life from the word; memoryless."""
    p, issued, half = 0.7, -5.0, 6.0
    b = Build(horizon=100.0)
    b.stream("strike")
    b.warning("word", "strike", issued, p, fades=half)
    b.stream("other")
    b.warning("new", "other", 3.0, p, fades=half)
    paths = law.draws(*b.build(), 8_000)
    r = 2.0 ** (issued / half)
    old = first_times(paths, 0)
    came = np.isfinite(old)
    check_share(came, p * r / (1 - p + p * r), "old word", visible=law.visible(0.03))
    check_ks(old[came], lambda t: 1 - 2.0 ** (-t / half), "time, old", least=300)
    new = first_times(paths, 1)
    came = np.isfinite(new)
    check_share(came, p, "new word", visible=law.visible(0.03))
    check_ks(new[came] - 3.0, lambda t: 1 - 2.0 ** (-t / half), "time, new", least=300)


def check_after_the_deadline(law: Engine) -> None:
    """`after`: one more candidate past the deadline; also when that has passed."""
    p, q, half = 0.4, 0.5, 3.0
    b = Build(horizon=60.0)
    b.stream("strike")
    b.stream("late")
    b.warning("word", "strike", -2.0, p, by=5.0, after=q, fades=half)
    b.warning("old", "late", -9.0, p, by=-2.0, after=q, fades=half)
    paths = law.draws(*b.build(), 8_000)
    r = 5.0 / 7.0
    left = p * r / (1 - p + p * r)
    both = [(1 - left) * (1 - q), left + q - 2 * left * q, left * q]
    check_chances(counts(paths, 0), both, "strikes")
    later = np.concatenate([h.time[(h.stream == 0) & (h.time > 5.0)] for h in paths])
    check_ks(later - 5.0, lambda t: 1 - 2.0 ** (-t / half), "after it", least=300)
    s = 2.0 ** (-2.0 / half)
    check_share(
        counts(paths, 1), q * s / (1 - q + q * s), "old", visible=law.visible(0.03)
    )
    late = first_times(paths, 1)
    late = late[np.isfinite(late)]
    check_ks(late, lambda t: 1 - 2.0 ** (-t / half), "old, time", least=200)


def check_thinned(law: Engine) -> None:
    """The act passes the factors at its time; a dormant stream stays shut."""
    p, x = 0.8, 0.3
    b = Build(horizon=10.0)
    b.stream("strike")
    b.stream("front", dormant=True)
    b.factor("hold", [b.row("strike", x)], in_force=[(-1.0, -1.0)], until=4.0)
    b.warning("word", "strike", 0.0, p, by=10.0)
    b.warning("shut", "front", 0.0, p, by=10.0)
    paths = law.futures(*b.build(), 20_000)
    check_share(
        counts(paths, 0), p * (0.4 * x + 0.6), "strikes", visible=law.visible(0.018)
    )
    assert counts(paths, 1).max() == 0


def check_fulfilled(law: Engine) -> None:
    """A record that fulfils it leaves nothing pending; forced marks must match."""
    b = Build(horizon=10.0)
    b.stream("strike", choices={"place": {"base": 0.5, "town": None}})
    b.warning("word", "strike[base]", -6.0, 0.7, by=4.0)
    model, theta = b.build()
    done = law.draws(model, theta, 2_000, past=records(b, [(-2.0, "strike[base]")]))
    assert counts(done).max() == 0
    other = law.draws(model, theta, 8_000, past=records(b, [(-2.0, "strike[town]")]))
    r = 0.4
    oracle = 0.7 * r / (0.3 + 0.7 * r)
    check_share(counts(other), oracle, "still owed", visible=law.visible(0.03))
    for h in other:
        assert all(h.flags & np.uint64(b.flag("base")))


CHECKS = [f for name, f in list(globals().items()) if name.startswith("check_")]
CHECKS = [f for f in CHECKS if f.__module__ == __name__]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_warning(law: Engine, check) -> None:
    check(law)
