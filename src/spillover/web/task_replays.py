"""The task that replays a case on earlier days, for its page.

Everything heavy is imported inside. This file must never import a page of the desk.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from spillover.web.desk import Desk
from spillover.web.task_tools import Told, beside, model_of, put_page, report_page

__all__ = ["replay"]


def replay(
    desk: Desk, told: Told, *, case: str, every: str = "month", first: str = "",
    until: str = "", draws: int = 400, futures: int = 20, seed: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """What a case would have said on earlier days, scored; its page and files."""
    from spillover.api.replay import days_of, replay_case
    from spillover.api.replay_page import replay_page

    model = model_of(desk.case_folder(case), told)
    model.check()
    days = days_of(
        model,
        every,
        dt.date.fromisoformat(first) if first else None,
        dt.date.fromisoformat(until) if until else None,
    )
    found = replay_case(
        model, days, draws=draws, futures=futures, seed=seed, progress=told.progress
    )
    told.progress(len(days), len(days), "drawing the page")
    folder = desk.replay_folder(case)
    beside(folder, found.files())
    put_page(folder, "replay", report_page(replay_page(found), digest=model.digest))
    return {"link": f"/cases/{case}/replay"}
