"""Tables of events in every format, as their sources publish them; invented rows."""

from __future__ import annotations

import csv
import io
import json
from random import Random

from tests.readers.files import (
    ACLED,
    GDELT1,
    GDELT2,
    GED42,
    GED49,
    ICEWS,
    POLECAT,
    acled,
    gdelt,
    ged,
    icews,
    polecat,
)

__all__ = ["json_rows", "table"]

NAMES = (
    "Arland", "Eastmark", "River Brigade", "Delta Front", "Conseil d'Étude", "حزب",
    "Old Town", 'Police "Blue"', "A, B and C", "Protesters (Arland)", "Unidentified",
)  # fmt: skip
DAYS = (
    "2031-03-01", "20310301", "2031/03/01", "1 March 2031", "March 1, 2031",
    "2031-03-01 00:00:00.000", "01/03/2031", "3/1/2031", "2031-03", "",
)  # fmt: skip
PLAIN = (
    "date", "day", "end", "source", "actor1", "action", "event_type", "target", "n",
    "count", "deaths", "injured", "place", "country", "lat", "longitude", "published",
    "id", "url", "publisher", "remark",
)  # fmt: skip
ACTIONS = ("ASSAULT", "REJECT", "190", "043", "Battles", "Explosions/Remote violence")


def _of(rng: Random, some: tuple[str, ...]) -> str:
    return some[int(rng.random() * len(some))]


def _cell(rng: Random, column: str) -> str:
    """A cell that could stand in a plain table under a name."""
    if column in ("date", "day", "end", "published"):
        return _of(rng, DAYS)
    if column in ("n", "count", "deaths", "injured"):
        return str(int(rng.random() ** 4 * 400))
    if column in ("lat", "longitude"):
        return f"{rng.uniform(-95, 95):.4f}"
    if column in ("action", "event_type"):
        return _of(rng, ACTIONS)
    if column == "id":
        return f"e{int(rng.random() * 300)}"
    return _of(rng, NAMES)


def _shaken(rng: Random, row: dict[str, str]) -> dict[str, str]:
    """A row with a few other values."""
    for _ in range(int(rng.random() * 5)):
        name = _of(rng, tuple(row))
        kind = rng.random()
        row[name] = (
            _of(rng, DAYS) if kind < 0.3
            else str(int(rng.random() * 1000)) if kind < 0.6
            else _of(rng, NAMES) if kind < 0.9
            else ""
        )  # fmt: skip
    return row


def _commaed(columns: tuple[str, ...], rows: list[dict[str, str]], mark: str, *, header: bool) -> str:  # fmt: skip
    text = io.StringIO()
    out = csv.writer(text, delimiter=mark, lineterminator="\n")
    if header:
        out.writerow(columns)
    out.writerows([r.get(c, "") for c in columns] for r in rows)
    return text.getvalue()


def _tabbed(columns: tuple[str, ...], rows: list[dict[str, str]], *, header: bool) -> str:  # fmt: skip
    lines = ["\t".join(columns)] if header else []
    lines += ["\t".join(r.get(c, "") for c in columns) for r in rows]
    return "\n".join(lines) + "\n"


def _plain(rng: Random) -> str:
    columns = ["date", _of(rng, ("source", "actor1", "action"))]
    columns += [c for c in PLAIN if rng.random() < 0.4 and c not in columns]
    rng.shuffle(columns)
    rows = []
    size = 0
    while size < 1100:
        row = {c: _cell(rng, c) for c in columns}
        size += sum(map(len, row.values())) + len(row)
        rows.append(row)
    return _commaed(tuple(columns), rows, _of(rng, (",", ",", ";", "\t", "|")), header=True)  # fmt: skip


def table(rng: Random) -> bytes:
    """A table of one of the formats, one to three kilobytes."""
    kind = int(rng.random() * 8)
    several = range(1, 3 + int(rng.random() * 4))
    if kind < 2:
        new = rng.random() < 0.5
        rows = [_shaken(rng, gdelt(k)) for k in range(1, 4 + int(rng.random() * 3))]
        text = _tabbed(GDELT2 if new else GDELT1, rows, header=False)
    elif kind == 2:
        rows = [_shaken(rng, ged(k)) for k in several]
        header = rng.random() < 0.6
        text = _commaed(GED49 if rng.random() < 0.7 else GED42, rows, ",", header=header)  # fmt: skip
    elif kind == 3:
        rows = [_shaken(rng, acled(k)) for k in several]
        text = _commaed(ACLED, rows, ",", header=True)
    elif kind == 4:
        rows = [_shaken(rng, icews(k)) for k in range(1, 6 + int(rng.random() * 4))]
        text = _tabbed(ICEWS, rows, header=rng.random() < 0.5)
    elif kind == 5:
        rows = [_shaken(rng, polecat(k)) for k in several]
        text = _tabbed(POLECAT, rows, header=True)
    else:
        text = _plain(rng)
    if rng.random() < 0.06:
        return text.encode(_of(rng, ("cp1252", "utf-16", "utf-8-sig")), "replace")
    return text.encode()


def _odd_name(rng: Random, name: str) -> str:
    """A name of a column that could part a row in two, now and then."""
    if rng.random() > 0.06:
        return name
    return name + _of(
        rng, ("\n", ",", '"', "\t", ";;;;;;;;;;;;;;;;", "|", "\r\n", "é", "\0", " ")
    )


def json_rows(rng: Random) -> bytes:
    """Rows as an answer of a server: an array, under a key, or an object a line."""
    rows: list[dict[str, object]] = []
    for k in range(1, 3 + int(rng.random() * 3)):
        kind = rng.random()
        row: dict[str, object] = dict(
            _shaken(rng, acled(k) if kind < 0.5 else ged(k) if kind < 0.8 else {c: _cell(rng, c) for c in PLAIN})
        )  # fmt: skip
        for name in list(row)[:: 1 + int(rng.random() * 6)]:
            row[name] = rng.choice(
                (None, True, 3, -2.5, [1, "a"], {"b": None}, row[name])
            )
        rows.append(row)
    if rng.random() < 0.2:
        rows = [{_odd_name(rng, n): v for n, v in r.items()} for r in rows]
    how = rng.random()
    ascii_only = rng.random() < 0.5
    if how < 0.3:
        text = json.dumps(rows, ensure_ascii=ascii_only)
    elif how < 0.6:
        body = {"status": 200, "success": True, _of(rng, ("data", "Result", "results")): rows, "count": 2}  # fmt: skip
        text = json.dumps(body, ensure_ascii=ascii_only, indent=rng.choice((None, 1)))
    elif how < 0.95:
        text = "\n".join(json.dumps(r, ensure_ascii=ascii_only) for r in rows)
    else:
        text = json.dumps({"error": "invalid_grant", "message": "x" * 1200})
    return text.encode()
