"""Fill a `BriefPage` from a run: words, rows and references, no drawing.

Must never import `cli` or the web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spillover.api.brief_fit import fit_page
from spillover.api.brief_map import actor_boxes, tie_arrows
from spillover.api.brief_numbers import driver_rows, number_rows
from spillover.api.brief_rows import (
    lever_rows,
    red_line_rows,
    restraint_rows,
    source_rows,
    timeline_events,
    warning_rows,
    watch_rows,
)
from spillover.api.brief_words import stream_label
from spillover.api.compare_words import effect_line
from spillover.api.record_scores import track_record
from spillover.api.studies import study_blocks
from spillover.brief.page import (
    BriefPage,
    CountRow,
    Fan,
    OutcomeRow,
    Passage,
    StreamRow,
)
from spillover.brief.words import likelihood_word, percent, plain, short_date
from spillover.case.schema import Case, Warn
from spillover.clock import in_words
from spillover.ensemble.summary import quantiles_of
from spillover.study.forecast import Answer, influences

if TYPE_CHECKING:
    from spillover.api.run import Run
    from spillover.store.ledger import Ledger

__all__ = ["brief_page"]

HEADLINE_DAYS = 90
FAN_STEP = 3
POINTS = (0.05, 0.25, 0.5, 0.75, 0.95)


def _warned(case: Case, w: Warn) -> str:
    """What a warning is of."""
    stream = next((s for s in case.streams if s.id == w.event.stream), None)
    return w.name or (stream_label(case, stream) if stream else w.event.text)


def _headline(run: Run, answers: tuple[Answer, ...]) -> Answer:
    """The key outcome in the window nearest 90 days."""
    case = run.model.case
    key = case.key_outcome or case.outcomes[0].id
    mine = [a for a in answers if a.outcome == key and a.chance is not None]
    if not mine:
        mine = [a for a in answers if a.chance is not None]
    return min(mine, key=lambda a: abs(a.days - HEADLINE_DAYS))


def _sentence(run: Run, a: Answer) -> str:
    """The bottom line: an outcome as a sentence with its likelihood."""
    assert a.chance is not None
    word, share = likelihood_word(a.chance.p), percent(a.chance.p)
    outcome = next(o for o in run.model.case.outcomes if o.id == a.outcome)
    if not outcome.name:
        return f"{a.question.rstrip('?')}, {a.window}? {word[0].upper()}{word[1:]} ({share})."
    verb = {"almost no chance": "has", "roughly even chance": "has a"}.get(word, "is")
    if word.startswith(("less than", "more than")):
        verb, word = "has a chance of", word.split(":")[0]
    return f"{outcome.name} {a.window} {verb} {word} ({share})."


def _outcome_rows(
    answers: tuple[Answer, ...], headline: Answer
) -> tuple[OutcomeRow, ...]:
    last: dict[str, str] = {a.outcome: a.id for a in answers if "@months" in a.id}
    rows = []
    for a in answers:
        if a.chance is None:
            continue
        c = a.chance
        middle = a.days == HEADLINE_DAYS or "@before" in a.id or "@by" in a.id
        middle = middle or (a.days == 30 and a.outcome == headline.outcome)
        charted = last.get(a.outcome, a.id) == a.id and (middle or "@months" in a.id)
        other = c.p - a.own
        rows.append(
            OutcomeRow(
                a.id,
                a.question,
                a.window,
                c.p,
                c.low,
                c.high,
                c.mc_se if np.isfinite(c.mc_se) else None,
                a.base_rate,
                a.reference,
                other if other > 0.0005 else None,
                a.p_min,
                a.p_max,
                key=a.id == headline.id,
                charted=charted or a.id == headline.id,
            )
        )
    return tuple(rows)


def _fans(run: Run) -> tuple[Fan, ...]:
    e, assembled = run.ensemble, run.model.assembled
    sums = e.arms[0].sums
    case = run.model.case
    marks = tuple(
        (
            (w.by - case.origin).days,
            f"warning: {_warned(case, w)} before {short_date(w.by)}",
        )
        for w in case.warnings
        if w.by is not None and w.by > case.origin
    )
    fans = []
    seen: set[int] = set()
    f = 0
    for q in assembled.questions:
        if (
            q.mode != "count"
            or q.tally in seen
            or assembled.tallies[q.tally].kind == "gauge"
        ):
            continue
        seen.add(q.tally)
        last = max(
            x.spans[0].end
            for x in assembled.questions
            if x.tally == q.tally and x.spans
        )
        last = min(max(last, HEADLINE_DAYS), sums.fan.shape[1])
        bands = tuple(
            (d + 1, *quantiles_of(sums.fan[f, d], POINTS))
            for d in range(6, last, FAN_STEP)
        )
        history = e.back.seen[q.tally]
        fans.append(Fan(q.text, "in seven days", history[::2], bands, marks))
        f += 1
    return tuple(fans)


def _passages(answers: tuple[Answer, ...]) -> tuple[Passage, ...]:
    """Of each outcome the longest window, four at most, the key outcome first."""
    longest: dict[str, Answer] = {}
    for a in answers:
        if "@months" in a.id:
            continue
        if a.passage and (a.outcome not in longest or a.days > longest[a.outcome].days):
            longest[a.outcome] = a
    return tuple(
        Passage(
            a.question, tuple(p for p in a.passage if p[0] % 5 == 0 or p[0] == a.days)
        )
        for a in list(longest.values())[:4]
    )


def _streams(run: Run) -> tuple[StreamRow, ...]:
    e = run.ensemble
    months = run.model.assembled.model.horizon / 30.4375
    total = e.draws * e.futures
    events = e.arms[0].sums.events
    rows = []
    for s, n in zip(run.model.case.streams, events, strict=True):
        rate = float(n) / total / months
        rows.append(
            StreamRow(stream_label(run.model.case, s), plain(rate), s.event.text)
        )
    return tuple(rows)


def _confidence(run: Run, spread: float) -> tuple[str, tuple[str, ...]]:
    """Level and reasons, from what the case rests on; never about the chance itself."""
    from spillover.case.read import numbers_by_path

    numbers = [
        n
        for n in numbers_by_path(run.model.case).values()
        if n.kind in ("unknown", "varying", "median")
    ]
    judged = sum(
        1 for n in numbers if (n.basis or "judgement") == "judgement" and not n.sources
    )
    share = judged / max(1, len(numbers))
    graded = [s.grade for s in run.model.case.sources.values() if s.grade]
    good = sum(g[0] in "AB" for g in graded) / max(1, len(graded))
    reasons = (
        f"{len(numbers) - judged} of {len(numbers)} uncertain numbers name a source; {judged} rest on judgement alone",
        f"{good * 100:.0f} in 100 sources are graded A or B",
        "no forecast of this case has been resolved yet",
    )
    level = "low" if share > 0.5 or spread > 0.25 else "moderate"
    return level, reasons


def _alerts(run: Run) -> tuple[tuple[str, str], ...]:
    case = run.model.case
    found = []
    for w in case.warnings:
        if w.by is not None and w.by > case.origin:
            found.append(
                (
                    "Risk alert",
                    f"the warning of {short_date(w.issued)} ({_warned(case, w)}) ends on {in_words(w.by)}.",
                )
            )
    return tuple(found)


def _method(run: Run) -> tuple[tuple[str, str], ...]:
    e = run.ensemble
    radius = np.quantile(e.radius, [0.05, 0.5, 0.95])
    capped = int(e.arms[0].sums.capped.sum())
    rows = [
        (
            "Simulated",
            f"{e.draws:,} samples of the uncertain numbers x {e.futures} courses, {run.model.assembled.model.horizon:g} days ahead",
        ),
        (
            "Effective samples",
            f"{e.effective:,.0f} of {e.draws:,} after weighing by what the past left unanswered",
        ),
        (
            "Samples redrawn",
            f"{e.redrawn * 100:.1f} % because events would have begotten events without end",
        ),
        (
            "Events one event brings",
            f"{radius[1]:.2f} on average (90 % of samples {radius[0]:.2f} to {radius[2]:.2f}; spectral radius, below 1)",
        ),
        (
            "Courses stopped",
            f"{capped:,} by the cap on events"
            if capped
            else "none by the cap on events",
        ),
        (
            "Events before the origin",
            f"{e.back.events:.0f} in each sample, {100 * e.back.filled_in:.0f} % of them filled in from counts or from the model",
        ),
    ]
    rows += [("Note", n) for n in (*run.model.assembled.notes, *run.notes)]
    return tuple(rows)


def _why(run: Run, headline: Answer, rows: tuple[OutcomeRow, ...]) -> tuple[str, ...]:
    """Reasons of the bottom line, computed: base rate, other windows, what is owing."""
    assert headline.chance is not None
    out = []
    if headline.base_rate is not None:
        out.append(
            f"The past alone would say {percent(headline.base_rate)} ({headline.reference})."
        )
    others = [
        r
        for r in rows
        if r.id != headline.id and r.id.startswith(f"{headline.outcome}@")
    ]
    if others:
        listed = ", ".join(f"{percent(r.p)} {r.window}" for r in others)
        out.append(f"Over other windows: {listed}.")
    if run.studies is not None and run.studies.comparison is not None:
        out.append(effect_line(run.studies.comparison))
    return tuple(out)


def brief_page(
    run: Run, *, generated: str = "", ledger: Ledger | None = None
) -> BriefPage:
    """Everything the brief of a run shows.

    Parameters
    ----------
    run
        A simulated case.
    generated
        When, in words; empty in tests so that the same run gives the same bytes.
    ledger
        Record of forecasts to quote; none: the brief says that there is none.
    """
    from spillover import __version__

    case, e, assembled = run.model.case, run.ensemble, run.model.assembled
    answers = run.outcomes().answers
    headline = _headline(run, answers)
    assert headline.chance is not None
    rows = _outcome_rows(answers, headline)
    question = next(i for i, q in enumerate(assembled.questions) if q.id == headline.id)
    effects = influences(assembled, e, e.arms[0], question)
    open_now = e.back.owing
    level, reasons = _confidence(run, headline.chance.spread)
    sourced, judged = number_rows(case, effects)
    counts = tuple(
        CountRow(a.question, a.window, q[0], q[1], q[2], q[3], q[4], a.mean)
        for a in answers
        if a.chance is None and len(q := a.quantiles) == len(POINTS)
    )
    return BriefPage(
        title=case.title or case.case,
        question=case.question,
        summary=case.summary.strip(),
        case_id=case.case,
        known_to=f"{in_words(case.origin)}, 00:00 {case.zone}",
        origin=case.origin,
        version=__version__,
        seed=e.seed,
        draws=e.draws,
        futures=e.futures,
        case_digest=run.model.digest,
        data_digest=run.model.data_digest,
        generated=generated,
        bottom=_sentence(run, headline),
        why=_why(run, headline, rows),
        confidence=level,
        confidence_reasons=reasons,
        alerts=_alerts(run),
        outcomes=rows,
        counts=counts,
        passages=_passages(answers),
        fans=_fans(run),
        actors=actor_boxes(case),
        ties=tie_arrows(case),
        streams=_streams(run),
        red_lines=red_line_rows(run, open_now),
        restraints=restraint_rows(case),
        warnings=warning_rows(case, open_now),
        watch=watch_rows(case),
        drivers=driver_rows(case, effects),
        levers=lever_rows(case),
        timeline=timeline_events(case),
        sourced=sourced,
        judged=judged,
        alternatives=tuple((a.says, a.against) for a in case.alternatives),
        variants=tuple(
            (
                v.name or v.id,
                choice.replace("-", " "),
                f"{c.weight.middle * 100:.0f} % weight. {c.why}",
            )
            for v in case.variants.values()
            for choice, c in v.choices.items()
        ),
        sources=source_rows(case),
        limits=case.limits,
        method=_method(run),
        studies=None if run.studies is None else study_blocks(run.studies),
        fit=fit_page(case, run.model.fit_table) if run.model.fit_table else None,
        track_record=track_record(ledger, case.case),
    )
