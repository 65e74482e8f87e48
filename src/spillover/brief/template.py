"""Templates filled: one self-contained page, with the style sheet of all pages.

This file must never import anything of Spillover but `brief`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.brief.labels import share_labels

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["fill", "script_of"]


def fill(name: str, *, art: Mapping[tuple[str, int], str], **values: object) -> str:
    """Fill a template; ``art`` are pictures as SVG by id and width."""
    import jinja2
    from markupsafe import Markup

    from spillover.brief.frame import dark_css

    folder = Path(str(files("spillover.brief") / "templates"))
    css = (folder / "brief.css").read_text(encoding="utf-8")
    css += "@media screen and (prefers-color-scheme:dark){" + dark_css("svg") + "}"
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = env.get_template(name).render(
        css=Markup(css), art={k: Markup(v) for k, v in art.items()}, **values
    )
    return share_labels(page)


def script_of(name: str) -> tuple[Markup, str]:
    """A script of a page, and its digest for the page's security policy."""
    from markupsafe import Markup

    text = (files("spillover.brief") / "templates" / name).read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), digest
