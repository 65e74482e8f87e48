"""Parts of the role-pooled model: roles, states through gaps, sizes, pool, map."""

from __future__ import annotations

import numpy as np
import pytest

from spillover.inference.dispersion import moving_sizes, rolling_sizes, shrunk_sizes
from spillover.inference.roles import roles_of
from spillover.inference.roles_fit import weekday_factors
from spillover.inference.roles_states import levels, states_of
from spillover.inference.stack_pool import GUARDS, pool_laws
from spillover.inference.stack_recalibrate import EDGES, recalibrated
from spillover.scoring.laws import Laws, score_laws
from spillover.scoring.pit import covered


def role(r, k, j):
    return r.names[int(np.argmax(r.member[:, k, j]))]


def test_roles_of_directed_pairs():
    cells = [("a", "b", "x"), ("a", "b", "y"), ("b", "a", "x"), ("b", "a", "y")]
    cells += [("a", "c", "x"), ("c", "b", "x"), ("c", "d", "x"), ("a", "c", "y")]
    r = roles_of(("source", "target", "cls"), cells)
    assert [role(r, 0, j) for j in range(8)] == [
        "own",
        "pair other",
        "returned in kind",
        "returned otherwise",
        "same source",
        "same target",
        "rest",
        "rest",
    ]
    np.testing.assert_array_equal(r.member.sum(0), np.ones((8, 8)))


def test_roles_by_shared_keys_and_own_only():
    cells = [("IED", "ISF"), ("IED", "CIV"), ("RPG", "ISF"), ("RPG", "CIV")]
    r = roles_of(("attack", "target_class"), cells)
    assert [role(r, 0, j) for j in range(4)] == [
        "own",
        "same attack",
        "same target_class",
        "rest",
    ]
    assert roles_of(("k",), [("x",), ("y",)]).names == ("own", "rest")
    own = roles_of(("k",), [("x",), ("y",)], cross=False)
    assert own.names == ("own",)


def test_states_are_decayed_means_and_a_gap_only_forgets():
    y = np.full((300, 1), 6.0)
    seen = np.ones(300, np.bool_)
    y[150:], seen[100:250] = 2.0, False
    half = np.array([2.0, 40.0])
    x = levels(states_of(np.where(seen[:, None], y, 0.0), seen, half))
    assert x[100, 0, 0] == pytest.approx(6.0)
    # Nothing observed: the level stays where it was, for both memories.
    assert x[250, :, 0] == pytest.approx([6.0, 6.0])
    # Four days after, the fast one has all but moved; the slow one more than it
    # would have without the gap (1 - 2^(-4/40) = 7 %).
    assert x[254, 0, 0] < 2.8
    assert x[254, 1, 0] < 6.0 - 0.3 * 4.0


def test_an_even_week_is_left_even_and_a_real_weekday_is_found():
    rng = np.random.default_rng(4)
    day = np.arange(700) % 7
    bursty = rng.negative_binomial(0.3, 0.3 / 20.3, (140, 3)).astype(float)
    f = weekday_factors(bursty, day[:140], bursty.mean(0))
    assert np.abs(f - 1.0).max() < 0.12
    real = np.where(day == 4, 2.0, 5.0)[:, None] * np.ones(6)
    y = rng.poisson(real).astype(float)
    f = weekday_factors(y, day, y.mean(0))
    assert f[4] == pytest.approx(2.0 / real.mean(), rel=0.15)


def test_sizes_are_recovered_and_never_see_the_future():
    rng = np.random.default_rng(6)
    true = np.array([0.7, 2.0, 8.0])
    m = np.full((900, 3), 5.0)
    y = rng.negative_binomial(true, true / (true + 5.0), (900, 3)).astype(float)
    got = shrunk_sizes(y, m, np.ones(m.shape, np.bool_))
    assert got == pytest.approx(true, rel=0.3)
    judged = np.ones(900, np.bool_)
    blocks = list(range(100, 900, 100))
    a = moving_sizes(y, m, judged, blocks, 0, 7, common=True)
    later = y.copy()
    later[494:] += 50.0  # windows of 7 days from day 494 close after day 500
    b = moving_sizes(later, m, judged, blocks, 0, 7, common=True)
    np.testing.assert_array_equal(a[:501], b[:501])
    assert (a[600:] > b[600:]).all()
    plain = rolling_sizes(y, m, judged, blocks, 0, 1)
    assert plain[850] == pytest.approx(shrunk_sizes(y[:800], m[:800], m[:800] > 0))


def test_the_pool_turns_to_the_member_that_serves_and_keeps_its_guards():
    rng = np.random.default_rng(8)
    T, K = 400, 4
    y = rng.poisson(np.where(np.arange(T) < 300, 2.0, 8.0)[:, None], (T, K)) * 1.0
    slow, fast = np.full((T, K), 2.0), np.full((T, K), 8.0)
    size = np.full((T, K), 50.0)
    alone, laws = (
        pool_laws(
            y,
            [slow, fast],
            [size, size],
            [0.5, 0.5],
            0,
            np.ones(T, np.bool_),
            list(range(50, 400, 50)),
            0,
            1,
            common=common,
        )
        for common in (False, True)
    )
    np.testing.assert_allclose(laws.shares.sum(0), 1.0)
    assert laws.shares[0, 299].min() > 0.9
    # Within a month; sooner when all cells say so than by a cell's own record.
    assert laws.shares[1, 330].min() > 0.3
    assert (alone.shares[1, 330] > 10 * alone.shares[1, 299]).all()
    assert (alone.shares[1, 330] < laws.shares[1, 330]).all()
    assert (laws.shares[2:] > 0).all()
    assert len(laws.means) == 2 + len(GUARDS)


@pytest.mark.parametrize(("told", "left"), [(40.0, 0.5), (0.5, 0.85)])
def test_the_map_widens_what_is_too_narrow_and_narrows_what_is_too_wide(told, left):
    rng = np.random.default_rng(12)
    T, K, m, f = 500, 8, 6.0, 3.0
    y = rng.negative_binomial(f, f / (f + m), (T, K)).astype(float)
    raw = Laws.single(np.full((T, K), m), np.full((T, K), told))
    mended = recalibrated(raw, y, np.ones(T, np.bool_), 0, 1)
    t = np.arange(250, T)
    s0, s1 = (score_laws(y, law, t, np.ones(K)) for law in (raw, mended))
    off = abs(covered(s0.below, s0.upto).mean() - 0.9)
    assert off > 0.08
    # Drawn to none, so slowly: half of what is too narrow goes in this time; what is
    # too wide goes less quickly, and errs on the safe side.
    assert abs(covered(s1.below, s1.upto).mean() - 0.9) < left * off
    assert s1.log.mean() > s0.log.mean()
    assert mended.slopes is not None
    np.testing.assert_allclose(mended.slopes @ np.diff(EDGES), 1.0)
    # What comes later changes nothing before it closes.
    later = y.copy()
    later[300:] = 0.0
    again = recalibrated(raw, later, np.ones(T, np.bool_), 0, 5).slopes
    first = recalibrated(raw, y, np.ones(T, np.bool_), 0, 5).slopes
    assert again is not None
    assert first is not None
    np.testing.assert_array_equal(again[:305], first[:305])
    assert (again[306] != first[306]).any()
