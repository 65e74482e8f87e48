"""A case with its tables: read, checked, written back and read again."""

from __future__ import annotations

from pathlib import Path
from random import Random

from spillover.case import check_case, read_document
from spillover.case.dump import dump_case
from spillover.case.edit import set_value
from spillover.case.read import numbers_by_path
from tests.fuzz.engine import Broken, Target, parts
from tests.fuzz.grammar.cases import BASES, case_text, reduced

__all__ = ["CASE_EDIT", "CASE_FILE"]

CODE = ("case", "model/actions.py", "errors.py")
TABLES = frozenset(("records.csv", "counts.csv", "codebook.csv", "events.csv"))


def read(data: bytes, folder: Path) -> None:
    """Read and check; what is accepted must come back the same."""
    written = []
    for name, body in parts(data).items():
        if not name or name in TABLES:
            path = folder / (name or "case.yaml")
            path.write_bytes(body)
            written.append(path)
    try:
        case, document = read_document(folder / "case.yaml")
        check_case(case, document)
        (folder / "case.yaml").write_text(dump_case(case), "utf-8")
        again, _ = read_document(folder / "case.yaml")
        if again != case:
            msg = "the case read back is another"
            raise Broken(msg)
    finally:
        for path in written:
            path.unlink()


def make_edit(rng: Random) -> bytes:
    """A case, a place in it and a new value."""
    text = case_text(rng).split(b"\n%%% ")[0]
    where = rng.choice(
        ("streams.launches.baseline", "horizon", "actors.first.name", "ties.1.control", "origin", "sources.tally.date")
    )  # fmt: skip
    value = rng.choice(("0.3 per day", "5..9 days", 'a "b" \\', "yes", "{a: 1}", "2031-01-01", "- x", "#"))  # fmt: skip
    return text + f"\n%%% where\n{where}\n%%% value\n{value}".encode()


def edit(data: bytes, folder: Path) -> None:
    """One value set: the text must still parse to the same but for it."""
    some = parts(data)
    text, where, value = (some.get(k, b"").decode("utf-8", "replace") for k in ("", "where", "value"))  # fmt: skip
    from spillover.case.yaml_text import parse_yaml

    changed = set_value(text, where, value)
    before, after = parse_yaml(text, "a")[0], parse_yaml(changed, "a")[0]
    if before.data.keys() != after.data.keys():
        msg = "an edit of one value changed the keys of the file"
        raise Broken(msg)


def _warm() -> None:
    for k in range(BASES):
        reduced(k)
    case, document = read_document("strait-demo")
    check_case(case, document)
    dump_case(case)
    numbers_by_path(case)


CASE_FILE = Target("case-file", case_text, read, code=CODE, block=10, documents=5, changes=3, weight=2, warm=_warm)  # fmt: skip
CASE_EDIT = Target("case-edit", make_edit, edit, code=CODE, block=10, documents=5, changes=2, weight=0.5)  # fmt: skip
