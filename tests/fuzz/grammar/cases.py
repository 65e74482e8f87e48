"""Cases and the tables beside them, made from the elements of the invented bundled case."""

from __future__ import annotations

import copy
import csv
import io
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pydantic import ValidationError

from spillover.case import check_case
from spillover.case.read import _yes_no, case_folder, with_ids
from spillover.case.schema import Case
from spillover.case.yaml_text import Document, parse_yaml
from spillover.errors import CaseError

__all__ = ["case_data", "case_text", "numbers", "tables"]

SHAPES = (
    "{a}", "{a}..{b}", "{a}~{b}", "{a} %", "{a}..{b} %", "{a} per day",
    "{a}..{b} per day", "{a} per {c} days", "{a} days", "{a}..{b} weeks", "{a}~{b} days",
    "{a} months", "{a}..{b} per sqrt month", "{a} times", "rest", "by control", "n-{c}",
    "{a} acts per week", "{a} hours", "0", "{a} per year",
)  # fmt: skip
PATTERNS = (
    "launches", "launches (deadly)", "strikes (result: landed)", "brigades ASSAULT westmark",
    "* ASSAULT *", "westmark ASSAULT brigades in arland", "gauge strain", "report claims",
    "deaths by launches", "injured by * ASSAULT arland", "raids (by: first, large)",
    "eastmark COERCE brigades from delta in arland", "launches (in: arland, inside delta)",
)  # fmt: skip


@cache
def _bundled() -> dict[str, Any]:
    folder, file = case_folder("strait-demo")
    return parse_yaml((folder / file).read_text("utf-8"), file)[0].data


@cache
def _tables() -> dict[str, str]:
    folder, _ = case_folder("strait-demo")
    return {p.name: p.read_text("utf-8") for p in sorted(folder.glob("*.csv"))}


def _number(rng: Random) -> str:
    a = rng.choice((rng.random(), rng.random() * 30, float(int(rng.random() * 9))))
    return (
        SHAPES[int(rng.random() * len(SHAPES))]
        .replace("{a}", f"{a:.3g}")
        .replace("{b}", f"{a + rng.random() * (a + 0.1):.4g}")
        .replace("{c}", str(int(rng.random() * 100)))
    )


def numbers(rng: Random) -> bytes:
    """Some eighty numbers and patterns, one a line."""
    lines = []
    for _ in range(60 + int(rng.random() * 40)):
        if rng.random() < 0.55:
            lines.append(_number(rng))
        else:
            lines.append(PATTERNS[int(rng.random() * len(PATTERNS))])
    return "\n".join(lines).encode()


def _vary(node: Any, rng: Random) -> Any:
    """Numbers written otherwise, here and there; the rest as it is."""
    if isinstance(node, dict):
        return {k: _vary(v, rng) for k, v in node.items()}
    if isinstance(node, list):
        return [_vary(v, rng) for v in node]
    if isinstance(node, str) and node[:1].isdigit() and len(node) < 25 and rng.random() < 0.1:  # fmt: skip
        return _number(rng)
    return node


def _holds(data: dict[str, Any]) -> bool:
    """Whether plain data are a case without a fault."""
    try:
        case = Case.model_validate(with_ids(_yes_no(copy.deepcopy(data))))
        check_case(case, Document("case.yaml", data, {}))
    except (ValidationError, CaseError):
        return False
    return True


def reduce_case(k: int) -> dict[str, Any]:
    """The bundled case less whatever can go while it stays a case: some six kilobytes."""
    rng = Random(f"reduced {k}")
    data = {**_bundled()}
    if k % 2:
        del data["history"]
    for _ in range(3):
        sections = [
            n for n, v in data.items() if isinstance(v, (dict, list)) and n != "history"
        ]
        rng.shuffle(sections)
        for name in sections:
            value = data[name]
            if rng.random() < 0.75:
                less: Any = [] if isinstance(value, list) else {}
            elif isinstance(value, list):
                less = [v for v in value if rng.random() < 0.5]
            else:
                less = {n: v for n, v in value.items() if rng.random() < 0.5}
            some = {**data, name: less}
            if not less:
                del some[name]
            if _holds(some):
                data = some
        singles = [n for n, v in data.items() if isinstance(v, list)]
        for name in singles:
            for v in list(data[name]):
                some = {**data, name: [x for x in data[name] if x is not v]}
                if rng.random() < 0.4 and _holds(some):
                    data = some
    return data


@cache
def _small() -> list[dict[str, Any]]:
    """Made once by `python -m tests.fuzz.grammar.cases`: finding them takes seconds."""
    found: list[dict[str, Any]] = json.loads(SMALL.read_text("utf-8"))
    return found


def reduced(k: int) -> dict[str, Any]:
    """One of the small cases."""
    return _small()[k]


BASES = 4
SMALL = Path(__file__).parent / "small_cases.json"


def case_data(rng: Random) -> dict[str, Any]:
    """A case as plain data: a small valid one, some of its numbers written otherwise."""
    out = copy.deepcopy(reduced(int(rng.random() * BASES)))
    if rng.random() < 0.3:
        out["numbers"] = {f"n-{k}": _number(rng) for k in range(3)}
    varied = _vary(out, rng) if rng.random() < 0.4 else out
    assert isinstance(varied, dict)
    return varied


def case_text(rng: Random) -> bytes:
    """The same as a file: keys as blocks, elements in one line, tables behind it."""
    data = case_data(rng)
    lines = []
    for key, value in data.items():
        if isinstance(value, dict) and key != "history":
            lines.append(f"{key}:")
            lines += [f"  {k}: {_flow(v)}" for k, v in value.items()]
        elif isinstance(value, list):
            lines.append(f"{key}:")
            lines += [f"  - {_flow(v)}" for v in value]
        else:
            lines.append(f"{key}: {_flow(value)}")
        if rng.random() < 0.2:
            lines.append("# a remark: it says nothing")
    text = "\n".join(lines) + "\n"
    if "history" in data:
        for name, body in _tables().items():
            text += f"\n%%% {name}\n{body}"
    return text.encode()


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_COLUMNS = {
    "records": "id,date,date_to,source,action,target,from,in,about,deaths,injured,marks,sources,published,order,note",
    "counts": "id,from,to,of,count,low,high,kind,rival,weight,sources,note",
    "events": "stream,date,date_to,count,source",
    "codebook": "printed,actor,note",
}  # fmt: skip


def _day(rng: Random) -> str:
    return f"20{int(rng.random() * 40):02d}-{1 + int(rng.random() * 12):02d}-{1 + int(rng.random() * 28):02d}"


def _value(rng: Random, column: str, k: int) -> str:
    if column == "id":
        return f"r-{k}"
    if column in ("date", "published"):
        return _day(rng) if column == "date" or rng.random() < 0.3 else ""
    if column in ("from", "to", "date_to"):
        return rng.choice((_day(rng)[:7], _day(rng), "", ""))
    if column in ("count", "low", "high", "deaths", "injured", "order"):
        return rng.choice(("", str(int(rng.random() * 90)), "3"))
    if column == "kind":
        return rng.choice(("exact", "at least", "about", "range", "missing"))
    if column == "of":
        return PATTERNS[int(rng.random() * len(PATTERNS))]
    if column == "weight":
        return rng.choice(("", "0.5", "1e2"))
    if column == "action":
        return rng.choice(("ASSAULT", "REJECT", "THREATEN"))
    if column == "marks":
        return rng.choice(("", "result: landed; large", "deadly"))
    if column == "note":
        return rng.choice(("", 'said "so", twice', "two\nlines", "é ש 中"))
    return rng.choice(("brigades", "WES", "launches", "arland", "wire-0110; tally", ""))


def tables(rng: Random) -> bytes:
    """One of the tables beside a case, a bit over a kilobyte."""
    name = rng.choice(tuple(_COLUMNS))
    columns = _COLUMNS[name].split(",")
    if rng.random() < 0.2:
        rng.shuffle(columns)
    text = io.StringIO()
    out = csv.writer(text, lineterminator=rng.choice(("\n", "\r\n")))
    out.writerow(columns)
    k = 0
    while text.tell() < 1150:
        k += 1
        out.writerow([_value(rng, c, k) for c in columns])
    return text.getvalue().encode()


if __name__ == "__main__":
    made = [reduce_case(k) for k in range(BASES)]
    SMALL.write_text("[\n" + ",\n".join(map(_flow, made)) + "\n]\n", "utf-8")
