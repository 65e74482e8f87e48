"""Histories played otherwise where groups obey by chance and words hold for a time.

What nobody saw (who obeys, from which day, how long) is inferred from what came after:
the law of the other course is right only if it is.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spillover.engine.branching import simulate
from spillover.model.closed_forms import bases
from spillover.model.structure import Clause, Pattern
from spillover.study.what_if import Player, Way
from tests.support.build import Build, lognormal, uniform

DAYS, DECIDED = 70.0, 20.0
WORLDS, CHAINS, ANY_WORLD = 240, 15, 3


def obeyed_or_not() -> Build:
    """Two groups under one name; a word that each obeys or not, late, for a time."""
    b = Build(horizon=DAYS)
    b.stream("fire", base=2.0, choices={"by": {"one": 0.6, "other": 0.4}})
    b.stream("word", base=0.0)
    b.response("fire", "fire", 0.2, 2.0)
    rows = [
        b.row("fire[one]", 0.05, obeys=0.5),
        b.row("fire[other]", 0.05, obeys=0.5),
    ]
    b.factor(
        "hold", rows, starts="word", delay=lognormal(2.0, 0.5),
        holds_for=uniform(15.0, 45.0), half_life=5.0,
    )  # fmt: skip
    return b


def pits(spoil: int) -> tuple[np.ndarray, np.ndarray]:
    """Randomised PIT of the count without the word, and the count seen, by world."""
    b = obeyed_or_not()
    word = b.scheduled(DECIDED, "word")
    model, theta = b.build()
    mu = np.asarray(bases(model, theta))
    player = Player(model, [Pattern((Clause(0),))], 2000)
    rng = np.random.default_rng(3)
    out, counted = [], []
    for world in range(WORLDS):
        seen = simulate(model, theta, acts=[word], seed=5, draw=world)[0]
        other = simulate(model, theta, seed=5, draw=world)[0]
        true = int(((other.stream == 0) & (other.time > DECIDED)).sum())
        act = int(np.flatnonzero(seen.stream == 1)[0])
        x = np.zeros(CHAINS)
        for n in range(CHAINS):
            found = player.play(
                theta, mu, seen, [Way(gone=(act,))], low=DECIDED - 1e-9, high=DAYS,
                decisive=(act,), draw=world * CHAINS + n, spoil=spoil,
            )  # fmt: skip
            x[n] = found.kept[0, 0, 0]
        rank = (x < true).sum() + rng.random() * (1 + (x == true).sum())
        out.append(rank / (CHAINS + 1))
        counted.append(int(((seen.stream == 0) & (seen.time > DECIDED)).sum()))
    return np.array(out), np.array(counted)


@pytest.mark.slow
def test_the_law_of_the_other_course_is_recovered() -> None:
    """Uniform, and the same whatever was seen."""
    found, seen = pits(0)
    assert stats.kstest(found, "uniform").pvalue > 1e-3
    assert stats.spearmanr(found, seen).pvalue > 1e-3


@pytest.mark.slow
def test_worlds_not_chosen_by_what_was_seen_are_told() -> None:
    """Uniform on the whole, but not given what was seen."""
    assert stats.spearmanr(*pits(ANY_WORLD)).pvalue < 1e-4
