"""A replay as a page: the risk line against what happened, scored, with what it is no proof of.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spillover.brief.replay_chart import place
from spillover.brief.report import Block, Picture, Report, Section, Table, Text
from spillover.brief.report_html import report_html
from spillover.brief.words import interval, percent
from spillover.clock import in_words

if TYPE_CHECKING:
    from spillover.api.replay import Replay, ReplayRow
    from spillover.study.score_record import Scored, Skill

__all__ = ["came_words", "replay_html", "replay_page"]

MOST = 8
"""Questions drawn; the others stand in tables."""
LEAST_DAYS = 2
NO_PROOF = (
    "A replay is no proof of foresight: actors, ties, which acts there are and the judged "
    "numbers are not dated, and whoever wrote them knew the whole history."
)
WORDS = (
    ("Said", "Chance the case would have given on that day, with its 90 % interval, from what was published before it."),
    ("Came", "What the whole history holds in the window that began that day. It was known only when the window was over."),
    ("Left open", "The records leave days or numbers open, and filled-in histories disagree: not scored."),
    ("The past alone", "How often windows as long held before that day: climatology."),
    ("Onset, continuation", "Nothing of the kind in the window before, or something."),
    ("Brier score", "Mean squared distance between chance and what came, 0 to 1; lower is better."),
)  # fmt: skip


def replay_html(r: Replay) -> str:
    """The page as self-contained HTML."""
    return report_html(replay_page(r))


def came_words(r: ReplayRow) -> str:
    """What came, in a word."""
    if not r.settled:
        return f"open ({percent(r.came)} of histories)"
    return "yes" if r.came > 0.5 else "no"


def _came(r: ReplayRow) -> str:
    return ("yes" if r.came > 0.5 else "no") if r.settled else "open"


def _said(r: ReplayRow) -> str:
    return f"{percent(r.p)} ({interval(r.low, r.high)})"


def _table(name: str, caption: str, rows: Sequence[ReplayRow]) -> Table:
    return Table(
        caption,
        ("Day", "Said", "90 % interval", "The past alone", "Came"),
        tuple(
            (
                in_words(r.day), percent(r.p), interval(r.low, r.high),
                "not known" if r.climatology is None else percent(r.climatology), came_words(r),
            )
            for r in rows
        ),
        id=name,
    )  # fmt: skip


def _finding(text: str, rows: Sequence[ReplayRow]) -> str:
    low, high = min(r.p for r in rows), max(r.p for r in rows)
    span = (
        f"said {percent(low)} throughout"
        if percent(low) == percent(high)
        else f"said {percent(low)} to {percent(high)}"
    )
    settled = [r for r in rows if r.settled]
    yes = sum(r.came > 0.5 for r in settled)
    came = (
        "the records settle none of the days"
        if not settled
        else f"it came after {yes} of {len(settled)} days that are settled"
    )
    return f"{text} {span[0].upper()}{span[1:]}; {came}"


def _picture(n: int, rows: Sequence[ReplayRow], start: dt.date) -> Picture:
    name = f"replay-{n + 1}"
    text = f"{rows[0].text.rstrip('?')} {rows[0].window}?"
    data = [
        {
            "x": (r.day - start).days, "p": r.p, "lo": r.low, "hi": r.high,
            "base": r.climatology, "came": _came(r),
        }
        for r in rows
    ]  # fmt: skip
    days = [
        {"x": d["x"], "day": in_words(r.day), "said": _said(r), "came": d["came"]}
        for d, r in zip(data, rows, strict=True)
    ]
    return Picture(
        name,
        "replay",
        _finding(text, rows),
        "Computed, with judged numbers. Dot: chance said that day. Bar: 90 % interval; none where the samples spread no more than chance. Below: what came in the window that began that day.",
        {"rows": data, "start": start.isoformat()},
        _table(name, text, rows),
        steps={"place": place(data), "days": days, "length": rows[0].days},
    )


def _skill(name: str, s: Scored, skills: Sequence[Skill]) -> tuple[str, ...]:
    cells = [name, f"{s.n}", f"{(s.score if skills is s.skills else s.log):.3f}"]
    for wanted in ("climatology", "persistence"):
        k = next((x for x in skills if x.name == wanted), None)
        if k is None:
            cells.append("not known")
        elif k.low is None or k.high is None:
            cells.append(f"{k.difference:+.3f}")
        else:
            cells.append(f"{k.difference:+.3f} ({k.low:+.3f} to {k.high:+.3f})")
    return tuple(c.replace("-", "\u2212") for c in cells)


def _scores(r: Replay) -> list[Block]:
    sets = (
        ("all", r.scores()),
        ("onset", r.scores(lambda x: x.onset is True)),
        ("continuation", r.scores(lambda x: x.onset is False)),
    )
    rows = []
    for name, s in sets:
        if s is not None:
            rows.append(_skill(f"Brier, {name}", s, s.skills))
            rows.append(_skill(f"log, {name}", s, s.skills_log))
    whole = sets[0][1]
    if whole is None:
        return [Text("The history settles none of these questions.")]
    return [
        Table(
            "Scores of the settled questions; lower is better, and below zero ours is better than the baseline",
            ("Score", "Questions", "Ours", "Ours less climatology (90 %)", "Ours less persistence (90 %)"),
            tuple(rows),
        ),
        Table(
            "Chances by step: how often it came, and how often it should if the chances are right and the questions independent",
            ("Said", "Questions", "On average", "Came", "Right chances: 90 %"),
            tuple(
                (
                    f"{100 * b.low:.0f} to {100 * b.high:.0f} %", f"{b.n}", percent(b.mean),
                    f"{100 * b.came:.0f} %", f"{100 * b.least:.0f} to {100 * b.most:.0f} %",
                )
                for b in whole.bins
            ),
        ),
        Text(
            "Windows overlap and questions of a day hang together: there are far fewer independent cases than questions, and the last column is narrower than it should be. Intervals of differences draw whole days.",
            note=True,
        ),
    ]  # fmt: skip


def _bottom(r: Replay, s: Scored | None) -> str:
    days = f"{len(r.days)} day{'s' if len(r.days) > 1 else ''}"
    if s is None:
        return f"On {days} of its own history the case was asked {len(r.found)} questions; the records settle none of them."
    past = next((k for k in s.skills if k.name == "climatology"), None)
    if past is None:
        beside = "there is no past long enough to set beside it"
    elif past.low is not None and past.high is not None and past.high < 0:
        beside = "better than the past alone"
    elif past.low is not None and past.low > 0:
        beside = "worse than the past alone"
    else:
        beside = "not shown to be better or worse than the past alone"
    return f"On {days} of its own history the case was asked {s.n} questions that the records settle: a Brier score of {s.score:.3f}, {beside}."


def replay_page(r: Replay) -> Report:
    """Fill the page."""
    case = r.model.case
    start = r.days[0]
    by_question: dict[str, list[ReplayRow]] = {}
    for row in r.found:
        by_question.setdefault(row.question, []).append(row)
    key = case.key_outcome
    order = sorted(by_question, key=lambda q: not (key and q.startswith(f"{key}@")))
    long = [q for q in order if len(by_question[q]) >= LEAST_DAYS]
    pictures: list[Block] = [
        _picture(n, by_question[q], start) for n, q in enumerate(long[:MOST])
    ]
    if not pictures:
        pictures = [
            Text("No question was asked on two days: there is no line to draw.")
        ]
    rest = [
        _table(
            f"more-{n + 1}", f"{rows[0].text.rstrip('?')} {rows[0].window}?", rows
        )
        for n, rows in enumerate(by_question[q] for q in [*long[MOST:], *(q for q in order if q not in long)])
    ]  # fmt: skip
    s = r.scores()
    sections = [
        Section("Day by day", tuple(pictures)),
        Section("Scored", tuple(_scores(r))),
        Section(
            "Judged and computed",
            (
                Text(
                    f"Computed on each day: the case was cut to rows published before it (those without a day of publication known {r.lag} day{'s' if r.lag != 1 else ''} later), fitted to what was left, and simulated. Answers were looked up in the whole history."
                ),
                Text(
                    "Judged, and not cut to the day: who the actors are and what ties them, which kinds of acts there are, ranges of numbers as written, when restraints and red lines hold."
                ),
            ),
        ),
        Section("Other questions", tuple(rest)),
    ]
    return Report(
        kind="Replay",
        title=case.title or case.case,
        case_id=case.case,
        known_to=in_words(case.origin),
        bottom=_bottom(r, s),
        why=(NO_PROOF,),
        sections=tuple(x for x in sections if x.blocks),
        words=WORDS,
        foot=f"{len(r.days)} days from {in_words(r.days[0])} to {in_words(r.days[-1])} \u00b7 {r.draws:,} samples x {r.futures} courses a day \u00b7 seed {r.seed} \u00b7 case digest {r.model.digest[:16]}",
    )
