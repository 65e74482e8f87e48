"""A `BriefPage` as HTML or JSON.

The HTML is one self-contained file: static pictures and tables, no script, no request.
Every picture's numbers stand in a table of the annex.

This file must never import anything of Spillover but `brief`, `errors` and `store`.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from spillover.brief.annex import annex, text_rows
from spillover.brief.glossary import GLOSSARY
from spillover.brief.page import BriefPage
from spillover.brief.pictures import draw_pictures
from spillover.brief.report_html import draw_blocks, pictures_of
from spillover.brief.template import fill
from spillover.brief.words import likelihood_word

__all__ = ["SCHEMA_VERSION", "to_html", "to_json"]

SCHEMA_VERSION = 1


def to_html(page: BriefPage) -> str:
    """One self-contained page."""
    drawn, names = draw_pictures(page)
    blocks = page.studies.all if page.studies else ()
    return fill(
        "brief.html.j2",
        art=drawn | draw_blocks(blocks),
        page=page,
        names=names,
        annex=annex(page),
        study_tables=[p.table for p in pictures_of(blocks)],
        glossary=GLOSSARY,
        **text_rows(page),
    )


def to_json(page: BriefPage) -> str:
    """The same content as JSON."""
    body = asdict(page) | {"origin": page.origin.isoformat()}
    for row, full in zip(body["outcomes"], page.outcomes, strict=True):
        row["word"] = likelihood_word(full.p)
    return json.dumps(
        {"schema_version": SCHEMA_VERSION, **body},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )
