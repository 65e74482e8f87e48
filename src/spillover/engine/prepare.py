"""What one draw makes of the structure: thresholds, rates and factor sizes.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.engine.hashing import none_below
from spillover.jit import compiled

__all__ = ["prepare"]

ZERO = np.uint64(0)
LN2 = 0.6931471805599453


@compiled
def _rate(theta, slot):
    return LN2 / theta[slot] if slot >= 0 and theta[slot] > 0.0 else 0.0


@compiled
def prepare(p, numbers, theta, mu):
    """Fill ``numbers`` for one draw.

    Parameters
    ----------
    p : Program
    numbers : Numbers
        Overwritten.
    theta : (slots,) float64
    mu : (K,) float64
        Solved bases, immigrants per day.
    """
    for s in range(len(p.streams)):
        numbers.mu[s] = mu[s]
        mean = 0.0
        for w in range(7):
            slot = p.week[s, w]
            numbers.week[s, w] = theta[slot] if slot >= 0 else 1.0
            mean += numbers.week[s, w] / 7.0
        for w in range(7):
            numbers.week[s, w] /= mean
            numbers.none[s, w] = none_below(mu[s] * numbers.week[s, w])
    for q in range(len(p.draws)):
        width = 1.0 if p.draws[q].layer == 0 else 2.0 ** (p.draws[q].layer - 1)
        mean = theta[p.rows[p.draws[q].row].children] * width
        numbers.means[q] = mean
        numbers.empty[q] = math.exp(-min(mean, 32.0))
        numbers.few[q] = none_below(mean) if p.draws[q].plain == 1 else ZERO
    for k in range(len(p.kernels)):
        numbers.kernel_rate[k] = LN2 / theta[p.kernels[k].half]
    for r in range(len(p.factor_rows)):
        c = theta[p.factor_rows[r].c] if p.factor_rows[r].c >= 0 else 1.0
        numbers.row_size[r] = c * (theta[p.factor_rows[r].x] - 1.0)
    for f in range(len(p.factors)):
        numbers.factor_rate[f] = _rate(theta, p.factors[f].half)
    for r in range(len(p.gauge_rows)):
        c = theta[p.gauge_rows[r].c] if p.gauge_rows[r].c >= 0 else 1.0
        numbers.gauge_row_size[r] = c * (theta[p.gauge_rows[r].x] - 1.0)
    for g in range(len(p.gauges)):
        numbers.gauge_rate[g] = _rate(theta, p.gauges[g].half)
