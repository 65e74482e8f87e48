"""A draft in words: the case file with its reasons, the codebook and the events.

Every number says what it rests on: the data, or a judgement and whose. This file must
never import an engine, a schema or a page.
"""
# ruff: noqa: E501 - sentences for people

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math

import numpy as np

from spillover.study.discover import RECENT_DAYS, VIOLENT, Draft, DraftStream
from spillover.study.discover_links import Link

__all__ = ["draft_files"]

WINDOWS = (30, 60, 90)
ASKED = 5
HISTORY_DAYS = 120
NAMES = {
    "AGREE": "Agreements of {a} with {b}",
    "CONSULT": "Talks of {a} with {b}",
    "SUPPORT": "Support of {a} for {b}",
    "COOPERATE": "Cooperation of {a} with {b}",
    "AID": "Aid of {a} to {b}",
    "CONCEDE": "Concessions of {a} to {b}",
    "RETREAT": "Steps back by {a} before {b}",
    "REQUEST": "Requests of {a} to {b}",
    "ACCUSE": "Accusations by {a} of {b}",
    "REJECT": "Refusals of {a} to {b}",
    "THREATEN": "Threats of {a} to {b}",
    "PROTEST": "Protests by {a} against {b}",
    "SANCTION": "Sanctions of {a} on {b}",
    "MOBILIZE": "Mobilizing by {a} against {b}",
    "COERCE": "Coercion by {a} of {b}",
    "ASSAULT": "Attacks by {a} on {b}",
}
HEADER = """\
# A DRAFT, made by machine from events alone. It is to be reviewed, not believed.
#   What it has:  the {streams} busiest kinds of events between two actors, how often they came of late,
#                 and the few responses that daily counts show above chance and beyond a placebo.
#   What it has not:  ties, restraints, red lines, replies, warnings, levers: events do not hold them.
#                 A model without restraints says what happens if nobody holds anybody back.
#   Rows of news data are reports, not acts; a busy year may be busy reporters.
# Data: {first} to {last}. {rows} rows read: {kept} on these streams, {other} of less busy kinds,
#   {internal} within one actor, with an end or the action unknown, {undated} without a date.
# Review: 1. actors and codebook.csv: who was thrown together, who is missing. 2. streams that are noise.
#   3. every response: is there a reason for it? 4. add what holds them back (restraints, red_lines).
#   5. spillover fit {case} --events ... learns the numbers again, all together.
# Rates are twice as wide as the data alone say, since a run fits them to the last of the same events again.
# How numbers are written: 0.2..0.6 per day is a number we do not know (central 90 %); 1~4 varies each time.
"""


def _s(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _n(x: float) -> str:
    """Three significant digits, never in powers of ten."""
    if x == 0.0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(x))))
    text = f"{x:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _range(low: float, high: float, unit: str = "") -> str:
    """A range, its ends never the same."""
    a, b = _n(low), _n(high)
    if a == b:
        a, b = _n(0.95 * low), _n(1.05 * high)
    return f"{a}..{b}{unit}"


def _wider(low: float, high: float) -> tuple[float, float]:
    """Twice as wide in logarithms: a run fits the numbers to the same events again."""
    middle = math.sqrt(low * high)
    return low * low / middle, high * high / middle


def _value(value: str, basis: str, why: str, sources: str) -> str:
    known = f", sources: [{sources}]" if basis == "data" else ""
    return f"{{is: {value}, basis: {basis}, why: {_s(why)}{known}}}"


class _Writer:
    def __init__(self, draft: Draft, case: str) -> None:
        self.draft, self.case = draft, case
        self.names = {a.id: a.name for a in draft.actors}
        self.sources = ", ".join(f"{d}-events" for d, _ in draft.datasets)

    def name(self, s: DraftStream) -> str:
        return NAMES[s.action].format(a=self.names[s.source], b=self.names[s.target])

    def head(self) -> list[str]:
        d = self.draft
        text = HEADER.format(
            streams=len(d.streams), first=d.first, last=d.origin - dt.timedelta(days=1),
            rows=d.rows, kept=d.kept, other=d.other, internal=d.internal,
            undated=d.undated, case=self.case,
        )  # fmt: skip
        begins = events_begin(d)
        return [
            *text.rstrip().split("\n"),
            "spillover: 1",
            f"case: {self.case}",
            'title: "Draft from events"',
            'question: "Which kinds of events bring on which, and what comes next if nobody holds anybody back?"',
            f"origin: {d.origin}            # what is known is before this day",
            "horizon: 90 days",
            f"history: {{events: events.csv, codebook: codebook.csv, begins: {begins}}}",
            "",
            "sources:",
            *(
                f"  {name}-events: {{title: {_s(f'{name}: {n} rows of events on these streams')}, date: {d.origin - dt.timedelta(days=1)}}}"
                for name, n in d.datasets
            ),
        ]

    def actors(self) -> list[str]:
        lines = [
            "",
            "actors:                       # found in codebook.csv by what the data print",
        ]
        for a in self.draft.actors:
            code = f", iso3: {a.iso3}" if a.iso3 else ""
            lines.append(f"  {a.id}: {{name: {_s(a.name)}, kind: {a.kind}{code}}}")
        return lines

    def streams(self) -> list[str]:
        d = self.draft
        lines = ["", "streams:                      # the busiest first"]
        days = min(RECENT_DAYS, d.streams[0].daily.size)
        for s in d.streams:
            total = s.daily.sum() + sum(n for _, _, n in s.spanned)
            why = f"{s.recent:g} events in the last {days} days, less what the responses explain"
            rate = _range(*_wider(*s.baseline), " per day")
            lines += [
                f"  - id: {s.id}",
                f"    name: {_s(self.name(s))}",
                f"    event: {s.source} {s.action} {s.target}   # {total:g} events in all",
                f"    baseline: {_value(rate, 'data', why, self.sources)}",
            ]
            if s.deadly is not None:
                low, high, few, many = s.deadly
                chance = _value(
                    _range(low, high),
                    "data",
                    "share of events with known deaths",
                    self.sources,
                )
                number = str(few) if few == many else f"{few}~{many}"
                deaths = _value(
                    number, "data", "deaths of such events, middle 90 %", self.sources
                )
                lines.append(
                    f"    marks: {{deaths: {{chance: {chance}, number: {deaths}}}}}"
                )
        return lines

    def responses(self) -> list[str]:
        d = self.draft
        lines = [
            "",
            "responses:                    # an event brings others on: own first, then what the data show",
        ]
        if d.scaled < 1.0:
            lines.append(
                f"  # All children were multiplied by {d.scaled:.2f}: as found, too many draws would let events beget events without end."
            )
        for x in d.links:
            lines += self._response(x)
        return lines

    def _response(self, x: Link) -> list[str]:
        d = self.draft
        when, then = d.streams[x.source], d.streams[x.target]
        z = 1.6448536
        reach = math.exp(z * x.spread)
        low, high = x.children / reach, x.children * reach
        if x.basis == "judgement":
            why = "too few events to test; judged wide: a third to a half of attacks in Iraq 2003-07 followed from others, most provocations go unanswered"
            pace = "judged: excitation lasted at most weeks in Iraq 2003-07"
        elif x.role == "own":
            why = "runs of the stream itself in daily counts; slow swings may be in it"
            pace = "best of a grid in daily counts, and its neighbours"
        else:
            why = f"{x.role}: daily counts, score above shifted placebos with p {_n(max(x.p, 1e-6))}"
            pace = "best of a grid in daily counts, and its neighbours"
        children = _value(_range(low, high), x.basis, why, self.sources)
        half = _value(
            _range(x.half_life_low, x.half_life_high, " days"),
            x.basis,
            pace,
            self.sources,
        )
        return [
            f"  - {{id: {then.id}-by-{when.id}, when: {when.id}, then: {then.id}, children: {children}, half_life: {half}}}   # {x.role}"
        ]

    def outcomes(self) -> list[str]:
        lines = ["", "outcomes:                     # of the most violent streams"]
        for s in self.asked():
            total = float(s.daily.sum()) + sum(n for _, _, n in s.spanned)
            if total / s.daily.size * WINDOWS[0] < 3.0:
                lines += self._at_least_one(s, round(total))
            else:
                lines += self._more_than_usual(s)
        return lines

    def asked(self) -> list[DraftStream]:
        """Streams that outcomes ask about: the violent ones, else the busiest."""
        violent = [s for a in VIOLENT for s in self.draft.streams if s.action == a]
        return (violent or list(self.draft.streams))[:ASKED]

    def _at_least_one(self, s: DraftStream, total: int) -> list[str]:
        windows = ", ".join(f"{w} days" for w in WINDOWS)
        past = f"{{class: in these data, events: {total}, days: {s.daily.size}, sources: [{self.sources}]}}"
        return [
            f"  - id: any-{s.id}",
            f"    name: {_s(self.name(s))}",
            f"    question: {_s(f'Is there at least one: {self.name(s)}?')}",
            f"    event: {s.id}",
            "    at_least: 1",
            f"    within: [{windows}]",
            f"    references: [{past}]",
        ]

    def _more_than_usual(self, s: DraftStream) -> list[str]:
        lines = []
        sums = np.concatenate([[0.0], np.cumsum(s.daily)])
        for w in WINDOWS:
            if s.daily.size < 2 * w:
                continue
            windows = sums[w:] - sums[:-w]
            usual = math.floor(float(np.quantile(windows, 0.8)))
            apart = windows[::-w]
            past = f"{{class: windows of {w} days in these data with more than {usual}, events: {int((apart > usual).sum())}, days: {apart.size * w}, sources: [{self.sources}]}}"
            lines += [
                f"  - id: many-{s.id}-{w}",
                f"    name: {_s(f'More than usual: {self.name(s)}, {w} days')}",
                f"    question: {_s(f'{self.name(s)}: more than {usual}, as in one of five past windows of {w} days?')}",
                f"    event: {s.id}",
                f"    at_least: {usual + 1}",
                f"    within: {w} days",
                f"    references: [{past}]",
            ]
        return lines

    def limits(self) -> list[str]:
        d = self.draft
        told = [
            "Made by machine from events alone; nobody has reviewed it.",
            "No ties, restraints, red lines or levers: events do not hold them.",
            "A response in daily counts may be a common cause that moves within days.",
        ]
        if any(name in ("gdelt", "icews", "polecat") for name, _ in d.datasets):
            told.append(
                "Rows coded by machine from news are reports: many about one act, and some about none."
            )
        if any(name == "ucdp" for name, _ in d.datasets):
            told.append(
                "UCDP does not say who acted first: its first side stands as the actor."
            )
        return ["", "limits:", *(f"  - {_s(t)}" for t in told)]


def events_begin(draft: Draft) -> dt.date:
    """First day of the events that go with the draft: a season, or what 20,000 allow."""
    daily = sum(s.daily for s in draft.streams)
    back = np.cumsum(np.asarray(daily)[::-1])
    days = int(min(HISTORY_DAYS, back.size, max(int((back <= 20_000).sum()), 14)))
    return draft.origin - dt.timedelta(days=days)


def draft_files(draft: Draft, case: str) -> dict[str, str]:
    """Name to text of the files of a draft case.

    Parameters
    ----------
    draft
        From `discover`.
    case
        Id of the case.
    """
    w = _Writer(draft, case)
    parts = (w.head, w.actors, w.streams, w.responses, w.outcomes, w.limits)
    text = "\n".join(line for part in parts for line in part()) + "\n"
    return {
        "case.yaml": text,
        "codebook.csv": _codebook(draft),
        "events.csv": _events(draft),
    }


def _codebook(draft: Draft) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("printed", "actor", "note"))
    for a in draft.actors:
        writer.writerow((a.printed, a.id, a.name))
    return out.getvalue()


def _events(draft: Draft) -> str:
    begins = events_begin(draft)
    skip = (begins - draft.first).days
    rows: list[tuple[str, str, str, int]] = []
    for s in draft.streams:
        for d in np.flatnonzero(s.daily[skip:]):
            day = begins + dt.timedelta(days=int(d))
            rows.append((s.id, day.isoformat(), "", round(float(s.daily[skip + d]))))
        for first, last, n in s.spanned:
            if first >= begins and round(n) > 0:
                to = last.isoformat() if last > first else ""
                rows.append((s.id, first.isoformat(), to, round(n)))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("stream", "date", "date_to", "count"))
    writer.writerows(r for r in sorted(rows) if r[3] > 0)
    return out.getvalue()
