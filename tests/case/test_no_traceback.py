"""Cases spoilt at random: a clear fault or a case that can be written back."""

from __future__ import annotations

import copy
import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from spillover.case import check_case, read_case, read_document
from spillover.case.dump import dump_case
from spillover.errors import CaseError

GOOD = Path(__file__).parent.parent / "golden" / "bad_models" / "good.yaml"
ODD: list[Any] = [
    None, "", 0, -1, 1e308, "1e400", "rest", "yes", True, [], {}, [[]], {"is": None},
    {"is": [1]}, {"median": 3}, {"median": "rest", "spread": 1}, "5..2", "* * *",
    "gauge x", "driver x", "report x", "deaths by", "raids (x", "()", "raids (by:)",
    "2031-03-01", "0001-01-01", "9999-12-31", "10000 years", "0 days", "0.1~0.2",
    {"a": {"b": 1}}, ["a", {"b": 2}], {1: 2}, "by control", {"not": {}}, 0.5, "none",
    {"raises": []}, {"opens": "x"}, "{found}", "%", 10**400, "é", "5 per 0 days",
]  # fmt: skip
KEYS = ["x", "is", "id", "when", "factor", "none", "sources", "median", "within"]


def paths(node: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items: Any = ()
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, list):
        items = enumerate(node)
    for key, value in items:
        yield from paths(value, (*path, key))


def spoil(data: Any, rng: random.Random) -> None:
    path = rng.choice(list(paths(data)))
    node = data
    for key in path[:-1]:
        node = node[key]
    how = rng.random()
    if how < 0.2:
        del node[path[-1]]
    elif how < 0.35 and isinstance(node, dict):
        node[rng.choice(KEYS)] = node.pop(path[-1])
    elif how < 0.45:
        other: Any = data
        for key in rng.choice(list(paths(data))):
            other = other[key]
        node[path[-1]] = copy.deepcopy(other)
    else:
        node[path[-1]] = copy.deepcopy(rng.choice(ODD))


@pytest.mark.parametrize("seed", range(8))
def test_spoilt_cases(seed: int, tmp_path: Path) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.representer.ignore_aliases = lambda _: True
    base = yaml.load(GOOD.read_text(encoding="utf-8"))
    rng = random.Random(seed)
    file = tmp_path / "case.yaml"
    for _ in range(40):
        data = copy.deepcopy(base)
        for _ in range(rng.choice([1, 1, 2])):
            spoil(data, rng)
        out = io.StringIO()
        yaml.dump(data, out)
        file.write_text(out.getvalue(), encoding="utf-8")
        try:
            case, document = read_document(file)
            check_case(case, document)
        except CaseError as e:
            assert e.faults
            continue
        file.write_text(dump_case(case), encoding="utf-8")
        assert read_case(file) == case
