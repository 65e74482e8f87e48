"""`spillover import` and `spillover events` as a person uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readers.files import ACLED, GDELT2, GED49, acled, commaed, gdelt, ged, tabbed

COMMAND = Path(sys.executable).with_name("spillover")
Done = subprocess.CompletedProcess[str]


def spillover(*words: str | Path, where: Path, **env: str) -> Done:
    done = subprocess.run(
        [str(COMMAND), *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=where,
        env={**os.environ, "SPILLOVER_STORE": "", "COLUMNS": "200", **env},
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [gdelt(k) for k in range(8)]
    rows[5] = gdelt(5, SQLDATE="20310231")
    tabbed(tmp_path / "a.export.CSV", GDELT2, rows, header=False)
    commaed(tmp_path / "ged.csv", GED49, [ged(1), ged(2)])
    return tmp_path


ACCOUNT = """\
a.export.CSV: GDELT 2.0, 61 columns
  8 rows read = 7 kept + 1 dropped
  1 dropped: date is not a day written YYYYMMDD (a.export.CSV:6)
  note: GDELT rows are reports found by a machine, not events: repeated ones are folded when the store is read
"""


def test_the_account_is_printed(folder: Path) -> None:
    done = spillover("import", "a.export.CSV", where=folder)
    assert (done.returncode, done.stdout) == (0, ACCOUNT)
    assert done.stderr == "Next: spillover events --store events.duckdb\n"
    again = spillover("import", "a.export.CSV", "-q", where=folder)
    assert again.stdout.startswith("a.export.CSV: imported before, on ")
    assert again.stdout.endswith("; nothing to do\n")
    assert again.stderr == ""


def test_folders_and_patterns_and_a_store_from_the_environment(folder: Path) -> None:
    done = spillover("import", "*.csv", ".", where=folder, SPILLOVER_STORE="own.duckdb")
    assert done.returncode == 0, done.stderr
    assert (folder / "own.duckdb").exists()
    assert not (folder / "events.duckdb").exists()
    assert done.stdout.endswith("2 files, 9 new records in own.duckdb.\n")


def test_one_bad_file_does_not_stop_the_others(folder: Path) -> None:
    (folder / "bad.csv").write_text("")
    (folder / "worse.csv").write_text("height,weight\n1,2\n")
    done = spillover("import", "bad.csv", "worse.csv", "ged.csv", where=folder)
    assert done.returncode == 2
    assert "2 rows read = 2 kept" in done.stdout
    assert "2 faults:\nbad.csv: the file is empty.\nworse.csv:1:1: " in done.stderr


def test_json(folder: Path) -> None:
    done = spillover("import", ".", "--json", where=folder)
    found = json.loads(done.stdout)
    assert done.stderr == ""
    assert found["faults"] == []
    one, two = found["files"]
    assert (one["read"], one["kept"], two["kept"]) == (8, 7, 2)
    assert one["dropped"] == {"date is not a day written YYYYMMDD": 1}
    held = json.loads(spillover("events", "--json", where=folder).stdout)
    assert [d["dataset"] for d in held["datasets"]] == ["gdelt", "ucdp"]
    assert [i["read"] for i in held["imports"]] == [8, 2]


def test_what_was_known_by_a_day(folder: Path) -> None:
    commaed(folder / "acled.csv", ACLED, [acled()])
    spillover("import", ".", where=folder)
    done = spillover("events", "--as-of", "2031-03-31", where=folder)
    assert done.stdout == (
        "events.duckdb, as of 2031-03-31: 3 records published later are left out\n"
        "\n"
        "gdelt: 7 reports, 2031-03-01 to 2031-03-01\n"
        "  last published 2031-03-02 01:15:00\n"
        "  actors: ARMY OF IRAQ (7), TURKEY (7)\n"
    )


def test_a_named_day_of_publication(folder: Path) -> None:
    spillover("import", "ged.csv", "--published", "2031-03-10", where=folder)
    early = spillover("events", "--as-of", "2031-03-09", "--json", where=folder)
    assert json.loads(early.stdout)["datasets"] == []
    late = spillover("events", "--as-of", "2031-03-10", "--json", where=folder)
    assert json.loads(late.stdout)["datasets"][0]["reports"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("events",),
            "events.duckdb: there is no store. Make one with  spillover import FILE --store events.duckdb\n",
        ),
        (
            ("events", "--as-of", "3/4/2031"),
            "--as-of 3/4/2031: this is no date. Expected YYYY-MM-DD\n",
        ),
        (("import", "no.csv"), "no.csv: there is no such file.\n"),
        (
            ("import", "ged.csv", "--published", "soon"),
            "--published soon: this is no date. Expected YYYY-MM-DD\n",
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    done = spillover(*words, where=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert not (folder / "events.duckdb").exists()
