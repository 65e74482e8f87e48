"""The review page of a reading: the text with its spans beside what was read.

Static: one file, one script of its own (named by its digest in the page's security
policy), nothing fetched. The text of a report is escaped like any other value. Decisions
are kept by the page until they are saved as a file for `spillover claims`. This file must
never import anything of Spillover but `brief`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from spillover.brief.template import fill, script_of

__all__ = ["Item", "Review", "Segment", "review_html", "segments"]


@dataclass(frozen=True)
class Item:
    """One thing read, as the page shows it.

    Attributes
    ----------
    id
        Of the claim; for the rest, made from kind and number.
    kind
        "claim", "tie", "red line", "channel" or "warning".
    words
        It in one line.
    fields
        (name, label, value) of what can be corrected; a name in `choices` is a list.
    spans
        (start, end, role) into the text; role "clause", "cue", "source", "target",
        "speaker", "date" or "place".
    reason
        Why it was read so.
    chain
        Who says so, in words.
    decidable
        Claims are accepted or rejected here; the rest enters a case by its draft.
    """

    id: str
    kind: str
    words: str
    fields: tuple[tuple[str, str, str], ...]
    spans: tuple[tuple[int, int, str], ...]
    reason: str = ""
    chain: str = ""
    decidable: bool = False


@dataclass(frozen=True)
class Review:
    """A page."""

    title: str
    report: str
    about: tuple[tuple[str, str], ...]
    text: str
    items: tuple[Item, ...]
    choices: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Segment:
    """A run of text with the same spans over it."""

    text: str
    items: tuple[int, ...]
    roles: tuple[str, ...]


def segments(text: str, items: tuple[Item, ...]) -> list[Segment]:
    """Cut a text where spans begin and end; joined, the parts are the text."""
    opens: dict[int, list[tuple[int, str]]] = {}
    closes: dict[int, list[tuple[int, str]]] = {}
    for n, item in enumerate(items):
        for start, end, role in item.spans:
            if 0 <= start < end <= len(text):
                opens.setdefault(start, []).append((n, role))
                closes.setdefault(end, []).append((n, role))
    edges = sorted({0, len(text), *opens, *closes})
    live: list[tuple[int, str]] = []
    parts = []
    for start, end in pairwise(edges):
        for gone in closes.get(start, ()):
            live.remove(gone)
        live.extend(opens.get(start, ()))
        numbers = tuple(dict.fromkeys(n for n, _ in live))
        roles = tuple(dict.fromkeys(role for _, role in live))
        parts.append(Segment(text[start:end], numbers, roles))
    return parts


def review_html(review: Review) -> str:
    """The page as one HTML file."""
    script, digest = script_of("review.js")
    return fill(
        "review.html.j2",
        art={},
        review=review,
        segments=segments(review.text, review.items),
        script=script,
        digest=digest,
    )
