"""The verbs read, claims, draft and score-reading as a person uses them."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.brief.test_browser import browser  # noqa: F401 - a fixture

OWN = Path(__file__).parent / "own"
REPORT = OWN / "baghdad.txt"


def spillover(*words, folder, stdin=b""):
    done = subprocess.run(
        [Path(sys.executable).with_name("spillover"), *map(str, words)],
        cwd=folder, input=stdin, capture_output=True, check=False,
        env={**os.environ, "SPILLOVER_STORE": str(folder / "events.duckdb")},
    )  # fmt: skip
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def fine(*words, folder, stdin=b""):
    done = spillover(*words, folder=folder, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_prints_what_the_tutorial_shows(tmp_path):
    tutorial = Path(__file__).parents[2] / "docs/tutorial-reading.md"
    _, _, rest = tutorial.read_text("utf-8").partition("prints what was found")
    shown, _, _ = rest.partition("A claim is")
    wanted = [ln.strip() for ln in shown.splitlines() if ln.startswith("    ")]
    said = [ln.strip() for ln in fine("read", REPORT, folder=tmp_path).splitlines()]
    assert len(wanted) == 7
    assert [ln for ln in wanted if ln not in said] == []


def test_read_review_accept_and_undo(tmp_path):
    said = fine("read", REPORT, "-o", "out", folder=tmp_path)
    assert "iran REJECT iraq: happened" in said
    assert "channel   iraq asks iran" in said
    with (tmp_path / "out/claims.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    text = REPORT.read_text("utf-8").split("\n\n", 1)[1].strip()
    for row in rows:
        quote = text[int(row["start"]) : int(row["end"])]
        assert " ".join(quote.split()) == row["quote"]
    claims = [r for r in rows if r["kind"] == "claim"]
    past = next(
        r for r in claims if r["action"] == "ASSAULT" and r["status"] == "happened"
    )
    planned = next(r for r in claims if r["status"] == "planned")
    assert (
        "no store"
        in spillover("events", "--store", "none.duckdb", folder=tmp_path).stderr
    )

    refused = spillover(
        "claims", "--accept", past["id"], "--accept", planned["id"], folder=tmp_path
    )
    assert refused.returncode == 2
    assert refused.stderr.strip() == (
        f"claim {planned['id']}: it is planned, so it is no record of an event. Edit its status, or reject it"
    )
    listed = json.loads(fine("claims", "--json", folder=tmp_path))
    assert {r["verdict"] for r in listed} == {""}  # nothing half-done

    fine("claims", "--accept", past["id"], "--reject", planned["id"], folder=tmp_path)
    assert "1 reports" in fine("events", folder=tmp_path)
    fine("claims", "--undo", past["id"], folder=tmp_path)
    assert "1 reports" not in fine("events", folder=tmp_path)

    # Read again: verdicts stay, nothing doubles.
    fine("read", REPORT, "-o", "again", folder=tmp_path)
    again = json.loads(fine("claims", "--json", folder=tmp_path))
    assert len(again) == len(listed)
    assert [r["verdict"] for r in again if r["id"] == planned["id"]] == ["reject"]


def test_decisions_of_the_page_with_edits(tmp_path):
    fine("read", REPORT, "-o", "out", folder=tmp_path)
    claims = json.loads(fine("claims", "--json", folder=tmp_path))
    planned = next(c for c in claims if c["status"] == "planned")
    decisions = {
        "report": planned["report"],
        "decisions": [{"id": planned["id"], "verdict": "accept", "edit": {
            "status": "happened", "date_first": "2024-10-30", "date_last": "2024-10-30"}}],
    }  # fmt: skip
    (tmp_path / "d.json").write_text(json.dumps(decisions), "utf-8")
    fine("claims", "--decisions", "d.json", folder=tmp_path)
    kept = json.loads(fine("claims", "--verdict", "accept", "--json", folder=tmp_path))
    assert [(c["id"], c["status"], c["date_first"]) for c in kept] == [
        (planned["id"], "happened", "2024-10-30")
    ]
    (tmp_path / "d.json").write_text("{}", "utf-8")
    done = spillover("claims", "--decisions", "d.json", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "d.json: this is no file of decisions. Expected what the review page saves (decisions-....json)"
    )


def test_standard_input_and_json(tmp_path):
    data = json.loads(
        fine("read", "-", "--published", "2031-03-01", "--json", "-q", "-o", "out", folder=tmp_path,
             stdin=b"Israel struck Iran on Tuesday, an official said. It was the second strike in a week.")
    )  # fmt: skip
    assert data["reports"] == 1
    (reading,) = data["readings"]
    assert reading["claims"][0]["when"]["first"] == "2031-02-25"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("read", "none.txt"), "none.txt: there is no such file or folder"),
        (("read", "a.pdf"), "a.pdf: this is a PDF, not a text. Save it as text or as a web page (HTML) and give that"),
        (("read", "a.txt", "--published", "soon"), "--published soon: this is no date. Expected YYYY-MM-DD"),
        (("read", "a.txt", "--backend", "lexikon"), 'there is no reader "lexikon". Known: lexicon, llm, ml, spacy. Did you mean "lexicon"?'),
        (("draft", "a.txt"), "no report says when it was published: give the origin of the case (--origin)"),
        (("claims", "--accept", "x-001"), None),
        (("score-reading", "a.txt"), 'a.txt:1: this line is no row of a gold set. Expected a JSON object with "set" and "gold"'),
    ],
)  # fmt: skip
def test_refusals(tmp_path, words, message):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "a.txt").write_text(
        "Israel struck Iran on Tuesday, an official of the army said to the press.",
        "utf-8",
    )
    done = spillover(*words, folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    if message:
        assert done.stderr.strip().splitlines()[-1] == message
    assert {p.name for p in tmp_path.iterdir()} <= {"a.pdf", "a.txt", "runs"}


def test_draft_check_and_refuse_to_overwrite(tmp_path):
    said = fine("draft", REPORT, "-o", "case.yaml", folder=tmp_path)
    assert "Questions for the analyst:" in said
    assert "no fault" in fine("check", "case.yaml", folder=tmp_path)
    again = spillover("draft", REPORT, "-o", "case.yaml", folder=tmp_path)
    assert again.returncode == 2
    assert again.stderr.strip().endswith(
        "case.yaml: there is a file already. Choose another name with -o, or --force"
    )


def test_own_actors_from_a_list_and_from_a_case(tmp_path):
    strait = OWN / "strait.txt"
    fine(
        "draft",
        strait,
        "--actors",
        OWN / "strait.actors.csv",
        "-o",
        "case.yaml",
        folder=tmp_path,
    )
    by_list = json.loads(
        fine(
            "read",
            strait,
            "--actors",
            OWN / "strait.actors.csv",
            "--json",
            "-q",
            "-o",
            "a",
            folder=tmp_path,
        )
    )
    by_case = json.loads(
        fine(
            "read",
            strait,
            "--actors",
            "case.yaml",
            "--json",
            "-q",
            "-o",
            "b",
            folder=tmp_path,
        )
    )
    none = json.loads(fine("read", strait, "--json", "-q", "-o", "c", folder=tmp_path))
    assert by_list["claims"] >= by_case["claims"] > none["claims"]


def test_score_reading_prints_precision_beside_recall(tmp_path):
    rows = [
        {"id": "1", "set": "plover_gsr", "text": "Norway condemned the raid.",
         "gold": {"root": "ACCUSE", "source": [{"code": "NOR"}], "target": []}},
        {"id": "2", "set": "plover_gsr", "text": "Norway sent food to Chad.",
         "gold": {"root": "AID", "source": [{"code": "NOR"}], "target": [{"code": "TCD"}]}},
    ]  # fmt: skip
    (tmp_path / "g.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    said = fine("score-reading", "g.jsonl", folder=tmp_path)
    assert said.splitlines()[0].split() == [
        "Set",
        "Measure",
        "Precision",
        "Recall",
        "F1",
        "n",
    ]
    assert "1.000" in said


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_page_by_keyboard(browser, tmp_path, width, scheme):  # noqa: F811
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    fine("read", REPORT, "-o", "out", "-q", folder=tmp_path)
    (path,) = (tmp_path / "out").glob("review-*.html")
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.Axe().run(page).violations_count == 0
    page.keyboard.press("a")  # accept the first, goes on
    page.keyboard.press("r")  # reject the second
    page.keyboard.press("u")  # and take that back
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    assert page.locator("#state").inner_text().startswith("1 of 16 claims decided")
    with page.expect_download() as download:
        page.keyboard.press("s")
    shutil.copy(download.value.path(), tmp_path / "d.json")
    page.close()
    assert errors == []
    data = json.loads((tmp_path / "d.json").read_text("utf-8"))
    assert [d["verdict"] for d in data["decisions"]] == ["accept"]
    fine("claims", "--decisions", "d.json", folder=tmp_path)


def test_a_reading_that_fails_leaves_no_folder(tmp_path):
    refused = spillover("read", "none.txt", "-o", "out", folder=tmp_path)
    assert refused.returncode == 2
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix != ".duckdb") == []
