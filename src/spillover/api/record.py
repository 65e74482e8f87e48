"""Forecasts on record: put there, listed, resolved by hand.

    entries = record_run(run, Ledger(path))
    resolve_by_hand(Ledger(path), 3, answer="yes", source="...")

Kinds of lines: ``forecast``, ``resolution`` (the last one of a forecast counts), ``void``.
Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.api.record_words import decided_words, question_sentence
from spillover.brief.words import likelihood_word
from spillover.engine.asked import compile_questions
from spillover.ensemble.summary import quantiles_of
from spillover.errors import InputError
from spillover.store.ledger import Entry, Ledger, LedgerError
from spillover.study.forecast_question import ForecastQuestion, questions_of, void_risks
from spillover.study.past_answers import past_answers

if TYPE_CHECKING:
    from spillover.api.run import Run

__all__ = [
    "Forecast", "default_ledger", "forecasts_of", "record_run", "resolve_by_hand", "void",
]  # fmt: skip

Progress = Callable[[int, int, str], None]
POINTS = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""Quantiles of a count that are put on record."""


def default_ledger() -> Path:
    """`forecasts.jsonl` here, or what SPILLOVER_LEDGER names."""
    return Path(os.environ.get("SPILLOVER_LEDGER") or "forecasts.jsonl")


def record_run(
    run: Run,
    ledger: Ledger,
    *,
    outcomes: Sequence[str] = (),
    now: dt.datetime | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Put every forecast of a run on record, with its baselines, all or none.

    Parameters
    ----------
    run
        Simulated.
    ledger
        Where to.
    outcomes
        Only these; all when empty.
    now
        The clock's time when absent.
    progress
        Called with (done, total, what).

    Returns
    -------
    entries, notes
        The lines, and what may keep questions from being resolved.

    Raises
    ------
    InputError
        When an outcome is not known, or nothing of the case can be looked up.
    LedgerError
        When the record is broken or cannot be written.
    """
    from spillover.ensemble.drawn import draw

    case, assembled = run.model.case, run.model.assembled
    unknown = [o for o in outcomes if o not in [x.id for x in case.outcomes]]
    if unknown:
        msg = f'unknown outcome "{unknown[0]}": the outcomes are {", ".join(x.id for x in case.outcomes)}'
        raise InputError(msg)
    say = progress or (lambda *_: None)
    drawn = draw(assembled, 40, run.ensemble.seed, 1, 4, say)
    say(3, 4, "asking the past")
    past = past_answers(assembled, drawn.past)
    when = now or dt.datetime.now(dt.UTC)
    late = (when.date() - case.origin).days
    risks: dict[tuple[str, str], list[str]] = {}
    items: list[tuple[str, dict[str, Any]]] = []
    answers = {a.id: a for a in run.outcomes()}
    compiled = compile_questions(
        assembled.model, assembled.tallies, assembled.questions
    )
    sums, courses = run.ensemble.arms[0].sums, run.ensemble.draws * run.ensemble.futures
    manifest = run.manifest()
    held = {
        k: manifest[k]
        for k in (
            "case_digest",
            "data_digest",
            "seed",
            "draws",
            "futures_per_draw",
            "versions",
        )
    }
    for i, q in enumerate(questions_of(case, assembled.questions)):
        if outcomes and q.outcome not in outcomes:
            continue
        for risk in void_risks(q):
            risks.setdefault((q.outcome, risk), []).append(q.id)
        if not q.open_to_record:
            continue
        a = answers[q.id]
        body: dict[str, Any] = {
            "question": q.to_dict(),
            "sentence": question_sentence(q, case),
            "decided": decided_words(q),
            "origin": case.origin.isoformat(),
            "days_after_origin": late,
            "courses": courses,
            **held,
        }
        before = past.get(q.id)
        body["past"] = None if before is None else asdict(before)
        if a.chance is not None:
            # None of n courses is no proof that it cannot be: half a course is left.
            p = min(max(a.chance.p, 0.5 / courses), 1.0 - 0.5 / courses)
            body |= {
                "p": p, "low": a.chance.low, "high": a.chance.high,
                "mc_se": a.chance.mc_se, "word": likelihood_word(a.chance.p),
            }  # fmt: skip
        else:
            histogram = sums.histogram[int(compiled.questions["count"][i])]
            body |= {
                "points": POINTS,
                "quantiles": [float(x) for x in quantiles_of(histogram, POINTS)],
                "mean": a.mean,
            }
        items.append(("forecast", body))
    if not items:
        msg = f"{case.case}: none of its outcomes can be looked up, so nothing can be put on record"
        raise InputError(msg)
    say(4, 4, "writing the record")
    notes = (
        f"{outcome} ({len(ids)} window{'s' if len(ids) > 1 else ''}): {risk}"
        for (outcome, risk), ids in risks.items()
    )
    return ledger.add(items, now=when), tuple(notes)


@dataclass(frozen=True)
class Forecast:
    """A forecast on record with what became of it.

    Attributes
    ----------
    n, time
        Its line and when it was written.
    question
        As it was asked.
    body
        All that stands on record.
    answer
        "yes", "no" or a count as text; "" while open; None when void.
    why
        How it was resolved, or why it is void.
    resolved
        When, or "".
    """

    n: int
    time: str
    question: ForecastQuestion
    body: dict[str, Any]
    answer: str | None = ""
    why: str = ""
    resolved: str = ""

    @property
    def open(self) -> bool:
        """Neither resolved nor void."""
        return self.answer == ""

    def due(self, day: dt.date) -> bool:
        """Whether it may be resolved on a day."""
        return self.open and day >= dt.date.fromisoformat(self.question.from_day)


def forecasts_of(ledger: Ledger) -> tuple[Forecast, ...]:
    """All forecasts on record, the last resolution of each taken in.

    Raises
    ------
    LedgerError
        When the record is broken.
    """
    found: dict[int, Forecast] = {}
    for e in ledger.entries():
        try:
            _take(e, found)
        except (KeyError, TypeError, ValueError, AttributeError):
            msg = f"{ledger.path}: line {e.n} is no {e.kind} that this version can read"
            raise LedgerError(msg) from None
    return tuple(found.values())


def _take(e: Entry, found: dict[int, Forecast]) -> None:
    """Add a line of the record to the forecasts found so far."""
    if e.kind == "forecast":
        question = ForecastQuestion.of(e.body["question"])
        found[e.n] = Forecast(e.n, e.time, question, e.body)
    elif e.body.get("of") in found:
        f = found[e.body["of"]]
        answer = None if e.kind == "void" else str(e.body["answer"])
        found[f.n] = Forecast(
            f.n, f.time, f.question, f.body, answer, str(e.body["why"]), e.time
        )


def _one(ledger: Ledger, n: int) -> Forecast:
    known = {f.n: f for f in forecasts_of(ledger)}
    if n not in known:
        msg = f"{ledger.path}: line {n} is no forecast. List them with  spillover forecasts"
        raise InputError(msg)
    return known[n]


def resolve_by_hand(
    ledger: Ledger,
    n: int,
    *,
    answer: str,
    source: str,
    today: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Entry:
    """Resolve a forecast with a cited source.

    Parameters
    ----------
    n
        Its line.
    answer
        "yes" or "no"; of a count the number.
    source
        Who says so, where: an address or a citation.
    today
        Day on which this is; the clock's when absent.

    Raises
    ------
    InputError
        When there is no such forecast, its window is not over, the answer does not fit, or
        no source is given. A yes to "at least" may come early.
    """
    f = _one(ledger, n)
    if len(source.strip()) < 8:
        msg = f"forecast {n}: cite the source: an address, or outlet, title and date"
        raise InputError(msg)
    value = _fitting(f, answer)
    day = today or _today()
    early = value == "yes" and f.question.high is None and f.question.mode == "any"
    if day < f.question.opens:
        msg = f"forecast {n}: its window opens on {f.question.opens}; nothing that comes before counts"
        raise InputError(msg)
    if day <= f.question.closes and not early:
        msg = f"forecast {n}: its window is open until {f.question.closes}; only a yes that nothing can undo may be put on record before"
        raise InputError(msg)
    body = {"of": n, "answer": value, "why": f"judged: {source.strip()}", "by": "hand"}
    return ledger.add([("resolution", body)], now=now)[0]


def _today() -> dt.date:
    return dt.date.today()


def _fitting(f: Forecast, answer: str) -> str:
    text = answer.strip().lower()
    if f.question.mode == "count":
        if not text.isdigit():
            msg = f'forecast {f.n}: "{answer}" is no count. It asks how many: expected a whole number'
            raise InputError(msg)
        return text
    if text not in ("yes", "no"):
        msg = f'forecast {f.n}: "{answer}" does not fit. Expected yes or no'
        raise InputError(msg)
    return text


def void(
    ledger: Ledger, n: int, *, reason: str, now: dt.datetime | None = None
) -> Entry:
    """Take a forecast out of the scores, with the reason; it stays on record and is counted.

    Only an error of the record makes a question void: it asked for what cannot be, or
    twice for the same. That nobody reports is an answer, not a void.

    Raises
    ------
    InputError
        When there is no such forecast, or no reason.
    """
    _one(ledger, n)
    if len(reason.strip()) < 8:
        msg = f"forecast {n}: say what was wrong with the record; silence of the sources is an answer, not a void"
        raise InputError(msg)
    body = {"of": n, "why": reason.strip(), "by": "hand"}
    return ledger.add([("void", body)], now=now)[0]
