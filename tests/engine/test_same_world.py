"""Same world: two versions of a model share every event that they have in common.

Nothing here is statistical but the law of `cell_count`: events are compared byte for
byte (key, time, stream, flags, amounts), over many futures of several draws.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spillover import keys
from spillover.engine import hashing
from spillover.engine.branching import K_FUTURE, draw_key, future_key, simulate
from spillover.engine.program import compile_model
from spillover.model.history import History
from tests.support.build import Build, lognormal
from tests.support.stat import check_chances, check_mean, check_variance

FUTURES = 60
Rows = list[bytes]


def rows(h: History, names: Sequence[str] = (), *, only: str = "") -> Rows:
    """Every event as bytes, its parent by key; streams by name when given."""
    out = []
    for k in range(len(h)):
        parent = int(h.key[h.parent[k]]) if h.parent[k] >= 0 else 0
        stream = names[h.stream[k]] if names else str(h.stream[k])
        if only and stream != only:
            continue
        numbers = (h.key[k], h.time[k], h.flags[k], h.deaths[k], h.injured[k])
        out.append(
            stream.encode()
            + b"".join(np.asarray(x).tobytes() for x in numbers)
            + np.uint64(parent).tobytes()
            + h.claims[k].tobytes()
        )
    return out


def same_bytes(a: Sequence[History], b: Sequence[History]) -> None:
    for x, y in zip(a, b, strict=True):
        for name in ("time", "stream", "flags", "deaths", "injured", "claims", "key"):
            assert getattr(x, name).tobytes() == getattr(y, name).tobytes(), name
        assert x.parent.tobytes() == y.parent.tobytes()


def is_subset(a: History, b: History) -> bool:
    return set(rows(a)) <= set(rows(b))


def base(
    *,
    raid: float = 0.4,
    held: float = 0.5,
    caps: float = 1.0,
    tiny: float = 0.0,
    other: str = "",
    rich: bool = True,
) -> Build:
    """Two exciting streams with marks; ``other`` puts an unrelated stream "first" or
    "last"; ``rich``: with a restraint that one of the streams triggers."""
    b = Build(horizon=40.0)
    if other == "first":
        b.stream("floods", base=0.7, deaths=(0.5, lognormal(4.0, 0.6)))
    b.stream(
        "raid",
        base=raid,
        deaths=(0.3, lognormal(3.0, 0.5)),
        weekday=[1.2, 1, 1, 1, 1, 0.9, 0.9],
    )
    b.stream("strike", base=0.15, injured=(0.4, lognormal(2.0, 0.8)))
    if other == "last":
        b.stream("floods", base=0.7, deaths=(0.5, lognormal(4.0, 0.6)))
    b.response("raid", "strike", 0.4, 2.0, weights={"deadly": 2.0})
    b.response("strike", "raid", 0.5, [(1.0, 0.7), (6.0, 0.3)])
    b.response("raid", "raid", 0.2, 1.5)
    if other:
        b.response("floods", "floods", 0.3, 2.0)
    if tiny:
        b.response("strike", "strike", tiny, 3.0)
    if rich:
        b.factor(
            "truce",
            [b.row("raid", held), b.row("strike", 0.7)],
            starts="strike",
            half_life=4.0,
            cap=caps,
        )
    return b


def run(b: Build, *, draws: int = 5, futures: int = FUTURES) -> list[History]:
    model, theta = b.build()
    out = []
    for draw in range(draws):
        out += simulate(model, theta, seed=7, draw=draw, futures=futures)
    assert sum(map(len, out)) > 10 * draws  # something happens
    return out


@pytest.mark.parametrize("cap", [1.5, 2.0, 4.0, 20.0])
def test_unused_cap(cap: float) -> None:
    """A cap that no factor comes near changes no byte, however many layers it adds."""
    before, after = (compile_model(b.build()[0]) for b in (base(), base(caps=cap)))
    assert after.streams["imm_layers"].sum() > before.streams["imm_layers"].sum()
    same_bytes(run(base()), run(base(caps=cap)))


def test_tiny_response_only_adds() -> None:
    """0.001 children more: every earlier event is there, and a few are new."""
    before = run(base(rich=False), draws=20)
    after = run(base(rich=False, tiny=0.001), draws=20)
    assert all(is_subset(a, b) for a, b in zip(before, after, strict=True))
    more = sum(map(len, after)) - sum(map(len, before))
    strikes = sum(int((h.stream == 1).sum()) for h in before)
    # each is a Poisson(0.001) first child with at most about 4 events in its train
    assert more <= 4 * stats.poisson.ppf(1 - 1e-6, 0.001 * strikes) + 4
    touched = sum(len(a) != len(b) for a, b in zip(before, after, strict=True))
    assert touched > 0, "the test saw no added event: ask for more futures"
    assert touched < len(before) / 10


def test_tiny_response_far_from_its_children() -> None:
    """With a triggered restraint too: futures without a new event are unchanged."""
    before, after = run(base()), run(base(tiny=0.001))
    kept = [(a, b) for a, b in zip(before, after, strict=True) if len(a) == len(b)]
    assert len(kept) > 0.9 * len(before)
    same = [a.key.tobytes() == b.key.tobytes() for a, b in kept]
    assert np.mean(same) > 0.99
    same_bytes(*zip(*(p for p, s in zip(kept, same, strict=True) if s), strict=True))


@pytest.mark.parametrize("place", ["first", "last"])
def test_unrelated_stream(place: str) -> None:
    """A stream nobody answers, with its own numbers, before or after the others."""
    a, b = base(), base(other=place)
    one, two = [[s.id for s in x.model.streams] for x in (a, b)]
    for h, k in zip(run(a), run(b), strict=True):
        mine = rows(h, one)
        assert mine == [r for r in rows(k, two) if not r.startswith(b"floods")]


def test_editing_an_unrelated_number() -> None:
    """Another rate of the unrelated stream leaves the others in place."""
    b = base(other="last")
    model, theta = b.build()
    names = [s.id for s in model.streams]
    edited = theta.copy()
    edited[model.streams[2].base] = 1.9
    for m in range(30):
        h = simulate(model, theta, seed=1, draw=m)[0]
        k = simulate(model, edited, seed=1, draw=m)[0]
        for s in ("raid", "strike"):
            assert rows(h, names, only=s) == rows(k, names, only=s)


def held(x: float, *, triggered: bool = False, offspring: bool = True) -> Build:
    b = Build(horizon=60.0)
    b.stream("raid", base=0.5, deaths=(0.3, lognormal(3.0, 0.5)))
    b.stream("strike", base=0.3)
    if offspring:
        b.response("raid", "strike", 0.4, 2.0)
        b.response("strike", "raid", 0.5, 5.0)
    b.factor("ceasefire", [b.row("raid", x)], in_force=[(-1.0, -1.0)])
    if triggered:
        b.factor("shock", [b.row("strike", 0.05)], starts="raid", half_life=10.0)
    return b


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.6), (0.0, 0.5), (0.6, 1.0)])
def test_fixed_factor_gives_a_subset(low: float, high: float) -> None:
    """One fixed factor, no other state: what happens at 0.5 happens at 0.6 as well."""
    a, b = run(held(low)), run(held(high))
    assert all(is_subset(x, y) for x, y in zip(a, b, strict=True))
    assert sum(map(len, a)) < sum(map(len, b))


def test_triggered_restraint_breaks_the_subset() -> None:
    """A constructed counter-example: more raids hold more strikes back.

    Strikes are not children of raids here; a raid opens a restraint on strikes. The
    raids at 0.5 are a subset of those at 0.6, the strikes at 0.6 of those at 0.5, and
    neither whole world is in the other.
    """
    a = run(held(0.5, triggered=True, offspring=False))
    b = run(held(0.6, triggered=True, offspring=False))
    names = ["raid", "strike"]
    lost = 0
    for x, y in zip(a, b, strict=True):
        assert set(rows(x, names, only="raid")) <= set(rows(y, names, only="raid"))
        assert set(rows(y, names, only="strike")) <= set(rows(x, names, only="strike"))
        lost += not is_subset(x, y)
    assert lost > 0, "no pair broke the subset: the example is too weak"


def test_lower_baseline_is_a_subset() -> None:
    """STYLE 7.1 "counterfactual coupling": 400 pairs, 0 violations."""
    violations = smaller = 0
    for draw in range(20):
        low, high = (
            simulate(*base(raid=r, rich=False).build(), seed=3, draw=draw, futures=20)
            for r in (0.25, 0.4)
        )
        for a, b in zip(low, high, strict=True):
            violations += not is_subset(a, b)
            smaller += len(a) < len(b)
    assert violations == 0
    assert smaller > 300


def test_future_alone_or_in_a_batch() -> None:
    """Future m of a draw is the same whatever is simulated beside it."""
    model, theta = base().build()
    batch = simulate(model, theta, seed=2, draw=9, futures=25)
    for m in (0, 1, 7, 24):
        same_bytes([batch[m]], simulate(model, theta, seed=2, draw=9, first_future=m))
    tail = simulate(model, theta, seed=2, draw=9, first_future=10, futures=15)
    same_bytes(batch[10:], tail)


def test_no_two_futures_are_equal() -> None:
    """Not one event key is shared between futures, draws or seeds."""
    model, theta = base().build()
    seen: set[int] = set()
    events = 0
    for seed, draw in itertools.product((1, 2), range(5)):
        for h in simulate(model, theta, seed=seed, draw=draw, futures=40):
            assert len(h), "an empty future proves nothing"
            seen.update(map(int, h.key))
            events += len(h)
    assert len(seen) == events


# ---- the hashing itself --------------------------------------------------------------

WORDS = st.integers(0, keys.MASK)


@given(WORDS)
def test_mix_is_that_of_keys(z: int) -> None:
    with np.errstate(over="ignore"):
        assert int(hashing.mix(np.uint64(z))) == keys.mix(z)


@given(WORDS, st.integers(0, 10_000))
def test_sub(key: int, number: int) -> None:
    with np.errstate(over="ignore"):
        found = int(hashing.sub(np.uint64(key), np.uint64(number)))
    assert found == keys.mix((key + (number + 1) * keys.GOLDEN) & keys.MASK)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_key_of_a_future(seed: int) -> None:
    """All 64 bits of it: the key that the compiled chunk works with."""
    for draw, future in itertools.product(range(40), (0, 1, 19)):
        kd = draw_key(seed, draw)
        base = keys.mix((int(kd) + int(K_FUTURE)) & keys.MASK)
        due = keys.mix((base + (future + 1) * keys.GOLDEN) & keys.MASK)
        assert int(future_key(kd, future)) == due, (draw, future)


@given(WORDS)
def test_unit(z: int) -> None:
    u = float(hashing.unit(np.uint64(z)))
    assert 0.0 < u <= 1.0
    assert u == ((z >> 11) + 1) * 2.0**-53


def test_inverse_normal() -> None:
    """Wichura's AS 241 against scipy: 1e-14 relative over the range of uniforms."""
    p = np.concatenate(
        [
            np.linspace(1e-6, 1 - 1e-6, 20_001),
            10.0 ** np.linspace(-15, -1, 400),
            1.0 - 10.0 ** np.linspace(-12, -1, 400),
        ]
    )
    ours = np.array([hashing.inverse_normal(x) for x in p])
    np.testing.assert_allclose(ours, stats.norm.ppf(p), rtol=1e-13, atol=1e-14)
    assert math.isfinite(hashing.inverse_normal(1.0))
    assert math.isfinite(hashing.inverse_normal(2.0**-53))


def uniform_keys(n: int, seed: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)


def full_count(key: np.uint64, mean: float) -> int:
    return sum(
        hashing.cell_count(np.uint64(hashing.cell_key(key, c)), mean, c)
        for c in range(hashing.cells(mean))
    )


@pytest.mark.parametrize("mean", [0.02, 0.5, 3.0, 31.9, 32.0, 45.0, 100.0])
def test_cell_count_law(mean: float) -> None:
    """Counts over all cells are Poisson: mean, variance and the whole law."""
    n = 40_000
    with np.errstate(over="ignore"):
        x = np.array([full_count(k, mean) for k in uniform_keys(n)])
    # 5 standard errors of a Poisson mean are 5 / sqrt(n mean) of it
    check_mean(x, mean, f"mean at {mean}", visible=6.0 / math.sqrt(n * mean))
    relative = math.sqrt((2.0 + 1.0 / mean) / n)
    check_variance(x, mean, f"variance at {mean}", visible=6.0 * relative)
    top = int(mean + 8 * math.sqrt(mean) + 8)
    check_chances(x, list(stats.poisson.pmf(range(top), mean)), f"law at {mean}")


@given(WORDS, st.floats(0.0, 120.0), st.floats(0.0, 40.0))
def test_cell_count_only_appends(key: int, mean: float, more: float) -> None:
    """For one key a larger mean never gives fewer, in any cell."""
    with np.errstate(over="ignore"):
        for c in range(hashing.cells(mean + more)):
            k = np.uint64(hashing.cell_key(np.uint64(key), c))
            assert hashing.cell_count(k, mean, c) <= hashing.cell_count(
                k, mean + more, c
            )


@pytest.mark.parametrize("mean", [1e-4, 0.3, 5.0, 31.0, 80.0])
def test_threshold_is_where_counts_begin(mean: float) -> None:
    """Keys below the threshold have no child, keys above have one (first cell)."""
    at = int(hashing.threshold(mean))
    for step in (4096, 2**20, 2**40):
        low, high = at - step, at + step
        if low >= 0:
            assert hashing.cell_count(np.uint64(low), mean, 0) == 0
        if high < 2**64:
            assert hashing.cell_count(np.uint64(high), mean, 0) > 0
