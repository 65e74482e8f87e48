"""Branching matrix, bases and means: against hand calculation and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from spillover.errors import ModelError
from spillover.model.closed_forms import (
    bases,
    branching_matrix,
    caps,
    mean_counts,
    mean_rates,
    mean_weight,
    radius,
    radius_at_caps,
    spectral_radius,
    types,
)
from spillover.model.marks import chance_of, mark_law
from spillover.model.structure import DEADLY, Varying
from spillover.model.varying import below, cdf, mean_whole, quantile, whole_law
from tests.support.build import Build, Law, fixed, logitnormal, lognormal, uniform
from tests.support.engines import Engine, counts
from tests.support.stat import check_mean


def rich(horizon: float = 60.0) -> Build:
    """One event of "raid" can bring children every way there is."""
    b = Build(horizon=horizon)
    b.stream(
        "raid",
        deaths=(0.4, lognormal(2.0, 0.8)),
        choices={"who": {"x": 0.3, "y": None}},
    )
    b.stream("strike")
    b.stream("word")
    b.response("raid[x]", "raid[x]", 0.5, 1.0, weights={"deadly": 2.0})
    b.response("raid", "strike", 0.3, 1.0)
    b.reply("word-back", "raid", 5.0, {"word": 0.25, "-": None})
    b.red_line(
        "deaths",
        "raid",
        lognormal(3.0, 0.5),
        kind="deaths",
        chance=0.7,
        act="strike",
        times=uniform(1.0, 3.0),
        counts=0.8,
        delay=lognormal(1.0, 0.3),
    )
    b.red_line("count", "raid[y]", uniform(0.0, 4.0), chance=0.5, act="word")
    return b


def test_mark_law_by_hand() -> None:
    b = rich()
    model, theta = b.build()
    law = {o.flags: float(o.chance) for o in mark_law(model, theta, 0)}
    x, y = b.flag("x"), b.flag("y")
    assert law == pytest.approx({x: 0.18, x | DEADLY: 0.12, y: 0.42, y | DEADLY: 0.28})
    forced = {o.flags: float(o.chance) for o in mark_law(model, theta, 0, x | DEADLY)}
    assert forced == {x | DEADLY: 1.0}
    assert float(
        chance_of(model, theta, b.pattern("raid[deadly]"), 0)
    ) == pytest.approx(0.4)


def test_branching_matrix_by_hand() -> None:
    b = rich()
    model, theta = b.build()
    G = branching_matrix(model, theta)
    # deaths D = max(1, round(lognormal)), threshold lognormal(3, 0.5)
    k = np.arange(1, 4000)
    edge = norm.cdf(np.log((k + 0.5) / 2.0) / 0.8)
    pmf = np.diff(np.concatenate([[0.0], edge]))
    reach = norm.cdf(np.log(k / 3.0) / 0.5)
    first = 0.4 * 0.8 * float(pmf @ reach)
    assert G[0, 0] == pytest.approx(0.5 * 0.3 * (0.6 + 0.4 * 2.0))
    assert G[1, 0] == pytest.approx(0.3 + first * 0.7 * 2.0, rel=1e-6)
    assert G[2, 0] == pytest.approx(0.25 + 0.7 * 0.25 * 0.5)
    assert np.all(G[:, 1:] == 0.0)
    # an act that forces x brings more of itself than a plain raid does
    assert types(model) == ((0, 0), (1, 0), (2, 0), (0, b.flag("x")))
    assert float(radius(model, theta)) == pytest.approx(0.5 * 1.4)
    assert float(spectral_radius(G)) == pytest.approx(0.15 * 1.4)
    assert float(mean_weight(model, theta, model.responses[0], 0)) == pytest.approx(
        0.42
    )


def test_branching_matrix_is_what_one_event_brings(law: Engine) -> None:
    """Direct children of one scheduled raid, in a quiet world.

    One future in each draw: the first threshold of a line belongs to its draw.
    """
    b = rich()
    model, theta = b.build()
    paths = law.draws(model, theta, 12_000, acts=[b.scheduled(0.5, "raid")])
    G = branching_matrix(model, theta)
    for i in range(3):
        direct = [int(np.sum((h.parent == 0) & (h.stream == i))) for h in paths]
        check_mean(
            direct, G[i, 0], f"children on stream {i}", visible=law.visible(0.14)
        )


def test_means_run_over_types(law: Engine) -> None:
    """With forced marks the exact mean count is not (I - G)^-1 of plain events."""
    b = Build(horizon=20.0)
    b.stream("a", base=0.5, choices={"who": {"x": 0.3, "y": None}})
    b.response("a[x]", "a[x]", 0.6, 1.0)
    model, theta = b.build()
    oracle = float(mean_counts(model, theta, 20.0)[0])
    check_mean(
        counts(law.futures(model, theta, 20_000)),
        oracle,
        "events",
        visible=law.visible(0.02),
    )
    rate = float(mean_rates(model, theta)[0])
    assert rate == pytest.approx(0.5 * (1.0 + 0.3 * 0.6 / 0.4))
    assert oracle == pytest.approx(rate * 20.0, rel=0.1)


def test_bases_solve_levels() -> None:
    b = Build()
    b.stream("a", level=1.0)
    b.stream("b", base=0.2)
    b.stream("c", level=0.5)
    b.response("a", "b", 0.5, 1.0)
    b.response("b", "a", 0.3, 1.0)
    b.response("b", "c", 0.4, 1.0)
    model, theta = b.build()
    mu = bases(model, theta)
    r_b = 0.2 + 0.5 * 1.0
    assert mu == pytest.approx([1.0 - 0.3 * r_b, 0.2, 0.5 - 0.4 * r_b])
    assert mean_rates(model, theta) == pytest.approx([1.0, r_b, 0.5])
    many = np.stack([theta, theta])
    many[1, 0] = 2.0
    both = bases(model, many)
    assert both[0] == pytest.approx(mu)
    assert both[1, 0] == pytest.approx(2.0 - 0.3 * (0.2 + 0.5 * 2.0))


def test_bases_name_the_stream_that_cannot_be() -> None:
    b = Build()
    b.stream("a", base=1.0)
    b.stream("low", level=0.1)
    b.response("a", "low", 0.5, 1.0)
    with pytest.raises(ModelError, match=r"stream low: its level of 0\.1 .*-0\.4"):
        bases(*b.build())


def test_bases_need_a_radius_below_one() -> None:
    b = Build()
    b.stream("a", level=1.0)
    b.response("a", "a", 1.1, 1.0)
    with pytest.raises(ModelError, match="radius"):
        bases(*b.build())


def test_dormant_streams_are_shut_when_levels_are_solved() -> None:
    b = Build()
    b.stream("a", level=1.0)
    b.stream("war", level=3.0, dormant=True)
    b.stream("front", base=0.7, dormant=True)
    b.response("war", "a", 0.5, 1.0)
    b.response("a", "war", 0.5, 1.0)
    model, theta = b.build()
    assert bases(model, theta) == pytest.approx(
        [1.0, 3.0 - 0.5 * (1.0 + 0.5 * 3.0), 0.7]
    )


def test_caps_and_radius_at_caps() -> None:
    b = Build()
    b.stream("a", base=1.0)
    b.stream("b", base=1.0)
    b.response("a", "a", 0.4, 1.0)
    b.gauge("g", 10.0, {"a": 1.0})
    b.factor("hold", [b.row("a", 0.5)], starts="b")
    b.factor("raise", [b.row("a", 2.0), b.row("b", 1.5)], starts="b", cap=2.0)
    b.factor("feed", [b.row("a", 3.0)], starts="b", cap=3.0, offspring=True)
    b.gauge_factor("g", [b.row("b", 1.8)], 1.0, cap=1.8)
    model, theta = b.build()
    immigrants, offspring = caps(model)
    assert immigrants == pytest.approx([6.0, 3.6])
    assert offspring == pytest.approx([3.0, 1.0])
    assert float(radius(model, theta)) == pytest.approx(0.4)
    assert float(radius_at_caps(model, theta)) == pytest.approx(1.2)


def test_mean_counts_refuse_a_lag() -> None:
    b = Build()
    b.stream("a", base=1.0)
    b.response("a", "a", 0.4, 1.0, lag=1.0)
    with pytest.raises(ModelError, match="lag"):
        mean_counts(*b.build(), 3.0)


@pytest.mark.parametrize(
    "given", [fixed(2.5), lognormal(3.0, 0.7), logitnormal(0.3, 1.1), uniform(0.5, 4.0)]
)
def test_things_that_vary(given: Law) -> None:
    b = Build()
    v = b.varying(given)
    assert isinstance(v, Varying)
    theta = np.array(b.numbers)
    u = np.array([0.01, 0.3, 0.5, 0.77, 0.999])
    x = quantile(v, theta, u)
    if given.family != "fixed":
        assert cdf(v, theta, x) == pytest.approx(u)
        assert below(v, theta, x) == pytest.approx(u)
    whole = whole_law(v, theta)
    assert whole.sum() == pytest.approx(1.0)
    rng = np.random.default_rng(3)
    drawn = np.maximum(1, np.floor(quantile(v, theta, rng.random(200_000)) + 0.5))
    check_mean(drawn, float(mean_whole(v, theta)), "whole number", visible=0.02)


def test_fixed_halves_are_rounded_up() -> None:
    b = Build()
    v = b.varying(fixed(2.5))
    assert v is not None
    assert whole_law(v, np.array(b.numbers)) == pytest.approx([0.0, 0.0, 1.0, 0.0])
    assert float(mean_whole(None, np.array(b.numbers))) == 1.0
