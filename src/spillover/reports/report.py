"""A report: its text, where it comes from and when it was published.

This file must never import a backend or a page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

__all__ = ["Report", "report_id"]


def report_id(text: str) -> str:
    """Twelve hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True)
class Report:
    """One report.

    Attributes
    ----------
    id
        Digest of the text.
    text
        Plain text; every offset is into it.
    name
        File name, or "standard input".
    title, outlet, url, author
        As far as the file says.
    published
        Day of publication; nothing when neither the file nor the user says so.
    language
        ISO 639-1 code, "en" for what can be read.
    notes
        What was noticed when it was loaded (encoding, what was cut).
    """

    id: str
    text: str
    name: str = ""
    title: str = ""
    outlet: str = ""
    url: str = ""
    author: str = ""
    published: date | None = None
    language: str = "en"
    notes: tuple[str, ...] = field(default=())
