"""The review page of a reading, from what was read."""

from __future__ import annotations

from pathlib import Path

from spillover.brief.review import Item, Review, review_html
from spillover.model.actions import ACTIONS
from spillover.reports.claim import (
    Attribution,
    Claim,
    Party,
    Reading,
    Span,
    Status,
    When,
)
from spillover.reports.report import Report
from spillover.reports.rows import TIE_WORDS, several

__all__ = ["review_of", "review_page"]

_STATUS = tuple(status.value for status in Status)


def review_page(report: Report, reading: Reading) -> str:
    """The page as HTML: the text with its spans beside claims, ties, lines and the rest."""
    return review_html(review_of(report, reading))


def review_of(report: Report, reading: Reading) -> Review:
    """What the page shows, as plain values."""
    about = [
        ("Published", report.published.isoformat() if report.published else "not said"),
        ("Outlet", report.outlet or "not said"),
        ("File", Path(report.name).name),
        ("Read by", reading.backend),
        (
            "Found",
            ", ".join(
                several(len(found), word)
                for found, word in (
                    (reading.claims, "claim"),
                    (reading.ties, "tie"),
                    (reading.lines, "red line"),
                    (reading.channels, "channel"),
                    (reading.warnings, "warning"),
                )
            ),
        ),
    ]
    items = [_claim(claim) for claim in reading.claims]
    items += [
        Item(
            f"t{n}", "tie", f"{_name(t.source)} {TIE_WORDS[t.kind]} {_name(t.target)}", (),
            _spans(clause=t.span, cue=t.cue), t.reason,
        )
        for n, t in enumerate(reading.ties)
    ]  # fmt: skip
    items += [
        Item(
            f"l{n}", "red line",
            f"{_name(x.owner)}: {x.action.lower()}"
            + (f" by {_name(x.actor)}" if x.actor else "")
            + (f" against {_name(x.target)}" if x.target else ""),
            (("answer", "Answer", x.answer.lower() or "not said"),
             ("said", "How", "inferred" if x.inferred else "as said")),
            _spans(clause=x.span), x.reason, _says(x.chain),
        )
        for n, x in enumerate(reading.lines)
    ]  # fmt: skip
    items += [
        Item(
            f"c{n}", "channel", f"{_name(x.asker)} asks {_name(x.asked)}",
            (("about", "About", _name(x.about) if x.about else ""),
             ("through", "Through", _name(x.through) if x.through else ""),
             ("outcome", "How it went", x.outcome)),
            _spans(clause=x.span), x.reason, _says(x.chain),
        )
        for n, x in enumerate(reading.channels)
    ]  # fmt: skip
    items += [
        Item(
            f"w{n}", "warning",
            f"{_name(x.source)} {x.action} {_name(x.target)}",
            (("by", "By", _when(x.by)), ("words", "In the words", x.words)),
            _spans(clause=x.span), x.reason, _says(x.chain),
        )
        for n, x in enumerate(reading.warnings)
    ]  # fmt: skip
    return Review(
        title=report.title or report.name or "A report",
        report=report.id,
        about=tuple(about),
        text=report.text,
        items=tuple(items),
        choices={"action": tuple(ACTIONS), "status": _STATUS},
        notes=reading.notes,
    )


def _name(party: Party | None) -> str:
    return party.actor if party else "not said"


def _when(when: When) -> str:
    days = [d.isoformat() for d in (when.first, when.last) if d]
    text = " to ".join(dict.fromkeys(days)) or "not said"
    return f"{text} ({when.expression})" if when.expression else text


def _says(chain: tuple[Attribution, ...]) -> str:
    """Who says so, in words, the nearest speaker first."""
    parts = []
    for link in chain:
        text = link.speaker
        marks = []
        if not link.named:
            marks.append(f"{link.count} unnamed" if link.count > 1 else "unnamed")
        if link.partisan:
            marks.append("a side of it")
        if link.hand == 2:
            marks.append("at second hand")
        if link.through:
            marks.append(f"to {link.through}")
        parts.append(f"{text} ({', '.join(marks)})" if marks else text)
    return "; so says ".join(parts)


def _spans(
    *, clause: Span, cue: Span | None = None, **more: Span | None
) -> tuple[tuple[int, int, str], ...]:
    named = {"clause": clause, "cue": cue, **more}
    return tuple((s.start, s.end, role) for role, s in named.items() if s is not None)


def _claim(claim: Claim) -> Item:
    target = _name(claim.target) if claim.target else ""
    deaths = claim.deaths[0] if claim.deaths else ""
    injured = claim.injured[0] if claim.injured else ""
    return Item(
        claim.id,
        "claim",
        f"{claim.source.actor} {claim.action} {target or '(no target)'}: "
        f"{claim.status.value}",
        (
            ("source", "Who", claim.source.actor),
            ("action", "Act", claim.action),
            ("target", "Toward", target),
            ("status", "Status", claim.status.value),
            ("date_first", "First day", _iso(claim.when.first)),
            ("date_last", "Last day", _iso(claim.when.last)),
            ("place", "Place", claim.place.name if claim.place else ""),
            ("deaths_low", "Dead", str(deaths)),
            ("injured_low", "Injured", str(injured)),
        ),
        _spans(
            clause=claim.span,
            cue=claim.cue,
            source=claim.source.span,
            target=claim.target.span if claim.target else None,
            date=claim.when.span,
        ),
        claim.reason + ("; date inferred" if claim.when.inferred else ""),
        _says(claim.chain),
        decidable=True,
    )


def _iso(day: object) -> str:
    return str(day) if day else ""
