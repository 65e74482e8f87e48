"""The documentation is current, its example runs, and it names nobody's machine."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

from spillover import __version__, errors
from spillover.cli.app import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
PATHS = re.compile(r"(?<![\w.:/])/(?:work|home|Users|tmp|root|mnt|opt)/|[A-Z]:\\")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_reference", DOCS / "make_reference.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_case_reference_is_current(reference: ModuleType) -> None:
    saved = (DOCS / "case-reference.md").read_text(encoding="utf-8")
    made = reference.case_reference()
    assert saved == made, "run: python docs/make_reference.py"


def test_command_line_page_is_current(reference: ModuleType) -> None:
    """Typer lays help out anew from version to version: then only its words count."""
    saved = (DOCS / "cli.md").read_text(encoding="utf-8")
    if f"<!-- typer {version('typer')} -->" in saved:
        assert saved == reference.cli(), "run: python docs/make_reference.py"
    for verb, command in get_command(app).commands.items():
        part = saved.split(f"## spillover {verb}\n")[1].split("\n## ")[0]
        words = " ".join(part.split())
        for parameter in command.params:
            for name in (*parameter.opts, *parameter.secondary_opts):
                assert not name.startswith("-") or name in words
            assert " ".join((parameter.help or "").split()) in words


def test_every_class_of_the_schema_is_in_the_reference(reference: ModuleType) -> None:
    text = (DOCS / "case-reference.md").read_text(encoding="utf-8")
    missing = [n for n in reference.models() if f"\n## {n}\n" not in text]
    assert not missing


def test_every_verb_is_in_the_page(reference: ModuleType) -> None:
    assert sorted(reference.VERBS) == sorted(get_command(app).commands)


def blocks(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_readme_has_one_example() -> None:
    (code,) = blocks(ROOT / "README.md")
    assert len(code.strip().splitlines()) == 12


@pytest.mark.slow
def test_readme_example_runs(tmp_path: Path) -> None:
    (code,) = blocks(ROOT / "README.md")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    assert "Does Israel strike Iraqi territory? within 90 days" in done.stdout
    assert (tmp_path / "brief.html").stat().st_size > 10_000


@pytest.mark.slow
def test_example_of_levers_runs(tmp_path: Path) -> None:
    """And the brief of a full run of the reference case stays below 300 kB."""
    (code,) = blocks(DOCS / "levers.md")
    code += "print(len(run.brief().html.encode()))\n"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert "israel" in lines[2].lower()
    assert 100_000 < int(lines[-1]) < 300_000


def answers(*words: str, where: Path) -> set[str]:
    """Lines a verb prints, runs of blanks made one."""
    command = Path(sys.executable).with_name("spillover")
    done = subprocess.run(
        [str(command), *words],
        cwd=where,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    return {" ".join(line.split()) for line in done.stdout.splitlines()}


@pytest.mark.slow
def test_pages_show_what_is_printed(tmp_path: Path) -> None:
    """Every answer in the README and the tutorial, the reader's edit and lever too."""
    said = answers("run", "iraq-2024", "-q", where=tmp_path)
    answers("new", "mycase", "-q", where=tmp_path)
    said |= answers("run", "mycase", "-q", where=tmp_path)
    tutorial = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    before, after = re.findall(r"^    (chance: \{.*\})$", tutorial, re.MULTILINE)
    case = tmp_path / "mycase" / "case.yaml"
    text = case.read_text(encoding="utf-8")
    assert text.count(before) == 1
    case.write_text(text.replace(before, after), encoding="utf-8")
    said |= answers("run", "mycase", "-q", where=tmp_path)
    lever = ("--lever", "eastmark-restrains")
    said |= answers(
        "run", "mycase", *lever, "-q", "--out", "with-lever", where=tmp_path
    )
    said |= answers("outcomes", "with-lever", *lever, where=tmp_path)
    for page in (ROOT / "README.md", DOCS / "tutorial.md"):
        shown = re.findall(
            r"^ {4,}(within .*%.*|within .* to .*)$",
            page.read_text("utf-8"),
            re.MULTILINE,
        )
        assert len(shown) >= 6
        lost = [s for s in shown if " ".join(s.split()) not in said]
        assert not lost, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_blocks_are_python(page: Path) -> None:
    for code in blocks(page):
        compile(code, page.name, "exec")


def test_every_error_is_described() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    classes = [n for n, c in inspect.getmembers(errors, inspect.isclass)]
    own = [n for n in classes if getattr(errors, n).__module__ == errors.__name__]
    missing = [n for n in own if f"`{n}`" not in text]
    assert len(own) >= 13
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_path_of_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not PATHS.findall(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [x for x in LINK.findall(text) if "://" not in x]
    # Pictures are drawn for a release.
    missing = [
        x for x in links if not (page.parent / x).exists() and "pictures/" not in x
    ]
    assert not missing


def test_versions_agree() -> None:
    cff = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in cff
    assert f"## {__version__}" in changes


def test_decisions_name_every_library() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [re.split(r"[><=~ ]", d)[0] for d in project["project"]["dependencies"]]
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    assert not [n for n in names if f"| {n} |" not in text]


def test_validation_names_files_that_exist() -> None:
    text = (DOCS / "validation.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+(?:\.py)?)`", text))
    assert named
    assert not [n for n in named if not (ROOT / n).exists()]
