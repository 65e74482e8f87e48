"""Scores against hand-computed ones, and what they must not reward."""

import math

import numpy as np
import pytest

from spillover.study.score_record import Resolved, score_chances, score_counts


def told(p, answer, n=1, **more):
    return Resolved(
        n, more.pop("days", 30), p, answer, more.pop("baselines", {}), **more
    )


def test_brier_and_log_by_hand():
    s = score_chances([told(0.8, 1.0, 1), told(0.3, 0.0, 2), told(0.6, 0.0, 3)])
    assert s.score == pytest.approx((0.04 + 0.09 + 0.36) / 3)
    assert s.log == pytest.approx(-(math.log(0.8) + math.log(0.7) + math.log(0.4)) / 3)


def test_baselines_are_scored_on_the_same_questions():
    rows = [
        told(
            0.9,
            1.0,
            n,
            baselines={"always 29 %": 0.29} | ({"climatology": 0.5} if n % 2 else {}),
        )
        for n in range(4)
    ]
    s = score_chances(rows)
    always, climatology = s.skills
    assert (always.n, climatology.n) == (4, 2)
    assert always.score == pytest.approx(0.71**2)
    assert always.difference == pytest.approx(0.01 - 0.71**2)
    assert climatology.difference == pytest.approx(0.01 - 0.25)
    assert always.low is None  # too few to say how sure


def test_murphys_split_adds_up_where_bins_hold_one_chance():
    rng = np.random.default_rng(1)
    rows = [
        told(p, float(rng.random() < p), n)
        for n, p in enumerate(np.repeat([0.1, 0.3, 0.7], 60))
    ]
    s = score_chances(rows)
    assert s.score == pytest.approx(s.reliability - s.resolution + s.uncertainty)


def test_right_chances_lie_in_their_bands_and_wrong_ones_do_not():
    rng = np.random.default_rng(2)
    p = rng.uniform(0.05, 0.95, 3000)
    y = (rng.random(3000) < p).astype(float)
    right = score_chances(
        [told(a, b, n) for n, (a, b) in enumerate(zip(p, y, strict=True))]
    )
    inside = [b.least <= b.came <= b.most for b in right.bins]
    assert sum(inside) >= len(inside) - 1
    over = np.clip(1.8 * (p - 0.5) + 0.5, 0.001, 0.999)
    wrong = score_chances(
        [told(a, b, n) for n, (a, b) in enumerate(zip(over, y, strict=True))]
    )
    assert sum(b.least <= b.came <= b.most for b in wrong.bins) <= len(wrong.bins) // 2
    assert wrong.reliability > 5 * right.reliability
    assert wrong.score > right.score
    assert wrong.log > right.log


def test_the_interval_of_a_difference_holds_it_and_widens_with_blocks():
    rng = np.random.default_rng(3)
    p = rng.uniform(0.1, 0.9, 400)
    y = (rng.random(400) < p).astype(float)

    def rows(block):
        return [
            told(a, b, n, baselines={"coin": 0.5}, block=block(n))
            for n, (a, b) in enumerate(zip(p, y, strict=True))
        ]

    alone = score_chances(rows(lambda n: str(n))).skills[0]
    assert alone.low < alone.difference < alone.high < 0
    # The same forecast repeated ten times is not ten forecasts.
    ten = [r for r in rows(lambda n: str(n))[:40] for _ in range(10)]
    as_one = score_chances(ten).skills[0]
    as_ten = score_chances(
        [Resolved(**{**r.__dict__, "block": str(n)}) for n, r in enumerate(ten)]
    ).skills[0]
    assert as_one.high - as_one.low > 2.5 * (as_ten.high - as_ten.low)


def test_counts_by_the_crps():
    points = tuple(np.round(np.arange(1, 20) * 0.05, 2))
    sharp = Resolved(
        1,
        30,
        math.nan,
        10.0,
        {"persistence": 4.0, "climatology": tuple(np.linspace(0, 40, 19))},
        tuple(np.linspace(8, 12, 19)),
        points,
    )
    s = score_counts([sharp])
    by_name = {k.name: k for k in s.skills}
    assert by_name["persistence"].score == pytest.approx(6.0)
    assert s.score < 1.0 < by_name["climatology"].score
    exact = Resolved(1, 30, math.nan, 10.0, {}, (10.0,) * 19, points)
    assert score_counts([exact]).score == pytest.approx(0.0)
