"""A question on record as a sentence that two strangers would resolve alike.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt

from spillover.api.brief_words import VERBS, actor_label
from spillover.case.schema import Case
from spillover.clock import in_words
from spillover.study.forecast_question import Acts, ForecastQuestion

__all__ = ["decided_words", "question_sentence"]


def _act(case: Case, a: Acts) -> str:
    text = f"{actor_label(case, a.source)} {VERBS.get(a.action, a.action.lower())} {actor_label(case, a.target)}"
    if a.action == "*":
        text = (
            f"{actor_label(case, a.source)} acts toward {actor_label(case, a.target)}"
        )
    for word, place in (("from", a.place_from), ("in", a.place_in)):
        if place:
            known = case.places.get(place)
            text += f" {word} {known.name if known and known.name else place.replace('-', ' ')}"
    if a.marks:
        text += f" ({', '.join(f'{k} {v}' if v else k for k, v in a.marks)})"
    return text


def _number(x: float) -> str:
    return f"{x:g}"


def _bound(q: ForecastQuestion, unit: str) -> str:
    times = {"event": ("time", "times")}.get(unit, (unit, unit))
    if q.high is None:
        word = times[0] if q.low == 1 else times[1]
        return f"at least {_number(q.low)} {word}"
    if q.low <= 0:
        if q.high == 0:
            return f"no {times[0]} at all"
        return f"at most {_number(q.high)} {times[1]}"
    return f"between {_number(q.low)} and {_number(q.high)} {times[1]}"


def question_sentence(q: ForecastQuestion, case: Case) -> str:
    """What is asked, of which days, in a sentence."""
    if q.all_of or q.any_of:
        names = " and ".join(q.all_of) if q.all_of else " or ".join(q.any_of)
        every = "all of" if q.all_of else "at least one of"
        return f"{q.text} Yes if {every} these come out yes: {names}."
    acts = " or ".join(_act(case, a) for a in q.acts) or q.text.rstrip("?")
    unit = {"deaths": "deaths by", "injured": "injured by"}.get(q.measure, "")
    if q.before:
        first = " or ".join(_act(case, a) for a in q.before)
        acts += f" within {_number(q.gap or 0)} days after {first}"
    first_day, last_day = q.windows[0]
    days = f"from {in_words(dt.date.fromisoformat(first_day))} to {in_words(dt.date.fromisoformat(last_day))}, both days included, UTC"
    if len(q.windows) > 1:
        each = "every one" if q.mode == "every" else "any one"
        days = f"in {each} of {len(q.windows)} windows, the first {days}, the last ending on {in_words(dt.date.fromisoformat(q.windows[-1][1]))}"
    if not q.acts:
        return f"{q.text} Counted {days}."
    if q.mode == "count":
        what = f"How many {unit + ' ' if unit else 'times: '}{acts}"
        return f"{what}, {days}?"
    bound = _bound(q, unit.removesuffix(" by") if unit else "event")
    if unit:
        return f"{bound[0].upper()}{bound[1:]} by: {acts}, {days}?"
    return f"{acts[0].upper()}{acts[1:]}: {bound}, {days}?"


def decided_words(q: ForecastQuestion) -> str:
    """How it is decided, in a sentence or two."""
    start = f"Resolved from {in_words(dt.date.fromisoformat(q.from_day))}"
    if q.all_of or q.any_of:
        return f"{start}, from the answers of the questions it combines."
    if not q.hard:
        who = f": {q.words}" if q.words else ""
        return f"{start} by hand, with a cited source{who}."
    order = ", then ".join(q.decided_by)
    differ = {
        "first": "where both speak and differ, the first holds",
        "higher": "where they differ, the higher count holds",
        "lower": "where they differ, the lower count holds",
    }[q.differ]
    return f"{start} by the event store: {order}; {differ}; where all are silent, the answer is {q.silent if q.mode != 'count' else '0'}. Void only if the record itself was wrong."
