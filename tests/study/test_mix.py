"""Levers mixed at strengths: the whole lever is the lever, none of it is nothing."""

import pytest

import spillover as sp
from spillover.api.mix import mix_of
from spillover.errors import InputError

SIZE = {"draws": 60, "futures": 10, "seed": 5}


@pytest.fixture(scope="module")
def model():
    return sp.load("strait-demo")


def changes(mix):
    return {r["id"]: r["change"] for r in mix.to_dict()["outcomes"]}


@pytest.fixture(scope="module")
def lever(model):
    return next(x for x in model.levers if x != model.assembled.arms[0].id)


def test_a_whole_lever_is_the_lever(model, lever):
    compared = model.compare(levers=[lever], as_written=True, **SIZE)
    mix = mix_of(model, {lever: 1.0}, **SIZE)
    effects = compared.compared[lever].effects
    assert changes(mix) == {q: e.change.mean for q, e in effects.items()}
    assert any(changes(mix).values())


def test_at_strength_zero_nothing_changes(model, lever):
    mix = mix_of(model, {lever: 0.0}, **SIZE)
    assert mix.strengths == {}
    assert set(changes(mix).values()) == {0.0}


def test_half_of_it_is_the_arm_at_half_strength(model, lever):
    compared = model.compare(levers=[lever], strength=[lever], as_written=True, **SIZE)
    half = compared.compared[f"{lever}@50%"].effects
    mix = mix_of(model, {lever: 0.5}, **SIZE)
    assert changes(mix) == {q: e.change.mean for q, e in half.items()}


def test_the_key_outcome_comes_first(model, lever):
    rows = mix_of(model, {lever: 1.0}, **SIZE).to_dict()["outcomes"]
    assert [r["key"] for r in rows] == [True] + [False] * (len(rows) - 1)


def test_what_cannot_be_mixed(model, lever):
    with pytest.raises(InputError, match='unknown lever "no-such": the levers are'):
        mix_of(model, {"no-such": 1.0}, **SIZE)
    with pytest.raises(
        InputError, match=f"strength 1.5 of {lever}: expected a number from 0 to 1"
    ):
        mix_of(model, {lever: 1.5}, **SIZE)
