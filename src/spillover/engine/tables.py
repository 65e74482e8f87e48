"""The flat arrays the numba engine reads: one NumPy record array per kind of element.

A :class:`Program` holds structure only (indices, masks, keys, slots); it is made once
per case. A field pair like ``q0, q1`` is a range of rows of another table. A varying
number takes three fields: family (-1: not given), first and second slot.

This file must never import a case, a model or `assemble`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ACT",
    "AMOUNT",
    "ANSWER",
    "CHOICE",
    "CONDITION",
    "CONDITION_T",
    "DRAW",
    "DRIVEN",
    "DRIVER",
    "FACTOR",
    "FACTOR_END",
    "FACTOR_ROW",
    "FACTOR_START",
    "GAUGE",
    "GAUGE_ROW",
    "GAUGE_STEP",
    "KERNEL",
    "LINE",
    "LINE_ADD",
    "LINE_GAUGE",
    "NONE",
    "ODDS",
    "OPTION",
    "REACTION",
    "REPLY",
    "REPLY_ASK",
    "REPORT",
    "ROW",
    "STATE",
    "STATE_OFF",
    "STATE_ON",
    "STREAM",
    "WARN",
    "WEIGHT",
    "Program",
    "Table",
]

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Table = NDArray[np.void]

NONE = -1

# What an event of a stream sets off, in this order. Asks come first: the odds of their
# answers are read just before the event, and nothing else depends on them.
(
    REPLY_ASK,
    STATE_OFF,
    STATE_ON,
    FACTOR_END,
    FACTOR_START,
    GAUGE_STEP,
    LINE_ADD,
    LINE_GAUGE,
    CONDITION,
) = range(9)


def _dtype(**fields: str) -> np.dtype[np.void]:
    """Record type: each word is a field; i int64, u uint64 (keys, flags), f float64."""
    kinds = {"i": np.int64, "u": np.uint64, "f": np.float64}
    pairs = [(n, kinds[k]) for k, names in fields.items() for n in names.split()]
    return np.dtype(pairs, align=True)


STREAM = _dtype(
    u="key flags",
    i="dormant imm_layers off_layers marks_first marked d0 d1 c0 c1 a0 a1 p0 p1 "
    "q0 q1 f0 f1 g0 g1 x0 x1",
    f="imm_cap",
)
DRIVEN = _dtype(i="driver slot")
CHOICE = _dtype(u="key", i="normalise o0 o1")
OPTION = _dtype(u="flags", i="share")
AMOUNT = _dtype(u="key given flag", i="kind chance number number_a number_b")
REPORT = _dtype(u="key mask", i="report real claimed")
ROW = _dtype(u="flags", i="response target children lag m0 m1 w0 w1 k0 k1")
WEIGHT = _dtype(u="mask", i="times")
KERNEL = _dtype(i="half share")
DRAW = _dtype(i="row layer plain")
DRIVER = _dtype(
    u="key",
    i="kind half spread to to_half jump times times_a times_b floor ceiling p0 p1",
)
FACTOR = _dtype(
    u="key",
    i="delay delay_a delay_b holds holds_a holds_b half while_state offspring r0 r1 "
    "in0 in1",
    f="until",
)
FACTOR_ROW = _dtype(u="mask okey", i="factor stream x c o power")
GAUGE_ROW = _dtype(u="mask", i="gauge stream x c half_at power offspring")
GAUGE = _dtype(i="half start at_origin")
STATE = _dtype(u="key", i="lasts lasts_a lasts_b init", f="since")
LINE = _dtype(
    u="key act_flags",
    i="kind gauge chance reach reach_a reach_b peak window act factor opens open "
    "open_a open_b delay delay_a delay_b times times_a times_b counts wear_reach "
    "wear_chance weigh past p0 p1",
)
REPLY = _dtype(u="key", i="within delay delay_a delay_b weigh a0 a1 o0 o1 p0 p1")
ANSWER = _dtype(u="flags", i="act chance")
ODDS = _dtype(i="condition answer times")
CONDITION_T = _dtype(i="kind index within above negate")
WARN = _dtype(u="key flags", i="act chance after fades", f="issued by")
ACT = _dtype(u="key flags", i="stream attempt lever chance depth", f="time share")
"""An act that a lever schedules: `spillover.model.structure.ScheduledAct`."""
REACTION = _dtype(i="kind index slot m0 m1")


class Program(NamedTuple):
    """Flat structure of a model; see the docstring of this file for the layout."""

    horizon: float
    days: int
    weekday0: int
    n_reports: int
    streams: Table
    week: Ints  # (K, 7) slots
    driven: Table
    choices: Table
    options: Table
    amounts: Table
    reports: Table
    rows: Table  # responses by source stream
    weights: Table
    kernels: Table
    draws: Table  # (row, layer) pairs by source stream: one keyed uniform each
    draw_keys: Keys  # their keys, side by side for the loop over them
    masks: Keys  # a pattern matches when one of its masks is contained in the flags
    drivers: Table
    driver_path: Floats  # (drivers, days)
    driver_parts: Table
    factors: Table
    factor_in: Floats  # (n, 2) starts before the origin
    factor_rows: Table
    factor_at: Ints  # factor rows by stream
    gauge_rows: Table  # by stream
    gauges: Table
    states: Table
    lines: Table
    line_pending: Floats
    replies: Table
    reply_pending: Floats
    answers: Table
    odds: Table
    conditions: Table
    warnings: Table
    reactions: Table  # what an event sets off, by stream, in order
