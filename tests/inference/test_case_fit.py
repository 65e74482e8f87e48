"""A case fitted to its own history: exact likelihood, gradient, calibration, honesty."""

from __future__ import annotations

import datetime as dt
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spillover.api.fit_file import fit_table
from spillover.api.model import CaseModel, load
from spillover.assemble.draws import draw_numbers, draw_table
from spillover.assemble.impute import impute
from spillover.assemble.past_plan import make_plan
from spillover.assemble.posterior import Posterior, prior_correlation
from spillover.errors import FitError
from spillover.inference.case_fit import LEARNED, SILENT, WRITTEN, fit_case
from spillover.inference.case_match import case_match
from spillover.inference.case_problem import case_problem
from spillover.inference.history_data import history_data
from spillover.inference.history_kernels import history_loglik
from spillover.model.history import History
from spillover.model.intensity import compensator, intensity
from tests.support.build import Build

LN2 = math.log(2.0)
Z90 = 1.6448536269514722
ORIGIN = dt.date(2030, 1, 1)
DAYS = 400
WORD = 220
"""Day on which the word is given."""

CASE = """\
spillover: 1
case: fitted
origin: 2030-01-01
horizon: 30 days
history: {records: records.csv, begins: 2028-11-27}
actors:
  reds: {name: Reds, kind: armed group}
  blue: {name: Blue, kind: state}
  patron: {name: Patron, kind: state}
streams:
  - {id: raids, event: reds ASSAULT blue, baseline: {is: 0.1..0.8 per day, basis: BASIS, why: x}}
  - {id: answers, event: blue ASSAULT reds, baseline: {is: 0.02..0.2 per day, why: x}}
  - {id: word, event: patron COERCE reds, baseline: {is: 0.001..0.01 per day, why: x}}
responses:
  - {id: own, when: raids, then: raids, children: {is: 0.1..0.5, why: x}, half_life: {is: 1..6 days, why: x}}
  - {id: back, when: raids, then: answers, children: {is: 0.05..0.4, why: x}, half_life: {is: 1..6 days, why: x}}
restraints:
  - {id: held, owner: patron, when: word, holds: {raids: {is: 0.1..0.6, why: x}}, holds_for: 300 days, why: x}
outcomes:
  - {id: more, question: Are there more raids?, event: raids, at_least: 1, within: 30 days}
"""
NUMBERS = {
    "streams.raids.baseline": (0.1, 0.8, "log"),
    "streams.answers.baseline": (0.02, 0.2, "log"),
    "responses.own.children": (0.1, 0.5, "log"),
    "responses.own.half_life": (1.0, 6.0, "log"),
    "responses.back.children": (0.05, 0.4, "log"),
    "responses.back.half_life": (1.0, 6.0, "log"),
    "restraints.held.holds.raids": (0.1, 0.6, "logit"),
}


def case_folder(folder: Path, rows: list[tuple[int, str]], basis: str = "judgement"):
    """A case with dated records on days from the beginning of the records."""
    who = {"raids": "reds,ASSAULT,blue", "answers": "blue,ASSAULT,reds"}
    who["word"] = "patron,COERCE,reds"
    begins = ORIGIN - dt.timedelta(days=DAYS)
    lines = ["id,date,source,action,target"]
    for n, (day, stream) in enumerate(rows):
        lines.append(f"r{n},{begins + dt.timedelta(days=day)},{who[stream]}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "records.csv").write_text("\n".join(lines) + "\n")
    (folder / "case.yaml").write_text(CASE.replace("BASIS", basis))
    return load(folder)


def draw_truth(rng: np.random.Generator) -> dict[str, float]:
    """Numbers from the priors the case states."""
    truth = {}
    for path, (low, high, law) in NUMBERS.items():
        if law == "log":
            a, b = math.log(low), math.log(high)
        else:
            a, b = math.log(low / (1 - low)), math.log(high / (1 - high))
        x = 0.5 * (a + b) + (b - a) / (2 * Z90) * rng.standard_normal()
        truth[path] = math.exp(x) if law == "log" else 1 / (1 + math.exp(-x))
    return truth


def simulate(rng: np.random.Generator, t: dict[str, float]) -> list[tuple[int, str]]:
    """A history by clusters, thinned by the restraint; times cut to days."""
    links = {"raids": [("raids", "own"), ("answers", "back")], "answers": []}
    rows = [(WORD, "word")]
    held = t["restraints.held.holds.raids"]
    for stream in ("raids", "answers"):
        n = rng.poisson(t[f"streams.{stream}.baseline"] * DAYS)
        queue = [(x, stream) for x in rng.uniform(0, DAYS, n)]
        while queue:
            at, kind = queue.pop()
            if at >= DAYS:
                continue
            if kind == "raids" and at > WORD + 0.5 and rng.uniform() > held:
                continue
            rows.append((int(at), kind))
            for child, link in links[kind]:
                half = t[f"responses.{link}.half_life"]
                for _ in range(rng.poisson(t[f"responses.{link}.children"])):
                    queue.append((at + rng.exponential(half / LN2), child))
    return sorted(rows)


def test_likelihood_is_intensity_and_compensator() -> None:
    """sum of log lambda less Lambda, as `model.intensity` has them, two streams."""
    b = Build(horizon=40.0)
    b.stream("a", base=0.4)
    b.stream("b", base=0.15)
    b.response("a", "a", 0.3, 2.0)
    b.response("a", "b", 0.5, 4.0)
    b.response("b", "a", 0.2, 0.7)
    model, theta = b.build()
    rng = np.random.default_rng(7)
    time = np.sort(rng.uniform(0, 40, 30))
    stream = rng.integers(0, 2, 30)
    zero = np.zeros(30, np.int64)
    history = History(
        time=time, stream=stream, flags=zero.astype(np.uint64), deaths=zero,
        injured=zero, claims=np.zeros((30, 0), np.int64), key=zero.astype(np.uint64),
        parent=zero - 1, via=zero,
    )  # fmt: skip
    rates = intensity(model, theta, history, time)
    whole = compensator(model, theta, history, np.array([40.0]))[0]
    oracle = np.log(rates[np.arange(30), stream]).sum() - whole.sum()

    order = np.lexsort((time, stream))
    pointer = np.searchsorted(stream[order], [0, 1, 2])
    parents = [time[stream == 0], time[stream == 0], time[stream == 1]]
    ones = np.ones((2, 40))
    value = history_loglik(
        time[order], pointer, ones > 0, np.array([[0.4], [0.15]]) * ones, ones, ones,
        np.array([0, 1, 0]), np.cumsum([0, *map(len, parents)]),
        np.concatenate(parents),
        np.array([0.3, 0.5, 0.2]), LN2 / np.array([2.0, 4.0, 0.7]),
    )[0]  # fmt: skip
    assert abs(value - oracle) < 1e-8, (value, oracle)


@pytest.mark.parametrize("name", ["strait-demo", "iraq-2024"])
def test_gradient_by_differences(name: str) -> None:
    """Every coordinate, on both bundled cases, away from the middle."""
    model: CaseModel = load(name)
    a = replace(model.assembled, variants=())
    plan = make_plan(a)
    table = draw_table(a, 1, 1, judge=False)
    past = impute(a, table.theta, 1)
    times = np.array([0.5 * (r.low + r.high) for r in plan.past.records])
    data = history_data(plan, table.theta[0], past.history(0), times)
    columns = [i for i, c in enumerate(a.slots.columns) if c.drawn]
    prior = prior_correlation(a.slots, columns)
    n = len(columns)
    problem = case_problem(
        a.model, a.slots, data, table.theta[0], columns, prior, np.zeros(n)
    )
    rng = np.random.default_rng(3)
    z = 0.2 * rng.standard_normal(len(problem.names))
    value, grad = problem.logp_grad(z)
    assert np.isfinite(value)
    step = 1e-5
    for k in range(len(z)):
        e = np.zeros(len(z))
        e[k] = step
        up, down = problem.logp_grad(z + e)[0], problem.logp_grad(z - e)[0]
        slope = (up - down) / (2 * step)
        assert abs(slope - grad[k]) < 1e-4 * max(1.0, abs(grad[k])), (k, slope, grad[k])


@pytest.mark.slow
def test_intervals_cover_and_ranks_are_level(tmp_path: Path) -> None:
    """Truth drawn from the priors: 90 % intervals of all numbers cover 90 % pooled.

    120 sets x 7 numbers; the standard error is taken between sets. Smallest departure it
    can see: about 6 points.
    """
    rng = np.random.default_rng(20301)
    inside, ranks = [], []
    for k in range(120):
        truth = draw_truth(rng)
        model = case_folder(tmp_path / str(k), simulate(rng, truth))
        fit = fit_case(model.assembled, histories=4, rounds=2)
        at = {p: j for j, p in enumerate(fit.posterior.paths)}
        hit = []
        for path, (low, high, law) in NUMBERS.items():
            a, b = (math.log(v if law == "log" else v / (1 - v)) for v in (low, high))
            x = truth[path]
            x = math.log(x if law == "log" else x / (1 - x))
            z = (x - 0.5 * (a + b)) / ((b - a) / (2 * Z90))
            mean, sd = 0.0, 1.0
            if path in at:
                mean = float(fit.posterior.mean[at[path]])
                sd = float(fit.posterior.spread[at[path]])
            hit.append(abs(z - mean) < Z90 * sd)
            ranks.append((z - mean) / sd)
        inside.append(np.mean(hit))
    share, se = np.mean(inside), np.std(inside, ddof=1) / math.sqrt(len(inside))
    assert abs(share - 0.9) < 5 * se, (share, se)
    sys.stdout.write(f"covered {share:.3f}, standard error {se:.3f}\n")  # seen with -s
    middle = np.mean(ranks) * math.sqrt(len(ranks) / 7)  # 7 of a set are correlated
    assert abs(middle) < 5, middle


def test_a_restraint_is_learned_and_a_silent_link_is_not(tmp_path: Path) -> None:
    """A factor of 0.15 against a middle of 0.27; answers never follow raids."""
    rng = np.random.default_rng(5)
    truth = {p: math.sqrt(a * b) for p, (a, b, _) in NUMBERS.items()}
    truth |= {"restraints.held.holds.raids": 0.12, "streams.raids.baseline": 0.8}
    model = case_folder(tmp_path, simulate(rng, truth))
    fit = fit_case(model.assembled, histories=4, rounds=2)
    assert fit.told["restraints.held.holds.raids"] == LEARNED
    k = fit.posterior.paths.index("restraints.held.holds.raids")
    assert fit.posterior.mean[k] < -0.5
    assert fit.posterior.spread[k] < 0.8
    check = {c.stream: c for c in fit.checks}["raids"]
    assert abs(check.seen - check.expected) < 5 * math.sqrt(check.expected)
    assert check.gaps > 2e-5


def test_a_range_judged_from_the_records_is_not_counted_twice(tmp_path: Path) -> None:
    """With few records the written range stays; with many the records speak."""
    few = case_folder(tmp_path / "few", [(10, "raids"), (WORD, "word")], "data")
    told = fit_case(few.assembled, histories=4, rounds=2, judged=["streams.answers.baseline", "streams.word.baseline"]).told  # fmt: skip
    assert told["streams.word.baseline"] == WRITTEN
    rng = np.random.default_rng(6)
    truth = {p: math.sqrt(a * b) for p, (a, b, _) in NUMBERS.items()}
    many = case_folder(tmp_path / "many", simulate(rng, truth), "data")
    found = fit_case(many.assembled, histories=4, rounds=2, judged=["streams.raids.baseline"])  # fmt: skip
    assert found.told["streams.raids.baseline"] == LEARNED
    assert found.widened == ("streams.raids.baseline",)


def test_when_every_range_says_more_than_the_records(tmp_path: Path) -> None:
    """All ranges judged from two records: nothing is moved, and draws stay as they are."""
    case_folder(tmp_path, [(10, "raids"), (WORD, "word")])
    text = (tmp_path / "case.yaml").read_text()
    for was, now in [
        ("{is: 0.1..0.8 per day, basis: judgement, why: x}", "0.01 per day"),
        ("0.02..0.2 per day", "0.0001..0.001 per day"),
    ]:
        assert text.count(was) == 1
        text = text.replace(was, now)
    (tmp_path / "case.yaml").write_text(text)
    model = load(tmp_path)
    every = [c.path for c in model.assembled.slots.columns]
    fit = fit_case(model.assembled, histories=2, rounds=2, judged=every)
    assert fit.posterior.paths == ()
    assert LEARNED not in fit.told.values()
    fitted = replace(model.assembled, posterior=fit.posterior)
    a, b = (draw_numbers(x, 1, 20, judge=False) for x in (model.assembled, fitted))
    assert np.array_equal(a, b)
    assert fit_table(model.assembled, fit, 1).rows


def test_numbers_not_learned_keep_every_bit() -> None:
    """Only the columns of a posterior move, and with the prior's own law none does."""
    a = load("strait-demo").assembled
    before = draw_numbers(a, 1, 50, judge=False)
    path = "streams.asks.baseline"
    moved = replace(a, posterior=Posterior((path,), np.array([1.0]), np.array([[0.5]])))
    after = draw_numbers(moved, 1, 50, judge=False)
    changed = {
        a.slots.columns[c].path for c in np.flatnonzero((before != after).any(0))
    }
    assert changed == {path}
    c = a.slots.index[path]
    middle = a.slots.columns[c]
    z = np.log(before[:, c] / middle.median) / middle.spread
    z_after = np.log(after[:, c] / middle.median) / middle.spread
    assert np.allclose(z_after, 1.0 + 0.5 * z)


def test_posterior_of_alike_numbers_with_prior_law_changes_nothing() -> None:
    """Root equal to the prior's Cholesky: the same draws, to rounding."""
    a = load("iraq-2024").assembled
    columns = [i for i, c in enumerate(a.slots.columns) if c.group == "iran-hold"]
    R = np.linalg.cholesky(prior_correlation(a.slots, columns))
    paths = tuple(a.slots.columns[c].path for c in columns)
    same = replace(a, posterior=Posterior(paths, np.zeros(len(columns)), R))
    x = draw_numbers(a, 1, 40, judge=False)
    y = draw_numbers(same, 1, 40, judge=False)
    assert np.allclose(x, y, rtol=1e-10)


def test_monthly_counts_leave_links_as_written() -> None:
    """The cut: in the reference case no link learns from events counted by the month."""
    model = load("iraq-2024")
    told = fit_case(model.assembled, histories=4, rounds=1).told
    assert "counted over longer times" in told["numbers.own-children"]
    assert told["responses.israel-follows-up.children"] == SILENT
    assert told["streams.attacks-on-us.level"] == LEARNED


def test_nothing_to_fit(tmp_path: Path) -> None:
    model = case_folder(tmp_path, [(1, "raids")])
    empty = replace(model.assembled, past=replace(model.assembled.past, begins=0))
    with pytest.raises(FitError, match="no record before its origin"):
        fit_case(empty)


@pytest.mark.slow
def test_the_careful_sampler_agrees(tmp_path: Path) -> None:
    """NUTS in place of Laplace moves no middle by half a spread and no spread by 40 %."""
    pytest.importorskip("nutpie")
    rng = np.random.default_rng(8)
    truth = {p: math.sqrt(a * b) for p, (a, b, _) in NUMBERS.items()}
    model = case_folder(tmp_path, simulate(rng, truth))
    plain = fit_case(model.assembled, histories=2, rounds=2)
    careful = fit_case(model.assembled, histories=2, rounds=2, careful=True)
    for k, path in enumerate(plain.posterior.paths):
        if path not in careful.posterior.paths:
            continue  # nothing learned of it either way, by a hair
        j = careful.posterior.paths.index(path)
        sd = plain.posterior.spread[k]
        away = abs(careful.posterior.mean[j] - plain.posterior.mean[k]) / sd
        assert away < 0.5, (path, away)
        assert 0.6 < careful.posterior.spread[j] / sd < 1.4, path


def test_the_engine_keeps_the_fitted_daily_law() -> None:
    """Mean, variance and days of none of both engines of thought, bundled cases."""
    for name in ("strait-demo", "iraq-2024"):
        a = load(name).assembled
        fit = fit_case(a, histories=2, rounds=1)
        match = case_match(a, fit.posterior)
        assert match.rows
        assert not match.flagged, str(match)
        wrong = replace(fit.posterior, mean=fit.posterior.mean + 1.5)
        counts = case_match(a, wrong)
        assert [r.fitted for r in counts.rows] != [r.fitted for r in match.rows]
