"""Responses and replies: what an event brings."""

from __future__ import annotations

import datetime as dt

from spillover.assemble.context import Context
from spillover.assemble.sources import ConditionSource, ReplySource, ResponseSource
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.structure import (
    ABSENT,
    DEADLY,
    Answer,
    Condition,
    KernelPart,
    OddsRule,
    Reply,
    Response,
    WeightRule,
)

__all__ = ["build_reply", "build_response", "midday"]


def midday(ctx: Context, date: dt.date) -> float:
    """Middle of a day before the origin, for what has a date but no record."""
    return ctx.day(date) + 0.5


def _mark(ctx: Context, mark: tuple[str, str]) -> int:
    name, value = mark
    if name == "in":
        return ctx.bits.of(f"in: {value}")
    return ctx.bits.of(f"{name}: {value}" if value else name)


def build_response(ctx: Context, source: ResponseSource) -> Response:
    """One response with its kernel and weights."""
    path = f"responses.{source.id}"
    weights = []
    if source.when_fatal is not None:
        slot = ctx.number(f"{path}.when_fatal", source.when_fatal)
        weights.append(WeightRule(DEADLY, slot))
    for mark, times in source.times:
        name = f"{mark[0]}: {mark[1]}" if mark[1] else mark[0]
        slot = ctx.number(f"{path}.times.{name}", times)
        weights.append(WeightRule(_mark(ctx, mark), slot))
    parts = []
    for k, (half_life, share) in enumerate(source.kernel, 1):
        if share is None:
            parts.append(KernelPart(ctx.number(f"{path}.half_life", half_life)))
            continue
        own = f"{path}.half_life.{k}"
        parts.append(
            KernelPart(
                ctx.number(f"{own}.half_life", half_life),
                ctx.number(f"{own}.share", share),
            )
        )
    return Response(
        id=source.id,
        key=id_key("response", source.id),
        when=ctx.pattern(source.when),
        then=ctx.act(source.then),
        children=ctx.number(f"{path}.children", source.children, zero=0.0),
        kernel=tuple(parts),
        lag=ctx.number(f"{path}.lag", source.lag),
        weights=tuple(weights),
    )


def build_condition(
    ctx: Context, source: ConditionSource, path: str, key: str
) -> Condition:
    """Compile what must hold at an ask; ``key`` names its numbers by content."""
    own = f"{path}.when.not" if source.negate else f"{path}.when"
    if source.state:
        at = ctx.at("states", source.state, path)
        return Condition("state", at, negate=source.negate)
    if source.restraint:
        at = ctx.at("factors", source.restraint, path)
        return Condition("factor", at, negate=source.negate)
    if source.gauge:
        return Condition(
            "gauge",
            ctx.at("gauges", source.gauge, path),
            above=ctx.number(f"{own}.above", source.above, key=f"{key}.above"),
            negate=source.negate,
        )
    return Condition(
        "event",
        pattern=ctx.pattern(source.event),
        within=ctx.number(f"{own}.within", source.within, key=f"{key}.within"),
        negate=source.negate,
    )


def build_reply(ctx: Context, source: ReplySource) -> Reply:
    """One reply; an answer that takes the rest gets a column, silence needs none."""
    path = f"replies.{source.id}"
    slots = {
        text: ctx.number(f"{path}.answers.{text}", chance, zero=0.0)
        for text, _, chance in source.answers
        if chance.kind != "rest"
    }
    answers: list[Answer] = []
    at: dict[str, int] = {}
    for text, act, chance in source.answers:
        if act is None:
            continue
        if chance.kind == "rest":
            slots[text] = ctx.slots.rest(
                f"{path}.answers.{text}", tuple(slots.values()), zero=0.0
            )
        at[text] = len(answers)
        answers.append(Answer(ctx.act(act), slots[text]))
    odds = []
    for k, (condition, times) in enumerate(source.odds_if, 1):
        own = f"{path}.odds_if.{k}"
        key = f"{path}.odds_if.{condition.text}"
        when = build_condition(ctx, condition, own, key)
        for text, factor in times.items():
            if text not in at:
                msg = f"{own}: {text} is none of its answers"
                raise ModelError(msg)
            slot = ctx.number(
                f"{own}.times.{text}", factor, zero=1.0, key=f"{key}.times.{text}"
            )
            odds.append(OddsRule(when, at[text], slot))
    return Reply(
        id=source.id,
        key=id_key("reply", source.id),
        ask=ctx.pattern(source.ask),
        within=ctx.number(f"{path}.within", source.within),
        answers=(*answers, Answer(None, ABSENT)),
        delay=ctx.varying(f"{path}.delay", source.delay),
        odds=tuple(odds),
        weigh_past=source.weigh_past,
        pending=tuple(midday(ctx, d) for d in source.pending),
    )
