"""A case replayed: what it would have said on earlier days, against what its history holds.

On each day the case is cut to what was published by then (`api.as_of`), fitted, simulated
and asked; the answers are looked up in the whole history. What the records leave open (a
window in which filled-in histories disagree) is not scored.

Days do not know of each other, so they may be done in processes of their own; rows are the
same to the bit.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spillover.api.as_of import LAG, as_of_case, begins_of
from spillover.api.replay_page import came_words, replay_html
from spillover.api.result import Result, html_table
from spillover.brief.words import percent
from spillover.ensemble.drawn import draw, thread_count
from spillover.errors import InputError
from spillover.model.history import History
from spillover.store.runfolder import csv_bytes, json_bytes
from spillover.study.past_answers import ALWAYS, PastAnswer, answer_on, past_answers
from spillover.study.score_record import ONSET, Resolved, Scored, score_chances

if TYPE_CHECKING:
    from spillover.api.model import CaseModel

__all__ = ["Replay", "ReplayRow", "days_of", "replay_case"]

Progress = Callable[[int, int, str], None]
WARM_UP = 60
"""Days of history before the first replayed day."""
HISTORIES = 40
"""Filled-in histories in which answers are looked up."""
SURE = 0.95
"""Share of them that must agree for an answer to count as settled."""


@dataclass(frozen=True)
class ReplayRow:
    """One question on one day.

    Attributes
    ----------
    day, question, text, window, days
        When and what was asked.
    p, low, high
        What the case said.
    came
        Share of filled-in histories with a yes.
    settled
        Whether they agree.
    climatology, persistence, onset
        What the past alone said on that day; None without a whole window before it.
    """

    day: dt.date
    question: str
    text: str
    window: str
    days: int
    p: float
    low: float | None
    high: float | None
    came: float
    settled: bool
    climatology: float | None
    persistence: float | None
    onset: bool | None


@dataclass(frozen=True)
class Replay(Result):
    """A case on many earlier days.

    Attributes
    ----------
    model
        The case, its whole history known.
    found
        Every question on every day.
    days
        Days replayed.
    draws, futures, seed, lag
        Size, seed, and days after which undated rows count as known.
    """

    model: CaseModel
    found: tuple[ReplayRow, ...]
    days: tuple[dt.date, ...]
    draws: int
    futures: int
    seed: int
    lag: int

    def scores(
        self, which: Callable[[ReplayRow], bool] = lambda _: True
    ) -> Scored | None:
        """Scores of the settled questions; of those chosen."""
        rows = [r for r in self.found if r.settled and which(r)]
        resolved = []
        for n, r in enumerate(rows):
            baselines: dict[str, float | tuple[float, ...]] = {"always 29 %": ALWAYS}
            if r.climatology is not None and r.persistence is not None:
                baselines |= {
                    "climatology": r.climatology,
                    "persistence": r.persistence,
                }
            resolved.append(
                Resolved(
                    n,
                    r.days,
                    r.p,
                    float(r.came > 0.5),
                    baselines,
                    onset=r.onset,
                    block=str(r.day),
                )
            )
        return score_chances(resolved, seed=self.seed) if resolved else None

    def rows(self) -> list[dict[str, Any]]:
        """One row per question and day."""
        return [asdict(r) | {"day": r.day.isoformat()} for r in self.found]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form."""
        s = self.scores()
        return {
            "schema_version": 1, "case": self.model.id, "days": [d.isoformat() for d in self.days],
            "draws": self.draws, "futures": self.futures, "seed": self.seed, "lag_days": self.lag,
            "case_digest": self.model.digest, "data_digest": self.model.data_digest,
            "scores": None if s is None else asdict(s), "rows": self.rows(),
        }  # fmt: skip

    def _repr_html_(self) -> str:
        rows = [
            (str(r.day), f"{r.text} {r.window}", percent(r.p), came_words(r))
            for r in self.found
        ]
        return html_table(
            f"{self.model.id} replayed", ("Day", "Question", "Said", "Came"), rows
        )

    def files(self) -> dict[str, bytes]:
        """Page, JSON and CSV, by name."""
        return {
            "replay.html": replay_html(self).encode(),
            "replay.json": json_bytes(self.to_dict()),
            "replay.csv": csv_bytes(self.rows()),
        }


def days_of(
    model: CaseModel,
    every: str,
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> tuple[dt.date, ...]:
    """Days to replay: the first of each month, or every so many days.

    Raises
    ------
    InputError
        When ``every`` is neither, or no day fits.
    """
    case = model.case
    begins = begins_of(case)
    start = first or begins + dt.timedelta(WARM_UP)
    end = last or case.origin - dt.timedelta(1)
    found: list[dt.date] = []
    step = re.fullmatch(r"(\d+)d", every)
    if every == "month":
        day = start.replace(day=1)
        while day <= end:
            if day >= start:
                found.append(day)
            day = (day + dt.timedelta(32)).replace(day=1)
    elif step and int(step[1]) >= 1:
        day = start
        while day <= end:
            found.append(day)
            day += dt.timedelta(int(step[1]))
    else:
        msg = f'--every "{every}": expected month, or days such as 7d'
        raise InputError(msg)
    if not found:
        msg = f"no day to replay lies between {start} and {end}: the history begins {begins}, the origin is {case.origin}"
        raise InputError(msg)
    return tuple(found)


def replay_case(
    model: CaseModel,
    days: Sequence[dt.date],
    *,
    draws: int = 400,
    futures: int = 20,
    seed: int = 1,
    lag: int = LAG,
    threads: int | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> Replay:
    """Replay a case on some days.

    Parameters
    ----------
    model
        The case, its whole history known.
    days
        Each inside the history.
    lag
        Days after which rows that state no day of publication count as known.
    draws, futures, seed, threads, progress
        As in `CaseModel.simulate`.
    processes
        Days done at a time, each in a process of its own, which share the threads; a
        script that asks for more than one must have its ``if __name__ == "__main__"``.

    Raises
    ------
    InputError
        When a day is not inside the history, or no question of the case is counted in it.
    """
    say = progress or (lambda *_: None)
    drawn = draw(model.assembled, HISTORIES, seed, 1, 4, lambda *_: None)
    whole = [drawn.past.history(d) for d in range(HISTORIES)]
    how = _How(draws, futures, seed, lag, threads)
    by_day: dict[dt.date, list[ReplayRow]] = {}
    say(0, len(days), f"as of {days[0]}" if days else "")
    for day, rows in _each(model, days, whole, how, processes):
        by_day[day] = rows
        say(len(by_day), len(days), f"as of {day}")
    found = [r for day in days for r in by_day[day]]
    say(len(days), len(days), "replayed")
    if not found:
        msg = f"{model.id}: none of its questions is counted in its own history within a window that ends before {model.case.origin}"
        raise InputError(msg)
    return Replay(model, tuple(found), tuple(days), draws, futures, seed, lag)


@dataclass(frozen=True)
class _How:
    """Size, seed, lag and threads of a day."""

    draws: int
    futures: int
    seed: int
    lag: int
    threads: int | None


def _each(
    model: CaseModel,
    days: Sequence[dt.date],
    whole: list[History],
    how: _How,
    processes: int,
) -> Iterator[tuple[dt.date, list[ReplayRow]]]:
    """Rows of every day, in the order in which they are done."""
    at_once = min(processes, len(days))
    if at_once <= 1:
        for day in days:
            yield day, _one_day(model, day, whole, how)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    share = max(1, thread_count(how.threads) // at_once)
    pool = ProcessPoolExecutor(
        at_once,
        # Never a fork: it would copy compiled code that holds threads.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(model.files, model.document.file, whole, replace(how, threads=share)),
    )
    try:
        asked = {pool.submit(_day_there, day): day for day in days}
        for done in as_completed(asked):
            yield asked[done], done.result()
    finally:
        pool.shutdown(cancel_futures=True)


_there: list[Callable[[dt.date], list[ReplayRow]]] = []
"""What a process of its own was given to do, once."""


def _begin(files: dict[str, bytes], file: str, whole: list[History], how: _How) -> None:
    """Read the case again in a process of its own."""
    import tempfile
    from pathlib import Path

    from spillover.api.model import load

    _end_with_parent()
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        model = load(Path(folder) / file)
    _there.append(lambda day: _one_day(model, day, whole, how))


def _day_there(day: dt.date) -> list[ReplayRow]:
    return _there[-1](day)


def _one_day(
    model: CaseModel, day: dt.date, whole: list[History], how: _How
) -> list[ReplayRow]:
    """One day: cut, fitted, simulated, asked, looked up."""
    then = as_of_case(model, day, lag=how.lag)
    run = then.simulate(
        draws=how.draws, futures=how.futures, seed=how.seed, threads=how.threads
    )
    a = run.model.assembled
    past = past_answers(a, draw(a, HISTORIES, how.seed, 1, 4, lambda *_: None).past)
    shift = (model.case.origin - day).days
    answers = {x.id: x for x in run.outcomes()}
    half = 0.5 / (how.draws * how.futures)
    rows = []
    for q in a.questions:
        tally = a.tallies[q.tally] if q.tally >= 0 else None
        chance = answers[q.id].chance
        if (
            chance is None
            or tally is None
            or tally.kind not in ("count", "deaths", "injured")
        ):
            continue
        length = max(s.end for s in q.spans)
        if length > shift:
            continue  # not over when the history ends
        came = float(np.mean([answer_on(q, tally, h, shift) for h in whole]))
        before: PastAnswer | None = past.get(q.id)
        rows.append(
            ReplayRow(
                day, q.id, q.text, q.window, length, min(max(chance.p, half), 1 - half),
                chance.low, chance.high, came, came >= SURE or came <= 1 - SURE,
                None if before is None else before.climatology, None if before is None else before.persistence,
                None if before is None else before.last <= ONSET,
            )
        )  # fmt: skip
    return rows


def _end_with_parent() -> None:
    """End this process when the one that asks is gone: who is killed cannot say so."""
    import multiprocessing
    import os
    import threading
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def look(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=look, args=(parent.sentinel,), daemon=True).start()
