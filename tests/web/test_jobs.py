"""Long work on record: it outlives what runs it."""

import json

import pytest

from spillover.web.jobs import MOST_KEPT, Jobs


def test_a_job_is_a_file_before_it_is_begun(tmp_path):
    job = Jobs(tmp_path).new("run", "Running x", {"case": "x"}, case="x")
    again = Jobs(tmp_path)
    assert [j.id for j in again.unfinished()] == [job.id]
    assert again.known[job.id].params == {"case": "x"}


def test_what_is_over_is_not_taken_up_again(tmp_path):
    jobs = Jobs(tmp_path)
    for status in ("done", "failed", "cancelled", "running", "waiting"):
        job = jobs.new("run", status, {})
        job.status = status
        jobs.keep(job)
    assert [j.title for j in Jobs(tmp_path).unfinished()] == ["running", "waiting"]
    assert all(j.ended for j in jobs if j.over)


def test_a_damaged_file_is_no_job(tmp_path):
    jobs = Jobs(tmp_path)
    jobs.new("run", "whole", {})
    (tmp_path / "a.json").write_text("{", "utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"id": "b"}), "utf-8")
    (tmp_path / "c.json").write_text("[1]", "utf-8")
    assert [j.title for j in Jobs(tmp_path)] == ["whole"]


def test_what_json_does_not_know_is_null(tmp_path):
    jobs = Jobs(tmp_path)
    job = jobs.new("run", "half \ud800", {})
    job.partial = {"p": float("nan"), "rows": [float("inf"), 1.5, "é"]}
    jobs.keep(job)
    (path,) = tmp_path.glob("*.json")
    held = json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
    assert held["partial"] == {"p": None, "rows": [None, 1.5, "é"]}
    assert held["title"] == "half ?"


def test_old_ones_are_forgotten_open_ones_never(tmp_path):
    jobs = Jobs(tmp_path)
    first = jobs.new("run", "open", {})
    for _ in range(MOST_KEPT + 5):
        job = jobs.new("run", "over", {})
        job.status = "done"
        jobs.keep(job)
    assert first.id in jobs.known
    assert len(list(tmp_path.glob("*.json"))) == MOST_KEPT + 1
