"""Tasks on what a case rests on: reports, claims, events, the fit to its history.

Everything heavy is imported inside. This file must never import a page of the desk.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from spillover.errors import EventsError, InputError
from spillover.store.atomic import write_text
from spillover.web.desk import Desk
from spillover.web.task_tools import Told, model_of, patient

__all__ = [
    "decide",
    "draft",
    "fit",
    "import_events",
    "in_store",
    "past",
    "read",
    "with_events",
]


def read(
    desk: Desk, told: Told, *, files: Sequence[str], outlet: str = "", published: str = "",
    case: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Read reports into claims to be reviewed; their names, not their paths, are shown."""
    from spillover.api.reading import read_reports, store_readings
    from spillover.api.review_page import review_of

    day = dt.date.fromisoformat(published) if published else None
    actors = desk.case_folder(case) if case else None
    now = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S}"
    made = []
    for n, path in enumerate(files):
        told.progress(n, len(files), f"reading {Path(path).name}")
        try:
            pairs = list(
                read_reports([path], published=day, outlet=outlet, actors=actors)
            )
        except InputError as e:
            raise InputError(str(e).replace(path, Path(path).name)) from None
        patient(lambda pairs=pairs: store_readings(desk.store, pairs))  # type: ignore[misc]
        for report, reading in pairs:
            body = asdict(review_of(report, reading))
            desk.put_report(
                {
                    **body,
                    "file": path,
                    "read_at": now,
                    "given": {"outlet": outlet, "published": published},
                    "counts": _counts(reading),
                }
            )
            made.append(report.id)
    _write_verdicts(desk)
    told.progress(len(files), len(files), "reading")
    link = f"/reports/{made[0]}" if len(made) == 1 else "/reports"
    return {"reports": made, "link": link}


def _write_verdicts(desk: Desk) -> None:
    from spillover.api.reading import claims_of

    rows = patient(lambda: claims_of(desk.store))
    desk.put_verdicts({c["id"]: c["verdict"] for c in rows})


def _counts(reading: Any) -> dict[str, int]:  # noqa: ANN401 - a Reading
    return {
        k: len(getattr(reading, k))
        for k in ("claims", "ties", "lines", "channels", "warnings")
    }


def decide(
    desk: Desk, told: Told, *, decisions: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Put decisions on record; accepted claims become records, others' records go."""
    from spillover.api.reading import decide_claims

    del told
    asked = [(d["id"], d["verdict"], dict(d["edit"])) for d in decisions]
    patient(lambda: decide_claims(desk.store, asked))
    _write_verdicts(desk)
    return {"decided": len(asked)}


def draft(
    desk: Desk,
    told: Told,
    *,
    reports: Sequence[str],
    case: str,
    title: str = "",
    origin: str = "",
) -> dict[str, Any]:
    """A draft case from reports that were read."""
    from spillover.api.reading import draft_from, read_reports
    from spillover.reports.draft_text import draft_yaml

    desk.free(case)
    pairs = []
    for n, report in enumerate(dict.fromkeys(reports)):
        told.progress(n, len(reports), "reading the reports")
        held = desk.report(report)
        day, outlet = held["given"]["published"], held["given"]["outlet"]
        pairs += [
            (r, reading)
            for r, reading in read_reports(
                [held["file"]],
                published=dt.date.fromisoformat(day) if day else None,
                outlet=outlet,
            )
            if r.id == report
        ]
    made = draft_from(
        pairs,
        origin=dt.date.fromisoformat(origin) if origin else None,
        case_id=case,
        title=title,
    )
    desk.new_case(case, {"case.yaml": draft_yaml(made).encode()})
    return {
        "case": case,
        "questions": list(made.questions),
        "link": f"/cases/{case}/edit",
    }


def import_events(desk: Desk, told: Told, *, files: Sequence[str]) -> dict[str, Any]:
    """Event files into the store; every row accounted for."""
    from spillover.api.events import import_events as bring

    done = patient(lambda: bring(list(files), store=desk.store, progress=told.progress))
    if done.faults:
        raise EventsError(done.faults)
    told_ = [
        {
            "file": Path(r.file).name, "format": r.title, "read": r.counts.read,
            "kept": r.counts.kept, "revised": r.counts.revised,
            "known": r.counts.known + r.counts.repeated,
            "dropped": sum(r.counts.dropped.values()), "before": r.since is not None,
        }
        for r in done.reports
    ]  # fmt: skip
    return {"files": told_, "link": "/events"}


def in_store(desk: Desk, told: Told) -> dict[str, Any]:
    """What the store holds, a card for each data set."""
    from spillover.api.events import in_store as describe

    del told
    if not desk.store.exists():
        return {"datasets": [], "imports": []}
    return patient(lambda: describe(desk.store, top=6))


def with_events(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """Put the events of the store beside a case, as its history."""
    from spillover.api.case_events import with_events as join

    model = model_of(desk.case_folder(case))
    if not desk.store.exists():
        msg = "no events were imported yet: add event files first"
        raise InputError(msg)
    made = patient(lambda: join(model, [desk.store], progress=told.progress))
    desk.put_files(case, made.model.files)
    return {"notes": list(made.notes), "link": f"/cases/{case}/events"}


def past(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """What a case knows of its past, and what a fit that is at hand learned from it."""
    del told
    case_ = model_of(desk.case_folder(case)).case
    cards = [
        {
            "name": name, "rows": len(rows), "first": str(min(r.first for r in rows)),
            "last": str(max(r.last for r in rows)),
        }
        for name, rows in (
            ("Records of the case", case_.records),
            ("Counts over spans of days", case_.counts),
            ("Events by stream and day", case_.events),
        )
        if rows
    ]  # fmt: skip
    return {"origin": str(case_.origin), "cards": cards}


def fit(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """Fit a case to its history; the numbers before and after, and how well it describes it."""
    from spillover.api.brief_fit import fit_page

    model = model_of(desk.case_folder(case))
    fitted = model.fit(progress=told.progress)
    table = fitted.fit_table
    assert table is not None
    page = {
        **asdict(fit_page(model.case, table)),
        "digest": model.digest,
        "data": model.data_digest,
    }
    write_text(
        desk.root / "fits" / f"{case}.json", json.dumps(page, ensure_ascii=False)
    )
    return {"link": f"/cases/{case}/events"}
