"""Restraints, red lines and warnings."""

from __future__ import annotations

from collections.abc import Sequence

from spillover.assemble.build_answers import midday
from spillover.assemble.build_factors import cap_of, control_slots, rows_of
from spillover.assemble.context import Context
from spillover.assemble.sources import (
    LineSource,
    RestraintSource,
    TieSource,
    WarningSource,
    Yielding,
)
from spillover.case.pattern_text import QuantityText
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.structure import (
    ABSENT,
    Factor,
    Quantity,
    RedLine,
    Stream,
    Warn,
)

__all__ = ["build_lines", "build_restraint", "build_warning", "quantity_of"]


def _in_force(ctx: Context, source: RestraintSource) -> tuple[tuple[float, float], ...]:
    if source.in_force is None:
        return ()
    since, to = source.in_force
    last = since if to is None else to
    return ((float(ctx.day(since)), min(float(ctx.day(last) + 1), 0.0)),)


def build_restraint(
    ctx: Context,
    source: RestraintSource,
    streams: tuple[Stream, ...],
    ties: Sequence[TieSource],
) -> list[Factor]:
    """Build a restraint as one or more factors that start, stay and end together."""
    path = f"restraints.{source.id}"
    control = {}
    if source.compliance.by_control or source.obeys.by_control:
        control = control_slots(ctx, ties, source.owner)
    groups = rows_of(
        ctx,
        path,
        source.holds,
        streams,
        source.factor,
        source.compliance,
        source.obeys,
        control,
    )
    made = []
    for k, rows in enumerate(groups):
        made.append(
            Factor(
                id=source.id if k == 0 else f"{source.id} ({k + 1})",
                key=id_key("restraint", source.id),
                rows=tuple(rows),
                starts=ctx.pattern(source.when),
                ends=ctx.pattern(source.ends_when),
                delay=ctx.varying(f"{path}.delay", source.delay),
                holds_for=ctx.varying(f"{path}.holds_for", source.holds_for),
                half_life=ctx.number(f"{path}.half_life", source.half_life),
                until=None
                if source.until is None
                else float(ctx.day(source.until) + 1),
                while_state=ctx.at("states", source.while_state, path)
                if source.while_state
                else None,
                in_force=_in_force(ctx, source),
                owner=source.owner,
            )
        )
    return made


def quantity_of(ctx: Context, source: QuantityText, path: str) -> Quantity:
    """Compile what a red line counts."""
    if source.kind == "gauge":
        return Quantity("gauge", gauge=ctx.at("gauges", source.name, path))
    if source.kind == "report":
        msg = f"{path}: a red line counts acts, not claims"
        raise ModelError(msg)
    return Quantity(source.kind, ctx.pattern(source.patterns))


def _raised(
    ctx: Context, source: LineSource, streams: tuple[Stream, ...]
) -> list[Factor]:
    raises = source.raises
    if raises is None:
        return []
    path = f"red_lines.{source.id}.then"
    values = [v for v in (raises.factor, *(h.factor for h in raises.holds)) if v]
    cap = cap_of(ctx, raises.cap, values)
    made = []
    groups = rows_of(
        ctx, path, raises.holds, streams, raises.factor, Yielding(), Yielding(), {}, cap
    )
    for k, rows in enumerate(groups):
        whole = cap
        if any(r.power != ABSENT for r in rows):
            whole = cap ** max(1.0, *(ctx.top(r.power) for r in rows))
        made.append(
            Factor(
                id=source.id if k == 0 else f"{source.id} ({k + 1})",
                key=id_key("red-line-factor", source.id),
                rows=tuple(rows),
                holds_for=ctx.varying(f"{path}.for", raises.lasts),
                half_life=ctx.number(f"{path}.half_life", raises.half_life),
                owner=source.owner,
                offspring=raises.offspring,
                cap=whole,
            )
        )
    return made


def build_lines(
    ctx: Context, source: LineSource, streams: tuple[Stream, ...], first_factor: int
) -> tuple[list[RedLine], list[Factor]]:
    """Build a red line and the factors it starts (numbered from ``first_factor``).

    One that starts several factors becomes as many lines with one key: they are crossed
    and answered together.
    """
    path = f"red_lines.{source.id}"
    factors = _raised(ctx, source, streams)
    act = None if source.act is None else ctx.act(source.act)
    opens = ctx.at("streams", source.opens, path) if source.opens else None
    if (act is not None) + bool(factors) + (opens is not None) != 1:
        msg = f"{path}: exactly one of an act, raises and opens must follow"
        raise ModelError(msg)
    starts: list[int | None] = [first_factor + k for k in range(len(factors))]
    lines = [
        RedLine(
            id=source.id if n == 0 else f"{source.id} ({n + 1})",
            key=id_key("red-line", source.id),
            owner=source.owner,
            quantity=quantity_of(ctx, source.when, path),
            chance=ctx.number(f"{path}.chance", source.chance, zero=0.0),
            reach=ctx.varying(f"{path}.reach", source.reach),
            times_past_peak=ctx.number(
                f"{path}.reach.times_past_peak", source.times_past_peak
            ),
            window=ctx.number(f"{path}.within", source.within),
            act=act,
            factor=factor,
            opens=opens,
            open_for=ctx.varying(f"{path}.then.for", source.opens_for)
            if opens is not None
            else None,
            delay=ctx.varying(f"{path}.delay", source.delay),
            times=ctx.varying(f"{path}.times", source.times),
            counts=ctx.number(f"{path}.counts_as_crossing", source.counts),
            wear_reach=ctx.number(f"{path}.wears.reach", source.wear_reach, zero=1.0),
            wear_chance=ctx.number(
                f"{path}.wears.chance", source.wear_chance, zero=1.0
            ),
            weigh_past=source.weigh_past,
            pending=tuple(midday(ctx, d) for d in source.pending),
        )
        for n, factor in enumerate(starts or [None])
    ]
    return lines, factors


def build_warning(ctx: Context, source: WarningSource) -> Warn:
    """One warning; its deadline is the beginning of the day it names."""
    path = f"warnings.{source.id}"
    return Warn(
        id=source.id,
        key=id_key("warning", source.id),
        act=ctx.act(source.act),
        issued=midday(ctx, source.issued),
        chance=ctx.number(f"{path}.chance", source.chance, zero=0.0),
        by=None if source.by is None else float(ctx.day(source.by)),
        after=ctx.number(f"{path}.after_deadline", source.after, zero=0.0),
        fades=ctx.number(f"{path}.fades", source.fades),
    )
