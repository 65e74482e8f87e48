"""From the schema to what the builders take.

Names are resolved, units already those of the model.

The only file of `assemble` that knows the schema.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from typing import Literal

from spillover.assemble.patterns import StreamWords
from spillover.assemble.relations import Relations
from spillover.assemble.sources import (
    ActionSource,
    AddedActSource,
    AmountSource,
    CaseSource,
    ChoiceSource,
    ConditionSource,
    CountSource,
    DriverSource,
    DrivesSource,
    EventSource,
    GaugeSource,
    Hold,
    LeverSource,
    LineSource,
    MarkSource,
    OutcomeSource,
    RaisesSource,
    RecordSource,
    ReplySource,
    ReportSource,
    ResponseSource,
    RestraintSource,
    StateSource,
    StreamSource,
    TieSource,
    VariantSource,
    WarningSource,
    Yielding,
)
from spillover.assemble.values import certain
from spillover.case import schema
from spillover.case.number_text import Number
from spillover.case.pattern_text import PatternText, QuantityText, parse_pattern
from spillover.case.tables import IntervalCount, Record

__all__ = ["source_of"]

DRIVER = "driver "


# ---- small parts -----------------------------------------------------------------


def _mark(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name.strip(), value.strip()


def _holds(texts: Mapping[str, Number | None] | Iterable[str]) -> tuple[Hold, ...]:
    pairs = texts.items() if isinstance(texts, Mapping) else ((t, None) for t in texts)
    found = []
    for text, factor in pairs:
        if text.startswith(DRIVER):
            driver = text.removeprefix(DRIVER).strip()
            found.append(Hold(text, driver=driver, factor=factor))
        else:
            found.append(Hold(text, (parse_pattern(text),), factor=factor))
    return tuple(found)


def _yielding(value: object) -> Yielding:
    if isinstance(value, Number):
        return Yielding(number=value)
    if isinstance(value, Mapping):
        return Yielding(members=dict(value))
    return Yielding(by_control=value == "by control")


def _dates(pending: Iterable[schema.PendingDay]) -> tuple[dt.date, ...]:
    return tuple(p.on for p in pending)


def _relations(case: schema.Case) -> Relations:
    return Relations(
        parents={
            a: actor.wholes() for a, actor in case.actors.items() if actor.wholes()
        },
        members={a: tuple(x.members) for a, x in case.actors.items() if x.members},
        inside={p: place.in_ for p, place in case.places.items() if place.in_},
    )


# ---- sections --------------------------------------------------------------------


def _amount(harm: schema.Harm) -> AmountSource:
    chance = certain(1.0, "chance") if harm.chance is None else harm.chance
    return AmountSource(chance, harm.given, harm.number)


def _stream(s: schema.Stream) -> StreamSource:
    harms = {"deaths": s.marks.deaths, "injured": s.marks.injured, "size": s.marks.size}
    words = StreamWords(
        id=s.id,
        source=s.event.source,
        action=s.event.action,
        target=s.event.target,
        place_from=s.event.place_from,
        place_in=s.event.place_in,
        about=s.about,
        places=tuple(p for p in s.marks.choices.get("in", {}) if p != "rest"),
        values={n: tuple(v) for n, v in s.marks.choices.items() if n != "in"},
        yes_no=tuple(s.marks.yes_no),
    )
    return StreamSource(
        words=words,
        name=s.name or s.id,
        baseline=s.baseline,
        level=s.level,
        drivers=dict(s.drivers),
        weekday=s.weekday,
        marks=MarkSource(
            choices=s.marks.choices,
            yes_no=s.marks.yes_no,
            amounts={n: _amount(h) for n, h in harms.items() if h is not None},
        ),
        dormant=s.dormant,
        observed=tuple((o.share, o.from_, o.to) for o in s.observed),
    )


def _driver(name: str, d: schema.Driver) -> DriverSource:
    return DriverSource(
        id=name,
        path=d.path,
        half_life=d.half_life,
        spread=d.spread,
        reverts_to=d.reverts_to,
        reverts_half_life=d.reverts_half_life,
        jump_rate=d.jumps.rate if d.jumps else None,
        jump_times=d.jumps.times if d.jumps else None,
        floor=d.floor,
        ceiling=d.ceiling,
        given=tuple(d.given.items()),
        sum_of=dict(d.sum_of),
    )


def _response(r: schema.Response) -> ResponseSource:
    kernel: tuple[tuple[Number, Number | None], ...]
    if isinstance(r.half_life, Number):
        kernel = ((r.half_life, None),)
    else:
        kernel = tuple((k.half_life, k.share) for k in r.half_life)
    return ResponseSource(
        id=r.id,
        when=r.when,
        then=r.then,
        children=r.children,
        kernel=kernel,
        lag=r.lag,
        when_fatal=r.when_fatal,
        times=tuple((_mark(text), value) for text, value in r.times.items()),
    )


def _condition(c: schema.Condition) -> ConditionSource:
    if c.not_ is not None:
        inner = _condition(c.not_)
        return ConditionSource(
            f"not {inner.text}",
            inner.state,
            inner.restraint,
            inner.gauge,
            inner.event,
            inner.within,
            inner.above,
            not inner.negate,
        )
    if c.state:
        text = f"state {c.state}"
    elif c.restraint:
        text = f"restraint {c.restraint}"
    elif c.gauge:
        text = f"gauge {c.gauge}"
    else:
        text = " or ".join(p.text for p in c.event)
    return ConditionSource(
        text, c.state, c.restraint, c.gauge, c.event, c.within, c.above
    )


def _reply(r: schema.Reply) -> ReplySource:
    return ReplySource(
        id=r.id,
        ask=r.ask,
        within=r.within,
        answers=tuple(
            (text, None if text == "none" else parse_pattern(text), chance)
            for text, chance in r.answers.items()
        ),
        delay=r.delay,
        odds_if=tuple((_condition(o.when), dict(o.times)) for o in r.odds_if),
        weigh_past=r.weigh_past,
        pending=_dates(r.pending),
    )


def _restraint(r: schema.Restraint) -> RestraintSource:
    return RestraintSource(
        id=r.id,
        holds=_holds(r.holds),
        when=r.when,
        owner=r.owner,
        factor=r.factor,
        delay=r.delay,
        holds_for=r.holds_for,
        half_life=r.half_life,
        compliance=_yielding(r.compliance),
        obeys=_yielding(r.obeys),
        ends_when=r.ends_when,
        until=r.until,
        while_state=r.while_,
        in_force=None if r.in_force is None else (r.in_force.since, r.in_force.to),
    )


def _line(x: schema.RedLine) -> LineSource:
    peak = x.reach.times_past_peak if isinstance(x.reach, schema.PastPeak) else None
    raises = None
    if isinstance(x.then, schema.Raises):
        raises = RaisesSource(
            _holds(x.then.raises),
            x.then.factor,
            x.then.for_,
            x.then.half_life,
            x.then.cap,
            x.then.offspring,
        )
    opens = x.then if isinstance(x.then, schema.Opens) else None
    return LineSource(
        id=x.id,
        owner=x.owner,
        when=x.when,
        chance=x.chance,
        reach=x.reach if isinstance(x.reach, Number) else None,
        times_past_peak=peak,
        within=x.within,
        act=x.then if isinstance(x.then, PatternText) else None,
        raises=raises,
        opens=opens.opens if opens else "",
        opens_for=opens.for_ if opens else None,
        delay=x.delay,
        times=x.times,
        counts=x.counts_as_crossing,
        wear_reach=x.wears.reach if x.wears else None,
        wear_chance=x.wears.chance if x.wears else None,
        weigh_past=x.weigh_past,
        pending=_dates(x.pending),
    )


def _gauge(name: str, g: schema.Gauge) -> GaugeSource:
    return GaugeSource(
        id=name,
        half_life=g.half_life,
        raised_by=tuple(
            (text, (parse_pattern(text),), step) for text, step in g.raised_by.items()
        ),
        start=g.start,
        at_origin=g.at_origin,
        drives=tuple(
            DrivesSource(_holds((*d.holds, *d.raises)), d.factor, d.half_at, d.cap)
            for d in g.drives
        ),
    )


def _bounds(o: schema.Outcome, *, whole: bool) -> tuple[float, float]:
    """Lowest and highest sum that makes it true."""
    if o.between is not None:
        return o.between
    low, high = -math.inf, math.inf
    if o.at_least is not None:
        low = o.at_least
    if o.more_than is not None:
        after = (
            math.floor(o.more_than) + 1.0
            if whole
            else math.nextafter(o.more_than, math.inf)
        )
        low = max(low, after)
    if o.at_most is not None:
        high = o.at_most
    if low == -math.inf:
        low = 0.0 if high < math.inf else 1.0
    return low, high


def _outcome(o: schema.Outcome) -> OutcomeSource:
    of, first_within = o.of, math.inf
    first: tuple[PatternText, ...] = ()
    if o.sequence is not None:
        of = QuantityText("count", o.sequence.then)
        first = o.sequence.first
        first_within = o.sequence.within.low
    low, high = _bounds(o, whole=of is None or of.kind != "gauge")
    months: dict[str, Literal["any", "every"]] = {
        "any calendar month": "any",
        "every calendar month": "every",
    }
    return OutcomeSource(
        id=o.id,
        question=o.question,
        of=of,
        low=low,
        high=high,
        count=o.count,
        first_time=o.first_time,
        within=tuple(round(w.low) for w in o.within),
        before=o.before,
        by=o.by,
        months=months.get(o.in_, ""),
        any_days=30 if o.in_ == "any 30 days" else 0,
        until=o.until,
        any_of=o.any_of,
        all_of=o.all_of,
        first=first,
        first_within=first_within,
        unmodelled=o.unmodelled,
    )


def _action(a: schema.Action) -> ActionSource:
    if a.act is not None:
        return ActionSource("act", a.act, a.on, a.try_, chance=a.chance)
    if a.set:
        return ActionSource("set", numbers=dict(a.set))
    if a.scale:
        return ActionSource("scale", numbers=dict(a.scale))
    if a.off:
        return ActionSource("off", element=a.off)
    return ActionSource("if", a.then, condition=a.if_, delay=a.delay, chance=a.chance)


def _lever(x: schema.Lever) -> LeverSource:
    return LeverSource(
        id=x.id,
        name=x.name or x.id,
        kind=x.kind,
        owners=x.owner,
        do=tuple(_action(a) for a in x.do),
        both=x.both,
    )


def _variant(name: str, v: schema.Variant) -> VariantSource:
    return VariantSource(
        id=name,
        name=v.name or name,
        choices=tuple(
            ChoiceSource(c, choice.weight, dict(choice.set), choice.off)
            for c, choice in v.choices.items()
        ),
    )


def _record(r: Record) -> RecordSource:
    return RecordSource(
        id=r.id,
        date=r.first,
        date_to=r.last,
        source=r.source,
        action=r.action,
        target=r.target,
        place_from=r.place_from,
        place_in=r.place_in,
        about=r.about,
        deaths=r.deaths,
        injured=r.injured,
        marks=r.marks,
        order=r.order,
    )


def _whole(value: float) -> int | None:
    return round(value) if math.isfinite(value) else None


def _count(row: IntervalCount) -> CountSource:
    printed = getattr(row, "count", None)
    return CountSource(
        id=row.id,
        since=row.first,
        to=row.last,
        of=row.of.patterns if row.of.kind != "report" else (),
        report=row.of.name if row.of.kind == "report" else "",
        text=row.text,
        kind=row.kind,
        count=printed,
        low=_whole(row.low),
        high=_whole(row.high),
        rival=row.rival,
        weight=row.weight,
    )


def source_of(case: schema.Case) -> CaseSource:
    """Everything of a case that the model needs."""
    return CaseSource(
        id=case.case,
        origin=case.origin,
        horizon=float(case.horizon.low),
        begins=case.history.begins,
        relations=_relations(case),
        numbers=case.shared,
        alike=case.alike,
        members={a: x.members for a, x in case.actors.items() if x.members},
        ties=tuple(
            TieSource(t.id or f"{t.from_}--{t.to}", t.from_, t.to, t.control)
            for t in case.ties
            if t.control is not None
        ),
        drivers=tuple(_driver(n, d) for n, d in case.drivers.items()),
        states=tuple(
            StateSource(n, s.on_when, s.off_when, s.lasts, s.initially, s.since)
            for n, s in case.states.items()
        ),
        streams=tuple(_stream(s) for s in case.streams),
        reports=tuple(
            ReportSource(r.id, r.of, r.real, r.claimed) for r in case.reports
        ),
        responses=tuple(_response(r) for r in case.responses),
        replies=tuple(_reply(r) for r in case.replies),
        restraints=tuple(_restraint(r) for r in case.restraints),
        red_lines=tuple(_line(x) for x in case.red_lines),
        warnings=tuple(
            WarningSource(
                w.id, w.event, w.issued, w.chance, w.by, w.after_deadline, w.fades
            )
            for w in case.warnings
        ),
        gauges=tuple(_gauge(n, g) for n, g in case.gauges.items()),
        outcomes=tuple(_outcome(o) for o in case.outcomes),
        levers=tuple(_lever(x) for x in case.levers),
        added=tuple(
            AddedActSource(x.id, day, action.act)
            for x in case.what_ifs
            for action in x.acts
            for day in action.on
            if action.act is not None
        ),
        variants=tuple(_variant(n, v) for n, v in case.variants.items()),
        records=tuple(_record(r) for r in case.records),
        counts=tuple(_count(c) for c in case.counts),
        events=tuple(
            EventSource(e.stream, e.first, e.last, e.count) for e in case.events
        ),
    )
