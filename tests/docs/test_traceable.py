"""Every measured number in the README and the docs names the command that makes it.

How blocks are marked, and what looks measured, stands in truth/claims.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from truth.checks import CHECKS, NOTES
from truth.claims import Block, blocks, measured, pages, untraced
from truth.store import load

IDS = {c.id for c in CHECKS} | set(NOTES)
HOW = (
    "put `<!-- truth: ID -->` on the line above, ID from `python -m truth --list` "
    "(or once, rule, cited: truth/checks.py); a new command goes to truth/checks.py"
)


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_every_measured_number_names_its_command(page: Path) -> None:
    bare = untraced(page.read_text("utf-8"), page.name)
    said = [f"{b.page}:{b.line}: {b.text.splitlines()[0][:90]}" for b in bare]
    assert not said, "\n".join([*said, HOW])


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_marks_name_what_there_is(page: Path) -> None:
    for b in blocks(page.read_text("utf-8"), page.name):
        unknown = set(b.ids) - IDS
        assert not unknown, f"{b.page}:{b.line}: no check {', '.join(unknown)}; {HOW}"


def test_what_is_named_has_a_result_with_its_date() -> None:
    """Run here, or carried over with the day it was measured on."""
    named = {
        i for p in pages() for b in blocks(p.read_text("utf-8"), p.name) for i in b.ids
    }
    results = load()
    missing = sorted(named - set(NOTES) - set(results))
    assert not missing, f"docs/truth.json knows nothing of {missing}: run make truth"
    for name, entry in results.items():
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry["date"]), name
        assert entry["state"] in ("run", "carried"), name


def claims(text: str) -> bool:
    return measured(Block("page", 1, text, ()))


@pytest.mark.parametrize(
    "text",
    [
        "It reads 110 articles a second.",
        "The whole run takes 10 s on two cores.",
        "Memory is 67 MB after 100 runs.",
        "Coverage a day ahead is 0.90 on icews.",
        "The 90 % intervals cover 90.7 % of truths.",
        "A sentence without numbers. RMSE .073 against .081 before.",
        "Tried: blocks of 14 days (+.22).",
        "Of 40 links 36 of 40 were found, recall falls below that.",
        "| set | log |\n|---|---|\n| icews | -0.6270 |\n| ucdp | -0.4969 |",
        "| | |\n|---|---|\n| first page | 0.5 s |\n| memory | 67 MB |",
        "    Does it strike?\n      within 30 days   11 %\n      within 60 days   19 %",
    ],
)
def test_measurements_are_seen(text: str) -> None:
    assert claims(text)


@pytest.mark.parametrize(
    "text",
    [
        "A range is the central 90 % of a law.",
        "Windows of 30, 60 and 90 days.",
        "Python 3.11 or newer; licence Apache-2.0; see chapter 2.5.",
        "| field | default |\n|---|---|\n| draws | 2000 |\n| futures | 20 |",
        "    spillover backtest counts.csv --horizons 1,7",
        "A chance of 23 % is no statement that something will not happen.",
    ],
)
def test_rules_and_examples_are_left_alone(text: str) -> None:
    assert not claims(text)


PAGE = """# Title

Takes 10 s.

## Measured

<!-- truth: desk -->

Takes 11 s.

### Below

Takes 12 s.

## Other

<!-- truth: start -->
Takes 13 s.

Takes 14 s.

Takes 15 s (`python -m benchmarks.desk`).
"""


def test_how_far_a_mark_reaches() -> None:
    """A block, or a section with what is below it; a command covers its own block."""
    found = {b.text: b.ids for b in blocks(PAGE, "page")}
    assert found["Takes 11 s."] == found["Takes 12 s."] == ("desk",)
    assert found["Takes 13 s."] == ("start",)
    bare = [b.text for b in untraced(PAGE, "page")]
    assert bare == ["Takes 10 s.", "Takes 14 s."]


def test_a_page_without_its_marks_is_refused() -> None:
    """The net holds: take the marks away, and the pages that had them are named."""
    named = set()
    for page in pages():
        text = page.read_text("utf-8")
        bare = re.sub(r"<!-- truth: .*? -->\n", "", text)
        if untraced(bare, page.name):
            named.add(page.name)
    assert {"README.md", "backtests.md", "learning.md", "reading.md"} <= named
