"""The grammar of patterns, quantities and acts, names still as words.

``launches (deadly)``, ``groups ASSAULT * in iraq``, ``deaths by launches``,
``gauge strain``, ``report claims``, ``driver front``.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from spillover.model.actions import ACTIONS

__all__ = [
    "PatternText",
    "QuantityText",
    "TextError",
    "parse_pattern",
    "parse_quantity",
]

_ID = r"[a-z0-9][a-z0-9-]*"
_EVENT = re.compile(
    rf"^(?P<source>\*|{_ID})\s+(?P<action>\*|[A-Z]+)\s+(?P<target>\*|{_ID})"
    rf"(?:\s+from\s+(?P<place_from>{_ID}))?(?:\s+in\s+(?P<place_in>{_ID}))?$"
)
_MARKS = re.compile(r"^(?P<head>[^()]*?)\s*(?:\((?P<marks>[^()]*)\))?$")


MOST_TEXT = 1000
"""Characters of a pattern; a longer text is none."""


class TextError(ValueError):
    """A pattern that cannot be read."""

    def __init__(self, found: str, expected: str = "") -> None:
        super().__init__(found)
        self.found, self.expected = found, expected


@dataclass(frozen=True)
class PatternText:
    """A pattern or act: a stream id, or source, action and target; and marks.

    ``marks`` are (name, value) pairs, the value empty for a yes/no mark.
    """

    text: str
    stream: str = ""
    source: str = "*"
    action: str = "*"
    target: str = "*"
    place_from: str = ""
    place_in: str = ""
    marks: tuple[tuple[str, str], ...] = ()


QuantityKind = Literal["count", "deaths", "injured", "gauge", "report"]


@dataclass(frozen=True)
class QuantityText:
    """What a red line or an outcome counts; ``name`` of a gauge or report."""

    kind: QuantityKind
    patterns: tuple[PatternText, ...] = ()
    name: str = ""


NAMED: tuple[QuantityKind, ...] = ("gauge", "report")
WANTED = 'a stream id or "actor ACTION target", marks in parentheses'


def parse_pattern(text: object) -> PatternText:
    """Read one pattern.

    Raises
    ------
    TextError
        When it is neither a stream id nor an event.
    """
    if not isinstance(text, str) or not text.strip():
        msg = (
            f'"{text}" is not a pattern' if text else "an empty value is not a pattern"
        )
        raise TextError(msg, WANTED)
    if len(text) > MOST_TEXT:
        msg = f'"{text[:60]} ..." is not a pattern'
        raise TextError(msg, WANTED)
    found = _MARKS.match(text.strip())
    if not found or not found["head"]:
        msg = f'"{text}" is not a pattern'
        raise TextError(msg, WANTED)
    marks = []
    for part in filter(None, (m.strip() for m in (found["marks"] or "").split(","))):
        name, _, value = part.partition(":")
        if not value and name.startswith("inside "):
            name, value = "in", name.removeprefix("inside ")
        if not re.fullmatch(_ID, name.strip()) or (
            value and not re.fullmatch(_ID, value.strip())
        ):
            msg = f'"{part}" is not a mark'
            raise TextError(
                msg,
                "a mark such as deadly, large, result: landed or in: place",
            )
        marks.append((name.strip(), value.strip()))
    head = found["head"].strip()
    if re.fullmatch(_ID, head):
        return PatternText(text.strip(), stream=head, marks=tuple(marks))
    event = _EVENT.match(head)
    if not event:
        msg = f'"{head}" is not a pattern'
        raise TextError(msg, WANTED)
    if event["action"] != "*" and event["action"] not in ACTIONS:
        msg = f'action "{event["action"]}" is not known'
        raise TextError(msg, f"one of {', '.join(ACTIONS)}")
    parts = {k: v or "" for k, v in event.groupdict().items()}
    return PatternText(text.strip(), "", **parts, marks=tuple(marks))


def parse_quantity(text: object) -> QuantityText:
    """Read what a red line or an outcome counts; a list means any of its patterns."""
    if isinstance(text, (list, tuple)):
        return QuantityText("count", tuple(parse_pattern(t) for t in text))
    if not isinstance(text, str):
        shown = f'"{text}"' if isinstance(text, (bool, int, float)) else "this"
        msg = f"{shown} is not something that can be counted"
        raise TextError(msg, WANTED)
    words = text.strip()
    for kind in ("deaths", "injured"):
        if words.startswith(f"{kind} by "):
            return QuantityText(
                kind, (parse_pattern(words.removeprefix(f"{kind} by ")),)
            )
    for kind in NAMED:
        if words.startswith(f"{kind} "):
            return QuantityText(kind, (), words.removeprefix(f"{kind} ").strip())
    return QuantityText("count", (parse_pattern(words),))
