"""Tasks on forecasts: put on record, listed, resolved.

Everything heavy is imported inside. This file must never import a page of the desk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from spillover.web.desk import Desk
from spillover.web.task_tools import Told, model_of, of_run, patient

__all__ = ["forecasts", "record", "resolve", "resolve_due"]


def record(
    desk: Desk, told: Told, *, run: str, outcomes: Sequence[str] = ()
) -> dict[str, Any]:
    """Put the forecasts of a run on record: the same numbers, computed again."""
    from spillover.api.record import record_run
    from spillover.store.ledger import Ledger

    _, model, size = of_run(desk, run, told)
    book = Ledger(desk.ledger)
    book.entries()
    made = model.simulate(progress=told.progress, **size)
    entries, notes = record_run(made, book, outcomes=outcomes, progress=told.progress)
    return {
        "lines": [e.n for e in entries], "head": entries[-1].digest, "notes": list(notes),
        "link": "/forecasts",
    }  # fmt: skip


def forecasts(desk: Desk, told: Told) -> dict[str, Any]:
    """What stands on record, what is due, how good it was."""
    from spillover.api.record import forecasts_of
    from spillover.api.record_scores import score_ledger, track_record
    from spillover.brief.words import interval, percent
    from spillover.store.ledger import Ledger

    del told
    book = Ledger(desk.ledger)
    every = forecasts_of(book)
    today = dt.date.today()
    rows = [
        {
            "n": f.n, "case": f.question.case, "sentence": f.body["sentence"],
            "decided": f.body["decided"], "recorded": f.time, "closes": str(f.question.closes),
            "said": percent(f.body["p"]) if "p" in f.body else f"about {f.body['quantiles'][9]:g}",
            "interval": interval(f.body["low"], f.body["high"]) if "p" in f.body else f"{f.body['quantiles'][0]:g} to {f.body['quantiles'][-1]:g}",
            "word": f.body.get("word", ""), "count": f.question.mode == "count",
            "answer": "void" if f.answer is None else f.answer, "why": f.why,
            "due": f.due(today), "hard": f.question.hard, "hindsight": f.body["days_after_origin"] > 7,
        }
        for f in every
    ]  # fmt: skip
    return {
        "rows": rows, "head": book.head, "scores": score_ledger(book).to_dict(),
        "line": track_record(book, ""),
    }  # fmt: skip


def resolve(
    desk: Desk,
    told: Told,
    *,
    n: int,
    answer: str = "",
    source: str = "",
    void: str = "",
) -> dict[str, Any]:
    """Resolve a forecast by hand, or take it out with a reason."""
    from spillover.api import record as api
    from spillover.store.ledger import Ledger

    del told
    book = Ledger(desk.ledger)
    if void:
        api.void(book, n, reason=void)
    else:
        api.resolve_by_hand(book, n, answer=answer, source=source)
    return {"head": book.head, "link": "/forecasts"}


def resolve_due(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """Resolve what is due of a case from the store."""
    from spillover.api.resolve import resolve_by_events
    from spillover.store.ledger import Ledger

    del told
    model = model_of(desk.case_folder(case))
    made, notes = patient(
        lambda: resolve_by_events(Ledger(desk.ledger), model, desk.store)
    )
    return {"resolved": len(made), "notes": list(notes), "link": "/forecasts"}
