"""Writes the tables of docs/validation.md from docs/truth.json, between markers.

What stands outside ``<!-- made by truth -->`` and ``<!-- end -->`` is a person's.
"""

from __future__ import annotations

import re
from pathlib import Path

from truth.checks import CHECKS, Check
from truth.store import ROOT, Entry
from truth.tables import markdown

__all__ = ["PAGE", "written"]

PAGE = ROOT / "docs" / "validation.md"
BEGIN, END = "<!-- made by truth: begin -->", "<!-- made by truth: end -->"
_BLOCK = re.compile(re.escape(BEGIN) + r"\n.*?" + re.escape(END), re.DOTALL)


def _state(entry: Entry | None) -> str:
    if entry is None:
        return "never run"
    if entry["state"] == "carried":
        return f"carried over from {entry['page']}"
    return "passed" if entry["passed"] else "**FAILED**"


def _took(entry: Entry | None) -> tuple[str, str]:
    if entry is None or entry["state"] == "carried":
        return "", ""
    return f"{entry['seconds']:.0f}", f"{entry['yardsticks']:.0f}"


def _overview(entries: dict[str, Entry]) -> str:
    head = [
        "id",
        "what",
        "command",
        "date",
        "version",
        "state",
        "seconds",
        "yardsticks",
    ]
    rows = []
    for c in CHECKS:
        entry = entries.get(c.id)
        dated = [entry["date"], entry["version"]] if entry else ["", ""]
        rows.append(
            [c.id, c.what, f"`{c.command}`", *dated, _state(entry), *_took(entry)]
        )
    return markdown(head, rows)


def _tables(check: Check, entry: Entry) -> list[str]:
    out = [f"### {check.id}", "", f"<!-- truth: {check.id} -->", ""]
    out += [
        f"{check.what[0].upper()}{check.what[1:]}: `{check.command}`, {entry['date']}, version "
        f"{entry['version']}, Python {entry['python']}, {entry['cores']} cores "
        f"({entry['processor']}), {_state(entry)}.",
        "",
    ]
    for table in entry["tables"][: check.tables]:
        rows = table["rows"]
        if check.only:
            rows = [r for r in rows if r[0].startswith(check.only)]
        if not rows:
            continue
        if table["title"]:
            out += [table["title"].strip("*# ") + ":", ""]
        out += [markdown(table["head"], rows), ""]
    if entry["lines"] and not check.only:
        out += [*(f"    {line}" for line in entry["lines"]), ""]
    return out


def _made(entries: dict[str, Entry]) -> str:
    out = [BEGIN, "", _overview(entries), ""]
    for c in CHECKS:
        entry = entries.get(c.id)
        if entry is not None and entry["state"] == "run":
            out += _tables(c, entry)
    return "\n".join([*out, END])


def written(entries: dict[str, Entry], page: Path = PAGE) -> str:
    """The page with its made part anew."""
    text = page.read_text("utf-8")
    assert len(_BLOCK.findall(text)) == 1, f"{page}: wants one pair of markers"
    return _BLOCK.sub(lambda _: _made(entries), text)
