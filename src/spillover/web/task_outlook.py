"""Tasks on the world's stream: who acts next, and a case drafted from a neighborhood.

Everything heavy is imported inside. This file must never import a page of the desk.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from spillover.errors import InputError
from spillover.store.atomic import write_text
from spillover.store.plain import plain
from spillover.web.desk import Desk
from spillover.web.task_tools import Told, patient

__all__ = ["draft_outlook", "look_out"]

ROWS, ROSE = 60, 10


def look_out(
    desk: Desk, told: Told, *, as_of: str = "", horizon: int = 7, actor: str = "",
    action: str = "", target: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Rank who acts next from the events of the store; kept for the page."""
    from spillover.api.outlook import outlook
    from spillover.api.outlook_page import bottom_line, learned_line, with_interval
    from spillover.api.outlook_words import (
        rise_text,
        rows_of_reasons,
        share_text,
        small,
    )
    from spillover.brief.words import interval, percent

    world = _world(desk, as_of)
    told.progress(0, 1, "reading the events")
    found = outlook(
        world, actor=actor, action=action, target=target, horizon=horizon, top=ROWS,
        rose=ROSE, progress=told.progress,
    )  # fmt: skip

    def shown(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a Row
        return {
            "source": world.titles[row.source], "action": world.facts.actions[row.action],
            "target": world.titles[row.target], "chance": percent(row.chance), "p": row.chance,
            "interval": interval(row.low, row.high), "rate": small(row.rate), "rate_per_day": row.rate,
            "ids": [world.facts.entities[row.source], world.facts.entities[row.target]],
            "reasons": [[text, small(r), share_text(r, row.rate)] for _, text, r in rows_of_reasons(found, row)],
        }  # fmt: skip

    page = {
        "as_of": str(world.as_of), "horizon": horizon, "asked": found.asked,
        "bottom": bottom_line(found), "learned": learned_line(found),
        "notes": list(world.notes), "store": desk.store.stat().st_mtime_ns,
        "rows": [shown(r) for r in found.rows],
        "risen": [{**shown(x.row), "before": with_interval(x.chance_before, x.low_before, x.high_before), "why": rise_text(x)} for x in found.risen],
    }  # fmt: skip
    write_text(desk.outlook_file, json.dumps(plain(page), ensure_ascii=False))
    return {"rows": len(found.rows), "link": "/outlook"}


def _world(desk: Desk, as_of: str) -> Any:  # noqa: ANN401 - a WorldEvents
    from spillover.api.outlook import read_world

    if not desk.store.exists():
        msg = "no events were imported yet: add event files first, on the page Events"
        raise InputError(msg)
    day = dt.date.fromisoformat(as_of) if as_of else None
    return patient(lambda: read_world([desk.store], as_of=day))


def draft_outlook(
    desk: Desk, told: Told, *, around: Sequence[str], case: str
) -> dict[str, Any]:
    """A draft case of what passes among the chosen actors and those nearest to them."""
    from spillover.api.outlook_draft import draft_around

    desk.free(case)
    page = desk.outlook() or {"as_of": ""}
    world = _world(desk, page["as_of"])
    names = list(dict.fromkeys(n for pair in around for n in pair.split(";") if n))
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / case
        made, titles = patient(
            lambda: draft_around(
                world, [desk.store], folder, names, case_id=case, progress=told.progress
            )
        )
        files = {f.name: f.read_bytes() for f in made.files}
    desk.new_case(case, files)
    return {
        "case": case, "actors": list(titles), "streams": len(asdict(made.draft)["streams"]),
        "link": f"/cases/{case}/edit",
    }  # fmt: skip
