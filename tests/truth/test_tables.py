"""What commands print is read, kept and written without loss."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table as Box

from truth.checks import CHECKS, NOTES
from truth.page import BEGIN, END, PAGE, written
from truth.store import load, save
from truth.tables import markdown, read_output

PRINTED = """50 sets

| fit | bias (se) |
|---|---|
| walk | -.018 (.006) |

done in 3 s
"""


def test_a_markdown_table() -> None:
    (table,), lines = read_output(PRINTED)
    assert table.title == "50 sets"
    assert table.head == ["fit", "bias (se)"]
    assert table.rows == [["walk", "-.018 (.006)"]]
    assert lines == ["done in 3 s"]


def test_a_box_of_lines(capsys: pytest.CaptureFixture[str]) -> None:
    box = Box(title="Events per second")
    box.add_column("workload")
    box.add_column("spillover")
    box.add_row("K=10", "1,234 (1.10)")
    box.add_row("K=100", "")
    Console(width=80, force_terminal=False).print(box)
    (table,), _ = read_output(capsys.readouterr().out)
    assert table.title == "Events per second"
    assert table.head == ["workload", "spillover"]
    assert table.rows == [["K=10", "1,234 (1.10)"], ["K=100", ""]]


def test_written_again_it_is_read_the_same() -> None:
    (table,), _ = read_output(PRINTED)
    (again,), _ = read_output(markdown(table.head, table.rows))
    assert (again.head, again.rows) == (table.head, table.rows)


def test_ids_are_plain_and_once() -> None:
    ids = [c.id for c in CHECKS]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & set(NOTES)
    assert all(i.replace("-", "").isalnum() and i == i.lower() for i in ids)


def test_the_page_is_made_from_the_results() -> None:
    assert PAGE.read_text("utf-8") == written(load()), "run: python -m truth --page"
    assert set(load()) <= {c.id for c in CHECKS}


def test_what_a_person_wrote_is_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    made = written({}, page)
    assert made.startswith(f"before\n{BEGIN}\n")
    assert made.endswith(f"{END}\nafter\n")
    assert "never run" in made
    assert "\nold\n" not in made


def test_results_survive_the_way_through_the_file(tmp_path: Path) -> None:
    entries = {"b": {"state": "carried"}, "a": {"state": "run", "tables": []}}
    save(entries, tmp_path / "truth.json")
    assert load(tmp_path / "truth.json") == entries
    assert list(load(tmp_path / "truth.json")) == ["a", "b"]
    assert load(tmp_path / "absent.json") == {}
