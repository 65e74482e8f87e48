"""Events of the store met with a case: who is who, and how many on which stream a day.

Rows stay in DuckDB; only what is printed (names, codes, places) is brought to Python,
met with the case once for each distinct spelling, and joined back. An event dated to
a day counts on that day; one that spans days or is dated coarsely is kept as a count
over its span, never put on its first day. Every row ends in exactly one place, and the
places add up. This file must never import a case's schema, an engine or a page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.event_actors import (
    CaseActor,
    Printed,
    compile_book,
    folded,
    propose,
)
from spillover.assemble.mapped_events import MappedEvents, Span, Tally, Unmapped
from spillover.assemble.patterns import StreamWords
from spillover.assemble.records import match_record
from spillover.assemble.relations import Relations
from spillover.assemble.sources import RecordSource
from spillover.errors import RunError
from spillover.readers.ontology import country_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["map_events"]

Row = tuple[Any, ...]
DAY = dt.timedelta(days=1)


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Sql:
    """One connection and a table of events, with scratch tables of its own."""

    def __init__(self, connection: DuckDBPyConnection, table: str) -> None:
        self.run = connection.execute
        self.events = table
        self.made: list[str] = []

    def rows(self, query: str) -> list[Row]:
        found: list[Row] = self.run(query).fetchall()
        return found

    def create(self, name: str, query: str, values: Sequence[object] = ()) -> None:
        self.run(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", list(values))
        self.made.append(name)

    def pairs(self, name: str, key: str, value: str, values: Sequence[int]) -> None:
        """Scratch table of positions and what stands there."""
        columns = f"unnest(?::INTEGER[]) AS {key}, unnest(?::INTEGER[]) AS {value}"
        self.create(name, f"SELECT {columns}", [list(range(len(values))), list(values)])

    def drop(self) -> None:
        for name in self.made:
            self.run(f"DROP TABLE IF EXISTS {name}")


@contextmanager
def _scratch(connection: DuckDBPyConnection, table: str) -> Iterator[_Sql]:
    sql = _Sql(connection, _q(table))
    try:
        yield sql
    finally:
        sql.drop()


WHO = ("name", "code", "sector", "country")


def _who_columns(side: str) -> str:
    return ", ".join(f"coalesce({side}_{c}, '') AS {c}" for c in WHO)


def _who_join(side: str, alias: str) -> str:
    same = " AND ".join(f"{alias}.{c} = coalesce(e.{side}_{c}, '')" for c in WHO)
    same += f" AND {alias}.dataset = coalesce(e.dataset, '')"
    return f"JOIN _spill_who {alias} ON {same}"


def _meet_actors(
    sql: _Sql, actor_of: Callable[[Printed], str], ids: Mapping[str, int]
) -> list[Printed]:
    """Scratch table of every printed actor and who it is in the case (-1: nobody)."""
    sides = " UNION ".join(
        f"SELECT coalesce(dataset, '') AS dataset, {_who_columns(s)} FROM {sql.events}"
        for s in ("source", "target")
    )
    sql.create(
        "_spill_printed", f"SELECT row_number() OVER () - 1 AS who, * FROM ({sides})"
    )
    rows = sql.rows(
        "SELECT dataset, name, code, sector, country FROM _spill_printed ORDER BY who"
    )
    printed = [Printed(*r) for r in rows]
    met = [ids.get(actor_of(p), -1) for p in printed]
    sql.pairs("_spill_met", "who", "actor", met)
    sql.create("_spill_who", "SELECT * FROM _spill_printed JOIN _spill_met USING (who)")
    return printed


def _place_of(
    places: Mapping[str, str], relations: Relations
) -> Callable[[str, str, str], str]:
    """Function from (country, province, place) to the narrowest place of the case."""
    by_name = {folded(text): p for p, name in places.items() for text in (name, p)}
    by_state: dict[str, str] = {}
    for p, name in places.items():
        iso3 = country_of(name, "name") or country_of(p.replace("-", " "), "name")
        if iso3:
            by_state.setdefault(iso3, p)

    def find(iso3: str, adm1: str, place: str) -> str:
        wide = by_state.get(iso3, "")
        for text in (place, place.partition(",")[0], adm1):
            near = by_name.get(folded(text)) if text else None
            if near and (not wide or relations.lies_in(near, wide)):
                return near
        return wide

    return find


def _meet_places(
    sql: _Sql, find: Callable[[str, str, str], str], ids: Mapping[str, int]
) -> None:
    sql.create(
        "_spill_spots",
        "SELECT row_number() OVER () - 1 AS spot, * FROM (SELECT DISTINCT "
        "coalesce(country, '') AS country, coalesce(adm1, '') AS adm1, "
        f"coalesce(place, '') AS place FROM {sql.events})",
    )
    rows = sql.rows("SELECT country, adm1, place FROM _spill_spots ORDER BY spot")
    met = [ids.get(find(*r), -1) for r in rows]
    sql.pairs("_spill_at", "spot", "lies", met)
    sql.create(
        "_spill_places", "SELECT * FROM _spill_spots JOIN _spill_at USING (spot)"
    )


CELLS = """
SELECT s.actor AS source, t.actor AS target, coalesce(e.action, '') AS action, p.lies,
       e.first_day, coalesce(e.last_day, e.first_day) AS last_day,
       coalesce(e.date_precision, 'day') AS precision, e.dataset = 'ucdp' AS ucdp,
       count(*) AS rows, sum(coalesce(e.n, 1)) AS events
FROM {events} e {source} {target}
JOIN _spill_places p ON p.country = coalesce(e.country, '')
 AND p.adm1 = coalesce(e.adm1, '') AND p.place = coalesce(e.place, '')
GROUP BY ALL
"""


def _streams_of(
    sql: _Sql,
    relations: Relations,
    streams: Sequence[StreamWords],
    actors: Sequence[str],
    places: Sequence[str],
) -> None:
    """Scratch table of the stream of each kind of event (-1: none)."""
    kinds = sql.rows(
        "SELECT DISTINCT source, target, action, lies FROM _spill_cells "
        "WHERE source >= 0 AND target >= 0 AND action <> ''"
    )
    day = dt.date(2000, 1, 1)
    met = []
    for source, target, action, at in kinds:
        record = RecordSource(
            "", day, day, actors[source], action, actors[target],
            place_in=places[at] if at >= 0 else "",
        )  # fmt: skip
        met.append(match_record(relations, streams, record))
    columns = [list(c) for c in zip(*kinds, strict=True)] or [[], [], [], []]
    sql.create(
        "_spill_kinds",
        "SELECT unnest(?::INTEGER[]) AS source, unnest(?::INTEGER[]) AS target, "
        "unnest(?::VARCHAR[]) AS action, unnest(?::INTEGER[]) AS lies, "
        "unnest(?::INTEGER[]) AS stream",
        [*columns, met],
    )


def _fates(sql: _Sql, since: dt.date | None, until: dt.date | None) -> None:
    """Scratch table of cells with the one place each goes to."""
    outside = "false"
    if since is not None:
        outside += f" OR c.first_day < DATE '{since.isoformat()}'"
    if until is not None:
        outside += f" OR c.last_day >= DATE '{until.isoformat()}'"
    sql.create(
        "_spill_fates",
        f"""
        SELECT c.*, coalesce(k.stream, -1) AS stream,
          CASE WHEN c.first_day IS NULL THEN 'undated'
               WHEN {outside} THEN 'outside'
               WHEN c.source < 0 OR c.target < 0 THEN 'actor'
               WHEN c.action = '' THEN 'action'
               WHEN k.stream < 0 THEN 'no_stream'
               WHEN c.first_day = c.last_day AND c.precision = 'day' THEN 'daily'
               ELSE 'spanned' END AS fate
        FROM _spill_cells c LEFT JOIN _spill_kinds k
          USING (source, target, action, lies)
        """,
    )


def map_events(
    connection: DuckDBPyConnection,
    streams: Sequence[StreamWords],
    relations: Relations,
    actors: Sequence[CaseActor],
    *,
    codebook: Mapping[str, str] | None = None,
    places: Mapping[str, str] | None = None,
    table: str = "records",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> MappedEvents:
    """Meet the events of a table with the streams of a case.

    Parameters
    ----------
    connection
        An open DuckDB connection; scratch tables are made in it and dropped.
    streams, relations
        Of the case, as `source_of` gives them.
    actors
        Actors of the case with their names and codes.
    codebook
        Printed to actor id.
    places
        Place id to its name.
    table
        Table or view with the columns of the store's ``records``, one row an event:
        the caller has chosen revisions and removed repeats.
    since, until
        First day wanted, and the first day not wanted (the origin).

    Returns
    -------
    MappedEvents
        Daily counts, counts over spans, and every row accounted for.
    """
    book, notes = compile_book(codebook or {}, actors)
    names = tuple(a.id for a in actors)
    spots = tuple(places or {})
    with _scratch(connection, table) as sql:
        printed = _meet_actors(sql, book.actor_of, {a: k for k, a in enumerate(names)})
        find = _place_of(places or {}, relations)
        _meet_places(sql, find, {p: k for k, p in enumerate(spots)})
        sql.create(
            "_spill_cells",
            CELLS.format(
                events=sql.events,
                source=_who_join("source", "s"),
                target=_who_join("target", "t"),
            ),
        )
        _streams_of(sql, relations, streams, names, spots)
        _fates(sql, since, until)
        first, daily = _daily(sql, len(streams), since, until)
        tally = _tally(sql)
        if not tally.adds_up:
            msg = (
                f"{tally.total} rows read, but not every one is accounted for: {tally}"
            )
            raise RunError(msg)
        return MappedEvents(
            streams=tuple(s.id for s in streams),
            first=first,
            daily=daily,
            spans=_spans(sql),
            tally=tally,
            actors=_unmapped_actors(sql, printed, actors),
            actions=_unmapped_actions(sql),
            kinds=_unmapped_kinds(sql, names, streams),
            notes=(*notes, *_notes(sql)),
        )


def _daily(
    sql: _Sql, count: int, since: dt.date | None, until: dt.date | None
) -> tuple[dt.date, NDArray[np.float64]]:
    found = sql.rows(
        "SELECT stream, first_day, sum(events) FROM _spill_fates WHERE fate = 'daily' "
        "GROUP BY ALL"
    )
    seen = sql.rows(
        "SELECT min(first_day), max(last_day) FROM _spill_fates "
        "WHERE fate NOT IN ('undated', 'outside')"
    )[0]
    first: dt.date = since or seen[0] or (until - DAY if until else dt.date(1970, 1, 1))
    end = until or ((seen[1] or first) + DAY)
    daily = np.zeros((count, max((end - first).days, 0)))
    for stream, day, events in found:
        daily[stream, (day - first).days] += events
    return first, daily


def _spans(sql: _Sql) -> tuple[Span, ...]:
    rows = sql.rows(
        "SELECT stream, first_day, last_day, precision, sum(rows), sum(events) "
        "FROM _spill_fates WHERE fate = 'spanned' GROUP BY ALL ORDER BY ALL"
    )
    return tuple(Span(k, a, b, how, int(n), float(m)) for k, a, b, how, n, m in rows)


def _tally(sql: _Sql) -> Tally:
    counts: dict[str, int] = {
        fate: int(n)
        for fate, n in sql.rows("SELECT fate, sum(rows) FROM _spill_fates GROUP BY ALL")
    }
    total = int(sql.rows(f"SELECT count(*) FROM {sql.events}")[0][0])
    kinds = ("daily", "spanned", "no_stream", "action", "actor", "undated", "outside")
    return Tally(total, **{k: counts.get(k, 0) for k in kinds})


def _unmapped_actors(
    sql: _Sql, printed: Sequence[Printed], actors: Sequence[CaseActor]
) -> tuple[Unmapped, ...]:
    parts = [
        f"SELECT w.who AS who, count(*) AS rows, sum(coalesce(e.n, 1)) AS events "
        f"FROM {sql.events} e {_who_join(side, 'w')} WHERE w.actor < 0 GROUP BY ALL"
        for side in ("source", "target")
    ]
    rows = sql.rows(
        f"SELECT who, sum(rows), sum(events) FROM ({' UNION ALL '.join(parts)}) "
        "GROUP BY ALL ORDER BY 2 DESC, 1"
    )
    by_label: dict[str, tuple[int, float, Printed]] = {}
    for who, n, events in rows:
        p = printed[who]
        old = by_label.get(p.label, (0, 0.0, p))
        by_label[p.label] = (old[0] + int(n), old[1] + float(events), old[2])
    ordered = sorted(by_label.items(), key=lambda kv: (-kv[1][0], kv[0]))
    return tuple(
        Unmapped(label, n, events, *propose(p, actors))
        for label, (n, events, p) in ordered
    )


def _unmapped_actions(sql: _Sql) -> tuple[Unmapped, ...]:
    rows = sql.rows(
        "SELECT coalesce(code, ''), coalesce(code_system, ''), count(*), "
        f"sum(coalesce(n, 1)) FROM {sql.events} WHERE action IS NULL OR action = '' "
        "GROUP BY ALL ORDER BY 3 DESC, 1, 2"
    )
    return tuple(
        Unmapped(f"{system}:{code}" if code else "blank", int(n), float(events))
        for code, system, n, events in rows
    )


def _unmapped_kinds(
    sql: _Sql, names: Sequence[str], streams: Sequence[StreamWords]
) -> tuple[Unmapped, ...]:
    rows = sql.rows(
        "SELECT source, action, target, sum(rows), sum(events) FROM _spill_fates "
        "WHERE fate = 'no_stream' GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3"
    )
    found = []
    for source, action, target, n, events in rows:
        pair = (names[source], names[target])
        near = next((s.id for s in streams if (s.source, s.target) == pair), "")
        why = "same actors, another act" if near else ""
        label = f"{pair[0]} {action} {pair[1]}"
        found.append(Unmapped(label, int(n), float(events), near, why))
    return tuple(found)


def _notes(sql: _Sql) -> list[str]:
    ucdp = sql.rows(
        "SELECT coalesce(sum(rows), 0) FROM _spill_fates WHERE ucdp AND "
        "fate IN ('daily', 'spanned')"
    )[0][0]
    if not ucdp:
        return []
    return [
        f"{ucdp} rows of UCDP count as side a against side b; UCDP does not say who "
        "acted first, and names a state first by rule"
    ]
