"""Histories played otherwise: the law recovered in worlds whose other course is known.

Worlds come from our own engine: the same keys without the decision give the course that
would have been, so what the sampler says of it can be checked.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spillover.engine.branching import simulate
from spillover.model.closed_forms import bases
from spillover.model.history import History
from spillover.model.structure import Clause, Pattern
from spillover.study.what_if import Player, Way
from tests.support.build import Build, records

DAYS, DECIDED = 60.0, 20.0


def restrained() -> Build:
    """Fire that begets fire, a word that holds it to a fifth, a hint that half does."""
    b = Build(horizon=DAYS)
    b.stream("fire", base=1.0)
    b.stream("answer", base=0.1)
    b.stream("word", base=0.0)
    b.stream("hint", base=0.0)
    b.response("fire", "fire", 0.4, 2.0)
    b.response("fire", "answer", 0.3, 3.0)
    b.response("answer", "fire", 0.3, 2.0)
    b.factor("hold", [b.row("fire", 0.2)], starts="word", half_life=20.0)
    b.factor("half", [b.row("fire", 0.6)], starts="hint", half_life=20.0)
    return b


def counted(*streams: int) -> list[Pattern]:
    return [Pattern((Clause(s),)) for s in streams]


WORLDS = 240


def pits(spoil: int, *, freed: bool, samples: int = 40) -> np.ndarray:
    """Randomised PIT of the true other course's count of fire, one per world.

    ``freed``: the word was given and otherwise only a hint is; or the other way round.
    """
    b = restrained()
    word, hint = b.scheduled(DECIDED, "word"), b.scheduled(DECIDED, "hint")
    done, instead = (word, hint) if freed else (hint, word)
    model, theta = b.build()
    mu = np.asarray(bases(model, theta))
    player = Player(model, counted(0), 600)
    rng = np.random.default_rng(7)
    out = []
    for world in range(WORLDS):
        seen = simulate(model, theta, acts=[done], seed=3, draw=world)[0]
        other = simulate(model, theta, acts=[instead], seed=3, draw=world)[0]
        true = int(((other.stream == 0) & (other.time > DECIDED)).sum())
        act = int(np.flatnonzero(seen.stream == done.act.stream)[0])
        found = player.play(
            theta, mu, seen, [Way(), Way(gone=(act,), acts=(instead,))],
            low=DECIDED - 1e-9, high=DAYS, decisive=(act,), samples=samples, seed=11,
            draw=world, spoil=spoil,
        )  # fmt: skip
        own = int(((seen.stream == 0) & (seen.time > DECIDED)).sum())
        assert (found.kept[0, :, 0] == own).all() or spoil
        x = found.kept[1, :, 0]
        below, same = (x < true).mean(), (x == true).mean()
        out.append(below + rng.random() * same)
    return np.array(out)


@pytest.mark.slow
@pytest.mark.parametrize("freed", [True, False])
def test_the_law_of_the_other_course_is_recovered(freed: bool) -> None:
    """240 worlds each way: PIT uniform, 50 and 90 % intervals hold their share."""
    right = pits(0, freed=freed)
    assert stats.kstest(right, "uniform").pvalue > 1e-3
    for share in (0.5, 0.9):
        inside = np.abs(right - 0.5) <= share / 2
        assert stats.binomtest(int(inside.sum()), WORLDS, share).pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize(("spoil", "freed"), [(1, True), (2, False)])
def test_wrong_samplers_are_told(spoil: int, freed: bool) -> None:
    """Levels drawn anew, or nobody with a parent: the same check rejects them."""
    assert stats.kstest(pits(spoil, freed=freed), "uniform").pvalue < 1e-4


def test_it_says_more_than_the_replay() -> None:
    """Keeping the course narrows the answer: its spread is below that of the replay."""
    b = restrained()
    act = b.scheduled(DECIDED, "word")
    model, theta = b.build()
    mu = np.asarray(bases(model, theta))
    player = Player(model, counted(0), 600)
    kept, replayed, own, again = [], [], [], []
    for world in range(40):
        seen = simulate(model, theta, acts=[act], seed=3, draw=world)[0]
        word = int(np.flatnonzero(seen.stream == 2)[0])
        found = player.play(
            theta, mu, seen, [Way(), Way(gone=(word,))], low=DECIDED - 1e-9,
            high=DAYS, decisive=(word,), samples=40, seed=11, draw=world,
        )  # fmt: skip
        kept.append(found.kept[1, :, 0])
        replayed.append(found.replayed[1, :, 0])
        own.append(((seen.stream == 0) & (seen.time > DECIDED)).sum())
        again.append(found.replayed[0, :, 0])
    assert np.var(kept, axis=1).mean() < 0.9 * np.var(replayed, axis=1).mean()
    # Replayed as it was, the counts have the law of what was seen.
    gap = np.mean(own) - np.mean(again)
    assert abs(gap) < 4 * np.std(own) / np.sqrt(40)


def test_nothing_changed_is_what_was_seen() -> None:
    """With responses, lines, replies and states: every count as it was, every sample."""
    b = Build(horizon=40.0)
    b.stream("raid", base=0.5, deaths=(0.3, 2.0))
    b.stream("strike", base=0.05)
    b.stream("ask", base=0.1)
    b.stream("word", base=0.0)
    b.stream("truce", base=0.05)
    b.response("raid", "raid", 0.3, 2.0)
    b.response("strike", "raid", 0.5, 3.0)
    b.state("quiet", on="truce", lasts=6.0)
    b.factor("hold", [b.row("raid", 0.2)], starts="word", half_life=10.0)
    b.red_line("enough", "raid", 3.0, window=20.0, act="strike", chance=0.6, delay=2.0)
    b.reply("reply", "ask", 7.0, {"word": 0.5})
    model, theta = b.build()
    mu = np.asarray(bases(model, theta))
    player = Player(model, counted(0, 1, 2, 3, 4), 400)
    moved = 0
    for world in range(30):
        seen = simulate(model, theta, seed=5, draw=world)[0]
        first = np.flatnonzero(seen.stream == 1)
        ways = [Way()] + ([Way(gone=(int(first[0]),))] if len(first) else [])
        found = player.play(
            theta, mu, seen, ways, low=0.0, high=40.0, samples=5, draw=world
        )
        own = np.bincount(seen.stream, minlength=5)
        assert (found.kept[0] == own).all()
        if len(first):
            moved += bool((found.kept[1] != own).any())
    assert moved > 10


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.05, 0.6), st.floats(0.05, 0.6))
def test_removing_excitation_never_adds_events(
    seed: int, own: float, cross: float
) -> None:
    """A linear case: without any one event every count is at most what was seen."""
    b = Build(horizon=30.0)
    b.stream("a", base=0.5)
    b.stream("b", base=0.3)
    b.response("a", "a", own * 0.6, 1.5)
    b.response("a", "b", cross, 3.0)
    b.response("b", "a", cross * 0.5, 2.0)
    model, theta = b.build()
    mu = np.asarray(bases(model, theta))
    seen = simulate(model, theta, seed=seed)[0]
    if len(seen) == 0:
        return
    player = Player(model, counted(0, 1), len(seen))
    gone = seed % len(seen)
    found = player.play(
        theta, mu, seen, [Way(), Way(gone=(gone,))], low=0.0, high=30.0, samples=10,
        seed=seed,
    )  # fmt: skip
    own_counts = np.bincount(seen.stream, minlength=2)
    assert (found.kept[0] == own_counts).all()
    assert (found.kept[1] <= own_counts).all()
    assert (found.kept[1].sum(axis=1) < own_counts.sum()).all()


def test_a_removed_event_takes_its_expected_offspring() -> None:
    """Mean loss over worlds: the removed event and its descendants, (I - G)^-1."""
    b = Build(horizon=60.0)
    b.stream("a", base=0.3)
    b.response("a", "a", 0.5, 1.0)
    model, theta = b.build()
    mu = np.asarray(bases(model, theta))
    player = Player(model, counted(0), 400)
    losses = []
    for world in range(300):
        seen = simulate(model, theta, seed=9, draw=world)[0]
        early = np.flatnonzero(seen.time < 40.0)
        if not len(early):
            continue
        gone = int(early[-1])
        found = player.play(
            theta, mu, seen, [Way(gone=(gone,))], low=0.0, high=60.0, samples=20,
            draw=world,
        )  # fmt: skip
        losses.append(len(seen) - found.kept[0].mean())
    # The last event before day 40 stands at the end of its burst: fewer descendants than
    # the two of any event, and never less than itself.
    assert 1.0 < np.mean(losses) < 2.2


def test_same_seed_same_answer() -> None:
    b = restrained()
    act = b.scheduled(DECIDED, "word")
    model, theta = b.build()
    mu = np.asarray(bases(model, theta))
    seen = simulate(model, theta, acts=[act], seed=3)[0]
    ways = [Way(), Way(gone=(int(np.flatnonzero(seen.stream == 2)[0]),))]
    one, two = (
        Player(model, counted(0, 1), 600).play(
            theta, mu, seen, ways, low=DECIDED, high=DAYS, samples=5
        )
        for _ in range(2)
    )
    assert one.kept.tobytes() == two.kept.tobytes()
    assert one.replayed.tobytes() == two.replayed.tobytes()
    assert isinstance(seen, History)


def test_parents_have_their_shares_of_the_rate() -> None:
    """A parent is drawn with its share of the rate; two streams may share a response.

    Chi-squared over 6,000 draws of a history of five events, at 1 in 1,000; by hand:
    baseline, each earlier event through each response (children x density), one response
    with a lag, one that two streams share, one with two parts to its memory.
    """
    b = Build(horizon=10.0)
    for name, base in (("a", 0.2), ("b", 0.1), ("c", 0.3)):
        b.stream(name, base=base)
    b.response(["a", "b"], "c", 0.8, 2.0)
    b.response("a", "c", 0.5, [(0.5, 0.4), (4.0, 0.6)])
    b.response("b", "c", 0.6, 1.0, lag=0.5)
    b.response("c", "c", 0.4, 1.5)
    model, theta = b.build()
    seen = records(b, [(1.0, "a"), (2.0, "b"), (2.2, "c"), (2.9, "a"), (3.5, "c")])
    player = Player(model, counted(2), 10)
    mu = np.asarray(bases(model, theta))
    drawn = np.zeros(6, np.int64)  # nobody, then the four before the last event
    N = 6000
    for draw in range(N):
        player.play(theta, mu, seen, [Way()], low=0.0, high=10.0, draw=draw)
        drawn[player.memory.script.seen[4]["parent"] + 1] += 1

    def density(age: float, half: float) -> float:
        rate = np.log(2.0) / half
        return float(rate * np.exp(-rate * age)) if age > 0.0 else 0.0

    def by_a(t: float) -> float:
        two = 0.4 * density(3.5 - t, 0.5) + 0.6 * density(3.5 - t, 4.0)
        return 0.8 * density(3.5 - t, 2.0) + 0.5 * two

    rates = np.array(
        [
            0.3,
            by_a(1.0),
            0.8 * density(1.5, 2.0) + 0.6 * density(1.0, 1.0),
            0.4 * density(1.3, 1.5),
            by_a(2.9),
        ]
    )
    assert drawn[5] == 0
    expected = N * rates / rates.sum()
    chi = float(((drawn[:5] - expected) ** 2 / expected).sum())
    assert chi < stats.chi2.isf(1e-3, 4), (drawn, expected)
