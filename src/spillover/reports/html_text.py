"""The text of a page saved from a browser, and what the page says of itself.

Nothing is fetched and no script is run: trafilatura reads the mark-up and takes the
article out of it. This file must never import a reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

__all__ = ["Page", "looks_like_html", "page_of"]

_COMMENTS = re.compile(r"^(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)+", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """An article and its particulars, as far as the page states them."""

    text: str
    title: str = ""
    outlet: str = ""
    author: str = ""
    url: str = ""
    published: date | None = None


def looks_like_html(head: str) -> bool:
    """Whether a text begins as a page does."""
    start = _bare(head[:4000]).lower()
    return start.startswith(("<!doctype html", "<html", "<head", "<body")) or (
        start.startswith("<")
        and ("<html" in start or "<body" in start or "<p" in start)
    )


def _bare(html: str) -> str:
    """A page without what browsers write above it: "<!-- saved from url=... -->"."""
    return _COMMENTS.sub("", html.lstrip("\ufeff \t\r\n"))


def page_of(html: str) -> Page:
    """The article of a page; an empty text when there is none."""
    import logging

    from trafilatura import bare_extraction
    from trafilatura.settings import use_config

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    config = use_config()
    config.set("DEFAULT", "EXTRACTION_TIMEOUT", "0")
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
    config.set("DEFAULT", "MIN_OUTPUT_SIZE", "1")
    found = bare_extraction(
        _bare(html),
        include_comments=False,
        include_tables=False,
        favor_precision=True,
        with_metadata=True,
        config=config,
    )
    if found is None:
        return Page("")
    values = found if isinstance(found, dict) else found.as_dict()

    def value(name: str) -> str:
        return str(values.get(name) or "").strip()

    day = None
    try:
        day = date.fromisoformat(value("date")[:10])
    except ValueError:
        day = None
    text = "\n\n".join(
        line.strip() for line in value("text").splitlines() if line.strip()
    )
    return Page(
        text, value("title"), value("sitename"), value("author"), value("url"), day
    )
