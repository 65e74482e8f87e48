"""Find a quote in a text by its place: what is not there was not said.

This file imports only the types of a reading.
"""

from __future__ import annotations

import re

from spillover.reports.claim import Span

__all__ = ["find_quote"]

_MARKS = "\"“”„«»''‘’`´"


def find_quote(text: str, quote: str, within: Span | None = None) -> Span | None:
    """Where a quote stands: exactly, or but for white space and quotation marks.

    Parameters
    ----------
    text
        The report.
    quote
        Words said to be in it.
    within
        Look here first.
    """
    quote = quote.strip()
    if not quote:
        return None
    if within is not None:
        at = text.find(quote, within.start, within.end)
        if at >= 0:
            return Span(at, at + len(quote))
    at = text.find(quote)
    if at >= 0:
        return Span(at, at + len(quote))
    parts = [
        "".join(f"[{re.escape(_MARKS)}]" if c in _MARKS else re.escape(c) for c in word)
        for word in quote.split()
    ]
    match = re.search(r"\s+".join(parts), text)
    return Span(*match.span()) if match else None
