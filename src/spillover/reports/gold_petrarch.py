"""Score the dictionary coder on `petrarch_unit`.

A case is right when its set of (source, target, code) is the gold's; a case with no
events when none is coded. This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from spillover.reports.gold import Scores, from_counts
from spillover.reports.petrarch import read_dictionaries
from spillover.reports.petrarch_code import code_sentence

__all__ = ["score_petrarch"]


def score_petrarch(
    rows: Iterable[Mapping[str, Any]], folder: Path
) -> dict[str, Scores]:
    """Cases that are right, and events one by one."""
    dictionaries = read_dictionaries(folder)
    right = cases = same = found = wanted = 0
    for row in rows:
        text = str(row["doc_date"])
        day = (
            date(int(text[:4]), int(text[4:6]), int(text[6:8]))
            if len(text) == 8
            else None
        )
        read = {
            (e.source, e.target, e.code)
            for e in code_sentence(row["text"], dictionaries, day)
        }
        gold = {
            (e.get("sourcecode", ""), e.get("targetcode", ""), e.get("eventcode", ""))
            for e in row["gold"]["events"]
        }
        if row["gold"].get("no_events"):
            gold = set()
        cases += 1
        right += read == gold
        same += len(read & gold)
        found += len(read)
        wanted += len(gold)
    return {
        "cases": from_counts(right, cases, cases),
        "events": from_counts(same, found, wanted),
    }
