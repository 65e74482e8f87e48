"""`outlook`: who acts next toward whom, with chances, reasons, and what rose.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.errors import EventsError, InputError

if TYPE_CHECKING:
    from spillover.study.outlook import Learned, Stated, View
    from spillover.study.outlook_check import Check
    from spillover.study.outlook_facts import WorldEvents
    from spillover.study.outlook_reasons import Reasons

__all__ = [
    "HOSTILE",
    "Outlook",
    "Rise",
    "Row",
    "check_chances",
    "outlook",
    "read_world",
]

Progress = Callable[[int, int, str], None]

HOSTILE = (
    "REJECT", "ACCUSE", "THREATEN", "PROTEST", "SANCTION", "MOBILIZE", "COERCE", "ASSAULT",
)  # fmt: skip
"""Acts whose rise is told when no act is asked for."""
LONGEST = 30
BACK = 7
SMALLEST = 0.01
"""Of a rise that is told: a point."""
"""Days back to which a rise is compared."""


@dataclass(frozen=True)
class Row:
    """One act of one pair.

    Attributes
    ----------
    source, action, target
        Indices.
    new
        These two never had a fact.
    rate
        Facts a day, on an average weekday.
    chance, low, high
        Of at least one within the horizon; central 90 % interval.
    reasons
        What makes up the rate.
    """

    source: int
    action: int
    target: int
    new: bool
    rate: float
    chance: float
    low: float
    high: float
    reasons: Reasons


@dataclass(frozen=True)
class Rise:
    """An act of a pair whose chance rose since a week before.

    Attributes
    ----------
    row
        As it is now.
    chance_before, low_before, high_before, rate_before
        As they were; the chance with its 90 % interval.
    by_role
        What the rate rose by, by role; adds up to the whole.
    """

    row: Row
    chance_before: float
    low_before: float
    high_before: float
    rate_before: float
    by_role: dict[str, float]


@dataclass(frozen=True)
class Outlook:
    """An outlook.

    Attributes
    ----------
    events, learned
        What it rests on.
    asked
        Actor, action and target asked for, by name; empty where none was.
    rows, risen
        The most likely first; those that rose most first.
    ranked
        Acts of pairs the rows were chosen from.
    """

    events: WorldEvents
    learned: Learned
    asked: dict[str, str]
    rows: tuple[Row, ...]
    risen: tuple[Rise, ...]
    ranked: int

    @property
    def horizon(self) -> int:
        """Days ahead."""
        return self.learned.horizon

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        from spillover.api.outlook_words import outlook_dict

        return outlook_dict(self)


def read_world(
    events: Sequence[str | Path],
    *,
    as_of: dt.date | None = None,
    day_zero: dt.date | None = None,
    progress: Progress | None = None,
) -> WorldEvents:
    """Facts from a store, event files and folders, or a knowledge-graph folder.

    Parameters
    ----------
    events
        One store (``.duckdb``), one folder with train.txt and entity2id.txt, or files
        and folders that `import` reads.
    as_of
        Use only what was published by the end of this day; the last day when absent.
    day_zero
        Date of time 0 in a knowledge-graph folder, which states none.
    progress
        Called with (done, total, what).

    Raises
    ------
    InputError
        When a name leads nowhere or a date is missing.
    EventsError
        When there is no usable fact.
    """
    from spillover.readers.tkg import is_tkg_folder

    paths = [Path(p) for p in events]
    if not paths:
        msg = "no events were named: give a store, event files, or a folder"
        raise InputError(msg)
    if len(paths) == 1 and is_tkg_folder(paths[0]):
        return _of_tkg(paths[0], as_of, day_zero)
    if day_zero is not None:
        msg = "--day-zero is for a folder of a temporal knowledge graph; these events state their dates"
        raise InputError(msg)
    if len(paths) == 1 and paths[0].suffix == ".duckdb":
        return _of_store(paths[0], as_of)
    from spillover.api.events import import_events

    say = progress or (lambda done, total, what: None)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "events.duckdb"
        made = import_events(
            paths, store=store, progress=lambda d, t, what: say(max(d, 1), t, what)
        )
        if made.faults:
            raise EventsError(made.faults)
        return _of_store(store, as_of)


def _of_store(path: Path, as_of: dt.date | None) -> WorldEvents:
    from spillover.store.events import open_store
    from spillover.study.outlook_facts import events_of_store

    with open_store(path) as connection:
        return events_of_store(connection, as_of=as_of)


def _of_tkg(
    folder: Path, as_of: dt.date | None, day_zero: dt.date | None
) -> WorldEvents:
    import numpy as np

    from spillover.model.actions import ACTIONS
    from spillover.readers.tkg import read_tkg
    from spillover.study.outlook_facts import events_of_table

    if day_zero is None:
        msg = f"{folder}: a folder of a temporal knowledge graph states no dates. Say which day time 0 is, such as  --day-zero 2018-01-01"
        raise InputError(msg)
    found = read_tkg(folder)
    if not any(found.plover):
        msg = f"{folder}: there is no relation_codes.csv that gives relations an action in its column plover. Expected one with the columns id and plover"
        raise InputError(msg)
    code = np.array([ACTIONS.index(a) if a in ACTIONS else -1 for a in found.plover])
    parts = list(found.parts.values())
    names = parts[0].entities
    repeated = sum(found.repeated.values())
    notes = [f"{repeated:,} rows said twice left out"] if repeated else []
    return events_of_table(
        np.concatenate([p.source for p in parts]),
        code[np.concatenate([p.action for p in parts])],
        np.concatenate([p.target for p in parts]),
        np.concatenate([p.day for p in parts]),
        entities=names, titles=names, zero=day_zero, as_of=as_of, notes=tuple(notes),
    )  # fmt: skip


def outlook(
    events: WorldEvents | Sequence[str | Path],
    *,
    as_of: dt.date | None = None,
    actor: str = "",
    action: str = "",
    target: str = "",
    horizon: int = 7,
    top: int = 20,
    rose: int = 10,
    day_zero: dt.date | None = None,
    progress: Progress | None = None,
) -> Outlook:
    """Rank the next events, with chances and reasons.

    Parameters
    ----------
    events
        From `read_world`, or what it takes.
    as_of, day_zero
        As in `read_world`.
    actor, action, target
        Only acts by this actor, of this kind, toward this target; any when empty.
    horizon
        Days ahead, 1 to 30.
    top, rose
        Length of the two lists.
    progress
        Called with (done, total, what).

    Raises
    ------
    InputError
        For an unknown actor or action, or a horizon out of bounds.
    EventsError
        When there are too few facts.
    """
    from spillover.study.outlook import learn, view_at
    from spillover.study.outlook_facts import WorldEvents
    from spillover.world.rates_layout import layout_of

    if not 1 <= horizon <= LONGEST:
        msg = f"--horizon {horizon}d: an outlook looks 1 to {LONGEST} days ahead"
        raise InputError(msg)
    if not isinstance(events, WorldEvents):
        events = read_world(events, as_of=as_of, day_zero=day_zero, progress=progress)
    s = events.actor(actor, "actor") if actor else None
    o = events.actor(target, "target") if target else None
    r = events.action(action) if action else None
    if s is not None and s == o:
        msg = f'actor and target are both "{events.titles[s]}": acts of an actor toward itself are not told'
        raise InputError(msg)
    learned = learn(events.facts, events.end, horizon=horizon, progress=progress)
    layout = layout_of(events.facts)
    now = view_at(learned, events.facts, layout, events.end)
    then = view_at(learned, events.facts, layout, events.end - BACK)
    asked = {"actor": actor and events.titles[s or 0], "action": events.facts.actions[r] if r is not None else "", "target": target and events.titles[o or 0]}  # fmt: skip
    stated = _states(now, s, o)
    rows = _top(now, stated, r, top)
    risen = _risen(now, then, stated, r, rose)
    ranked = stated.chance.shape[0] * (1 if r is not None else stated.chance.shape[1])
    return Outlook(events, learned, asked, rows, risen, ranked)


def _states(view: View, source: int | None, target: int | None) -> Stated:
    """All pairs that ever had a fact; of a named actor, also all others."""
    import numpy as np

    everyone = np.arange(view.layout.entities)
    if source is not None and target is not None:
        return view.state(np.array([source]), np.array([target]))
    if source is not None:
        others = everyone[everyone != source]
        return view.state(np.full(len(others), source), others)
    if target is not None:
        others = everyone[everyone != target]
        return view.state(others, np.full(len(others), target))
    return view.state(view.layout.source, view.layout.target)


def _row(view: View, stated: Stated, n: int, r: int) -> Row:
    from spillover.study.outlook_reasons import reasons_of

    s, o, new = int(stated.source[n]), int(stated.target[n]), bool(stated.new[n])
    low, high = view.learned.chances.interval(float(stated.expected[n, r]), r, new)
    return Row(
        s, r, o, new, float(stated.rate[n, r]), float(stated.chance[n, r]), low, high,
        reasons_of(view, s, r, o),
    )  # fmt: skip


def _top(view: View, stated: Stated, r: int | None, top: int) -> tuple[Row, ...]:
    import numpy as np

    R = stated.chance.shape[1]
    acts = np.arange(R) if r is None else np.array([r])
    chance, rate = stated.chance[:, acts].ravel(), stated.rate[:, acts].ravel()
    order = np.lexsort((-rate, -chance))[:top]
    return tuple(
        _row(view, stated, int(k // len(acts)), int(acts[k % len(acts)])) for k in order
    )


def _risen(
    now: View, then: View, stated: Stated, r: int | None, rose: int
) -> tuple[Rise, ...]:
    import numpy as np

    from spillover.study.outlook_reasons import risen_by_role

    before = then.state(stated.source, stated.target)
    names = now.facts.actions
    acts = np.array(
        [names.index(a) for a in HOSTILE if a in names] if r is None else [r]
    )
    up = (stated.chance - before.chance)[:, acts].ravel()
    found = []
    for k in np.argsort(-up, kind="stable")[:rose]:
        if up[k] < SMALLEST:
            break
        n, a = int(k // len(acts)), int(acts[k % len(acts)])
        row = _row(now, stated, n, a)
        low, high = then.learned.chances.interval(
            float(before.expected[n, a]), a, bool(before.new[n])
        )
        found.append(
            Rise(
                row,
                float(before.chance[n, a]),
                low,
                high,
                float(before.rate[n, a]),
                risen_by_role(now, then, row.source, a, row.target),
            )
        )
    return tuple(found)


def check_chances(
    events: WorldEvents,
    *,
    weeks: int = 4,
    horizon: int = 7,
    progress: Progress | None = None,
) -> Check:
    """State chances for the last stretches of the events and see what came of them.

    Raises
    ------
    EventsError
        When too little lies before them.
    """
    from spillover.study.outlook_check import check_outlook

    if not 1 <= horizon <= LONGEST:
        msg = f"--horizon {horizon}d: an outlook looks 1 to {LONGEST} days ahead"
        raise InputError(msg)
    return check_outlook(
        events.facts, events.end, stretches=weeks, horizon=horizon, progress=progress
    )
