"""Two runs side by side, and a run as one file."""

import io
import json
import zipfile

import pytest

import spillover as sp
from spillover.api.bundle import bundle_of
from spillover.api.two_runs import two_runs
from spillover.errors import InputError


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    model = sp.load("strait-demo")

    def make(name, **size):
        return model.simulate(as_written=True, **size).save(folder / name)

    return {
        "a": make("a", draws=40, futures=10, seed=1),
        "again": make("again", draws=40, futures=10, seed=1),
        "other": make("other", draws=60, futures=10, seed=2),
    }


def test_a_run_beside_itself_does_not_differ(runs):
    found = two_runs(runs["a"], runs["again"])
    assert found.paired
    assert {r["change"] for r in found.rows} == {0.0}
    assert {r["error"] for r in found.rows} == {0.0}
    assert not any(r["beyond_chance"] for r in found.rows)
    assert found.changed == ()
    assert found.reasons == ("Case, tables and versions are the same.",)


def test_runs_of_other_seeds_differ_by_chance_alone(runs):
    found = two_runs(runs["a"], runs["other"])
    assert not found.paired
    assert all(r["error"] > 0 for r in found.rows if 0.05 < r["p0"] < 0.95)
    assert "Seed or size differ" in found.reasons[-1]


def test_an_edited_case_names_its_lines(runs, tmp_path):
    case = tmp_path / "case"
    case.mkdir()
    for p in (runs["a"] / "case").iterdir():
        (case / p.name).write_bytes(p.read_bytes())
    text = (case / "case.yaml").read_text("utf-8")
    line = next(x for x in text.splitlines() if x.startswith("title:"))
    (case / "case.yaml").write_text(text.replace(line, "title: Another title"), "utf-8")
    other = (
        sp.load(case)
        .simulate(draws=40, futures=10, as_written=True)
        .save(tmp_path / "run")
    )
    found = two_runs(runs["a"], other)
    assert found.changed == (f"-{line}", "+title: Another title")
    assert found.reasons[0] == "The case was edited between the two."


def test_other_cases_are_refused(runs, tmp_path):
    manifest = json.loads((runs["a"] / "manifest.json").read_text("utf-8"))
    other = tmp_path / "b"
    other.mkdir()
    (other / "manifest.json").write_text(
        json.dumps(manifest | {"case": "else"}), "utf-8"
    )
    with pytest.raises(
        InputError, match="these runs are of different cases, strait-demo and else"
    ):
        two_runs(runs["a"], other)


def test_the_bundle_holds_all_and_is_the_same_twice(runs):
    claims = [{"id": "c1", "report": "r1", "start": 3}]
    data = bundle_of(runs["a"], claims)
    assert data == bundle_of(runs["a"], claims)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {n.removeprefix("a/") for n in archive.namelist()}
        held = json.loads(archive.read("a/claims.json"))
    assert {
        "manifest.json",
        "brief.html",
        "outcomes.csv",
        "case/case.yaml",
        "claims.json",
    } <= names
    assert held["claims"] == claims
