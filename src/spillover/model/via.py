"""Codes of how an event came about: a kind and the index of the element.

This file imports nothing of Spillover.
"""

from __future__ import annotations

__all__ = [
    "IMMIGRANT",
    "LEVER",
    "LINE",
    "RECORD",
    "REPLY",
    "RESPONSE",
    "WARNING",
    "index_of",
    "kind_of",
    "via",
]

IMMIGRANT, RESPONSE, LINE, REPLY, WARNING, LEVER, RECORD = range(7)


def via(kind: int, index: int = 0) -> int:
    """Code of an element: ``kind`` in the low four bits, ``index`` above."""
    return kind | index << 4


def kind_of(code: int) -> int:
    """Kind of a code."""
    return code & 15


def index_of(code: int) -> int:
    """Index of the element within its kind."""
    return code >> 4
