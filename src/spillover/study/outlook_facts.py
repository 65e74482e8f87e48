"""From event data to facts: who did what to whom on which day, as known at a day.

A store's printed actors are told apart as for a draft case (`discover_actors`), so that
what the outlook names `discover` finds again. This file must never import a page.
"""
# ruff: noqa: E501 - SQL and sentences for people

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spillover.assemble.event_actors import Printed
from spillover.errors import EventsError, InputError, nearest
from spillover.model.actions import ACTIONS
from spillover.model.facts import Facts
from spillover.store.events_read import records_sql
from spillover.study.discover_actors import identities

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["WorldEvents", "events_of_store", "events_of_table"]

ZERO = dt.date(1970, 1, 1)
_PARTS = ("name", "code", "sector", "country")


@dataclass(frozen=True)
class WorldEvents:
    """Facts with the names of their actors and the date of their day 0.

    Attributes
    ----------
    facts
        Actors by id, none toward itself.
    titles : shape (E,)
        Actors as people write them.
    zero
        Date of day 0.
    as_of
        Last day of which anything is known.
    notes
        Sentences on what was left out.
    """

    facts: Facts
    titles: tuple[str, ...]
    zero: dt.date
    as_of: dt.date
    notes: tuple[str, ...]

    def date(self, day: int) -> dt.date:
        """The date of a day."""
        return self.zero + dt.timedelta(days=day)

    @property
    def end(self) -> int:
        """The day after the last that is known."""
        return (self.as_of - self.zero).days + 1

    def actor(self, name: str, option: str) -> int:
        """Index of an actor by id or name; InputError with what was probably meant."""
        asked = name.casefold().strip()
        for names in (self.facts.entities, self.titles):
            for k, known in enumerate(names):
                if known.casefold() == asked:
                    return k
        folded = {n.casefold(): n for n in (*self.facts.entities, *self.titles)}
        near = nearest(asked, folded)
        meant = f' Did you mean "{folded[near]}"?' if near else ""
        msg = f'{option} "{name}": none of the {len(self.titles):,} actors in these events has this name.{meant}'
        raise InputError(msg)

    def action(self, name: str) -> int:
        """Index of an action; InputError with what was probably meant."""
        asked = name.upper().strip()
        if asked in self.facts.actions:
            return self.facts.actions.index(asked)
        near = nearest(asked, self.facts.actions)
        meant = f' Did you mean "{near}"?' if near else ""
        msg = f'action "{name}": no action of that name. Expected one of {", ".join(self.facts.actions)}.{meant}'
        raise InputError(msg)


def _many(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def events_of_table(
    source: np.ndarray,
    action: np.ndarray,
    target: np.ndarray,
    day: np.ndarray,
    *,
    entities: tuple[str, ...],
    titles: tuple[str, ...],
    zero: dt.date,
    as_of: dt.date | None,
    notes: tuple[str, ...] = (),
) -> WorldEvents:
    """Facts of a table in any order; actions are indices into ACTIONS, -1 is none.

    Raises
    ------
    EventsError
        When nothing is left, or nothing was known by `as_of`.
    """
    source, action, target, day = (
        np.asarray(x, np.int64) for x in (source, action, target, day)
    )
    said = list(notes)
    inner = source == target
    none = ~inner & (action < 0)
    for mask, what in (
        (inner, "of an actor toward itself left out"),
        (none, "with no action of PLOVER left out"),
    ):
        if mask.any():
            said.append(f"{_many(int(mask.sum()), 'row', 'rows')} {what}")
    keep = ~(inner | none)
    facts = Facts.of(
        source[keep], action[keep], target[keep], day[keep],
        entities=entities, actions=ACTIONS,
    )  # fmt: skip
    twice = int(keep.sum()) - len(facts)
    if twice:
        said.append(f"{_many(twice, 'row', 'rows')} that say again what is known of that day left out")  # fmt: skip
    if not len(facts):
        msg = "there is no dated event with an action between two different actors: nothing to look out from"
        raise EventsError(msg)
    if as_of is None:
        as_of = zero + dt.timedelta(days=int(facts.day[-1]))
    end = (as_of - zero).days + 1
    first = zero + dt.timedelta(days=int(facts.day[0]))
    if end <= int(facts.day[0]):
        msg = f"as of {as_of}: the first fact is of {first}, so nothing was known. Choose a later day with --as-of"
        raise EventsError(msg)
    later = len(facts) - len(known := facts.between(int(facts.day[0]), end))
    if later:
        said.append(f"{_many(later, 'fact', 'facts')} after {as_of} left out")
    return WorldEvents(known, titles, zero, as_of, tuple(said))


def events_of_store(
    connection: DuckDBPyConnection, *, as_of: dt.date | None = None
) -> WorldEvents:
    """Facts of an open store, of what was published by the end of `as_of`.

    Events dated to a span of days are left out: it is not known which day is theirs.

    Raises
    ------
    EventsError
        When nothing is left.
    """
    ask = connection.execute
    ask(f"CREATE OR REPLACE TEMP TABLE _outlook AS {records_sql(as_of=as_of)}")
    try:
        sides = " UNION ".join(
            f"SELECT coalesce(dataset, ''), {', '.join(f'coalesce({side}_{p}, {chr(39) * 2})' for p in _PARTS)} FROM _outlook"
            for side in ("source", "target")
        )
        rows = ask(sides).fetchall()
        who = identities(Printed(*(str(c) for c in r)) for r in rows)
        named = {i.id: i.name for i in who.values()}
        ids = tuple(sorted(named))
        index = {name: k for k, name in enumerate(ids)}
        listed = [(p.dataset, p.name, p.code, p.sector, p.country, index[i.id]) for p, i in who.items()]  # fmt: skip
        columns: list[list[object]] = [list(c) for c in zip(*listed, strict=True)]
        unnested = ", ".join(
            f"unnest(?::VARCHAR[]) AS {n}" for n in ("dataset", *_PARTS)
        )
        ask(
            f"CREATE OR REPLACE TEMP TABLE _outlook_who AS SELECT {unnested}, unnest(?::INTEGER[]) AS id",
            columns or [[]] * 6,
        )
        joins = " ".join(
            f"LEFT JOIN _outlook_who {a} ON {a}.dataset = coalesce(e.dataset, '') AND "
            + " AND ".join(f"{a}.{p} = coalesce(e.{side}_{p}, '')" for p in _PARTS)
            for side, a in (("source", "s"), ("target", "t"))
        )
        found = ask(
            "SELECT coalesce(s.id, -1) AS source, coalesce(t.id, -1) AS target, e.action, "
            f"date_diff('day', DATE '{ZERO}', e.first_day) AS day, "
            "coalesce(e.first_day = coalesce(e.last_day, e.first_day) AND coalesce(e.date_precision, 'day') = 'day', false) AS dated "
            f"FROM _outlook e {joins}"
        ).fetchnumpy()
    finally:
        for name in ("_outlook", "_outlook_who"):
            ask(f"DROP TABLE IF EXISTS {name}")
    source, target = (np.asarray(found[k], np.int64) for k in ("source", "target"))
    dated = np.asarray(found["dated"], bool)
    ends = (source >= 0) & (target >= 0)
    notes = [
        f"{_many(int(mask.sum()), 'row', 'rows')} {what} left out"
        for mask, what in (
            (~ends, "that do not say both actors"),
            (ends & ~dated, "not dated to one day"),
        )
        if mask.any()
    ]
    keep = ends & dated
    names = np.ma.filled(np.ma.asarray(found["action"]), "")[keep]
    code = {a: k for k, a in enumerate(ACTIONS)}
    action = np.array([code.get(a, -1) for a in names], np.int64)
    return events_of_table(
        source[keep], action, target[keep],
        np.ma.filled(np.ma.asarray(found["day"]), 0)[keep],
        entities=ids, titles=tuple(named[i] for i in ids), zero=ZERO, as_of=as_of,
        notes=tuple(notes),
    )  # fmt: skip
