"""An update of a watch in words.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spillover.api.ahead import Known
from spillover.brief.words import interval, percent
from spillover.study.risk_line import Part, Split, tenths

__all__ = ["News", "news_of", "update_lines", "why_words"]

MOST = 8
"""Rows of a list that are shown."""
LEAST = 0.005
"""Change of a chance below which an indicator is not shown."""
NAMES = {"time": "time", "data": "new data", "model": "model"}


@dataclass(frozen=True)
class News:
    """Events of a stream on some days, as known before and now.

    ``late`` when those days were over at the update before.
    """

    stream: str
    first: dt.date
    last: dt.date
    before: int
    after: int
    late: bool


def news_of(
    before: Sequence[Known], now: Sequence[Known], origin: dt.date
) -> tuple[News, ...]:
    """What became known, or was revised, since the update at ``origin``."""
    sums: dict[tuple[str, dt.date, dt.date], list[int]] = {}
    for n, rows in enumerate((before, now)):
        for k in rows:
            sums.setdefault((k.stream, k.first, k.last), [0, 0])[n] += k.count
    return tuple(
        News(s, first, last, was, then, last < origin)
        for (s, first, last), (was, then) in sorted(sums.items())
        if was != then
    )


def _events(n: int) -> str:
    return f"{n:,} event" if n == 1 else f"{n:,} events"


def why_words(
    first: bool,
    moved: bool,
    before: dt.date | None,
    origin: dt.date,
    news: Sequence[News],
    told: Sequence[str],
    restarted: str,
) -> list[str]:
    """What happened since the last update, in short sentences."""
    if first:
        return [f"The watch begins at {origin}."]
    said = []
    if moved and before is not None:
        days = (origin - before).days
        said.append(f"Time: {days} {'day' if days == 1 else 'days'}, {before} to {origin}.")  # fmt: skip
    more = sum(max(0, x.after - x.before) for x in news)
    fewer = sum(max(0, x.before - x.after) for x in news)
    late = sum(abs(x.after - x.before) for x in news if x.late)
    if news:
        parts = [f"{_events(more)} more"] if more else []
        parts += [f"{_events(fewer)} fewer, by revision"] if fewer else []
        text = " and ".join(parts)
        if late:
            text += f"; {late:,} of them late: of days before {before}"
        said.append(f"New data: {text}.")
    said += [f"Model: {t}." for t in told]
    if restarted:
        said.append(f"{restarted[0].upper()}{restarted[1:]}.")
    return said or ["Nothing changed."]


def _signed(tenth: int) -> str:
    sign = "+" if tenth > 0 else "-" if tenth < 0 else ""
    return f"{sign}{abs(tenth) / 10:.1f}"


def _change(q: Mapping[str, Any]) -> str:
    c = q["change"]
    if c is None:
        return ""
    parts = tuple(Part(**p) for p in c["parts"])
    split = Split(c["futures"], c["change"], c["total"], parts)
    shown = tenths(split)
    moved = [
        f"{NAMES[p.step]} {_signed(t)}" if p.low > 0.0 or p.high < 0.0
        else f"{NAMES[p.step]} ({_signed(t)})"
        for p, t in zip(parts, shown, strict=True)
        if p.futures or t
    ]  # fmt: skip
    whole = _signed(sum(shown))
    return f"  {whole:>5} points" + (f" = {', '.join(moved)}" if moved else "")


def update_lines(body: Mapping[str, Any]) -> list[str]:
    """An update as lines for people."""
    lines = [f"{body['case']}, origin {body['origin']} (update {body['n']}, {_events(body['known_events'])} put in)"]  # fmt: skip
    lines += [f"  {w}" for w in body["why"]]
    wide = max((len(q["window"]) for q in body["questions"]), default=0) + 1
    said = {
        q["id"]: f"{percent(q['p'])} ({interval(q['low'], q['high'])})"
        for q in body["questions"]
    }
    broad = max(map(len, said.values()), default=0)
    title = ""
    for q in body["questions"]:
        if q["text"] != title:
            title = q["text"]
            lines += ["", title]
        p = said[q["id"]]
        lines.append(f"  {q['window']:<{wide}} {p:<{broad}}{_change(q)}".rstrip())
    if any(q["change"] for q in body["questions"]):
        lines.append("Points since the last update; in brackets: no more than chance, for the futures being finitely many.")  # fmt: skip
    lines += _news(body) + _activity(body) + _indicators(body)
    return lines


def _news(body: Mapping[str, Any]) -> list[str]:
    news = body["news"]
    if not news:
        return []
    lines = ["", "What became known"]
    for x in news[:MOST]:
        days = x["first"] if x["first"] == x["last"] else f"{x['first']} to {x['last']}"
        late = "  (late)" if x["late"] else ""
        was = f", was {x['before']}" if x["before"] else ""
        lines.append(f"  {days}  {x['stream']}: {x['after']}{was}{late}")
    if len(news) > MOST:
        lines.append(f"  and {len(news) - MOST} more, in now.json")
    return lines


def _activity(body: Mapping[str, Any]) -> list[str]:
    rows = [r for r in body["activity"] if max(r["last_7_days"], r["brought_on_per_day"]) >= 0.005 or r["usual_in_7_days"] >= 0.05]  # fmt: skip
    if not rows:
        return []
    lines = ["", "Streams: dated events in the last 7 days; in a usual week of the 90 days before; how many a day past events bring on now"]  # fmt: skip
    lines += [
        f"  {r['stream']:<28} {r['last_7_days']:>6.1f} {r['usual_in_7_days']:>6.1f} {r['brought_on_per_day']:>7.2f}"
        for r in rows[:MOST]
    ]
    if len(rows) > MOST:
        lines.append(f"  and {len(rows) - MOST} more, in now.json")
    return lines


def _indicators(body: Mapping[str, Any]) -> list[str]:
    found = [x for x in body["indicators"] if not x["itself"]]
    if not found:
        return []
    texts = {
        q["id"]: f"{q['text']} {q['window']}, now {percent(q['p'])}"
        for q in body["questions"]
    }
    lines = []
    for question in dict.fromkeys(x["question"] for x in found):
        mine = [x for x in found if x["question"] == question]
        shown = [x for x in mine if _tells(x)][:5]
        lines += ["", f"What to look out for: {texts.get(question, question)}"]  # fmt: skip
        lines += [_indicator(x) for x in shown]
        if not shown:
            lines.append("  no single observation would move it beyond chance")
    return lines


def _tells(x: Mapping[str, Any]) -> bool:
    return bool(x["low"] > 0.0 or x["high"] < 0.0) and abs(x["change"]) >= LEAST


def _indicator(x: Mapping[str, Any]) -> str:
    what = f"{x['stream']} tomorrow" if x["kind"] == "event" else f"no {x['stream']} for 7 days"  # fmt: skip
    tenth = [_signed(round(1000 * x[k])) for k in ("change", "low", "high")]
    remote = "" if x["may_well"] else ", remote" if x["kind"] == "event" else ", nearly sure"  # fmt: skip
    return f"  {what:<40} {tenth[0]:>5} points ({tenth[1]} to {tenth[2]}); chance to see it {percent(x['seen'])}{remote}"
