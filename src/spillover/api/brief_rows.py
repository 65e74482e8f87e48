"""Rows of the brief that come from the case: lines, restraints, warnings, levers.

Must never import `cli` or the web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from spillover.api.brief_words import VERBS, stream_label
from spillover.brief.page import (
    LeverRow,
    RedLineRow,
    RestraintRow,
    SourceRow,
    TimelineEvent,
    WarningRow,
    WatchRow,
)
from spillover.brief.words import percent, short_date
from spillover.case.number_text import Number
from spillover.case.schema import Case, Opens, PastPeak, Raises, RedLine
from spillover.ensemble.origin import Owing

if TYPE_CHECKING:
    from spillover.api.run import Run

__all__ = [
    "lever_rows",
    "red_line_rows",
    "restraint_rows",
    "source_rows",
    "timeline_events",
    "warning_rows",
    "watch_rows",
]


def _named(case: Case, actor: str) -> str:
    return case.actors[actor].name or actor if actor in case.actors else actor


def _text(case: Case, n: Number) -> str:
    """A number as written; a shared one as it is written where it stands."""
    return (
        case.shared[n.name].text
        if n.kind == "shared" and n.name in case.shared
        else n.text
    )


def _answer(case: Case, line: RedLine) -> str:
    then = line.then
    if isinstance(then, Raises):
        what = f"raises {', '.join(then.raises)} {_text(case, then.factor)} times"
    elif isinstance(then, Opens):
        what = f"opens {then.opens}"
    else:
        what = _stream_name(case, then.stream) or then.text
    when = f", after {_text(case, line.delay)}" if line.delay is not None else ""
    return f"{what}; chance {_text(case, line.chance)}{when}"


def _stream_name(case: Case, stream: str) -> str:
    found = next((s for s in case.streams if s.id == stream), None)
    return stream_label(case, found) if found else ""


def red_line_rows(run: Run, open_now: tuple[Owing, ...]) -> tuple[RedLineRow, ...]:
    """Red lines with where the threshold may lie and what is owing."""
    case = run.model.case
    pending = {o.id: o for o in open_now if o.kind == "line"}
    rows = []
    for line in case.red_lines:
        t: tuple[float, ...] = (1.0,) * 5
        says = ""
        charted = False
        if isinstance(line.reach, PastPeak):
            says = f"{line.reach.times_past_peak.text} times the past peak"
        else:
            n = line.reach
            if n.kind == "certain":
                t = (n.low,) * 5
                says = f"line at {n.low:g}"
            elif n.kind in ("varying", "unknown"):
                z = np.array([-1.645, -0.674, 0.0, 0.674, 1.645])
                middle = np.log(n.low * n.high) / 2
                t = tuple(
                    float(v)
                    for v in np.exp(middle + z * (np.log(n.high / n.low) / 3.29))
                )
                says = f"line {n.low:g} to {n.high:g}"
                charted = True
        owed = pending.get(line.id)
        text = ""
        if owed is not None and owed.chance > 0.001:
            text = f"crossed {owed.days:.0f} days before, unanswered; chance that the answer still comes {percent(owed.chance)}"
            if owed.share < 0.95:
                text += f" (crossed in {percent(owed.share)} of samples)"
        kind = line.when.kind
        counted = (
            line.when.name
            if kind == "gauge"
            else ", ".join(p.text for p in line.when.patterns)
        )
        what = {
            "deaths": "deaths by ",
            "injured": "injured by ",
            "gauge": "level of ",
        }.get(kind, "")
        window = f", within {line.within.text}" if line.within is not None else ""
        rows.append(
            RedLineRow(
                line=line.name or f"{what}{counted}{window}",
                owner=_named(case, line.owner),
                clarity="; ".join(
                    filter(
                        None,
                        [
                            line.clarity,
                            {True: "public", False: "not public"}.get(line.public, "")
                            if line.public is not None
                            else "",
                            f"tested {line.tested}" if line.tested else "",
                        ],
                    )
                ),
                answer=_answer(case, line),
                now=run.ensemble.back.counted.get(line.id, 0.0),
                t5=t[0],
                t25=t[1],
                t50=t[2],
                t75=t[3],
                t95=t[4],
                says=says,
                pending=text,
                charted=charted,
            )
        )
    return tuple(rows)


def restraint_rows(case: Case) -> tuple[RestraintRow, ...]:
    """Who can hold whom, and how strongly."""
    rows = []
    for x in case.restraints:
        held = [
            f"{_stream_name(case, k) or k}{f' ({_text(case, f)} left)' if f is not None else ''}"
            for k, f in x.holds.items()
        ]
        left = (
            f"{_text(case, x.factor)} of the rate is left where all comply"
            if x.factor is not None
            else "what is left of each rate in brackets"
        )
        fading = (
            f"; fades by half in {_text(case, x.half_life)}"
            if x.half_life is not None
            else ""
        )
        lasts = (
            f"; full for {_text(case, x.holds_for)}" if x.holds_for is not None else ""
        )
        starts = [
            r
            for r in case.records
            for p in x.when
            if (s := next((s for s in case.streams if s.id == p.stream), None))
            is not None
            and (r.source, r.action, r.target)
            == (s.event.source, s.event.action, s.event.target)
            and r.about == s.about
            and set(p.marks) <= set(r.marks)
        ]
        last = max((r.last for r in starts), default=None)
        force = (
            f"last begun {short_date(last)}"
            if last
            else (
                "since " + short_date(x.in_force.since)
                if x.in_force
                else "not in force"
            )
        )
        rows.append(
            RestraintRow(
                x.name or x.id,
                _named(case, x.owner),
                "; ".join(held),
                force,
                f"{left}{lasts}{fading}",
            )
        )
    return tuple(rows)


def warning_rows(case: Case, open_now: tuple[Owing, ...]) -> tuple[WarningRow, ...]:
    """Warnings with their dates."""
    chance = {o.id: o.chance for o in open_now if o.kind == "warning"}
    rows = []
    for w in case.warnings:
        sides = "; ".join(
            f"{s.n or ''} {'named' if s.named else 'unnamed' if s.named is False else ''} {_named(case, s.side)}".strip()
            for s in (w.says.speakers if w.says else ())
        )
        via = f", through {w.says.via}" if w.says and w.says.via else ""
        now = (
            f"; given the silence so far {percent(chance[w.id])} (computed)"
            if w.id in chance
            else ""
        )
        rows.append(
            WarningRow(
                w.name or _stream_name(case, w.event.stream) or w.event.text,
                short_date(w.issued),
                short_date(w.by) if w.by else "no deadline",
                f"{_text(case, w.chance)} (judged){now}",
                ", ".join(w.sources or w.chance.sources),
                f"{sides}{via}",
            )
        )
    return tuple(rows)


def watch_rows(case: Case) -> tuple[WatchRow, ...]:
    """What would change the answer."""
    return tuple(
        WatchRow(
            w.observation, f"before {short_date(w.by)}" if w.by else "any day", w.means
        )
        for w in case.watch
    )


def lever_rows(case: Case) -> tuple[LeverRow, ...]:
    """Levers: who can pull them, and at what price."""
    rows = []
    for x in case.levers:
        if x.kind == "none":
            continue
        cost = (
            x.cost if isinstance(x.cost, str) else "" if x.cost is None else x.cost.note
        )
        scale = (
            ""
            if x.cost is None or isinstance(x.cost, str) or x.cost.scale is None
            else f"{x.cost.scale:g} of 5: "
        )
        both = f" ({' and '.join(x.both)})" if x.both else ""
        delay = x.delay.text if isinstance(x.delay, Number) else x.delay
        rows.append(
            LeverRow(
                (x.name or x.id) + both,
                ", ".join(_named(case, o) for o in x.owner),
                x.kind,
                delay,
                f"{scale}{cost}",
                x.risk,
            )
        )
    return tuple(rows)


KINDS: dict[str, tuple[Literal["attack", "support", "restraint", "other"], str]] = {
    "ASSAULT": ("attack", "done"),
    "COERCE": ("restraint", "asked to hold back"),
    "REQUEST": ("restraint", "asked to hold back"),
    "AGREE": ("restraint", "asked to hold back"),
    "REJECT": ("other", "said"),
    "THREATEN": ("other", "said"),
    "PROTEST": ("other", "said"),
    "ACCUSE": ("other", "said"),
    "RETREAT": ("restraint", "asked to hold back"),
}


def timeline_events(
    case: Case, days: int = 60, most: int = 18
) -> tuple[TimelineEvent, ...]:
    """Dated records of the last two months, the latest ones when there are many."""
    found = []
    for r in sorted(case.records, key=lambda r: r.last):
        day = (r.last - case.origin).days
        if day < -days or r.action not in KINDS or (r.last - r.first).days > 14:
            continue
        kind, lane = KINDS[r.action]
        verb = VERBS[r.action]
        short = {
            a.id: (a.aliases[0] if a.aliases else a.name or a.id)
            for a in case.actors.values()
        }
        a, b = (
            min(
                (
                    short.get(x, x),
                    x.upper() if len(x) < 4 else x.replace("-", " ").capitalize(),
                ),
                key=len,
            )
            for x in (r.source, r.target)
        )
        found.append(TimelineEvent(day, f"{a} {verb} {b}", kind, lane))
    lanes = {"said": 0, "asked to hold back": 1, "done": 2}
    return tuple(sorted(found[-most:], key=lambda e: (lanes[e.lane], e.day)))


def source_rows(case: Case) -> tuple[SourceRow, ...]:
    """Sources, graded apart."""
    return tuple(
        SourceRow(
            s.id,
            f"{s.title}{f' ({s.publisher})' if s.publisher else ''}",
            short_date(s.date) if s.date else s.date_note or "no date",
            s.grade,
            s.note,
        )
        for s in case.sources.values()
    )
