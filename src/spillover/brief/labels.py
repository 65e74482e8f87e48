"""Labels of narrow tables, said once per column instead of once per cell.

On a narrow screen a row stands as a stack and each cell names its column. The names come
from the style sheet: one rule for each column of each set of heads.

This file imports nothing of Spillover.
"""

from __future__ import annotations

import re

__all__ = ["share_labels"]

_TABLE = re.compile(r'<table([^>]*) class="stack">(.*?)</table>', re.S)
_HEADS = re.compile(r'<th scope="col">(.*?)</th>', re.S)
_ESCAPED = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&#39;": "'", "&#34;": '"'}


def share_labels(page: str) -> str:
    """A page whose stacked tables carry a class per set of heads, with its rules.

    The rules go before the first ``</style>``; a table without rows of more than one
    cell needs none.
    """
    rules: list[str] = []
    known: dict[tuple[str, ...], str] = {}

    def named(m: re.Match[str]) -> str:
        heads = tuple(_HEADS.findall(m[2]))
        if heads not in known:
            known[heads] = name = f"k{len(known)}"
            for n, head in enumerate(heads[1:], start=2):
                if head:
                    rules.append(
                        f'.{name} td:nth-child({n})::before{{content:"{_css(head)}: "}}'
                    )
        return f'<table{m[1]} class="stack {known[heads]}">{m[2]}</table>'

    page = _TABLE.sub(named, page)
    style = "@media screen and (max-width:759px){" + "".join(rules) + "}"
    return page.replace("</style>", f"{style}</style>", 1) if rules else page


def _css(text: str) -> str:
    """HTML text as it stands between quotes in a style sheet."""
    for escaped, plain in _ESCAPED.items():
        text = text.replace(escaped, plain)
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")
