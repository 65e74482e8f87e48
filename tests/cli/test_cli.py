"""The command line as a person uses it: its own process, its streams, its exit codes.

Data go to stdout, everything else to stderr; bad input is exit code 2 with one plain
message and never a traceback; nothing is half-written.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from spillover.api.model import load
from spillover.store.runfolder import digest_of

COMMAND = Path(sys.executable).with_name("spillover")
TINY = ("--draws", "20", "--futures", "3")
TRACE = "Traceback (most recent call last)"
ESCAPE = "\x1b["

Done = subprocess.CompletedProcess[str]


def spillover(
    *words: str | Path, where: Path | None = None, env: dict[str, str] | None = None
) -> Done:
    """Run the console script; never shows a traceback."""
    assert COMMAND.exists(), f"no console script at {COMMAND}: pip install -e ."
    done = subprocess.run(
        [str(COMMAND), *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=where,
        env={**os.environ, "COLUMNS": "100", **(env or {})},
        timeout=900,
        check=False,
    )
    assert TRACE not in done.stdout + done.stderr, done.stderr
    return done


def fine(*words: str | Path, where: Path | None = None) -> Done:
    done = spillover(*words, where=where)
    assert done.returncode == 0, done.stderr
    return done


def contents(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a tiny run with one lever."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    done = fine(
        "simulate",
        "iraq-2024",
        *TINY,
        "--lever",
        "washington-firm",
        "--out",
        folder,
        "-q",
    )
    assert done.stdout.strip() == str(folder)
    return folder


# ---- help and its speed --------------------------------------------------------------


def test_help_loads_nothing_heavy() -> None:
    """How long it takes is measured by benchmarks.start; why it is short stands here."""
    code = (
        "import sys\nfrom spillover.cli import main\nsys.argv[1:] = ['--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "simulate" in done.stdout
    loaded = set(done.stderr.split())
    assert "spillover.cli" in loaded
    heavy = {
        "numpy",
        "scipy",
        "numba",
        "duckdb",
        "pydantic",
        "altair",
        "fastapi",
        "httpx",
    }
    assert not loaded & heavy


@pytest.mark.parametrize(
    "verb", ["new", "check", "run", "simulate", "outcomes", "brief"]
)
def test_help_of_every_verb(verb: str) -> None:
    """Every verb is listed and explains itself and all of its options."""
    assert re.search(rf"^\s+{verb}\s+\S", fine("--help").stdout, re.MULTILINE)
    text = fine(verb, "--help").stdout
    assert f"spillover {verb}" in text
    for line in re.findall(r"^  (?:-\w, )?--[\w-]+.*$", text, re.MULTILINE):
        assert len(line.split()) >= 2, line


def test_version() -> None:
    from spillover import __version__

    assert fine("--version").stdout == f"spillover {__version__}\n"


# ---- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "no-such-case"), "no-such-case"),
        (("run", "no-such-case"), "no-such-case"),
        (("check", "missing/folder"), "missing/folder"),
        (("outcomes", "missing-run"), "missing-run"),
        (("brief", "missing-run", "--md"), "missing-run"),
        (("simulate", "iraq-2024", "--lever", "no-such-lever"), "no-such-lever"),
        (("outcomes", "iraq-2024", "--lever", "no-such-lever"), "no-such-lever"),
        (("run", "iraq-2024", "--draws", "0"), "--draws"),
        (("run", "iraq-2024", "--draws", "many"), "--draws"),
        (("run", "iraq-2024", "--futures", "-1"), "--futures"),
        (("run", "iraq-2024", "--threads", "0"), "--threads"),
        (("run", "iraq-2024", "--no-such-option"), "--no-such-option"),
        (("frobnicate",), "frobnicate"),
        (("check",), "CASE"),
        (("brief", "iraq-2024", "--md", "--json"), "--md"),
        (("brief", "iraq-2024", "--pdf"), "--out"),
    ],
)
def test_bad_input(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """Exit code 2, the culprit named on stderr, stdout empty, nothing written."""
    done = spillover(*words, where=tmp_path)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert said in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_empty_and_binary_and_broken_files(tmp_path: Path) -> None:
    """Files that are no cases: exit code 2 with the file's name."""
    for name, data in {
        "empty.yaml": b"",
        "binary.yaml": bytes(range(256)) * 40,
        "broken.yaml": b"a: [1, 2\nb: }",
        "list.yaml": b"- 1\n- 2\n",
    }.items():
        file = tmp_path / name
        file.write_bytes(data)
        done = spillover("check", file)
        assert done.returncode == 2, (name, done.stderr)
        assert name in done.stderr
        assert done.stdout == ""


def test_faults_of_a_case_all_at_once(tmp_path: Path) -> None:
    """Two faults in a case: both are told, with their lines."""
    fine("new", tmp_path / "mine", "-q")
    file = tmp_path / "mine" / "case.yaml"
    text = file.read_text(encoding="utf-8")
    bad = re.sub(r"^horizon:.*$", "horizon: -3 bananas", text, flags=re.MULTILINE)
    bad = re.sub(r"^title:", "titel:", bad, flags=re.MULTILINE)
    assert bad != text
    file.write_text(bad, encoding="utf-8")
    done = spillover("check", file.parent)
    assert done.returncode == 2
    for word in ("titel", "horizon"):
        at = next(i for i, x in enumerate(bad.splitlines(), 1) if x.startswith(word))
        assert f"case.yaml:{at}:" in done.stderr, (word, done.stderr)


# ---- check and new -------------------------------------------------------------------


@pytest.mark.parametrize("case", ["iraq-2024", "strait-demo"])
def test_check_json(case: str) -> None:
    """stdout is one JSON object and nothing else."""
    found = json.loads(fine("check", case, "--json").stdout)
    assert found["case"] == case
    assert found["faults"] == []
    radius = found["spectral_radius"]
    assert 0 <= radius["q5"] <= radius["q50"] <= radius["q95"] < 1
    assert len(set(found["warnings"])) == len(found["warnings"])


def test_check_says_so() -> None:
    done = fine("check", "iraq-2024")
    assert done.stdout.startswith("iraq-2024: no fault.")
    quiet = fine("check", "iraq-2024", "--quiet")
    assert quiet.stdout == done.stdout
    assert quiet.stderr == ""


def test_new_then_check(tmp_path: Path) -> None:
    """A new case is without fault, and is not written over."""
    folder = tmp_path / "my-crisis"
    done = fine("new", folder)
    listed = [Path(x) for x in done.stdout.splitlines()]
    assert all(f.is_file() for f in listed)
    assert folder / "case.yaml" in listed
    assert fine("check", folder).stdout.startswith("my-crisis: no fault.")
    before = contents(folder)
    again = spillover("new", folder)
    assert again.returncode == 2
    assert contents(folder) == before
    made = json.loads(fine("new", tmp_path / "other", "--id", "named", "--json").stdout)
    assert all(Path(f).is_file() for f in made["files"])
    assert (
        json.loads(fine("check", tmp_path / "other", "--json").stdout)["case"]
        == "named"
    )


@pytest.mark.slow
def test_new_case_runs(tmp_path: Path) -> None:
    fine("new", tmp_path / "mine", "-q")
    done = fine("run", tmp_path / "mine", *TINY, "--out", tmp_path / "out", "-q")
    assert (tmp_path / "out" / "brief.html").is_file()
    assert len(done.stdout.splitlines()) > 5


# ---- simulate and what it writes -----------------------------------------------------


def test_run_folder(made: Path) -> None:
    """Every file is there, the digests are those of the case beside it."""
    names = {
        "manifest.json", "outcomes.json", "outcomes.csv", "results.npz", "brief.html",
        "brief.md", "brief.json", "case/case.yaml",
    }  # fmt: skip
    assert names <= set(contents(made))
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    case = {p.name: p.read_bytes() for p in (made / "case").iterdir()}
    assert manifest["case_digest"] == digest_of({"case.yaml": case["case.yaml"]})
    others = {n: b for n, b in case.items() if n != "case.yaml"}
    assert manifest["data_digest"] == digest_of(others)
    assert (manifest["draws"], manifest["futures_per_draw"]) == (20, 3)
    assert manifest["seed"] == 1
    assert manifest["levers"] == ["nothing", "washington-firm"]
    assert manifest["versions"].keys() >= {"spillover", "python", "numpy", "numba"}
    assert [p.name for p in made.parent.iterdir()] == [made.name]  # nothing beside it


@pytest.mark.slow
def test_same_seed_same_answers(made: Path, tmp_path: Path) -> None:
    """On one thread too; another seed gives others."""
    again, other = tmp_path / "again", tmp_path / "other"
    lever = ("--lever", "washington-firm")
    fine("simulate", "iraq-2024", *TINY, *lever, "--threads", "1", "--out", again, "-q")
    fine("simulate", "iraq-2024", *TINY, "--seed", "2", "--out", other, "-q")
    for name in ("outcomes.json", "outcomes.csv"):
        assert (again / name).read_bytes() == (made / name).read_bytes()
    assert (other / "outcomes.csv").read_bytes() != (made / "outcomes.csv").read_bytes()


def test_simulate_json(tmp_path: Path) -> None:
    done = fine("simulate", "strait-demo", *TINY, "--out", tmp_path / "r", "--json")
    found = json.loads(done.stdout)
    assert found["run"] == str(tmp_path / "r")
    assert found["case"] == "strait-demo"


@pytest.mark.slow
def test_default_folder(tmp_path: Path) -> None:
    """Without --out: runs/CASE-TIME below where one stands."""
    done = fine("simulate", "strait-demo", *TINY, "-q", where=tmp_path)
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"strait-demo-\d{8}-\d{6}", folder.name)
    assert done.stdout.strip() == f"runs/{folder.name}"
    assert done.stderr == ""


@pytest.mark.parametrize("verb", ["simulate", "run"])
def test_folder_that_is_there(verb: str, made: Path) -> None:
    """Exit code 2; what is in it is left as it was, and nothing is left beside it."""
    before = contents(made.parent)
    done = spillover(verb, "strait-demo", *TINY, "--out", made)
    assert done.returncode == 2
    assert str(made) in done.stderr
    assert contents(made.parent) == before


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where a folder should be: told, not shown as an error of the program."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    done = spillover(
        "simulate", "strait-demo", *TINY, "--out", tmp_path / "file" / "run"
    )
    assert done.returncode in (1, 2)
    assert str(tmp_path / "file") in done.stderr
    assert "error of the program" not in done.stderr
    assert done.stdout == ""
    assert contents(tmp_path).keys() == {"file"}


# ---- outcomes ------------------------------------------------------------------------


def test_outcomes_of_a_run(made: Path) -> None:
    """JSON of a run folder: rows with chance, error, interval and sizes."""
    found = json.loads(fine("outcomes", made, "--json").stdout)
    assert found["case"] == "iraq-2024"
    assert found["lever"] == "nothing"
    assert found["schema_version"] == 1
    rows = found["outcomes"]
    assert {r["kind"] for r in rows} == {"chance", "count"}
    for r in rows:
        if r["kind"] == "chance":
            assert 0 <= r["p"] <= 1
            assert r["modelled"] + r["unmodelled"] == pytest.approx(r["p"])
            assert r["mc_se"] >= 0
            if r["p_low"] is not None:
                assert r["p_low"] <= r["p_high"]
        else:
            q = [r[k] for k in ("q5", "q25", "q50", "q75", "q95")]
            assert q == sorted(q)
    table = csv.DictReader((made / "outcomes.csv").read_text("utf-8").splitlines())
    assert [x["id"] for x in table if x["lever"] == "nothing"] == [
        r["id"] for r in rows
    ]


def test_outcomes_with_a_lever(made: Path) -> None:
    lever = ("--lever", "washington-firm")
    words = ("outcomes", made, "--json", "--lever")
    assert (
        json.loads(fine(*words, "washington-firm").stdout)["lever"] == "washington-firm"
    )
    done = spillover(*words, "baghdad-acts")
    assert done.returncode == 2
    assert "washington-firm" in done.stderr  # what it has
    assert 'With the lever "washington-firm"' in fine(*words[:2], *lever).stdout


def test_a_misspelt_lever_gets_a_suggestion(made: Path) -> None:
    for of in ("iraq-2024", made):
        done = spillover("outcomes", of, "--lever", "washington-frim")
        assert done.returncode == 2
        assert 'Did you mean "washington-firm"?' in done.stderr


def test_run_says_where_a_lever_is_read(tmp_path: Path) -> None:
    words = ("run", "strait-demo", *TINY, "-q", "--out", tmp_path / "r")
    lever = load("strait-demo").levers[1]
    said = fine(*words, "--lever", lever).stdout
    assert f"spillover outcomes {tmp_path / 'r'} --lever {lever}" in said


def test_outcomes_as_a_table(made: Path) -> None:
    """Readable without color, and no wider for --all than it must be."""
    plain = fine("outcomes", made).stdout
    assert "%" in plain
    assert ESCAPE not in plain  # not a terminal
    every = fine("outcomes", made, "--all").stdout
    assert len(every.splitlines()) > len(plain.splitlines())


def test_no_color(made: Path) -> None:
    """NO_COLOR wins over a wish for color; a wish alone is heard."""
    env = {"NO_COLOR": "1", "TERM": "xterm-256color"}
    done = spillover("outcomes", made, env=env)
    assert ESCAPE + "3" not in done.stdout
    assert done.stdout == spillover("outcomes", made, env={"TERM": "dumb"}).stdout


@pytest.mark.slow
def test_outcomes_of_a_case() -> None:
    """A case instead of a run is simulated first; progress does not reach stdout."""
    done = fine("outcomes", "strait-demo", *TINY, "--json")
    assert json.loads(done.stdout)["case"] == "strait-demo"


# ---- run and brief -------------------------------------------------------------------


def test_run_json(tmp_path: Path) -> None:
    done = fine("run", "strait-demo", *TINY, "--out", tmp_path / "r", "--json")
    found = json.loads(done.stdout)
    assert found["run"] == str(tmp_path / "r")
    assert found["manifest"]["case"] == "strait-demo"
    saved = json.loads((tmp_path / "r" / "outcomes.json").read_text(encoding="utf-8"))
    assert found["outcomes"] == saved["arms"][0]["outcomes"]


@pytest.mark.slow
def test_run_prints_answers(tmp_path: Path) -> None:
    """A title, a table with the key question, and where the brief is."""
    done = fine("run", "iraq-2024", *TINY, "--out", tmp_path / "r", "--quiet")
    assert "Iraq between Tehran and Washington" in done.stdout
    assert "Does Israel strike Iraqi territory?" in done.stdout
    assert str(tmp_path / "r") in done.stdout
    assert ESCAPE not in done.stdout
    assert done.stderr == ""


def test_brief_of_a_run(made: Path, tmp_path: Path) -> None:
    """Markdown and JSON of a run are those in its folder; a file holds the same."""
    md = fine("brief", made, "--md")
    assert md.stdout.rstrip("\n") == (made / "brief.md").read_text("utf-8").rstrip("\n")
    assert md.stdout.startswith("# ")
    json.loads(fine("brief", made, "--json").stdout)
    done = fine("brief", made, "--out", tmp_path / "page.html")
    assert done.stdout == ""
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == (made / "brief.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")


@pytest.mark.slow
def test_brief_of_a_case() -> None:
    assert fine("brief", "strait-demo", *TINY, "--md", "-q").stdout.startswith("# ")


def test_broken_run_folder(tmp_path: Path) -> None:
    """An outcomes.json that is none: told as bad input."""
    (tmp_path / "outcomes.json").write_text("{not json", encoding="utf-8")
    done = spillover("outcomes", tmp_path)
    assert done.returncode == 2, done.stderr
    assert "outcomes.json" in done.stderr


@pytest.mark.slow
def test_reader_that_leaves() -> None:
    """``spillover ... | head -1`` ends quietly."""
    done = subprocess.run(
        f"{COMMAND} brief strait-demo --draws 20 --futures 3 -q | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stderr == ""


def test_debug_shows_where(tmp_path: Path) -> None:
    """With SPILLOVER_DEBUG set the traceback is there for those who ask."""
    done = subprocess.run(
        [str(COMMAND), "check", "no-such-case"],
        capture_output=True,
        text=True,
        env={**os.environ, "SPILLOVER_DEBUG": "1"},
        check=False,
    )
    assert TRACE in done.stderr
