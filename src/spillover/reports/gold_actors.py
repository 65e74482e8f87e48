"""Score the naming of actors on the gold sets `ngec_actor` and `plover_gsr`.

This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from spillover.reports.actors import find_actors, resolve_mention
from spillover.reports.gold import Scores, from_counts
from spillover.reports.tokens import tokenise

__all__ = ["score_actors", "score_gsr_actors"]

Row = Mapping[str, Any]


def _day(text: str | None) -> date | None:
    with suppress(ValueError, TypeError):
        return datetime.fromisoformat(str(text)).date()
    with suppress(ValueError, TypeError):
        return datetime.strptime(str(text), "%B %d, %Y").date()
    return None


def score_actors(rows: Iterable[Row]) -> dict[str, Scores]:
    """Country of a marked mention: share of rows that state one and are met; same for sector."""
    right = wanted = found = sector_right = sectors = 0
    for row in rows:
        party = resolve_mention(
            row["mention"], row.get("context") or "", _day(row.get("date"))
        )
        gold = row["gold"]
        if "country" in gold:
            wanted += 1
            found += bool(party.country) or not gold["country"]
            right += party.country == (gold["country"] or "")
        if gold.get("code_1"):
            sectors += 1
            sector_right += party.sector == gold["code_1"]
    return {
        "country": from_counts(right, wanted, wanted),
        "sector": from_counts(sector_right, sectors, sectors),
    }


def score_gsr_actors(rows: Iterable[Row]) -> dict[str, Scores]:
    """Countries named in a sentence against those of the coded actors, and whole sets."""
    right = found = wanted = pairs = whole = 0
    for row in rows:
        gold = {
            a["code"]
            for side in ("source", "target")
            for a in row["gold"][side]
            if len(a.get("code") or "") == 3
        }
        read = {
            m.party.country
            for m in find_actors(tokenise(row["text"]))
            if m.party.country
        }
        right += len(gold & read)
        found += len(read)
        wanted += len(gold)
        pairs += 1
        whole += gold <= read
    return {
        "countries": from_counts(right, found, wanted),
        "all of a sentence": from_counts(whole, pairs, pairs),
    }
