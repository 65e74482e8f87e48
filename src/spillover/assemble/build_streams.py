"""Streams, their marks and report layers: sections `streams` and `reports`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from spillover.assemble.context import Context
from spillover.assemble.patterns import StreamWords
from spillover.assemble.sources import AmountSource, ReportSource, StreamSource
from spillover.case.number_text import Number
from spillover.keys import id_key
from spillover.model.structure import (
    ABSENT,
    Amount,
    Choice,
    Option,
    Report,
    Slot,
    Stream,
)

__all__ = ["build_report", "build_stream"]


def _members(
    ctx: Context, s: StreamWords, shares: Mapping[str, Mapping[str, Number]]
) -> list[Choice]:
    """Build the acting member of an umbrella, as a mark."""
    if s.source not in shares:
        return []
    base = f"actors.{s.source}.members"
    members = shares[s.source]
    slots = {
        m: ctx.number(f"{base}.{m}", v) for m, v in members.items() if v.kind != "rest"
    }
    for m, v in members.items():
        if v.kind == "rest":
            slots[m] = ctx.slots.rest(f"{base}.{m}", slots.values())
    options = tuple(Option(ctx.bits.of(f"by: {m}"), slots[m]) for m in members)
    return [Choice("by", id_key("mark", s.id, "by"), options, normalise=True)]


def _choice(
    ctx: Context, s: StreamWords, name: str, shares: Mapping[str, Number], own: int
) -> Choice:
    """Build a mark that takes one of several values; the rest comes last."""
    path = f"streams.{s.id}.marks.{name}"
    options: list[Option] = []
    last: list[Option] = []
    for value, share in shares.items():
        flags = 0
        if name == "in":
            flags = ctx.bits.place(value) & ~own if value != "rest" else 0
        else:
            flags = ctx.bits.of(f"{name}: {value}")
        if share.kind == "rest":
            last.append(Option(flags, ABSENT))
        else:
            options.append(Option(flags, ctx.number(f"{path}.{value}", share)))
    return Choice(name, id_key("mark", s.id, name), (*options, *last))


def _given(ctx: Context, s: StreamWords, given: str) -> int:
    """Find the flags that an amount's chance applies to."""
    if not given:
        return 0
    for name, values in s.values.items():
        if given in values:
            return ctx.bits.of(f"{name}: {given}")
    return ctx.bits.place(given) if given in s.places else ctx.bits.of(given)


def _amount(ctx: Context, s: StreamWords, name: str, words: AmountSource) -> Amount:
    path = f"streams.{s.id}.marks.{name}"
    flag = {"deaths": ctx.bits.of("deadly"), "injured": ctx.bits.of("injuring")}
    kinds: dict[str, Literal["deaths", "injured"]] = {
        "deaths": "deaths",
        "injured": "injured",
    }
    return Amount(
        id=kinds.get(name, "size"),
        key=id_key("mark", s.id, name),
        chance=ctx.number(f"{path}.chance", words.chance),
        number=ctx.varying(f"{path}.number", words.number),
        given=_given(ctx, s, words.given),
        flag=flag.get(name, 0),
    )


def build_stream(
    ctx: Context, source: StreamSource, members: Mapping[str, Mapping[str, Number]]
) -> Stream:
    """One stream with its baseline, drivers and marks.

    Parameters
    ----------
    ctx
        Shared state; drivers must be registered.
    source
        The stream.
    members
        Umbrella to member to share.
    """
    s = source.words
    path = f"streams.{s.id}"
    own = ctx.bits.place(s.place_in) if s.place_in else 0
    drivers: list[tuple[int, Slot]] = [
        (ctx.at("drivers", d, path), ctx.number(f"{path}.drivers.{d}", e))
        for d, e in source.drivers.items()
    ]
    choices = _members(ctx, s, members)
    choices += [
        _choice(ctx, s, name, shares, own)
        for name, shares in source.marks.choices.items()
    ]
    for name, chance in source.marks.yes_no.items():
        slot = ctx.number(f"{path}.marks.{name}", chance)
        option = Option(ctx.bits.of(name), slot)
        choices.append(Choice(name, id_key("mark", s.id, name), (option,)))
    return Stream(
        id=s.id,
        key=id_key("stream", s.id),
        name=source.name,
        base=ctx.number(f"{path}.baseline", source.baseline, zero=0.0),
        level=ctx.number(f"{path}.level", source.level, zero=0.0),
        drivers=tuple(drivers),
        weekday=tuple(
            ctx.number(f"{path}.weekday.{k}", w)
            for k, w in enumerate(source.weekday, 1)
        ),
        choices=tuple(choices),
        amounts=tuple(
            _amount(ctx, s, name, a) for name, a in source.marks.amounts.items()
        ),
        flags=own,
        dormant=source.dormant,
    )


def build_report(ctx: Context, source: ReportSource) -> Report:
    """One layer of claims."""
    path = f"reports.{source.id}"
    return Report(
        id=source.id,
        key=id_key("report", source.id),
        pattern=ctx.pattern(source.of),
        real=ctx.number(f"{path}.real", source.real, zero=1.0),
        claimed=ctx.number(f"{path}.claimed", source.claimed),
    )
