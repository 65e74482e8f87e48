"""`WhatIf`: a decision of the past played otherwise.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.api.paths_words import stream_words
from spillover.api.result import Result, html_table
from spillover.assemble.draws import draw_table
from spillover.assemble.history_model import bases_of, history_model, walks_of
from spillover.assemble.impute import impute
from spillover.assemble.imputed import ImputedPast
from spillover.case import schema
from spillover.cluster.pieces import in_pieces
from spillover.ensemble.drawn import thread_count
from spillover.errors import InputError, among
from spillover.keys import id_key
from spillover.model.history import History
from spillover.model.structure import Clause, Pattern, ScheduledAct
from spillover.store.runfolder import json_bytes
from spillover.study.what_if import Player, Way

if TYPE_CHECKING:
    from spillover.api.model import CaseModel

__all__ = ["Answer", "WhatIf", "what_if"]

Progress = Callable[[int, int, str], None]
Ints = NDArray[np.int64]
POINTS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Answer:
    """Counts of one stream under one change, over all draws.

    Attributes
    ----------
    stream
        What is counted.
    change
        ``as it was``, ``the decision``, ``the other cause``, ``both``.
    kind
        ``seen``, ``kept`` or ``replayed``.
    quantiles
        5, 25, 50, 75 and 95 % points.
    mean
        Mean.
    fewer, more
        Share of the samples with fewer, and with more, events than was seen in the same
        draw.
    """

    stream: str
    change: str
    kind: str
    quantiles: tuple[float, ...]
    mean: float
    fewer: float
    more: float


@dataclass(frozen=True)
class WhatIf(Result):
    """A question put to the history, answered twice.

    Attributes
    ----------
    model
        The case.
    about
        The question as it stands in the case.
    begins, ends
        First day counted (the decision) and last.
    answers
        By stream, change and kind.
    imputed
        Share of the events counted that no record dates: they were filled in.
    draws, samples, seed
        Size and seed.
    """

    model: CaseModel
    about: schema.WhatIf
    begins: dt.date
    ends: dt.date
    answers: tuple[Answer, ...]
    imputed: float
    draws: int
    samples: int
    seed: int

    def answer(self, stream: str, change: str, kind: str) -> Answer:
        """One answer."""
        return next(
            a
            for a in self.answers
            if (a.stream, a.change, a.kind) == (stream, change, kind)
        )

    @property
    def changes(self) -> tuple[str, ...]:
        """Changes that were played, ``as it was`` left out."""
        found = dict.fromkeys(a.change for a in self.answers)
        return tuple(c for c in found if c != "as it was")

    def stream(self, name: str) -> str:
        """A kind of event in words."""
        return stream_words(self.model.case, name)

    def rows(self) -> list[dict[str, Any]]:
        """One row per answer."""
        out = []
        for a in self.answers:
            q = dict(zip(("q5", "q25", "q50", "q75", "q95"), a.quantiles, strict=True))
            out.append(
                {
                    "stream": a.stream,
                    "change": a.change,
                    "kind": a.kind,
                    **q,
                    "mean": a.mean,
                    "fewer_than_seen": a.fewer,
                    "more_than_seen": a.more,
                }
            )
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form."""
        return {
            "schema_version": 1,
            "case": self.model.id,
            "what_if": self.about.id,
            "name": self.about.name or self.about.id,
            "decided": self.begins.isoformat(),
            "to": self.ends.isoformat(),
            "without": list(self.about.without),
            "also": list(self.about.also),
            "share_of_events_filled_in": self.imputed,
            "draws": self.draws,
            "samples_per_draw": self.samples,
            "seed": self.seed,
            "answers": self.rows(),
        }

    def _repr_html_(self) -> str:
        rows = [
            (
                self.stream(a.stream),
                f"{a.change}, {a.kind}",
                f"{a.quantiles[2]:g} ({a.quantiles[0]:g} to {a.quantiles[4]:g})",
            )
            for a in self.answers
        ]
        title = self.about.name or self.about.id
        return html_table(title, ("Event", "How", "Count"), rows)

    def files(self, stem: str = "what-if") -> dict[str, bytes]:
        """JSON and the page, by name."""
        from spillover.api.what_if_page import what_if_html

        return {
            f"{stem}.json": json_bytes(self.to_dict()),
            f"{stem}.html": what_if_html(self).encode(),
        }


@dataclass(frozen=True)
class _Plan:
    """A question as numbers."""

    low: float
    high: float
    days: int
    without: frozenset[int]
    also: frozenset[int]
    ended: tuple[tuple[int, float], ...]
    held: tuple[tuple[int, float], ...]
    acts: tuple[ScheduledAct, ...]
    streams: tuple[int, ...]

    @property
    def changes(self) -> tuple[str, ...]:
        if self.also:
            return ("as it was", "the decision", "the other cause", "both")
        return ("as it was", "the decision")

    def ways(self, record: Ints) -> tuple[list[Way], list[int]]:
        """Ways to play a history whose events stand in ``record``, and its decision."""

        def places(some: frozenset[int]) -> tuple[int, ...]:
            return tuple(int(k) for k in np.flatnonzero(np.isin(record, list(some))))

        own, other = places(self.without), places(self.also)
        seen = Way(until=self.ended)
        # Where it is held on, it does not end when it did.
        still = tuple(x for x in self.ended if x[0] not in dict(self.held))
        changed = Way(own, (*still, *self.held), self.acts)
        found = [seen, changed]
        if self.also:
            found += [
                Way(other, self.ended),
                Way((*own, *other), changed.until, self.acts),
            ]
        return found, [*own, *other]


def _plan(model: CaseModel, about: schema.WhatIf) -> _Plan:
    a, case = model.assembled, model.case
    begins = a.past.begins

    def day(date: dt.date) -> float:
        return float((date - case.origin).days - begins)

    records = {r.id: k for k, r in enumerate(a.past.records)}
    for name in (*about.without, *about.also):
        if name not in records or a.past.records[records[name]].stream < 0:
            msg = (
                f"what_ifs.{about.id}: the record {name} matches no stream of the model, "
                "so nothing follows from it. Choose another record, or add a stream"
            )
            raise InputError(msg)
    names = a.names.index
    acts = [
        ScheduledAct(
            x.day - begins + 0.5, x.act, id_key("what-if-act", about.id, str(x.day), n)
        )
        for n, x in enumerate(a.added)
        if x.what_if == about.id
    ]
    end = about.to or case.origin - dt.timedelta(1)
    high = day(end) + 1.0
    states = names["states"]
    return _Plan(
        day(about.decided) - 1e-6,
        high,
        round(high),
        frozenset(records[x] for x in about.without),
        frozenset(records[x] for x in about.also),
        tuple(
            (states[h.state], day(h.ended)) for h in about.holds if h.ended is not None
        ),
        tuple((states[h.state], day(h.to) + 1.0) for h in about.holds),
        tuple(sorted(acts, key=lambda x: x.time)),
        tuple(names["streams"][s] for s in about.counts),
    )


def _one(model: CaseModel, name: str) -> schema.WhatIf:
    known = {x.id: x for x in model.case.what_ifs}
    if not known:
        msg = (
            f"{model.id} asks nothing of its history: add what_ifs to the case, each with "
            "decided: a day, without: records, counts: streams"
        )
        raise InputError(msg)
    if name not in known:
        msg = f'unknown what-if "{name}": the case has {among(name, tuple(known))}'
        raise InputError(msg)
    return known[name]


def what_if(
    model: CaseModel,
    name: str,
    *,
    draws: int = 400,
    samples: int = 5,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> WhatIf:
    """Play a decision of the past otherwise.

    Parameters
    ----------
    model
        The case, fitted if it is to be.
    name
        Id of one of its what-ifs.
    draws, samples
        Samples of the uncertain numbers, each with a history filled in; courses of each.
    seed, threads, progress
        As in `CaseModel.simulate`.

    Raises
    ------
    InputError
        When there is no such what-if, or a record of it matches no stream.
    """
    about = _one(model, name)
    plan = _plan(model, about)
    say = progress or (lambda *_: None)
    total = draws + 2
    say(0, total, "drawing the uncertain numbers")
    a = model.assembled
    table = draw_table(a, seed, draws)
    say(1, total, "filling in the past")
    past = impute(a, table.theta, seed, threads=thread_count(threads))
    played = history_model(a, plan.days)
    theta, mu = played.numbers(table.theta), bases_of(a, table.theta)
    patterns = [Pattern((Clause(s),)) for s in plan.streams]
    V, C = len(plan.changes), len(plan.streams)
    kept = np.zeros((V, draws, samples, C), np.int64)
    replayed, seen = np.zeros_like(kept), np.zeros((draws, C), np.int64)
    free: SimpleQueue[Player] = SimpleQueue()
    filled = np.zeros((draws, 2), np.int64)

    def one(d: int) -> None:
        player = (
            Player(played.model, patterns, past.largest) if free.empty() else free.get()
        )
        history, record = _history(
            past.history(d), _records(past, d), played.begins, plan
        )
        ways, decisive = plan.ways(record)
        found = player.play(
            theta[d], mu[d], history, ways, low=plan.low, high=plan.high,
            decisive=decisive, walks=walks_of(a, theta[d]),
            samples=samples, seed=seed, draw=d,
            ahead=float(-played.begins - plan.days),
        )  # fmt: skip
        kept[:, d], replayed[:, d] = found.kept, found.replayed
        inside = (history.time > plan.low) & (history.time <= plan.high)
        for c, s in enumerate(plan.streams):
            mine = inside & (history.stream == s)
            seen[d, c] = mine.sum()
            filled[d] += (int((mine & (record < 0)).sum()), int(mine.sum()))
        free.put(player)

    say(2, total, "playing the history")

    def ended(done: int, _: None) -> None:
        if done % 20 == 0 or done == draws - 1:
            say(3 + done, total, "playing the history")

    in_pieces(one, range(draws), thread_count(threads), ended)
    answers = _answers(plan, about.counts, seen, kept, replayed)
    end = about.to or model.case.origin - dt.timedelta(1)
    share = float(filled[:, 0].sum()) / max(1, int(filled[:, 1].sum()))
    return WhatIf(
        model, about, about.decided, end, answers, share, draws, samples, seed
    )  # fmt: skip


def _records(past: ImputedPast, d: int) -> Ints:
    at = slice(int(past.offsets[d]), int(past.offsets[d + 1]))
    return np.asarray(past.record[at])


def _history(
    h: History, record: Ints, begins: int, plan: _Plan
) -> tuple[History, Ints]:
    """The past with its first day as time 0, up to the last day looked at."""
    time = h.time - begins
    ok = (time > 0.0) & (time <= plan.days)
    cut = History(
        time[ok], h.stream[ok], h.flags[ok], h.deaths[ok], h.injured[ok],
        h.claims[ok], h.key[ok], h.parent[ok], h.via[ok],
    )  # fmt: skip
    return cut, record[ok]


def _answers(
    plan: _Plan, names: Sequence[str], seen: Ints, kept: Ints, replayed: Ints
) -> tuple[Answer, ...]:
    """Counts over all draws, change by change."""
    out = []
    for c, name in enumerate(names):
        own = seen[:, c]
        out.append(_answer(name, "as it was", "seen", own[:, None], own))
        for v, change in enumerate(plan.changes):
            if v > 0:
                out.append(_answer(name, change, "kept", kept[v, :, :, c], own))
            out.append(_answer(name, change, "replayed", replayed[v, :, :, c], own))
    return tuple(out)


def _answer(stream: str, change: str, kind: str, x: Ints, seen: Ints) -> Answer:
    points = tuple(float(v) for v in np.quantile(x, POINTS, method="inverted_cdf"))
    return Answer(
        stream, change, kind, points, float(x.mean()),
        float((x < seen[:, None]).mean()), float((x > seen[:, None]).mean()),
    )  # fmt: skip
