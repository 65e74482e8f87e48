"""Drivers, states and gauges: what has a level or is on or off."""

from __future__ import annotations

import math

from spillover.assemble.build_factors import cap_of, rows_of
from spillover.assemble.context import Context
from spillover.assemble.sources import (
    DriverSource,
    DrivesSource,
    GaugeSource,
    StateSource,
    Yielding,
)
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.structure import (
    Driver,
    Gauge,
    GaugeFactor,
    Slot,
    State,
    Stream,
)

__all__ = ["build_driver", "build_gauge", "build_gauge_factors", "build_state"]

FOREVER = 1e12


def _given_path(ctx: Context, source: DriverSource) -> tuple[float, ...]:
    """One level a day: each stands from its date to the next; one at the origin."""
    if not source.given:
        return ()
    steps = sorted((ctx.day(date), level) for date, level in source.given)

    def level_on(day: int) -> float:
        past = [level for since, level in steps if since <= day]
        return past[-1] if past else steps[0][1]

    first = level_on(0)
    if first <= 0.0:
        msg = f"drivers.{source.id}: its level at the origin must be above zero"
        raise ModelError(msg)
    return tuple(level_on(d) / first for d in range(math.ceil(ctx.horizon)))


def _parts(ctx: Context, source: DriverSource) -> tuple[tuple[int, Slot], ...]:
    path = f"drivers.{source.id}"
    return tuple(
        (ctx.at("drivers", d, path), ctx.number(f"{path}.sum_of.{d}", w))
        for d, w in source.sum_of.items()
    )


def build_driver(ctx: Context, source: DriverSource) -> Driver:
    """One driver; those it sums must stand before it."""
    path = f"drivers.{source.id}"
    parts = _parts(ctx, source)
    mine = ctx.at("drivers", source.id, path)
    for part, _ in parts:
        if part >= mine:
            msg = f"{path}: a sum must stand after the drivers it adds up"
            raise ModelError(msg)
    return Driver(
        id=source.id,
        key=id_key("driver", source.id),
        kind=source.path,
        half_life=ctx.number(f"{path}.half_life", source.half_life, zero=FOREVER),
        spread=ctx.number(f"{path}.spread", source.spread, zero=0.0),
        reverts_to=ctx.number(f"{path}.reverts_to", source.reverts_to, zero=1.0),
        reverts_half_life=ctx.number(
            f"{path}.reverts_half_life", source.reverts_half_life
        ),
        jump_rate=ctx.number(f"{path}.jumps.rate", source.jump_rate, zero=0.0),
        jump_times=ctx.varying(f"{path}.jumps.times", source.jump_times),
        floor=ctx.number(f"{path}.floor", source.floor),
        ceiling=ctx.number(f"{path}.ceiling", source.ceiling),
        path=_given_path(ctx, source),
        parts=parts,
    )


def build_state(ctx: Context, source: StateSource) -> State:
    """One state."""
    return State(
        id=source.id,
        key=id_key("state", source.id),
        on=ctx.pattern(source.on_when),
        off=ctx.pattern(source.off_when),
        lasts=ctx.varying(f"states.{source.id}.lasts", source.lasts),
        initially=source.initially,
        since=None if source.since is None else float(ctx.day(source.since)),
    )


def build_gauge(ctx: Context, source: GaugeSource) -> Gauge:
    """One gauge."""
    path = f"gauges.{source.id}"
    return Gauge(
        id=source.id,
        key=id_key("gauge", source.id),
        half_life=ctx.number(f"{path}.half_life", source.half_life),
        steps=tuple(
            (
                ctx.pattern(words),
                ctx.number(f"{path}.raised_by.{text}", step, zero=0.0),
            )
            for text, words, step in source.raised_by
        ),
        start=ctx.number(f"{path}.start", source.start, zero=0.0),
        at_origin=ctx.number(f"{path}.at_origin", source.at_origin, zero=0.0),
    )


def build_gauge_factors(
    ctx: Context, source: GaugeSource, streams: tuple[Stream, ...]
) -> tuple[GaugeFactor, ...]:
    """Build what a gauge multiplies."""
    made: list[GaugeFactor] = []
    for k, drives in enumerate(source.drives, 1):
        name = _drives_name(drives)
        path = f"gauges.{source.id}.drives.{k}"
        values = [v for v in (drives.factor, *(h.factor for h in drives.holds)) if v]
        cap = cap_of(ctx, drives.cap, values)
        for rows in rows_of(
            ctx,
            path,
            drives.holds,
            streams,
            drives.factor,
            Yielding(),
            Yielding(),
            {},
            cap,
        ):
            made.append(
                GaugeFactor(
                    id=f"{source.id}: {name}",
                    gauge=ctx.at("gauges", source.id, path),
                    rows=tuple(rows),
                    half_at=ctx.number(f"{path}.half_at", drives.half_at),
                    cap=cap,
                )
            )
    return tuple(made)


def _drives_name(drives: DrivesSource) -> str:
    return ", ".join(h.key for h in drives.holds)
