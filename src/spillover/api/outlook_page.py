"""An outlook as a page and as files.

Must never import `cli` or the web.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spillover.api.outlook_words import rise_text, rows_of_reasons, share_text, small
from spillover.brief.report import Block, Report, Section, Table, Text
from spillover.brief.report_html import report_html
from spillover.brief.words import interval, percent
from spillover.clock import in_words
from spillover.store.plain import plain as plain_json

if TYPE_CHECKING:
    from spillover.api.outlook import Outlook, Row

__all__ = [
    "bottom_line",
    "learned_line",
    "outlook_files",
    "outlook_page",
    "rise_table",
    "row_table",
    "with_interval",
]

WORDS = (
    ("Chance", "Of at least one such act within the days ahead. Chances stated by the same rule in the weeks before were set beside what came; the map learned from that is applied here."),
    ("Interval", "Central 90 %: how far the chance could be off as a statement about acts of its kind and size, judged by drawing those weeks and their sources anew. It says nothing of the one crisis at hand."),
    ("Rate", "Acts a day on an average weekday, on the first day ahead. It is a sum over past acts; the reasons add up to it."),
    ("Returned", "An act by the target toward the source."),
    ("Third parties", "Acts between the target and a third actor that the source deals with much."),
    ("An act", "A kind of act is counted once a day for a pair, as reported in the events; what is not reported is not seen."),
)  # fmt: skip


def _act(o: Outlook, row: Row) -> tuple[str, str, str]:
    names = o.events.titles
    return names[row.source], o.events.facts.actions[row.action], names[row.target]


def bottom_line(o: Outlook) -> str:
    """The first row, and what rose most, in two sentences."""
    days = f"{o.horizon} days" if o.horizon > 1 else "day"
    text = "Nothing was asked that ever happened."
    if o.rows:
        s, a, t = _act(o, o.rows[0])
        text = f"Most to be expected in the next {days}: {s} {a} {t}, {percent(o.rows[0].chance)}."
    if o.risen:
        x = o.risen[0]
        s, a, t = _act(o, x.row)
        text += f" Rose most since a week before: {s} {a} {t}, from {percent(x.chance_before)} to {percent(x.row.chance)}."
    return text


def row_table(o: Outlook) -> Table:
    """The ranked acts."""
    rows = []
    for n, row in enumerate(o.rows, 1):
        s, a, t = _act(o, row)
        first = rows_of_reasons(o, row)[0]
        rows.append(
            (
                str(n),
                s,
                a,
                t,
                percent(row.chance),
                interval(row.low, row.high),
                small(row.rate),
                f"{first[1]}: {share_text(first[2], row.rate)}",
            )
        )
    return Table(
        f"Next acts, the likeliest first; chance of at least one in {o.horizon} days",
        ("", "Who", "Act", "Toward", "Chance", "90 % interval", "Rate", "First reason, share of the rate"),
        tuple(rows),
        id="outlook",
    )  # fmt: skip


def with_interval(chance: float, low: float, high: float) -> str:
    """A chance and its interval in brackets."""
    return f"{percent(chance)} ({interval(low, high)})"


def rise_table(o: Outlook) -> Table:
    """What rose most."""
    return Table(
        "Chances that rose most since a week before"
        + ("" if o.asked["action"] else ", of unfriendly acts"),
        ("Who", "Act", "Toward", "Chance now (90 % interval)", "A week before", "Why, share of what was added"),
        tuple(
            (
                *_act(o, x.row), with_interval(x.row.chance, x.row.low, x.row.high),
                with_interval(x.chance_before, x.low_before, x.high_before), rise_text(x),
            )
            for x in o.risen
        ),
        id="risen",
    )  # fmt: skip


def _reasons(o: Outlook) -> list[Block]:
    blocks: list[Block] = []
    for row in o.rows:
        s, a, t = _act(o, row)
        blocks.append(
            Table(
                f"{s} {a} {t}: {percent(row.chance)} in {o.horizon} days; {small(row.rate)} is made up of",
                ("Past acts", "Rate", "Share"),
                tuple(
                    (text, small(rate), share_text(rate, row.rate))
                    for _, text, rate in rows_of_reasons(o, row)
                ),
            )
        )
    return blocks


def learned_line(o: Outlook) -> str:
    """What the numbers rest on, in a sentence or two."""
    L = o.learned
    return (
        f"Rates were learned on {L.fit.facts:,} acts from {in_words(o.events.date(L.fit.first))} to "
        f"{in_words(o.events.date(L.fit.end - 1))}, chances on {L.chances.weeks} stretches of {L.horizon} days "
        f"after that, in which {L.chances.facts:,} acts of a pair came at least once. "
        f"{len(o.events.facts):,} acts among {len(o.events.titles):,} actors are known."
    )


def outlook_page(o: Outlook) -> Report:
    """The page."""
    asked = " ".join(
        x for x in (o.asked["actor"], o.asked["action"], o.asked["target"] and f"toward {o.asked['target']}") if x
    )  # fmt: skip
    known = in_words(o.events.as_of)
    sections = [
        Section("What rose", (rise_table(o),)) if o.risen else Section("What rose", (Text("No chance rose by a point since a week before."),)),
        Section("Why: the reasons, act by act", tuple(_reasons(o))),
        Section("What it rests on", tuple(Text(t) for t in (learned_line(o), *o.events.notes))),
    ]  # fmt: skip
    return Report(
        kind="Outlook",
        title=f"Who acts next: {asked}" if asked else "Who acts next",
        case_id="",
        known_to=known,
        bottom=bottom_line(o),
        why=(),
        sections=tuple(sections),
        words=WORDS,
        foot=f"Spillover outlook as of {known}, {o.horizon} days ahead",
        first=row_table(o),
    )


def _csv(heads: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(heads)
    out.writerows(rows)
    return text.getvalue()


def outlook_files(o: Outlook) -> dict[str, str]:
    """Texts of the files by name: page, JSON, and three tables."""
    acts = ("source", "action", "target")
    main = [
        (*_act(o, r), r.chance, r.low, r.high, r.rate, r.new, o.horizon) for r in o.rows
    ]
    risen = [
        (*_act(o, x.row), x.row.chance, x.row.low, x.row.high, x.chance_before, x.low_before, x.high_before, x.row.rate, x.rate_before, *x.by_role.values())
        for x in o.risen
    ]  # fmt: skip
    roles = tuple(k.replace(" ", "_") for k in (o.risen[0].by_role if o.risen else ()))
    reasons = [
        (*_act(o, r), role, text, rate)
        for r in o.rows
        for role, text, rate in rows_of_reasons(o, r)
    ]
    body = json.dumps(plain_json(o.to_dict()), indent=1, ensure_ascii=False) + "\n"
    return {
        "outlook.html": report_html(outlook_page(o)),
        "outlook.json": body,
        "outlook.csv": _csv(
            (*acts, "chance", "chance_low", "chance_high", "rate_per_day", "never_met", "horizon_days"), main
        ),
        "risen.csv": _csv(
            (*acts, "chance", "chance_low", "chance_high", "chance_before", "chance_before_low", "chance_before_high", "rate_per_day", "rate_before_per_day", *(f"rise_{k}" for k in roles)), risen
        ),
        "reasons.csv": _csv((*acts, "role", "reason", "rate_per_day"), reasons),
    }  # fmt: skip
