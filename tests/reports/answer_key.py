"""Score a reading against a hand-made answer key (see `own/`).

Matching is one to one, by identifiers and by sentence: a quote of the key names where the
thing stands. What is read and stands in no key is wrong, so precision is not flattered.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from spillover.reports.claim import Reading, Span, Status
from spillover.reports.tokens import tokenise

Key = dict[str, Any]

SYMMETRIC = {"ally", "enemy", "at war", "no diplomatic relations"}
TOLD = (Status.HAPPENED, Status.ONGOING)


def _among(value: str | None, wanted: object) -> bool:
    """Whether a value is the wanted one, or one of them; None wants anything."""
    if isinstance(wanted, list):
        return value in wanted or None in wanted
    return wanted is None or value == wanted


def _sentence_of(text: str, quote: str, near: str = "") -> tuple[int, int]:
    start = text.find(quote)
    assert start >= 0, f"the key quotes what the text does not say: {quote!r} {near}"
    doc = tokenise(text)
    token = doc.token_at(start)
    for first, stop in doc.sentences:
        if first <= token < stop:
            return doc.span(first, stop)
    return start, start + len(quote)


def _in(span: Span, sentence: tuple[int, int]) -> bool:
    return span.start < sentence[1] and sentence[0] < span.end


def score(text: str, reading: Reading, key: Key) -> Counter[str]:
    """Counts of right, found and wanted by kind; they add up over reports."""
    counts: Counter[str] = Counter()
    _events(text, reading, key, counts)
    _ties(text, reading, key, counts)
    _lines_and_warnings(text, reading, key, counts)
    _channels(text, reading, key, counts)
    return counts


def _events(text: str, reading: Reading, key: Key, counts: Counter[str]) -> None:
    taken: set[int] = set()
    matched: set[int] = set()
    for k, event in enumerate(key["events"]):
        sentence = _sentence_of(text, event["quote"])
        for n, claim in enumerate(reading.claims):
            target = claim.target.actor if claim.target else None
            if (
                n not in taken
                and _in(claim.cue, sentence)
                and claim.action in event["action"]
                and claim.status.value in event["status"]
                and _among(claim.source.actor, event["source"])
                and _among(target, event["target"])
            ):
                taken.add(n)
                matched.add(k)
                break
    must = [k for k, e in enumerate(key["events"]) if e["must"]]
    counts["events wanted"] += len(must)
    counts["events got"] += sum(k in matched for k in must)
    told = [n for n, c in enumerate(reading.claims) if c.status in TOLD]
    counts["events found"] += len(told)
    counts["events right"] += sum(n in taken for n in told)
    for quote in key["not_events"]:
        start = text.find(quote)
        assert start >= 0, quote
        inside = (start, start + len(quote))
        wrong = [
            c for c in reading.claims
            if c.status in TOLD and c.action == "ASSAULT" and inside[0] <= c.cue.start < inside[1]
        ]  # fmt: skip
        counts["not events"] += 1
        counts["not events coded"] += bool(wrong)


def _ties(text: str, reading: Reading, key: Key, counts: Counter[str]) -> None:
    taken: set[int] = set()
    got = 0
    for tie in key["ties"]:
        _sentence_of(text, tie["quote"])
        for n, read in enumerate(reading.ties):
            ends = (read.source.actor, read.target.actor)
            want = (tie["source"], tie["target"])
            same = ends == want or (
                read.kind.value in SYMMETRIC and ends == (want[1], want[0])
            )
            if n not in taken and same and _among(read.kind.value, tie["kind"]):
                taken.add(n)
                got += 1
                break
    counts["ties wanted"] += len(key["ties"])
    counts["ties got"] += got
    counts["ties found"] += len(reading.ties)
    counts["ties right"] += len(taken)


def _lines_and_warnings(
    text: str, reading: Reading, key: Key, counts: Counter[str]
) -> None:
    taken: set[int] = set()
    for line in key["lines"]:
        sentence = _sentence_of(text, line["quote"])
        for n, read in enumerate(reading.lines):
            if (
                n not in taken
                and _in(read.span, sentence)
                and _among(read.owner.actor, line["owner"])
                and read.action in line["action"]
            ):
                taken.add(n)
                counts["lines got"] += 1
                break
    counts["lines wanted"] += len(key["lines"])
    counts["lines found"] += len(reading.lines)
    counts["lines right"] += len(taken)
    taken = set()
    for warning in key["warnings"]:
        sentence = _sentence_of(text, warning["quote"])
        for n, w in enumerate(reading.warnings):
            source = w.source.actor if w.source else None
            target = w.target.actor if w.target else None
            by = w.by.last.isoformat() if w.by.last else None
            if (
                n not in taken
                and _in(w.span, sentence)
                and w.action == warning["action"]
                and _among(source, warning.get("source"))
                and _among(target, warning.get("target"))
                and _among(by, warning.get("by"))
            ):
                taken.add(n)
                counts["lines got"] += 1
                break
    counts["lines wanted"] += len(key["warnings"])
    counts["lines found"] += len(reading.warnings)
    counts["lines right"] += len(taken)


def _channels(text: str, reading: Reading, key: Key, counts: Counter[str]) -> None:
    taken: set[int] = set()
    for channel in key["channels"]:
        sentence = _sentence_of(text, channel["quote"])
        for n, read in enumerate(reading.channels):
            if (
                n not in taken
                and _in(read.span, sentence)
                and read.asker.actor == channel["asker"]
                and read.asked.actor == channel["asked"]
                and _among(read.outcome, channel["outcome"])
            ):
                taken.add(n)
                counts["channels got"] += 1
                break
    counts["channels wanted"] += len(key["channels"])
    counts["channels found"] += len(reading.channels)
    counts["channels right"] += len(taken)
