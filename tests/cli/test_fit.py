"""`spillover fit` as a person uses it: the folder, its review, its refusals, events."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.test_cli import TINY, fine, spillover

EVENTS = """\
date,source,action,target,n
2030-12-05,The Brigades,ASSAULT,Westmark,2
2030-12-20,The Brigades,ASSAULT,Westmark,1
2031-01-11,Rain Makers,PROTEST,Westmark,4
2031-02-02,The Brigades,ASSAULT,Westmark,1
"""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit") / "demo"
    done = fine("fit", "strait-demo", "-o", folder, "-q")
    assert "Moved by the records" in done.stdout
    assert "Seen and expected" in done.stdout
    assert "Fitted and simulated by the engine" in done.stdout
    return folder


def test_the_folder_is_the_case_with_one_key_more(fitted: Path) -> None:
    import spillover.cases

    bundled = Path(next(iter(spillover.cases.__path__))) / "strait-demo"
    old = (bundled / "case.yaml").read_text().splitlines()
    new = (fitted / "case.yaml").read_text().splitlines()
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert len(changed) == 1
    assert changed[0][1] == changed[0][0].replace("}", ", fit: fit.yaml}")
    assert (fitted / "records.csv").read_bytes() == (
        bundled / "records.csv"
    ).read_bytes()


def answers(*words: str | Path) -> list[float]:
    table = json.loads(fine("outcomes", *words, *TINY, "--json", "-q").stdout)
    return [r["p"] for r in table["outcomes"] if r["kind"] == "chance"]


def test_a_run_uses_it_and_fits_no_more(fitted: Path) -> None:
    """The fitted folder answers as the case does, which is fitted on the way."""
    assert answers(fitted) == answers("strait-demo")
    assert answers("strait-demo", "--as-written") != answers("strait-demo")


def test_json_holds_the_same(tmp_path: Path) -> None:
    done = fine("fit", "strait-demo", "-o", tmp_path / "x", "--json", "-q")
    body = json.loads(done.stdout)
    assert body["case"] == "strait-demo"
    assert {"what", "written", "alone", "used", "verdict"} <= set(body["rows"][0])
    assert any(r["learned"] for r in body["rows"])
    assert body["simulated_law"][0]["quantity"] == "mean"


def test_a_number_changed_since_is_refused_by_name(
    fitted: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "edited"
    folder.mkdir()
    for file in fitted.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    case = folder / "case.yaml"
    text = case.read_text()
    assert text.count("0.2..0.5 per day") == 1
    case.write_text(text.replace("0.2..0.5 per day", "0.2..0.8 per day"))
    done = spillover("check", folder)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1] == (
        "fit.yaml: streams.launches.baseline: the number was 0.2..0.5 when it was "
        "fitted and is 0.2..0.8 now. Fit the case again: spillover fit."
    )


def test_a_fit_that_is_not_there_or_is_no_fit(fitted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    for file in fitted.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "fit.yaml").write_text("numbers: [")
    done = spillover("check", folder)
    assert done.returncode == 2
    assert "fit.yaml: this is not a file that `spillover fit` wrote" in done.stderr
    (folder / "fit.yaml").unlink()
    done = spillover("check", folder)
    assert done.returncode == 2
    assert 'history.fit: there is no file "fit.yaml" beside the case' in done.stderr


def demo_without_history(folder: Path) -> Path:
    """The demonstration case without records, counts and what it asks of them."""
    fine("new", folder, "-q")
    case = folder / "case.yaml"
    text = case.read_text()
    case.write_text(
        text[: text.index("what_ifs:")] + text[text.index("alternatives:") :]
    )
    for table in ("records.csv", "counts.csv"):
        path = folder / table
        path.write_text(path.read_text().splitlines()[0] + "\n")
    return folder


def test_events_join_a_case_by_its_codebook(tmp_path: Path) -> None:
    case = demo_without_history(tmp_path / "case")
    (tmp_path / "events.csv").write_text(EVENTS)
    done = fine(
        "fit", case, "--events", tmp_path / "events.csv", "-o", tmp_path / "out"
    )
    assert "4 rows read" in done.stderr
    assert "3 on a day of a stream" in done.stderr
    assert "Rain Makers" in done.stderr
    with (tmp_path / "out" / "events.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["stream"], r["date"], r["count"]) for r in rows] == [
        ("launches", "2030-12-05", "2"),
        ("launches", "2030-12-20", "1"),
        ("launches", "2031-02-02", "1"),
    ]
    assert "no fault" in fine("check", tmp_path / "out").stdout


def test_events_of_streams_the_case_speaks_of_stay_out(tmp_path: Path) -> None:
    """The bundled case has records of launches: an event would count twice."""
    (tmp_path / "events.csv").write_text(EVENTS)
    done = spillover(
        "fit", "strait-demo", "-e", tmp_path / "events.csv", "-o", tmp_path / "out"
    )
    assert done.returncode == 2
    assert "that its own records do not speak of" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_day_that_is_none(tmp_path: Path) -> None:
    done = spillover("fit", "strait-demo", "-e", "x.csv", "--as-of", "soon")
    assert done.returncode == 2
    assert "--as-of soon: this is no date. Expected YYYY-MM-DD" in done.stderr


def test_a_folder_that_is_there_is_refused_before_the_work(fitted: Path) -> None:
    done = spillover("fit", "strait-demo", "-o", fitted)
    assert done.returncode == 2
    assert done.stderr == f"{fitted} is there already: choose a new folder\n"
