"""What check says without refusing: a sentence each."""

from __future__ import annotations

from pathlib import Path

import pytest

from spillover.case import check_case, read_document
from spillover.errors import CaseError

GOOD = (Path(__file__).parent.parent / "golden" / "bad_models" / "good.yaml").read_text(
    encoding="utf-8"
)
RECORDS = (
    "id,date,source,action,target\nr1,2031-02-01,westmark,CONSULT,arland\n"
    "r2,2031-02-02,brigades,ASSAULT,westmark\n"
)


def warned(folder: Path, text: str, records: str = "") -> tuple[str, ...]:
    if records:
        (folder / "records.csv").write_text(records, encoding="utf-8")
        text += "history: {records: records.csv}\n"
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    return check_case(*read_document(folder))


def test_a_good_case_is_quiet(tmp_path: Path) -> None:
    assert warned(tmp_path, GOOD) == ()


def test_records_that_match_nothing_are_counted(tmp_path: Path) -> None:
    said = warned(tmp_path, GOOD, RECORDS)
    assert said == ("1 of 2 records matches no stream and stays as context",)


def test_unused_sources_are_one_sentence(tmp_path: Path) -> None:
    text = GOOD.replace(
        "sources: {wire:", "sources: {a: {title: A}, b: {title: B}, wire:"
    )
    assert warned(tmp_path, text) == ("2 sources are not cited: a, b",)


def test_unused_shared_numbers(tmp_path: Path) -> None:
    text = GOOD + "numbers: {pace: {is: 0.2, why: x}}\n"
    assert warned(tmp_path, text) == ("1 shared number is not used: pace",)


def test_a_number_without_reason_warns_and_is_a_fault_when_strict(
    tmp_path: Path,
) -> None:
    text = GOOD + "gauges: {g: {half_life: 3 days, raised_by: {raids: 2}}}\n"
    said = warned(tmp_path, text)
    assert len(said) == 1
    assert said[0].startswith("2 numbers have no source and no reason: gauges.g.half")
    with pytest.raises(CaseError, match="no source and no reason"):
        check_case(*read_document(tmp_path), strict=True)
