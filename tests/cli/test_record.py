"""The verbs of the record, as a newcomer types them."""

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from spillover.cli.app import app

SMALL = ["--draws", "20", "--futures", "4", "--as-written", "-q"]


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPILLOVER_LEDGER", raising=False)
    # Its windows open in 2031: the clock stands in the first of them.
    monkeypatch.setattr("spillover.api.record._today", lambda: dt.date(2031, 3, 4))

    def run(*words, fails=False):
        found = CliRunner().invoke(app, list(words))
        assert (found.exception is not None) == fails, found.output
        return str(found.exception) if fails else found.stdout

    return run


def test_record_list_resolve_score_verify(cli, tmp_path):
    said = json.loads(
        cli("record", "strait-demo", *SMALL, "--witness", "heads.txt", "--json")
    )
    assert said["ledger"] == "forecasts.jsonl"
    assert said["lines"][0] == 1
    head = said["head"]
    assert (tmp_path / "heads.txt").read_text("ascii").split()[2] == head
    listed = cli("forecasts")
    assert (
        "Westmark attacks anyone in Arland: at least 1 time, from 1 March 2031 to 30 March 2031"
        in listed
    )
    assert "90 % interval in brackets; open until 2031-03-30" in listed
    assert cli("forecasts", "--due") == ""
    told = cli("resolve", "1", "--answer", "yes", "--source", "A Wire, 3 March 2031")
    assert told.startswith(
        "forecast 1: yes (judged: A Wire, 3 March 2031)\n1 put on record. Head: "
    )
    scores = cli("score")
    assert f"{len(said['lines'])} forecasts on record: 1 resolved" in scores
    assert "Brier of climatology" in scores
    assert "lower is better" in scores
    body = json.loads(cli("score", "--json"))
    assert body["chances"]["n"] == 1
    assert "each as it was written" in cli(
        "verify", "--head", head, "--witness", "heads.txt"
    )
    assert "only a head that was published can tell" in cli("verify")


def test_a_changed_record_stops_everything(cli, tmp_path):
    cli("record", "strait-demo", *SMALL)
    path = tmp_path / "forecasts.jsonl"
    whole = path.read_bytes()
    path.write_bytes(
        whole.replace(b'"origin":"2031-03-01"', b'"origin":"2031-03-02"', 1)
    )
    for words in (
        ["verify"],
        ["score"],
        ["forecasts"],
        ["record", "strait-demo", *SMALL],
    ):
        assert (
            cli(*words, fails=True)
            == "forecasts.jsonl:1: this line was changed after it was written"
        )
    path.write_bytes(whole)
    head = json.loads(cli("verify", "--json"))["head"]
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
    assert "the record was cut, or written anew" in cli(
        "verify", "--head", head, fails=True
    )


def test_what_does_not_fit(cli):
    cli("record", "strait-demo", *SMALL)
    assert "give the line of a forecast" in cli("resolve", fails=True)
    assert "cite the source" in cli("resolve", "1", "--answer", "yes", fails=True)
    assert "silence of the sources is an answer" in cli(
        "resolve", "1", "--void", "no", fails=True
    )
    assert "line 999 is no forecast" in cli(
        "resolve", "999", "--answer", "yes", "--source", "A Wire, 2031", fails=True
    )


def test_where_there_is_no_record(cli):
    for verb in ("forecasts", "score", "verify"):
        assert cli(verb, fails=True).startswith(
            "forecasts.jsonl: there is no record of forecasts. Begin one with  spillover record CASE"
        )
