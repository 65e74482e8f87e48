"""Levers as arms, variants as choices: changes of numbers and acts on dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Variant, VariantChoice
from spillover.assemble.changes import Change
from spillover.assemble.context import Context
from spillover.assemble.slots import SlotTable
from spillover.assemble.sources import ActionSource, LeverSource, VariantSource
from spillover.assemble.switch_off import off_changes
from spillover.assemble.values import certain
from spillover.case.number_text import Number, NumberError, parse_number
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.structure import (
    ABSENT,
    Act,
    Quantity,
    RedLine,
    ScheduledAct,
    Slot,
    Varying,
)

__all__ = ["Pull", "build_arms", "build_pulls", "build_variants", "changes_of"]

EARLIEST = 1e-9
FACTUAL = "nothing"
INSTANT = 1e-6


def _read(raw: object, kind: str, where: str, *, varies: bool = False) -> Number:
    """Read a number as written, in the unit of the number it changes."""
    try:
        return parse_number(raw, kind, varies=varies)
    except NumberError as e:
        wanted = f"; expected {e.expected}" if e.expected else ""
        msg = f"{where}: {e.found}{wanted}"
        raise ModelError(msg) from None


def _law_slots(
    ctx: Context, path: str, value: Number, law: Varying
) -> tuple[Slot, Slot]:
    """Columns of a new median and spread for a thing that varies."""
    if value.kind in ("certain", "unknown"):
        return ctx.number(f"{path}.median", value), ctx.number(
            f"{path}.spread", certain(0.0)
        )
    new = ctx.varying(path, value)
    if new is None or (new.family != law.family and new.family != "fixed"):
        msg = f"{path}: it cannot become a {value.family} number"
        raise ModelError(msg)
    spread = new.b if new.b >= 0 else ctx.number(f"{path}.spread", certain(0.0))
    return new.a, spread


def changes_of(
    ctx: Context, prefix: str, kind: str, numbers: Mapping[str, object]
) -> list[Change]:
    """Compile changes of named numbers (set or scale), read in their own units."""
    made: list[Change] = []
    for path, raw in numbers.items():
        own = f"{prefix}.{kind}.{path}"
        law = ctx.slots.varying.get(path)
        if law is not None and law.family != "fixed":
            if kind == "scale":
                value = _read(raw, "positive", own)
                made.append(Change(law.a, "scale", ctx.number(own, value)))
                continue
            unit = ctx.slots.columns[law.a].kind
            value = _read(raw, unit, own, varies=True)
            a, b = _law_slots(ctx, own, value, law)
            made += [Change(law.a, "set", a), Change(law.b, "set", b)]
            continue
        target = ctx.slots.table().column(path)
        column = ctx.slots.columns[target]
        value = _read(raw, "positive" if kind == "scale" else column.kind, own)
        if kind == "set" and value.kind == "certain" and value.low > column.cap:
            msg = f"{own}: {value.low:g} is above the cap of {column.cap:g}"
            raise ModelError(msg)
        by = ctx.number(own, value)
        made.append(Change(target, "scale" if kind == "scale" else "set", by))
    return made


@dataclass
class Pull:
    """What one lever does, before it becomes an arm."""

    changes: list[Change] = field(default_factory=list)
    acts: list[tuple[float, str, Act, bool, Slot]] = field(default_factory=list)


def _act(ctx: Context, lever: str, action: ActionSource) -> Act:
    if action.act is None:
        msg = f"levers.{lever}: it does not say which act"
        raise ModelError(msg)
    return ctx.act(action.act)


def _conditional(ctx: Context, lever: str, action: ActionSource, pull: Pull) -> RedLine:
    """``if ... then`` as a red line that only this lever arms."""
    text = " or ".join(w.text for w in action.condition)
    path = f"levers.{lever}.if.{text}"
    base = ctx.slots.certain(f"{path}.unarmed", 0.0)
    armed = ctx.number(f"{path}.chance", action.chance or certain(1.0))
    pull.changes.append(Change(base, "set", armed))
    return RedLine(
        id=f"{lever}: {text}",
        key=id_key("lever-line", lever, text),
        owner="",
        quantity=Quantity("count", ctx.pattern(action.condition)),
        chance=base,
        reach=Varying("fixed", ctx.slots.certain("constants.1", 1.0)),
        window=ctx.slots.certain(f"constants.{INSTANT:g}", INSTANT),
        act=_act(ctx, lever, action),
        delay=ctx.varying(f"{path}.delay", action.delay),
        weigh_past=False,
    )


def build_pulls(
    ctx: Context, sources: Sequence[LeverSource]
) -> tuple[dict[str, Pull], list[RedLine]]:
    """Collect what every lever does, and the red lines of conditional ones."""
    pulls: dict[str, Pull] = {}
    lines: list[RedLine] = []
    for lever in sources:
        pull = Pull()
        prefix = f"levers.{lever.id}"
        for action in lever.do:
            if action.kind == "act":
                act = _act(ctx, lever.id, action)
                chance = ABSENT
                if action.chance is not None and action.act is not None:
                    path = f"{prefix}.act.{action.act.text}.chance"
                    chance = ctx.number(path, action.chance)
                for date in action.on:
                    time = max(float(ctx.day(date)), EARLIEST)
                    on = date.isoformat()
                    pull.acts.append((time, on, act, action.attempt, chance))
            elif action.kind == "if":
                lines.append(_conditional(ctx, lever.id, action, pull))
            elif action.kind == "off":
                pull.changes += off_changes(ctx.slots.table(), action.element, prefix)
            else:
                pull.changes += changes_of(ctx, prefix, action.kind, action.numbers)
        pulls[lever.id] = pull
    return pulls, lines


def _gather(
    pulls: Mapping[str, Pull],
    sources: Mapping[str, LeverSource],
    lever: str,
    seen: tuple[str, ...] = (),
) -> Pull:
    """Join a lever with those it combines."""
    if lever in seen:
        msg = f"levers.{lever}: it combines itself"
        raise ModelError(msg)
    whole = Pull()
    for other in sources[lever].both:
        if other not in sources:
            msg = f"levers.{lever}: there is no lever {other}"
            raise ModelError(msg)
        part = _gather(pulls, sources, other, (*seen, lever))
        whole.changes += part.changes
        whole.acts += part.acts
    whole.changes += pulls[lever].changes
    whole.acts += pulls[lever].acts
    return whole


def _acts(ctx: Context, pull: Pull, arm: int) -> tuple[ScheduledAct, ...]:
    """Acts on dates in time order; the n-th of a stream and date has its own key."""
    made = []
    ordinal: dict[tuple[str, str], int] = {}
    for time, date, act, attempt, chance in sorted(pull.acts, key=lambda a: a[0]):
        stream = ctx.streams[act.stream].id
        n = ordinal.get((stream, date), 0)
        ordinal[stream, date] = n + 1
        key = id_key("lever-act", stream, date, n)
        made.append(ScheduledAct(time, act, key, attempt, arm, chance))
    return tuple(made)


def build_arms(
    ctx: Context,
    sources: Sequence[LeverSource],
    pulls: Mapping[str, Pull],
    table: SlotTable,
) -> tuple[Arm, ...]:
    """Build the factual, always named ``nothing``, and one arm per lever.

    A lever of that id that does nothing *is* the factual and gives it its name.
    """
    by_id = {s.id: s for s in sources}
    whole = {s.id: _gather(pulls, by_id, s.id) for s in sources}
    arms = [Arm(FACTUAL, "Nothing new", "none", table)]
    for s in sources:
        if s.id == FACTUAL:
            if whole[s.id].acts or whole[s.id].changes:
                msg = f"levers.{FACTUAL}: this id is kept for a lever that does nothing"
                raise ModelError(msg)
            arms[0] = Arm(FACTUAL, s.name, s.kind, table, s.owners)
            continue
        pull = whole[s.id]
        arms.append(
            Arm(
                s.id,
                s.name,
                s.kind,
                table,
                s.owners,
                _acts(ctx, pull, len(arms)),
                tuple(pull.changes),
            )
        )
    return tuple(arms)


def build_variants(
    ctx: Context, sources: Sequence[VariantSource]
) -> tuple[Variant, ...]:
    """Variants with the changes of each choice."""
    made = []
    for variant in sources:
        choices = []
        for c in variant.choices:
            prefix = f"variants.{variant.id}.{c.id}"
            changes = changes_of(ctx, prefix, "set", c.numbers)
            for element in c.off:
                changes += off_changes(ctx.slots.table(), element, prefix)
            weight = ctx.number(f"{prefix}.weight", c.weight)
            choices.append(VariantChoice(c.id, c.id, weight, tuple(changes)))
        made.append(Variant(variant.id, variant.name, tuple(choices)))
    return tuple(made)
