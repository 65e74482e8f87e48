"""A `Report` as HTML, Markdown or JSON.

The HTML is one self-contained file: static pictures and tables, no request, and no script
but the one that plays a replay.

This file must never import anything of Spillover but `brief`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from spillover.brief.report import Block, Picture, Report, Table, Text
from spillover.brief.template import fill, script_of

__all__ = [
    "blocks_markdown",
    "draw_blocks",
    "pictures_of",
    "report_html",
    "report_json",
    "report_markdown",
]

SCHEMA_VERSION = 1
WIDTHS = (640, 328)


def pictures_of(blocks: Iterable[Block]) -> Iterator[Picture]:
    """The pictures among blocks, in order."""
    return (b for b in blocks if isinstance(b, Picture))


def draw_blocks(blocks: Iterable[Block]) -> dict[tuple[str, int], str]:
    """Each picture as SVG, by id and width."""
    from spillover.brief.frame import svg
    from spillover.brief.report_charts import CHARTS

    return {
        (p.id, width): svg(
            CHARTS[p.kind](width=width, **p.data),
            title=f"{p.finding}; the numbers stand in the annex",
        )
        for p in pictures_of(blocks)
        for width in WIDTHS
    }


def report_html(page: Report) -> str:
    """One self-contained page; with a script of its own where pictures can be played."""
    blocks = [block for section in page.sections for block in section.blocks]
    more: dict[str, object] = {}
    if any(p.steps for p in pictures_of(blocks)):
        script, digest = script_of("replay.js")
        more = {"script": script, "digest": digest}
    return fill(
        "report.html.j2",
        art=draw_blocks(blocks),
        page=page,
        annex=[p.table for p in pictures_of(blocks)],
        **more,
    )


def report_json(page: Report) -> str:
    """The same content as JSON."""
    body = {"schema_version": SCHEMA_VERSION, **asdict(page)}
    return json.dumps(body, indent=1, ensure_ascii=False)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _table(t: Table) -> list[str]:
    if not t.rows:
        return []
    return [
        f"**{t.caption}**",
        "",
        "| " + " | ".join(map(_cell, t.heads)) + " |",
        "|" + " --- |" * len(t.heads),
        *("| " + " | ".join(map(_cell, r)) + " |" for r in t.rows),
        "",
    ]


def blocks_markdown(blocks: Iterable[Block]) -> list[str]:
    """Lines of blocks; pictures as their tables."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Text):
            lines += [block.text, ""]
        elif isinstance(block, Picture):
            lines += [f"**{block.finding}** {block.how}", "", *_table(block.table)]
        else:
            lines += _table(block)
    return lines


def report_markdown(page: Report) -> str:
    """The same content as Markdown; pictures as their tables."""
    lines = [f"# {page.title}: {page.kind.lower()}", ""]
    lines += [f"Case {page.case_id}, known to {page.known_to}.", ""]
    lines += [f"**{page.bottom}**", ""]
    for w in page.why:
        lines += [w, ""]
    if page.first:
        lines += _table(page.first)
    for section in page.sections:
        lines += [f"## {section.head}", "", *blocks_markdown(section.blocks)]
    lines += ["## Words", ""]
    lines += [f"* **{a}**: {b}" for a, b in page.words]
    lines += ["", page.foot, ""]
    return "\n".join(lines)
