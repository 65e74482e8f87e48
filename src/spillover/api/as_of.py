"""A case as it could have been known on an earlier day.

What is dated falls away by its date: records, counts and events, warnings, restraints in
force, unanswered asks, given values of drivers. What is not dated stays: actors, ties,
which kinds of acts there are, and the judged numbers; whoever wrote them knew the whole
history. So a replay shows how the model would have moved with the news, and is no proof
of foresight.

Must never import `cli` or the web.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.case.dump import dump_case
from spillover.case.schema import Case
from spillover.errors import InputError

if TYPE_CHECKING:
    from spillover.api.model import CaseModel

__all__ = ["LAG", "as_of_case", "begins_of"]

LAG = 1
"""Days after which a row without a day of publication counts as known."""


def begins_of(case: Case) -> dt.date:
    """First day of a case's history; its origin when it has none."""
    dated = [r.first for r in case.records] + [r.first for r in case.counts]
    dated += [r.first for r in case.events]
    return case.history.begins or min(dated, default=case.origin)


def as_of_case(model: CaseModel, day: dt.date, *, lag: int = LAG) -> CaseModel:
    """The case with ``day`` as its origin and only what was published before it.

    Parameters
    ----------
    model
        The case.
    day
        First day that is not known.
    lag
        Days after its last day from which a row that states no day of publication is
        known.

    Raises
    ------
    InputError
        When the day is not inside the history, or no question is left.
    """
    from spillover.api.model import load

    case = model.case
    begins = begins_of(case)
    if not begins < day < case.origin:
        msg = f"{day}: not inside the history of {case.case}, {begins} to {case.origin}"
        raise InputError(msg)

    def known(first: dt.date, last: dt.date, published: dt.date | None = None) -> bool:
        told = published or last + dt.timedelta(lag)
        return first < day and told < day

    history = case.history
    lines: dict[str, set[int]] = {}
    if history.records:
        lines[history.records] = {
            r.line for r in case.records if known(r.first, r.last, r.published)
        }
    if history.counts:
        lines[history.counts] = {r.line for r in case.counts if known(r.first, r.last)}
    if history.events:
        lines[history.events] = {r.line for r in case.events if known(r.first, r.last)}
    files = {
        n: b
        for n, b in model.files.items()
        if n not in (model.document.file, history.fit)
    }
    for name, keep in lines.items():
        files[name] = _only(files[name].decode("utf-8-sig"), keep).encode()
    files["case.yaml"] = dump_case(_cut(case, day)).encode()
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return load(folder)


def _only(text: str, lines: set[int]) -> str:
    """Head and chosen rows of a CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    reader = csv.reader(io.StringIO(text))
    for n, row in enumerate(reader):
        if n == 0 or reader.line_num in lines:
            writer.writerow(row)
    return out.getvalue()


def _cut(case: Case, day: dt.date) -> Case:
    def pending(rows: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(
            r.model_copy(update={"pending": tuple(p for p in r.pending if p.on < day)})
            for r in rows
        )

    outcomes = tuple(
        o.model_copy(update={"before": None, "by": None, "references": ()})
        for o in case.outcomes
        if o.within and not (o.any_of or o.all_of)
    )
    if not outcomes:
        msg = f"{case.case}: no outcome asks within a number of days, so none can be asked on {day}"
        raise InputError(msg)
    ids = [o.id for o in outcomes]
    return case.model_copy(
        update={
            "origin": day,
            # Rows known early may cite a later summary: its date would be a fault.
            "sources": {
                k: x.model_copy(update={"date": None, "date_note": "after this day"})
                if x.date is not None and x.date > day
                else x
                for k, x in case.sources.items()
            },
            "outcomes": outcomes,
            "key_outcome": case.key_outcome if case.key_outcome in ids else "",
            "warnings": tuple(w for w in case.warnings if w.issued < day),
            "levers": tuple(x for x in case.levers if not x.do and not x.both),
            "what_ifs": (),
            "replies": pending(case.replies),
            "red_lines": pending(case.red_lines),
            "restraints": tuple(
                r.model_copy(update={"in_force": None})
                if r.in_force is not None and r.in_force.since >= day
                else r
                for r in case.restraints
            ),
            "states": {
                k: s.model_copy(update={"since": None, "initially": False})
                if s.since is not None and s.since >= day
                else s
                for k, s in case.states.items()
            },
            "drivers": {
                k: d.model_copy(
                    update={"given": {t: v for t, v in d.given.items() if t < day}}
                )
                for k, d in case.drivers.items()
            },
            "gauges": {
                k: g.model_copy(update={"at_origin": None})
                for k, g in case.gauges.items()
            },
            "history": case.history.model_copy(update={"fit": ""}),
        }
    )
