"""A case watched: new events in, the case moved on, what its chances did and why.

    watch = Watch("strait-demo", Inbox(Path("incoming")), Path("watch-strait"))
    with watch.folder.locked():
        report = watch.look()

One look takes new files, moves the case to the new origin with what is known by then
(the numbers of the last fit stay), asks again, splits what changed into time, data and
model, steps the alert rules, writes the update down and sends what the outbox holds.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from spillover.api.ahead import Known, ahead_case, left_out, used, with_fit
from spillover.api.alert_file import PLAIN, Alerts, read_alerts
from spillover.api.alerts import (
    Patience,
    alert_key,
    check_channels,
    deliver,
    queue,
)
from spillover.api.model import CaseModel, load
from spillover.api.watch_files import Inbox, Taken, known_by_day, take_files
from spillover.api.watch_state import Before, made_with, read_state, state_files
from spillover.api.watch_words import News, news_of, why_words
from spillover.brief.words import likelihood_word
from spillover.errors import CaseError, FitError
from spillover.store.atomic import write_text
from spillover.store.runfolder import json_bytes
from spillover.store.watch_folder import WatchFolder
from spillover.study.alert_rules import RuleState, step
from spillover.study.risk_line import split_change

if TYPE_CHECKING:
    from spillover.api.fit_file import FitTable
    from spillover.api.run import Run

__all__ = ["Report", "Watch"]

Progress = Callable[[int, int, str], None]
Hits = dict[str, NDArray[np.int32]]


@dataclass(frozen=True)
class Report:
    """What one look came to.

    Attributes
    ----------
    taken
        Files.
    update
        The line written, or None when nothing had changed.
    notes
        What a person should know.
    problems
        What failed and is tried again.
    """

    taken: Taken
    update: dict[str, Any] | None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass
class Watch:
    """A watch and its settings.

    Attributes
    ----------
    case
        Id, folder or file; read anew at every look, so that edits count.
    inbox, folder
        Where events come from, and the folder of the watch.
    as_of
        First day that is not known; today in the case's zone when absent.
    refit_days
        Fit anew when the last fit is so many days old; 0: never.
    as_written
        Never fit.
    draws, futures, seed, threads
        As in `CaseModel.simulate`.
    alerts
        File of rules.
    indicators
        Look for the next observation that would move the chances most.
    """

    case: str | Path
    inbox: Inbox
    folder: WatchFolder
    as_of: dt.date | None = None
    refit_days: int = 0
    as_written: bool = False
    draws: int = 1000
    futures: int = 20
    seed: int = 1
    threads: int | None = None
    alerts: Path | None = None
    indicators: bool = True
    patience: Patience = field(default_factory=Patience)
    _runs: dict[Any, Run] = field(default_factory=dict, init=False, repr=False)

    def look(
        self,
        *,
        out: Callable[[str], None] = print,
        progress: Progress | None = None,
        today: dt.date | None = None,
    ) -> Report:
        """Look once; the caller holds the lock of the folder.

        Parameters
        ----------
        out
            Where alerts for stdout go.
        progress
            Called with (done, total, what).
        today
            For tests; the clock's when absent.

        Raises
        ------
        InputError
            When the case, the rules or the folder cannot be used.
        """
        self._runs.clear()
        model = load(self.case)
        model.check()
        notes: list[str] = []
        before = self._before()
        origin = self._origin(model, before, today, notes)
        questions = _questions(model, ahead_case(model, origin, ()))
        alerts = PLAIN if self.alerts is None else read_alerts(self.alerts, questions)
        check_channels(alerts)
        self._finish(alerts)
        taken = take_files(self.inbox, self.folder, progress=progress)
        update = self._update(model, before, origin, alerts, taken, notes, progress)
        problems = deliver(self.folder, alerts, out=out, patience=self.patience)
        return Report(taken, update, tuple(notes), (*taken.problems, *problems))

    def _before(self) -> Before | None:
        last = self.folder.last()
        if last is None:
            return None
        n = int(last.body["n"])
        return read_state(self.folder.state(n), n, last.body)

    def _origin(
        self,
        model: CaseModel,
        before: Before | None,
        today: dt.date | None,
        notes: list[str],
    ) -> dt.date:
        """The new origin; never before the last one."""
        now = today or dt.datetime.now(ZoneInfo(model.case.zone)).date()
        wanted = self.as_of or now
        if before is not None and wanted < before.origin:
            who = "--as-of" if self.as_of else "the clock"
            notes.append(
                f"{who} says {wanted}, before the last update's {before.origin}: the origin does not go back and stays there"
            )
            return before.origin
        return wanted

    def _finish(self, alerts: Alerts) -> None:
        """Do what follows from the last line; a kill may have come between."""
        ways = {r.id: to for r, to in zip(alerts.rules, alerts.to, strict=True)}
        last = self.folder.last()
        if last is None:
            return
        queue(self.folder, last.body["alerts"], ways)
        now, text = self.folder.path / "now.json", json_bytes(last.body).decode()
        if not now.exists() or now.read_text("utf-8") != text:
            write_text(now, text)

    def _known(self, model: CaseModel, origin: dt.date) -> tuple[Any, ...]:
        by = None
        if self.as_of is not None:
            by = dt.datetime.combine(origin, dt.time()) - dt.timedelta(seconds=1)
        return known_by_day(model, self.folder.store, origin, by)

    def _run(
        self,
        model: CaseModel,
        origin: dt.date,
        known: tuple[Known, ...],
        fit: FitTable | None,
        progress: Progress | None,
    ) -> Run:
        key = (_digest(model), origin, known, None if fit is None else id(fit))
        if key not in self._runs:
            moved = with_fit(ahead_case(model, origin, known), fit)
            self._runs[key] = moved.simulate(
                draws=self.draws, futures=self.futures, seed=self.seed,
                threads=self.threads, as_written=True, progress=progress,
            )  # fmt: skip
        return self._runs[key]

    def _fit(
        self,
        model: CaseModel,
        origin: dt.date,
        known: tuple[Known, ...],
        progress: Progress | None,
    ) -> FitTable | None:
        """The fit verb, on the case as it is known now."""
        if self.as_written:
            return None
        try:
            moved = ahead_case(model, origin, known)
            return moved.fit(seed=self.seed, progress=progress).fit_table
        except FitError:
            return None

    def _model_now(
        self,
        model: CaseModel,
        before: Before | None,
        origin: dt.date,
        known: tuple[Known, ...],
        progress: Progress | None,
    ) -> tuple[FitTable | None, dt.date | None, list[str]]:
        """Fit to go on with, when it was made, and what was done to the model."""
        edited = before is not None and _digest(model) != _digest(before.model)
        told = ["the case was edited"] if edited else []
        own = None if self.as_written else model.fit_table
        age = None
        if before is not None and before.fitted is not None:
            age = (origin - before.fitted).days
        due = bool(self.refit_days) and age is not None and age >= self.refit_days
        if due:
            fit = self._fit(replace(model, learned=None), origin, known, progress)
            return fit, origin, [*told, f"its numbers were fitted again after {age} days"]  # fmt: skip
        if before is None:
            if own is not None:
                return own, model.case.origin, told
            return self._fit(model, origin, known, progress), origin, told
        if self.as_written and before.fit is not None:
            return None, None, [*told, "the numbers are taken as written from now on"]
        if not edited:
            return before.fit, before.fitted, told
        if own is not None:
            return own, before.fitted, told
        if before.fit is None:
            return None, before.fitted, told
        from spillover.api.fit_file import read_fit, write_fit

        try:
            content = write_fit(before.fit, model.id)
            return read_fit("fit.yaml", content, model.assembled), before.fitted, told
        except CaseError:
            fit = self._fit(model, origin, known, progress)
            return fit, origin, [*told, "numbers that the fit had learned were changed, so it was fitted again"]  # fmt: skip

    def _update(
        self,
        model: CaseModel,
        before: Before | None,
        origin: dt.date,
        alerts: Alerts,
        taken: Taken,
        notes: list[str],
        progress: Progress | None,
    ) -> dict[str, Any] | None:
        found, mapped, said = self._known(model, origin)
        known = used(model, found, origin)
        size = made_with(self.draws, self.futures, self.seed)
        same = before is not None and before.made_with == size
        fit, fitted, told = self._model_now(model, before, origin, known, progress)
        moved = before is None or origin != before.origin
        quiet = before is not None and same and not moved and not told
        if quiet and before is not None and known == used(before.model, before.known, origin):  # fmt: skip
            return None
        left = sum(k.count for k in left_out(model, found, origin))
        if left:
            word = "event" if left == 1 else "events"
            said = (*said, f"{left:,} {word} before the case's origin {model.case.origin} left out: its own records and counts speak of those days")  # fmt: skip
        notes += said
        if mapped is not None and mapped.tally.total > mapped.tally.used:
            t = mapped.tally
            notes.append(f"{t.used:,} of {t.total:,} rows belong to a stream of the case; mapping.txt in {self.folder.path} says where the others went")  # fmt: skip
        stages: list[Hits] | None = None
        news: tuple[News, ...] = ()
        restarted = ""
        if before is not None and not same:
            restarted = "the size or seed of the run, or the software, was changed: the change is not split"
        if before is not None and same:
            stages, then = self._stages(before, origin, moved, model, known, progress)
            news = news_of(used(before.model, before.known, origin), then, before.origin)  # fmt: skip
        run = self._run(model, origin, known, fit, progress)
        n = 1 if before is None else before.n + 1
        hits = _hits(run)
        lines = _lines(run, before, stages, hits, self.futures)
        course, begins, activity = self._activity(run.model, before)
        why = why_words(before is None, moved and before is not None, before.origin if before else None, origin, news, told, restarted)  # fmt: skip
        body: dict[str, Any] = {
            "schema_version": 1, "n": n, "case": model.id, "origin": origin.isoformat(),
            "before": None if before is None else before.origin.isoformat(),
            "known_events": sum(k.count for k in known),
            "case_digest": model.digest, "data_digest": model.data_digest,
            "fitted": None if fitted is None or fit is None else fitted.isoformat(),
            "made_with": size, "why": why, "news": [asdict(x) for x in news],
            "questions": lines, "activity": activity,
            "indicators": self._indicators(run, alerts, progress),
            "files": [f[0] for f in taken.files],
            "rows": None if mapped is None else asdict(mapped.tally),
        }  # fmt: skip
        body |= self._rules(alerts, body, before)
        files = state_files(model, fit, fitted, known, hits, origin, size, course, begins)  # fmt: skip
        body = _plain_dates(body)
        entry = self.folder.put(n, files, body)
        self._finish(alerts)
        if mapped is not None:
            from spillover.assemble.mapped_events import mapping_text

            write_text(self.folder.path / "mapping.txt", mapping_text(mapped) + "\n")
        return entry.body

    def _stages(
        self, before: Before, origin: dt.date, moved: bool, model: CaseModel,
        known: tuple[Known, ...], progress: Progress | None,
    ) -> tuple[list[Hits], tuple[Known, ...]]:  # fmt: skip
        """Hits before, after time, after data; and the events known to the old case."""
        stages = [before.hits]
        old = used(before.model, before.known, origin)
        if moved:
            stages.append(_hits(self._run(before.model, origin, before.known, before.fit, progress)))  # fmt: skip
        else:
            stages.append(before.hits)
        then = known
        if _digest(model) != _digest(before.model):
            then = used(before.model, self._known(before.model, origin)[0], origin)
        if then != old:
            stages.append(_hits(self._run(before.model, origin, then, before.fit, progress)))  # fmt: skip
        else:
            stages.append(stages[-1])
        return stages, then

    def _rules(
        self, alerts: Alerts, body: Mapping[str, Any], before: Before | None
    ) -> dict[str, Any]:
        """States of the rules after this look, and the alerts they raise."""
        states = {} if before is None else before.body["rules"]
        p = {q["id"]: q for q in body["questions"]}
        entries = self.folder.line.entries()
        watch = next((e.body["watch"] for e in entries if e.kind == "begin"), "")
        if not watch:
            watch = uuid.uuid4().hex
            self.folder.line.add([("begin", {"watch": watch, "case": body["case"]})])
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        after, raised = {}, []
        for rule in alerts.rules:
            was = states.get(rule.id)
            state = RuleState(**was) if was else RuleState()
            q = p.get(rule.question)
            if q is None:
                after[rule.id] = asdict(state)
                continue
            new, kind = step(rule, state, q["p"])
            after[rule.id] = asdict(new)
            if kind:
                raised.append(
                    {
                        "id": alert_key(watch, body["n"], rule.id, kind),
                        "rule": rule.id, "kind": kind, "case": body["case"],
                        "time": now, "origin": body["origin"], "update": body["n"],
                        "question": q["id"], "text": q["text"], "window": q["window"],
                        "p": q["p"], "low": q["low"], "high": q["high"],
                        "before": q["before"], "above": rule.above, "below": rule.below,
                        "why": list(body["why"]),
                    }
                )  # fmt: skip
        return {"rules": after, "alerts": raised}

    def _indicators(
        self, run: Run, alerts: Alerts, progress: Progress | None
    ) -> list[dict[str, Any]]:
        """What to look out for, for the key question and those with a rule."""
        from spillover.study.compare_questions import headline
        from spillover.study.indicators import indicators_of

        if not self.indicators:
            return []
        assembled = run.model.assembled
        ids = {q.id for q in assembled.questions if q.mode != "count"}
        key = headline(assembled, run.model.case.key_outcome)
        wanted = [assembled.questions[key].id] if key >= 0 else []
        wanted += [r.question for r in alerts.rules if r.question in ids]
        wanted = list(dict.fromkeys(wanted))
        if not wanted:
            return []
        found = indicators_of(
            assembled, wanted, draws=min(self.draws, 100), futures=self.futures,
            seed=self.seed, threads=self.threads, progress=progress,
        )  # fmt: skip
        return [asdict(x) for x in found]

    def _activity(
        self, model: CaseModel, before: Before | None
    ) -> tuple[dict[str, Any], dt.date, list[dict[str, Any]]]:
        """The course of the streams, taken up from the last update where it holds."""
        from spillover.api.watch_course import activity_of

        return activity_of(model, before)


def _questions(model: CaseModel, moved: CaseModel) -> dict[str, tuple[str, str]]:
    """Yes-or-no questions that rules may name: as written, and as they can be asked."""
    return {
        q.id: (q.outcome, q.window)
        for m in (model, moved)
        for q in m.assembled.questions
        if q.mode != "count"
    }


def _digest(model: CaseModel) -> tuple[str, str]:
    return model.digest, model.data_digest


def _hits(run: Run) -> Hits:
    hits = run.ensemble.arms[0].sums.hits
    return {
        q.id: hits[:, n].copy()
        for n, q in enumerate(run.model.assembled.questions)
        if q.mode != "count"
    }


def _lines(
    run: Run, before: Before | None, stages: list[Hits] | None, hits: Hits, futures: int
) -> list[dict[str, Any]]:
    """Every question with its chance and what changed it."""
    lines = []
    for a in run.outcomes():
        if a.chance is None:
            continue
        q: dict[str, Any] = {
            "id": a.id, "outcome": a.outcome, "text": a.question, "window": a.window,
            "p": a.chance.p, "low": a.chance.low, "high": a.chance.high,
            "mc_se": a.chance.mc_se, "word": likelihood_word(a.chance.p),
            "before": None, "change": None,
        }  # fmt: skip
        if before is not None:
            was = {x["id"]: x["p"] for x in before.body["questions"]}
            q["before"] = was.get(a.id)
        if stages is not None and all(a.id in s for s in stages):
            split = split_change([*(s[a.id] for s in stages), hits[a.id]], futures)
            q["change"] = asdict(split)
        lines.append(q)
    return lines


def _plain_dates(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Dates as text, and what JSON does not know as null."""
    from spillover.store.plain import plain

    if isinstance(value, dict):
        return {k: _plain_dates(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_dates(v) for v in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return plain(value)
