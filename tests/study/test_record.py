"""Forecasts put on record, resolved by event data or by hand, scored; the honest way only."""

import datetime as dt
import json

import numpy as np
import pytest

import spillover as sp
from spillover.api.events import import_events
from spillover.api.record import (
    forecasts_of,
    record_run,
    resolve_by_hand,
    void,
)
from spillover.api.record_scores import score_ledger, track_record
from spillover.api.record_words import question_sentence
from spillover.api.resolve import resolve_by_events
from spillover.errors import InputError
from spillover.store.ledger import Ledger
from spillover.study.forecast_question import ForecastQuestion, questions_of, void_risks

MADE = dt.datetime(2031, 3, 1, 9, tzinfo=dt.UTC)
AFTER = dt.date(2031, 9, 1)
RULE = "resolves: {by: [plain, acled], differ: first, silent: no}"


def case_with(folder, rule=RULE, of="strike-on-arland"):
    """strait-demo with a rule on one outcome."""
    model = sp.load("strait-demo")
    folder.mkdir()
    for name, data in model.files.items():
        (folder / name).write_bytes(data)
    path = folder / "case.yaml"
    text = path.read_text("utf-8")
    text = text.replace(f"  - id: {of}\n", f"  - id: {of}\n    {rule}\n", 1)
    assert rule in text
    path.write_text(text, "utf-8")
    return sp.load(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return case_with(tmp_path_factory.mktemp("cases") / "ruled")


@pytest.fixture(scope="module")
def run(model):
    return model.simulate(draws=60, futures=10, as_written=True)


@pytest.fixture
def ledger(tmp_path, run):
    made = Ledger(tmp_path / "forecasts.jsonl")
    record_run(run, made, now=MADE)
    return made


def find(ledger, name):
    return next(f for f in forecasts_of(ledger) if f.question.id == name)


def test_every_question_stands_on_record_whole(ledger, model, run):
    found = forecasts_of(ledger)
    asked = questions_of(model.case, model.assembled.questions)
    assert [f.question for f in found] == [q for q in asked if q.open_to_record]
    answers = {a.id: a for a in run.outcomes()}
    for f in found:
        assert (
            ForecastQuestion.of(json.loads(json.dumps(f.question.to_dict())))
            == f.question
        )
        a = answers[f.question.id]
        if a.chance is not None:
            assert 0.0 < f.body["p"] < 1.0
            assert f.body["p"] == pytest.approx(a.chance.p, abs=0.5 / 600)
        else:
            assert f.body["quantiles"][9] == a.quantiles[2]
        assert f.body["case_digest"] == model.digest


def test_the_sentence_names_who_what_whom_when(ledger, model):
    f = find(ledger, "strike-on-arland@30 days")
    assert f.body["sentence"] == (
        "Westmark attacks anyone in Arland: at least 1 time, from 1 March 2031 to 30 March 2031, both days included, UTC?"
    )
    assert f.body["decided"] == (
        "Resolved from 14 April 2031 by the event store: plain, then acled; where both speak and differ, the first holds; where all are silent, the answer is no. Void only if the record itself was wrong."
    )
    assert question_sentence(f.question, model.case) == f.body["sentence"]


def test_the_past_alone_is_put_beside_it(ledger):
    for f in forecasts_of(ledger):
        past = f.body["past"]
        if past and past["climatology"] is not None:
            assert 0.0 < past["climatology"] < 1.0
            assert past["persistence"] in (pytest.approx((past["last"] + 0.5) / 2),)
    strike = find(ledger, "strike-on-arland@30 days").body["past"]
    assert strike["windows"] >= 2


def events(folder, rows):
    """A store with rows (date, source, target, place; Arland when absent)."""
    path = folder / "events.csv"
    full = [(*r, "Arland")[:4] for r in rows]
    lines = [f"e{n},{d},{s},ASSAULT,{t},{p},{d}" for n, (d, s, t, p) in enumerate(full)]
    head = "id,date,source,action,target,place,published"
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    import_events([path], store=folder / "events.duckdb")
    return folder / "events.duckdb"


def by_events(ledger, model, store, today=AFTER):
    made, notes = resolve_by_events(ledger, model, store, today=today, now=MADE)
    return {e.body["of"]: e.body for e in made}, notes


def test_resolved_by_the_store_inside_the_window_and_not_outside(
    ledger, model, tmp_path
):
    store = events(
        tmp_path,
        [
            ("2031-03-31", "Westmark", "First Brigade"),
            ("2031-02-27", "Westmark", "First Brigade"),
        ],
    )
    found, _ = by_events(ledger, model, store)
    ids = {
        n: find(ledger, n).n
        for n in ("strike-on-arland@30 days", "strike-on-arland@60 days")
    }
    assert found[ids["strike-on-arland@30 days"]]["answer"] == "no"
    assert found[ids["strike-on-arland@60 days"]]["answer"] == "yes"
    assert (
        "plain holds (plain 1, acled silent)"
        in found[ids["strike-on-arland@60 days"]]["why"]
    )


def test_the_last_day_of_a_window_counts(ledger, model, tmp_path):
    store = events(tmp_path, [("2031-03-30", "Westmark", "First Brigade")])
    found, _ = by_events(ledger, model, store)
    assert found[find(ledger, "strike-on-arland@30 days").n]["answer"] == "yes"


def test_silence_of_all_is_decided_as_it_stands_on_record(ledger, model, tmp_path):
    store = events(tmp_path, [("2030-01-01", "Westmark", "Eastmark")])
    found, _ = by_events(ledger, model, store)
    body = found[find(ledger, "strike-on-arland@30 days").n]
    assert body["answer"] == "no"
    assert "all are silent" in body["why"]


def test_nothing_is_resolved_before_its_day(ledger, model, tmp_path):
    store = events(tmp_path, [("2031-03-05", "Westmark", "First Brigade")])
    found, _ = by_events(ledger, model, store, today=dt.date(2031, 4, 13))
    assert found == {}
    found, _ = by_events(ledger, model, store, today=dt.date(2031, 4, 14))
    assert set(found) == {find(ledger, "strike-on-arland@30 days").n}


def test_it_is_resolved_as_it_was_asked_however_the_case_is_edited(ledger, tmp_path):
    case_with(tmp_path / "edited")
    path = tmp_path / "edited" / "case.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(
            "event: westmark ASSAULT * in arland", "event: westmark ASSAULT *"
        ),
        "utf-8",
    )
    store = events(
        tmp_path, [("2031-03-05", "Westmark", "Eastmark", "Westmark's coast")]
    )
    found, _ = by_events(ledger, sp.load(tmp_path / "edited"), store)
    assert found[find(ledger, "strike-on-arland@30 days").n]["answer"] == "no"


def test_an_act_that_no_stream_of_the_case_holds_counts_too(ledger, model, tmp_path):
    store = events(tmp_path, [("2031-03-05", "Westmark", "Eastmark")])
    found, _ = by_events(ledger, model, store)
    assert found[find(ledger, "strike-on-arland@30 days").n]["answer"] == "yes"


def test_an_actor_the_case_no_longer_knows(run, tmp_path, model):
    ledger = Ledger(tmp_path / "x.jsonl")
    record_run(run, ledger, outcomes=["strike-on-arland"], now=MADE)
    lines = [(e.kind, e.body) for e in ledger.entries()]
    lines[0][1]["question"]["acts"][0]["source"] = "nobody"
    other = Ledger(tmp_path / "y.jsonl")
    other.add(lines, now=MADE)
    store = events(tmp_path, [("2031-03-05", "Westmark", "First Brigade")])
    found, notes = by_events(other, model, store)
    assert 1 not in found
    assert notes[0].startswith(
        'forecast 1 (strike-on-arland@30 days): the case no longer knows "nobody".'
    )


def test_by_hand_with_a_source_and_not_too_early(ledger):
    f = next(
        f
        for f in forecasts_of(ledger)
        if not f.question.hard and f.question.mode == "any" and f.question.high is None
    )
    early, late = f.question.closes, f.question.closes + dt.timedelta(1)
    with pytest.raises(InputError, match="cite the source"):
        resolve_by_hand(ledger, f.n, answer="yes", source="trust me"[:5], today=late)
    with pytest.raises(
        InputError, match=f"its window is open until {f.question.closes}"
    ):
        resolve_by_hand(
            ledger, f.n, answer="no", source="A Wire, 2 March 2031", today=early
        )
    with pytest.raises(InputError, match='"maybe" does not fit'):
        resolve_by_hand(
            ledger, f.n, answer="maybe", source="A Wire, 2 March 2031", today=late
        )
    with pytest.raises(InputError, match="line 999 is no forecast"):
        resolve_by_hand(ledger, 999, answer="yes", source="A Wire, 2 March 2031")
    resolve_by_hand(
        ledger, f.n, answer="yes", source="A Wire, 2 March 2031", today=early
    )
    assert find(ledger, f.question.id).why == "judged: A Wire, 2 March 2031"
    resolve_by_hand(
        ledger, f.n, answer="no", source="A Wire corrects itself, 9 March", today=late
    )
    assert find(ledger, f.question.id).answer == "no"
    assert len([e for e in ledger.entries() if e.kind == "resolution"]) == 2


def test_nothing_counts_that_comes_before_the_window_opens(ledger):
    f = next(
        f
        for f in forecasts_of(ledger)
        if f.question.mode == "any" and f.question.high is None
    )
    before = f.question.opens - dt.timedelta(1)
    with pytest.raises(
        InputError,
        match=f"its window opens on {f.question.opens}; nothing that comes before counts",
    ):
        resolve_by_hand(
            ledger, f.n, answer="yes", source="A Wire, 28 February 2031", today=before
        )
    resolve_by_hand(
        ledger, f.n, answer="yes", source="A Wire, 1 March 2031", today=f.question.opens
    )
    assert find(ledger, f.question.id).answer == "yes"


def test_the_brief_quotes_the_record_it_is_given(ledger, run, tmp_path):
    assert run.brief().page.track_record == "No forecast has been put on record yet."
    told = run.brief(ledger=ledger).page.track_record
    assert told.startswith(
        f"{len(forecasts_of(ledger))} forecasts are on record, none of them made in time is resolved yet."
    )
    assert told == track_record(ledger, run.model.id)
    f = forecasts_of(ledger)[0]
    resolve_by_hand(
        ledger, f.n, answer="yes", source="A Wire, 3 March 2031", today=f.question.opens
    )
    page = run.brief(ledger=ledger).html
    assert "1 chances on record are resolved: mean Brier score" in page
    assert "climatology" in page
    folder = run.save(tmp_path / "run", ledger=ledger)
    assert "1 chances on record" in (folder / "brief.md").read_text("utf-8")
    ledger.path.write_bytes(ledger.path.read_bytes()[5:])
    assert run.brief(ledger=ledger).page.track_record.startswith(
        "The record of forecasts cannot be trusted: "
    )


def test_void_only_with_a_reason_and_it_is_counted(ledger):
    n = forecasts_of(ledger)[0].n
    with pytest.raises(
        InputError, match="silence of the sources is an answer, not a void"
    ):
        void(ledger, n, reason="")
    void(ledger, n, reason="asked twice for the same act")
    s = score_ledger(ledger)
    assert (s.voided, s.resolved, s.chances) == (1, 0, None)


def test_scores_of_a_record(ledger, model, tmp_path):
    store = events(tmp_path, [("2031-03-10", "Westmark", "First Brigade")])
    by_events(ledger, model, store)
    s = score_ledger(ledger)
    told = [f for f in forecasts_of(ledger) if f.answer]
    assert s.resolved == len(told) > 0
    p = np.array([f.body["p"] for f in told])
    assert s.chances.score == pytest.approx(float(((p - 1.0) ** 2).mean()))
    assert {k.name for k in s.chances.skills} == {
        "always 29 %",
        "climatology",
        "persistence",
    }
    assert s.onset is not None or s.continuation is not None
    json.dumps(s.to_dict(), allow_nan=False)


def test_hindsight_is_no_record(run, tmp_path):
    ledger = Ledger(tmp_path / "late.jsonl")
    record_run(run, ledger, now=MADE + dt.timedelta(days=200))
    f = forecasts_of(ledger)[0]
    resolve_by_hand(
        ledger,
        f.n,
        answer="no",
        source="A Wire, 2 March 2031",
        today=dt.date(2031, 12, 1),
    )
    s = score_ledger(ledger)
    assert s.in_hindsight == s.forecasts
    assert s.chances is None
    assert score_ledger(ledger, hindsight=True).chances.n == 1


def test_risks_are_said_once_for_each_outcome(run, tmp_path):
    _, notes = record_run(run, Ledger(tmp_path / "n.jsonl"), now=MADE)
    assert len(notes) == len(set(notes))
    by_hand = "no data set decides it: it must be resolved by hand, with a cited source"
    assert f"council-breaks (1 window): {by_hand}" in notes
    assert f"quiet-month (2 windows): {by_hand}" in notes


@pytest.mark.parametrize(
    ("rule", "risk"),
    [
        ("resolves: {by: [acled]}", "only acled decides it: name a second data set"),
        ("resolves: two agencies say so", "no data set decides it"),
        ("resolves: {by: [acled, acled]}", "a data set is named twice"),
    ],
)
def test_risks_of_void_are_said_when_it_is_recorded(tmp_path, rule, risk):
    made = case_with(tmp_path / "c", rule)
    q = questions_of(made.case, made.assembled.questions)[0]
    assert any(risk in x for x in void_risks(q))


def test_bad_rules_are_faults_with_their_place(tmp_path):
    with pytest.raises(InputError, match=r"case\.yaml:\d+"):
        case_with(tmp_path / "c", "resolves: {by: [acled], differ: sometimes}")


def test_an_unknown_outcome(run, tmp_path):
    with pytest.raises(InputError, match='unknown outcome "no-such": the outcomes are'):
        record_run(run, Ledger(tmp_path / "x.jsonl"), outcomes=["no-such"])
    assert not (tmp_path / "x.jsonl").exists()
