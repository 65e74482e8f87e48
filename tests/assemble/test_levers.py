"""Levers and variants: what changes, what must not."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from spillover.assemble.build import assemble_source
from spillover.assemble.draws import draw_numbers
from spillover.assemble.sources import (
    ActionSource,
    LeverSource,
    LineSource,
    ReplySource,
    RestraintSource,
    Yielding,
)
from spillover.errors import ModelError
from spillover.keys import id_key
from tests.assemble.test_draws import OWN, column, respond
from tests.assemble.words import c, case, count, hold, p, ps, v

WORD = RestraintSource(
    "tehran",
    (hold("launches"), hold("attacks", v("0.1..0.5"))),
    ps("word"),
    "iran",
    v("0.01..0.1"),
    delay=v("1~6"),
    half_life=v("20..90"),
    obeys=Yielding(members={"kataib": c("0.7..0.9"), "nujaba": c("0.4..0.8")}),
)
REPLY = ReplySource(
    "answers",
    ps("asks"),
    v(30),
    (("word", p("word"), c("0.02..0.1")), ("truce", p("truce"), c("rest"))),
)
LINE = LineSource(
    "harm",
    "israel",
    count("launches (deadly)"),
    c("0.1..0.5"),
    v(1),
    act=p("strikes"),
    delay=v("6~25"),
)


def act(text, *days, **more):
    return ActionSource(
        "act", p(text), tuple(dt.date(2024, 11, d) for d in days), **more
    )


def change(kind, **numbers):
    return ActionSource(
        kind, numbers={k.replace("__", "."): x for k, x in numbers.items()}
    )


def build(*levers, **more):
    sections = {
        "responses": (OWN,),
        "restraints": (WORD,),
        "replies": (REPLY,),
        "red_lines": (LINE,),
        "levers": tuple(levers),
        **more,
    }
    return assemble_source(case(**sections))


def arm(a, name):
    return next(x for x in a.arms if x.id == name)


def test_acts_have_keys_of_stream_date_and_ordinal():
    a = build(
        LeverSource(
            "l",
            "L",
            do=(
                act("word", 5, 19),
                act("word", 5),
                act("attacks (large)", 3, attempt=True),
            ),
        )
    )
    assert [x.id for x in a.arms] == ["nothing", "l"]
    acts = arm(a, "l").acts
    assert [x.time for x in acts] == [2.0, 4.0, 4.0, 18.0]
    assert acts[1].key == id_key("lever-act", "word", "2024-11-05", 0)
    assert acts[2].key == id_key("lever-act", "word", "2024-11-05", 1)
    assert acts[0].attempt
    assert not acts[1].attempt
    assert {x.lever for x in acts} == {1}
    assert a.model.flag_names[a.names.bits["large"].bit_length() - 1] == "large"


def test_a_lever_that_does_nothing_is_the_factual():
    a = build(LeverSource("nothing", "As it is"), LeverSource("l", "L"))
    assert [(x.id, x.name) for x in a.arms] == [("nothing", "As it is"), ("l", "L")]
    with pytest.raises(ModelError, match="kept for a lever that does nothing"):
        build(LeverSource("nothing", "", do=(act("word", 5),)))


def test_a_lever_that_changes_nothing_gives_the_same_bytes():
    same = LeverSource(
        "same", "Same", do=(change("scale", responses__own__children=v(1)),)
    )
    a = build(same, LeverSource("acts", "Acts", do=(act("word", 5),)))
    plain = build()
    theta = draw_numbers(a, 1, 200)
    assert arm(a, "acts").apply(theta) is theta
    assert arm(a, "same").apply(theta).tobytes() == theta.tobytes()
    one = draw_numbers(plain, 1, 200)
    for path in plain.slots.names:
        assert column(a, theta, path).tobytes() == column(plain, one, path).tobytes()


def test_set_scale_and_off():
    levers = (
        LeverSource("set", "", do=(change("set", responses__own__children=v(0.05)),)),
        LeverSource(
            "scale", "", do=(change("scale", streams__attacks__baseline=v(0.5)),)
        ),
        LeverSource("slow", "", do=(change("scale", red_lines__harm__delay=v(2)),)),
        LeverSource("soon", "", do=(change("set", red_lines__harm__delay=v("1~2")),)),
        LeverSource("fixed", "", do=(change("set", red_lines__harm__delay=v(3)),)),
        LeverSource("off", "", do=(ActionSource("off", element="restraints.tehran"),)),
        LeverSource("mute", "", do=(ActionSource("off", element="replies.answers"),)),
    )
    a = build(*levers)
    theta = draw_numbers(a, 1, 20)

    def after(name, path):
        return column(a, arm(a, name).apply(theta), path)

    assert np.all(after("set", "responses.own.children") == 0.05)
    assert np.array_equal(
        after("scale", "streams.attacks.baseline"),
        column(a, theta, "streams.attacks.baseline") * 0.5,
    )
    assert np.allclose(after("slow", "red_lines.harm.delay.median"), 2 * np.sqrt(150.0))
    assert np.allclose(after("soon", "red_lines.harm.delay.median"), np.sqrt(2.0))
    assert np.all(after("fixed", "red_lines.harm.delay.spread") == 0.0)
    assert np.all(after("fixed", "red_lines.harm.delay.median") == 3.0)
    assert np.all(after("off", "restraints.tehran.factor") == 1.0)
    assert np.all(after("off", "restraints.tehran.holds.attacks") == 1.0)
    assert np.all(after("mute", "replies.answers.answers.word") == 0.0)
    assert np.all(after("mute", "replies.answers.answers.truce") == 0.0)
    base = column(a, theta, "replies.answers.answers.truce")
    assert np.allclose(base, 1.0 - column(a, theta, "replies.answers.answers.word"))
    one = arm(a, "off").apply(theta[3])
    assert one.tobytes() == arm(a, "off").apply(theta)[3].tobytes()


def test_a_shared_number_moves_all_that_name_it_but_those_changed_alone():
    two = (
        respond("a", "launches", "launches", "kids"),
        respond("b", "attacks", "attacks", "kids"),
    )
    levers = (
        LeverSource("all", "", do=(change("set", numbers__kids=v(0.2)),)),
        LeverSource("one", "", do=(change("set", responses__a__children=v(0.1)),)),
    )
    both = LeverSource("both", "", both=("one", "all"))
    a = build(*levers, both, responses=two, numbers={"kids": v("0.1..0.4")})
    theta = draw_numbers(a, 1, 10)
    for name, first, second in (
        ("all", 0.2, 0.2),
        ("one", 0.1, None),
        ("both", 0.1, 0.2),
    ):
        new = arm(a, name).apply(theta)
        assert np.all(column(a, new, "responses.a.children") == first)
        b = column(a, new, "responses.b.children")
        kids = column(a, theta, "numbers.kids")
        assert np.array_equal(b, kids) if second is None else np.all(b == second)


def test_combined_levers_do_both():
    a = build(
        LeverSource("x", "", do=(act("word", 5),)),
        LeverSource("y", "", do=(change("set", responses__own__children=v(0)),)),
        LeverSource("z", "", both=("x", "y")),
    )
    z = arm(a, "z")
    assert [q.time for q in z.acts] == [4.0]
    assert len(z.changes) == 1
    assert z.acts[0].key == arm(a, "x").acts[0].key


def test_conditional_levers_are_lines_without_a_chance_elsewhere():
    cond = ActionSource(
        "if", p("word"), condition=ps("launches (deadly)"), delay=v("1~3")
    )
    a = build(LeverSource("if", "", do=(cond,)))
    line = a.model.red_lines[a.lever_lines]
    assert a.lever_lines == 1
    assert len(a.model.red_lines) == 2
    theta = draw_numbers(a, 1, 5)
    assert np.all(theta[:, line.chance] == 0.0)
    new = arm(a, "if").apply(theta)
    assert np.all(new[:, line.chance] == 1.0)
    assert np.sum(new != theta) == 5
    assert not line.weigh_past


def test_by_control_takes_the_tie_and_splits_members():
    a = build()
    rows = a.model.factors[0].rows
    by = a.names.bits
    assert {(a.model.streams[r.stream].id, r.require) for r in rows} == {
        (s, by[f"by: {m}"])
        for s in ("launches", "attacks")
        for m in ("kataib", "nujaba")
    }
    keys = {r.require: r.obeys_key for r in rows}
    assert len(set(keys.values())) == 2, "a member obeys on all fronts or on none"


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (
            change("set", responses__own__childrn=v(1)),
            "did you mean responses.own.children",
        ),
        (ActionSource("off", element="states.peace"), "cannot be switched off"),
        (ActionSource("off", element="streams.launches"), "has a level"),
    ],
)
def test_levers_that_cannot_be(action, says):
    with pytest.raises(ModelError, match=says):
        build(LeverSource("bad", "", do=(action,)))


def test_overlapping_targets_are_refused():
    word = RestraintSource(
        "w",
        (hold("launches", v(0.5)), hold("launches (deadly)", v(0.1))),
        ps("word"),
        "iran",
    )
    with pytest.raises(ModelError, match="two of its targets match the same events"):
        build(restraints=(word,))
    apart = RestraintSource(
        "w",
        (hold("attacks (in: iraq)", v(0.5)), hold("attacks (in: syria)", v(0.1))),
        ps("word"),
        "iran",
    )
    assert len(build(restraints=(apart,)).model.factors[0].rows) == 2


def test_a_restraint_on_streams_and_drivers_becomes_two_factors_with_one_key():
    word = RestraintSource(
        "w", (hold("launches"), hold("driver front")), ps("word"), "iran", v("0.2..0.5")
    )
    a = build(restraints=(word,))
    plain, driven = a.model.factors
    assert plain.key == driven.key
    assert all(r.power == -1 for r in plain.rows)
    assert all(r.power >= 0 for r in driven.rows)
