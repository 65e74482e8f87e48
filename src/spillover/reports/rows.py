"""What was read as plain rows, for JSON lines, CSV and the store.

This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from spillover.reports.claim import Claim, Party, Reading, Span, TieKind
from spillover.reports.report import Report

__all__ = [
    "COLUMNS", "TIE_WORDS", "claim_row", "reading_json", "reading_rows", "several",
]  # fmt: skip

COLUMNS = (
    "id", "report", "kind", "source", "source_country", "action", "target",
    "target_country", "status", "date_first", "date_last", "date_words", "date_inferred",
    "place", "deaths_low", "deaths_high", "injured_low", "injured_high", "speaker",
    "speaker_count", "speaker_named", "speaker_side", "hand", "through", "start", "end",
    "cue", "quote", "reason", "title", "outlet", "published", "url",
)  # fmt: skip
"""Columns of the CSV: one row for each claim, tie, red line, channel and warning."""


TIE_WORDS = {
    TieKind.ALLY: "is an ally of",
    TieKind.SPONSOR: "sponsors",
    TieKind.ENEMY: "is an enemy of",
    TieKind.AT_WAR: "is at war with",
    TieKind.MEMBER: "is a member of",
    TieKind.NO_RELATIONS: "has no diplomatic relations with",
    TieKind.INFLUENCE: "has influence over",
}
"""What stands between the two names of a tie."""


def several(count: int, word: str) -> str:
    """As in "1 claim", "2 claims"."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a dataclass
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def reading_json(report: Report, reading: Reading) -> dict[str, Any]:
    """A whole reading as JSON values; offsets are into the report's text."""
    about = asdict(report)
    about.pop("text")
    return {
        "report": _plain(about),
        "backend": reading.backend,
        **{
            kind: [_plain(asdict(x)) for x in getattr(reading, kind)]
            for kind in ("claims", "ties", "lines", "channels", "warnings")
        },
        "notes": list(reading.notes),
    }


def claim_row(report: Report, claim: Claim) -> dict[str, Any]:
    """A claim as a row of `COLUMNS`."""
    first = claim.chain[0] if claim.chain else None
    low, high = claim.deaths or (None, None)
    hurt_low, hurt_high = claim.injured or (None, None)
    return {
        **_about(report),
        "id": claim.id,
        "kind": "claim",
        **_ends(claim.source, claim.target),
        "action": claim.action,
        "status": claim.status.value,
        "date_first": claim.when.first.isoformat() if claim.when.first else None,
        "date_last": claim.when.last.isoformat() if claim.when.last else None,
        "date_words": claim.when.expression,
        "date_inferred": claim.when.inferred,
        "place": claim.place.name if claim.place else "",
        "deaths_low": low,
        "deaths_high": high,
        "injured_low": hurt_low,
        "injured_high": hurt_high,
        "speaker": first.speaker if first else "",
        "speaker_count": first.count if first else None,
        "speaker_named": first.named if first else None,
        "speaker_side": first.party.actor if first and first.party else "",
        "hand": first.hand if first else None,
        "through": first.through if first else "",
        **_where(report, claim.span, claim.cue),
        "reason": claim.reason,
    }


def reading_rows(report: Report, reading: Reading) -> Iterator[dict[str, Any]]:
    """Every thing read as a row of `COLUMNS`; what a kind has not is left out."""
    for claim in reading.claims:
        yield claim_row(report, claim)
    for n, tie in enumerate(reading.ties, start=1):
        yield {
            **_about(report), "id": f"{report.id}-t{n:02d}", "kind": "tie",
            **_ends(tie.source, tie.target), "action": tie.kind.value,
            **_where(report, tie.span, tie.cue), "reason": tie.reason,
        }  # fmt: skip
    for n, line in enumerate(reading.lines, start=1):
        yield {
            **_about(report), "id": f"{report.id}-l{n:02d}", "kind": "red line",
            **_ends(line.owner, line.actor), "action": line.action,
            "status": f"answer: {line.answer or 'not said'}",
            **_where(report, line.span, None), "reason": line.reason,
        }  # fmt: skip
    for n, channel in enumerate(reading.channels, start=1):
        yield {
            **_about(report), "id": f"{report.id}-c{n:02d}", "kind": "channel",
            **_ends(channel.asker, channel.asked), "action": "REQUEST",
            "status": channel.outcome,
            **_where(report, channel.span, None), "reason": channel.reason,
        }  # fmt: skip
    for n, warning in enumerate(reading.warnings, start=1):
        by = warning.by.last
        yield {
            **_about(report), "id": f"{report.id}-w{n:02d}", "kind": "warning",
            **_ends(warning.source, warning.target), "action": warning.action,
            "status": "warned of", "date_last": by.isoformat() if by else None,
            "date_words": warning.by.expression, "date_inferred": warning.by.inferred,
            **_where(report, warning.span, None), "reason": warning.reason,
        }  # fmt: skip


def _about(report: Report) -> dict[str, Any]:
    return {
        "report": report.id,
        "title": report.title,
        "outlet": report.outlet,
        "published": report.published.isoformat() if report.published else None,
        "url": report.url,
    }


def _ends(source: Party | None, target: Party | None) -> dict[str, Any]:
    return {
        "source": source.actor if source else "",
        "source_country": source.country if source else "",
        "target": target.actor if target else "",
        "target_country": target.country if target else "",
    }


def _where(report: Report, span: Span, cue: Span | None) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "cue": cue.of(report.text) if cue else "",
        "quote": " ".join(span.of(report.text).split()),
    }
