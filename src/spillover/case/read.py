"""Read a case: file, tables, defaults; all faults at once.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from spillover.case.fields import Element
from spillover.case.number_text import KINDS, Number, NumberError, parse_number
from spillover.case.schema import Case
from spillover.case.tables import (
    read_codebook,
    read_counts,
    read_events,
    read_records,
)
from spillover.case.yaml_text import Document, parse_yaml, read_text
from spillover.errors import CaseError, Fault, nearest

__all__ = [
    "bundled_cases",
    "case_folder",
    "elements_by_path",
    "numbers_by_path",
    "position_of",
    "raw_path",
    "read_case",
    "read_document",
]

MAPPINGS = ("sources", "places", "actors", "drivers", "states", "gauges", "variants")
LISTS = [
    "ties",
    "streams",
    "reports",
    "responses",
    "replies",
    "restraints",
    "red_lines",
    "warnings",
    "outcomes",
    "levers",
    "what_ifs",
]


def slug(*texts: object) -> str:
    """Default id from content: small letters and dashes."""
    words = []
    for text in texts:
        many = text if isinstance(text, (list, tuple)) else [text]
        words.append("-or-".join(str(m) for m in many))
    joined = "--".join(words).lower().replace("*", "any")
    return re.sub(r"(?<!-)-$", "", re.sub(r"[^a-z0-9-]+", "-", joined).strip("-"))


def _default_id(section: str, raw: Mapping[str, Any]) -> str:
    if section == "ties":
        return slug(raw.get("from", ""), raw.get("to", ""), raw.get("kind", ""))
    if section == "streams":
        about = raw.get("about")
        return slug(raw.get("event", "")) + (f"-{slug(about)}" if about else "")
    if section == "responses":
        return slug(raw.get("when", ""), raw.get("then", ""))
    if section == "replies":
        return slug("reply-to", raw.get("ask", ""))
    if section == "red_lines":
        then = raw.get("then", "")
        if isinstance(then, Mapping):
            then = then.get("raises") or then.get("opens") or ""
        return slug(raw.get("owner", ""), raw.get("when", ""), then)
    if section == "warnings":
        return slug("warning", raw.get("event", ""), raw.get("issued", ""))
    return ""


def with_ids(data: dict[str, Any]) -> dict[str, Any]:
    """Raw data with an id in every element."""
    out = dict(data)
    for section in MAPPINGS:
        if isinstance(out.get(section), dict):
            out[section] = {
                k: (
                    {"id": k, **v}
                    if isinstance(v, dict)
                    else v
                    if v is not None
                    else {"id": k}
                )
                for k, v in out[section].items()
            }
    for section in LISTS:
        if isinstance(out.get(section), list):
            out[section] = [
                {"id": _default_id(section, e), **e}
                if isinstance(e, dict) and "id" not in e
                else e
                for e in out[section]
            ]
    return out


def bundled_cases() -> tuple[str, ...]:
    """Ids of the cases that come with Spillover."""
    folder = files("spillover") / "cases"
    return tuple(
        sorted(p.name for p in folder.iterdir() if (p / "case.yaml").is_file())
    )


def case_folder(name: str | Path) -> tuple[Path, str]:
    """Folder and file name of a case: a bundled id, a folder or a file.

    Raises
    ------
    CaseError
        When there is none.
    """
    path = Path(name)
    if path.is_dir():
        return path, "case.yaml"
    if path.is_file():
        return path.parent, path.name
    bundled = bundled_cases()
    if str(name) in bundled:
        return Path(str(files("spillover") / "cases" / str(name))), "case.yaml"
    near = nearest(str(name), bundled)
    raise CaseError(
        [
            Fault(
                str(name),
                0,
                0,
                "",
                "there is no such case",
                f"a file, a folder with case.yaml, or one of {', '.join(bundled)}",
                hint=near,
            )
        ]
    )


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    """Keys the schema knows at a path, for "did you mean"."""
    models: list[type[BaseModel]] = [Case]
    for part in path:
        found: list[type[BaseModel]] = []
        for model in models:
            for name, field in model.model_fields.items():
                if part in (name, field.alias):
                    found += list(_models(field.annotation))
        models = found or models
    return [f.alias or n for m in models for n, f in m.model_fields.items()]


def _clean(
    location: tuple[str | int, ...], document: Document
) -> tuple[str | int, ...]:
    """Location of a pydantic error without the names of union branches."""
    path: list[str | int] = []
    for part in location:
        if (*path, part) in document.positions:
            path.append(part)
        elif isinstance(part, str) and part in ("marks", "yes_no", "choices"):
            continue
    return tuple(path)


def dotted(path: tuple[str | int, ...], data: Mapping[str, Any]) -> str:
    """Path for people: list positions become ids where there are any."""
    words: list[str] = []
    node: Any = data
    for part in path:
        if isinstance(node, list) and isinstance(part, int):
            node = node[part]
        else:
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(part, int):
            words.append(
                str(node["id"])
                if isinstance(node, dict)
                and isinstance(node.get("id"), str)
                and node["id"]
                else f"[{part + 1}]"
            )
        else:
            words.append(str(part))
    return ".".join(words)


def _fault_of(
    error: Mapping[str, Any], document: Document, data: Mapping[str, Any]
) -> Fault:
    location = tuple(error["loc"])
    path = _clean(location, document)
    line, column = document.locate(path)
    where = dotted(path, data)
    kind = error["type"]
    if kind == "spillover":
        ctx = error["ctx"]
        return Fault(
            document.file,
            line,
            column,
            where,
            ctx["found"],
            ctx["expected"],
            ctx["mend"],
        )
    if kind == "extra_forbidden":
        key = str(location[-1])
        path = (*path[:-1], key) if path and path[-1] == key else (*path, key)
        line, column = document.locate(path)
        known = _known_keys(path[:-1])
        near = nearest(key, known)
        return Fault(
            document.file,
            line,
            column,
            dotted(path[:-1], data) or "case",
            f'unknown key "{key}"',
            "" if near else f"one of {', '.join(k for k in known if k != 'id')}",
            hint=near,
        )
    if kind == "missing":
        return Fault(
            document.file,
            line,
            column,
            where or "case",
            f'the key "{location[-1]}" is missing',
            mend=f"Add {location[-1]}:",
        )
    if kind == "literal_error":
        given = str(error["input"])
        if isinstance(error["input"], (dict, list)):
            given = "this"
        expected = str(error["ctx"]["expected"]).replace("'", "").removeprefix(", ")
        near = nearest(given, [e.strip() for e in re.split(r", | or ", expected)])
        return Fault(
            document.file,
            line,
            column,
            where,
            f'"{given}" is not known',
            expected,
            hint=near,
        )
    message = str(error["msg"]).removeprefix("Value error, ")
    wanted = {
        "dict_type": "keys with values",
        "model_type": "keys with values",
        "tuple_type": "a list",
        "string_type": "a text",
        "bool_parsing": "yes or no (true or false)",
        "bool_type": "yes or no (true or false)",
        "float_parsing": "a number",
        "float_type": "a number",
        "int_parsing": "a whole number",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "int_parsing_size": "a smaller whole number",
        "finite_number": "a number",
    }.get(kind, message[0].lower() + message[1:])
    return Fault(
        document.file,
        line,
        column,
        where,
        "an empty value does not fit here"
        if error["input"] is None
        else f'"{error["input"]}" does not fit here'
        if not isinstance(error["input"], (dict, list))
        else "this does not fit here",
        wanted,
    )


def _yes_no(data: Any) -> Any:  # noqa: ANN401 - raw YAML
    """YAML 1.2 leaves yes and no as words; here they mean true and false."""
    switches = {
        "count",
        "first_time",
        "weigh_past",
        "dormant",
        "try",
        "offspring",
        "public",
        "named",
        "initially",
    }
    if isinstance(data, dict):
        return {
            k: (
                v in ("yes", "on")
                if k in switches and v in ("yes", "no", "on", "off")
                else _yes_no(v)
            )
            for k, v in data.items()
        }
    return [_yes_no(v) for v in data] if isinstance(data, list) else data


def walk_numbers(
    node: object, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, Number]]:
    """Every number of a case with its dotted path."""
    if isinstance(node, Number):
        yield ".".join(path), node
        if node.median is not None and node.spread is not None:
            yield ".".join((*path, "median")), node.median
            yield ".".join((*path, "spread")), node.spread
    elif isinstance(node, BaseModel):
        for name in type(node).model_fields:
            if name in (
                "records",
                "counts",
                "events",
                "codebook",
                "shared",
                "numbers",
                "set",
                "scale",
            ):
                continue
            key = name.rstrip("_")
            value = getattr(node, name)
            inner = () if name in ("yes_no", "choices") else (key,)
            yield from walk_numbers(value, (*path, *inner))
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from walk_numbers(value, (*path, str(key)))
    elif isinstance(node, tuple):
        for n, value in enumerate(node):
            name = getattr(value, "id", "") or str(n + 1)
            yield from walk_numbers(value, (*path, name))


def elements_by_path(case: Case) -> Iterator[tuple[str, Element]]:
    """Every element of a case (all but its sources and places) with its dotted path."""
    for section in (*MAPPINGS, *LISTS):
        if section in ("sources", "places"):
            continue
        value = getattr(case, section)
        for e in value.values() if isinstance(value, dict) else value:
            yield f"{section}.{e.id}", e


def numbers_by_path(case: Case) -> dict[str, Number]:
    """Every number of a case by its dotted path; shared ones under ``numbers``."""
    own = dict(walk_numbers(case))
    return own | {f"numbers.{name}": n for name, n in case.shared.items()}


def _shared(case: Case, document: Document) -> tuple[Case, list[Fault]]:
    """Parse the shared numbers in the unit of the fields that use them."""
    faults: list[Fault] = []
    parsed: dict[str, Number] = {}
    for where, number in list(walk_numbers(case)):
        if number.kind != "shared":
            continue
        name = number.name
        if name not in case.numbers:
            near = nearest(name, list(case.numbers))
            line, column = position_of(where, document)
            faults.append(
                Fault(
                    document.file,
                    line,
                    column,
                    where,
                    f'"{name}" is neither a number nor a name under numbers:',
                    "a number",
                    hint=near,
                )
            )
            continue
        path = f"numbers.{name}"
        try:
            value = parse_number(case.numbers[name], number.unit, varies=False)
            if value.kind in ("shared", "rest"):
                msg = f'"{value.text}" is not a number'
                raise NumberError(
                    msg, "a number; one shared number cannot name another"
                )
            first = parsed.setdefault(name, replace(value, name=""))
            if (first.low, first.high) != (
                value.low,
                value.high,
            ) and first.low == first.low:
                path = where
                msg = f'"{name}" is used elsewhere with another unit'
                raise NumberError(msg, KINDS[first.unit])
        except NumberError as e:
            if name in parsed:
                path = where
            line, column = position_of(path, document)
            faults.append(
                Fault(document.file, line, column, path, e.found, e.expected, e.mend)
            )
    return case.model_copy(update={"shared": parsed}), faults


def position_of(where: str, document: Document) -> tuple[int, int]:
    """Position of a dotted path whose list elements are named by id."""
    return document.locate(_raw_path(where, document)[0])


def raw_path(where: str, document: Document) -> tuple[str | int, ...] | None:
    """A dotted path as keys and indices of the file; None when it leads nowhere."""
    path, whole = _raw_path(where, document)
    return tuple(path) if whole else None


def _raw_path(where: str, document: Document) -> tuple[list[str | int], bool]:
    node: Any = with_ids(document.data)
    path: list[str | int] = []
    whole = True
    for word in where.split("."):
        if isinstance(node, list):
            at = next(
                (
                    n
                    for n, e in enumerate(node)
                    if isinstance(e, dict) and e.get("id") == word
                ),
                None,
            )
            if at is None and word.isdigit() and 0 < int(word) <= len(node):
                at = int(word) - 1
            if at is None:
                whole = False
                break
            path.append(at)
            node = node[at]
        elif isinstance(node, dict) and word in node:
            path.append(word)
            node = node[word]
        elif isinstance(node, dict) and word in (node.get("choices") or ()):
            path += ["choices", word]  # left out of the paths of numbers
            node = node["choices"][word]
        elif word == "1" and not isinstance(node, (dict, list)):
            continue  # a list of one is written as that one
        else:
            whole = False
            break
    return path, whole


def read_document(name: str | Path) -> tuple[Case, Document]:
    """Read a case and keep where its keys stand.

    Raises
    ------
    CaseError
        With every fault found in the file and the tables beside it.
    """
    folder, file = case_folder(name)
    text = read_text(folder / file, file)
    document, faults = parse_yaml(text, file)
    data = with_ids(_yes_no(document.data))
    for key in ("records", "counts", "events", "codebook", "shared"):
        if key in data:
            line, column = document.locate((key,))
            faults.append(
                Fault(
                    file,
                    line,
                    column,
                    "case",
                    f'unknown key "{key}"',
                    "history: {records: ..., counts: ..., codebook: ...}",
                )
            )
            del data[key]
    try:
        case = Case.model_validate(data)
    except ValidationError as e:
        faults += [_fault_of(error, document, data) for error in e.errors()]
        from spillover.case.partial import faults_of_the_rest

        told = {(f.file, f.line) for f in faults}
        faults += [
            f
            for f in faults_of_the_rest(data, e, document)
            if (f.file, f.line) not in told
        ]
        raise CaseError(_unique(faults)) from None
    case, more = _shared(case, document)
    faults += more
    history = case.history
    codebook: dict[str, str] = {}
    if history.codebook:
        codebook, more = read_codebook(
            history.codebook, read_text(folder / history.codebook, history.codebook)
        )
        faults += more
    update: dict[str, Any] = {"codebook": codebook}
    if history.records:
        update["records"], more = read_records(
            history.records,
            read_text(folder / history.records, history.records),
            codebook,
        )
        faults += more
    if history.counts:
        update["counts"], more = read_counts(
            history.counts, read_text(folder / history.counts, history.counts)
        )
        faults += more
    if history.events:
        update["events"], more = read_events(
            history.events, read_text(folder / history.events, history.events)
        )
        faults += more
    case = case.model_copy(update=update)
    if faults:
        from spillover.case.check import faults_of

        told = {(f.file, f.line) for f in faults}
        rest = faults_of(case, document, partial=True)
        faults += [f for f in rest if (f.file, f.line) not in told]
        raise CaseError(_unique(faults))
    return case, document


def _unique(faults: list[Fault]) -> list[Fault]:
    """One fault per place: of the branches of a choice the most telling stays."""
    best: dict[tuple[str, int, int, str], Fault] = {}
    for fault in faults:
        key = (fault.file, fault.line, fault.column, fault.where)
        old = best.get(key)
        if old is None or len(fault.expected) + len(fault.mend) > len(
            old.expected
        ) + len(old.mend):
            best[key] = fault
    return sorted(best.values(), key=lambda f: (f.file, f.line, f.column))


def read_case(name: str | Path) -> Case:
    """Read a bundled case by id, or a case file or folder; see `read_document`."""
    return read_document(name)[0]
