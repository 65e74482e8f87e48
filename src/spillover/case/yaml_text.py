"""YAML 1.2 to plain data with the line and column of every key; safe on hostile files.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spillover.errors import CaseError, Fault

__all__ = ["Document", "parse_yaml", "read_text"]

MOST_BYTES = 2_000_000
MOST_DEPTH = 50
MOST_DIGITS = 300


@dataclass(frozen=True)
class Document:
    """A parsed file: plain data and where each key stands.

    ``positions`` maps a path of keys and indices to (line, column), 1-based.
    """

    file: str
    data: dict[str, Any]
    positions: dict[tuple[str | int, ...], tuple[int, int]]

    def locate(self, path: Sequence[str | int]) -> tuple[int, int]:
        """Position of a path, or of the nearest part of it that is in the file."""
        at = tuple(path)
        while at:
            if at in self.positions:
                return self.positions[at]
            at = at[:-1]
        return (1, 1)


def _stop(
    file: str, line: int, column: int, found: str, expected: str = "", mend: str = ""
) -> CaseError:
    return CaseError([Fault(file, line, column, "", found, expected, mend)])


def read_text(path: Path, name: str) -> str:
    """Text of a file; refuses what is missing, too large, binary or not UTF-8.

    Raises
    ------
    CaseError
        With one fault that says which.
    """
    if not path.is_file():
        raise _stop(name, 0, 0, "there is no such file", mend="Check the name")
    if path.stat().st_size > MOST_BYTES:
        raise _stop(
            name,
            0,
            0,
            f"the file has {path.stat().st_size:,} bytes",
            "at most 2,000,000 bytes",
            "Put long tables in CSV files beside the case",
        )
    raw = path.read_bytes()
    if b"\0" in raw:
        raise _stop(name, 0, 0, "the file is binary, not text", "a text file in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw[: e.start].count(b"\n") + 1
        raise _stop(
            name,
            line,
            1,
            "the file is not UTF-8",
            "a text file in UTF-8",
            "Save it as UTF-8",
        ) from None
    if not text.strip():
        raise _stop(
            name,
            0,
            0,
            "the file is empty",
            mend="A table needs its header row"
            if name.endswith(".csv")
            else "Run `spillover new FOLDER` for a case to start from",
        )
    return text


def _printable(value: object) -> str:
    """Text without half characters, which no terminal can print."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


class _Walk:
    def __init__(self, file: str) -> None:
        self.file = file
        self.positions: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.faults: list[Fault] = []

    def plain(self, tree: Any, path: tuple[str | int, ...], depth: int = 0) -> Any:  # noqa: ANN401 - YAML
        if depth > MOST_DEPTH:
            line, column = self.positions.get(path, (1, 1))
            raise _stop(
                self.file,
                line,
                column,
                f"the file is nested more than {MOST_DEPTH} deep",
                "a flat case file",
            )
        node: Any = tree
        if isinstance(tree, dict):
            out: dict[str, Any] = {}
            for key, value in node.items():
                known = key in (node.lc.data or {})
                line, column = node.lc.key(key) if known else (0, 0)
                name = "null" if key is None else _printable(key)
                self.positions[*path, name] = (line + 1, column + 1)
                out[name] = self.plain(value, (*path, name), depth + 1)
            return out
        if isinstance(tree, list):
            items = []
            for n, value in enumerate(node):
                line, column = node.lc.item(n) if n in (node.lc.data or {}) else (0, 0)
                self.positions[*path, n] = (line + 1, column + 1)
                items.append(self.plain(value, (*path, n), depth + 1))
            return items
        if isinstance(node, bool) or node is None:
            return node
        if isinstance(node, int):
            return int(node)
        if isinstance(node, float):
            if not math.isfinite(node):
                line, column = self.positions.get(path, (1, 1))
                self.faults.append(
                    Fault(
                        self.file,
                        line,
                        column,
                        ".".join(
                            f"[{x + 1}]" if isinstance(x, int) else x for x in path
                        ),
                        f'"{node}" is not a finite number',
                        "a number",
                    )
                )
                return 0.0
            return float(node)
        if isinstance(node, dt.datetime):
            return node.date().isoformat()
        if isinstance(node, dt.date):
            return node.isoformat()
        return _printable(node)


def parse_yaml(text: str, file: str) -> tuple[Document, list[Fault]]:
    """Parse a case file.

    Raises
    ------
    CaseError
        When it is not YAML, repeats a key, is nested too deep, or uses aliases.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import Composer
    from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.events import AliasEvent, CollectionStartEvent

    class Plain(Composer):
        """Refuses what a case does not need and hostile files use."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - ruamel
            event = self.parser.peek_event()
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if getattr(event, "anchor", None):
                sign = "*" if isinstance(event, AliasEvent) else "&"
                raise _stop(
                    file,
                    line,
                    column,
                    f'the alias or anchor "{sign}{event.anchor}" is not supported',
                    "plain YAML",
                    "Use the section numbers: for numbers that several elements share",
                )
            if getattr(event, "ctag", None):
                tag = str(event.ctag).replace("tag:yaml.org,2002:", "!!")
                raise _stop(
                    file,
                    line,
                    column,
                    f'the tag "{tag}" is not supported',
                    "plain YAML",
                    "Take the tag out",
                )
            # Keys come without an index, the whole document without a parent.
            is_key = parent is not None and index is None
            if is_key and isinstance(event, CollectionStartEvent):
                raise _stop(
                    file,
                    line,
                    column,
                    "a key is a list or a group of keys",
                    "a word as key",
                )
            if self.depth > MOST_DEPTH:
                raise _stop(
                    file,
                    line,
                    column,
                    f"the file is nested more than {MOST_DEPTH} deep",
                    "a flat case file",
                )
            self.depth += 1
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    class Values(RoundTripConstructor):
        """Leaves dates and very long integers as they are written."""

    def as_written(_: object, node: Any) -> str:  # noqa: ANN401 - ruamel
        return str(node.value)

    def integer(self: Any, node: Any) -> Any:  # noqa: ANN401 - ruamel
        if len(node.value) > MOST_DIGITS:
            return str(node.value)
        return RoundTripConstructor.construct_yaml_int(self, node)

    Values.add_constructor("tag:yaml.org,2002:timestamp", as_written)
    Values.add_constructor("tag:yaml.org,2002:int", integer)
    yaml = YAML(typ="rt", pure=True)
    yaml.Composer = Plain
    yaml.Constructor = Values
    yaml.allow_duplicate_keys = False
    try:
        tree = yaml.load(io.StringIO(text))
    except DuplicateKeyError as e:
        mark = e.problem_mark
        key = re.search(r'found duplicate key "([^"]*)"', str(e))
        raise _stop(
            file,
            mark.line + 1,
            mark.column + 1,
            f'the key "{key[1] if key else ""}" stands twice',
            "each key once",
        ) from None
    except MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _stop(
            file,
            line,
            column,
            f"this is not YAML: {e.problem or e.context}",
            mend="Check indentation, brackets and quotes near this place",
        ) from None
    except (YAMLError, ValueError, RecursionError) as e:
        raise _stop(file, 1, 1, f"this is not YAML: {str(e).splitlines()[0]}") from None
    if not isinstance(tree, dict):
        raise _stop(
            file,
            1,
            1,
            "the file is not a case",
            "keys such as spillover:, case:, origin:",
            "Run `spillover new FOLDER` for a case to start from",
        )
    walk = _Walk(file)
    data = walk.plain(tree, ())
    return Document(file, data, walk.positions), walk.faults
