"""`bench-tkg`: the split, the table, and what it says of bad folders."""

import json
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from spillover.cli.app import app
from spillover.errors import InputError
from spillover.readers.tkg import read_tkg
from spillover.study.bench_tkg import bench_tkg, split_of
from tests.world.random_facts import random_facts


def write(folder, facts, parts, step=1, fifth=False):
    folder.mkdir()
    for name, lo, hi in parts:
        p = facts.between(lo, hi)
        rows = zip(p.source, p.action, p.target, p.day * step, strict=True)
        end = "\t0\n" if fifth else "\n"
        text = "".join("\t".join(map(str, r)) + end for r in rows)
        (folder / f"{name}.txt").write_text(text)
    for name, names in (("entity2id", facts.entities), ("relation2id", facts.actions)):
        text = "".join(f"{x}\t{i}\n" for i, x in enumerate(names))
        (folder / f"{name}.txt").write_text(text)
    return folder


def facts_of(days=150):
    return random_facts(
        np.random.default_rng(1), n=1500, entities=20, actions=3, days=days
    )


def test_without_valid_and_test_the_last_days_stand_in(tmp_path):
    facts = facts_of()
    folder = write(tmp_path / "a", facts, [("train", 0, 150)])
    got, split, standard = split_of(read_tkg(folder), "a")
    assert (split.valid, split.test, split.end) == (90, 120, 150)
    assert not standard
    assert len(got) == len(facts)


def test_the_folders_own_split_in_hours_and_five_columns(tmp_path):
    facts = facts_of()
    parts = [("train", 0, 100), ("valid", 100, 120), ("test", 120, 150)]
    folder = write(tmp_path / "a", facts, parts, step=24, fifth=True)
    got, split, standard = split_of(read_tkg(folder), "a")
    assert (split.valid, split.test, split.end) == (100, 120, 150)
    assert standard
    assert np.array_equal(got.day, facts.day)


def test_parts_out_of_order_and_too_short_are_refused(tmp_path):
    facts = facts_of()
    folder = write(tmp_path / "a", facts, [("train", 0, 130), ("test", 120, 150)])
    with pytest.raises(InputError) as e:
        split_of(read_tkg(folder), "a")
    assert str(e.value) == (
        "a: train reaches day 129 and test begins on day 120. "
        "Expected one after the other in time"
    )
    short = write(tmp_path / "b", facts, [("train", 0, 90)])
    with pytest.raises(InputError) as e:
        split_of(read_tkg(short), "b")
    assert str(e.value) == (
        "b: only 30 days lie before the valid days. Expected at least 60 to learn from"
    )


def test_plain_mode_ranks_every_question_both_ways(tmp_path):
    facts = facts_of()
    folder = write(tmp_path / "a", facts, [("train", 0, 150)])
    done = bench_tkg(folder, plain=True)
    assert [(r.model, r.part) for r in done.rows] == [
        (m, p)
        for m in ("strict recurrency", "combined recurrency", "intensity alone")
        for p in ("valid", "test")
    ]
    for r in done.rows:
        lo, hi = (90, 120) if r.part == "valid" else (120, 150)
        assert r.scores.questions == 2 * len(facts.between(lo, hi))
        assert 0 < r.scores.mrr < 1
    # while tuning, test is not read at all
    only = bench_tkg(folder, plain=True, test=False)
    assert {r.part for r in only.rows} == {"valid"}
    assert only.rows[-1].scores.mrr == done.rows[-2].scores.mrr


def test_the_command_writes_its_table_and_never_over_something(tmp_path):
    folder = write(tmp_path / "a", facts_of(), [("train", 0, 150)])
    out = tmp_path / "out"
    words = ["bench-tkg", str(folder), "--plain", "--quiet", "--json", "-o", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    body = json.loads((out / "bench.json").read_text())
    assert body == json.loads(done.stdout)
    assert body["schema_version"] == 1
    assert len(body["rows"]) == 6
    assert len((out / "bench.csv").read_text().splitlines()) == 7
    again = CliRunner().invoke(app, words)
    assert isinstance(again.exception, InputError)
    assert str(again.exception) == (
        f"{out}: there is something already. Give -o a folder that is not there"
    )


def test_a_missing_library_is_told_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(InputError) as error:
        bench_tkg(tmp_path / "not even read")
    assert str(error.value) == (
        'the second stage needs LightGBM: pip install "spillover[world]", or use --plain'
    )


@pytest.mark.slow
def test_the_whole_model_by_the_command(tmp_path):
    pytest.importorskip("lightgbm")
    folder = write(tmp_path / "a", facts_of(), [("train", 0, 150)])
    done = bench_tkg(folder, seeds=2, refit=15, threads=1)
    assert [r.model for r in done.rows][-3:] == [
        "whole model", "whole model", "whole model, refitted",
    ]  # fmt: skip
    text = CliRunner().invoke(app, ["bench-tkg", str(folder), "-q", "--valid-only"])
    assert text.exit_code == 0
    assert "whole model              valid" in text.stdout
    assert "test " not in text.stdout.split("\n", 4)[4]
