"""Which restraints held an event's stream when it happened all the same.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import numpy as np

from spillover.engine.codes import ZERO
from spillover.engine.rules import state_is_on
from spillover.jit import compiled

__all__ = ["DEFIED", "OVER", "PASSED", "TRACED", "mark_restraints"]

PASSED, DEFIED, OVER = range(3)
"""Columns of a trace: in force and passed, in force and not obeyed, over."""
TRACED = 64
"""Factors a trace can tell apart."""
HALF = 0.5
ONE = np.uint64(1)


@compiled
def mark_restraints(
    p, factors, states, obeys, factor_rate, row_size, s, flags, t, out
):  # fmt: skip
    """Set the bits of the restraints of stream ``s`` for an event at ``t``.

    A restraint counts as in force while it is above half of its depth; once started
    and below that, ended, past its date or out of its state, it is over. One in none
    of the three columns was never given. Factors beyond the 64th are left out.

    Parameters
    ----------
    factors, states, obeys
        The running situation just before the event.
    out : (3,) uint64
        Overwritten.
    """
    out[:] = ZERO
    for at in range(p.streams[s].f0, p.streams[s].f1):
        r = p.factor_at[at]
        f = p.factor_rows[r].factor
        mask = p.factor_rows[r].mask
        if f >= TRACED or row_size[r] >= 0.0 or flags & mask != mask:
            continue
        bit = ONE << np.uint64(f)
        if factors[f].start < -1e299:
            continue
        held = factors[f].on != 0.0 and t < p.factors[f].until
        if held and p.factors[f].while_state >= 0:
            held = state_is_on(p.factors[f].while_state, states, t)
        if held and t >= factors[f].flat:
            faded = np.exp(-factor_rate[f] * (t - factors[f].flat))
            held = factor_rate[f] > 0.0 and faded > HALF
        if not held:
            out[OVER] |= bit
        elif obeys[r] == 0:
            out[DEFIED] |= bit
        else:
            out[PASSED] |= bit
