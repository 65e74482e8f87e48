"""Which format a table is, from its header or, where it has none, from its first rows.

A header that is nearly a known one is refused with what is missing and what is new: a
source has changed, and guessing would put numbers into wrong fields. This file must
never import a case, a model or a page.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field

from spillover.errors import EventsError, Fault, among
from spillover.readers.formats import Form, Format, plain_name, several_of
from spillover.readers.known import FORMATS
from spillover.readers.plain import PLAIN, SPELLED

__all__ = ["Layout", "by_names", "recognize"]

_NEAR = 0.6
"""Share of a header's names known to a format from which it is taken for it, changed."""


@dataclass(frozen=True)
class Layout:
    """How one table is read.

    Attributes
    ----------
    format
        What it is.
    names
        Column of the format at each position; None for one that is not read.
    delimiter, quoted, header
        How its text is written.
    title
        What was recognized.
    notes
        What to tell about it.
    """

    format: Format
    names: tuple[str | None, ...]
    delimiter: str
    quoted: bool
    header: bool
    title: str
    notes: tuple[str, ...] = field(default=())


def recognize(text: str, name: str, wanted: str = "") -> Layout:
    """Layout of a table from its first lines.

    Parameters
    ----------
    text
        The first lines, decoded; the last may be cut.
    name
        File, for messages.
    wanted
        Name of the format when the user gives it; empty: it is recognized.

    Raises
    ------
    EventsError
        When the format is not known, or its header has changed.
    """
    lines = text.split("\n")
    if len(lines) > 1:
        lines = lines[:-1]
    lines = [t.rstrip("\r") for t in lines]
    lines = [t for t in lines if t.strip()][:200]
    if not lines:
        raise EventsError([Fault(name, 0, 0, "", "the file is empty")])
    if wanted:
        if wanted not in FORMATS:
            msg = (
                f"there is no format {wanted}. Expected one of {among(wanted, FORMATS)}"
            )
            raise EventsError(msg)
        return _as_told(FORMATS[wanted], lines, name)
    near: list[tuple[float, Format, list[str]]] = []
    for f in FORMATS.values():
        if f is PLAIN:
            continue
        head = _cells(lines[0], f.delimiter, quoted=f.quoted)
        found = _headed(f, head, lines, strict=True)
        if found is not None:
            return found
        share = _share(f, head)
        if share >= _NEAR and len(head) >= 8:
            near.append((share, f, head))
    if near:
        _, f, head = max(near, key=lambda n: n[0])
        raise EventsError([_changed(f, head, name)])
    for f in FORMATS.values():
        unheaded = _unheaded(f, lines)
        if unheaded is not None:
            return unheaded
    return _plain(lines, name)


def by_names(names: list[str], name: str) -> Layout:
    """Layout of a plain table whose columns are known by name (Parquet).

    Raises
    ------
    EventsError
        When no column is a date, or none says what happened.
    """
    taken: dict[str, int] = {}
    first: dict[str, int] = {}
    for k, n in enumerate(names):
        first.setdefault(plain_name(n), k)
    for role, spelled in SPELLED.items():
        if role == "source" and "target" not in first:
            # beside a column named for actors, "source" is who reported it
            spelled = (*spelled[1:], "source")
        for s in spelled:
            at = first.get(plain_name(s))
            if at is not None and at not in taken.values():
                taken[role] = at
                break
    roles: list[str | None] = [None] * len(names)
    for role, k in taken.items():
        roles[k] = role
    if "date" not in taken or not taken.keys() & {"source", "action", "target"}:
        raise EventsError([_unknown(names, taken, name)])
    unused = [n for n, r in zip(names, roles, strict=True) if r is None]
    notes = [
        "read as "
        + ", ".join(
            r if plain_name(names[k]) == plain_name(r) else f"{r} (column {names[k]})"
            for r, k in taken.items()
        )
    ]
    if unused:
        notes.append(f"columns not read: {several_of(unused)}")
    return Layout(PLAIN, tuple(roles), ",", True, True, PLAIN.title, notes=tuple(notes))


def _cells(line: str, delimiter: str, *, quoted: bool) -> list[str]:
    line = line.lstrip("\ufeff")
    if not quoted:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # no CSV at all
        return line.split(delimiter)


def _share(f: Format, head: list[str]) -> float:
    names = [h for h in head if h.strip()]
    known = {f.column_of(h) for h in names} - {None}
    return len(known) / max(len(names), 1)


def _headed(
    f: Format, head: list[str], lines: list[str], *, strict: bool
) -> Layout | None:
    """Layout when the first line is a header of the format."""
    columns = [f.column_of(h) if h.strip() else None for h in head]
    known = [c for c in columns if c is not None]
    if len(set(known)) != len(known) or len(known) < len(head) * (0.9 if strict else 0):
        return None
    missing = [c for c in f.forms[0].columns if c not in known]
    vital = [c for c in missing if c not in f.optional]
    notes: list[str] = []
    extra = [h for h, c in zip(head, columns, strict=True) if c is None and h.strip()]
    width = _width(f, lines[1:])
    if f.repair_tabs and extra == ["Headline"]:
        # a name in the header that the rows do not have
        if width == len(head) - 1:
            k = head.index("Headline")
            columns.pop(k)
            notes.append("the header names Headline, the rows have no such column")
        extra = []
    if f.repair_tabs and not any(columns[len(known) :]):
        columns = columns[: max(len(known), 1)] if not extra else columns
    if strict and (vital or extra):
        return None
    if missing and not strict:
        notes.append(f"columns missing: {', '.join(missing)}")
    if extra:
        notes.append(f"columns not read: {several_of(extra)}")
    title = next((x.title for x in f.forms if set(x.columns) == set(known)), f.title)
    return Layout(
        f, tuple(columns), f.delimiter, f.quoted, True, title, notes=tuple(notes)
    )


def _width(f: Format, lines: list[str]) -> int:
    """Number of columns that most rows have."""
    widths = Counter(len(_cells(t, f.delimiter, quoted=f.quoted)) for t in lines)
    return widths.most_common(1)[0][0] if widths else 0


def _misfits(f: Format, form: Form, lines: list[str]) -> list[str]:
    """Columns whose text does not fit in more than a tenth of the rows."""
    rows = [_cells(t, f.delimiter, quoted=f.quoted) for t in lines]
    rows = [r for r in rows if len(r) == len(form.columns)]
    found = []
    for k, c in enumerate(form.columns):
        rule = form.fits.get(c)
        if rule is None:
            continue
        cells = ["" if r[k] in f.blanks else r[k] for r in rows]
        bad = sum(re.fullmatch(rule, c) is None for c in cells)
        if bad > 0.1 * len(rows):
            found.append(c)
    return found


def _unheaded(f: Format, lines: list[str], *, told: bool = False) -> Layout | None:
    """Layout when rows without a header have the columns of one of its forms."""
    if f.header == "always":
        return None
    width = _width(f, lines)
    for form in f.forms:
        if form.fits and len(form.columns) == width:
            if _misfits(f, form, lines):
                continue
            return Layout(
                f,
                form.columns,
                f.delimiter,
                f.quoted,
                False,
                form.title,
                notes=()
                if f.name == "gdelt" or told
                else ("no header: columns by position",),
            )
    return None


def _as_told(f: Format, lines: list[str], name: str) -> Layout:
    """Layout when the user names the format."""
    if f is PLAIN:
        return _plain(lines, name)
    head = _cells(lines[0], f.delimiter, quoted=f.quoted)
    if _share(f, head) >= 0.5:
        known = {f.column_of(h) for h in head}
        missing = [c for c in f.columns if c in f.needed and c not in known]
        found = _headed(f, head, lines, strict=False)
        if found is None or missing:
            raise EventsError([_changed(f, head, name)])
        return found
    unheaded = _unheaded(f, lines, told=True)
    if unheaded is None:
        raise EventsError([_odd_rows(f, lines, name)])
    return unheaded


def _changed(f: Format, head: list[str], name: str) -> Fault:
    known = [f.column_of(h) for h in head]
    have = set(known)
    missing = [c for c in f.forms[0].columns if c not in have and c not in f.optional]
    new = [h for h, c in zip(head, known, strict=True) if c is None and h.strip()]
    twice = [c for c, n in Counter(c for c in known if c).items() if n > 1]
    parts = []
    if missing:
        parts.append(f"missing: {', '.join(missing)}")
    if new:
        parts.append(f"new: {several_of(new)}")
    if twice:
        parts.append(f"named twice: {', '.join(twice)}")
    lost = [c for c in missing if c in f.needed]
    mend = (
        f"Without {', '.join(lost)} it cannot be read as {f.title}"
        if lost
        else f"If these columns do not matter, import it with --format {f.name}"
    )
    return Fault(
        name,
        1,
        1,
        "",
        f"the header looks like {f.title}, but has changed ({'; '.join(parts)})",
        mend=mend,
    )


def _odd_rows(f: Format, lines: list[str], name: str) -> Fault:
    width = _width(f, lines)
    sizes = " or ".join(str(len(x.columns)) for x in f.forms if x.fits) or "a header"
    form = next((x for x in f.forms if len(x.columns) == width and x.fits), None)
    if form is None:
        return Fault(
            name,
            1,
            1,
            "",
            f"the rows have {width} columns and no header of {f.title}",
            expected=f"{sizes} columns" if f.header != "always" else "a header",
        )
    bad = _misfits(f, form, lines)
    return Fault(
        name,
        1,
        1,
        "",
        f"the rows have {width} columns like {form.title}, but the text does not fit in {', '.join(bad)}",
        mend="Columns have been lost or moved; get the file anew",
    )


def _plain(lines: list[str], name: str) -> Layout:
    counts = {d: lines[0].count(d) for d in (",", "\t", ";", "|")}
    delimiter = max(counts, key=lambda d: counts[d])
    head = _cells(lines[0], delimiter, quoted=True)
    if not _is_header(head):
        for f in FORMATS.values():
            width = _width(f, lines)
            if any(x.fits and len(x.columns) == width for x in f.forms):
                raise EventsError([_odd_rows(f, lines, name)])
    found = by_names(head, name)
    return Layout(
        PLAIN, found.names, delimiter, True, True, PLAIN.title, notes=found.notes
    )


def _is_header(head: list[str]) -> bool:
    return all(h.strip() and not re.search(r"^\W*\d", h) for h in head)


def _unknown(names: list[str], taken: dict[str, int], name: str) -> Fault:
    shown = ", ".join(n.strip()[:30] or "(blank)" for n in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    lack = (
        "a date column (date, day, start)"
        if "date" not in taken
        else "a column that says who or what (source, action, target)"
    )
    titles = ", ".join(
        "/".join(dict.fromkeys(str(len(x.columns)) for x in f.forms))
        + f" columns of {f.title}"
        for f in FORMATS.values()
        if f is not PLAIN
    )
    return Fault(
        name,
        1,
        1,
        "",
        f"the format is not recognized, and for a plain table it lacks {lack}; the first line has {shown}{more}",
        expected=f"{titles}, or a header with date and source, action or target (also end, n, deaths, place)",
        mend="Name the format with --format, or rename the columns",
    )
