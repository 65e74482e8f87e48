"""Tables beside a case: records, interval counts, events and the codebook.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from spillover.case.pattern_text import QuantityText, TextError, parse_quantity
from spillover.errors import Fault

__all__ = [
    "EventRow",
    "IntervalCount",
    "Record",
    "read_codebook",
    "read_counts",
    "read_events",
    "read_records",
]

RECORD_COLUMNS = [
    "id",
    "date",
    "date_to",
    "source",
    "action",
    "target",
    "from",
    "in",
    "about",
    "deaths",
    "injured",
    "marks",
    "sources",
    "published",
    "order",
    "note",
]
COUNT_COLUMNS = [
    "id",
    "from",
    "to",
    "of",
    "count",
    "low",
    "high",
    "kind",
    "rival",
    "weight",
    "sources",
    "note",
]
MOST_NAMES = 20
"""Columns named in one message of what is wrong with a header."""
NEEDED = {
    "records": ("id", "date", "source", "action", "target"),
    "counts": ("id", "from", "of", "kind"),
    "codebook": ("printed", "actor"),
    "events": ("stream", "date", "count"),
}


@dataclass(frozen=True)
class Record:
    """What was reported of one event; blanks are None or empty."""

    id: str
    first: dt.date
    last: dt.date
    source: str
    action: str
    target: str
    place_from: str = ""
    place_in: str = ""
    about: str = ""
    deaths: int | None = None
    injured: int | None = None
    marks: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    published: dt.date | None = None
    order: int | None = None
    note: str = ""
    line: int = 0


CountKind = Literal["exact", "at least", "about", "range", "missing"]
COUNT_KINDS: dict[str, CountKind] = {k: k for k in get_args(CountKind)}


@dataclass(frozen=True)
class IntervalCount:
    """How many events of something in a span of days (inclusive): a constraint."""

    id: str
    first: dt.date
    last: dt.date
    of: QuantityText
    text: str
    kind: CountKind
    low: float
    high: float
    rival: str = ""
    weight: float = 1.0
    sources: tuple[str, ...] = ()
    note: str = ""
    line: int = 0


@dataclass(frozen=True)
class EventRow:
    """Events of a stream on one day, or on days of a range (both inclusive)."""

    stream: str
    first: dt.date
    last: dt.date
    count: int
    source: str = ""
    line: int = 0


class _Rows:
    """Reads one table and collects its faults."""

    def __init__(
        self, name: str, file: str, text: str, columns: tuple[str, ...]
    ) -> None:
        self.file = file
        self.faults: list[Fault] = []
        reader = csv.reader(io.StringIO(text, newline=""))
        self.rows: list[tuple[int, dict[str, str]]] = []
        rows: list[tuple[int, list[str]]] = []
        try:
            for r in reader:
                if any(c.strip() for c in r):
                    rows.append((reader.line_num, r))
        except csv.Error as e:
            self.fault(
                reader.line_num,
                "",
                f"this is not a table: {e}",
                mend="Close the quotation marks near this line",
            )
            return
        if not rows:
            self.fault(0, "", "the table is empty", "a header row")
            return
        header = [c.strip().lstrip("\ufeff") for c in rows[0][1]]
        if len(header) == 1 and re.search(r"[;\t]", header[0]):
            self.fault(
                1,
                "",
                "the columns are not parted by commas",
                "a CSV table with commas",
                "Save it as CSV with commas",
            )
            return
        times = Counter(header)
        for column in sorted(c for c, n in times.items() if n > 1)[:MOST_NAMES]:
            self.fault(
                1, column, f'the column "{column}" stands twice', "each column once"
            )
        for column in NEEDED[name]:
            if column not in header:
                self.fault(
                    1,
                    column,
                    f'the column "{column}" is missing',
                    f"the columns {', '.join(NEEDED[name])}",
                )
        for column in [c for c in times if c not in columns][:MOST_NAMES]:
            self.fault(
                1,
                column,
                f'unknown column "{column}"',
                f"columns among {', '.join(columns)}",
            )
        if self.faults:
            return
        for line, row in rows[1:]:
            if len(row) != len(header):
                self.fault(
                    line,
                    "",
                    f"the row has {len(row)} cells",
                    f"{len(header)} as the header",
                    "Close the quotation mark" if any("\n" in c for c in row) else "",
                )
                continue
            cells = dict.fromkeys(columns, "") | dict(
                zip(header, (c.strip() for c in row), strict=True)
            )
            self.rows.append((line, cells))

    def fault(
        self, line: int, where: str, found: str, expected: str = "", mend: str = ""
    ) -> None:
        self.faults.append(
            Fault(self.file, line, 1 if line else 0, where, found, expected, mend)
        )

    def date(self, line: int, column: str, text: str) -> dt.date | None:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self.fault(
                line, column, f'"{text}" is not a date', "a date such as 2024-11-05"
            )
            return None

    def whole(self, line: int, column: str, text: str) -> int | None:
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,12}", text):
            self.fault(
                line, column, f'"{text}" is not a count', "a whole number, 0 or more"
            )
            return None
        return int(text)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(s.strip() for s in text.split(";") if s.strip())


def read_codebook(file: str, text: str) -> tuple[dict[str, str], list[Fault]]:
    """Printed code to actor id."""
    table = _Rows("codebook", file, text, ("printed", "actor", "note"))
    return {c["printed"]: c["actor"] for _, c in table.rows}, table.faults


def read_records(
    file: str, text: str, codebook: Mapping[str, str]
) -> tuple[tuple[Record, ...], list[Fault]]:
    """Records, their actors through the codebook."""
    table = _Rows("records", file, text, tuple(RECORD_COLUMNS))
    found: list[Record] = []
    seen: dict[str, int] = {}
    for line, c in table.rows:
        if not c["id"]:
            table.fault(line, "id", "the id is blank", "an id of its own")
        elif c["id"] in seen:
            table.fault(
                line,
                "id",
                f'the id "{c["id"]}" stands in line {seen[c["id"]]} too',
                "an id of its own",
            )
        seen[c["id"]] = line
        first = table.date(line, "date", c["date"])
        last = table.date(line, "date_to", c["date_to"]) if c["date_to"] else first
        published = (
            table.date(line, "published", c["published"]) if c["published"] else None
        )
        if first and last and last < first:
            table.fault(
                line,
                "date_to",
                f"{last} is before {first}",
                "the last day of the range",
            )
        deaths = table.whole(line, "deaths", c["deaths"])
        injured = table.whole(line, "injured", c["injured"])
        order = table.whole(line, "order", c["order"])
        marks = tuple(
            (name.strip(), value.strip())
            for name, _, value in (m.partition(":") for m in _ids(c["marks"]))
        )
        if first and last:
            found.append(
                Record(
                    c["id"],
                    first,
                    last,
                    codebook.get(c["source"], c["source"]),
                    c["action"],
                    codebook.get(c["target"], c["target"]),
                    c["from"],
                    c["in"],
                    c["about"],
                    deaths,
                    injured,
                    marks,
                    _ids(c["sources"]),
                    published,
                    order,
                    c["note"],
                    line,
                )
            )
    return tuple(found), table.faults


def read_events(file: str, text: str) -> tuple[tuple[EventRow, ...], list[Fault]]:
    """Events by stream and day, as `spillover fit --events` writes them."""
    columns = ("stream", "date", "date_to", "count", "source")
    table = _Rows("events", file, text, columns)
    found = []
    for line, c in table.rows:
        first = table.date(line, "date", c["date"])
        last = table.date(line, "date_to", c["date_to"]) if c["date_to"] else first
        count = table.whole(line, "count", c["count"])
        if first and last and last < first:
            table.fault(
                line,
                "date_to",
                f"{last} is before {first}",
                "the last day of the range",
            )
        elif first and last and count:
            found.append(EventRow(c["stream"], first, last, count, c["source"], line))
    return tuple(found), table.faults


def _span(
    table: _Rows, line: int, c: Mapping[str, str]
) -> tuple[dt.date, dt.date] | None:
    if re.fullmatch(r"\d{4}-\d{2}", c["from"]):
        first = table.date(line, "from", c["from"] + "-01")
        if first is None:
            return None
        days = calendar.monthrange(first.year, first.month)[1]
        end = table.date(line, "to", c["to"]) if c["to"] else first.replace(day=days)
    else:
        first = table.date(line, "from", c["from"])
        end = table.date(line, "to", c["to"]) if c["to"] else first
    if first is None or end is None:
        return None
    if end < first:
        table.fault(line, "to", f"{end} is before {first}", "the last day of the span")
    return first, end


def _bounds(
    kind: str, count: int | None, low: int | None, high: int | None
) -> tuple[float, float]:
    """Lowest and highest count a row allows; printed bounds of `about` are kept."""
    n = float(count or 0)
    if kind == "exact":
        return n, n
    if kind == "at least":
        return n, float("inf")
    if kind == "about":
        slack = max(1.0, 0.1 * n)
        return (
            float(low) if low is not None else max(0.0, n - slack),
            float(high) if high is not None else n + slack,
        )
    if kind == "range":
        return float(low or 0), float(high or 0)
    return 0.0, float("inf")


def read_counts(file: str, text: str) -> tuple[tuple[IntervalCount, ...], list[Fault]]:
    """Interval counts as constraints; `about` means 10 % either way, at least one."""
    table = _Rows("counts", file, text, tuple(COUNT_COLUMNS))
    found: list[IntervalCount] = []
    seen: dict[str, int] = {}
    number: Callable[[int, str, str], int | None] = table.whole
    for line, c in table.rows:
        if not c["id"]:
            table.fault(line, "id", "the id is blank", "an id of its own")
        elif c["id"] in seen:
            table.fault(
                line,
                "id",
                f'the id "{c["id"]}" stands in line {seen[c["id"]]} too',
                "an id of its own",
            )
        seen[c["id"]] = line
        span = _span(table, line, c)
        if c["kind"] not in COUNT_KINDS:
            table.fault(
                line,
                "kind",
                f'"{c["kind"]}" is not a kind of count',
                "exact, at least, about, range or missing",
            )
            continue
        count = number(line, "count", c["count"])
        low, high = number(line, "low", c["low"]), number(line, "high", c["high"])
        if c["kind"] in ("exact", "at least", "about") and count is None:
            if not c["count"]:
                table.fault(
                    line,
                    "count",
                    "the count is blank",
                    f'a number for a count of kind "{c["kind"]}"',
                )
            continue
        if c["kind"] == "range" and (low is None or high is None or low > high):
            table.fault(
                line,
                "low",
                f'the range is "{c["low"]}" to "{c["high"]}"',
                "low and high, low first",
            )
            continue
        bounds = _bounds(c["kind"], count, low, high)
        try:
            of = parse_quantity(c["of"])
        except TextError as e:
            table.fault(line, "of", e.found, e.expected)
            continue
        weight = 1.0
        if c["weight"]:
            try:
                weight = float(c["weight"])
            except ValueError:
                weight = float("nan")
            if not 0 <= weight < float("inf"):
                table.fault(
                    line,
                    "weight",
                    f'"{c["weight"]}" is not a weight',
                    "a number, 0 or more, such as 0.5",
                )
        if span:
            found.append(
                IntervalCount(
                    c["id"],
                    *span,
                    of,
                    c["of"],
                    COUNT_KINDS[c["kind"]],
                    *bounds,
                    c["rival"],
                    weight,
                    _ids(c["sources"]),
                    c["note"],
                    line,
                )
            )
    return tuple(found), table.faults
