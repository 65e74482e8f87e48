"""Change one value in the text of a case; everything else stays as it was written.

The value's place is found by parsing, the text is cut there: comments, order and layout
are the author's. This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import io
import re
from typing import Any

from spillover.case.read import raw_path
from spillover.case.yaml_text import parse_yaml
from spillover.errors import InputError

__all__ = ["set_value"]

_PLAIN = re.compile(r"[A-Za-z0-9][^:#{}\[\],&*?|<>=!%@`\"'\\\n]*")
MOST = 2000


def set_value(text: str, where: str, value: str) -> str:
    """The text with one value replaced.

    Parameters
    ----------
    text
        A case file that parses as YAML.
    where
        Dotted path as faults and registers name it: list elements by id.
    value
        The new text of the value, without quotes.

    Raises
    ------
    CaseError
        When the text is no YAML.
    InputError
        When there is no single value at that place, or the new one cannot be written.
    """
    if len(value) > MOST or any(ord(c) < 32 for c in value):
        msg = f"{where}: the new value is too long or has line breaks. Edit the text itself"
        raise InputError(msg)
    document, _ = parse_yaml(text, "case.yaml")
    path = raw_path(where, document)
    node = _node(text, path) if path is not None else None
    if node is None:
        msg = f"{where}: there is no value at this place that can be set alone. Edit the text itself"
        raise InputError(msg)
    start, end = node.start_mark.index, node.end_mark.index
    return text[:start] + _written(value, flow=_in_flow(text, start)) + text[end:]


def _node(text: str, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - of ruamel
    """The scalar at a path; of a number in its long form, what it is."""
    from ruamel.yaml import YAML
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    node: Any = YAML(typ="rt", pure=True).compose(io.StringIO(text))
    for part in path:
        if isinstance(node, MappingNode):
            node = next((v for k, v in node.value if k.value == str(part)), None)
        elif isinstance(node, SequenceNode) and isinstance(part, int):
            node = node.value[part]
        else:
            return None
    if isinstance(node, MappingNode):
        node = next((v for k, v in node.value if k.value == "is"), None)
    good = isinstance(node, ScalarNode) and node.style not in ("|", ">")
    return node if good else None


def _in_flow(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return any(c in line for c in "{[")


def _written(value: str, *, flow: bool) -> str:
    """A value as YAML: bare where that says the same, else in double quotes."""
    bare = value == value.strip() and (
        _PLAIN.fullmatch(value)
        or (not flow and re.fullmatch(r"[A-Za-z0-9][^:#\"'\n]*", value))
        or re.fullmatch(r"[0-9.]+ ?%?", value)
    )
    if bare and value.lower() not in (
        "true",
        "false",
        "null",
        "yes",
        "no",
        "on",
        "off",
    ):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
