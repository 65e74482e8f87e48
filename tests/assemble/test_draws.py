"""Draws: laws of families, correlation, keys that nothing else moves, variants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from spillover.assemble.build import assemble_source
from spillover.assemble.draws import draw_numbers, draw_table, middle_numbers
from spillover.assemble.keyed import draw_keys, mix, normals, sub_keys, uniforms
from spillover.assemble.sources import (
    ChoiceSource,
    LineSource,
    RaisesSource,
    ResponseSource,
    VariantSource,
)
from spillover.assemble.stability import (
    bases_matrix,
    branching_matrices,
    spectral_radii,
)
from spillover.errors import ModelError, UnstableError
from spillover.keys import id_key, sub_key, uniform
from spillover.keys import mix as mix_one
from spillover.model.closed_forms import bases
from tests.assemble.words import c, case, count, hold, p, ps, v
from tests.support.stat import check_ks, check_share


def respond(id, when, then, children, half_life="1..6", **more):
    return ResponseSource(
        id, ps(when), p(then), v(children), ((v(half_life), None),), **more
    )


OWN = respond("own", "launches", "launches", "0.15..0.5")


def column(assembled, theta, path):
    return theta[:, assembled.slots.column(path)]


def test_keys_are_those_of_the_plain_module():
    keys = np.array([0, 1, 2**63, 2**64 - 1, 123456789], np.uint64)
    for k in keys:
        one = np.array([k], np.uint64)
        assert int(mix(one)[0]) == mix_one(int(k))
        assert int(sub_keys(one, np.array([7], np.uint64))[0]) == sub_key(int(k), 7)
        assert uniforms(one)[0] == uniform(int(k))
    draws = np.arange(5, dtype=np.uint64)
    found = draw_keys(3, draws, "number", "a.b")
    assert [int(x) for x in found] == [
        sub_key(id_key("number", "a.b", 3), d) for d in range(5)
    ]
    assert np.isfinite(normals(np.arange(1000, dtype=np.uint64))).all()


def test_families_have_their_points():
    a = assemble_source(case(responses=(OWN,)))
    theta = draw_numbers(a, 5, 20000)
    rate = column(a, theta, "streams.attacks.baseline")
    check_share(rate < 0.1, 0.05, "5 % point of a rate")
    check_share(rate > 0.3, 0.05, "95 % point of a rate")
    s = np.log(3.0) / (2 * 1.6448536269514722)
    check_ks(np.log(rate / np.sqrt(0.03)) / s, ndtr, "log-normal rate")
    chance = column(a, theta, "streams.attacks.marks.in.iraq")
    check_share(chance < 0.4, 0.05, "5 % point of a share")
    check_share(chance > 0.6, 0.05, "95 % point of a share")
    assert np.all((chance > 0) & (chance < 1))
    assert np.ptp(column(a, theta, "streams.word.baseline")) == 0.0


def test_alike_numbers_have_their_correlation():
    numbers = {"x": v("1..2", alike="g"), "y": v("3..9", alike="g"), "z": v("1..4")}
    a = assemble_source(case(numbers=numbers, alike={"g": 0.6}))
    theta = draw_numbers(a, 1, 20000)
    x, y, z = (np.log(column(a, theta, f"numbers.{n}")) for n in "xyz")
    r = float(np.corrcoef(x, y)[0, 1])
    assert abs(r - 0.6) < 5 * (1 - 0.36) / np.sqrt(20000)
    assert abs(float(np.corrcoef(x, z)[0, 1])) < 5 / np.sqrt(20000)
    check_ks((x - np.log(np.sqrt(2.0))) / x.std(), ndtr, "margin of a copula number")


def test_shared_numbers_are_one_number():
    numbers = {"kids": v("0.1..0.4"), "wait": v("1~6")}
    two = (
        ResponseSource(
            "a", ps("launches"), p("launches"), v("kids"), ((v("2..4"), None),)
        ),
        ResponseSource(
            "b", ps("attacks"), p("attacks"), v("kids"), ((v("2..4"), None),)
        ),
    )
    line = LineSource(
        "l",
        "usa",
        count("attacks"),
        c("0.2..0.4"),
        v(3),
        within=v(30),
        act=p("word"),
        delay=v("wait"),
    )
    a = assemble_source(case(numbers=numbers, responses=two, red_lines=(line,)))
    theta = draw_numbers(a, 1, 50)
    for path in ("responses.a.children", "responses.b.children"):
        assert np.array_equal(column(a, theta, path), column(a, theta, "numbers.kids"))
    assert not np.array_equal(
        column(a, theta, "responses.a.half_life"),
        column(a, theta, "responses.b.half_life"),
    )
    law = a.model.red_lines[0].delay
    assert law.family == "lognormal"
    assert np.allclose(theta[:, law.a], np.sqrt(6.0))


def test_an_unrelated_number_moves_no_byte():
    base = assemble_source(case(responses=(OWN,)))
    more = assemble_source(
        case(
            responses=(OWN, respond("more", "attacks", "asks", "0.01..0.02")),
            numbers={"spare": v("1..9")},
        )
    )
    edited = assemble_source(
        case(responses=(replace(OWN, kernel=((v("1..9"), None),)),))
    )
    one, two, three = (draw_numbers(a, 7, 300) for a in (base, more, edited))
    for path in base.slots.names:
        a = column(base, one, path)
        assert a.tobytes() == column(more, two, path).tobytes(), path
        if path != "responses.own.half_life":
            assert a.tobytes() == column(edited, three, path).tobytes(), path


def test_any_chunking_gives_the_same_rows():
    a = assemble_source(case(responses=(OWN,)))
    whole = draw_numbers(a, 3, 200)
    parts = [draw_numbers(a, 3, 1, d) for d in range(7)]
    parts += [draw_numbers(a, 3, 193, 7)]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    assert whole.tobytes() != draw_numbers(a, 4, 200).tobytes()


VARIANT = VariantSource(
    "hold",
    "Can they?",
    (
        ChoiceSource("yes", c(0.75)),
        ChoiceSource(
            "no",
            c(0.25),
            {"responses.own.children": v("0.01..0.02")},
            ("responses.back",),
        ),
    ),
)


def test_variants_have_their_weights_and_change_only_their_numbers():
    back = respond("back", "strikes", "launches", "0.5..2")
    plain = assemble_source(case(responses=(OWN, back)))
    a = assemble_source(case(responses=(OWN, back), variants=(VARIANT,)))
    d = draw_table(a, 2, 4000)
    no = d.choice[:, 0] == 1
    check_share(no, 0.25, "weight of a choice", visible=0.04)
    off = column(a, d.theta, "responses.back.children")
    assert np.all(off[no] == 0.0)
    assert np.all(off[~no] > 0.0)
    assert np.all(column(a, d.theta, "responses.own.children")[no] < 0.1)
    reference = draw_numbers(plain, 2, 4000)
    for path in plain.slots.names:
        x, y = column(a, d.theta, path), column(plain, reference, path)
        rows = (
            ~no
            if path in ("responses.own.children", "responses.back.children")
            else (slice(None))
        )
        assert np.array_equal(x[rows], y[rows]), path


def test_bases_and_radii_are_those_of_the_closed_forms():
    a = assemble_source(
        case(responses=(OWN, respond("back", "strikes", "launches", "0.5..2")))
    )
    theta = draw_numbers(a, 1, 40)
    mu = bases_matrix(a.model, theta)
    for d in range(40):
        assert np.allclose(mu[d], bases(a.model, theta[d]), rtol=1e-12)
    G = branching_matrices(a.model, theta)
    assert G.shape == (40, 6, 6)
    assert np.allclose(
        spectral_radii(G), column(a, theta, "responses.own.children"), rtol=1e-9
    )


def test_unstable_draws_are_drawn_again_and_too_many_refused():
    a = assemble_source(
        case(responses=(respond("own", "launches", "launches", "0.2..0.85"),))
    )
    d = draw_table(a, 1, 4000)
    assert 0.0 < d.redrawn < 0.05
    assert d.radius.max() < 0.98
    assert np.array_equal(np.flatnonzero(d.attempts), np.flatnonzero(d.attempts > 0))
    again = draw_table(a, 1, 1, int(np.flatnonzero(d.attempts)[0]), judge=False)
    assert again.theta.tobytes() == d.theta[np.flatnonzero(d.attempts)[0]].tobytes()
    with pytest.raises(UnstableError, match=r"median spectral radius is 1\.4"):
        draw_table(
            assemble_source(
                case(responses=(respond("own", "launches", "launches", "1..2"),))
            ),
            1,
            200,
        )
    with pytest.raises(UnstableError, match=r"at most 5% may be drawn again"):
        draw_table(
            assemble_source(
                case(responses=(respond("own", "launches", "launches", "0.6..1.2"),))
            ),
            1,
            500,
        )


def test_a_level_below_what_others_bring_is_drawn_again():
    many = respond("feeds", "attacks", "launches", "30..90")
    with pytest.raises(UnstableError, match="stream launches"):
        draw_table(assemble_source(case(responses=(many,))), 1, 200)


def raising(factor, cap=None, holds=("attacks",)):
    return LineSource(
        "joins",
        "groups",
        count("strikes"),
        c("0.4..0.8"),
        v(1),
        within=v(30),
        raises=RaisesSource(tuple(hold(h) for h in holds), factor, v("15~60"), cap=cap),
    )


def test_a_drawn_factor_never_passes_its_cap():
    a = assemble_source(case(red_lines=(raising(v("1.5..4")),)))
    assert a.model.factors[0].cap == 7.0
    theta = draw_numbers(a, 1, 20000)
    x = column(a, theta, "red_lines.joins.then.factor")
    assert 6.0 < x.max() <= 7.0
    driven = assemble_source(
        case(red_lines=(raising(v("1.5..4"), holds=("driver front",)),))
    )
    rows = driven.model.factors[0].rows
    assert [driven.model.streams[r.stream].id for r in rows] == ["launches", "attacks"]
    assert driven.model.factors[0].cap > 7.0
    draw_numbers(driven, 1, 5000)
    with pytest.raises(ModelError, match="above its cap of 3"):
        draw_numbers(assemble_source(case(red_lines=(raising(v(4), cap=3.0),))), 1, 10)


def test_middle_numbers_are_medians():
    a = assemble_source(case(responses=(OWN,)))
    theta = middle_numbers(a)
    assert theta[a.slots.column("streams.attacks.baseline")] == pytest.approx(0.03**0.5)
    assert np.isfinite(theta).all()


def test_middle_numbers_of_a_fit_are_medians_of_its_draws():
    from spillover.assemble.posterior import Posterior

    a = assemble_source(case(responses=(OWN,)))
    path = "streams.attacks.baseline"
    law = Posterior((path,), np.array([0.8]), np.array([[0.4]]))
    fitted = replace(a, posterior=law)
    k = a.slots.column(path)
    middle = middle_numbers(fitted, fitted=True)[k]
    drawn = np.log(draw_numbers(fitted, 1, 4000)[:, k])
    error = 1.2533 * drawn.std() / 4000**0.5  # of a median
    assert abs(np.median(drawn) - np.log(middle)) < 5 * error
    assert middle > middle_numbers(fitted)[k]
