"""The small grammars of a case: numbers, patterns, quantities; its tables."""

from __future__ import annotations

import math
from pathlib import Path

from spillover.case.number_text import KINDS, NumberError, parse_number
from spillover.case.pattern_text import TextError, parse_pattern, parse_quantity
from spillover.case.tables import (
    read_codebook,
    read_counts,
    read_events,
    read_records,
)
from spillover.errors import CaseError
from tests.fuzz.engine import Broken, Target
from tests.fuzz.grammar.cases import numbers, tables

__all__ = ["CASE_TABLES", "CASE_WORDS"]

_KINDS = tuple(KINDS)
CODE = ("case/number_text.py", "case/pattern_text.py", "model/actions.py")


def words(data: bytes, folder: Path) -> None:
    """Each line as a number of some kind, and as a pattern or quantity."""
    text = data.decode("utf-8", "replace")
    for k, line in enumerate(text.split("\n")):
        if not line[:1].isalpha() or k % 4 == 0:
            try:
                n = parse_number(line, _KINDS[k % len(_KINDS)], varies=k % 3 == 0)
            except NumberError as e:
                str(e).encode()
            else:
                if n.kind not in ("shared", "rest") and not math.isfinite(n.middle):
                    msg = f"{line!r} has no middle"
                    raise Broken(msg)
        else:
            try:
                parse_quantity(line) if k % 2 else parse_pattern(line)
            except TextError as e:
                str(e).encode()


def table(data: bytes, folder: Path) -> None:
    """A table by what its header names; faults are collected, not raised."""
    text = data.decode("utf-8-sig", "replace").replace("\0", "")
    head = text[:300].split("\n", 1)[0]
    if "printed" in head:
        faults = read_codebook("t.csv", text)[1]
    elif "stream" in head:
        faults = read_events("t.csv", text)[1]
    elif "kind" in head:
        faults = read_counts("t.csv", text)[1]
    else:
        faults = read_records("t.csv", text, {"WES": "westmark"})[1]
    if faults:
        raise CaseError(faults)


CASE_WORDS = Target("case-words", numbers, words, code=CODE, weight=2)
CASE_TABLES = Target("case-tables", tables, table, code=("case/tables.py", *CODE), weight=4)  # fmt: skip
