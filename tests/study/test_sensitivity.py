"""Sensitivity on functions whose answers are known: Ishigami, a linear toy, a Cox world."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spillover.api import load
from spillover.api.sensitivity import Sensitivity
from spillover.api.sensitivity_page import sensitivity_html, sensitivity_page
from spillover.brief.report_html import report_markdown
from spillover.brief.words import mixed_sentences
from spillover.errors import InputError
from spillover.study.indices import basis_of, group_index, indices_of
from spillover.study.latent import bound_of
from spillover.study.red_team import flip_of, flip_weight, tilt_of
from spillover.study.tornado import tornado_of
from spillover.study.worth import worth_of, worth_of_all

D = 4000


def ishigami(
    rng: np.random.Generator, n: int = D
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    x = {k: rng.uniform(-np.pi, np.pi, n) for k in ("x1", "x2", "x3", "x4")}
    y = (
        np.sin(x["x1"])
        + 7 * np.sin(x["x2"]) ** 2
        + 0.1 * x["x3"] ** 4 * np.sin(x["x1"])
    )
    return x, y


# First-order indices of the Ishigami function, a = 7, b = 0.1 (Ishigami & Homma 1990).
KNOWN = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0, "x4": 0.0}


def based(x: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: basis_of(v) for name, v in x.items()}


def test_ishigami() -> None:
    """Within four standard errors, and 0.02 for what degree 8 cannot follow."""
    x, y = ishigami(np.random.default_rng(1))
    found = {i.name: i for i in indices_of(based(x), y)}
    for name, want in KNOWN.items():
        assert abs(found[name].share - want) < 4 * found[name].se + 0.02, name
    assert [i.name for i in indices_of(based(x), y)][:2] == ["x2", "x1"]
    assert not found["x3"].seen
    assert not found["x4"].seen


def test_as_salib_finds_them() -> None:
    """Beside SALib's estimator for given data (skips where it is not installed)."""
    rbd = pytest.importorskip("SALib.analyze.rbd_fast")
    x, y = ishigami(np.random.default_rng(2))
    problem = {"num_vars": 4, "names": list(x), "bounds": [[-np.pi, np.pi]] * 4}
    theirs = rbd.analyze(problem, np.stack(list(x.values()), axis=1), y, seed=1)
    ours = {i.name: i.share for i in indices_of(based(x), y)}
    for name, s1 in zip(x, theirs["S1"], strict=True):
        assert ours[name] == pytest.approx(float(s1), abs=0.06)


def probit(
    rng: np.random.Generator, futures: int
) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    """Chance that moves linearly with two of five inputs: shares 0.8 and 0.2."""
    x = {f"z{k}": rng.normal(size=D) for k in range(5)}
    u = {k: stats.norm.cdf(v) for k, v in x.items()}
    p = 0.3 + 0.2 * (u["z0"] - 0.5) + 0.1 * (u["z1"] - 0.5)
    hits = rng.binomial(futures, p)
    y = hits / futures
    within = float((hits * (futures - hits)).mean()) / (futures**2 * (futures - 1))
    return x, y, within


def test_noise_of_finite_futures_is_taken_out() -> None:
    x, y, within = probit(np.random.default_rng(3), 20)
    found = {i.name: i for i in indices_of(based(x), y, within)}
    for name, want in {"z0": 0.8, "z1": 0.2, "z2": 0.0}.items():
        assert abs(found[name].share - want) < 4 * found[name].se + 0.03, name
    raw = {i.name: i for i in indices_of(based(x), y, 0.0)}
    # Left in, the noise would be nearly two thirds of the variance: must not pass.
    assert abs(raw["z0"].share - 0.8) > 10 * raw["z0"].se


def test_a_number_that_does_nothing_is_not_seen() -> None:
    """Over 200 worlds of five idle inputs fewer than one in thirty show one."""
    rng = np.random.default_rng(4)
    wrong = 0
    for _ in range(200):
        x = {f"z{k}": rng.normal(size=500) for k in range(5)}
        y = rng.binomial(20, 0.3, 500) / 20
        wrong += any(i.seen for i in indices_of(based(x), y, 0.3 * 0.7 / 20 * 0.999))
    assert wrong <= 7


def test_numbers_that_move_together() -> None:
    """Two inputs correlated 0.9 that only matter together: the group has it all."""
    rng = np.random.default_rng(5)
    a = rng.normal(size=D)
    b = 0.9 * a + math.sqrt(1 - 0.81) * rng.normal(size=D)
    y = a + b + rng.normal(size=D)
    whole = float(np.var(a + b))
    assert group_index([a, b], y) == pytest.approx(whole / (whole + 1), abs=0.03)
    assert group_index([rng.normal(size=D)] * 2, y) == pytest.approx(0.0, abs=0.01)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_order_and_scale_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y, within = probit(rng, 20)
    order = rng.permutation(D)
    a = {i.name: i.share for i in indices_of(based(x), y, within)}
    b = indices_of(based({k: np.exp(v[order]) for k, v in x.items()}), y[order], within)
    for i in b:
        assert i.share == pytest.approx(a[i.name], abs=1e-9)


def test_tornado() -> None:
    x, y, _ = probit(np.random.default_rng(6), 20)
    top = tornado_of(x, y)[0]
    assert top.name == "z0"
    assert top.low == pytest.approx(0.3 - 0.2 * 0.45, abs=4 * top.low_se)
    assert top.high == pytest.approx(0.3 + 0.2 * 0.45, abs=4 * top.high_se)


# ---- worth -------------------------------------------------------------------------


def levers(
    rng: np.random.Generator,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Lever A changes by -0.1, lever B by -0.1 + 0.05 z: which is better depends on z."""
    x = {"z": rng.normal(size=D), "idle": rng.normal(size=D)}
    return x, {"a": np.full(D, -0.1), "b": -0.1 + 0.05 * x["z"]}


def test_worth_of_knowing() -> None:
    """E min(-0.1, -0.1 + 0.05 z) = -0.1 - 0.05 / sqrt(2 pi): worth 0.01995."""
    rng = np.random.default_rng(7)
    x, d = levers(rng)
    want = 0.05 / math.sqrt(2 * math.pi)
    assert worth_of_all(d) == pytest.approx(want, abs=0.0015)
    noisy = {k: v + rng.normal(0, 0.1, D) for k, v in d.items()}
    found = {w.name: w.worth for w in worth_of(x, noisy)}
    assert found["z"] == pytest.approx(want, abs=0.003)
    assert found["idle"] < 0.001
    # Taking the best lever of each noisy draw would claim several times as much.
    assert worth_of_all(noisy) > 2 * want


# ---- red team ------------------------------------------------------------------------


def test_where_one_number_turns_the_order() -> None:
    """gap = -0.02 + 0.04 (u - 0.5) is zero at u = 1: nowhere; with 0.1 at u = 0.7."""
    rng = np.random.default_rng(8)
    z = rng.normal(size=D)
    u = stats.norm.cdf(z)
    noise = rng.normal(0, 0.02, D)
    never = flip_of("z", z, -0.02 + 0.03 * (u - 0.5) + noise)
    assert math.isnan(never.quantile)
    found = flip_of("z", z, -0.02 + 0.1 * (u - 0.5) + noise)
    assert found.quantile == pytest.approx(0.7, abs=0.04)
    assert found.value == pytest.approx(stats.norm.ppf(0.7), abs=0.12)


def test_slightest_reweighting() -> None:
    """Normal gap of mean m and sd s: the tilt moves the mean by m, entropy m^2 / 2 s^2."""
    rng = np.random.default_rng(9)
    z = rng.normal(size=200_000)
    tilt = tilt_of({"z": z}, -0.02 + 0.04 * z)
    assert tilt.entropy == pytest.approx(0.5**2 / 2, rel=0.03)
    assert tilt.moved[0][1] > 0.4
    assert 0.5 < tilt.effective < 0.9
    assert math.isinf(tilt_of({"z": z}, np.full(len(z), -0.1)).entropy)


def test_weight_of_a_reading() -> None:
    rows = np.arange(100) < 25
    gap = np.where(rows, 0.03, -0.01)
    assert flip_weight(rows, gap) == pytest.approx(0.25)
    assert math.isnan(flip_weight(rows, np.full(100, -0.01)))


# ---- hidden causes ---------------------------------------------------------------------


def test_a_hidden_cause_of_that_swing_looks_like_the_link() -> None:
    """Two Poisson streams share a slow level of the bound's swing: after an event of one
    the other has as many events more, within its memory, as the link has children."""
    rng = np.random.default_rng(10)
    children, rate, half = 0.3, 0.5, 3.0
    memory = half / math.log(2.0)
    bound = bound_of("x", children, rate, half)
    s = math.log(bound.swing)
    days, worlds, excess = 400.0, 300, []
    for _ in range(worlds):
        # a level that is the same for 40 days, long against a memory of 4.3
        levels = np.exp(rng.normal(-s * s / 2, s, 10))
        j, i = (
            np.sort(np.concatenate([
                40 * k + rng.uniform(0, 40, rng.poisson(rate * x * 40))
                for k, x in enumerate(levels)
            ]))
            for _ in range(2)
        )  # fmt: skip
        j = j[(j % 40.0) < 40.0 - memory]  # the memory lies within one block
        n = np.searchsorted(i, j + memory) - np.searchsorted(i, j)
        excess.append((n.sum(), len(j)))
    total, many = np.sum(excess, axis=0)
    per_world = np.array([a - b * total / many for a, b in excess])
    se = float(per_world.std()) * math.sqrt(worlds) / many
    assert total / many - rate * memory == pytest.approx(children, abs=4 * se)
    assert bound.e_value == pytest.approx(
        bound.ratio + math.sqrt(bound.ratio * (bound.ratio - 1))
    )
    assert days > memory


# ---- the whole -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found() -> Sensitivity:
    return load("strait-demo").sensitivity(draws=600, futures=10, as_written=True)


def test_a_case(found: Sensitivity, tmp_path: Path) -> None:
    """Page, JSON and folder; likelihood words apart from confidence."""
    html = sensitivity_html(found)
    assert "<script" not in html
    assert len(html.encode()) < 300_000
    assert not mixed_sentences(report_markdown(sensitivity_page(found)))
    body = found.to_dict()
    json.dumps(body, allow_nan=False)
    assert body["inputs"][0]["share"] >= body["inputs"][-1]["share"]
    assert any(r["seen"] for r in body["inputs"])
    assert body["hidden_cause"]
    folder = found.save(tmp_path / "out")
    assert (folder / "sensitivity.html").is_file()


def test_inputs_are_the_uncertain_numbers(found: Sensitivity) -> None:
    """Numbers that are certain, copies and levers' own are no inputs; readings are."""
    assert "reading: control" in found.inputs
    assert not [p for p in found.inputs if p.startswith("levers.")]
    columns = {c.path: c for c in found.model.assembled.slots.columns}
    assert all(columns[p].drawn for p in found.inputs if p in columns)


def test_too_few_draws() -> None:
    with pytest.raises(
        InputError, match="draws is 100: sensitivity needs at least 200"
    ):
        load("strait-demo").sensitivity(draws=100, as_written=True)
