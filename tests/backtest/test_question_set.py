"""The set of questions: by rule, the same for everyone, and fair to whoever answers."""

import csv
import io

import numpy as np
import pytest
from typer.testing import CliRunner

from spillover.cli.app import app
from spillover.errors import InputError
from spillover.study.backtest import backtest_table
from spillover.study.open_sets import OPEN_SETS
from spillover.study.question_set import (
    CELLS,
    POINTS,
    quantiles,
    read_answers,
    score_set,
    set_questions,
    to_csv,
)
from tests.backtest.synthetic import answering, table_of


@pytest.fixture(scope="module")
def judged():
    return backtest_table(table_of(answering(20310101, 480, link=0.5), 380), (7, 30))


@pytest.fixture(scope="module")
def asked(judged):
    return set_questions("made", judged)


def test_windows_of_a_cell_do_not_overlap_and_answers_are_the_sums(asked, judged):
    table = judged.table
    seen = {}
    for q in asked:
        first = (np.datetime64(q.opens) - np.datetime64(table.start)).astype(int)
        last = (np.datetime64(q.closes) - np.datetime64(table.start)).astype(int)
        assert first >= table.first_test
        total = table.counts[first : last + 1, table.cells.index(q.cell)].sum()
        assert q.answer == (total if q.kind == "count" else total > (q.threshold or 0))
        for a, b in seen.setdefault((q.cell, q.kind, last - first), []):
            assert last < a or first > b
        seen[q.cell, q.kind, last - first].append((first, last))
    assert len({q.cell for q in asked}) == CELLS
    assert len({q.id for q in asked}) == len(asked)


def test_what_is_known_before_is_not_asked(asked, judged):
    for q in asked:
        if q.kind == "count":
            continue
        days = 7 if q.id.endswith("+7") else 30
        lead = next(x for x in judged.leads if x.days == days)
        k = judged.table.cells.index(q.cell)
        past = lead.window.sums[: judged.table.first_test - days + 1, k]
        assert 0 < (past > (q.threshold or 0)).mean() < 1


def test_the_default_stands_beside_the_baselines(asked):
    chances, counts = score_set(asked)
    assert {k.name for k in chances.skills} == {
        "climatology",
        "persistence",
        "own-history-only",
    }
    assert chances.n + counts.n == len(asked)
    p = np.array([q.ours for q in asked if q.kind != "count"])
    y = np.array([q.answer for q in asked if q.kind != "count"])
    assert chances.score == pytest.approx(((p - y) ** 2).mean())


def filled(asked, give):
    rows = list(csv.DictReader(io.StringIO(to_csv(asked))))
    for row, q in zip(rows, asked, strict=True):
        row.update(give(q))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def ours(q):
    if q.kind == "count":
        return {f"q{round(100 * x)}": v for x, v in zip(POINTS, q.ours, strict=True)}
    return {"p": q.ours}


def test_the_table_holds_no_answer_and_comes_back_as_it_was_filled_in(asked):
    assert "answer" not in to_csv(asked).splitlines()[0]
    said = read_answers(filled(asked, ours), "a.csv", asked)
    assert said == {q.id: q.ours for q in asked}
    chances, counts = score_set(asked, said)
    for scored in (chances, counts):
        spillover = next(k for k in scored.skills if k.name == "Spillover")
        assert spillover.difference == pytest.approx(0.0)


def test_who_knows_the_answer_scores_better_and_who_does_not_worse(asked):
    def knows(q):
        if q.kind == "count":
            return dict.fromkeys((f"q{round(100 * x)}" for x in POINTS), q.answer)
        return {"p": 0.999 if q.answer else 0.001}

    def errs(q):
        return {} if q.kind == "count" else {"p": 0.001 if q.answer else 0.999}

    best = score_set(asked, read_answers(filled(asked, knows), "a.csv", asked))
    assert best[0].score < 1e-4
    assert best[1].score == 0.0
    assert next(k for k in best[0].skills if k.name == "Spillover").high < 0
    worst = score_set(asked, read_answers(filled(asked, errs), "a.csv", asked))
    assert worst[0].score > 0.99
    assert worst[1] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p": "1"}, "p is 1. Expected a chance above 0 and below 1"),
        ({"p": "often"}, 'p "often" is no number'),
        ({"p": "nan"}, 'p "nan" is no number'),
        ({"id": "made:x"}, 'there is no question "made:x" in this set'),
    ],
)
def test_answers_that_do_not_fit_are_named_by_their_line(asked, change, message):
    first = next(q for q in asked if q.kind != "count")
    line = 2 + asked.index(first)
    text = filled(asked, lambda q: change if q is first else ours(q))
    with pytest.raises(InputError) as e:
        read_answers(text, "a.csv", asked)
    assert str(e.value) == f"a.csv:{line}: {message}"


def test_quantiles_that_fall_or_nothing_filled_in(asked):
    first = next(q for q in asked if q.kind == "count")
    text = filled(
        asked, lambda q: ours(q) | ({"q95": 0} if q is first and q.ours[0] >= 0 else {})
    )
    with pytest.raises(InputError, match="must be 0 or more and not fall"):
        read_answers(text, "a.csv", asked)
    with pytest.raises(InputError, match="no question is answered"):
        read_answers(to_csv(asked), "a.csv", asked)
    with pytest.raises(InputError, match=r"a\.csv:1: the column id is missing"):
        read_answers("x\n1\n", "a.csv", asked)


def test_quantiles_are_those_of_the_law(judged):
    lead = judged.leads[0]
    law = lead.laws["train-mean NB"]
    t = int(lead.origins[0])
    m, size = float(law.means[0, t, 0]), float(law.sizes[0, t, 0])
    rng = np.random.default_rng(1)
    drawn = rng.negative_binomial(size, size / (size + m), 200_000)
    assert np.abs(np.quantile(drawn, POINTS) - quantiles(law, t, 0)).max() <= 1


def test_a_folder_without_the_series(tmp_path):
    said = CliRunner().invoke(app, ["bench-questions", str(tmp_path)])
    assert "none of the series is there" in str(said.exception)
    said = CliRunner().invoke(
        app, ["bench-questions", str(tmp_path), "--series", "icews"]
    )
    assert 'unknown series "icews"' in str(said.exception)
    assert set(OPEN_SETS) >= {"icews18_me", "iraq_sigacts", "israel_alerts_daily"}
