"""Verbs on levers, paths and history as a person uses them: folders, JSON, refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_cli import TINY, contents, fine, spillover

VERBS = {
    "compare": (("--levers", "truce-by-march,shelters"), "comparison"),
    "paths": (("--knock-outs", "1"), "paths"),
    "sensitivity": (("--levers", "truce-by-march,shelters"), "sensitivity"),
}
SMALL = {
    "compare": TINY,
    "paths": TINY,
    "sensitivity": ("--draws", "200", "--futures", "2"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_folder_and_a_table(verb: str, tmp_path: Path) -> None:
    words, stem = VERBS[verb]
    folder = tmp_path / "out"
    done = fine(verb, "strait-demo", *SMALL[verb], *words, "-o", folder, "-q")
    assert f"{folder}/{stem}.html" in re.sub(r"\s+", "", done.stdout)
    assert done.stderr == ""
    page = (folder / f"{stem}.html").read_text()
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3", "")
    body = json.loads((folder / f"{stem}.json").read_text())
    assert (body["schema_version"], body["case"]) == (1, "strait-demo")
    before = contents(folder)
    again = spillover(verb, "strait-demo", *SMALL[verb], *words, "-o", folder, "-q")
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert contents(folder) == before


@pytest.mark.parametrize("verb", VERBS)
def test_json_is_all_that_is_printed(verb: str, tmp_path: Path) -> None:
    words, stem = VERBS[verb]
    done = fine(
        verb, "strait-demo", *SMALL[verb], *words, "-o", tmp_path / "x", "--json", "-q"
    )
    body = json.loads(done.stdout)
    assert body.pop("folder") == str(tmp_path / "x")
    assert body == json.loads((tmp_path / "x" / f"{stem}.json").read_text())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "strait-demo", "--levers", "truce-by-mach"), 'unknown lever "truce-by-mach"'),
        (("compare", "strait-demo", "--within", "120"), "120"),
        (("compare", "strait-demo", "--with", "shelters+nobody"), 'unknown lever "nobody"'),
        (("paths", "strait-demo", "--lever", "nobody"), 'unknown lever "nobody"'),
        (("paths", "strait-demo", "--outcome", "strike-on-arlnd"), "strike-on-arland"),
        (("sensitivity", "strait-demo", "--outcome", "nothing"), "nothing"),
        (("what-if", "strait-demo", "no-strike"), "no-strike-in-january"),
    ],
)  # fmt: skip
def test_refusals(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """One message, exit code 2, nothing written."""
    done = spillover(*words, "-o", tmp_path / "x", "-q")
    assert done.returncode == 2
    assert said in re.sub(r"\s+", " ", done.stderr)
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_what_if(tmp_path: Path) -> None:
    assert fine("what-if", "strait-demo").stdout == (
        "no-strike-in-january: Had Westmark not struck in January\n"
    )
    listed = json.loads(fine("what-if", "strait-demo", "--json").stdout)
    assert [x["id"] for x in listed["what_ifs"]] == ["no-strike-in-january"]
    few = ("--draws", "20", "--samples", "2", "-q")
    ask = ("what-if", "strait-demo", "no-strike-in-january", *few)
    done = fine(*ask, "-o", tmp_path / "a")
    assert done.stdout.startswith("Had Westmark not struck in January: Launches at")
    body = json.loads(fine(*ask, "-o", tmp_path / "b", "--json").stdout)
    assert body["decided"] == "2031-01-08"
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_full_run(tmp_path: Path) -> None:
    """Levers, ways, assumptions and what-ifs stand in the brief and as pages."""
    folder = tmp_path / "out"
    size = ("--draws", "200", "--futures", "2")
    done = fine("run", "strait-demo", "--full", *size, "-o", folder, "-q")
    pages = {
        "brief",
        "comparison",
        "paths",
        "sensitivity",
        "what-if-no-strike-in-january",
    }
    assert {p.stem for p in folder.glob("*.html")} == pages
    said = re.sub(r"\s+", "", done.stdout)
    assert all(f"{folder}/{p}.html" in said for p in pages)
    html = (folder / "brief.html").read_text()
    text = (folder / "brief.md").read_text()
    body = json.loads((folder / "brief.json").read_text())
    for head in ("How it would come about", "Had it gone otherwise"):
        assert f"<h2>{head}</h2>" in html
        assert f"## {head}" in text
    compared = json.loads((folder / "comparison.json").read_text())
    assert compared["draws"] == 200
    drawn = set(re.findall(r'<figure id="fig-(\w+)"', html))
    assert {"ways", "levers"} <= drawn
    assert len(body["studies"]["levers"]) >= 3
    assert "spillover compare" not in html  # no pointer to what is here
    for row in body["studies"]["levers"][0]["text"], *body["why"]:
        assert "confidence" not in row.lower()


def test_a_brief_without_them_points_to_them(tmp_path: Path) -> None:
    fine("run", "strait-demo", *TINY, "-o", tmp_path / "x", "-q")
    for name in ("brief.html", "brief.md"):
        assert "spillover compare" in (tmp_path / "x" / name).read_text()
