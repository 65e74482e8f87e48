"""The short form of the campaign: some thousand inputs over all readers."""

from __future__ import annotations

import statistics

import pytest

from tests.fuzz.engine import inputs, judge, limits
from tests.fuzz.grammar.cases import BASES, _holds, reduced
from tests.fuzz.targets.all import TARGETS

QUICK = {
    "event-text": 2, "event-json": 2, "event-packed": 2, "case-tables": 2,
    "case-words": 1, "answers": 2, "actors": 1, "decisions": 2, "ledger": 2, "gold": 2,
    "dictionaries": 1, "run-folder": 2, "report-words": 1, "report-read": 1,
    "report-page": 1, "event-parquet": 3, "event-import": 4, "fit-file": 1,
    "case-file": 3, "case-edit": 2, "graph-folder": 1, "daily-table": 2,
    "api": 3,
}  # fmt: skip
"""Blocks of each target; the slow ones have small blocks."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.slow if n in ("fit-file", "event-import", "case-edit", "daily-table") else ())
        for n in TARGETS
    ],
)  # fmt: skip
def test_a_result_or_a_message(name, tmp_path):
    target = TARGETS[name]
    target.warm()
    sizes, kinds = [], {}
    with limits():
        for block in range(QUICK[name]):
            for k, data in enumerate(inputs(target, 0, block)):
                verdict = judge(target, data, tmp_path)
                sizes.append(len(data))
                kinds[verdict.kind] = kinds.get(verdict.kind, 0) + 1
                assert verdict.good, (
                    f"0/{block}/{k}: {verdict.kind}: {verdict.text}\n{verdict.trace}"
                )
    assert statistics.median(sizes) > 1000, "the inputs are too short to go deep"
    assert kinds.get("read", 0) > 0, f"nothing was read: {kinds}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", list(TARGETS))
def test_more_of_it(name, tmp_path):
    """Twenty times as many, other seeds."""
    target = TARGETS[name]
    target.warm()
    with limits():
        for block in range(100, 100 + 10 * QUICK[name]):
            for k, data in enumerate(inputs(target, 0, block)):
                verdict = judge(target, data, tmp_path)
                assert verdict.good, f"0/{block}/{k}: {verdict.kind}: {verdict.text}"


def test_an_input_is_known_by_its_number():
    target = TARGETS["event-text"]
    one, other = (list(inputs(target, 3, 5)) for _ in range(2))
    assert one == other
    assert one != list(inputs(target, 4, 5))


def test_the_small_cases_are_cases():
    """Or make them anew: python -m tests.fuzz.grammar.cases."""
    assert all(_holds(reduced(k)) for k in range(BASES))
