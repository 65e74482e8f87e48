"""A case moved on to a later origin, its history grown by events that came since.

What the case's own tables say of the days before its origin stays. From its origin on,
the events put in are all that is known: a day without one is a day without events, also
for streams that the case counts (a count of exactly what came is added). What was dated
ahead and is over falls away: outcomes by a day that has come, levers on dates. Numbers,
ids and with them all keyed randomness stay.

Must never import `cli` or the web.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spillover.assemble.posterior import Posterior
from spillover.case.dump import dump_case
from spillover.case.schema import Case, Outcome
from spillover.clock import months_within
from spillover.errors import InputError

if TYPE_CHECKING:
    from spillover.api.fit_file import FitTable
    from spillover.api.model import CaseModel

__all__ = [
    "Known",
    "ahead_case",
    "check_forward",
    "left_out",
    "over",
    "used",
    "with_fit",
]

EVENTS_FILE = "watched-events.csv"
COUNTS_FILE = "watched-counts.csv"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, order=True)
class Known:
    """Events of a stream on a day, or somewhere between two (both inclusive)."""

    stream: str
    first: dt.date
    last: dt.date
    count: int


def _own(model: CaseModel) -> set[str]:
    """Streams of which the case's own records or counts speak."""
    past, streams = model.assembled.past, model.assembled.model.streams
    own = {r.stream for r in past.records if r.stream >= 0}
    own |= {s for x in past.series for s in x.streams}
    return {streams[s].id for s in own}


def _used(
    model: CaseModel, known: Sequence[Known], day: dt.date
) -> tuple[list[Known], list[Known]]:
    """Events that count by ``day``, and those that the case itself speaks of."""
    own, origin = _own(model), model.case.origin
    begins = model.case.history.begins
    kept: list[Known] = []
    left: list[Known] = []
    for k in known:
        if k.last >= day or (begins is not None and k.first < begins):
            continue
        (left if k.stream in own and k.first < origin else kept).append(k)
    return kept, left


def used(model: CaseModel, known: Sequence[Known], day: dt.date) -> tuple[Known, ...]:
    """Events that count by a day, in order."""
    return tuple(sorted(_used(model, known, day)[0]))


def with_fit(model: CaseModel, table: FitTable | None) -> CaseModel:
    """The case with what a fit learned, numbers of elements that are over left out."""
    if table is None:
        return model
    index, law = model.assembled.slots.index, table.posterior
    keep = [n for n, p in enumerate(law.paths) if p in index]
    if len(keep) < len(law.paths):
        covariance = (law.root @ law.root.T)[np.ix_(keep, keep)]
        law = Posterior(
            tuple(law.paths[n] for n in keep),
            law.mean[keep],
            np.asarray(np.linalg.cholesky(covariance), np.float64),
        )
        table = replace(table, posterior=law)
    # Assembled anew: `learned` is read when that is done.
    return replace(model, learned=table)


def left_out(
    model: CaseModel, known: Sequence[Known], day: dt.date
) -> tuple[Known, ...]:
    """Events before the case's origin on streams that its own tables speak of."""
    return tuple(_used(model, known, day)[1])


def _counted(model: CaseModel) -> list[tuple[str, set[str]]]:
    """What the case counts, as text of a count row, with its streams."""
    streams = model.assembled.model.streams
    reports = {r.id: r for r in model.case.reports}
    found: dict[str, set[str]] = {}
    for x in model.assembled.past.series:
        ids = {streams[s].id for s in x.streams}
        if x.kind == "events":
            found.setdefault(x.of, ids)
        elif x.kind == "claims":
            of = reports[x.of.split()[-1]].of
            if len(of) == 1:
                found.setdefault(of[0].text, ids)
    taken: list[set[str]] = []
    kept = []
    for text, ids in found.items():
        if ids not in taken:
            taken.append(ids)
            kept.append((text, ids))
    return kept


def check_forward(model: CaseModel, day: dt.date) -> None:
    """Refuse a day before the case's origin.

    Raises
    ------
    InputError
        When it is.
    """
    case = model.case
    if day < case.origin:
        msg = f"{day} is before the origin of {case.case}, {case.origin}: a watch goes forward. For earlier days:  spillover replay"
        raise InputError(msg)


def ahead_case(model: CaseModel, day: dt.date, known: Sequence[Known]) -> CaseModel:
    """The case with ``day`` as its origin and the events known by then.

    Parameters
    ----------
    model
        The case as written.
    day
        First day that is not known; its origin or later.
    known
        Events on its streams. Those before its origin on streams of which its own
        tables speak are left out (`left_out`); those on or after ``day`` too.

    Raises
    ------
    InputError
        When the day is before the case's origin, or no question is left.
    """
    from spillover.api.model import load

    case = model.case
    check_forward(model, day)
    history = case.history
    files = {
        n: b
        for n, b in model.files.items()
        if n not in (model.document.file, history.fit)
    }
    update: dict[str, object] = {"fit": ""}
    rows = used(model, known, day)
    if history.events:
        update["events"] = EVENTS_FILE
        before = files.pop(history.events).decode("utf-8-sig")
        files[EVENTS_FILE] = _events(rows, before).encode()
    elif rows:
        update["events"] = EVENTS_FILE
        files[EVENTS_FILE] = _events(rows, "").encode()
    if history.counts and day > case.origin:
        update["counts"] = COUNTS_FILE
        before = files.pop(history.counts).decode("utf-8-sig")
        files[COUNTS_FILE] = _counts(model, rows, day, before).encode()
    if history.begins is None:
        from spillover.api.as_of import begins_of

        update["begins"] = min([begins_of(case), *(k.first for k in rows)])
    moved = over(case, day)
    moved = moved.model_copy(
        update={"history": moved.history.model_copy(update=update)}
    )
    files["case.yaml"] = dump_case(moved).encode()
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return load(folder)


def _table(before: str, columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of a CSV, the head filled up with columns it lacks."""
    rows = [r for r in csv.reader(io.StringIO(before)) if r]
    head = [c.strip() for c in rows[0]] if rows else []
    return [*head, *(c for c in columns if c not in head)], rows[1:]


def _text(head: Sequence[str], rows: list[list[str]], more: list[Mapping[str, str]]) -> str:  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([*r, *[""] * (len(head) - len(r))] for r in rows)
    writer.writerows([m.get(c, "") for c in head] for m in more)
    return out.getvalue()


def _events(rows: Sequence[Known], before: str) -> str:
    head, there = _table(before, ("stream", "date", "date_to", "count"))
    more: list[Mapping[str, str]] = [
        {
            "stream": k.stream,
            "date": k.first.isoformat(),
            "date_to": k.last.isoformat() if k.last != k.first else "",
            "count": str(k.count),
        }
        for k in rows
    ]
    return _text(head, there, more)


def _counts(model: CaseModel, rows: Sequence[Known], day: dt.date, before: str) -> str:
    """The counts with one row each for the days since the case's origin."""
    origin = model.case.origin
    head, there = _table(before, ("id", "from", "to", "of", "count", "kind"))
    more: list[Mapping[str, str]] = []
    for n, (text, streams) in enumerate(_counted(model), 1):
        came = sum(k.count for k in rows if k.stream in streams and k.first >= origin)
        more.append(
            {
                "id": f"watched-{n}",
                "from": origin.isoformat(),
                "to": (day - DAY).isoformat(),
                "of": text,
                "count": str(came),
                "kind": "exact",
                "note": "events put in by a watch",
            }
        )
    return _text(head, there, more)


def _still(o: Outcome, day: dt.date) -> Outcome | None:
    """An outcome as it can be asked on a day; None when it is over."""
    if o.in_:
        if o.until is None or o.until < day:
            return None
        if o.in_ == "any 30 days" and (o.until - day).days + 1 < 30:
            return None
        if o.in_ != "any 30 days" and not months_within(day, o.until):
            return None
        return o
    gone = {
        "before": None if o.before is not None and o.before <= day else o.before,
        "by": None if o.by is not None and o.by < day else o.by,
    }
    dated = o.before is not None or o.by is not None
    if dated and not (o.within or gone["before"] or gone["by"]):
        return None
    return o.model_copy(update=gone)


def over(case: Case, day: dt.date) -> Case:
    """The case with ``day`` as its origin and without what is over by then.

    Raises
    ------
    InputError
        When no outcome can be asked any more.
    """
    outcomes = [x for o in case.outcomes if (x := _still(o, day)) is not None]
    ids = {o.id for o in outcomes}
    while True:
        kept = [o for o in outcomes if {*o.any_of, *o.all_of} <= ids]
        if len(kept) == len(outcomes):
            break
        outcomes, ids = kept, {o.id for o in kept}
    if not outcomes:
        msg = f"{case.case}: every outcome was to be settled by {day}, so none can be asked any more. Give one a window such as  within: 30 days"
        raise InputError(msg)
    return case.model_copy(
        update={
            "origin": day,
            "outcomes": tuple(outcomes),
            "key_outcome": case.key_outcome if case.key_outcome in ids else "",
            "levers": tuple(x for x in case.levers if not x.do and not x.both),
            "what_ifs": (),
        }
    )
