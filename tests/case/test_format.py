"""The format as a whole: bundled cases, round trip, schema, starter, grammar."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from ruamel.yaml import YAML

import spillover as sp
from spillover.case import schema
from spillover.case.check import check_case
from spillover.case.dump import dump_case
from spillover.case.json_schema import json_schema
from spillover.case.number_text import NumberError, parse_number
from spillover.case.pattern_text import TextError, parse_pattern
from spillover.case.read import (
    bundled_cases,
    case_folder,
    numbers_by_path,
    read_case,
    read_document,
)
from spillover.errors import InputError
from spillover.model.actions import ACTIONS

MODELS = [
    m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, BaseModel)
]


@pytest.mark.parametrize("name", bundled_cases())
def test_bundled_cases_pass_strict(name: str) -> None:
    check_case(*read_document(name), strict=True)


@pytest.mark.parametrize("name", bundled_cases())
def test_round_trip(name: str, tmp_path: Path) -> None:
    case = read_case(name)
    folder, _ = case_folder(name)
    for table in ("records.csv", "counts.csv", "codebook.csv"):
        (tmp_path / table).write_bytes((folder / table).read_bytes())
    (tmp_path / "case.yaml").write_text(dump_case(case), encoding="utf-8")
    again = read_case(tmp_path)
    assert again == case


@pytest.mark.parametrize("name", bundled_cases())
def test_nothing_younger_than_the_origin(name: str) -> None:
    case = read_case(name)
    for s in case.sources.values():
        assert s.date is None or s.date <= case.origin
    assert all(r.last < case.origin for r in case.records)
    assert all(c.last < case.origin for c in case.counts)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_field_is_described(model: type[BaseModel]) -> None:
    bare = [n for n, f in model.model_fields.items() if not f.description and n != "id"]
    assert not bare


@pytest.mark.parametrize("name", bundled_cases())
def test_the_schema_accepts_the_bundled_cases(name: str) -> None:
    found = json_schema()
    jsonschema.Draft7Validator.check_schema(found)
    folder, file = case_folder(name)
    raw = json.loads(
        json.dumps(
            YAML(typ="safe", pure=True).load((folder / file).read_text()), default=str
        )
    )
    errors = [
        f"{list(e.path)}: {e.message[:200]}"
        for e in jsonschema.Draft7Validator(found).iter_errors(raw)
    ]
    assert not errors


def test_the_schema_refuses_an_unknown_key() -> None:
    raw = {
        "spillover": 1,
        "case": "x",
        "origin": "2031-03-01",
        "horizon": "9 days",
        "actor": {},
    }
    assert list(jsonschema.Draft7Validator(json_schema()).iter_errors(raw))


def test_new_then_check(tmp_path: Path) -> None:
    files = sp.new(tmp_path / "mine")
    assert {f.name for f in files} == {
        "case.yaml",
        "records.csv",
        "counts.csv",
        "codebook.csv",
        "case.schema.json",
    }
    assert (
        (tmp_path / "mine" / "case.yaml")
        .read_text()
        .startswith("# yaml-language-server: $schema=case.schema.json")
    )
    assert sp.load(tmp_path / "mine").id == "mine"
    sp.check(tmp_path / "mine", strict=True)
    before = (tmp_path / "mine" / "case.yaml").read_bytes()
    with pytest.raises(InputError, match="there already"):
        sp.new(tmp_path / "mine")
    assert (tmp_path / "mine" / "case.yaml").read_bytes() == before


def test_numbers_by_path_are_unique_and_named_by_id() -> None:
    paths = numbers_by_path(read_case("iraq-2024"))
    assert "red_lines.israel-deaths.chance" in paths
    assert "restraints.washington-pledge.factor" in paths or any(
        p.startswith("restraints.washington-pledge.holds") for p in paths
    )


def test_absent_bounds_are_the_same_and_others_are_not() -> None:
    """NaN equals nothing; from Python 3.13 on dataclasses compare field by field."""
    rest, other = (parse_number("rest", "chance") for _ in range(2))
    again = pickle.loads(pickle.dumps(rest))
    assert rest == other == again
    assert len({rest, other, again}) == 1
    half = parse_number("0.5", "chance")
    assert half == parse_number("0.5", "chance")
    assert half not in (rest, parse_number("0.5..0.6", "chance"), 0.5)


@given(
    st.floats(0.001, 1000),
    st.floats(1.01, 50),
    st.sampled_from(["day", "week", "month", "year"]),
)
def test_a_rate_range_keeps_its_ends(low: float, ratio: float, unit: str) -> None:
    days = {"day": 1, "week": 7, "month": 30.4375, "year": 365.25}[unit]
    n = parse_number(f"{low!r}..{low * ratio!r} per {unit}", "rate")
    assert n.kind == "unknown"
    assert n.low == pytest.approx(low / days)
    assert n.high == pytest.approx(low * ratio / days)


@given(st.floats(0.01, 0.99))
def test_percent_is_a_share(p: float) -> None:
    assert parse_number(f"{100 * p!r} %", "chance").low == pytest.approx(p)


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_clear_fault(text: str) -> None:
    try:
        parse_number(text, "chance")
    except NumberError as e:
        assert e.found


@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_a_clear_fault(text: str) -> None:
    try:
        parse_pattern(text)
    except TextError as e:
        assert e.found


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_known(action: str) -> None:
    p = parse_pattern(f"a {action} b from c in d (deadly, result: landed)")
    assert (p.source, p.action, p.target, p.place_from, p.place_in) == (
        "a",
        action,
        "b",
        "c",
        "d",
    )
    assert p.marks == (("deadly", ""), ("result", "landed"))


def test_delays_vary_and_rates_do_not() -> None:
    assert parse_number("1..6 days", "duration", varies=True).kind == "varying"
    assert parse_number("1..6 days", "duration").kind == "unknown"
