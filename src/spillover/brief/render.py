"""A `BriefPage` as HTML or JSON.

The HTML is one self-contained file: static pictures and tables, no script, no request.
Every picture's numbers stand in a table of the annex.

This file must never import anything of Spillover but `brief`, `errors` and `store`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from spillover.brief.annex import annex, text_rows
from spillover.brief.glossary import GLOSSARY
from spillover.brief.labels import share_labels
from spillover.brief.page import BriefPage
from spillover.brief.pictures import draw_pictures
from spillover.brief.report_html import draw_blocks, pictures_of
from spillover.brief.words import likelihood_word

__all__ = ["SCHEMA_VERSION", "to_html", "to_json"]

SCHEMA_VERSION = 1


def to_html(page: BriefPage) -> str:
    """One self-contained page."""
    import jinja2
    from markupsafe import Markup

    from spillover.brief.frame import dark_css

    folder = Path(str(files("spillover.brief") / "templates"))
    drawn, names = draw_pictures(page)
    blocks = page.studies.all if page.studies else ()
    drawn |= draw_blocks(blocks)
    css = (folder / "brief.css").read_text(encoding="utf-8")
    css += "@media screen and (prefers-color-scheme:dark){" + dark_css("svg") + "}"
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return share_labels(
        env.get_template("brief.html.j2").render(
            page=page,
            css=Markup(css),
            art={k: Markup(v) for k, v in drawn.items()},
            names=names,
            annex=annex(page),
            study_tables=[p.table for p in pictures_of(blocks)],
            glossary=GLOSSARY,
            **text_rows(page),
        )
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
