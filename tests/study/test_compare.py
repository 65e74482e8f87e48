"""Levers whose effects are known in closed form, from (I - G)^-1 and its transient.

A linear case: two streams that excite themselves and each other, and one apart. Every
number is certain, so the draws do not differ and every spread is chance.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from spillover.api import CaseModel, load
from spillover.api.compare import Comparison
from spillover.api.compare_page import comparison_html, comparison_page
from spillover.brief.report_html import report_markdown
from spillover.brief.words import mixed_sentences
from spillover.errors import InputError, ModelError
from spillover.model.closed_forms import mean_counts, mean_rates

HEAD = """
spillover: 1
case: linear
origin: 2031-03-01
horizon: 60 days
actors: {north: {kind: state}, south: {kind: state}, east: {kind: state}}
streams:
  - {id: a, event: north ASSAULT south, baseline: 0.12 per day, why: test}
  - {id: b, event: south ASSAULT north, baseline: 0.06 per day, why: test}
  - {id: apart, event: east ASSAULT south, baseline: 0.2 per day, why: test}
  - {id: word, event: north AGREE south, why: only by a lever}
responses:
  - {id: aa, when: a, then: a, children: 0.3, half_life: 3 days, why: test}
  - {id: ab, when: a, then: b, children: 0.4, half_life: 2 days, why: test}
  - {id: ba, when: b, then: a, children: 0.25, half_life: 4 days, why: test}
key_outcome: hit
outcomes:
  - {id: hit, question: Does south hit?, event: b, at_least: 12, within: 60 days}
  - {id: hits, question: How often does south hit?, event: b, count: yes, within: 60 days}
  - {id: raids, question: How often does north raid?, event: a, count: yes, within: 60 days}
levers:
"""
LEVERS = """
  - {id: calm, name: Calm, owner: north, kind: diplomatic, do: [{scale: {responses.aa.children: 0.9}}], cost: {scale: 1}}
  - {id: calm-again, name: Calm by another name, owner: south, kind: legal, do: [{scale: {responses.aa.children: 0.9}}], cost: {scale: 1}}
  - {id: fewer, name: Fewer raids, owner: north, kind: protective, do: [{scale: {streams.a.baseline: 0.9}}], cost: {scale: 2}}
  - {id: cut, name: Cut the answer, owner: south, kind: diplomatic, do: [{scale: {responses.ab.children: 0.5}}], cost: {scale: 3}}
  - {id: elsewhere, name: Elsewhere, owner: east, kind: diplomatic, do: [{scale: {streams.apart.baseline: 0.1}}], cost: {scale: 1}}
  - {id: talk, name: Talk, owner: north, kind: diplomatic, do: [{act: word, on: 2031-03-10}], cost: {scale: 1}}
  - {id: perhaps, name: A raid perhaps, owner: north, kind: armed, do: [{act: a, on: 2031-03-02, chance: 0.25}], cost: {scale: 1}}
  - {id: raid, name: A raid, owner: north, kind: armed, do: [{act: a, on: 2031-03-02}], cost: {scale: 1}}
"""
SIZE = {"draws": 1000, "futures": 20, "seed": 3, "as_written": True}


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> CaseModel:
    path = tmp_path_factory.mktemp("linear") / "case.yaml"
    path.write_text(HEAD + LEVERS)
    return load(path)


@pytest.fixture(scope="module")
def compared(linear: CaseModel) -> Comparison:
    linear.check()
    return linear.compare(strength=["calm"], combine=[("fewer", "cut")], **SIZE)


def expected(linear: CaseModel, lever: str) -> np.ndarray:
    """Mean events of each stream within 60 days."""
    a = linear.assembled
    arm = next(x for x in a.arms if x.id == lever)
    theta = np.array([c.median for c in a.slots.columns])
    return np.asarray(mean_counts(a.model, arm.apply(theta), 60.0))


@pytest.mark.parametrize("lever", ["calm", "calm-again", "fewer", "cut", "elsewhere"])
def test_effects_on_counts(linear: CaseModel, compared: Comparison, lever: str) -> None:
    """Change of the mean number of events, within four standard errors."""
    want = expected(linear, lever) - expected(linear, "nothing")
    one = compared.compared[lever]
    for question, stream in (("hits@60 days", 1), ("raids@60 days", 0)):
        found = one.averted[question].change
        assert abs(found.mean - want[stream]) <= 4 * found.mc_se + 1e-12
        assert found.low is None  # every number is certain: no spread beyond chance
    if lever == "cut":  # an unpaired difference would not show so small an effect
        assert abs(want[1]) > 20 * one.averted["hits@60 days"].change.mc_se


def test_long_run_effects_are_those_of_the_inverse(linear: CaseModel) -> None:
    """Over a long time the change per day is that of (I - G)^-1 mu."""
    a = linear.assembled
    theta = np.array([c.median for c in a.slots.columns])
    cut = next(x for x in a.arms if x.id == "cut").apply(theta)
    rate = mean_rates(a.model, cut) - mean_rates(a.model, theta)
    late = mean_counts(a.model, cut, 4000.0) - mean_counts(a.model, theta, 4000.0)
    assert np.asarray(late)[:3] / 4000.0 == pytest.approx(
        np.asarray(rate)[:3], rel=0.01
    )


def test_a_raid_brings_a_column_of_the_inverse(compared: Comparison) -> None:
    """One scheduled event of a adds (I - G)^-1 - I of its kind; at a chance, that share."""
    g = np.array([[0.3, 0.25], [0.4, 0.0]])
    column = np.linalg.inv(np.eye(2) - g)[:, 0]
    for lever, share in (("raid", 1.0), ("perhaps", 0.25)):
        one = compared.compared[lever]
        for question, stream in (("hits@60 days", 1), ("raids@60 days", 0)):
            found = one.averted[question].change
            assert found.mean == pytest.approx(
                share * column[stream], abs=4 * found.mc_se + 0.004
            )
    assert compared.compared["perhaps"].touched == pytest.approx(0.25, abs=0.015)


def test_acting_nowhere_is_exactly_zero(compared: Comparison) -> None:
    """A lever on a stream that matters to nothing asked, and an act nobody heeds."""
    for lever in ("elsewhere", "talk"):
        one = compared.compared[lever]
        assert one.touched > 0.9
        for e in one.effects.values():
            assert (e.change.mean, e.change.mc_se, e.lost, e.gained) == (0, 0, 0, 0)
            assert e.tied
        for a in one.averted.values():
            assert (a.change.mean, a.change.mc_se) == (0, 0)
            assert math.isinf(a.variance_ratio)


def test_levers_built_equal_are_tied(compared: Comparison) -> None:
    groups = {r.id: r.group for r in compared.ranking()}
    assert groups["calm"] == groups["calm-again"]
    assert groups["cut"] == 1
    assert (
        compared.effect("calm").change.mean == compared.effect("calm-again").change.mean
    )
    best = compared.best()
    assert best["calm"] == best["calm-again"]


def test_coupling(compared: Comparison) -> None:
    """Yes or no: at least 70 % of the ceiling. Counts: at least 15 times in a linear
    case for a lever that changes under a tenth of the events."""
    for lever in ("calm", "fewer", "cut"):
        k = compared.effect(lever).coupling
        assert k.achieved >= 0.7 * k.ceiling
    small = compared.compared["calm"]
    assert small.apart < 0.1
    assert small.averted["raids@60 days"].variance_ratio >= 15
    assert compared.compared["fewer"].averted["raids@60 days"].variance_ratio >= 5


def test_strength_grows(linear: CaseModel, compared: Comparison) -> None:
    """Means at 0, 25 ... 100 %: the closed form of children scaled that far."""
    a = linear.assembled
    theta = np.array([c.median for c in a.slots.columns])
    zero = mean_counts(a.model, theta, 60.0)
    at = a.slots.index["responses.aa.children"]
    for name, share in zip(
        compared.strengths["calm"], (0, 0.25, 0.5, 0.75, 1), strict=True
    ):
        moved = theta.copy()
        moved[at] *= 1 - 0.1 * share
        want = mean_counts(a.model, moved, 60.0)[0] - zero[0]
        found = compared.compared[name].averted["raids@60 days"].change
        assert abs(found.mean - want) <= 4 * found.mc_se + 1e-12


def test_combination_and_frontier(compared: Comparison) -> None:
    assert "fewer+cut" in compared.levers
    both = compared.effect("fewer+cut").change.mean
    assert both < compared.effect("cut").change.mean < 0
    assert compared.facts["fewer+cut"].cost == 5
    on = compared.frontier()
    assert on[0] == ""
    assert "cut" in on
    assert "elsewhere" not in on


def test_armed_levers_stand_apart(compared: Comparison) -> None:
    assert compared.armed == ("perhaps", "raid")
    assert not {"perhaps", "raid"} & {r.id for r in compared.ranking()}
    assert not {"perhaps", "raid"} & set(compared.best())
    assert compared.compared["raid"].own_deaths is not None


def test_page_and_texts(compared: Comparison) -> None:
    """The first lines say which, how much, how sure, at what price, who."""
    page = comparison_page(compared)
    for part in ("Fewer raids and Cut the answer", "north and south", "2 + 3 of 5"):
        assert part in page.bottom
    html = comparison_html(compared)
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org", "")
    assert len(html.encode()) < 300_000
    first = html[: html.index("<section><h2>Levers</h2>")]
    for word in (
        "variance",
        "Monte Carlo",
        "p-value",
        "posterior",
        "quantile",
        "coupl",
    ):
        assert word not in first
    text = report_markdown(page)
    assert not mixed_sentences(text)
    assert " 0 %" not in text.replace("strength", "")
    body = compared.to_dict()
    json.dumps(body, allow_nan=False)
    assert {r["lever"] for r in body["effects"]} >= {"cut", "raid"}


def test_save(compared: Comparison, tmp_path: Path) -> None:
    folder = compared.save(tmp_path / "out")
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["comparison.csv", "comparison.html", "comparison.json"]
    with pytest.raises(InputError, match="is there already"):
        compared.save(folder)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"levers": ["cut", "cut"]}, 'lever "cut" is named twice: name each once'),
        ({"levers": ["cult"]}, 'unknown lever "cult": the levers are'),
        ({"strength": ["cult"]}, 'unknown lever "cult"'),
        ({"combine": [("cut",)]}, "cut: combine two or more different levers"),
        ({"outcome": "storm"}, 'unknown outcome "storm": the outcomes are'),
        ({"within": 61}, "within 61 days: expected 1 to 60"),
        ({"within": 5}, "no outcome is asked about so soon"),
    ],
)
def test_bad_input(linear: CaseModel, more: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        linear.compare(draws=2, futures=2, as_written=True, **more)


def test_levers_that_contradict_each_other(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    more = "  - {id: other, name: Other, owner: east, kind: legal, do: [{scale: {responses.aa.children: 0.2}}]}\n"
    path.write_text(HEAD + LEVERS + more)
    with pytest.raises(ModelError, match="calm and other contradict each other"):
        load(path).compare(
            combine=[("calm", "other")], draws=2, futures=2, as_written=True
        )
