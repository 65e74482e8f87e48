"""Rows of a JSON answer: an array, `{"data": [...]}`, `{"Result": [...]}`, or one object a line.

Objects are read one after the other from a moving window, so a large answer needs
little memory. This file must never import a case, a model or a page.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO

from spillover.errors import EventsError, Fault

__all__ = ["objects"]

_BLOCK = 1 << 20
LONGEST_OBJECT = 1 << 26
"""Characters after which one object is no row of a table."""
_START = re.compile(
    r'\s*(?:\{(?:.*?,)?\s*"(?:data|Result|results)"\s*:\s*)?\[', re.DOTALL
)
_BETWEEN = re.compile(r"[\s,]*")


def objects(file: IO[bytes], name: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Rows with their number from 1.

    Raises
    ------
    EventsError
        When the text is no JSON, ends early, or holds no rows.
    """
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    decoder = json.JSONDecoder()
    text = decode(file.read(_BLOCK))
    start = _START.match(text)
    listed = start is not None
    place = start.end() if start else 0
    if not listed and not re.match(r"\s*\{", text):
        raise EventsError([Fault(name, 0, 0, "", "this is no JSON")])
    if not listed and not re.match(r"\s*\{[^\n]*\}\s*(\n|$)", text):
        raise EventsError([_no_rows(name, text)])
    number, ended = 0, False
    while True:
        between = _BETWEEN.match(text, place)
        place = between.end() if between else place
        if place < len(text) and text[place] == "]" and listed:
            return
        if place < len(text):
            try:
                value, after = decoder.raw_decode(text, place)
            except json.JSONDecodeError as e:
                if ended:
                    raise EventsError([_broken(name, number, e.msg)]) from None
            except ValueError:
                many = "a number has thousands of digits"
                raise EventsError([_broken(name, number, many)]) from None
            except RecursionError:
                deep = "lists are nested thousands deep"
                raise EventsError([_broken(name, number, deep)]) from None
            else:
                number += 1
                if not isinstance(value, dict):
                    value = {}
                yield number, value
                place = after
                continue
        elif ended:
            if listed:
                raise EventsError([_cut(name, number)])
            return
        if len(text) - place > LONGEST_OBJECT:
            endless = f"its next object is longer than {LONGEST_OBJECT >> 20} MB"
            raise EventsError([_broken(name, number, endless)])
        # as much again: a long object is looked at a few times only
        block = file.read(max(_BLOCK, len(text) - place))
        ended = not block
        text, place = text[place:] + decode(block, ended), 0


def _cut(name: str, number: int) -> Fault:
    return Fault(
        name,
        0,
        0,
        "",
        f"the JSON ends in the middle, after row {number}",
        mend="Nothing of it was imported; get it anew",
    )


def _broken(name: str, number: int, why: str) -> Fault:
    return Fault(
        name,
        0,
        0,
        "",
        f"the JSON is broken after row {number} ({why})",
        mend="Nothing of it was imported; get it anew",
    )


def _no_rows(name: str, text: str) -> Fault:
    said = re.search(
        r'"(?:message|error|error_description)"\s*:\s*"([^"]{1,200})"', text
    )
    answer = f'; it says "{said.group(1)}"' if said else ""
    return Fault(
        name,
        0,
        0,
        "",
        f"this JSON holds no rows{answer}",
        expected='an array, or one under "data"',
    )
