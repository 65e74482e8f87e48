"""Folders in the form of published temporal knowledge graphs: train, valid, test, ids.

    train.txt       source, relation, target, time[, anything]: numbers, tabs between
    valid.txt, test.txt  the same; need not be there
    entity2id.txt   name, number; relation2id.txt the same
    relation_codes.csv   relation, id, cameo, goldstein, plover; need not be there

Each may be a .gz. Times are hours or days: the step is what all of them are whole
multiples of. This file must never import a case, a model of the world or a page.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spillover.errors import EventsError, Fault
from spillover.model.facts import Facts
from spillover.readers.unpack import intact, unpack

__all__ = ["TkgFolder", "is_tkg_folder", "read_tkg"]

PARTS = ("train", "valid", "test")
MOST_FAULTS = 20
MOST_DIGITS = 9
"""Digits of an id or a time; longer ones are none."""


@dataclass(frozen=True)
class TkgFolder:
    """A folder as it was read.

    Attributes
    ----------
    parts
        Facts by part: "train", and "valid", "test" where they are. Actions are the
        relations as labelled.
    step
        Time units of one day: 1, or 24 where times are hours.
    plover
        Action of PLOVER by relation; empty where it has none, or no table is there.
    repeated
        Rows said before on the same day, by part.
    """

    parts: dict[str, Facts]
    step: int
    plover: tuple[str, ...]
    repeated: dict[str, int]


def _there(folder: Path, name: str) -> Path | None:
    return next(
        (p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None
    )


def is_tkg_folder(path: Path) -> bool:
    """Whether a folder has the two files that make it one of this form."""
    return path.is_dir() and all(
        _there(path, name) for name in ("train.txt", "entity2id.txt")
    )


def _text(path: Path) -> str:
    """A file, unpacked; UTF-8.

    Raises
    ------
    EventsError
        When it is damaged or in another encoding.
    """
    if path.stat().st_size == 0:
        return ""
    packed = unpack(path)[0][0]
    with intact(packed.name), packed.open() as file:
        data = file.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = data[: e.start].count(b"\n") + 1
        what = "the file is not UTF-8"
        raise EventsError(
            [Fault(str(path), line, 1, "", what, "text in UTF-8")]
        ) from None


def _number(cell: str) -> int | None:
    """A whole number, 0 or more; None for anything else."""
    plain = cell.isascii() and cell.isdigit() and len(cell) <= MOST_DIGITS
    return int(cell) if plain else None


def _names(path: Path) -> tuple[str, ...]:
    """Names by number; every number from 0 on must be there."""
    found: dict[int, str] = {}
    faults = []
    lines = _text(path).split("\n")
    for n, line in enumerate(lines, 1):
        cells = line.rsplit("\t", 1) if "\t" in line else line.rsplit(None, 1)
        if (len(cells) == 1 and n == 1) or not line.strip():
            continue  # some begin with their length
        number = _number(cells[1].strip()) if len(cells) == 2 else None
        if number is None or number >= len(lines):
            faults.append(
                Fault(
                    str(path),
                    n,
                    1,
                    "",
                    f'"{line[:60]}" is no name and number',
                    f"a name, a tab, a whole number below {len(lines):,}",
                )
            )
            continue
        found[number] = cells[0].strip()
    missing = [k for k in range(max(found, default=-1) + 1) if k not in found]
    if missing:
        faults.append(
            Fault(
                str(path),
                0,
                0,
                "",
                f"number {missing[0]} has no name ({len(missing)} such)",
                "every number from 0 on",
            )
        )
    if not found:
        faults.append(Fault(str(path), 0, 0, "", "there are no names"))
    if faults:
        raise EventsError(faults[:MOST_FAULTS])
    return tuple(found[k] for k in range(len(found)))


def _rows(path: Path, entities: int, relations: int) -> NDArray[np.int64]:
    """The first four columns, ids checked; shape (n, 4)."""
    lines = _text(path).split("\n")
    rows = np.empty((len(lines), 4), np.int64)
    faults: list[Fault] = []
    kept = 0
    for n, line in enumerate(lines, 1):
        cells = line.split()
        if not cells:
            continue
        read = [_number(c) for c in cells[:4]]
        values = [v for v in read if v is not None]
        if len(values) < 4:
            faults.append(
                Fault(
                    str(path),
                    n,
                    1,
                    "",
                    f'"{line[:60]}" is no fact',
                    "source, relation, target and time as whole numbers",
                )
            )
        else:
            for k, most, what in (
                (0, entities, "entity"),
                (1, relations, "relation"),
                (2, entities, "entity"),
            ):
                if not 0 <= values[k] < most:
                    faults.append(
                        Fault(
                            str(path),
                            n,
                            k + 1,
                            "",
                            f"unknown {what} {values[k]}",
                            f"0 to {most - 1}, which have names",
                        )
                    )
            rows[kept] = values
            kept += 1
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise EventsError(faults)
    return rows[:kept]


def _plover(folder: Path, relations: int) -> tuple[str, ...]:
    path = folder / "relation_codes.csv"
    found = [""] * relations
    if path.is_file():
        rows = csv.DictReader(io.StringIO(_text(path), newline=""))
        try:
            for row in rows:
                k = _number(row.get("id") or "")
                if k is not None and k < relations:
                    found[k] = (row.get("plover") or "").strip()
        except csv.Error as e:
            what = f"this is not a table: {e}"
            raise EventsError([Fault(str(path), rows.line_num, 1, "", what)]) from None
    return tuple(found)


def read_tkg(folder: Path) -> TkgFolder:
    """Read a folder; rows may stand in any order and be said twice.

    Raises
    ------
    EventsError
        For a file that is not there, and all rows that cannot be read, by line.
    """
    paths = {
        name: _there(folder, f"{name}.txt")
        for name in (*PARTS, "entity2id", "relation2id")
    }
    for name in ("train", "entity2id", "relation2id"):
        if paths[name] is None:
            msg = f"{folder}: there is no {name}.txt or {name}.txt.gz. Expected a folder with train.txt, entity2id.txt and relation2id.txt"
            raise EventsError(msg)
    names = [_names(paths[n]) for n in ("entity2id", "relation2id")]  # type: ignore[arg-type]
    entities, relations = names
    tables = {
        part: _rows(path, len(entities), len(relations))
        for part in PARTS
        if (path := paths[part]) is not None
    }
    times = np.concatenate([t[:, 3] for t in tables.values()])
    if not len(times):
        msg = f"{paths['train']}: the file is empty"
        raise EventsError(msg)
    gcd = int(np.gcd.reduce(times))
    step = 24 if gcd and gcd % 24 == 0 else 1
    facts = {
        part: Facts.of(
            t[:, 0],
            t[:, 1],
            t[:, 2],
            t[:, 3] // step,
            entities=entities,
            actions=relations,
        )
        for part, t in tables.items()
    }
    return TkgFolder(
        facts, step, _plover(folder, len(relations)),
        {part: len(t) - len(facts[part]) for part, t in tables.items()},
    )  # fmt: skip
