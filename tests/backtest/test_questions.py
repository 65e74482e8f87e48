"""Yes/no questions of a backtest: scored as by hand, better where there is something to know."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from spillover.cli.app import app
from spillover.inference.chance_shift import shifted
from spillover.scoring.laws import score_laws
from spillover.study.backtest import backtest_table
from spillover.study.backtest_models import DEFAULT, MODELS
from spillover.study.backtest_questions import FLOOR, KINDS, questions_of
from tests.backtest.synthetic import answering, table_of, write_csv


@pytest.fixture(scope="module")
def judged():
    return backtest_table(table_of(answering(20310101, 480, link=0.5), 380), (1, 7))


@pytest.fixture(scope="module")
def asked(judged):
    return questions_of(judged)


def test_both_kinds_at_every_lead(asked, judged):
    assert [(a.days, a.kind) for a in asked] == [(d, k) for d in (1, 7) for k in KINDS]
    for a in asked:
        assert {r.name for r in a.rivals} == set(judged.leads[0].judged)
        assert a.rivals[0].name == DEFAULT
        assert a.rivals[0].brier_gain is None


def test_scores_are_those_of_the_laws(asked, judged):
    lead = judged.leads[0]
    y = lead.window.sums[lead.window.test] > 0
    for r in asked[0].rivals:
        if r.name in MODELS:
            continue  # moved by how past questions came out: below
        p = np.clip(lead.judged[r.name].scores.any_event, FLOOR, 1 - FLOOR)
        assert r.brier == pytest.approx(float(((p - y) ** 2).mean()))
        assert r.brier == pytest.approx(lead.judged[r.name].all.brier_any, abs=1e-5)
        assert r.log == pytest.approx(float(-np.log(np.where(y, p, 1 - p)).mean()))
    assert asked[0].yes == pytest.approx(float(y.mean()))


def test_a_model_is_moved_by_all_its_closed_questions(asked, judged):
    """As if every origin since the first counted: those left out are too old to."""
    lead = judged.leads[1]
    at = np.arange(judged.setup.first, lead.window.test[-1] + 1)
    s = score_laws(lead.window.sums, lead.laws[DEFAULT], at, lead.threshold)
    p = np.clip(s.exceeds, FLOOR, 1 - FLOOR)
    y = (lead.window.sums[at] > lead.threshold).astype(float)
    p = np.clip(shifted(p, y, at, 7)[-len(lead.window.test) :], FLOOR, 1 - FLOOR)
    y = y[-len(lead.window.test) :]
    mine = next(a for a in asked if (a.days, a.kind) == (7, KINDS[1])).rivals[0]
    assert mine.brier == pytest.approx(float(((p - y) ** 2).mean()), rel=1e-9)


def test_where_answers_come_in_kind_the_default_is_better_and_reliable(asked):
    day = asked[0]
    by_name = {r.name: r for r in day.rivals}
    for other in ("climatology", "last value", "train-mean NB"):
        assert by_name[other].brier_gain.low > 0
        assert by_name[other].log_gain.low > 0
    assert day.reliability.within >= 0.7 * len(day.reliability.bins)
    assert day.reliability.level > 0.005


def test_a_gain_is_the_difference_of_the_means(asked):
    for a in asked:
        for r in a.rivals[1:]:
            assert r.brier_gain.mean == pytest.approx(r.brier - a.rivals[0].brier)
            assert r.log_gain.mean == pytest.approx(r.log - a.rivals[0].log)


def test_the_command_prints_them(tmp_path):
    path = write_csv(tmp_path / "a.csv", answering(3, 240, link=0.5))
    words = [
        "backtest",
        str(path),
        "--keys",
        "source,target",
        "--count",
        "n",
        "--horizons",
        "1",
        "-q",
    ]
    said = CliRunner().invoke(app, [*words, "--questions"]).output
    assert "Any event within 1 day: " in said
    assert "Reliability of the default: " in said
    body = json.loads(CliRunner().invoke(app, [*words, "--questions", "--json"]).stdout)
    assert [a["kind"] for a in body["questions"]] == list(KINDS)
    assert "questions" not in json.loads(
        CliRunner().invoke(app, [*words, "--json"]).stdout
    )
