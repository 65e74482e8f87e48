"""Assemble: case and records to model, numbers, questions, arms and past.

The only place where names and dates of a case meet indices, bits and days.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace

from spillover.assemble.assembled import AddedAct, Assembled
from spillover.assemble.build_answers import build_reply, build_response
from spillover.assemble.build_levels import (
    build_driver,
    build_gauge,
    build_gauge_factors,
    build_state,
)
from spillover.assemble.build_levers import build_arms, build_pulls, build_variants
from spillover.assemble.build_lines import build_lines, build_restraint, build_warning
from spillover.assemble.build_outcomes import build_outcomes
from spillover.assemble.build_streams import build_report, build_stream
from spillover.assemble.context import Context
from spillover.assemble.from_case import source_of
from spillover.assemble.names import Names
from spillover.assemble.past_blocks import blocks_of, check_counts
from spillover.assemble.patterns import Bits
from spillover.assemble.records import Matched, build_past
from spillover.assemble.slots import SlotBuilder
from spillover.assemble.sources import CaseSource
from spillover.assemble.uncounted import streams_without_rate, uncounted_notes
from spillover.case.schema import Case
from spillover.errors import ApproximationWarning
from spillover.model.structure import Factor, Model, RedLine

__all__ = ["Assembled", "assemble", "assemble_source"]


def _context(source: CaseSource) -> Context:
    """Shared state with every stream's identity and every section's ids."""
    set_by_levers = {
        path
        for lever in source.levers
        for action in lever.do
        if action.kind == "set"
        for path in action.numbers
    }
    set_by_variants = {
        path
        for variant in source.variants
        for choice in variant.choices
        for path in choice.numbers
    }
    ctx = Context(
        origin=source.origin,
        horizon=source.horizon,
        relations=source.relations,
        shared=source.numbers,
        slots=SlotBuilder(dict(source.alike)),
        bits=Bits(source.relations),
        streams=[s.words for s in source.streams],
        widened=frozenset(set_by_levers | set_by_variants),
    )
    sections: Mapping[str, tuple[str, ...]] = {
        "streams": tuple(s.words.id for s in source.streams),
        "drivers": tuple(d.id for d in source.drivers),
        "states": tuple(s.id for s in source.states),
        "gauges": tuple(g.id for g in source.gauges),
        "reports": tuple(r.id for r in source.reports),
        "responses": tuple(r.id for r in source.responses),
        "replies": tuple(r.id for r in source.replies),
        "warnings": tuple(w.id for w in source.warnings),
    }
    for section, ids in sections.items():
        ctx.register(section, ids)
    return ctx


def _model(ctx: Context, source: CaseSource) -> tuple[Model, int]:
    """Compile the structure; also the index of the first red line of a lever."""
    for name in source.numbers:
        _use_shared(ctx, name)
    drivers = tuple(build_driver(ctx, d) for d in source.drivers)
    states = tuple(build_state(ctx, s) for s in source.states)
    streams = tuple(build_stream(ctx, s, source.members) for s in source.streams)
    responses = tuple(build_response(ctx, r) for r in source.responses)
    factors: list[Factor] = []
    first: dict[str, int] = {}
    for restraint in source.restraints:
        first[restraint.id] = len(factors)
        factors += build_restraint(ctx, restraint, streams, source.ties)
    ctx.index["factors"] = first
    gauges = tuple(build_gauge(ctx, g) for g in source.gauges)
    gauge_factors = tuple(
        f for g in source.gauges for f in build_gauge_factors(ctx, g, streams)
    )
    lines: list[RedLine] = []
    at: dict[str, int] = {}
    for line in source.red_lines:
        at[line.id] = len(lines)
        made, raised = build_lines(ctx, line, streams, len(factors))
        lines += made
        factors += raised
    ctx.index["red_lines"] = at
    model = Model(
        streams=streams,
        responses=responses,
        drivers=drivers,
        factors=tuple(factors),
        gauges=gauges,
        gauge_factors=gauge_factors,
        states=states,
        red_lines=tuple(lines),
        replies=tuple(build_reply(ctx, r) for r in source.replies),
        warnings=tuple(build_warning(ctx, w) for w in source.warnings),
        reports=tuple(build_report(ctx, r) for r in source.reports),
        horizon=source.horizon,
        weekday_of_origin=source.origin.weekday(),
    )
    return model, len(lines)


def _use_shared(ctx: Context, name: str) -> None:
    """Columns of a shared number that has one value per draw, used or not."""
    if ctx.shared[name].kind in ("certain", "unknown"):
        ctx.number(f"numbers.{name}", ctx.shared[name])


def _warn_of_rates(model: Model, matched: Matched) -> None:
    """Warn of streams whose counted events can only be placed evenly."""
    for s in streams_without_rate(model, matched.past):
        warnings.warn(
            f"stream {model.streams[s].id} has counts but nothing in the model brings "
            "it: its past events are placed evenly in each counted period",
            ApproximationWarning,
            stacklevel=3,
        )


def assemble(case: Case) -> Assembled:
    """Assemble a case as read from its file; see `assemble_source`."""
    return assemble_source(source_of(case))


def assemble_source(source: CaseSource) -> Assembled:
    """Assemble a case.

    Parameters
    ----------
    source
        The case in words, dates and numbers of model units.

    Returns
    -------
    Assembled

    Raises
    ------
    ModelError
        When something cannot be compiled: a target that no stream is, counts that
        contradict each other, two targets of a restraint that overlap ...
    """
    ctx = _context(source)
    model, first_lever = _model(ctx, source)
    asked = build_outcomes(ctx, source.outcomes)
    ctx.register("questions", (q.id for q in asked.questions))
    pulls, lever_lines = build_pulls(ctx, source.levers)
    variants = build_variants(ctx, source.variants)
    matched: Matched = build_past(
        ctx,
        source.begins,
        model.streams,
        source.streams,
        source.records,
        [r.pattern for r in model.reports],
        source.counts,
        source.events,
    )
    check_counts(matched.past)
    table = ctx.slots.table()
    arms = build_arms(ctx, source.levers, pulls, table)
    added = tuple(
        AddedAct(x.what_if, ctx.day(x.day), ctx.act(x.act)) for x in source.added
    )
    names = Names(ctx.index, dict(ctx.bits.bits))
    model = replace(
        model,
        red_lines=(*model.red_lines, *lever_lines),
        flag_names=names.flag_names,
    )
    _, unused = blocks_of(model, matched.past)
    _warn_of_rates(model, matched)
    return Assembled(
        case_id=source.id,
        model=model,
        slots=table,
        tallies=tuple(asked.tallies),
        questions=tuple(asked.questions),
        names=names,
        variants=variants,
        arms=arms,
        past=matched.past,
        unmatched=matched.unmatched,
        lever_lines=first_lever,
        added=added,
        notes=(*matched.notes, *unused, *uncounted_notes(model, matched.past)),
    )
