"""Layers of immigrants above the first, made when F can first reach them.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

from spillover.engine.codes import K_TIME, N_IMMIGRANT, ORDER_CANDIDATE, SHIFT2
from spillover.engine.hashing import cell_count, cell_key, cells, mix, sub, unit
from spillover.engine.queue import push_node
from spillover.engine.rules import gauge_level
from spillover.jit import compiled
from spillover.model.via import IMMIGRANT

__all__ = ["raise_by_factor", "raise_by_gauge", "raise_layers"]


@compiled
def raise_layers(p, w, queue, theta, kf, s, t, horizon):
    """Make the layers of immigrants that stream ``s`` may need for the rest of the day.

    A layer is made when F can first reach it: at the start of a day, or when something
    above one begins. Its candidates belong to their keys, so those before ``t`` (whose
    levels F could not reach) are left out and the rest are what they always were.
    """
    factors, obeys, gauges = w.now.factors, w.now.obeys, w.now.gauges
    most = 1.0
    for at in range(p.streams[s].f0, p.streams[s].f1):
        r = p.factor_at[at]
        size = w.numbers.row_size[r]
        if size > 0.0 and factors[p.factor_rows[r].factor].on != 0 and obeys[r] != 0:
            power = (
                theta[p.factor_rows[r].power] if p.factor_rows[r].power >= 0 else 1.0
            )
            most *= (1.0 + size) ** power
    for r in range(p.streams[s].g0, p.streams[s].g1):
        size = w.numbers.gauge_row_size[r]
        if size > 0.0:
            g = p.gauge_rows[r].gauge
            level = gauge_level(g, gauges, w.numbers.gauge_rate[g], t)
            power = theta[p.gauge_rows[r].power] if p.gauge_rows[r].power >= 0 else 1.0
            most *= (
                1.0 + size * level / (level + theta[p.gauge_rows[r].half_at])
            ) ** power
    day = int(t)
    ks = mix(kf + p.streams[s].key)
    layer = w.made[s]
    while layer < p.streams[s].imm_layers and 2.0 ** (layer - 1) < most:
        mean = w.means[s] * 2.0 ** (layer - 1)
        h = sub(ks, day * 32 + layer)
        meta = N_IMMIGRANT | layer << 4 | s << 12
        for c in range(cells(mean)):
            hc = cell_key(h, c)
            for o in range(cell_count(hc, mean, c)):
                k = sub(hc, o)
                tc = day + unit(mix(k + K_TIME))
                if t < tc <= horizon:
                    push_node(
                        w.nodes,
                        w.bucket,
                        w.heap_time,
                        w.heap_node,
                        queue,
                        tc,
                        ORDER_CANDIDATE | (k >> SHIFT2),
                        k,
                        meta,
                        -1,
                        IMMIGRANT | s << 4,
                    )
        layer += 1
    w.made[s] = layer


@compiled
def raise_by_factor(p, w, queue, theta, kf, f, t, horizon):
    """Make what the start of factor ``f`` may need."""
    for r in range(p.factors[f].r0, p.factors[f].r1):
        s = p.factor_rows[r].stream
        if w.numbers.row_size[r] > 0.0 and w.means[s] > 0.0:
            raise_layers(p, w, queue, theta, kf, s, t, horizon)


@compiled
def raise_by_gauge(p, w, queue, theta, kf, g, t, horizon):
    """Make what a step of gauge ``g`` may need."""
    for r in range(len(p.gauge_rows)):
        s = p.gauge_rows[r].stream
        mine = p.gauge_rows[r].gauge == g
        if mine and w.numbers.gauge_row_size[r] > 0.0 and w.means[s] > 0.0:
            raise_layers(p, w, queue, theta, kf, s, t, horizon)
