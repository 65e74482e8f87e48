"""Restraints and what red lines raise, as factors; gauges that drive as gauge factors.

A factor's rows exclude each other. So a restraint that holds streams and drivers, or
two drivers that move one stream, becomes several factors with the same key: they start,
stay and end together. Compliance by member makes one row per member.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from spillover.assemble.context import Context
from spillover.assemble.sources import Hold, TieSource, Yielding
from spillover.case.number_text import Number
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.structure import ABSENT, Clause, FactorRow, Slot, Stream

__all__ = ["cap_of", "control_slots", "rows_of"]


def control_slots(
    ctx: Context, ties: Sequence[TieSource], owner: str
) -> dict[str, Slot]:
    """Actor to slot of the control ``owner`` has over it.

    A tie of what the owner is part of counts too.
    """
    found: dict[str, Slot] = {}
    for tie in ties:
        if ctx.relations.stands_for(tie.source, owner) and tie.target not in found:
            path = f"ties.{tie.id}.control"
            found[tie.target] = ctx.number(path, tie.control, zero=0.0)
    return found


def _split(
    ctx: Context,
    clause: Clause,
    by_member: Mapping[str, Slot],
    where: str,
    *,
    strict: bool,
) -> list[tuple[Clause, Slot]]:
    """Cut a clause by acting member, each with its own number.

    Members that are not named do not go along. Actors that have nothing to do with
    those named go along fully, or are an error when ``strict`` ("by control").
    """
    stream = ctx.streams[clause.stream]
    members = ctx.relations.members.get(stream.source, ())
    bits = {m: ctx.bits.of(f"by: {m}") for m in members}
    named = [m for m in members if clause.require & bits[m]]
    if not members or not (set(members) & set(by_member)):
        if stream.source in by_member:
            return [(clause, by_member[stream.source])]
        whole = [a for a in by_member if ctx.relations.stands_for(a, stream.source)]
        if whole:
            return [(clause, by_member[whole[0]])]
        if strict:
            msg = (
                f"{where}: no tie tells what control its owner has over "
                f"{stream.source}, whose stream {stream.id} is held"
            )
            raise ModelError(msg)
        return [(clause, ABSENT)]
    cut = []
    for m in named or members:
        if m in by_member:
            require = clause.require | bits[m]
            cut.append((Clause(clause.stream, require), by_member[m]))
    return cut


def _members_of(
    ctx: Context,
    path: str,
    y: Yielding,
    control: Mapping[str, Slot],
) -> dict[str, Slot] | None:
    """Actor to slot, or None when one number (or none) holds for all."""
    if y.by_control:
        return dict(control)
    if y.members:
        return {m: ctx.number(f"{path}.{m}", v, zero=0.0) for m, v in y.members.items()}
    return None


def rows_of(
    ctx: Context,
    path: str,
    holds: Sequence[Hold],
    streams: Sequence[Stream],
    factor: Number | None,
    compliance: Yielding,
    obeys: Yielding,
    control: Mapping[str, Slot],
    cap: float = math.inf,
) -> list[list[FactorRow]]:
    """Rows of an element, one list per factor it needs.

    Parameters
    ----------
    ctx
        Shared state.
    path
        Dotted path of the element.
    holds
        Its targets.
    streams
        The compiled streams (for the drivers that move them).
    factor
        The element's own factor, for targets without one.
    compliance, obeys, control
        Who goes along; ``control`` serves "by control".
    cap
        Drawn factors are cut to it.
    """
    comply = _members_of(ctx, f"{path}.compliance", compliance, control)
    obey = _members_of(ctx, f"{path}.obeys", obeys, control)
    one = ctx.number(f"{path}.compliance", compliance.number, zero=0.0)
    sure = ctx.number(f"{path}.obeys", obeys.number, zero=0.0)
    plain: list[FactorRow] = []
    driven: list[list[FactorRow]] = []
    for hold in holds:
        if hold.factor is not None:
            x = ctx.number(f"{path}.holds.{hold.key}", hold.factor, zero=1.0, cap=cap)
        else:
            x = ctx.number(f"{path}.factor", factor, zero=1.0, cap=cap)
        if x == ABSENT:
            msg = f"{path}: no factor is given for {hold.key}"
            raise ModelError(msg)
        rows: list[FactorRow] = []
        if hold.driver:
            d = ctx.at("drivers", hold.driver, path)
            targets = [
                (Clause(s, 0), e)
                for s, stream in enumerate(streams)
                for k, e in stream.drivers
                if k == d
            ]
            driven.append(rows)
        else:
            targets = [(c, ABSENT) for c in ctx.pattern(hold.words).clauses]
            rows = plain
        if not targets:
            msg = f"{path}: {hold.key} is no stream's event, so nothing is held"
            raise ModelError(msg)
        for clause, power in targets:
            rows += _rows(
                ctx,
                path,
                clause,
                x,
                power,
                comply,
                obey,
                one,
                sure,
                (compliance.by_control, obeys.by_control),
            )
    for rows in (plain, *driven):
        _check_apart(ctx, path, rows)
    return [rows for rows in (plain, *driven) if rows]


def _rows(
    ctx: Context,
    path: str,
    clause: Clause,
    x: Slot,
    power: Slot,
    comply: Mapping[str, Slot] | None,
    obey: Mapping[str, Slot] | None,
    one: Slot,
    sure: Slot,
    strict: tuple[bool, bool],
) -> list[FactorRow]:
    parts = [(clause, one)]
    if comply is not None:
        parts = _split(ctx, clause, comply, f"{path}.compliance", strict=strict[0])
    made = []
    for part, c in parts:
        cut = [(part, sure)]
        if obey is not None:
            cut = _split(ctx, part, obey, f"{path}.obeys", strict=strict[1])
        for inner, o in cut:
            key = id_key("obeys", path, _who(ctx, inner)) if o != ABSENT else 0
            made.append(FactorRow(inner.stream, x, inner.require, c, o, key, power))
    return made


def _who(ctx: Context, clause: Clause) -> str:
    """Whose obedience it is: the member's, else the stream's actor's."""
    source = ctx.streams[clause.stream].source
    for m in ctx.relations.members.get(source, ()):
        if clause.require & ctx.bits.bits.get(f"by: {m}", 0):
            return m
    return source


def _choice_of(ctx: Context, stream: int, bit: int) -> str:
    """Name of the choice whose options a bit belongs to, or nothing."""
    name = next((n for n, b in ctx.bits.bits.items() if b == bit), "")
    word = name.partition(": ")[0] if ": " in name else ""
    s = ctx.streams[stream]
    if word == "by" or (word and word in s.values) or (word == "in" and s.places):
        return word
    return ""


def _apart(ctx: Context, a: FactorRow, b: FactorRow) -> bool:
    """Whether no event can match both rows: they want other options of one choice."""
    if a.stream != b.stream:
        return True
    only_a, only_b = a.require & ~b.require, b.require & ~a.require
    words_a = {_choice_of(ctx, a.stream, 1 << k) for k in range(64) if only_a >> k & 1}
    words_b = {_choice_of(ctx, b.stream, 1 << k) for k in range(64) if only_b >> k & 1}
    return bool((words_a & words_b) - {""})


def _check_apart(ctx: Context, path: str, rows: Sequence[FactorRow]) -> None:
    for k, a in enumerate(rows):
        for b in rows[:k]:
            if not _apart(ctx, a, b):
                stream = ctx.streams[a.stream].id
                msg = (
                    f"{path}: two of its targets match the same events of {stream}; "
                    "write them as two restraints"
                )
                raise ModelError(msg)


def cap_of(ctx: Context, given: float | None, factors: Sequence[Number]) -> float:
    """Largest value of a factor: the one given, or the 99.9 % point of its law.

    The latter is rounded up to a whole number; drawn factors are cut to the cap.
    """
    top = max((ctx.largest(v) for v in factors), default=1.0)
    return given if given is not None else max(1.0, float(math.ceil(top - 1e-9)))
