"""A `BriefPage` as Markdown.

This file must never import anything of Spillover but `brief`, `errors` and `store`.
"""

from __future__ import annotations

from collections.abc import Sequence

from spillover.brief.annex import annex, text_rows
from spillover.brief.glossary import GLOSSARY
from spillover.brief.page import BriefPage, StudyBlocks
from spillover.brief.report_html import blocks_markdown

__all__ = ["to_markdown"]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    if not rows:
        return []
    lines = [
        f"**{caption}**",
        "",
        "| " + " | ".join(map(_cell, heads)) + " |",
        "|" + "---|" * len(heads),
    ]
    return [*lines, *("| " + " | ".join(map(_cell, r)) + " |" for r in rows), ""]


def to_markdown(page: BriefPage) -> str:
    """The same content as Markdown, without pictures."""
    out = [
        f"# {page.title}",
        "",
        f"Case {page.case_id}. Known to {page.known_to}. {page.question}",
        "",
    ]
    out += [
        "## Bottom line",
        "",
        f"**{page.bottom}**",
        "",
        *(f"{w}\n" for w in page.why),
    ]
    out += [
        f"Confidence is {page.confidence}.",
        "",
        *(f"- {r}" for r in page.confidence_reasons),
        "",
    ]
    out += [f"- **{a}:** {t}" for a, t in page.alerts]
    tables = annex(page)
    out += [
        "",
        "## What may happen",
        "",
        *_table(tables[0][1], tables[0][2], tables[0][3]),
    ]
    out += _table(
        "Counts, computed, over all courses",
        ("Question", "When", "5 %", "25 %", "middle", "75 %", "95 %", "mean"),
        [
            [
                c.question,
                c.window,
                *(f"{v:.0f}" for v in (c.q5, c.q25, c.q50, c.q75, c.q95)),
                f"{c.mean:.1f}",
            ]
            for c in page.counts
        ],
    )
    out += ["## The situation", "", page.summary, "", "## Who can hold whom", ""]
    out += _table(
        "Restraints",
        ("Restraint", "Who", "Holds", "In force", "Strength"),
        [[r.name, r.owner, r.holds, r.in_force, r.strength] for r in page.restraints],
    )
    studies = page.studies or StudyBlocks()
    if studies.ways:
        out += ["## How it would come about", "", *blocks_markdown(studies.ways)]
    out += [
        "## Red lines",
        "",
        *_table(
            "Red lines",
            ("Line", "Owner", "Clarity", "Answer", "Owing"),
            [[r.line, r.owner, r.clarity, r.answer, r.pending] for r in page.red_lines],
        ),
    ]
    out += [
        "## Warnings",
        "",
        *_table(
            "Warnings",
            ("Act", "Issued", "Before", "Chance", "Who says so", "Source"),
            [
                [w.event, w.issued, w.by, w.chance, w.says, w.source]
                for w in page.warnings
            ],
        ),
    ]
    out += [
        "## What would change the answer",
        "",
        *_table(
            "Watch",
            ("Observation", "When", "What it would mean"),
            [[w.observation, w.by, w.means] for w in page.watch],
        ),
    ]
    out += _table(
        "Uncertain numbers that go furthest with the answer, computed",
        ("Number", "Range", "Direction"),
        [[w.observation, w.by, w.means] for w in page.drivers],
    )
    out += [
        "## Levers",
        "",
        *(
            blocks_markdown(studies.levers)
            or [
                "Their effects are not in this brief: `spillover compare` shows them, and "
                "`spillover run --full` brings them here.",
                "",
            ]
        ),
    ]
    out += _table(
        "Levers",
        ("Lever", "Who", "Kind", "Delay", "Cost", "Risk"),
        [[x.name, x.owner, x.kind, x.delay, x.cost, x.risk] for x in page.levers],
    )
    out += [
        "## Assumptions",
        "",
        *blocks_markdown(studies.assumptions),
        *_table(
            "Sourced",
            ("Number", "Value", "Rests on", "Goes with the answer"),
            [[n.what, n.value, n.rests, n.effect] for n in page.sourced],
        ),
    ]
    out += _table(
        "Judged",
        ("Number", "Value", "Reason", "Goes with the answer"),
        [[n.what, n.value, n.rests, n.effect] for n in page.judged],
    )
    out += _table(
        "Rival structures",
        ("What", "Reading", "Weight and reason"),
        [list(v) for v in page.variants],
    )
    out += [
        "## Alternatives considered",
        "",
        *(
            f"- {a}: against it: {'; '.join(b) or 'nothing listed'}"
            for a, b in page.alternatives
        ),
        "",
    ]
    if studies.history:
        out += ["## Had it gone otherwise", "", *blocks_markdown(studies.history)]
    if page.fit:
        fit_rows = text_rows(page)
        out += ["## What the history taught", "", page.fit.summary, ""]
        out += _table(
            "Numbers that the records moved, computed: central 90 % and middle",
            ("Number", "As written", "As used: by the records"),
            fit_rows["fit_rows"],
        )
        out += _table(
            "Does the fitted model describe the records? Events seen beside expected",
            ("Event", "Seen", "Expected", "Weekdays", "Gaps between events"),
            fit_rows["check_rows"],
        )
        out += _table(
            "Numbers that the records touch but did not move",
            ("Number", "As written", "Records alone"),
            fit_rows["unmoved_rows"],
        )
        for why, names in fit_rows["held"]:
            out += [f"Left as written, since {why}: {names}.", ""]
    out += [
        "## Track record",
        "",
        page.track_record,
        "",
        "## Limits",
        "",
        *(f"- {x}" for x in page.limits),
        "",
    ]
    out += [
        "## How it was computed",
        "",
        *_table("Method", ("What", "Value"), [list(m) for m in page.method]),
    ]
    out += [
        "## Sources",
        "",
        *_table(
            "Sources, graded apart: source A to F, item 1 to 6",
            ("Id", "Source", "Date", "Grade", "Note"),
            [[s.id, s.title, s.date, s.grade, s.note] for s in page.sources],
        ),
    ]
    out += ["## Annex: the numbers", ""]
    for _, caption, heads, rows in tables[1:]:
        out += _table(caption, heads, rows)
    out += ["## Words", "", *(f"- **{a}**: {b}" for a, b in GLOSSARY), ""]
    out += [
        f"Spillover {page.version}; {page.draws:,} x {page.futures} courses; seed {page.seed}; case digest {page.case_digest[:16]}; data digest {page.data_digest[:16]}; {page.generated}",
        "",
    ]
    return "\n".join(out)
