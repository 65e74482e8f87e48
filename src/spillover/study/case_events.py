"""Events of a store met with a case: the schema's actors and places as plain words.

This file must never import an engine or a page.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from spillover.assemble.event_actors import CaseActor
from spillover.assemble.event_map import map_events
from spillover.assemble.from_case import source_of
from spillover.assemble.mapped_events import MappedEvents
from spillover.case.schema import Case

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["case_actors", "events_of_case"]


def case_actors(case: Case) -> tuple[CaseActor, ...]:
    """Actors of a case with their names and countries."""
    return tuple(
        CaseActor(i, tuple(n for n in (a.name, *a.aliases) if n), a.iso3)
        for i, a in case.actors.items()
    )


def events_of_case(
    case: Case,
    connection: DuckDBPyConnection,
    *,
    table: str = "records",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> MappedEvents:
    """Events of ``table`` on the streams of a case, through its codebook.

    Parameters
    ----------
    case
        A checked case.
    connection
        An open DuckDB connection.
    table
        Table or view with the columns of the store's ``records``.
    since, until
        First day wanted (as the case says when absent), and the first day not wanted
        (the origin when absent).
    """
    source = source_of(case)
    return map_events(
        connection,
        [s.words for s in source.streams],
        source.relations,
        case_actors(case),
        codebook=case.codebook,
        places={p: x.name or p for p, x in case.places.items()},
        table=table,
        since=since if since is not None else case.history.begins,
        until=case.origin if until is None else until,
    )
