"""The table of actors: countries, groups, people and roles, by first word.

Lists stand in `lexicon`; a user's or a case's actors are put beside them. This file must
never import a reading.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from spillover.errors import Fault, InputError
from spillover.reports.morph import noun_forms
from spillover.reports.tokens import tokenise
from spillover.reports.words import words

__all__ = ["ActorRow", "Entry", "Table", "actor_table", "read_actors", "slug"]

COUNTRY, DEMONYM, CAPITAL, CITY = "country", "demonym", "capital", "city"
GROUP, PERSON, ROLE = "group", "person", "role"
STATE_SECTORS = words("GOV MIL COP SPY LEG JUD")
"""Sectors that act as the state: their id is the state's."""
_COLUMNS = ("id", "name", "aliases", "kind", "country", "sector", "part_of", "facade")
KIND_SECTORS = {
    "state": "GOV", "government": "GOV", "armed group": "UAF", "party": "PTY",
    "party alliance": "PTY", "organisation": "IGO", "force": "MIL", "movement": "OPP",
    "umbrella": "UAF", "person": "GOV", "place": "",
}  # fmt: skip


@dataclass(frozen=True)
class ActorRow:
    """One actor.

    Attributes
    ----------
    id
        Identifier.
    names
        The name shown first, then aliases and adjectives.
    country
        ISO3, or the id of the state it belongs to in an invented setting.
    sector
        Sector code.
    part_of
        Id of the whole.
    first_year, last_year
        Years between which the names hold; 0 when open.
    facade
        One name used by several groups.
    place
        It is a place, no actor.
    """

    id: str
    names: tuple[str, ...]
    country: str = ""
    sector: str = ""
    part_of: str = ""
    first_year: int = 0
    last_year: int = 0
    facade: bool = False
    place: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A wording in the table."""

    words: tuple[str, ...]
    kind: str
    row: ActorRow
    exact: bool


@dataclass(frozen=True)
class Table:
    """Wordings by their first word in lower case, longest first; rows by id."""

    by_word: dict[str, tuple[Entry, ...]]
    rows: dict[str, ActorRow]

    def name_of(self, actor: str) -> str:
        """The name shown for an actor."""
        row = self.rows.get(actor)
        return row.names[0] if row else actor.replace("-", " ").title()


def slug(text: str) -> str:
    """Small letters, digits and dashes: an id made from words."""
    plain = text.lower().replace("'s", "").replace("’s", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "unnamed"


def _lines(name: str) -> Iterable[str]:
    text = (files("spillover.reports") / "lexicon" / name).read_text("utf-8")
    return (
        line for line in text.splitlines() if line.strip() and not line.startswith("#")
    )


def _cells(line: str, count: int) -> list[str]:
    cells = [cell.strip() for cell in line.split("|")]
    return cells + [""] * (count - len(cells))


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _years(cell: str) -> tuple[int, int]:
    first, _, last = cell.partition("-")
    return int(first) if first.isdigit() else 0, int(last) if last.isdigit() else 0


def _entry(name: str, kind: str, row: ActorRow) -> Entry | None:
    words = tuple(tokenise(name).words)
    if not words:
        return None
    short = len(words) == 1 and name.isupper() and len(name.replace(".", "")) <= 4
    return Entry(words, kind, row, exact=short)


_SPELLINGS = (
    words("Hezbollah Hizbollah Hizbullah Hizballah Hezbullah Hezballah"),
    ("Kataib", "Kata'ib", "Kata’ib", "Ketaib"),
)
"""Words from one Arabic word: where a name has one, it is known by the others too."""


def _spelt(name: str) -> tuple[str, ...]:
    """A name in all spellings of its parts, so that none falls to a shorter name."""
    found = [name]
    for family in _SPELLINGS:
        for word in family:
            if word in name.split():
                found = [n.replace(word, other) for n in found for other in family]
                break
    return tuple(dict.fromkeys((name, *found)))


def _country_entries() -> Iterable[Entry]:
    for line in _lines("countries.txt"):
        iso, names, demonyms, capitals, cities = _cells(line, 5)[:5]
        shown = _split(names)
        row = ActorRow(slug(shown[0]), shown, iso, "GOV")
        place = ActorRow(row.id, shown, iso, "", place=True)
        plural = [form for d in _split(demonyms) for form in (d, *_demonym_plurals(d))]
        for kind, wordings, owner in (
            (COUNTRY, shown, row),
            (DEMONYM, plural, row),
            (CAPITAL, _split(capitals), row),
            (CITY, _split(cities), place),
        ):
            for name in wordings:
                made = _entry(name, kind, owner)
                if made:
                    yield made


def _demonym_plurals(demonym: str) -> tuple[str, ...]:
    if demonym.endswith(("ese", "ish", "sh", "ch", "ss", "s", "x", "z", "men")):
        return ()
    return (noun_forms(demonym)[-1],)


def _group_rows() -> Iterable[ActorRow]:
    for line in _lines("groups.txt"):
        ident, names, country, sector, part_of, years, facade = _cells(line, 7)[:7]
        first, last = _years(years)
        yield ActorRow(
            ident, _split(names), country, sector, part_of, first, last,
            facade == "facade",
        )  # fmt: skip


def _people_entries(
    rows: dict[str, ActorRow], states: dict[str, str]
) -> Iterable[Entry]:
    for line in _lines("people.txt"):
        names, owner, sector, years = _cells(line, 4)[:4]
        first, last = _years(years)
        known = rows.get(owner)
        ident = owner if known else states[owner]
        country = known.country if known else owner
        row = ActorRow(
            ident, _split(names), country, sector, first_year=first, last_year=last
        )
        for name in row.names:
            made = _entry(name, PERSON, row)
            if made:
                yield made


def _institution_entries(states: dict[str, ActorRow]) -> Iterable[Entry]:
    """Organs of a state carry its id; parties, firms and papers their own."""
    for line in _lines("institutions.txt"):
        iso, sector, names = _cells(line, 3)[:3]
        state = states[iso]
        organ = sector in STATE_SECTORS
        for name in _split(names):
            ident = state.id if organ else slug(name)
            row = ActorRow(ident, (name,), iso, sector)
            made = _entry(name, GROUP, row)
            if made:
                yield made


def _role_entries() -> Iterable[Entry]:
    sector = ""
    for line in _lines("roles.txt"):
        if line.startswith("["):
            sector = line.strip()[1:-1]
            continue
        for role in line.split(","):
            *before, last = role.split()
            row = ActorRow(slug(role), (role.strip(),), "", sector)
            for form in dict.fromkeys(noun_forms(last)):
                yield Entry((*before, form), ROLE, row, exact=False)


@cache
def _own() -> tuple[tuple[Entry, ...], dict[str, ActorRow]]:
    """Entries of the lists that come with Spillover, and their rows by id."""
    entries = list(_country_entries())
    rows = {e.row.id: e.row for e in entries if e.kind == COUNTRY}
    states = {row.country: row.id for row in rows.values()}
    groups = {row.id: row for row in _group_rows()}
    for row in groups.values():
        names = dict.fromkeys(s for name in row.names for s in _spelt(name))
        entries += [e for name in names if (e := _entry(name, GROUP, row))]
    entries += _people_entries(groups, states)
    by_iso = {row.country: row for row in rows.values()}
    entries += _institution_entries(by_iso)
    entries += _role_entries()
    return tuple(entries), rows | groups


_PRIORITY = {GROUP: 0, PERSON: 1, COUNTRY: 2, CAPITAL: 3, DEMONYM: 4, CITY: 5, ROLE: 6}


def actor_table(extra: Sequence[ActorRow] = ()) -> Table:
    """The table, with actors of a user's or a case's put first."""
    return _table(tuple(extra))


@cache
def _table(extra: tuple[ActorRow, ...]) -> Table:
    own, rows = _own()
    mine = [
        made
        for row in extra
        for name in row.names
        if (made := _entry(name, _kind_of(row), row))
    ]
    by_word: dict[str, list[Entry]] = {}
    for entry in (*mine, *own):
        by_word.setdefault(entry.words[0].lower(), []).append(entry)
    taken = {entry.row.id for entry in mine}
    return Table(
        {
            word: tuple(
                sorted(
                    found,
                    key=lambda e: (
                        -len(e.words), e.row.id not in taken, _PRIORITY[e.kind],
                    ),
                )
            )
            for word, found in by_word.items()
        },
        rows | {row.id: row for row in extra},
    )  # fmt: skip


def _kind_of(row: ActorRow) -> str:
    if row.place:
        return CITY
    return COUNTRY if row.sector == "GOV" else GROUP


def read_actors(path: Path) -> tuple[ActorRow, ...]:
    """Actors of a CSV: id, name, aliases (parted by ;), kind, country, sector, part_of, facade.

    Raises
    ------
    InputError
        When the file or a column is missing, or a row has no id or name.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        msg = f"{path}: the list of actors cannot be read. Expected a CSV in UTF-8"
        raise InputError(msg) from None
    reader = csv.DictReader(text.splitlines())
    try:
        missing = [c for c in ("id", "name") if c not in (reader.fieldnames or ())]
        listed = [(reader.line_num, row) for row in reader]
    except csv.Error as e:
        msg = f"{path}:{reader.line_num}: this is not a table: {e}. Close the quotation marks near this line"
        raise InputError(msg) from None
    if missing:
        msg = (
            f"{path}: the column {missing[0]} is missing. "
            f"Expected {', '.join(_COLUMNS)}; id and name are needed"
        )
        raise InputError(msg)
    rows = []
    faults = []
    for line, row in listed:
        cell = {k: (v or "").strip() for k, v in row.items() if k}
        if not cell["id"] or not cell["name"]:
            found = "a row without id or name"
            faults.append(Fault(str(path), line, 1, "id, name", found))
            continue
        kind = cell.get("kind", "")
        rows.append(
            ActorRow(
                cell["id"],
                (cell["name"], *_split(cell.get("aliases", ""))),
                cell.get("country", ""),
                cell.get("sector", "") or KIND_SECTORS.get(kind, ""),
                cell.get("part_of", ""),
                facade=cell.get("facade", "").lower() in ("yes", "true", "1", "facade"),
                place=kind == "place",
            )
        )
    if faults:
        raise InputError("\n".join(str(f) for f in faults))
    return tuple(rows)
