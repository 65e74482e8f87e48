"""A draft of a case from events alone: streams, actors, rates, and few links.

The busiest directed kinds of events become streams, their last stretch the baselines,
`discover_links` the responses. What events do not hold, ties, restraints and red lines,
is not there: a person adds it. This file must never import an engine, a schema or a
page.
"""
# ruff: noqa: E501 - SQL and sentences for people

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from spillover.assemble.event_actors import Printed
from spillover.errors import EventsError
from spillover.study.discover_actors import Identity, identities
from spillover.study.discover_links import Fitted, Link, Streams, discover_links

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["RECENT_DAYS", "Draft", "DraftStream", "baseline_range", "discover"]

RECENT_DAYS = 90
HIGHEST_OWN = 0.7
SHORTEST = 60
"""Days of data a draft needs at least."""
HIGHEST_RADIUS = 0.95
"""Of 98 in 100 draws: a case whose draws beget events without end cannot run."""
VIOLENT = ("ASSAULT", "COERCE")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DraftStream:
    """A stream of a draft.

    Attributes
    ----------
    id, source, action, target
        Identity; actors by id.
    daily : array, shape (days,)
        Events dated to a day.
    spanned
        (first, last, events) dated to a span.
    baseline
        Low and high of the rate a day, central 90 %.
    recent
        Events of the last stretch.
    deadly
        (share of events with deaths: low, high; deaths of such: low, high), or None
        where the data do not say or none was deadly.
    """

    id: str
    source: str
    action: str
    target: str
    daily: Floats
    spanned: tuple[tuple[dt.date, dt.date, float], ...]
    baseline: tuple[float, float]
    recent: float
    deadly: tuple[float, float, int, int] | None


@dataclass(frozen=True)
class Draft:
    """A draft case, in numbers.

    Attributes
    ----------
    first, origin
        First day of the data, and the day after their last.
    actors
        Actors of the streams.
    streams, links
        What was found; links name streams by index.
    datasets
        (name, events) used.
    rows, kept
        Rows read, and rows on the streams.
    internal, undated, other
        Rows left out: both ends one actor or an end blank, no date, no action; kinds of
        events less busy.
    scaled
        Factor below 1 put on all children to keep the draft stable.
    """

    first: dt.date
    origin: dt.date
    actors: tuple[Identity, ...]
    streams: tuple[DraftStream, ...]
    links: tuple[Link, ...]
    datasets: tuple[tuple[str, int], ...]
    rows: int
    kept: int
    internal: int
    undated: int
    other: int
    scaled: float


def _table(connection: DuckDBPyConnection, table: str) -> dict[Printed, Identity]:
    """Scratch table of events with the ids of their actors; who each printed one is."""
    name = '"' + table.replace('"', '""') + '"'
    parts = ("name", "code", "sector", "country")
    sides = " UNION ".join(
        f"SELECT dataset, {', '.join(f'coalesce({side}_{p}, {chr(39) * 2})' for p in parts)} FROM {name}"
        for side in ("source", "target")
    )
    rows = connection.execute(sides).fetchall()
    who = identities(Printed(*(str(c or "") for c in r)) for r in rows)
    listed = list(who.items())
    columns: list[list[str]] = [
        [p.dataset for p, _ in listed],
        [p.name for p, _ in listed],
        [p.code for p, _ in listed],
        [p.sector for p, _ in listed],
        [p.country for p, _ in listed],
        [i.id for _, i in listed],
    ]
    names = ("dataset", *parts, "id")
    unnested = ", ".join(f"unnest(?::VARCHAR[]) AS {n}" for n in names)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE _draft_who AS SELECT {unnested}", columns
    )
    joins = " ".join(
        f"LEFT JOIN _draft_who {a} ON {a}.dataset = coalesce(e.dataset, '') AND "
        + " AND ".join(f"{a}.{p} = coalesce(e.{side}_{p}, '')" for p in parts)
        for side, a in (("source", "s"), ("target", "t"))
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _draft_events AS SELECT coalesce(e.dataset, '') AS dataset, "
        "s.id AS source, t.id AS target, e.action, e.first_day, "
        "coalesce(e.last_day, e.first_day) AS last_day, coalesce(e.date_precision, 'day') AS precision, "
        "e.deaths, count(*) AS rows, sum(coalesce(e.n, 1)) AS events "
        f"FROM {name} e {joins} GROUP BY ALL"
    )
    return who


USED = "source IS NOT NULL AND target IS NOT NULL AND source <> target AND action IS NOT NULL"


def discover(
    connection: DuckDBPyConnection,
    *,
    table: str = "records",
    streams: int = 20,
    rate: float = 0.05,
    origin: dt.date | None = None,
    actors: Collection[str] = (),
) -> Draft:
    """Draft a case from the events of a table.

    Parameters
    ----------
    connection
        An open DuckDB connection; scratch tables are made in it and dropped.
    table
        Table or view with the columns of the store's ``records``, one row an event.
    streams
        How many streams, the busiest first.
    rate
        Share of false links to accept among those found.
    origin
        The day after the last that counts; after the last event when absent.
    actors
        Only events between these, by id; all when empty.

    Raises
    ------
    EventsError
        When there are too few days or no events between two actors.
    """
    try:
        who = _table(connection, table)
        if actors:
            named = ", ".join("'" + a.replace("'", "''") + "'" for a in sorted(actors))
            connection.execute(
                f"DELETE FROM _draft_events WHERE NOT coalesce(source IN ({named}) AND target IN ({named}), false)"
            )
        return _draft(connection, who, streams, rate, origin)
    finally:
        for name in ("_draft_who", "_draft_events", "_draft_used"):
            connection.execute(f"DROP TABLE IF EXISTS {name}")


def _number(connection: DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0


def _draft(
    connection: DuckDBPyConnection,
    who: dict[Printed, Identity],
    count: int,
    rate: float,
    origin: dt.date | None,
) -> Draft:
    ask = connection.execute
    before = f" AND last_day < DATE '{origin}'" if origin else ""
    busiest = ask(
        f"SELECT source, action, target FROM _draft_events WHERE {USED} AND "
        f"first_day IS NOT NULL{before} GROUP BY ALL ORDER BY sum(events) DESC, 1, 2, 3 LIMIT {count}"
    ).fetchall()
    if not busiest:
        msg = "there is no dated event between two different actors: nothing to draft a case from"
        raise EventsError(msg)
    ids = tuple((str(a), str(b), str(c)) for a, b, c in busiest)
    ask(
        "CREATE OR REPLACE TEMP TABLE _draft_used AS SELECT k.stream, e.* FROM _draft_events e JOIN "
        "(SELECT unnest(?::INTEGER[]) AS stream, unnest(?::VARCHAR[]) AS source, "
        "unnest(?::VARCHAR[]) AS action, unnest(?::VARCHAR[]) AS target) k USING (source, action, target) "
        f"WHERE first_day IS NOT NULL{before}",
        [list(range(len(ids))), *([i[k] for i in ids] for k in range(3))],
    )
    first, last = ask(
        "SELECT min(first_day), max(last_day) FROM _draft_used"
    ).fetchall()[0]
    end = origin or last + dt.timedelta(days=1)
    days = (end - first).days
    if days < SHORTEST:
        msg = f"the events cover {days} days, {first} to {end}: a draft needs at least {SHORTEST}"
        raise EventsError(msg)
    daily = np.zeros((len(ids), days))
    for k, day, events in ask(
        "SELECT stream, first_day, sum(events) FROM _draft_used "
        "WHERE first_day = last_day AND precision = 'day' GROUP BY ALL"
    ).fetchall():
        daily[k, (day - first).days] += events
    links, fitted = discover_links(Streams(ids, daily), rate=rate)
    links, scaled = _stable(links, len(ids))
    used = {i for s in ids for i in (s[0], s[2])}
    actors = {i.id: i for i in who.values() if i.id in used}
    total = _number(connection, "SELECT sum(rows) FROM _draft_events")
    kept = _number(connection, "SELECT sum(rows) FROM _draft_used")
    internal = _number(
        connection,
        f"SELECT sum(rows) FROM _draft_events WHERE NOT coalesce({USED}, false)",
    )
    undated = _number(
        connection,
        f"SELECT sum(rows) FROM _draft_events WHERE {USED} AND first_day IS NULL",
    )
    datasets = ask(
        "SELECT dataset, sum(rows) FROM _draft_used GROUP BY ALL ORDER BY 2 DESC, 1"
    ).fetchall()
    return Draft(
        first=first,
        origin=end,
        actors=tuple(sorted(actors.values(), key=lambda a: a.id)),
        streams=tuple(
            _stream(connection, k, ids[k], daily[k], fitted[k], scaled)
            for k in range(len(ids))
        ),
        links=links,
        datasets=tuple((str(d), int(n)) for d, n in datasets),
        rows=total,
        kept=kept,
        internal=internal,
        undated=undated,
        other=total - kept - internal - undated,
        scaled=scaled,
    )


def _stream(
    connection: DuckDBPyConnection,
    k: int,
    ids: tuple[str, str, str],
    daily: Floats,
    fitted: Fitted,
    scaled: float,
) -> DraftStream:
    ask = connection.execute
    spans = ask(
        "SELECT first_day, last_day, sum(events) FROM _draft_used WHERE stream = ? AND NOT "
        "(first_day = last_day AND precision = 'day') GROUP BY ALL ORDER BY 1, 2",
        [k],
    ).fetchall()
    source, action, target = ids
    return DraftStream(
        id=f"{source}-{action.lower()}-{target}",
        source=source,
        action=action,
        target=target,
        daily=daily,
        spanned=tuple((a, b, float(n)) for a, b, n in spans),
        baseline=baseline_range(daily, fitted, scaled),
        recent=float(daily[-RECENT_DAYS:].sum()),
        deadly=_deadly(connection, k) if action == "ASSAULT" else None,
    )


def baseline_range(
    daily: Floats, fitted: Fitted, scaled: float = 1.0
) -> tuple[float, float]:
    """Central 90 % of the rate a day that nothing explains, over the last stretch.

    Gamma(0.5 + N / phi, T / phi): N events of the stretch that the fit puts to the
    background, T days, phi the dispersion of the whole fit. What a factor ``scaled``
    takes from the responses falls to the background.
    """
    days = min(RECENT_DAYS, daily.size)
    share = fitted.background[-days:] / fitted.mean[-days:]
    own = float(np.sum(daily[-days:] * (1.0 - scaled * (1.0 - share))))
    shape = 0.5 + own / fitted.dispersion
    low, high = stats.gamma.ppf([0.05, 0.95], shape, scale=fitted.dispersion / days)
    return float(max(low, high / 30.0)), float(high)


def _deadly(
    connection: DuckDBPyConnection, k: int
) -> tuple[float, float, int, int] | None:
    """Share of events with deaths, and how many then; None where none is known."""
    row = connection.execute(
        "SELECT coalesce(sum(rows) FILTER (deaths IS NOT NULL), 0), "
        "coalesce(sum(rows) FILTER (deaths > 0), 0), "
        "quantile_disc(deaths, 0.05) FILTER (deaths > 0), "
        "quantile_disc(deaths, 0.95) FILTER (deaths > 0) FROM _draft_used WHERE stream = ?",
        [k],
    ).fetchone()
    if row is None or not row[1]:
        return None
    known, some, low, high = (int(x) for x in row)
    a, b = stats.beta.ppf([0.05, 0.95], 0.5 + some, 0.5 + known - some)
    return float(np.clip(a, 0.001, 0.99)), float(np.clip(b, 0.002, 0.995)), low, high


def _bounded(x: Link) -> Link:
    """An own link narrow enough not to beget without end in many draws."""
    if x.role != "own":
        return x
    children = min(x.children, HIGHEST_OWN)
    most = max(math.log(HIGHEST_RADIUS / children) / 1.645, 0.05)
    return replace(x, children=children, spread=min(x.spread, most))


def _stable(links: tuple[Link, ...], count: int) -> tuple[tuple[Link, ...], float]:
    """Links bounded, and scaled together until hardly a draw begets without end."""
    links = tuple(_bounded(x) for x in links)
    rng = np.random.default_rng(0)
    draws = np.exp(rng.standard_normal((400, len(links))) * [x.spread for x in links])
    G = np.zeros((400, count, count))
    for k, x in enumerate(links):
        G[:, x.target, x.source] += x.children * draws[:, k]
    radius = np.abs(np.linalg.eigvals(G)).max(axis=1)
    high = float(np.quantile(radius, 0.98))
    if high <= HIGHEST_RADIUS:
        return links, 1.0
    factor = HIGHEST_RADIUS / high
    return tuple(replace(x, children=x.children * factor) for x in links), factor
