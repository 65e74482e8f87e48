"""The pace of backgrounds in a history: posterior draws ranked against the truth.

Simulation-based calibration (Talts et al. 2018): truths from the prior, a history from
each, the rank of the truth among posterior draws uniform. The histories are made in plain
Python: a background that walks, children, a word that holds it to a third for a while.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from spillover.model.closed_forms import bases
from spillover.model.history import History
from spillover.model.structure import Clause, Pattern
from spillover.study.what_if import BLOCK, Player, Way
from tests.support.build import Build, records

BLOCKS, AHEAD = 5, 20.0
DAYS = float(BLOCKS * BLOCK)
VARIANCE, HALF, MEAN = 0.02, 60.0, 0.6
PULL = math.log(2.0) / HALF
BASE, CHILDREN, MEMORY = 0.3, 0.3, 2.0
SAID, HELD = 70.0, 0.3
WORLDS, DRAWS, APART = 200, 20, 4


def model() -> Build:
    b = Build(horizon=DAYS)
    b.stream("fire", base=BASE)
    b.stream("word", base=0.0)
    b.response("fire", "fire", CHILDREN, MEMORY)
    b.factor("hold", [b.row("fire", HELD)], starts="word", half_life=30.0)
    return b


def true_walk(rng: np.random.Generator) -> np.ndarray:
    """Log of the background in each block, from the law backwards from the origin."""

    def after(days: float) -> tuple[float, float]:
        keep = math.exp(-PULL * days)
        return keep, VARIANCE * (1.0 - keep**2) / (2.0 * PULL)

    x, at = np.zeros(BLOCKS), 0.0
    for b in range(BLOCKS - 1, -1, -1):
        keep, spread = after(AHEAD + BLOCK / 2 if b == BLOCKS - 1 else BLOCK)
        at = MEAN + keep * (at - MEAN) + math.sqrt(spread) * rng.standard_normal()
        x[b] = at
    return x


def factor(t: float) -> float:
    if t <= SAID:
        return 1.0
    return 1.0 + (HELD - 1.0) * 2.0 ** (-(t - SAID) / 30.0)


def world(rng: np.random.Generator, x: np.ndarray) -> History:
    """Events of one history, thinned by hand."""
    waiting = []
    for b in range(BLOCKS):
        n = rng.poisson(BASE * math.exp(x[b]) * BLOCK)
        waiting += list(BLOCK * (b + rng.random(n)))
    times = []
    while waiting:
        t = waiting.pop()
        if t > DAYS or rng.random() > factor(t):
            continue
        times.append(t)
        waiting += list(
            t + rng.exponential(MEMORY / math.log(2.0), rng.poisson(CHILDREN))
        )
    b = model()
    return records(b, [*((float(t), "fire") for t in sorted(times)), (SAID, "word")])


def fire_of(seen: History) -> History:
    """The history without the word."""
    b = model()
    return records(b, [(float(t), "fire") for t in seen.time[seen.stream == 0]])


def ranks(*, variance: float = VARIANCE, unheard: bool = False) -> np.ndarray:
    """Rank of the truth among draws, by world and block, in (0, 1)."""
    built, theta = model().build()
    mu = np.asarray(bases(built, theta))
    walks = np.array([[variance, PULL, MEAN], [0.0, 0.0, 0.0]])
    rng = np.random.default_rng(5)
    out = np.zeros((WORLDS, BLOCKS))
    player = Player(built, [Pattern((Clause(0),))], 2000)
    for n in range(WORLDS):
        x = true_walk(rng)
        seen = world(rng, x)
        if unheard:
            seen = fire_of(seen)
        draws = np.zeros((DRAWS, BLOCKS))
        # Draws of one chain, kept apart: the chain begins anew with every call.
        for d in range(DRAWS):
            player.play(
                theta, mu, seen, [Way()], low=0.0, high=DAYS, walks=walks, ahead=AHEAD,
                samples=APART, draw=n * DRAWS + d,
            )  # fmt: skip
            draws[d] = player.memory.levels[0, ::BLOCK]
        out[n] = (draws < x).sum(axis=0)
    return (out + rng.random(out.shape)) / (DRAWS + 1)


@pytest.mark.slow
def test_the_background_is_calibrated() -> None:
    found = ranks()
    p = [stats.kstest(found[:, b], "uniform").pvalue for b in range(BLOCKS)]
    assert min(p) > 1e-3 / BLOCKS, p


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [{"variance": VARIANCE / 50}, {"unheard": True}])
def test_wrong_ones_are_told(wrong: dict[str, float]) -> None:
    """A walk that hardly moves, or a word that is not taken into account, is noticed."""
    found = ranks(**wrong)
    p = [stats.kstest(found[:, b], "uniform").pvalue for b in range(BLOCKS)]
    assert min(p) < 1e-3 / BLOCKS, p


def test_without_a_walk_it_stays() -> None:
    built, theta = model().build()
    seen = world(np.random.default_rng(1), np.zeros(BLOCKS))
    player = Player(built, [Pattern((Clause(0),))], 2000)
    player.play(
        theta, np.asarray(bases(built, theta)), seen, [Way()], low=0.0, high=DAYS
    )
    assert (player.memory.levels == 0.0).all()
    assert (player.memory.after == 0.0).all()


def test_a_replay_does_not_know_what_came_after() -> None:
    """The background given what came before is the same whatever came after."""
    built, theta = model().build()
    mu = np.asarray(bases(built, theta))
    walks = np.array([[VARIANCE, PULL, MEAN], [0.0, 0.0, 0.0]])
    player = Player(built, [Pattern((Clause(0),))], 4000)
    means = []
    for more in (0.0, 3.0):
        x = np.zeros(BLOCKS)
        x[2:] = more
        both = []
        for n in range(30):
            seen = world(np.random.default_rng(100 + n), x)
            player.play(
                theta, mu, seen, [Way()], low=60.0, high=DAYS, walks=walks,
                ahead=AHEAD, samples=6, draw=n,
            )  # fmt: skip
            both.append((player.memory.after[0, -1], player.memory.levels[0, -1]))
        means.append(np.mean(both, axis=0))
    assert abs(means[0][0] - means[1][0]) < 0.25
    assert means[1][1] - means[0][1] > 1.5
