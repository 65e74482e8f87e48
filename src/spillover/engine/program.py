"""Compile a `Model` to the flat arrays that the numba engine reads (`tables`).

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from spillover.engine.tables import (
    AMOUNT,
    ANSWER,
    CHOICE,
    CONDITION,
    CONDITION_T,
    DRAW,
    DRIVEN,
    DRIVER,
    FACTOR,
    FACTOR_END,
    FACTOR_ROW,
    FACTOR_START,
    GAUGE,
    GAUGE_ROW,
    GAUGE_STEP,
    KERNEL,
    LINE,
    LINE_ADD,
    LINE_GAUGE,
    NONE,
    ODDS,
    OPTION,
    REACTION,
    REPLY,
    REPLY_ASK,
    REPORT,
    ROW,
    STATE,
    STATE_OFF,
    STATE_ON,
    STREAM,
    WARN,
    WEIGHT,
    Program,
    Table,
)
from spillover.errors import ModelError
from spillover.keys import MASK, mix
from spillover.model.closed_forms import caps
from spillover.model.structure import (
    ABSENT,
    Act,
    Condition,
    FactorRow,
    Model,
    Pattern,
    Varying,
)

__all__ = ["FAMILIES", "compile_model", "layers_for"]

FAMILIES = {"fixed": 0, "lognormal": 1, "logitnormal": 2, "uniform": 3}
DRIVER_KINDS = {"constant": 0, "decay": 1, "walk": 2, "given": 3, "sum": 4}
AMOUNT_KINDS = {"deaths": 0, "injured": 1, "size": 2}
QUANTITY_KINDS = {"count": 0, "deaths": 1, "injured": 2, "gauge": 3}
CONDITION_KINDS = {"state": 0, "factor": 1, "event": 2, "gauge": 3}
MAX_LAYERS = 24


def layers_for(cap: float) -> int:
    """Number of layers (0, 1], (1, 2], (2, 4], ... that reach ``cap``."""
    if not math.isfinite(cap):
        msg = f"the cap {cap} of a factor is not a finite number"
        raise ModelError(msg)
    n = 1 if cap <= 1 else 1 + math.ceil(math.log2(cap) - 1e-12)
    if n > MAX_LAYERS:
        msg = f"factors above 1 multiply up to {cap:g}; at most 8 million is supported"
        raise ModelError(msg)
    return n


def _table(dtype: np.dtype[np.void], rows: Iterable[dict[str, Any]]) -> Table:
    """Record array of dictionaries; every field must be given."""
    filled = [tuple(row[name] for name in dtype.names or ()) for row in rows]
    return np.array(filled, dtype=dtype)


def _ranges(lengths: Iterable[int]) -> list[tuple[int, int]]:
    ends = np.cumsum([0, *lengths]).tolist()
    return list(pairwise(ends))


def _varying(name: str, v: Varying | None) -> dict[str, int]:
    family, a, b = (NONE, 0, 0) if v is None else (FAMILIES[v.family], v.a, v.b)
    return {name: family, f"{name}_a": a, f"{name}_b": b}


class _Masks:
    """Collects mask lists of patterns, one range per (element, stream)."""

    def __init__(self) -> None:
        self.values: list[int] = []

    def range(self, masks: Sequence[int]) -> tuple[int, int]:
        if 0 in masks:  # an unconditional clause makes the others idle
            masks = [0]
        start = len(self.values)
        self.values.extend(dict.fromkeys(masks))
        return start, len(self.values)


def _by_stream(pattern: Pattern) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for clause in pattern.clauses:
        found.setdefault(clause.stream, []).append(clause.require)
    return found


def _act(act: Act | None) -> tuple[int, int]:
    return (NONE, 0) if act is None else (act.stream, act.flags)


def compile_model(model: Model, *, lever_lines: int | None = None) -> Program:
    """Flatten a model.

    Parameters
    ----------
    model
        The structure; its horizon is rounded up to whole days.
    lever_lines
        Red lines from this index on answer nothing that came before the origin.

    Returns
    -------
    Program
        Arrays for the compiled engine.

    Raises
    ------
    ModelError
        When factors above one multiply beyond what layers reach.
    """
    K = len(model.streams)
    days = math.ceil(model.horizon)
    masks = _Masks()
    imm_caps, off_caps = caps(model)

    # -- marks ---------------------------------------------------------------------
    choices = [c for s in model.streams for c in s.choices]
    options = [o for c in choices for o in c.options]
    amounts = [a for s in model.streams for a in s.amounts]

    # -- reports -------------------------------------------------------------------
    report_rows: list[list[tuple[int, int]]] = [[] for _ in range(K)]
    for n, report in enumerate(model.reports):
        for stream, required in _by_stream(report.pattern).items():
            for mask in required:
                report_rows[stream].append((n, mask))
    flat_reports = [r for rows in report_rows for r in rows]

    # -- responses -----------------------------------------------------------------
    by_source: list[list[tuple[int, tuple[int, int]]]] = [[] for _ in range(K)]
    for n, response in enumerate(model.responses):
        for stream, required in _by_stream(response.when).items():
            by_source[stream].append((n, masks.range(required)))
    rows = [(n, m) for source in by_source for n, m in source]
    weights = [w for r in model.responses for w in r.weights]
    weight_at = _ranges(len(r.weights) for r in model.responses)
    parts = [k for r in model.responses for k in r.kernel]
    kernel_at = _ranges(len(r.kernel) for r in model.responses)
    off_layers = [layers_for(c) for c in off_caps]
    q_rows: list[tuple[int, int, int, int]] = []
    q_count = []
    row = 0
    for source in by_source:
        start = len(q_rows)
        for n, m in source:
            response = model.responses[n]
            plain = masks.values[m[0] : m[1]] == [0] and not response.weights
            for layer in range(off_layers[response.then.stream]):
                key = mix((response.key + layer * 0xA24BAED4963EE407) & MASK)
                q_rows.append((row, layer, key, int(plain)))
            row += 1
        q_count.append(len(q_rows) - start)

    # -- factors -------------------------------------------------------------------
    f_rows = [(f, r) for f, factor in enumerate(model.factors) for r in factor.rows]
    f_at = _ranges(len(f.rows) for f in model.factors)
    g_rows = [(g, r) for g in model.gauge_factors for r in g.rows]
    fs: list[list[int]] = [[] for _ in range(K)]
    for at, (_, r) in enumerate(f_rows):
        fs[r.stream].append(at)
    gr: list[list[int]] = [[] for _ in range(K)]
    for at, (_, r) in enumerate(g_rows):
        gr[r.stream].append(at)
    g_order = [at for rows_of in gr for at in rows_of]
    all_rows: list[FactorRow] = [r for _, r in f_rows] + [r for _, r in g_rows]
    marks_first = [
        int(any(r.stream == s and r.require for r in all_rows)) for s in range(K)
    ]

    # -- reactions -----------------------------------------------------------------
    conditions: list[Condition] = []
    odds = []
    for reply in model.replies:
        for rule in reply.odds:
            conditions.append(rule.when)
            odds.append((len(conditions) - 1, rule.answer, rule.times))
    table: list[list[tuple[int, int, int, tuple[int, int]]]] = [[] for _ in range(K)]

    def react(kind: int, index: int, pattern: Pattern, slot: int = ABSENT) -> None:
        for stream, required in _by_stream(pattern).items():
            table[stream].append((kind, index, slot, masks.range(required)))

    for n, state in enumerate(model.states):
        react(STATE_OFF, n, state.off)
        react(STATE_ON, n, state.on)
    for n, factor in enumerate(model.factors):
        react(FACTOR_END, n, factor.ends)
        react(FACTOR_START, n, factor.starts)
    for n, gauge in enumerate(model.gauges):
        for pattern, slot in gauge.steps:
            react(GAUGE_STEP, n, pattern, slot)
    for n, line in enumerate(model.red_lines):
        if line.quantity.kind == "gauge":
            gauge = model.gauges[line.quantity.gauge]
            every = Pattern(tuple(c for p, _ in gauge.steps for c in p.clauses))
            react(LINE_GAUGE, n, every)
        else:
            react(LINE_ADD, n, line.quantity.pattern)
    for n, reply in enumerate(model.replies):
        react(REPLY_ASK, n, reply.ask)
    for n, condition in enumerate(conditions):
        if condition.kind == "event":
            react(CONDITION, n, condition.pattern)
    for reactions in table:  # lines keep file order between counted and gauge ones
        reactions.sort(key=lambda r: (LINE_ADD if r[0] == LINE_GAUGE else r[0], r[1]))
    flat = [r for reactions in table for r in reactions]

    lines, replies, warns = model.red_lines, model.replies, model.warnings
    d_path = np.ones((len(model.drivers), days))
    for n, driver in enumerate(model.drivers):
        if driver.kind == "given":
            given = np.asarray(driver.path, float)[:days]
            d_path[n, : len(given)] = given
            d_path[n, len(given) :] = given[-1]
    answers = [a for r in replies for a in r.answers]
    ans_at = _ranges(len(r.answers) for r in replies)
    odds_at = _ranges(len(r.odds) for r in replies)

    s_at = {
        "d": _ranges(len(s.drivers) for s in model.streams),
        "c": _ranges(len(s.choices) for s in model.streams),
        "a": _ranges(len(s.amounts) for s in model.streams),
        "p": _ranges(len(r) for r in report_rows),
        "q": _ranges(q_count),
        "f": _ranges(len(r) for r in fs),
        "g": _ranges(len(r) for r in gr),
        "x": _ranges(len(r) for r in table),
    }
    choice_at = _ranges(len(c.options) for c in choices)
    part_at = _ranges(len(d.parts) for d in model.drivers)
    in_at = _ranges(len(f.in_force) for f in model.factors)
    line_at = _ranges(len(x.pending) for x in lines)
    ask_at = _ranges(len(r.pending) for r in replies)
    factor_in = [pair for f in model.factors for pair in f.in_force]

    return Program(
        horizon=float(model.horizon),
        days=days,
        weekday0=model.weekday_of_origin,
        n_reports=len(model.reports),
        streams=_table(
            STREAM,
            (
                {
                    "key": s.key,
                    "flags": s.flags,
                    "dormant": s.dormant,
                    "imm_layers": layers_for(imm_caps[i]),
                    "off_layers": off_layers[i],
                    "imm_cap": max(1.0, imm_caps[i]),
                    "marks_first": marks_first[i],
                    "marked": bool(s.choices or s.amounts or s.flags),
                }
                | {f"{n}0": at[i][0] for n, at in s_at.items()}
                | {f"{n}1": at[i][1] for n, at in s_at.items()}
                for i, s in enumerate(model.streams)
            ),
        ),
        week=np.array(
            [s.weekday or (ABSENT,) * 7 for s in model.streams], dtype=np.int64
        ).reshape(-1, 7),
        driven=_table(
            DRIVEN,
            ({"driver": d, "slot": e} for s in model.streams for d, e in s.drivers),
        ),
        choices=_table(
            CHOICE,
            (
                {"key": c.key, "normalise": c.normalise, "o0": o0, "o1": o1}
                for c, (o0, o1) in zip(choices, choice_at, strict=True)
            ),
        ),
        options=_table(OPTION, ({"flags": o.flags, "share": o.share} for o in options)),
        amounts=_table(
            AMOUNT,
            (
                {
                    "kind": AMOUNT_KINDS[a.id],
                    "key": a.key,
                    "chance": a.chance,
                    "given": a.given,
                    "flag": a.flag,
                    **_varying("number", a.number),
                }
                for a in amounts
            ),
        ),
        reports=_table(
            REPORT,
            (
                {
                    "report": n,
                    "key": model.reports[n].key,
                    "mask": mask,
                    "real": model.reports[n].real,
                    "claimed": model.reports[n].claimed,
                }
                for n, mask in flat_reports
            ),
        ),
        rows=_table(
            ROW,
            (
                {
                    "response": n,
                    "target": model.responses[n].then.stream,
                    "flags": model.responses[n].then.flags,
                    "children": model.responses[n].children,
                    "lag": model.responses[n].lag,
                    "m0": m0,
                    "m1": m1,
                    "w0": weight_at[n][0],
                    "w1": weight_at[n][1],
                    "k0": kernel_at[n][0],
                    "k1": kernel_at[n][1],
                }
                for n, (m0, m1) in rows
            ),
        ),
        weights=_table(
            WEIGHT, ({"mask": w.require, "times": w.times} for w in weights)
        ),
        kernels=_table(
            KERNEL, ({"half": k.half_life, "share": k.share} for k in parts)
        ),
        draw_keys=np.array([q[2] for q in q_rows], np.uint64),
        draws=_table(
            DRAW,
            (
                {"row": r, "layer": layer, "plain": plain}
                for r, layer, _, plain in q_rows
            ),
        ),
        masks=np.array(masks.values or [0], dtype=np.uint64),
        drivers=_table(
            DRIVER,
            (
                {
                    "kind": DRIVER_KINDS[d.kind],
                    "key": d.key,
                    "half": d.half_life,
                    "spread": d.spread,
                    "to": d.reverts_to,
                    "to_half": d.reverts_half_life,
                    "jump": d.jump_rate,
                    "floor": d.floor,
                    "ceiling": d.ceiling,
                    "p0": p0,
                    "p1": p1,
                    **_varying("times", d.jump_times),
                }
                for d, (p0, p1) in zip(model.drivers, part_at, strict=True)
            ),
        ),
        driver_path=d_path,
        driver_parts=_table(
            DRIVEN,
            ({"driver": d, "slot": w} for x in model.drivers for d, w in x.parts),
        ),
        factors=_table(
            FACTOR,
            (
                {
                    "key": f.key,
                    "half": f.half_life,
                    "while_state": NONE if f.while_state is None else f.while_state,
                    "offspring": f.offspring,
                    "r0": f_at[n][0],
                    "r1": f_at[n][1],
                    "in0": in_at[n][0],
                    "in1": in_at[n][1],
                    "until": math.inf if f.until is None else f.until,
                    **_varying("delay", f.delay),
                    **_varying("holds", f.holds_for),
                }
                for n, f in enumerate(model.factors)
            ),
        ),
        factor_in=np.array(factor_in, dtype=np.float64).reshape(-1, 2),
        factor_rows=_table(
            FACTOR_ROW,
            (
                {
                    "factor": f,
                    "stream": r.stream,
                    "mask": r.require,
                    "x": r.factor,
                    "c": r.compliance,
                    "o": r.obeys,
                    "okey": r.obeys_key,
                    "power": r.power,
                }
                for f, r in f_rows
            ),
        ),
        factor_at=np.array([at for rows_of in fs for at in rows_of], dtype=np.int64),
        gauge_rows=_table(
            GAUGE_ROW,
            (
                {
                    "gauge": g.gauge,
                    "stream": r.stream,
                    "mask": r.require,
                    "x": r.factor,
                    "c": r.compliance,
                    "half_at": g.half_at,
                    "power": r.power,
                    "offspring": g.offspring,
                }
                for g, r in (g_rows[at] for at in g_order)
            ),
        ),
        gauges=_table(
            GAUGE,
            (
                {"half": g.half_life, "start": g.start, "at_origin": g.at_origin}
                for g in model.gauges
            ),
        ),
        states=_table(
            STATE,
            (
                {
                    "key": s.key,
                    "init": s.initially,
                    "since": -math.inf if s.since is None else s.since,
                    **_varying("lasts", s.lasts),
                }
                for s in model.states
            ),
        ),
        lines=_table(
            LINE,
            (
                {
                    "key": x.key,
                    "kind": QUANTITY_KINDS[x.quantity.kind],
                    "gauge": x.quantity.gauge,
                    "chance": x.chance,
                    "peak": x.times_past_peak,
                    "window": x.window,
                    "act": NONE if x.act is None else x.act.stream,
                    "act_flags": 0 if x.act is None else x.act.flags,
                    "factor": NONE if x.factor is None else x.factor,
                    "opens": NONE if x.opens is None else x.opens,
                    "counts": x.counts,
                    "wear_reach": x.wear_reach,
                    "wear_chance": x.wear_chance,
                    "weigh": x.weigh_past,
                    "past": lever_lines is None or n < lever_lines,
                    "p0": p0,
                    "p1": p1,
                    **_varying("reach", x.reach),
                    **_varying("open", x.open_for),
                    **_varying("delay", x.delay),
                    **_varying("times", x.times),
                }
                for n, (x, (p0, p1)) in enumerate(zip(lines, line_at, strict=True))
            ),
        ),
        line_pending=np.array([t for x in lines for t in x.pending], np.float64),
        replies=_table(
            REPLY,
            (
                {
                    "key": r.key,
                    "within": r.within,
                    "weigh": r.weigh_past,
                    "a0": ans_at[n][0],
                    "a1": ans_at[n][1],
                    "o0": odds_at[n][0],
                    "o1": odds_at[n][1],
                    "p0": ask_at[n][0],
                    "p1": ask_at[n][1],
                    **_varying("delay", r.delay),
                }
                for n, r in enumerate(replies)
            ),
        ),
        reply_pending=np.array([t for r in replies for t in r.pending], np.float64),
        answers=_table(
            ANSWER,
            (
                {
                    "act": NONE if a.act is None else a.act.stream,
                    "flags": 0 if a.act is None else a.act.flags,
                    "chance": a.chance,
                }
                for a in answers
            ),
        ),
        odds=_table(
            ODDS, ({"condition": c, "answer": a, "times": t} for c, a, t in odds)
        ),
        conditions=_table(
            CONDITION_T,
            (
                {
                    "kind": CONDITION_KINDS[c.kind],
                    "index": c.index,
                    "within": c.within,
                    "above": c.above,
                    "negate": c.negate,
                }
                for c in conditions
            ),
        ),
        warnings=_table(
            WARN,
            (
                {
                    "key": w.key,
                    "act": w.act.stream,
                    "flags": w.act.flags,
                    "issued": w.issued,
                    "by": math.inf if w.by is None else w.by,
                    "chance": w.chance,
                    "after": w.after,
                    "fades": w.fades,
                }
                for w in warns
            ),
        ),
        reactions=_table(
            REACTION,
            (
                {"kind": kind, "index": index, "slot": slot, "m0": m[0], "m1": m[1]}
                for kind, index, slot, m in flat
            ),
        ),
    )
