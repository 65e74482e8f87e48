"""Forecasts resolved from the event store, by the rule that stands on record.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.api.case_events import case_actors
from spillover.api.record import Forecast, forecasts_of
from spillover.assemble.event_map import map_events
from spillover.assemble.from_case import source_of
from spillover.assemble.mapped_events import MappedEvents
from spillover.assemble.patterns import StreamWords
from spillover.model.actions import ACTIONS
from spillover.store.events import open_store
from spillover.store.events_read import records_sql
from spillover.store.ledger import Entry, Ledger
from spillover.study.forecast_question import ForecastQuestion

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from spillover.api.model import CaseModel

__all__ = ["Decided", "decide", "resolve_by_events"]


@dataclass(frozen=True)
class Decided:
    """What the store says to a question.

    Attributes
    ----------
    answer
        "yes", "no" or a count as text.
    counts
        Data set to its count in each window; None where it is silent.
    rule
        Which rule decided, in words.
    """

    answer: str
    counts: dict[str, list[float] | None]
    rule: str


def resolve_by_events(
    ledger: Ledger,
    model: CaseModel,
    store: Path,
    *,
    today: dt.date | None = None,
    now: dt.datetime | None = None,
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Resolve every forecast of a case that is due and that event data decide.

    Parameters
    ----------
    ledger
        The record.
    model
        The case: who belongs to a group, and how data sets print names.
    store
        Its events.
    today
        Day on which this is; the clock's when absent.

    Returns
    -------
    entries, notes
        The resolutions, and what was left and why.

    Raises
    ------
    InputError
        When there is no store, or the record is broken.
    """
    day = today or dt.date.today()
    items: list[tuple[str, dict[str, Any]]] = []
    notes: list[str] = []
    for f in forecasts_of(ledger):
        if f.question.case != model.id or not f.due(day):
            continue
        if not f.question.hard:
            notes.append(f"forecast {f.n} ({f.question.id}) is resolved by hand")
            continue
        gone = _unknown(f.question, model)
        if gone:
            notes.append(
                f'forecast {f.n} ({f.question.id}): the case no longer knows "{gone[0]}". '
                "Resolve it with the case of its run, or by hand"
            )
            continue
        found = decide(f, model, store)
        why = f"hard: {found.rule}"
        items.append(
            (
                "resolution",
                {
                    "of": f.n,
                    "answer": found.answer,
                    "why": why,
                    "counts": found.counts,
                    "by": "events",
                },
            )
        )
    return (ledger.add(items, now=now) if items else ()), tuple(notes)


def decide(f: Forecast, model: CaseModel, store: Path) -> Decided:
    """Ask the store, data set by data set.

    Raises
    ------
    InputError
        When there is no store.
    """
    q = f.question
    counts: dict[str, list[float] | None] = {}
    with open_store(store) as connection:
        for name in q.decided_by:
            counts[name] = _count(connection, name, q, model)
    return _ruled(q, counts)


def _count(
    connection: DuckDBPyConnection, name: str, q: ForecastQuestion, model: CaseModel
) -> list[float] | None:
    first, end = q.opens, q.closes + dt.timedelta(1)
    sql = records_sql(datasets=[name], start=first, end=end)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told AS {sql}")
    row = connection.execute("SELECT count(*) FROM told").fetchone()
    if not row or not row[0]:
        return None
    case = model.case
    mapped = map_events(
        connection, _streams(q, model), source_of(case).relations, case_actors(model),
        codebook=case.codebook, places={p: x.name or p for p, x in case.places.items()},
        table="told", since=first, until=end,
    )  # fmt: skip
    return [_inside(mapped, *map(dt.date.fromisoformat, w)) for w in q.windows]


def _unknown(q: ForecastQuestion, model: CaseModel) -> list[str]:
    case = model.case
    actors = {x for a in q.acts for x in (a.source, a.target)} - {"*", *case.actors}
    places = {x for a in q.acts for x in (a.place_from, a.place_in)} - {
        "",
        *case.places,
    }
    return sorted(actors | places)


def _streams(q: ForecastQuestion, model: CaseModel) -> list[StreamWords]:
    """The acts of a question as kinds of events, whatever streams the case has."""
    everyone = tuple(model.case.actors)
    return [
        StreamWords(f"{n}", source, action, target, a.place_from, a.place_in)
        for n, a in enumerate(q.acts)
        for source in (everyone if a.source == "*" else (a.source,))
        for action in (ACTIONS if a.action == "*" else (a.action,))
        for target in (everyone if a.target == "*" else (a.target,))
        if source != target
    ]


def _inside(mapped: MappedEvents, first: dt.date, last: dt.date) -> float:
    """Events of two days; one somewhere between days counts where both lie inside."""
    total = 0.0
    for counts in mapped.daily:
        for d in counts.nonzero()[0]:
            if first <= mapped.first + dt.timedelta(days=int(d)) <= last:
                total += float(counts[d])
    return total + sum(
        s.events for s in mapped.spans if first <= s.first and s.last <= last
    )


def _answer(q: ForecastQuestion, counts: list[float]) -> float:
    """The count of a question, or 1 for a yes."""
    if q.mode == "count":
        return float(round(counts[0]))
    held = [q.low <= x and (q.high is None or x <= q.high) for x in counts]
    return float(all(held) if q.mode == "every" else any(held))


def _ruled(q: ForecastQuestion, counts: dict[str, list[float] | None]) -> Decided:
    told = {k: v for k, v in counts.items() if v is not None}
    said = ", ".join(
        f"{k} {'silent' if v is None else '+'.join(f'{x:g}' for x in v)}"
        for k, v in counts.items()
    )
    if not told:
        answer = q.silent if q.mode != "count" else "0"
        return Decided(answer, counts, f"all are silent ({said}): {answer}")
    if q.differ == "first":
        name = next(k for k in q.decided_by if k in told)
        value, rule = _answer(q, told[name]), f"{name} holds ({said})"
    else:
        pick = max if q.differ == "higher" else min
        each = [pick(v[w] for v in told.values()) for w in range(len(q.windows))]
        value, rule = _answer(q, each), f"the {q.differ} count holds ({said})"
    text = f"{value:.0f}" if q.mode == "count" else "yes" if value else "no"
    return Decided(text, counts, rule)
