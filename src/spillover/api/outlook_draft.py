"""Hand-over: the actors around chosen ones, and a draft case of what passes among them.

Must never import `cli` or the web.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import InputError

if TYPE_CHECKING:
    from spillover.api.discover import Discovered, Progress
    from spillover.study.outlook import View
    from spillover.study.outlook_facts import WorldEvents

__all__ = ["MOST_ACTORS", "around", "draft_around"]

MOST_ACTORS = 8
"""Actors of a draft, the chosen ones among them."""


def around(view: View, chosen: Sequence[int], most: int = MOST_ACTORS) -> list[int]:
    """The chosen actors and those with the highest rates to and from them."""
    import numpy as np

    weight = np.zeros(view.layout.entities)
    pairs = view.state(view.layout.source, view.layout.target)
    rate = pairs.rate.sum(1)
    for a in chosen:
        for here, there in ((pairs.source, pairs.target), (pairs.target, pairs.source)):
            mine = here == a
            np.add.at(weight, there[mine], rate[mine])
    weight[list(chosen)] = 0.0
    order = np.argsort(-weight, kind="stable")[: max(most - len(chosen), 0)]
    return [*chosen, *(int(k) for k in order if weight[k] > 0)]


def draft_around(
    events: WorldEvents,
    paths: Sequence[str | Path],
    folder: str | Path,
    names: Sequence[str],
    *,
    most: int = MOST_ACTORS,
    streams: int = 20,
    case_id: str = "",
    progress: Progress | None = None,
) -> tuple[Discovered, tuple[str, ...]]:
    """Draft a case of the neighborhood of some actors; also the names it holds.

    Parameters
    ----------
    events, paths
        From `read_world`, and what it was given.
    folder
        Where the case goes.
    names
        Actors, by id or name.
    most
        Actors at most.
    streams, case_id, progress
        As in `discover`.

    Raises
    ------
    InputError
        For an unknown actor, or more chosen ones than the draft may hold.
    EventsError
        When the events among them are too few.
    """
    from spillover.api.discover import discover
    from spillover.readers.tkg import is_tkg_folder
    from spillover.study.outlook import learn, view_at
    from spillover.world.rates_layout import layout_of

    chosen = list(dict.fromkeys(events.actor(n, "around") for n in names))
    if not chosen or len(chosen) > most:
        msg = f"around names {len(chosen)} actors: a draft holds 1 to {most}"
        raise InputError(msg)
    learned = learn(events.facts, events.end, progress=progress)
    view = view_at(learned, events.facts, layout_of(events.facts), events.end)
    near = around(view, chosen, most)
    ids = [events.facts.entities[k] for k in near]
    titles = tuple(events.titles[k] for k in near)
    where = [Path(p) for p in paths]
    if len(where) == 1 and is_tkg_folder(where[0]):
        with tempfile.TemporaryDirectory() as work:
            table = Path(work) / "events.csv"
            _write_table(table, events, set(near))
            made = discover(
                [table], folder, case_id=case_id, streams=streams, progress=progress
            )
    else:
        made = discover(
            where, folder, case_id=case_id, streams=streams, as_of=events.as_of,
            actors=ids, progress=progress,
        )  # fmt: skip
    return made, titles


def _write_table(path: Path, events: WorldEvents, near: set[int]) -> None:
    """Facts among some actors as a plain table."""
    f = events.facts
    zero = events.zero
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("date", "source", "action", "target"))
        for s, a, o, d in zip(f.source, f.action, f.target, f.day, strict=True):
            if s in near and o in near:
                date = zero + dt.timedelta(days=int(d))
                out.writerow((date, events.titles[s], f.actions[a], events.titles[o]))
